/** The latest of what was added, which never grow beyond their number and their bytes; what made room for others is counted. */
export class Latest {
  #most;
  #mostBytes;
  /** Each with the bytes that it is counted for. */
  #held = [];
  /** Where the oldest stands in it. */
  #first = 0;
  #bytes = 0;
  #dropped = 0;

  constructor(most, mostBytes) {
    this.#most = most;
    this.#mostBytes = mostBytes;
  }

  add(item, bytes) {
    this.#held.push({ item, bytes });
    this.#bytes += bytes;
    while (this.size > this.#most || this.#bytes > this.#mostBytes) {
      this.#bytes -= this.#held[this.#first].bytes;
      this.#held[this.#first] = undefined;
      this.#first += 1;
      this.#dropped += 1;
    }
    if (this.#first > this.#most) {
      this.#held = this.#held.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Those held, oldest first, without the first so many of them. */
  items(without = 0) {
    return this.#held.slice(this.#first + without).map(({ item }) => item);
  }

  clear() {
    this.#held = [];
    this.#first = 0;
    this.#bytes = 0;
  }

  /** How many are held. */
  get size() {
    return this.#held.length - this.#first;
  }

  /** How many had to make room for later ones. */
  get dropped() {
    return this.#dropped;
  }
}
