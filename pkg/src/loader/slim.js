/**
 * Loader of `dist/slim.js` and `dist/slim.cjs`: nothing is inlined, the host says where the wasm comes from.
 *
 * Bytes from outside (a URL, a Response, a buffer) must hash to the `core.wasm` this file was built with. Glue and wasm
 * are one unit, and a verifier swapped in transit or in a cache would accept whatever its author likes. A
 * `WebAssembly.Module` cannot be hashed: whoever passes one vouches for it.
 */
import sha256 from "trusthandoff:core.wasm.sha256";
import { errorFor } from "../errors.js";
import { instantiate } from "./instantiate.js";

// Not `module`: what wraps files in a function of its own (vite-node, older bundlers) has an argument of that name.
let compiled;

export function newInstance() {
  if (compiled === undefined) {
    throw { code: "wasm_unavailable", message: "call `await init(source)` of trusthandoff/slim first", field: null };
  }
  return instantiate(compiled);
}

/**
 * Makes the wasm available. `source`: a URL (or its text), a Response, bytes, a compiled WebAssembly.Module, or a promise
 * of one of these. With a Module everything is ready as soon as `init` returns; otherwise when its promise settles.
 */
export function init(source) {
  if (isModule(source)) {
    compiled = source;
    return Promise.resolve();
  }
  return load(source);
}

async function load(given) {
  const source = await given;
  compiled = isModule(source) ? source : await WebAssembly.compile(await checked(await bytesOf(source)));
}

// By brand, not `instanceof`: a module may come from another realm.
function isModule(value) {
  return Object.prototype.toString.call(value) === "[object WebAssembly.Module]";
}

async function bytesOf(source) {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (Object.prototype.toString.call(source) === "[object ArrayBuffer]") return new Uint8Array(source);
  if (typeof source === "string" || Object.prototype.toString.call(source) === "[object URL]") return bytesOf(await request(source));
  if (typeof source?.arrayBuffer !== "function") {
    throw errorFor("wasm_unavailable", "init takes a URL, a Response, bytes or a WebAssembly.Module");
  }
  if (source.ok === false) throw errorFor("wasm_unavailable", `core.wasm could not be fetched: HTTP status ${source.status}`);
  return new Uint8Array(await source.arrayBuffer());
}

async function request(url) {
  try {
    return await fetch(url);
  } catch (cause) {
    throw errorFor("wasm_unavailable", `core.wasm could not be fetched: ${cause?.message ?? cause}`);
  }
}

async function checked(bytes) {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) {
    // Browsers offer WebCrypto to secure contexts only.
    throw errorFor("wasm_unavailable", "core.wasm cannot be checked without WebCrypto; pass a compiled WebAssembly.Module");
  }
  // A copy of its own, so that a shared buffer cannot change between the check and the compile.
  const own = bytes.slice();
  const digest = new Uint8Array(await subtle.digest("SHA-256", own));
  if (Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") !== sha256) {
    throw errorFor("wasm_mismatch", "the bytes given to init are not the core.wasm of this release");
  }
  return own;
}
