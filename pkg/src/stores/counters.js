import { ArgumentTypeError, configInvalid, errorFor } from "../errors.js";
import { member, readOptions } from "../plain.js";
import { wallClock } from "../platform.js";
import { isTime } from "../time.js";
import { isObject, typeName } from "../text.js";
import { ExpiryQueue } from "./expiry.js";

const MAX_CAPACITY = 10_000_000;

/**
 * A store for gates whose clocks differ: what has expired by one may be needed by another. So nothing is dropped while it holds few,
 * and then only what expired an hour ago, unless there is no more room.
 */
const MANY_CLOCKS = /* @__PURE__ */ Object.freeze({ __proto__: null, few: 10_000, spreadMs: 3_600_000 });

/** The counters of this process, wherever no others are named. */
let processWide = null;

/** One store for all gates, so that siblings share their parent's budget whichever gate let them in, and whatever clock it goes by. */
export function processCounters() {
  return (processWide ??= new MemoryCounterStore(undefined, MANY_CLOCKS));
}

/**
 * Tool calls counted in memory, for a single process: one counter for each budget, that of a packet and of every
 * capability above it. Bounded; a counter that is still needed is never evicted, for its budget would start afresh.
 *
 * `reserve` is one synchronous step, so no two calls can both take the last of a budget (catalogue F13).
 */
export class MemoryCounterStore {
  #capacity;
  #counters = new Map();
  #queue = new ExpiryQueue();
  /** Latest expiry of what was dropped: a clock that goes back behind it may ask for a counter that is gone. */
  #forgottenUntilMs = 0;
  #patience;

  constructor(options, patience = { few: 0, spreadMs: 0 }) {
    const { capacity = 1_000_000 } = readOptions(options, ["capacity"], "MemoryCounterStore");
    if (!Number.isSafeInteger(capacity) || capacity < 1 || capacity > MAX_CAPACITY) {
      throw configInvalid(`\`capacity\` must be a whole number from 1 to ${MAX_CAPACITY}`, "capacity");
    }
    this.#capacity = capacity;
    this.#patience = patience;
  }

  /**
   * Takes one call from each counter, or none at all: true if every one of them had one left, false otherwise. Counters
   * are kept until `expiresAtMs`, the latest that was said of them.
   *
   * Throws `counter_store_full` when there is no room, and `counter_unavailable` when it cannot know.
   */
  reserve(counters, expiresAtMs, about) {
    const wanted = wantedOf(counters);
    if (!isTime(expiresAtMs)) throw new ArgumentTypeError("expiresAtMs must be milliseconds since 1970");
    const given = isObject(about) ? member(about, "nowMs") : undefined;
    const nowMs = given === undefined ? wallClock() : given;
    if (!isTime(nowMs)) throw new ArgumentTypeError("nowMs must be milliseconds since 1970");
    this.#dropExpired(nowMs, wanted.size);
    // No host code runs from here to the end, so the look and the writing are one step.
    let missing = 0;
    for (const [key, { calls, limit }] of wanted) {
      const counter = this.#counters.get(key);
      if (counter === undefined) missing += 1;
      if ((counter?.used ?? 0) + calls > limit) return false;
    }
    if (missing > 0 && nowMs < this.#forgottenUntilMs) throw forgotten();
    if (missing > 0 && this.#counters.size + missing > this.#capacity) {
      throw errorFor("counter_store_full", "the counter store has no room for another live counter");
    }
    for (const [key, { calls }] of wanted) this.#take(key, calls, expiresAtMs);
    return true;
  }

  /** How many counters are held. */
  get size() {
    return this.#counters.size;
  }

  #take(key, calls, expiresAtMs) {
    const counter = this.#counters.get(key);
    if (counter === undefined) {
      this.#counters.set(key, { used: calls, expiresAtMs });
      this.#queue.add(key, expiresAtMs);
      return;
    }
    counter.used += calls;
    counter.expiresAtMs = Math.max(counter.expiresAtMs, expiresAtMs);
  }

  #dropExpired(nowMs, wanted) {
    const { few, spreadMs } = this.#patience;
    if (this.#counters.size < few) return;
    this.#dropUntil(nowMs - spreadMs);
    if (this.#counters.size + wanted > this.#capacity) this.#dropUntil(nowMs);
  }

  #dropUntil(nowMs) {
    for (let key = this.#queue.takeExpired(nowMs); key !== undefined; key = this.#queue.takeExpired(nowMs)) {
      const { expiresAtMs } = this.#counters.get(key);
      if (expiresAtMs > nowMs) {
        this.#queue.add(key, expiresAtMs);
      } else {
        this.#counters.delete(key);
        this.#forgottenUntilMs = Math.max(this.#forgottenUntilMs, expiresAtMs);
      }
    }
  }
}

/** Key → the calls to take and their limit, from a list of which every member is read once. */
function wantedOf(counters) {
  if (!Array.isArray(counters) || counters.length === 0) {
    throw new ArgumentTypeError(`the counters must be an array of { key, limit }, not ${Array.isArray(counters) ? "an empty one" : typeName(counters)}`);
  }
  const wanted = new Map();
  for (const counter of Array.from(counters)) {
    if (!isObject(counter)) throw new ArgumentTypeError(`a counter must be { key, limit }, not ${typeName(counter)}`);
    const [key, limit] = [member(counter, "key"), member(counter, "limit")];
    if (typeof key !== "string") throw new ArgumentTypeError(`the key of a counter must be a string, not ${typeName(key)}`);
    if (typeof limit !== "bigint" && !Number.isInteger(limit)) {
      throw new ArgumentTypeError(`the limit of a counter must be a whole number, not ${typeof limit === "number" ? `\`${limit}\`` : typeName(limit)}`);
    }
    const before = wanted.get(key);
    if (before === undefined) wanted.set(key, { calls: 1, limit });
    else wanted.set(key, { calls: before.calls + 1, limit: before.limit < limit ? before.limit : limit });
  }
  return wanted;
}

function forgotten() {
  return errorFor("counter_unavailable", "the clock went back behind counters that were dropped as expired, so how much of this budget is used is not known");
}
