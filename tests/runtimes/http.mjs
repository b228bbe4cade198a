/** A file server for pages on localhost. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { gzipSync } from "node:zlib";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};

/** Worth compressing; images are already. */
const COMPRESSED = new Set([".css", ".html", ".js", ".json", ".md", ".mjs", ".svg", ".wasm"]);

/**
 * Serves `directory` on a port of its own (or `port`), and `mounts`: path prefix → directory. `pages` maps a path to the
 * text of a page, `headers` go with every answer. Where `drops(url)` is true the connection ends without
 * an answer.
 */
export function serveFiles(directory, { port = 0, mounts = {}, pages = {}, headers = {}, drops = () => false } = {}) {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://localhost");
    const { pathname } = url;
    if (drops(url)) return request.socket.destroy();
    try {
      const path = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
      const body = pages[path] ?? (await readFile(locate(directory, mounts, decodeURIComponent(path))));
      const type = { ...headers, "content-type": TYPES[extname(path)] ?? "application/octet-stream" };
      if (COMPRESSED.has(extname(path)) && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "")) {
        response.writeHead(200, { ...type, "content-encoding": "gzip", vary: "accept-encoding" }).end(gzipSync(body));
      } else response.writeHead(200, type).end(body);
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
