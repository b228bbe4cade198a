/** Loader of `dist/workerd.js`: workerd compiles no wasm at run time, it takes the module from an import. */
import module from "./core.wasm";
import { instantiate } from "./instantiate.js";

export function newInstance() {
  return instantiate(module);
}
