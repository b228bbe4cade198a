/**
 * What differs between an object that fails and one that is good. A signature says only that something is other than when it was
 * signed; the genuine object, where it was seen, says what. Seen objects are kept in memory, as long as the page is open.
 */
import { textOfPart } from "./objects.js";
import { leavesOf, stringOf } from "./walk.js";

const MAX_KEPT = 60;
const MAX_LEAVES = 5000;
const MAX_CHARACTERS = 300_000;

/** `kind|id` → a good one, the last one seen last. */
const kept = new Map();

/** Keeps the good parts of a text. `signed(at, form)` gives the signed bytes. */
export function remember(whole, parts) {
  if (whole.length > MAX_CHARACTERS) return;
  for (const part of parts) {
    if (!part.valid || part.digest === null || part.objectId === null) continue;
    const own = textOfPart(whole, part);
    if (own === null) continue;
    const key = `${part.kind}|${part.objectId}`;
    kept.delete(key);
    kept.set(key, { kind: part.kind, id: part.objectId, form: part.form, whole, at: part.at, text: own.text });
    if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value);
  }
}

/** The good object that `part` most likely was: of the same id, else the one that shares most with it, if that is most of it. */
export function genuineOf(whole, part, from = kept.values()) {
  const own = textOfPart(whole, part);
  if (own === null) return null;
  const candidates = [...from].filter(({ kind, text }) => kind === part.kind && text !== own.text).reverse();
  const same = candidates.find(({ id }) => id === part.objectId);
  if (same !== undefined) return same;
  const mine = valuesOf(own.text);
  const shared = (text) => [...valuesOf(text)].filter(([pointer, raw]) => mine.get(pointer) === raw).length;
  const best = candidates.map((candidate) => ({ candidate, count: shared(candidate.text) })).sort((a, b) => b.count - a.count)[0];
  return best !== undefined && best.count * 2 > mine.size ? best.candidate : null;
}

/** The text in which this very attestation was good: with another result or reason beside it. */
export function attestedBefore(whole, part, from = kept.values()) {
  const own = textOfPart(whole, part)?.text;
  return [...from].reverse().find(({ kind, text }) => kind === part.kind && text === own)?.whole ?? null;
}

/** Good objects of another text, to compare with. */
export function keptFrom(whole, parts) {
  return parts.flatMap((part) => {
    const own = part.valid && part.objectId !== null ? textOfPart(whole, part) : null;
    return own === null ? [] : [{ kind: part.kind, id: part.objectId, form: part.form, whole, at: part.at, text: own.text }];
  });
}

/**
 * The values in which two JSON texts differ: `{ pointer, was, is, at }`, `was` or `is` null where it is not there, `at` the index in
 * the second one. `order` is true where only the order of keys differs, `isAll` false where there was too much to compare all of it.
 */
export function differences(good, bad) {
  const both = [good, bad].map((text) => leavesOf(text, MAX_LEAVES));
  const [was, is] = both.map(({ leaves }) => leaves);
  const [before, after] = [was, is].map((leaves) => new Map(leaves.map((leaf) => [leaf.pointer, leaf])));
  const changes = [];
  for (const { pointer, raw } of was) {
    const now = after.get(pointer);
    if (now === undefined) changes.push({ pointer, was: raw, is: null, at: null });
    else if (!sameValue(now.raw, raw)) changes.push({ pointer, was: raw, is: now.raw, at: now.start });
  }
  for (const { pointer, raw, start } of is) if (!before.has(pointer)) changes.push({ pointer, was: null, is: raw, at: start });
  const isAll = both.every(({ leaves, total }) => leaves.length === total);
  return { changes, isAll, order: changes.length === 0 && was.some(({ pointer }, index) => is[index]?.pointer !== pointer) };
}

/** Two literals with what is the same at both ends cut off: `[head, middle of the first, middle of the second, tail]`. */
export function apart(was, is) {
  let head = 0;
  while (head < was.length && head < is.length && was[head] === is[head]) head += 1;
  // A character of two halves is one character.
  if (/[\ud800-\udbff]/.test(was[head - 1] ?? "")) head -= 1;
  let tail = 0;
  while (tail < was.length - head && tail < is.length - head && was.at(-1 - tail) === is.at(-1 - tail)) tail += 1;
  if (/[\udc00-\udfff]/.test(was[was.length - tail] ?? "")) tail -= 1;
  return [was.slice(0, head), was.slice(head, was.length - tail), is.slice(head, is.length - tail), was.slice(was.length - tail)];
}

function valuesOf(text) {
  return new Map(leavesOf(text, MAX_LEAVES).leaves.map(({ pointer, raw }) => [pointer, raw]));
}

/** Escapes of a string are spelling; digits of a number are content. */
function sameValue(one, other) {
  return one === other || (one[0] === '"' && stringOf(one) !== null && stringOf(one) === stringOf(other));
}
