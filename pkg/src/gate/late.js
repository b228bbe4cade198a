/** So many of the latest nonces are remembered. */
const MAX_KEPT = 1000;

/**
 * Nonces of which a store said that they are taken when nobody waited for it any more: the packet was refused, and is a replay from
 * then on though it never ran. Kept for what the next try is told, which nothing is decided by.
 */
export class LateNonces {
  /** Key → when the nonce may be forgotten, by the gate's time; oldest first. */
  #taken = new Map();

  /** Listens to a reply that came too late, or never comes. */
  listen({ key, expires_at_ms: expiresAtMs }, reply) {
    Promise.resolve(reply).then(
      (answer) => {
        if (answer === true) this.#keep(key, expiresAtMs);
      },
      () => {},
    );
  }

  has({ key, now_ms: nowMs }) {
    return this.#taken.get(key) > nowMs;
  }

  #keep(key, expiresAtMs) {
    this.#taken.set(key, expiresAtMs);
    if (this.#taken.size > MAX_KEPT) this.#taken.delete(this.#taken.keys().next().value);
  }
}
