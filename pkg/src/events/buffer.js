import { configInvalid } from "../errors.js";
import { readOptions } from "../plain.js";
import { eventOf } from "./event.js";

const MAX_CAPACITY = 1_000_000;

/** Buffer → how it takes the text of an event, which it reads only when somebody asks. */
const takers = /* @__PURE__ */ new WeakMap();

/** The latest events, in memory: a ring, so that it never grows beyond its capacity (catalogue H03). */
export class EventBuffer {
  #capacity;
  #ring = [];
  /** Where the next event goes once the ring is full; the oldest one stands there. */
  #next = 0;
  #total = 0;

  constructor(options) {
    const { capacity = 1000 } = readOptions(options, ["capacity"], "EventBuffer");
    if (!Number.isSafeInteger(capacity) || capacity < 1 || capacity > MAX_CAPACITY) {
      throw configInvalid(`\`capacity\` must be a whole number from 1 to ${MAX_CAPACITY}`, "capacity");
    }
    this.#capacity = capacity;
    takers.set(this, (text) => this.#keep(text));
  }

  /** Takes an event, which as a sink it is told. */
  emit(event) {
    this.#keep(event);
  }

  /** The events held, oldest first. */
  events() {
    this.#ring = [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)].map((held) => (typeof held === "string" ? eventOf(held) : held));
    this.#next = 0;
    return [...this.#ring];
  }

  clear() {
    this.#ring = [];
    this.#next = 0;
  }

  /** How many events are held. */
  get size() {
    return this.#ring.length;
  }

  /** How many events were ever told. */
  get total() {
    return this.#total;
  }

  #keep(held) {
    this.#total += 1;
    if (this.#ring.length < this.#capacity) {
      this.#ring.push(held);
      return;
    }
    this.#ring[this.#next] = held;
    this.#next = (this.#next + 1) % this.#capacity;
  }
}

/** How a buffer takes the text of an event; undefined for anything else. */
export function textTaker(sink) {
  return takers.get(sink);
}
