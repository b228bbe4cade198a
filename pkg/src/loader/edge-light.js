/** Loader of `dist/edge-light.js`: Vercel's and Next's edge runtimes take the module from a `?module` import. */
import module from "./core.wasm?module";
import { instantiate } from "./instantiate.js";

export function newInstance() {
  return instantiate(module);
}
