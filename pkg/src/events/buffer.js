import { configInvalid } from "../errors.js";
import { readOptions } from "../plain.js";
import { eventOf } from "./event.js";

const MAX_CAPACITY = 1_000_000;

/** What a buffer may hold in place of events: whoever can still tell them. Nobody asks most gates, and making an event takes time. */
export class Untold {
  texts;
  drop;

  /**
   * @param {() => string[]} texts the events' texts
   * @param {() => void} drop told or never asked for, they are not needed any more
   */
  constructor(texts, drop) {
    this.texts = texts;
    this.drop = drop;
  }
}

/** Buffer → how it takes the text of an event, or an `Untold`, which it reads only when somebody asks. */
const takers = /* @__PURE__ */ new WeakMap();

/** The latest events, in memory: a ring, so that it never grows beyond its capacity (catalogue H03). */
export class EventBuffer {
  #capacity;
  #ring = [];
  /** Where the next event goes once the ring is full; the oldest one stands there. */
  #next = 0;

  constructor(options) {
    const { capacity = 1000 } = readOptions(options, ["capacity"], "EventBuffer");
    if (!Number.isSafeInteger(capacity) || capacity < 1 || capacity > MAX_CAPACITY) {
      throw configInvalid(`\`capacity\` must be a whole number from 1 to ${MAX_CAPACITY}`, "capacity");
    }
    this.#capacity = capacity;
    takers.set(this, (held) => this.#keep(held));
  }

  /** Takes an event, which as a sink it is told. */
  emit(event) {
    this.#keep(event);
  }

  /** The events held, oldest first. */
  events() {
    const inOrder = [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)];
    this.#ring = inOrder.flatMap(told).slice(-this.#capacity);
    this.#next = 0;
    return [...this.#ring];
  }

  clear() {
    this.#ring.forEach(drop);
    this.#ring = [];
    this.#next = 0;
  }

  /** How many events are held. */
  get size() {
    return this.events().length;
  }

  #keep(held) {
    if (this.#ring.length < this.#capacity) {
      this.#ring.push(held);
      return;
    }
    drop(this.#ring[this.#next]);
    this.#ring[this.#next] = held;
    this.#next = (this.#next + 1) % this.#capacity;
  }
}

function told(held) {
  if (typeof held === "string") return [eventOf(held)];
  if (!(held instanceof Untold)) return [held];
  const texts = held.texts();
  held.drop();
  return texts.map(eventOf);
}

function drop(held) {
  if (held instanceof Untold) held.drop();
}

/** How a buffer takes the text of an event; undefined for anything else. */
export function textTaker(sink) {
  return takers.get(sink);
}
