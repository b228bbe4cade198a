/** What a user downloads stays small: the limits, in bytes after `gzip -9`, and what the built files have. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const LIMITS = { "core.wasm": 166_500, "audit.wasm": 230_000, "index.js": 300_000, "slim.js": 45_000 };

/** Where the sources of the standard library cannot be had, the build takes it as installed, with the texts of its panics. */
const WITH_PANIC_TEXTS = 30_000;

/** Of each file with a limit in `dist`: `{ file, raw, gzipped, limit }`. */
export function sizes(dist) {
  const hasPanicTexts = readFileSync(join(dist, "core.wasm")).includes("/rustc/");
  return Object.entries(LIMITS).map(([file, most]) => {
    const bytes = readFileSync(join(dist, file));
    const limit = most + (hasPanicTexts && file !== "slim.js" ? WITH_PANIC_TEXTS : 0);
    return { file, raw: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length, limit };
  });
}
