/**
 * Events in a file, one line of JSON each. Node, Deno and Bun.
 *
 * @module
 */
import type { AgentIdentity, AuditEvent } from "trusthandoff";

/** When lines count as stored, and how they are chained. */
export interface JsonlOptions {
  /**
   * When an event counts as stored: `always` when the disk has it, `interval` (by default) and `never` when the operating system
   * has it, which loses nothing when the process is killed; with `interval` the disk has it after `intervalMs`.
   */
  fsync?: "always" | "interval" | "never";
  /** By default 1000. */
  intervalMs?: number;
  /**
   * Begin a new file at this size; the full one gets the next free number behind its name, and the first line of the next one names it
   * where lines are chained. By default never.
   */
  rotateBytes?: number;
  /** Chain the lines by their hashes, as the log of this name; `verifyLog` of `trusthandoff/sentinel` checks that. */
  logId?: string;
  /** Signs checkpoints of the chained log. Its signer may answer later. */
  identity?: AgentIdentity;
  /** Who keeps the log, where no identity says so: the `producer_id` of a `log_recovered` event. */
  producer?: string;
  /** Lines after which a checkpoint is written, by default 1000. */
  checkpointEvery?: number;
  /** Milliseconds after which one is written where there are new lines, by default 60,000. */
  checkpointMs?: number;
  /** Most events that may wait; any further one is refused with `audit_unavailable`. By default 10,000. */
  maxPending?: number;
  /** Most events that are written, and synced, together. By default 500. */
  maxBatch?: number;
}

/** A sink for `events` of a gate. One process a file. */
export class JsonlSink {
  private constructor();
  /**
   * Opens the file, or makes it. What a crash left of a last line is cut off, and a `log_recovered` event says so.
   *
   * @throws `config_invalid`, also where the file holds a log of another name; for a chained log that cannot be continued, the error that says why
   */
  static open(path: string, options?: JsonlOptions): Promise<JsonlSink>;
  /** Resolves when the event is stored. */
  emit(event: AuditEvent): Promise<void>;
  /** Stores what waits, writes a last checkpoint, and closes the file. */
  close(): Promise<void>;
}
