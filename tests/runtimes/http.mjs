/** A file server for pages on localhost. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/**
 * Serves `directory` on a port of its own (or `port`), and `mounts`: path prefix → directory. `pages` maps a path to the
 * text of a page, `headers` go with every answer.
 */
export function serveFiles(directory, { port = 0, mounts = {}, pages = {}, headers = {} } = {}) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    try {
      const path = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
      const body = pages[path] ?? (await readFile(locate(directory, mounts, decodeURIComponent(path))));
      response.writeHead(200, { ...headers, "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404, headers).end("not found");
    }
  });
  return new Promise((resolve, reject) => {
    server.on("error", reject).listen(port, "127.0.0.1", () => resolve({ server, origin: `http://localhost:${server.address().port}` }));
  });
}

function locate(directory, mounts, path) {
  const [prefix, base] = Object.entries(mounts).find(([mount]) => path.startsWith(mount)) ?? ["", directory];
  const inside = normalize(`/${path.slice(prefix.length)}`);
  // Rooted before it is joined, so nothing outside; and nothing hidden.
  if (inside.includes("\0") || /[\\/]\./.test(inside)) throw new Error("not served");
  return join(base, inside);
}
