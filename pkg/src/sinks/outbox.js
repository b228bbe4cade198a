import { configInvalid, errorFor } from "../errors.js";

/**
 * Events on their way out: kept in order, delivered a batch at a time, one batch after the other. Bounded, because who is told
 * faster than can be delivered must notice (catalogue H03).
 */
export class Outbox {
  #deliver;
  #maxPending;
  #maxBatch;
  #waiting = [];
  #pending = 0;
  #working = null;

  /** @param {(batch: { event: object }[]) => Promise<void>} deliver whoever rejects has stored none of the batch */
  constructor(deliver, { maxPending = 10_000, maxBatch = 500 } = {}) {
    this.#deliver = deliver;
    this.#maxPending = count(maxPending, "maxPending");
    this.#maxBatch = count(maxBatch, "maxBatch");
  }

  /** Resolves once the event is stored, rejects if it is not. */
  push(event) {
    if (this.#pending >= this.#maxPending) throw errorFor("audit_unavailable", `${this.#pending} events wait to be stored; there is no room for another one`);
    this.#pending += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, resolve, reject });
      this.#work();
    });
  }

  /** Resolves when nothing waits any more. */
  async drain() {
    while (this.#working !== null) await this.#working;
  }

  #work() {
    this.#working ??= this.#run().finally(() => {
      this.#working = null;
      if (this.#waiting.length > 0) this.#work();
    });
  }

  async #run() {
    // What is told in the same breath travels together.
    await null;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#maxBatch);
      try {
        await this.#deliver(batch);
        batch.forEach(({ resolve }) => resolve());
      } catch (error) {
        batch.forEach(({ reject }) => reject(error));
      }
      this.#pending -= batch.length;
    }
  }
}

/** The event as one line of JSON: as the gate wrote it, or as JavaScript does. */
export function textOf(event) {
  if (typeof event?.text === "string") return event.text;
  return JSON.stringify(event, (_, value) => (typeof value === "bigint" ? String(value) : value));
}

export function count(value, name, most = Number.MAX_SAFE_INTEGER) {
  if (!Number.isSafeInteger(value) || value < 1 || value > most) throw configInvalid(`\`${name}\` must be a whole number from 1${most < 2 ** 40 ? ` to ${most}` : ""}`, name);
  return value;
}
