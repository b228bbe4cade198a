/** Text from outside, for people: what cannot be seen, or turns the reading order round, is made visible. */

/**
 * Controls but newline and tab, format characters (among them the bidirectional ones), tags and fillers that no font draws and a model
 * reads, separators of lines, the blank of Braille, lone surrogates, and what no font of today knows. A picture may be told to be one.
 */
const UNSEEN =
  /(?<!\p{Extended_Pictographic})[\ufe0e\ufe0f]|(?![\t\n\ufe0e\ufe0f])[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800]/gu;

/** `text` with every unseen character as its code, such as ⟨U+202E⟩. */
export function visible(text) {
  return text.replace(UNSEEN, (character) => `⟨U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

/** At most `length` characters of `text`, with a sign where something was left out. */
export function clipped(text, length) {
  const characters = Array.from(text.length > length * 2 ? text.slice(0, length * 2) : text);
  return characters.length > length ? `${characters.slice(0, length - 1).join("")}…` : text;
}

/** An id of an agent, short enough to stand in a sentence. */
export function shortId(id) {
  return id.length > 16 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id;
}

const NUMBER = new Intl.NumberFormat("en");

/** A count, with its thousands apart. */
export function counted(number, one, many = `${one}s`) {
  return `${NUMBER.format(number)} ${number === 1 ? one : many}`;
}

/** A size in bytes, for people. */
export function sized(bytes) {
  if (bytes < 1000) return counted(bytes, "byte");
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
