import { tokenArgument } from "./capability.js";
import { shared } from "./core.js";
import { ArgumentTypeError } from "./errors.js";
import { readOptions } from "./plain.js";
import { wallClock } from "./platform.js";
import { toMs } from "./time.js";
import { typeName } from "./text.js";

/** Successors held before those whose time is over are dropped, at least. */
const SWEEP_FLOOR = 64;

/**
 * Which capability has taken the place of one that ends, so that work signed a moment before the change is not refused. The old
 * one then admits for 30 seconds beyond its end, once and never longer (catalogue D09). A gate asks it as its option `overlap`.
 */
export class CapabilityOverlap {
  /** Digest of the old capability → `{ token, untilMs }` of the new one. */
  #successors = new Map();
  #sweepAt = SWEEP_FLOOR;

  constructor(options) {
    readOptions(options, [], "CapabilityOverlap");
  }

  /** Both must verify and have the same issuer, issuer's key and subject; throws otherwise. */
  register(oldCapability, newCapability, options) {
    const { now = wallClock() } = readOptions(options, ["now"], "CapabilityOverlap.register");
    const nowMs = toMs(now, "now");
    const ending = tokenArgument(oldCapability, "the old token");
    const token = tokenArgument(newCapability, "the new token");
    const { digest, until_ms: untilMs } = shared.call((glue) => glue.registerOverlap(ending, token));
    if (this.#successors.size >= this.#sweepAt) this.#sweep(nowMs);
    this.#successors.set(digest, { token, untilMs });
    return this;
  }

  /** The token that took the place of the capability with this digest, or null. */
  successor(digest) {
    if (typeof digest !== "string") throw new ArgumentTypeError(`the digest must be a string, not ${typeName(digest)}`);
    return this.#successors.get(digest)?.token ?? null;
  }

  /** How many successors are held. */
  get size() {
    return this.#successors.size;
  }

  #sweep(nowMs) {
    for (const [digest, { untilMs }] of this.#successors) {
      if (untilMs <= nowMs) this.#successors.delete(digest);
    }
    this.#sweepAt = Math.max(SWEEP_FLOOR, 2 * this.#successors.size);
  }
}
