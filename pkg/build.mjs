/** Builds `pkg/dist` from the Rust sources and `pkg/src`. Needs cargo, the wasm target and `npm ci` in `pkg`. */
import { gzipSync } from "node:zlib";
import { bundle } from "./build/bundle.mjs";
import { fail, step } from "./build/run.mjs";
import { buildWasm } from "./build/wasm.mjs";

try {
  const core = buildWasm();
  await bundle(core);
  const size = (bytes) => `${bytes.length.toLocaleString("en")} bytes`;
  step(`pkg/dist is ready: core.wasm ${size(core.wasm)}, ${size(gzipSync(core.wasm, { level: 9 }))} gzipped`);
} catch (error) {
  // esbuild has told its errors itself by now.
  fail(error.errors === undefined ? error.message : "bundling failed");
}
