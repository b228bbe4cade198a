/**
 * Genuine traps on demand, and what is called of the core. Import before the package: it wraps `WebAssembly.Instance`, so that a chosen
 * export of the core runs an `unreachable` instruction, as a panic does.
 */
const Instance = WebAssembly.Instance;

// (module (func (export "f") unreachable))
const UNREACHABLE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02, 0x01, 0x00],
  ...[0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00, 0x0a, 0x05, 0x01, 0x03, 0x00, 0x00, 0x0b],
);
const { f: unreachable } = new Instance(new WebAssembly.Module(UNREACHABLE)).exports;

let armed = () => false;
export let instances = 0;

/** The exports that were called, in order. */
export const calls = [];

/** The next call of an export whose lower-case name contains `part` traps, once; returns whether it has. */
export function trapNext(part) {
  let sprung = false;
  armed = (name) => {
    if (sprung || !name.toLowerCase().includes(part)) return false;
    sprung = true;
    return true;
  };
  return () => sprung;
}

WebAssembly.Instance = function (module, imports) {
  instances += 1;
  const { exports } = new Instance(module, imports);
  const wrapped = {};
  for (const [name, value] of Object.entries(exports)) {
    wrapped[name] =
      typeof value !== "function"
        ? value
        : (...args) => {
            calls.push(name);
            if (calls.length > 100_000) calls.length = 0;
            if (armed(name)) unreachable();
            return value(...args);
          };
  }
  return { exports: wrapped };
};
