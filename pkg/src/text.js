import { ArgumentTypeError, CanonicalizationError } from "./errors.js";
import { MAX_INPUT_BYTES } from "./generated/vocabulary.js";

/** A text with a lone surrogate and nothing else, as JSON can spell it: refused by the core as what it is. */
const LONE_SURROGATE = '"\\ud800"';

/**
 * A private copy of a received text as bytes. A copy, because the caller may still write to a buffer that was verified.
 *
 * Objects are refused: `JSON.parse` has already lost `1.0`, big integers and duplicate keys (catalogue W1). A string with a
 * lone surrogate never reaches TextEncoder, which would turn it into U+FFFD, another text than the one received (W3).
 *
 * @param {string | Uint8Array} received
 * @param {string} what names the argument in the error
 * @param {number} [limit] bytes; of a longer text only `limit + 1` bytes are kept, enough to be refused by size
 */
export function receivedBytes(received, what, limit = MAX_INPUT_BYTES) {
  if (typeof received === "string") {
    if (received.length > limit) return encode(received.slice(0, limit + 1));
    return encode(isWellFormed(received) ? received : LONE_SURROGATE);
  }
  if (isBytes(received)) return ownBytes(received, what, limit + 1);
  const given = typeName(received);
  const lost = given === "an object" ? ": JSON.parse has already lost `1.0`, big integers and duplicate keys" : "";
  throw new ArgumentTypeError(`${what} must be the text or bytes that were received, not ${given}${lost}`);
}

/** A private copy of the first `most` bytes: what the caller does to its buffer afterwards changes nothing. */
export function ownBytes(bytes, what, most = Infinity) {
  try {
    return new Uint8Array(bytes.length > most ? bytes.subarray(0, most) : bytes);
  } catch {
    throw new ArgumentTypeError(`${what} cannot be read: its buffer was detached`);
  }
}

export function isBytes(value) {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]";
}

export function isObject(value) {
  return typeof value === "object" && value !== null;
}

/**
 * What a value is, in words for an error. `wanted` names the class that it should be an object of: one with that name was made by
 * another copy of the package, whose secrets and state are its own.
 */
export function typeName(value, wanted) {
  if (wanted !== undefined && className(value) === wanted) {
    return "one of another copy of this package: `import` and `require` load two, as do `trusthandoff` and `trusthandoff/slim`; use one of them";
  }

  if (value === null) return "null";
  if (className(value) === "Promise") return "a Promise: is an `await` missing?";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  return value === undefined ? "undefined" : `a ${typeof value}`;
}

/** The name of a value's class, without what bundlers add to tell two of one name apart. */
export function className(value) {
  try {
    return isObject(value) ? value.constructor.name.replace(/^_|\d+$/g, "") : undefined;
  } catch {
    return undefined;
  }
}

/** What was thrown, in words; anything can be thrown, also what cannot be read. */
export function inWords(thrown) {
  try {
    return String(thrown?.message ?? thrown);
  } catch {
    return "for a reason that cannot be read";
  }
}

export function isWellFormed(text) {
  return typeof text.isWellFormed === "function" ? text.isWellFormed() : !/\p{Surrogate}/u.test(text);
}

/** The text, unless it would become another one on its way into the core (W3). */
export function wellFormed(text, what, field = null) {
  if (isWellFormed(text)) return text;
  throw new CanonicalizationError("invalid_unicode", `${what} holds an unpaired surrogate`, { field });
}

export function encode(text) {
  return new TextEncoder().encode(text);
}
