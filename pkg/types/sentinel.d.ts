/**
 * What auditors need: event logs that cannot be edited, written, verified and proven, and Sentinel, which reads them. A WebAssembly
 * module of its own, so that a gate carries nothing of it.
 *
 * @module
 */

import type { AgentIdentity, Form, ReasonCode } from "./index.js";

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

/** A file as it is taken in by name: a `File`, or anything like one. Without `size` and `slice` it is read once. */
export interface LogFile {
  readonly name: string;
  readonly size?: number;
  slice?(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
  stream(): LogStream | AsyncIterable<LogPiece>;
}

/** How a log is read. */
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

// ------------------------------------------------------------------------------------------------------------- Sentinel

/** How much a finding matters. */
export type Severity = "info" | "low" | "medium" | "high" | "critical";

/** A rule over single events, or over how many of them come together. */
export interface SentinelRule {
  /** The type of what it finds: 1 to 64 of `a-z0-9_`. */
  type: string;
  severity: Severity;
  event_type: string | readonly string[];
  /** Values, one of which each of these members must have. */
  where?: { readonly [member: string]: readonly (string | number | boolean | null)[] };
  /** Events are counted for each value of this member; all together where there is none. */
  per?: string;
  more_than?: number;
  within_seconds?: number;
  /** What happened; `{member}` stands for that of the event, `{count}` for how many there were. */
  sentence: string;
  /** What to do. */
  advice?: string;
}

/** Something that was found. Texts hold what was received, as it was: whoever shows them escapes them. */
export interface Finding {
  /** Its stable name, such as `replay_attempt`. */
  readonly type: string;
  readonly severity: Severity;
  /** When, as the log says. */
  readonly at: string | null;
  /** The agents concerned. Of a packet that was refused they may be claimed only. */
  readonly agents: readonly string[];
  readonly packets: readonly string[];
  /** The evidence: lines from 1. Of a burst and of a broken log the first and the last one. */
  readonly lines: readonly number[];
  /** What happened. */
  readonly sentence: string;
  /** What to do. */
  readonly advice: string;
  /** Who told it: the gate that decided, or whose task it was. Missing where no single one did. */
  readonly gate?: string;
  /** `lines` as `file:line`, where files were taken in by name. */
  readonly places?: readonly string[];
  /** The finding as a line of JSON, in ASCII. Not enumerable. */
  readonly text: string;
  /** Further members of the event. */
  readonly [member: string]: unknown;
}

/** What an audit counted. */
export interface AuditSummary {
  readonly type: "summary";
  readonly lines: number;
  readonly unreadable: number;
  /** Events that tell no time that can be read. */
  readonly untimed: number;
  readonly first: string | null;
  readonly last: string | null;
  /** Events by type. */
  readonly events: { readonly [type: string]: number };
  /** Findings by type; all of them, also beyond those that are collected. */
  readonly findings: { readonly [type: string]: number };
  readonly severities: { readonly [severity in Severity]: number };
  readonly agents: number;
  readonly handoffs: readonly { readonly from: string; readonly to: string; readonly accepted: number; readonly refused: number }[];
  readonly more_handoffs: number;
  readonly running_tasks: number;
  /** The most entries that were remembered at once. */
  readonly entries: number;
  /** The line from which there was more to remember than there was room for: from there something may be missing. */
  readonly full_since: number | null;
  readonly forgotten: number;
  /** Events that could not be judged: what matters may stand before the log, have been forgotten, or not be in the order of time. */
  readonly undecided: number;
  /** Events that were delivered more than once. They count once. */
  readonly duplicates: number;
  /** The hash chain, where the log has one. */
  readonly log: { readonly [name: string]: unknown } | null;
  /** The summary as a line of JSON. Not enumerable. */
  readonly text: string;
}

/** What happened when, in steps of equal length. */
export interface Timeline {
  /** When the first step begins, as RFC 3339. */
  readonly start: string;
  readonly stepSeconds: number;
  /** Of each step how many packets were accepted, how many refused, and how many findings from `medium` on there were. */
  readonly steps: readonly (readonly [accepted: number, refused: number, findings: number])[];
}

/** What Sentinel looks for, and in which light. */
export interface SentinelOptions {
  /** Rules beside the built-in ones, or their JSON text. */
  rules?: readonly SentinelRule[] | LogPiece;
  /** Findings from then on. What was before is read, because later events rest on it. */
  since?: LogMoment;
  /** Only findings of these types. */
  types?: string | readonly string[];
  /** Only findings from this severity on. */
  minSeverity?: Severity;
  /** Whether the hash chain is verified too; by default where the log has one, or keys or a checkpoint are given. */
  chain?: boolean;
  /** Whose checkpoints in the log count. */
  keys?: LogKey | readonly LogKey[];
  /** A checkpoint that was kept elsewhere. */
  checkpoint?: LogPiece | null;
  /** Told of every finding, also beyond those that are collected. What it throws ends the reading. */
  onFinding?: (finding: Finding) => void;
}

/**
 * Reads a log of events, of this package or of the reference, and finds what is wrong in it. It streams: what it remembers of a
 * log of any length is bounded, and so is what it collects, of each type and severity of finding the first thousand.
 *
 * @example
 * const sentinel = new Sentinel({ minSeverity: "low" });
 * sentinel.ingest('{"event_type": "packet_rejected", "packet_id": "pk-1", "reason": "invalid_signature"}\n');
 * const types = sentinel.detectViolations().map(({ type }) => type);
 * if (types.join() !== "rejected_packet,tampered_packet") throw new Error();
 */
export declare class Sentinel {
  constructor(options?: SentinelOptions);

  /** Takes in the next piece of the log, of any size: the last line may go on in the next one. */
  ingest(piece: LogPiece): this;
  /** Takes in the rest of the log, or a part of it, from wherever it is kept. */
  ingestStream(source: LogSource, options?: ReadOptions): Promise<this>;
  /**
   * Takes in the files of one system as one log. Where their times overlap the lines are read in the order of time, for which files are read
   * twice, and the chain of each is verified by itself; else one after the other, the oldest first, in whatever order they are given; as they
   * are given where their times are not known. Files that name each other are measured in
   * the order of their links, for which they are read once more. Findings name lines by file.
   */
  ingestFiles(files: readonly LogFile[], options?: ReadOptions): Promise<this>;
  /** What was found so far. What should follow, does not, or may still explain something is found when the log ends. */
  readonly findings: readonly Finding[];
  /** What happened when, so far; at most 96 steps, which grow longer as the log does. Null before the first decision of a gate. */
  readonly timeline: Timeline | null;
  /** The log ends here: what should have followed and did not is found now. Nothing can be taken in any more (`config_invalid`). */
  end(): this;
  /** Everything that was found. The log ends with it, as with every method below. */
  detectViolations(): readonly Finding[];
  /** What was read and found, in numbers. */
  summary(): AuditSummary;
  /** The report for people: at most 24 lines of `width` columns, at least 40, with everything received made visible. By default and for 0 they have 80, and 100 where all fits. */
  report(options?: { colour?: boolean; width?: number }): string;
  /** The report as one page of HTML that needs nothing else, of at most 2 MB: of each type and severity the first 200. */
  reportHtml(): string;
}

// --------------------------------------------------------------------------------------------------------- verification

/** Whose word on a log counts. */
export interface VerifyLogOptions extends ReadOptions {
  /** Whose checkpoints in the log count. Without keys they seal nothing: anybody can write and sign a log of his own. */
  keys?: LogKey | readonly LogKey[];
  /** A checkpoint that was kept elsewhere: what it states must still stand in the log. */
  checkpoint?: LogPiece | null;
  /** The report of the log before, read by itself, of which this one must be the continuation: `not_continued` otherwise. */
  previous?: Pick<LogReport, "lines" | "root"> | null;
  /** Which log it must be: of this name, or one that followed it (`name/1`, `name/2`, …); `other_log` otherwise. */
  logId?: string;
  /** Whether every line must be sealed; `unsealed_lines` otherwise. By default false. */
  requireSealed?: boolean;
  /** How many lines there must be at least; `log_too_small` otherwise. By default 0. */
  minSize?: number;
}

/** A log as it ended, for the one that goes on with it. */
export interface LogLink {
  readonly logId: string;
  /** How many lines it had. */
  readonly size: number;
  /** The Merkle root over them (RFC 9162 §2.1), in hexadecimal. */
  readonly root: string;
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
    | "root_mismatch"
    | "not_continued"
    | "checkpoint_time"
    | "found_changed"
    | "other_log"
    | "nothing_sealed"
    | "unsealed_lines"
    | "log_too_small";
  /** The sentence for people. */
  readonly message: string;
}

/** Lines that no checkpoint of the log's keeper covered when it was opened. */
export interface LogUnsealed {
  /** The first one, from 1. */
  readonly from: number;
  /** The last one; before `from` where all that stood there was covered. */
  readonly to: number;
  /**
   * `not_sealed`: written since the last checkpoint. `checkpoint_missing`, `checkpoint_unreadable` and `checkpoint_of_another_key`: so was the
   * newest one that is kept beside the log, so that nobody knows whether its end was cut off. Anything else is the fault that was found.
   */
  readonly reason: string;
}

/** What the keeper of a log found when it was opened, as the checkpoint in `line` states. */
export interface LogFound extends LogUnsealed {
  /** The line of that checkpoint, from 1. */
  readonly line: number;
}

/** Whether a log is as it was written, or where it is not. */
export interface LogReport {
  /**
   * Nothing was altered, added, removed or moved, as far as that can be seen, and nothing that was asked for is lacking. Unsealed lines are
   * not wrong; but with `keys` something must be sealed.
   */
  readonly whole: boolean;
  /** How many whole lines there are. */
  readonly lines: number;
  /**
   * How many of them trusted checkpoints that fit vouch for, those included that are lines. What its keeper found unsealed when the log was
   * opened is not among them, nor is what stands before a break.
   */
  readonly sealed: number;
  /** How many no trusted checkpoint vouches for: whoever keeps the log could still write them anew. */
  readonly unsealed: number;
  /** How many checkpoints in the log were valid and trusted. */
  readonly checkpoints: number;
  /** The log, as its checkpoints name it. */
  readonly logId: string | null;
  /** The Merkle root over all lines (RFC 9162 §2.1), in hexadecimal; of several logs that were read as one, over those of the last. */
  readonly root: string;
  /** The log that this one goes on with, as its first line says. Only with `previous` is that held against the log itself. */
  readonly continues: LogLink | null;
  /** What is wrong, in order; at most 1,000. */
  readonly breaks: readonly LogBreak[];
  /** How many more there were. */
  readonly moreBreaks: number;
  /** Bytes after the last newline: the writer stopped in the middle of a line. No sign of tampering. */
  readonly tail: number;
  /** What the keeper found each time the log was opened; at most 1,000, and absent where there was nothing to tell. */
  readonly found?: readonly LogFound[];
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

/** How a log is opened that exists. */
export interface OpenLogOptions extends ReadOptions {
  /** The name of the log, as its checkpoints have it. */
  logId: string;
  /** Public keys whose checkpoints count as the keeper's own beside those of the identity that signs: the ones it had before. */
  keys?: LogKey | readonly LogKey[];
  /** The newest checkpoint, signed with one of `keys`, from where it is kept beside the log; null where it is missing there. */
  checkpoint?: LogPiece | null;
}

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
   * off the file, and write the line that `recover(tail)` gives. What stands there is held against itself and against the checkpoints of the
   * keeper: the next checkpoint states what none of them covers.
   *
   * @throws `config_invalid` where no line carries the hash of the one before
   */
  static open(source: LogSource, options: OpenLogOptions): Promise<{ readonly writer: LogWriter; readonly tail: Uint8Array }>;

  readonly logId: string;
  /** How many lines there are. */
  readonly size: number;
  /** This log as it stands, for the one that goes on with it. */
  readonly link: LogLink;

  /** What no checkpoint of this identity, or of the keys that the log was opened with, covers of what stood there; null once one states it. */
  unsealed(identity: AgentIdentity): LogUnsealed | null;
  /** Takes in a line that stands in the log already, without its newline, as `open` does. */
  takeIn(line: LogPiece): this;
  /**
   * The line of an event, without a newline. It counts as written. One that would be longer than 16 MiB is clipped: its member `clipped` tells
   * for each member that was too long how many bytes were cut off, and their SHA-256.
   */
  append(event: LogEvent): string;
  /** All that was written so far is stored: as far as that `rollback` goes back. */
  stored(): void;
  /**
   * What was written since `stored` could not be stored, and counts as never written.
   *
   * @throws `config_invalid` where nothing was said to be stored
   */
  rollback(): void;
  /** The line of a `log_recovered` event: how long the tail was that is cut off, and its hash. */
  recover(tail: LogPiece, options: { producer: string; now?: LogMoment }): string;
  /**
   * The line of a `log_continued` event, the first one of a log that goes on with another, which was full. It holds the size and root of
   * that one, so that no log between the two can be left out, and the checkpoints of this one vouch for that one too.
   *
   * @throws `config_invalid` where there is a line already
   */
  continueFrom(link: LogLink, options: { producer: string; now?: LogMoment }): string;
  /**
   * A signed line that states all that was written so far, and what stood there unsealed when the log was opened. Keep it elsewhere too: what
   * it states cannot be taken back. It is never older than the one before it, whatever the clock says.
   */
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

/**
 * Proves line `index`, from 0, to be in the log as it was with `size` lines: by default as it is. Takes 32 bytes a line.
 *
 * @throws `config_invalid` for a line or size beyond the log, `argument_type` for what is no whole number up to 2^53 - 1
 */
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

/**
 * Proves the log as it was with `oldSize` lines to be the beginning of what it was with `size` lines: by default of what it is.
 *
 * @throws as `inclusionProof`
 */
export declare function consistencyProof(source: LogSource, oldSize: number, options?: { size?: number } & ReadOptions): Promise<ConsistencyProof>;

/** Whether the log of the trusted checkpoint `older` is the beginning of that of `newer`: nothing before it was changed since. */
export declare function verifyConsistency(
  proof: Pick<ConsistencyProof, "path">,
  older: Pick<LogSeal, "size" | "root">,
  newer: Pick<LogSeal, "size" | "root">,
): boolean;

// ----------------------------------------------------------------------------------------------------------- inspection

/** One packet or capability of the way that an envelope came. */
export interface Hop {
  readonly kind: "packet" | "capability_token";
  /** Empty, as all the rest, where it cannot be read. */
  readonly id: string;
  readonly from_agent: string;
  readonly to_agent: string;
  /** Whether the id of who signed is the hash of the key. */
  readonly id_matches_key: boolean;
  readonly permissions: { readonly allowed_actions: readonly string[]; readonly max_tool_calls: number | bigint | null };
  readonly constraints: { readonly [name: string]: unknown } | null;
  readonly expires_at: string | null;
  /** Why it proves nothing; null where it is signed and follows from the hop before. */
  readonly code: ReasonCode | null;
  readonly reason: string | null;
}

/** The signed objects there are. */
export type ObjectKind = "packet" | "envelope" | "capability_token" | "attestation" | "approval" | "revocation";

/** What a signed object says and proves. */
export interface ObjectReport {
  /** Null where the text is none of the signed objects. */
  readonly kind: ObjectKind | null;
  readonly valid: boolean;
  readonly code: ReasonCode | null;
  readonly reason: string | null;
  /** JSON pointer of the refused field. */
  readonly field: string | null;
  readonly form: Form | null;
  /** Who says to have signed: nothing here says that the key is theirs. */
  readonly agentId: string | null;
  readonly idMatchesKey: boolean | null;
  readonly objectId: string | null;
  /** What it says, as a tree; null where it cannot be read. */
  readonly fields: unknown;
  /** Of an envelope: packets oldest first, then capabilities root first. */
  readonly lineage: readonly Hop[] | null;
  /** The byte at which the text stops being strict JSON; null where it is, or where a key stands twice. */
  readonly offset: number | null;
  /**
   * The byte from which on a packet, envelope or statement is another spelling than its writer gives for the same content (white
   * space, order of keys, escapes). That is nothing wrong: a signature covers the content.
   */
  readonly respelled: number | null;
  /** Every signed object in the text, each judged by itself: its own first. */
  readonly parts: readonly ObjectPart[];
}

/** What was asked of a signed object. */
export interface PartCheck {
  readonly check: "form" | "signature" | "packet" | "result" | "reason" | "time" | "key";
  /** Null where it passed. */
  readonly code: ReasonCode | null;
  readonly reason: string | null;
  /** JSON pointer into the text; of a capability into the JSON that its token holds. */
  readonly field: string | null;
  /** The byte at which the value of that field goes wrong; of a capability without a field, the byte of its JSON, or of its token where that is no base64url. */
  readonly offset: number | null;
}

/** A signed object that stands in a text, alone or within another one. */
export interface ObjectPart {
  /** JSON pointer of its place; empty where it is the text itself. */
  readonly at: string;
  readonly kind: Exclude<ObjectKind, "envelope">;
  readonly objectId: string | null;
  /** Who says to have signed. */
  readonly agentId: string | null;
  readonly fingerprint: string | null;
  readonly idMatchesKey: boolean | null;
  /** What the signed bytes begin with; packets and capabilities have no label. */
  readonly label: string | null;
  /** The form in which a packet was signed, once that is proven. */
  readonly form: Form | null;
  /** By which others cite it, once it is proven. */
  readonly digest: string | null;
  readonly valid: boolean;
  /** In order; what has no meaning any more was not asked. */
  readonly checks: readonly PartCheck[];
}

/**
 * What a signed object of any kind says, and what its signature proves: form, signature, fields, lineage. No clock, no trust, no
 * store: whether to act on it, a gate says.
 *
 * @example
 * const report = inspectObject("{}");
 * if (report.valid || report.code !== "unknown_kind") throw new Error();
 */
export declare function inspectObject(received: string | Uint8Array, options?: { kind?: ObjectKind }): ObjectReport;

/**
 * The bytes that the signature of an object in this text is over, or would have to be: of the part at `at`, by default the first
 * one. A packet whose form is not proven has them in `form`, by default `"0.4.0"`. Null where they cannot be told.
 *
 * @example
 * const planner = AgentIdentity.generate();
 * const packet = signPacket(planner, { to_agent: "agent:r", intent: "Read" });
 * const signed = signedBytes(createEnvelope(packet), { at: "/packet" });
 * if (signed === null || !new TextDecoder().decode(signed).includes('"intent":"Read"')) throw new Error();
 */
export declare function signedBytes(received: string | Uint8Array, options?: { kind?: ObjectKind; at?: string; form?: Form }): Uint8Array | null;

/** Answers one line of `trusthandoff check --jsonl`. */
export declare function answerCheckLine(line: Uint8Array): { readonly line: string; readonly refused: boolean };

/** Reads one line of `trusthandoff verify --jsonl`; `id` is JSON text, `code` says what is wrong with the line. */
export declare function readVerifyLine(line: Uint8Array): {
  readonly id: string;
  readonly code: ReasonCode | null;
  readonly text: Uint8Array | null;
  readonly now_ms: number | null;
  readonly approvals: readonly string[] | null;
};
