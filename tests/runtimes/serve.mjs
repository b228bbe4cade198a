/** `make www`: the page in `www/` with the built package under `/pkg/dist/`. PORT chooses the port, 8080 if not set. */
import { join } from "node:path";
import { serveFiles } from "./http.mjs";
import { root } from "./project.mjs";

const port = Number(process.env.PORT ?? 8080);
try {
  const { origin } = await serveFiles(join(root, "www"), { port, mounts: { "/pkg/dist/": join(root, "pkg/dist") } });
  console.log(`${origin} (Ctrl-C ends it)`);
} catch (error) {
  console.error(error.code === "EADDRINUSE" ? `port ${port} is taken: make www PORT=…` : `the server could not start: ${error.message}`);
  process.exit(1);
}
