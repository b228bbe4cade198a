import { TrustHandoffError } from "../errors.js";
import { UsageError } from "./arguments.js";
import { whyNot } from "./input.js";

/** Most of a received text that is shown in a message, in characters. */
const MAX_BRIEF = 300;

/** Text is gathered up to this many characters before it is written. */
const BATCH = 64 * 1024;

/** The reader of our output went away, as `head` does. Nothing is wrong; there is just nobody to tell. */
export class OutputClosed extends Error {}

/** Standard output with back pressure, so that memory stays constant however slow the reader is. */
export class Output {
  #stream;
  #batch = "";
  #error = null;

  constructor(stream) {
    this.#stream = stream;
    stream.on("error", (error) => {
      this.#error = error;
    });
  }

  async line(text) {
    this.#batch += `${text}\n`;
    if (this.#batch.length >= BATCH || this.#stream.isTTY) await this.flush();
  }

  async flush() {
    if (this.#error !== null) throw closed(this.#error);
    if (this.#batch === "") return;
    const batch = this.#batch;
    this.#batch = "";
    await new Promise((resolve, reject) => {
      this.#stream.write(batch, (error) => (error ? reject(closed(error)) : resolve()));
    });
  }
}

function closed(error) {
  const gone = error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED";
  return gone ? new OutputClosed() : new UsageError(`cannot write to standard output: ${whyNot(error)}`);
}

/** Colour only on a terminal that does not decline it (https://no-color.org). */
export function isColoured(stream, environment) {
  return stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== "dumb";
}

export function painter(stream, environment) {
  const colour = isColoured(stream, environment);
  const paint = (code) => (text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { good: paint("32"), bad: paint("31"), dim: paint("2"), bold: paint("1") };
}

/**
 * Text from outside as it may be shown on a terminal: control characters and those that reorder or hide text are spelt
 * out, or an object under inspection could rewrite what is said about it.
 */
export function printable(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu, (character) => {
    const hex = character.codePointAt(0).toString(16);
    return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, "0")}`;
  });
}

/** As `printable`, and no longer than a message should be. */
export function brief(text) {
  return printable(cut(text, MAX_BRIEF));
}

/** What `made` gives; what it refuses is said of the file or option that it was made from. */
export function using(what, made) {
  try {
    return made();
  } catch (error) {
    if (!(error instanceof TrustHandoffError) || error.code === "internal_error") throw error;
    throw new UsageError(`cannot use ${what}: ${inBrief(error)}`);
  }
}

/** The message of an error of this package, with its code. */
export function inBrief({ message, code, field }) {
  return `${brief(message)} (${code}${field ? ` at ${brief(field)}` : ""})`;
}

/** `text`, or what fits of it with an ellipsis. */
export function cut(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** JSON text as it may be shown on a terminal; the same JSON, for these characters stand in its strings only. */
export function printableJson(text) {
  return text.replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`).join(""),
  );
}

/** A line that counts on the terminal while a long input is read; nothing elsewhere. */
export class Progress {
  #stream;
  #shownAt = Date.now();
  #shown = false;

  constructor(stream) {
    this.#stream = stream.isTTY ? stream : null;
  }

  count(done, refused, readBytes) {
    this.#show(() => `${counted(done, "line")}, ${refused.toLocaleString("en")} refused, ${megabytes(readBytes)} read`);
  }

  /** The same where nothing is refused, or not line by line. */
  read(done, readBytes) {
    this.#show(() => `${counted(done, "line")}, ${megabytes(readBytes)} read`);
  }

  #show(text) {
    if (this.#stream === null || Date.now() - this.#shownAt < 200) return;
    this.#shownAt = Date.now();
    this.#shown = true;
    this.#stream.write(`\r${text()}\u001b[K`);
  }

  clear() {
    if (this.#shown) this.#stream.write("\r\u001b[K");
  }
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** `1 line`, `2 lines`. */
export function counted(n, what) {
  return `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
}
