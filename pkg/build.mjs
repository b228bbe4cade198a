/** Builds `pkg/dist` from the Rust sources and `pkg/src`. Needs cargo, the wasm target and `npm ci` in `pkg`. */
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./build/bundle.mjs";
import { fail, pkg, step } from "./build/run.mjs";
import { sizes } from "./build/sizes.mjs";
import { buildWasm } from "./build/wasm.mjs";

const started = new Date();
try {
  const modules = buildWasm();
  await bundle(modules);
  // What was saved while this ran is newer than what was built, so make must see it as changed.
  utimesSync(new URL("dist/core.wasm.sha256", import.meta.url), started, started);
  const number = (bytes) => bytes.toLocaleString("en");
  for (const { file, gzipped, limit } of sizes(join(pkg, "dist"))) step(`${file}: ${number(gzipped)} of ${number(limit)} bytes gzipped`);
  step("pkg/dist is ready");
} catch (error) {
  // esbuild has told its errors itself by now.
  fail(error.errors === undefined ? error.message : "bundling failed");
}
