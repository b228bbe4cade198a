import { configInvalid } from "../errors.js";
import { MAX_INPUT_BYTES } from "../generated/vocabulary.js";
import { readOptions } from "../plain.js";

/** Genuine envelopes have a few kB, so the number is reached first; of the longest texts there are, the bytes. */
const RUNS = 1024;
const BYTES = 64 * 2 ** 20;

const MOST_RUNS = 1_000_000;

/** Half of this is room for the longest text. */
const LEAST_BYTES = 2 * MAX_INPUT_BYTES;

/** Places of runs that wait: so many runs, and so many bytes of text, of which whoever has a key takes at most half. */
class Pool {
  #most;
  #all = { runs: 0, bytes: 0 };
  #ofKey = new Map();

  constructor(most) {
    this.#most = most;
  }

  /** Takes a place, `key` being null where everybody is one; false where there is no room. */
  take(key, bytes) {
    const { runs, bytes: most } = this.#most;
    const own = this.#ofKey.get(key) ?? { runs: 0, bytes: 0 };
    const hasRoom = this.#all.runs < runs && this.#all.bytes + bytes <= most;
    if (!hasRoom || (key !== null && (2 * (own.runs + 1) > runs || 2 * (own.bytes + bytes) > most))) return false;
    this.#ofKey.set(key, own);
    for (const count of [this.#all, own]) {
      count.runs += 1;
      count.bytes += bytes;
    }
    return true;
  }

  giveBack(key, bytes) {
    const own = this.#ofKey.get(key);
    for (const count of [this.#all, own]) {
      count.runs -= 1;
      count.bytes -= bytes;
    }
    if (own.runs === 0) this.#ofKey.delete(key);
  }
}

/**
 * Where the runs of a gate wait for its hosts. What nobody has proven has a pool of its own, so that a flood of it refuses nothing that
 * is signed; of what is proven each sender's key has at most half of a pool, and so has each task of the uses that are asked for.
 *
 * It stands here and not in the core, as it counts what JavaScript waits for and must outlive an instance that trapped.
 */
export class Places {
  #unproven;
  #proven;
  #uses;

  constructor(most) {
    [this.#unproven, this.#proven, this.#uses] = [new Pool(most), new Pool(most), new Pool(most)];
  }

  /** The place of a run, by the key that its sender has proven. */
  ofRun(bytes) {
    return new Place(bytes, (key) => (key === null ? this.#unproven : this.#proven));
  }

  /** The place of one use by the task of an accepted text. */
  ofUse(text) {
    return new Place(text.length, () => this.#uses, text);
  }
}

/** At most one place at a time, of a run that takes none before it must wait. */
class Place {
  #bytes;
  #poolOf;
  #owner;
  #pool = null;
  #key = null;

  constructor(bytes, poolOf, owner = null) {
    this.#bytes = bytes;
    this.#poolOf = poolOf;
    this.#owner = owner;
  }

  /** Whether the run may wait, now that its sender has proven `key`, or null. */
  hold(key) {
    const owner = this.#owner ?? key;
    const pool = this.#poolOf(owner);
    if (pool === this.#pool) return true;
    this.leave();
    if (!pool.take(owner, this.#bytes)) return false;
    [this.#pool, this.#key] = [pool, owner];
    return true;
  }

  leave() {
    this.#pool?.giveBack(this.#key, this.#bytes);
    this.#pool = null;
  }
}

/** The option `maxInFlight`: how much may wait in each pool. */
export function mostInFlight(given) {
  const { runs = RUNS, bytes = BYTES } = readOptions(given, ["runs", "bytes"], "maxInFlight");
  if (!Number.isSafeInteger(runs) || runs < 2 || runs > MOST_RUNS) {
    throw configInvalid(`\`maxInFlight.runs\` must be a whole number from 2 to ${MOST_RUNS}`, "maxInFlight.runs");
  }
  if (!Number.isSafeInteger(bytes) || bytes < LEAST_BYTES) {
    throw configInvalid(`\`maxInFlight.bytes\` must be a whole number from ${LEAST_BYTES}, so that half of it has room for the longest text`, "maxInFlight.bytes");
  }
  return { runs, bytes };
}
