// Values that a signer may be given, drawn from a seed.

// mulberry32: the run must repeat with its seed, which Math.random cannot.
let state = 0;

/** Where the values come from; before the first of them. */
export function seed(number) {
  state = number >>> 0;
}

const random = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};
export const below = (end) => Math.floor(random() * end);
export const chance = (odds) => random() < odds;
export const pick = (list) => list[below(list.length)];
export const times = (most, make) => Array.from({ length: below(most + 1) }, make);

const ALPHABETS = [
  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,-_:", "\"\\/<>&'`", "\0\b\t\n\f\r\u001b\u001f\u007f\u0080\u009f",
  "éßñüÅİıſ", "e\u0301\u212b\ufb01", "\u2028\u2029\u200d\u202e\ufeff", "中文字한국日本", "\ud7ff\ue000\ufdd0\ufffd\ufffe\uffff", "😀🇫🇷𝔘𐀀\u{1f9d1}\u{10ffff}",
].map((text) => [...text]);
const KEYS = ["", "a", "A", "é", "e\u0301", "\uffff", "😀", "__proto__", "constructor", "0", "10", "9", "\u007f", "\u2028"];

export const text = (most = 24) => times(most, () => pick(chance(0.5) ? ALPHABETS[0] : pick(ALPHABETS))).join("");
export const label = (most) => text(most) || "x";

export function bigInteger() {
  const digits = Array.from({ length: 1 + below(300) }, () => below(10)).join("");
  return pick([2n ** 53n, 2n ** 53n + 1n, 2n ** 64n, -(2n ** 63n), BigInt(digits), -BigInt(digits)]);
}

// A JavaScript number without a fraction is an integer to the package, so the floats here have one. Smaller than 1e16 by
// nature: no larger double has a fraction.
function float() {
  const value = pick([
    () => pick([0.1, 0.5, 1e-4, 1.5e-4, 1e-5, 1e-6, 1e-7, 1.5e-7, 1e-10, 5e-324, 2.2250738585072014e-308, 123456.789, 4503599627370495.5, -0.3]),
    () => (below(2e6) - 1e6) / 10 ** (1 + below(9)),
    // Two decimals are equally near and equally short: 1903490103940804.25 is signed as ….2, never as ….3.
    () => (2 ** 51 + below(2 ** 51)) / pick([2, 4]) + 0.25,
    () => new DataView(Uint32Array.of(below(2 ** 32), below(2 ** 32)).buffer).getFloat64(0),
  ])();
  return Number.isFinite(value) && !Number.isInteger(value) ? value : 0.25;
}

const scalar = () => pick([null, true, false, 0, -1, 42, Number.MAX_SAFE_INTEGER, bigInteger(), float(), float(), text(), text()]);

function value(depth) {
  if (depth === 0 || chance(0.6)) return scalar();
  return chance(0.4) ? times(4, () => value(depth - 1)) : object(depth - 1);
}

// Object.fromEntries, since assignment to `__proto__` would set the prototype instead.
export const object = (depth) => Object.fromEntries(times(6, () => [chance(0.4) ? pick(KEYS) : text(10), value(depth)]));

export function nested(levels) {
  let item = scalar();
  for (let level = 0; level < levels; level++) item = chance(0.5) ? [item] : Object.fromEntries([[pick(KEYS), item]]);
  return item;
}

export const maybe = (make) => (chance(0.5) ? make() : pick([null, undefined]));
export const count32 = () => pick([0, 1, 3, 100000]);
const two = (number) => String(number).padStart(2, "0");

export function moment() {
  const fraction = pick(["", "", ".120000", ".000001", "." + String(below(1e6)).padStart(6, "0")]).replace(".000000", "");
  const offset = pick(["Z", "+00:00", "+05:30", "-08:00", "-00:30", "+23:59", "-23:59"]);
  return `${1971 + below(8020)}-${two(1 + below(12))}-${two(1 + below(28))}T${two(below(24))}:${two(below(60))}:${two(below(60))}${fraction}${offset}`;
}
