/** Loader of the command line: reads `core.wasm`, which lies beside it in the package. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import sha256 from "trusthandoff:core.wasm.sha256";
import { instantiate } from "./instantiate.js";

let compiled;

export function newInstance() {
  compiled ??= load(new URL("../core.wasm", import.meta.url));
  return instantiate(compiled);
}

function load(url) {
  let bytes;
  try {
    bytes = readFileSync(url);
  } catch {
    throw { code: "wasm_unavailable", message: "core.wasm is missing from the installed package", field: null };
  }
  // Glue and wasm are one unit: with any other file beside it the glue would misread memory.
  if (createHash("sha256").update(bytes).digest("hex") !== sha256) {
    throw { code: "wasm_mismatch", message: "core.wasm is not the file this package was built with", field: null };
  }
  return new WebAssembly.Module(bytes);
}
