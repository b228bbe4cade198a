/**
 * Events in a Kafka topic, through the client that the application has.
 *
 * @module
 */
import type { AuditEvent } from "trusthandoff";

/** A connected producer that sends as that of kafkajs does. Make it idempotent to be sure of each event once. */
export interface KafkaProducer {
  /** Resolves when the brokers have answered. */
  send(record: {
    topic: string;
    acks: number;
    messages: { key: string; value: string; headers: { event_id: string; event_type: string; idempotency_key: string } }[];
  }): Promise<unknown>;
}

/** Where events go, and how many may wait. */
export interface KafkaOptions {
  topic: string;
  /**
   * Most events that may wait, by default 10,000. Refusals of senders that nobody proved have as much room of their own. What was lost an
   * `events_lost` event tells: `count`, and when the `first` and the `last` were.
   */
  maxPending?: number;
  /** Longest that `close` waits for what is still to be sent, in milliseconds, from 1 to 3,600,000; by default 2000. */
  closeMs?: number;
  /** Most events in one request, by default 500. */
  maxBatch?: number;
}

/** A sink for `events` of a gate. The key is the event's `correlation_id`, so that events of one packet stay in order. */
export class KafkaSink {
  constructor(producer: KafkaProducer, options: KafkaOptions);
  /** Resolves when all replicas in sync have the event, rejects where they have not; it never throws. */
  emit(event: AuditEvent): Promise<void>;
  /** Resolves when nothing waits any more, at the deadline at the latest: what waits then is refused. The producer stays connected. */
  close(): Promise<void>;
}
