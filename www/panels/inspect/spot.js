/** A place in a text: line, column and byte, and the line around it with the place marked. */
import { h } from "../../ui/dom.js";
import { visible } from "../../ui/text.js";

/** Characters shown before and behind the place. */
const AROUND = 44;
/** Most characters that are marked. */
const MARKED = 60;

/** The index of a character from the byte at which it begins in UTF-8. */
export function indexOfByte(text, byte) {
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (bytes >= byte) return index;
    const code = text.charCodeAt(index);
    // Half a surrogate pair counts two, so that the pair counts four.
    bytes += code < 0x80 ? 1 : code < 0x800 || (code & 0xf800) === 0xd800 ? 2 : 3;
  }
  return text.length;
}

/** The index in `text` of byte `offset` of the string whose literal begins at `start`, escapes counted as what they stand for. */
export function indexInString(text, start, offset) {
  let bytes = 0;
  let at = start + 1;
  while (bytes < offset && at < text.length && text[at] !== '"') {
    const step = text[at] !== "\\" ? 1 : text[at + 1] === "u" ? 6 : 2;
    const code = step === 6 ? Number.parseInt(text.slice(at + 2, at + 6), 16) : text.charCodeAt(at);
    bytes += code < 0x80 ? 1 : code < 0x800 || (code & 0xf800) === 0xd800 ? 2 : 3;
    at += step;
  }
  return at;
}

/** "line 3, column 14", from 1, and the byte from 0, as the core counts. */
export function placeName(text, index) {
  const before = text.slice(0, index);
  const line = before.split("\n").length;
  const column = Array.from(before.slice(before.lastIndexOf("\n") + 1)).length + 1;
  return `line ${line}, column ${column}, byte ${new TextEncoder().encode(before).length}`;
}

/** The line of `text` around `start`, with what stands up to `end` marked and a caret under where it begins. */
export function spot(text, start, end = start + 1, of = "the text") {
  const until = Math.min(Math.max(end, start + 1), start + MARKED);
  const lineStart = Math.max(text.lastIndexOf("\n", start - 1) + 1, start - AROUND);
  const lineEnd = text.indexOf("\n", start) === -1 ? text.length : Math.max(text.indexOf("\n", start), start);
  const before = `${lineStart > 0 && text[lineStart - 1] !== "\n" ? "…" : ""}${visible(text.slice(lineStart, start))}`;
  const marked = start >= text.length ? "⟨end of the text⟩" : visible(text.slice(start, until)).replaceAll("\n", "⏎");
  const rest = text.slice(until, Math.max(until, Math.min(lineEnd, until + AROUND)));
  const after = `${visible(rest)}${until + rest.length < lineEnd ? "…" : ""}`;
  return h(
    "figure",
    { class: "spot" },
    h("figcaption", { class: "hint", text: `${placeName(text, start)} of ${of}` }),
    h(
      "pre",
      { class: "scroll", tabIndex: 0, "aria-label": `${of} around the place` },
      before,
      h("mark", { text: marked }),
      after,
      h("span", { class: "caret", "aria-hidden": "true", text: `\n${" ".repeat(Array.from(before).length)}^` }),
    ),
  );
}
