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
  /**
   * Signs checkpoints of the chained log. Its signer may answer later. The newest one is kept in `.NAME.checkpoint` beside the file NAME; give a
   * copy of it to somebody else.
   */
  identity?: AgentIdentity;
  /** Public keys, PEM or 32 bytes, that the keeper signed with before: their checkpoints count as its own. */
  formerKeys?: readonly (string | Uint8Array)[];
  /** Who keeps the log, where no identity says so: the `producer_id` of the log's own events. */
  producer?: string;
  /** Lines after which a checkpoint is written, by default 1000. */
  checkpointEvery?: number;
  /** Milliseconds after which one is written where there are new lines, by default 60,000. */
  checkpointMs?: number;
  /**
   * Most events that may wait, by default 10,000; any further one is refused with `audit_unavailable`. Refusals of senders that nobody proved have
   * as much room of their own. What was lost an `events_lost` event tells: `count`, and when the `first` and the `last` were.
   */
  maxPending?: number;
  /** Most events that are written, and synced, together. By default 500. */
  maxBatch?: number;
  /** Longest that `close` waits for what is still to be stored, in milliseconds, from 1 to 3,600,000; by default 2000. */
  closeMs?: number;
}

/**
 * A sink for `events` of a gate. One process writes a log at a time: `.NAME.lock` beside the file NAME says which one. What a process that
 * was killed left of it the next one on that host puts aside.
 */
export class JsonlSink {
  private constructor();
  /**
   * Opens the file, or makes it and the directories above it. What a crash left of a last line is cut off, and a `log_recovered` event says so. What no checkpoint of the
   * identity covers, a checkpoint states that is written before anything else.
   *
   * @throws `config_invalid`, also where the file holds something else than this log, is no regular file with one name, or is written by this
   *   process already; `audit_unavailable` where another process writes it, named by its number and host, or the system does not open it
   */
  static open(path: string, options?: JsonlOptions): Promise<JsonlSink>;
  /**
   * Resolves when the event is stored, and rejects where it is not: with `audit_unavailable` where the file was removed, replaced, cut or grown
   * by another, after which it is opened anew for the next one. It never throws.
   */
  emit(event: AuditEvent): Promise<void>;
  /** Stores what waits, until the deadline, writes a last checkpoint, and closes the file. */
  close(): Promise<void>;
}
