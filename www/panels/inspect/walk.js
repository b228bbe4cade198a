/**
 * The values of a JSON text with where they stand, spelt as they are. It reads on until the text breaks off or is no JSON, so that
 * something can be shown of every text. What is strict and what is allowed, the core says.
 */

const DEPTH = 130;
/** Of a longer key the beginning stands in a pointer, as in the core's. */
const KEY_BYTES = 128;
const KEY_SHOWN = 96;

class Broken extends Error {}
class Enough extends Error {}

/**
 * Calls `visit(value)` for every value, inner ones first, until it returns true. A value: `path` (keys and indices; valid during the call),
 * `keyStart` (or null), `start`, `end`, `isLeaf`. Gives the index where the text stops being JSON, or null.
 */
export function walk(text, visit) {
  const walker = new Walker(text, visit);
  try {
    walker.space();
    walker.value(null, 0);
    walker.space();
    return walker.at === text.length ? null : walker.at;
  } catch (error) {
    if (error instanceof Enough) return null;
    if (error instanceof Broken) return walker.at;
    throw error;
  }
}

/** The values that hold no others, at most `limit` of them, and how many there are. */
export function leavesOf(text, limit) {
  const leaves = [];
  let total = 0;
  const brokenAt = walk(text, ({ path, start, end, isLeaf }) => {
    if (!isLeaf) return false;
    total += 1;
    if (leaves.length < limit) leaves.push({ path: [...path], pointer: pointerOf(path), start, end, raw: text.slice(start, end) });
    return false;
  });
  return { leaves, total, brokenAt };
}

/** Where the value at a JSON pointer stands: `{ keyStart, start, end }`, or null. */
export function locate(text, pointer) {
  const depth = pointer === "" ? 0 : pointer.split("/").length - 1;
  const last = pointer.slice(pointer.lastIndexOf("/") + 1);
  let found = null;
  walk(text, ({ path, keyStart, start, end }) => {
    // A pointer is put together only where the last step is the same; escaped ones differ from it.
    if (path.length === depth && (depth === 0 || String(path[depth - 1]) === last || /[~…]/.test(last)) && pointerOf(path) === pointer)
      found = { keyStart, start, end };
    return found !== null;
  });
  return found;
}

/** The first key that stands twice in one object: its pointer, and where the second one stands. */
export function repeatedKey(text) {
  const seen = new Set();
  let found = null;
  walk(text, ({ path, keyStart, start }) => {
    if (keyStart === null) return false;
    const pointer = JSON.stringify(path);
    if (seen.has(pointer)) found = { pointer: pointerOf(path), keyStart, start };
    seen.add(pointer);
    return found !== null;
  });
  return found;
}

/** A string as it was spelt, as text; null for what is no string. */
export function stringOf(raw) {
  if (raw[0] !== '"') return null;
  try {
    return JSON.parse(raw);
  } catch {
    return null;
  }
}

function pointerOf(path) {
  return path.map((step) => `/${shown(String(step)).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function shown(key) {
  // No character of UTF-16 takes more than three bytes.
  if (3 * key.length <= KEY_BYTES || (key.length <= KEY_BYTES && new TextEncoder().encode(key).length <= KEY_BYTES)) return key;
  return `${Array.from(key.slice(0, 2 * KEY_SHOWN))
    .slice(0, KEY_SHOWN)
    .join("")}…`;
}

class Walker {
  constructor(text, visit) {
    this.text = text;
    this.visit = visit;
    this.at = 0;
    this.path = [];
  }

  space() {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at += 1;
  }

  take(character) {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  expect(character) {
    if (!this.take(character)) throw new Broken();
  }

  value(keyStart, depth) {
    const start = this.at;
    const first = this.text[start];
    let isLeaf = true;
    if (first === "{" || first === "[") isLeaf = this.container(first, depth + 1);
    else if (first === '"') this.string();
    else this.word();
    if (this.visit({ path: this.path, keyStart, start, end: this.at, isLeaf })) throw new Enough();
  }

  /** Whether it is empty, and so shown as a value of its own. */
  container(open, depth) {
    if (depth > DEPTH) throw new Broken();
    const close = open === "{" ? "}" : "]";
    this.at += 1;
    this.space();
    if (this.take(close)) return true;
    for (let index = 0; ; index += 1) {
      this.space();
      const keyStart = open === "{" ? this.at : null;
      this.path.push(open === "{" ? this.key() : index);
      this.value(keyStart, depth);
      this.path.pop();
      this.space();
      if (this.take(close)) return false;
      this.expect(",");
    }
  }

  key() {
    const start = this.at;
    if (this.text[start] !== '"') throw new Broken();
    this.string();
    const key = stringOf(this.text.slice(start, this.at)) ?? this.text.slice(start + 1, this.at - 1);
    this.space();
    this.expect(":");
    this.space();
    return key;
  }

  string() {
    for (let at = this.at + 1; at < this.text.length; at += 1) {
      const code = this.text.charCodeAt(at);
      if (code === 0x22) {
        this.at = at + 1;
        return;
      }
      if (code === 0x5c) at += 1;
      else if (code < 0x20) {
        this.at = at;
        throw new Broken();
      }
    }
    this.at = this.text.length;
    throw new Broken();
  }

  word() {
    const pattern = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
    pattern.lastIndex = this.at;
    if (!pattern.test(this.text)) throw new Broken();
    this.at = pattern.lastIndex;
  }
}
