import { configInvalid, errorFor } from "../errors.js";
import { member, readOptions } from "../plain.js";
import { isObject, typeName } from "../text.js";
import { Outbox, textOf } from "./outbox.js";

/** All replicas that are in sync have it. */
const ALL = -1;

/**
 * Events in a topic. Takes any producer that sends as kafkajs does: `send({ topic, acks, messages: [{ key, value }] })`. The key is
 * what correlates events, so those of one packet stay in order; one batch follows the other, so that retries do not reorder them.
 */
export class KafkaSink {
  #send;
  #topic;
  #outbox;

  constructor(producer, given) {
    const { topic, ...limits } = readOptions(given, ["topic", "maxPending", "maxBatch", "closeMs"], "KafkaSink");
    const send = isObject(producer) ? member(producer, "send") : undefined;
    if (typeof send !== "function") throw configInvalid(`the producer must be an object with send(), not ${typeName(producer)}`, "producer");
    if (typeof topic !== "string" || topic === "") throw configInvalid("`topic` is required", "topic");
    this.#send = (record) => send.call(producer, record);
    this.#topic = topic;
    this.#outbox = new Outbox((batch) => this.#deliver(batch), limits);
  }

  /** Resolves when the brokers have the event, rejects where they have not; it never throws. */
  emit(event) {
    return this.#outbox.push(event, messageOf);
  }

  /** Resolves when nothing waits any more, at the deadline at the latest. The producer stays connected: it is its owner's. */
  close() {
    return this.#outbox.close();
  }

  async #deliver(batch) {
    const messages = batch.map(({ event }) => (event.value === undefined ? messageOf(event) : event));
    const answers = await this.#send({ topic: this.#topic, acks: ALL, messages });
    const refused = Array.isArray(answers) ? answers.find((answer) => answer?.errorCode) : undefined;
    if (refused !== undefined) throw errorFor("audit_unavailable", `the broker refused the events with error ${refused.errorCode}`);
  }
}

function messageOf(event) {
  const value = textOf(event);
  const { event_id, event_type, idempotency_key, correlation_id } = event;
  return { key: correlation_id ?? event_id, value, headers: { event_id, event_type, idempotency_key } };
}
