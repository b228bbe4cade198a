/**
 * What auditors need: event logs that cannot be edited, written, verified and proven. A WebAssembly module of its own, so that a
 * gate carries nothing of it.
 */

import type { AgentIdentity } from "./index.js";

// ------------------------------------------------------------------------------------------------------------ sources

/** A piece of a log, of any size; text may end within a line, and within a character. */
export type LogPiece = string | Uint8Array;

/** What of a `ReadableStream` is used where it cannot be iterated. */
export interface LogStream {
  getReader(): {
    read(): Promise<{ done: boolean; value?: LogPiece | undefined }>;
    cancel(): Promise<void>;
    releaseLock(): void;
  };
}

/** What of a `Blob` or `File` is used. */
export interface LogBlob {
  stream(): LogStream;
}

/**
 * A log from wherever it is kept: text, bytes, a `Blob` or `File`, a `ReadableStream`, a stream of Node, or anything else that
 * gives its pieces one after the other. Only text and bytes in memory take memory; all else is read in constant memory.
 */
export type LogSource = LogPiece | Iterable<LogPiece> | AsyncIterable<LogPiece> | LogStream | LogBlob;

export interface ReadOptions {
  /** Told about every 100 ms, and at the end. What it throws ends the reading. */
  onProgress?: (progress: { readonly bytes: number; readonly lines: number }) => void;
  /** An `AbortSignal` that ends the reading. */
  signal?: { throwIfAborted(): void };
}

/** A public key: PEM text, or 32 bytes. */
export type LogKey = string | Uint8Array;

/** A moment: milliseconds since 1970, a `Date`, or RFC 3339 text with an offset. */
export type LogMoment = number | Date | string;

// --------------------------------------------------------------------------------------------------------- verification

export interface VerifyLogOptions extends ReadOptions {
  /** Whose checkpoints in the log count. Without keys they seal nothing: anybody can write and sign a log of his own. */
  keys?: LogKey | readonly LogKey[];
  /** A checkpoint that was kept elsewhere: what it states must still stand in the log. */
  checkpoint?: LogPiece | null;
}

/** Something that is wrong with a log, and where it was seen. */
export interface LogBreak {
  /** The first line that may be concerned, from 1. */
  readonly from: number;
  /** The last one. */
  readonly to: number;
  readonly fault:
    | "no_event"
    | "no_hash"
    | "chain_broken"
    | "checkpoint_invalid"
    | "checkpoint_untrusted"
    | "checkpoint_mismatch"
    | "log_shorter"
    | "last_line_altered"
    | "root_mismatch";
  /** The sentence for people. */
  readonly message: string;
}

export interface LogReport {
  /** Nothing was altered, added, removed or moved, as far as that can be seen. Unsealed lines are not wrong. */
  readonly whole: boolean;
  /** How many whole lines there are. */
  readonly lines: number;
  /** How many of them stand before the last trusted checkpoint that fits, it included where it is a line. */
  readonly sealed: number;
  /** How many no trusted checkpoint vouches for: whoever keeps the log could still write them anew. */
  readonly unsealed: number;
  /** How many checkpoints in the log were valid and trusted. */
  readonly checkpoints: number;
  /** The log, as its checkpoints name it. */
  readonly logId: string | null;
  /** The Merkle root over all lines (RFC 9162 §2.1), in hexadecimal. */
  readonly root: string;
  /** What is wrong, in order; at most 1,000. */
  readonly breaks: readonly LogBreak[];
  /** How many more there were. */
  readonly moreBreaks: number;
  /** Bytes after the last newline: the writer stopped in the middle of a line. No sign of tampering. */
  readonly tail: number;
}

/**
 * Reads a log against what it carries itself, the hash of the line before in every line and signed checkpoints, and against a
 * checkpoint that was kept elsewhere. One pass, constant memory. What it finds it reports; it rejects where the log could not be
 * read to its end, or a key or the checkpoint given is not good.
 *
 * @example
 * const keeper = AgentIdentity.generate();
 * const writer = new LogWriter({ logId: "gate-1" });
 * const lines = [writer.append({ event_type: "task_started", packet_id: "pk-1" }), writer.checkpoint(keeper)];
 * const report = await verifyLog(lines.join("\n") + "\n", { keys: [keeper.publicKeyPem] });
 * if (!report.whole || report.sealed !== 2) throw new Error();
 */
export declare function verifyLog(source: LogSource, options?: VerifyLogOptions): Promise<LogReport>;

/** What a checkpoint states. */
export interface LogSeal {
  readonly logId: string;
  /** How many lines stand before it. */
  readonly size: number;
  /** The Merkle root over them, in hexadecimal. */
  readonly root: string;
  /** SHA-256 of the line before it. */
  readonly prev: string;
  /** Who keeps the log. */
  readonly producer: string;
  readonly timestamp: string;
  /** The key it is signed with. */
  readonly publicKeyPem: string;
}

/**
 * What a checkpoint states, once its signature is verified; throws where it is not good. With `keys` it must be signed with one of
 * them (`public_key_mismatch`); without, nothing says whose word it is.
 */
export declare function readCheckpoint(checkpoint: LogPiece, options?: { keys?: LogKey | readonly LogKey[] }): LogSeal;

// -------------------------------------------------------------------------------------------------------------- writing

/** An event, or anything else that JSON can carry as an object; `bigint` are integers. */
export type LogEvent = { readonly [name: string]: unknown };

/**
 * The writing end of a log: what the next line must carry. The lines themselves the host keeps, each with a newline behind it, in
 * the order in which it got them.
 */
export declare class LogWriter {
  /** A new log. Its checkpoints name it by `logId`. */
  constructor(options: { logId: string });

  /**
   * Opens a log that exists. `tail` is what stands behind its last newline: its writer had stopped in the middle of a line. Cut it
   * off the file, and write the line that `recover(tail)` gives.
   */
  static open(source: LogSource, options: { logId: string } & ReadOptions): Promise<{ readonly writer: LogWriter; readonly tail: Uint8Array }>;

  readonly logId: string;
  /** How many lines there are. */
  readonly size: number;

  /** Takes in a line that stands in the log already, without its newline. */
  takeIn(line: LogPiece): this;
  /** The line of an event, without a newline. It counts as written. */
  append(event: LogEvent): string;
  /** The line of a `log_recovered` event: how long the tail was that is cut off, and its hash. */
  recover(tail: LogPiece, options: { producer: string; now?: LogMoment }): string;
  /** A signed line that states all that was written so far. Keep it elsewhere too: what it states cannot be taken back. */
  checkpoint(identity: AgentIdentity, options?: { now?: LogMoment }): string;
  /** The same for signers that answer later. Until then nothing can be written (`config_invalid`). */
  checkpointAsync(identity: AgentIdentity, options?: { now?: LogMoment }): Promise<string>;
}

// --------------------------------------------------------------------------------------------------------------- proofs

/** Proves a line to be in a log (RFC 9162 §2.1.3). */
export interface InclusionProof {
  /** Which line it is, from 0. */
  readonly index: number;
  /** How many lines the log had. */
  readonly size: number;
  readonly root: string;
  readonly path: readonly string[];
}

/** Proves a log to be the beginning of a longer one (RFC 9162 §2.1.4). */
export interface ConsistencyProof {
  readonly oldSize: number;
  readonly oldRoot: string;
  readonly size: number;
  readonly root: string;
  readonly path: readonly string[];
}

/** Proves line `index`, from 0, to be in the log as it was with `size` lines: by default as it is. Takes 32 bytes a line. */
export declare function inclusionProof(source: LogSource, index: number, options?: { size?: number } & ReadOptions): Promise<InclusionProof>;

/**
 * Whether `line`, without its newline, is in the log that `seal` speaks of: size and root of a checkpoint that is trusted, as
 * `readCheckpoint` gives it. What the proof itself says of size and root counts for nothing.
 */
export declare function verifyInclusion(
  line: LogPiece,
  proof: Pick<InclusionProof, "index" | "path">,
  seal: Pick<LogSeal, "size" | "root">,
): boolean;

/** Proves the log as it was with `oldSize` lines to be the beginning of what it was with `size` lines: by default of what it is. */
export declare function consistencyProof(source: LogSource, oldSize: number, options?: { size?: number } & ReadOptions): Promise<ConsistencyProof>;

/** Whether the log of the trusted checkpoint `older` is the beginning of that of `newer`: nothing before it was changed since. */
export declare function verifyConsistency(
  proof: Pick<ConsistencyProof, "path">,
  older: Pick<LogSeal, "size" | "root">,
  newer: Pick<LogSeal, "size" | "root">,
): boolean;
