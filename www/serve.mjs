/** `make www`: serves target/www on localhost. PORT chooses the port, 8080 if not set. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serveFiles } from "../tests/runtimes/http.mjs";
import { HEADERS } from "./build/policy.mjs";

const port = Number(process.env.PORT ?? 8080);
try {
  const { origin } = await serveFiles(join(fileURLToPath(new URL("..", import.meta.url)), "target/www"), { port, headers: HEADERS });
  console.log(`${origin} (Ctrl-C ends it)`);
} catch (error) {
  console.error(error.code === "EADDRINUSE" ? `port ${port} is taken: make www PORT=…` : `the server could not start: ${error.message}`);
  process.exit(1);
}
