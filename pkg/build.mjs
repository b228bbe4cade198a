/** Builds `pkg/dist` from the Rust sources and `pkg/src`. Needs cargo, the wasm target and `npm ci` in `pkg`. */
import { gzipSync } from "node:zlib";
import { bundle } from "./build/bundle.mjs";
import { step } from "./build/run.mjs";
import { buildWasm } from "./build/wasm.mjs";

const core = await buildWasm();
await bundle(core);
const size = (bytes) => `${bytes.length.toLocaleString("en")} bytes`;
step(`pkg/dist is ready: core.wasm ${size(core.wasm)}, ${size(gzipSync(core.wasm, { level: 9 }))} gzipped`);
