import { Core } from "../core.js";
import { errorFor } from "../errors.js";
import { readOptions } from "../plain.js";
import { checkCapacity, readClaim } from "./claim.js";

/**
 * Nonces in memory, for a single process. Bounded; a live nonce is never evicted, a full store refuses (catalogue A05).
 *
 * It owns a WebAssembly instance, so that a trap in the gate cannot take the nonces with it. After a trap in its own it has
 * forgotten them, and answers nobody until the last of them would have expired: a store that starts empty would
 * let every one of them in again.
 *
 * The same holds after a jump of the clock and back: a nonce that expires no later than one that was dropped in between may
 * have been dropped itself, so it is refused with `replay_store_unavailable` and not taken.
 */
export class MemoryNonceStore {
  #core = new Core();
  #capacity;
  #store = null;
  #generation = 0;
  #lastExpiryMs = 0;
  #lostUntilMs = 0;

  constructor(options) {
    const { capacity = 1_000_000 } = readOptions(options, ["capacity"], "MemoryNonceStore");
    this.#capacity = checkCapacity(capacity);
  }

  /**
   * True if `key` was not held, and it is held from now on; false if it was. Throws `replay_store_full` when there is no
   * room, or when one sender already holds half of it, and `replay_store_unavailable` when it cannot know.
   */
  checkAndStore(key, expiresAtMs, about) {
    const { sender, nowMs } = readClaim(key, expiresAtMs, about);
    if (this.#lostUntilMs > nowMs) throw lost();
    const answer = this.#ask((store) => store.checkAndStore(key, sender, expiresAtMs, nowMs));
    if (answer === "forgotten") throw forgotten();
    if (answer === "full") throw errorFor("replay_store_full", "the nonce store has no room for this sender");
    if (answer === "stored") this.#lastExpiryMs = Math.max(this.#lastExpiryMs, expiresAtMs);
    return answer === "stored";
  }

  /** How many nonces are held. */
  get size() {
    return this.#store === null ? 0 : this.#ask((store) => store.size());
  }

  #ask(question) {
    try {
      return this.#core.call((glue, generation) => {
        if (this.#store === null || this.#generation !== generation) {
          this.#store = new glue.CoreNonceStore(this.#capacity);
          this.#generation = generation;
        }
        return question(this.#store);
      });
    } catch (error) {
      if (error.code !== "internal_error") throw error;
      this.#store = null;
      this.#lostUntilMs = this.#lastExpiryMs;
      throw lost(error);
    }
  }
}

function forgotten() {
  return errorFor("replay_store_unavailable", "the clock went back behind nonces that were dropped as expired, so whether this one was seen is not known");
}

function lost(cause) {
  return errorFor("replay_store_unavailable", "the nonce store failed and refuses until the nonces it held have expired", { cause });
}
