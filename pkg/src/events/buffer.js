import { configInvalid } from "../errors.js";
import { readOptions } from "../plain.js";
import { isObject } from "../text.js";
import { eventOf } from "./event.js";
import { Latest } from "./latest.js";

const MAX_CAPACITY = 1_000_000;

/** Longer than any event that a gate tells. */
const LEAST_BYTES = 65_536;

/** About what an object takes beside its texts. */
const OBJECT_BYTES = 256;

/**
 * What a buffer may hold in place of the text of an event: the text it tells of. Nobody asks most gates, and making an event takes
 * time.
 */
export class Untold {
  bytes;
  tell;

  /**
   * @param {number} bytes what it holds in memory
   * @param {() => string} tell the event's text
   */
  constructor(bytes, tell) {
    this.bytes = bytes + OBJECT_BYTES;
    this.tell = tell;
  }
}

/** Buffer → how it takes the text of an event, or an `Untold`, which it asks only when somebody reads it. */
const takers = /* @__PURE__ */ new WeakMap();

/** The latest events, in memory, which never grow beyond their number and their bytes (catalogue H03). */
export class EventBuffer {
  #latest;

  constructor(options) {
    const { capacity = 1000, maxBytes = 4 * 2 ** 20 } = readOptions(options, ["capacity", "maxBytes"], "EventBuffer");
    if (!Number.isSafeInteger(capacity) || capacity < 1 || capacity > MAX_CAPACITY) {
      throw configInvalid(`\`capacity\` must be a whole number from 1 to ${MAX_CAPACITY}`, "capacity");
    }
    if (!Number.isSafeInteger(maxBytes) || maxBytes < LEAST_BYTES) throw configInvalid(`\`maxBytes\` must be a whole number from ${LEAST_BYTES}`, "maxBytes");
    this.#latest = new Latest(capacity, maxBytes);
    takers.set(this, (held) => this.#keep(held));
  }

  /** Takes an event, which as a sink it is told. */
  emit(event) {
    this.#keep(event);
  }

  /** The events held, oldest first. All are given, also where they take more room from now on than there is. */
  events() {
    const told = this.#latest.items().map((held) => (held instanceof Untold ? held.tell() : held));
    this.clear();
    for (const each of told) this.#keep(each);
    return told.map((each) => (typeof each === "string" ? eventOf(each) : each));
  }

  clear() {
    this.#latest.clear();
  }

  /** How many events are held. */
  get size() {
    return this.#latest.size;
  }

  /** How many had to make room for later ones. */
  get dropped() {
    return this.#latest.dropped;
  }

  #keep(held) {
    this.#latest.add(held, bytesOf(held));
  }
}

/** What it takes in memory, at most: two bytes for each unit of a text. */
function bytesOf(held) {
  if (typeof held === "string") return 2 * held.length;
  if (held instanceof Untold) return held.bytes;
  return isObject(held) && typeof held.text === "string" ? 6 * held.text.length : OBJECT_BYTES;
}

/** How a buffer takes the text of an event; undefined for anything else. */
export function textTaker(sink) {
  return takers.get(sink);
}
