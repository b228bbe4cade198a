import { isObject } from "../text.js";

/** So many of the latest changes are kept for gates that have not told them yet: a list that is read in at once may be long. */
const MAX_KEPT = 10_000;

/** Whoever decides whom gates trust → what has changed there. */
const journals = /* @__PURE__ */ new WeakMap();

/**
 * What has changed at a registry or a list of revocations, for the gates that go by it: each tells it to its own sinks before anything
 * else. Gates look, so that nobody holds on to gates that nobody else does.
 */
export class Changes {
  #latest = [];
  /** How many there ever were. */
  total = 0;

  add(type, atMs, payload) {
    this.total += 1;
    this.#latest.push([type, atMs, payload]);
    if (this.#latest.length > MAX_KEPT) this.#latest.shift();
  }

  /** Those after the first `seen`. */
  since(seen) {
    return this.#latest.slice(Math.max(0, this.#latest.length - (this.total - seen)));
  }
}

export function announceChanges(host, changes) {
  journals.set(host, changes);
}

/** The changes at a host; undefined for one that keeps none. */
export function changesOf(host) {
  return isObject(host) ? journals.get(host) : undefined;
}
