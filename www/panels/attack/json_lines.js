/** The text of an envelope laid out, its lines named by JSON pointers, and which lines of it are new. */

/** `value` as text, a member a line. White space is not part of what is signed. */
export const laidOut = (value) => JSON.stringify(value, null, 2);

const escaped = (key) => String(key).replaceAll("~", "~0").replaceAll("/", "~1");

/** The pointer of each line that `laidOut(value)` has. Closing brackets belong to nothing. */
function pointersOf(value, pointer = "") {
  if (typeof value !== "object" || value === null) return [pointer];
  const members = Object.entries(value);
  if (members.length === 0) return [pointer];
  return [pointer, ...members.flatMap(([key, member]) => pointersOf(member, `${pointer}/${escaped(key)}`)), null];
}

/** Pointers for the lines of any text; none where it is not laid out as here. */
function pointersIn(text) {
  try {
    const value = JSON.parse(text);
    return laidOut(value) === text ? pointersOf(value) : [];
  } catch {
    return [];
  }
}

/**
 * The lines of `text` with what became of them since `before`: `{ line, pointer, state }`, where `state` is `same`, `added` or
 * `removed`. Lines that were removed stand before what took their place.
 */
export function comparedLines(text, before = text) {
  const pointers = pointersIn(text);
  const lines = text.split("\n").map((line, index) => ({ line, pointer: pointers[index] ?? null }));
  const old = before.split("\n");
  const common = commonLines(old, lines.map(({ line }) => line));
  const out = [];
  let [at, oldAt] = [0, 0];
  for (const [oldIndex, index] of [...common, [old.length, lines.length]]) {
    for (; oldAt < oldIndex; oldAt += 1) out.push({ line: old[oldAt], pointer: null, state: "removed" });
    for (; at < index; at += 1) out.push({ ...lines[at], state: "added" });
    if (at < lines.length) out.push({ ...lines[at], state: "same" });
    at += 1;
    oldAt += 1;
  }
  return out;
}

/** Most lines that are compared; more are shown as they are. */
const MAX_COMPARED = 600;

/** The longest common subsequence, as pairs of indices. */
function commonLines(old, lines) {
  if (old.length > MAX_COMPARED || lines.length > MAX_COMPARED) return lines.map((_, index) => [index, index]).slice(0, old.length);
  const width = lines.length + 1;
  const lengths = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = lines.length - 1; j >= 0; j -= 1) {
      const here = i * width + j;
      lengths[here] = old[i] === lines[j] ? lengths[here + width + 1] + 1 : Math.max(lengths[here + width], lengths[here + 1]);
    }
  }
  const pairs = [];
  for (let i = 0, j = 0; i < old.length && j < lines.length; ) {
    if (old[i] === lines[j]) pairs.push([i++, j++]);
    else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) i += 1;
    else j += 1;
  }
  return pairs;
}
