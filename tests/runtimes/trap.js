/**
 * Genuine traps on demand, in runtimes that compile no wasm of a test's own: a chosen export of the core is called with
 * addresses beyond its memory. Has to be imported before the package makes its first instance.
 */
const Instance = WebAssembly.Instance;
const BEYOND = 0x7ffffff0;

let armed = () => false;

/** The next call of the export `name` traps, once; returns whether it has. */
export function trapNext(name) {
  let sprung = false;
  armed = (called) => {
    if (sprung || called !== name) return false;
    sprung = true;
    return true;
  };
  return () => sprung;
}

WebAssembly.Instance = function (module, imports) {
  const { exports } = new Instance(module, imports);
  const wrap = ([name, value]) => {
    if (typeof value !== "function") return [name, value];
    const trap = (args) => value(...args.map((arg) => (typeof arg === "number" ? BEYOND : arg)));
    return [name, (...args) => (armed(name) ? trap(args) : value(...args))];
  };
  return { exports: Object.fromEntries(Object.entries(exports).map(wrap)) };
};
