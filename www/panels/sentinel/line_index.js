/** Where the lines of a file begin, roughly: enough to read any of them again without reading all of it. */

const NEWLINE = 10;
/** Bytes between two places that are remembered, at least. */
const STRIDE = 64 * 1024;
/** Bytes that are read at once, and the most that is shown of a line. */
const WINDOW = 256 * 1024;
const SHOWN_BYTES = 8 * 1024;

export class LineIndex {
  /** Bytes and newlines that were seen so far. */
  #bytes = 0;
  #line = 1;
  #offsets = [0];
  #lines = [1];

  /** Takes in what follows. */
  add(bytes) {
    let marked = this.#offsets.at(-1);
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) {
      this.#line += 1;
      const offset = this.#bytes + at + 1;
      if (offset - marked < STRIDE) continue;
      this.#offsets.push(offset);
      this.#lines.push(this.#line);
      marked = offset;
    }
    this.#bytes += bytes.length;
  }

  /**
   * The lines `from` to `to` of the file that was taken in, as far as they are there: `{ number, text, more }`, `more` being how many
   * bytes of a long line are left out.
   */
  async read(file, from, to) {
    const mark = this.#before(from);
    const end = Math.min(file.size, this.#bytes);
    const found = [];
    let number = this.#lines[mark];
    let line = new Line();
    for (let offset = this.#offsets[mark]; offset < end && number <= to; offset += WINDOW) {
      const bytes = new Uint8Array(await file.slice(offset, Math.min(offset + WINDOW, end)).arrayBuffer());
      let at = 0;
      while (at < bytes.length && number <= to) {
        const newline = bytes.indexOf(NEWLINE, at);
        const stop = newline === -1 ? bytes.length : newline;
        if (number >= from) line.add(bytes.subarray(at, stop));
        at = stop + 1;
        if (newline === -1) break;
        if (number >= from) found.push(line.told(number));
        line = new Line();
        number += 1;
      }
    }
    if (line.length > 0 && number >= from && number <= to) found.push(line.told(number));
    return found;
  }

  /** The last place that is remembered and not behind line `number`. */
  #before(number) {
    let [low, high] = [0, this.#lines.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#lines[middle] <= number) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The beginning of a line, and how long it is. */
class Line {
  length = 0;
  #kept = [];

  add(bytes) {
    const room = SHOWN_BYTES - Math.min(this.length, SHOWN_BYTES);
    if (room > 0) this.#kept.push(bytes.slice(0, room));
    this.length += bytes.length;
  }

  told(number) {
    const decoder = new TextDecoder();
    const text = this.#kept.map((part) => decoder.decode(part, { stream: true })).join("");
    // A character that is cut in the middle is left out with the rest.
    return { number, text: this.length > SHOWN_BYTES ? text : text + decoder.decode(), more: Math.max(0, this.length - SHOWN_BYTES) };
  }
}
