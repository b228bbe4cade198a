import { createGlue } from "trusthandoff:glue";

/** A fresh glue scope over a fresh instance of `module`. */
export function instantiate(module) {
  // Not `instanceof WebAssembly.Module` anywhere: in Next's edge sandbox the module comes from another realm.
  const { glue, imports, bind } = createGlue();
  const { exports } = new WebAssembly.Instance(module, imports);
  bind(exports);
  exports.__wbindgen_start();
  return { ...glue, retire: () => bind(RETIRED) };
}

/**
 * Stands in for the exports of an instance that trapped: its memory can no longer be trusted. Objects of that instance
 * may still be collected later, and their finalizers call `__wbg_<class>_free`; those do nothing, all else throws.
 */
const RETIRED = /* @__PURE__ */ new Proxy(
  {},
  {
    get(_, name) {
      return /^__wbg_.*_free$/.test(String(name)) ? noop : refuse;
    },
  },
);

function noop() {}

function refuse() {
  throw new WebAssembly.RuntimeError("this WebAssembly instance was retired after a trap");
}
