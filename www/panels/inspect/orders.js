/**
 * Whether a packet fits its signature with its keys in another order. Release 0.3.3 of the reference signs `context` and
 * `ai_provenance` in the order in which they arrived, and its own writer sorts them: what it sends then fails at everybody.
 */
import { locate, walk } from "./walk.js";

const FREE_FORM = ["/context", "/ai_provenance"];
const MAX_TRIES = 720;
/** Every level is read once more for the one around it: of more it would be felt. */
const MAX_CHARACTERS = 50_000;
/** So many tries, then the page may do something else. */
const BREATH = 20;

/** How many other orders there are; 0 where there are none, or too many to try. */
export function otherOrders(packet) {
  if (packet.length > MAX_CHARACTERS) return 0;
  const count = FREE_FORM.reduce((product, pointer) => product * spellings(valueAt(packet, pointer)), 1);
  return count > 1 && count <= MAX_TRIES ? count - 1 : 0;
}

/** The text of the packet with its keys in the order for which `isGood` answers true; null where there is none. */
export async function rightOrder(packet, isGood) {
  let tried = 0;
  for (const candidate of replaced(packet, FREE_FORM)) {
    if (isGood(candidate)) return candidate;
    tried += 1;
    if (tried % BREATH === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  return null;
}

function* replaced(text, [pointer, ...rest]) {
  if (pointer === undefined) {
    yield text;
    return;
  }
  const place = locate(text, pointer);
  if (place === null) {
    yield* replaced(text, rest);
    return;
  }
  for (const raw of arranged(text.slice(place.start, place.end)))
    yield* replaced(text.slice(0, place.start) + raw + text.slice(place.end), rest);
}

/** A value in every order that its keys can have. */
function* arranged(raw) {
  const inner = innerOf(raw);
  if (inner.length === 0) {
    yield raw;
    return;
  }
  const [open, close] = [raw[0], raw[0] === "{" ? "}" : "]"];
  for (const order of open === "{" ? permutations(inner) : [inner])
    for (const members of combined(order)) yield `${open}${members.join(", ")}${close}`;
}

function* combined([first, ...rest]) {
  if (first === undefined) {
    yield [];
    return;
  }
  for (const value of arranged(first.value)) for (const others of combined(rest)) yield [first.key + value, ...others];
}

function* permutations(items) {
  if (items.length < 2) yield items;
  else
    for (const [index, item] of items.entries())
      for (const rest of permutations(items.filter((_, other) => other !== index))) yield [item, ...rest];
}

function spellings(raw) {
  const inner = innerOf(raw);
  const own = raw[0] === "{" ? factorial(inner.length) : 1;
  return inner.reduce((product, { value }) => product * spellings(value), own);
}

/** What an object or array holds: each member as its key with the colon, and its value. */
function innerOf(raw) {
  if (raw[0] !== "{" && raw[0] !== "[") return [];
  const inner = [];
  walk(raw, ({ path, keyStart, start, end }) => {
    if (path.length === 1) inner.push({ key: keyStart === null ? "" : raw.slice(keyStart, start), value: raw.slice(start, end) });
    return false;
  });
  return inner;
}

function valueAt(text, pointer) {
  const place = locate(text, pointer);
  return place === null ? "" : text.slice(place.start, place.end);
}

function factorial(n) {
  return n < 2 ? 1 : n * factorial(n - 1);
}
