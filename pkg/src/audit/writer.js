import { Core, shared } from "../core.js";
import { ArgumentTypeError, configInvalid, PayloadValidationError } from "../errors.js";
import { MAX_LINE_BYTES } from "../generated/vocabulary.js";
import { copyPlain, freezeDeep, readOptions } from "../plain.js";
import { wallClock } from "../platform.js";
import { signLater, signNow } from "../signing.js";
import { isBytes, isObject, ownBytes, receivedBytes, typeName, wellFormed } from "../text.js";
import { toMs } from "../time.js";
import { checkpointBytes, keysArgument } from "./checkpoint.js";
import { signerOf } from "./signer.js";
import { feed, feedOptions, pieceBytes } from "./source.js";

/**
 * The writing end of a log: what the next line must carry. The lines themselves the host keeps, each with a newline behind it, in the
 * order in which it got them.
 */
export class LogWriter {
  #core;
  #writer;
  #logId;
  #sealing = false;

  constructor(options) {
    const { logId } = readOptions(options, ["logId"], "LogWriter");
    if (typeof logId !== "string" || logId === "") throw configInvalid("`logId` must be a text that names the log", "logId");
    this.#logId = wellFormed(logId, "`logId`", "logId");
    this.#core = new Core();
    this.#writer = this.#core.call((glue) => new glue.AuditLogWriter(this.#logId));
  }

  /**
   * Opens a log that exists. `tail` is what stands behind its last newline: its writer had stopped in the middle of a line. Cut it off,
   * and write the line that `recover` makes of it. What no checkpoint of the keeper covers the next one states (`unsealed`).
   */
  static async open(source, options) {
    const { logId, keys, checkpoint, ...others } = readOptions(options, ["logId", "keys", "checkpoint", "onProgress", "signal"], "LogWriter.open");
    const writer = new LogWriter({ logId });
    const [own, kept] = [keysArgument(keys), isObject(checkpoint) || typeof checkpoint === "string" ? checkpointBytes(checkpoint) : checkpoint];
    writer.#ask((held) => held.expect(own, kept));
    await feed(source, (piece) => writer.#ask((held) => held.takeIn(piece)), feedOptions(others), () => writer.size);
    if (!writer.#ask((held) => held.isLog())) throw configInvalid("no line of it carries the hash of the line before: that is no chained log");
    return Object.freeze({ writer, tail: writer.#ask((held) => held.takeTail()) });
  }

  get logId() {
    return this.#logId;
  }

  /** How many lines there are. */
  get size() {
    return this.#ask((writer) => writer.size());
  }

  /** All that was written so far is stored: as far as that `rollback` goes back. */
  stored() {
    this.#mustBeStill();
    this.#ask((writer) => writer.stored());
  }

  /** What was written since `stored` could not be stored, and counts as never written. */
  rollback() {
    this.#mustBeStill();
    if (!this.#ask((writer) => writer.rollback())) throw configInvalid("nothing of this log was said to be stored");
  }

  /** This log as it stands: what the one that goes on with it begins with. */
  get link() {
    return freezeDeep(this.#ask((writer) => writer.link()));
  }

  /**
   * What stood in the log when it was opened and no checkpoint of `identity`, or of the `keys` it was opened with, covers: `{ from, to, reason }`;
   * null where there is nothing, or a checkpoint has stated it.
   */
  unsealed(identity) {
    const { publicKey } = keyOf(identity);
    return freezeDeep(this.#ask((writer) => writer.unsealed(publicKey)));
  }

  /** Takes in a line that stands in the log already, without its newline. */
  takeIn(line) {
    this.#mustBeStill();
    const bytes = lineBytes(line);
    const ended = new Uint8Array(bytes.length + 1);
    ended.set(bytes);
    ended[bytes.length] = 0x0a;
    this.#ask((writer) => writer.takeIn(ended));
    return this;
  }

  /** The line of an event, without a newline. It counts as written. */
  append(event) {
    this.#mustBeStill();
    const copy = copyPlain(event);
    return this.#ask((writer) => writer.append(copy));
  }

  /** The line that tells that `tail` was cut off. */
  recover(tail, options) {
    this.#mustBeStill();
    const { producer, now } = stampOptions(options, "recover");
    const cut = ownBytes(pieceBytes(tail), "the tail");
    return this.#ask((writer) => writer.recover(cut, producer, now));
  }

  /** The first line of a log that goes on with another one, whose `link` is given: none between them can be left out then. */
  continueFrom(link, options) {
    this.#mustBeStill();
    const { producer, now } = stampOptions(options, "continueFrom");
    if (!isObject(link)) throw new ArgumentTypeError(`\`link\` must be that of the log before, not ${typeName(link)}`, "link");
    const { logId, size, root } = link;
    const before = copyPlain({ logId, size, root });
    const line = this.#ask((writer) => writer.appendLink(before, producer, now));
    if (line === undefined) throw configInvalid("only its first line tells what a log goes on with, and this one has lines already");
    return line;
  }

  /** A signed line that states all that was written so far. Keep it elsewhere too: what it states cannot be taken back. */
  checkpoint(identity, options) {
    this.#mustBeStill();
    return this.#stated(signNow(identity, "checkpointAsync", () => this.#work(identity, options, "checkpoint")));
  }

  /** As `checkpoint`, for signers that answer later. Until then nothing can be written: it states what stands before it. */
  async checkpointAsync(identity, options) {
    this.#mustBeStill();
    this.#sealing = true;
    try {
      return this.#stated(await signLater(identity, () => this.#work(identity, options, "checkpointAsync")));
    } finally {
      this.#sealing = false;
    }
  }

  #work(identity, options, what) {
    const { now = wallClock() } = readOptions(options, ["now"], what);
    const nowMs = toMs(now, "now");
    const { agentId, publicKey } = keyOf(identity);
    const seal = this.#ask((writer) => writer.seal(agentId, publicKey, nowMs));
    return {
      here: (glue, { seed }) => glue.signCheckpoint(seal, seed),
      prepare: (glue, { publicKey }) => glue.prepareCheckpoint(seal, publicKey),
      finish: (glue, unsigned, signature) => glue.finishCheckpoint(unsigned, signature),
    };
  }

  #stated(text) {
    const line = this.#ask((writer) => writer.appendCheckpoint(text));
    if (line === undefined) throw configInvalid("the log has grown while its checkpoint was signed");
    return line;
  }

  #mustBeStill() {
    if (this.#sealing) throw configInvalid("a checkpoint is being signed; nothing can be written until it is");
  }

  /** After a trap nobody knows what the next line must carry: the log has to be opened again. */
  #ask(work) {
    if (this.#core.generation > 0) throw configInvalid("the state of this writer was lost with its WebAssembly instance; open the log again");
    return this.#core.call(() => work(this.#writer));
  }
}

function keyOf(identity) {
  signerOf(identity);
  const { agentId, publicKey } = identity;
  return { agentId, publicKey };
}

function stampOptions(options, what) {
  const { producer, now = wallClock() } = readOptions(options, ["producer", "now"], what);
  if (typeof producer !== "string") throw configInvalid("`producer` must be the id of the agent that keeps the log", "producer");
  return { producer: wellFormed(producer, "`producer`", "producer"), now: toMs(now, "now") };
}

/** A line of a log as bytes, without its newline. */
export function lineBytes(line) {
  if (typeof line !== "string" && !isBytes(line)) throw new ArgumentTypeError(`a line must be text or a Uint8Array, not ${typeName(line)}`);
  const bytes = receivedBytes(line, "the line", MAX_LINE_BYTES);
  if (bytes.length > MAX_LINE_BYTES) throw new PayloadValidationError("input_too_large", `a line has at most ${MAX_LINE_BYTES} bytes`);
  if (bytes.includes(0x0a)) throw new PayloadValidationError("field_invalid", "a line holds no newline, nor ends in one");
  return bytes;
}
