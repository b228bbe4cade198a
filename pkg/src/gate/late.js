/** So many of the latest nonces are remembered. */
const MAX_KEPT = 1000;

/**
 * Nonces that a store was asked for and has taken, or may have taken, when nobody waited for its answer any more: the packet was refused,
 * and is a replay from then on though it never ran. Kept for what the next try is told, which nothing is decided by.
 */
export class LateNonces {
  /** Key → when the nonce may be forgotten, by the gate's time, answers still to come, and whether one said that it was taken; oldest first. */
  #asked = new Map();

  /** Listens to a reply that came too late, or never comes. */
  listen({ key, expires_at_ms: expiresAtMs }, reply) {
    const asked = this.#asked.get(key) ?? this.#remember(key);
    asked.expiresAtMs = expiresAtMs;
    asked.open += 1;
    const settle = (answer) => {
      asked.open -= 1;
      asked.taken ||= answer === true;
      if (!asked.taken && asked.open === 0 && this.#asked.get(key) === asked) this.#asked.delete(key);
    };
    Promise.resolve(reply).then(settle, () => settle(false));
  }

  has({ key, now_ms: nowMs }) {
    return this.#asked.get(key)?.expiresAtMs > nowMs;
  }

  #remember(key) {
    const asked = { expiresAtMs: 0, open: 0, taken: false };
    this.#asked.set(key, asked);
    if (this.#asked.size > MAX_KEPT) this.#asked.delete(this.#asked.keys().next().value);
    return asked;
  }
}
