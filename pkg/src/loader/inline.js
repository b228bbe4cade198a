/**
 * Loader of `dist/index.js` and `dist/index.cjs`: the wasm travels inside the file as base64.
 *
 * The interface all loaders share (the build swaps this file for its siblings, entry by entry; the rest of
 * `pkg/src` imports only `./loader/inline.js`):
 *
 *   newInstance() -> glue
 *     Synchronous. Compiles the module on the first call, caches it, and returns a glue namespace of its own bound to
 *     a WebAssembly.Instance of its own: functions and classes under the names that `src/wasm` exports. Two namespaces
 *     share nothing, so a trap in one cannot reach the other. Where no module can be had it throws a plain
 *     `{ code, message, field }`, as the wasm itself does when it refuses.
 *
 *   glue.retire()
 *     To be called after a trap, before the namespace is thrown away: later calls into it throw, and the finalizers of
 *     objects still alive do nothing (an exception out of a finalizer would end the host's process).
 *
 *   init(source)         only in `./loader/slim.js`, exported by the `slim` entry.
 *
 * Nothing here runs at import: no compile, no randomness, no top-level await.
 */
import base64 from "trusthandoff:core.wasm.base64";
import { decodeBase64 } from "./base64.js";
import { instantiate } from "./instantiate.js";

// Not `module`: what wraps files in a function of its own (vite-node, older bundlers) has an argument of that name.
let compiled;

export function newInstance() {
  compiled ??= new WebAssembly.Module(decodeBase64(base64));
  return instantiate(compiled);
}
