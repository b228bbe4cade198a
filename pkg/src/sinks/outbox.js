import { after } from "../gate/timer.js";
import { CanonicalizationError, configInvalid, errorFor, PayloadValidationError } from "../errors.js";
import { isObject } from "../text.js";
import { Losses } from "./losses.js";

/**
 * Events on their way out: kept in order, delivered a batch at a time, one batch after the other. Bounded, because who is told
 * faster than can be delivered must notice (catalogue H03). Refusals of senders that nobody proved have a room of their own, and wait
 * where not everything can go at once, so that a flood of them leaves no acceptance out (catalogue L08); what was lost is told with the
 * next batch.
 */
export class Outbox {
  #deliver;
  #maxPending;
  #maxBatch;
  #closeMs;
  #waiting = [];
  #pending = { claimed: 0, other: 0 };
  #losses = new Losses();
  #working = null;
  /** What is delivered at the moment. */
  #underWay = [];
  #closing = null;
  #isOver = false;

  /**
   * @param {(batch: { event: object }[]) => Promise<void>} deliver whoever rejects has stored none of the batch
   * @param {{ maxPending?: number, maxBatch?: number, closeMs?: number }} options
   */
  constructor(deliver, options) {
    const { maxPending, maxBatch, closeMs } = outboxLimits(options);
    this.#deliver = deliver;
    this.#maxPending = maxPending;
    this.#maxBatch = maxBatch;
    this.#closeMs = closeMs;
  }

  /**
   * Resolves once the event is stored, rejects if it is not. It never throws.
   *
   * @param {(event: unknown) => object} [prepare] reads the event now, into what is delivered
   */
  async push(event, prepare = (each) => each) {
    if (this.#closing !== null) throw errorFor("audit_unavailable", "the sink is closed");
    const prepared = prepare(event);
    const room = isClaimed(event) ? "claimed" : "other";
    if (this.#pending[room] >= this.#maxPending) {
      this.#losses.add(event);
      throw errorFor("audit_unavailable", `${this.#pending[room]} events wait to be stored; there is no room for another one`);
    }
    return this.#enqueue({ event: prepared, told: event, room });
  }

  /** Takes what is no event and has room always: a mark between events. */
  mark(event) {
    return this.#closing === null ? this.#enqueue({ event, told: null, room: null }) : Promise.resolve();
  }

  /** Resolves when nothing waits any more, at the deadline at the latest: what waits then is refused. */
  close() {
    this.#closing ??= this.#drain();
    return this.#closing;
  }

  /** Whether `close` has given up on what waited. */
  get isOver() {
    return this.#isOver;
  }

  async #drain() {
    const empty = this.#empty();
    // The last quarter is for telling what was lost.
    if (await isDoneWithin(empty, 0.75 * this.#closeMs)) return;
    const waiting = this.#waiting.splice(0);
    for (const { told } of waiting) if (told !== null) this.#losses.add(told);
    this.#refuse(waiting);
    if (await isDoneWithin(empty, 0.25 * this.#closeMs)) return;
    this.#isOver = true;
    this.#refuse(this.#underWay);
  }

  async #empty() {
    while (this.#working !== null) await this.#working;
    const notice = this.#losses.take();
    // Nothing comes after it that it could go with.
    if (notice !== null) await this.#deliver([{ event: notice }]).catch(() => {});
  }

  #refuse(items) {
    const error = errorFor("audit_unavailable", `the sink was closed and had ${this.#closeMs} ms for what waited; this event was not stored`);
    for (const { reject } of items) reject(error);
  }

  #enqueue(item) {
    if (item.room !== null) this.#pending[item.room] += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...item, resolve, reject });
      this.#work();
    });
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
      const batch = this.#next();
      this.#underWay = batch;
      await this.#send(batch);
      this.#underWay = [];
      for (const { room } of batch) if (room !== null) this.#pending[room] -= 1;
    }
  }

  /** What goes next: all that fits, or else first what is no refusal that anybody can cause. */
  #next() {
    const waiting = this.#waiting;
    if (waiting.length <= this.#maxBatch || this.#pending.other === 0) return waiting.splice(0, this.#maxBatch);
    const batch = waiting.filter(({ room }) => room !== "claimed").slice(0, this.#maxBatch);
    if (batch.length === 0) return waiting.splice(0, this.#maxBatch);
    const chosen = new Set(batch);
    this.#waiting = waiting.filter((item) => !chosen.has(item));
    return batch;
  }

  async #send(batch) {
    let notice = this.#losses.take();
    try {
      if (notice !== null && this.#maxBatch === 1) {
        await this.#deliver([{ event: notice }]);
        notice = null;
      }
      await this.#deliver(notice === null ? batch : [{ event: notice }, ...batch]);
      batch.forEach(({ resolve }) => resolve());
    } catch (error) {
      if (notice !== null) this.#losses.putBack(notice);
      // What is wrong with one event is no fault of the others.
      if (batch.length > 1 && (error instanceof PayloadValidationError || error instanceof CanonicalizationError)) {
        for (const item of batch) await this.#send([item]);
        return;
      }
      for (const { told, reject } of batch) {
        if (told !== null) this.#losses.add(told);
        reject(error);
      }
    }
  }
}

async function isDoneWithin(promise, ms) {
  let callOff;
  const late = new Promise((resolve) => {
    callOff = after(ms, () => resolve(false));
  });
  const isDone = await Promise.race([promise.then(() => true), late]);
  callOff();
  return isDone;
}

/** A refusal of a sender that nobody proved: anybody can cause one, as often as he likes. */
function isClaimed(event) {
  return isObject(event) && event.event_type === "packet_rejected" && event.identity === "claimed";
}

/** The event as one line of JSON: as the gate wrote it, or as JavaScript does. */
export function textOf(event) {
  if (!isObject(event) || Array.isArray(event)) throw errorFor("type_mismatch", `an event must be an object, not ${event === null ? "null" : typeof event}`);
  const { text } = event;
  // Of a text of two lines the second would stand there as an event that nobody told.
  if (typeof text === "string" && !Object.prototype.propertyIsEnumerable.call(event, "text") && !/[\n\r]/.test(text)) return text;
  try {
    return JSON.stringify(event, (_, value) => (typeof value === "bigint" ? String(value) : value));
  } catch (cause) {
    throw errorFor("type_mismatch", "the event cannot be written as JSON", { cause });
  }
}

/** The limits among the options of a sink, each checked. */
export function outboxLimits({ maxPending = 10_000, maxBatch = 500, closeMs = 2000 } = {}) {
  return { maxPending: count(maxPending, "maxPending"), maxBatch: count(maxBatch, "maxBatch"), closeMs: count(closeMs, "closeMs", 3_600_000) };
}

export function count(value, name, most = Number.MAX_SAFE_INTEGER) {
  if (!Number.isSafeInteger(value) || value < 1 || value > most) throw configInvalid(`\`${name}\` must be a whole number from 1${most < 2 ** 40 ? ` to ${most}` : ""}`, name);
  return value;
}
