import { isObject } from "../text.js";
import { Latest } from "./latest.js";

/** So many of the latest changes are kept for gates that have not told them yet: a list that is read in at once may be long. */
const MAX_KEPT = 10_000;

/** So much of them, whatever ids and reasons say: of ordinary ones the number is reached first. */
const MAX_KEPT_BYTES = 8 * 2 ** 20;

/** About what a change takes beside its texts. */
const CHANGE_BYTES = 256;

/** Whoever decides whom gates trust → what has changed there. */
const journals = /* @__PURE__ */ new WeakMap();

/**
 * What has changed at a registry or a list of revocations, for the gates that go by it: each tells it to its own sinks before anything
 * else. Gates look, so that nobody holds on to gates that nobody else does.
 */
export class Changes {
  #latest = new Latest(MAX_KEPT, MAX_KEPT_BYTES);
  /** How many there ever were. */
  total = 0;

  add(type, atMs, payload) {
    this.total += 1;
    // Two bytes for each unit of a text.
    const bytes = Object.values(payload).reduce((sum, value) => sum + (typeof value === "string" ? 2 * value.length : 0), CHANGE_BYTES);
    this.#latest.add([type, atMs, payload], bytes);
  }

  /** Those after the first `seen`. */
  since(seen) {
    return this.#latest.items(Math.max(0, this.#latest.size - (this.total - seen)));
  }
}

export function announceChanges(host, changes) {
  journals.set(host, changes);
}

/** The changes at a host; undefined for one that keeps none. */
export function changesOf(host) {
  return isObject(host) ? journals.get(host) : undefined;
}
