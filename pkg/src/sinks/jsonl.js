import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { configInvalid, errorFor } from "../errors.js";
import { copyPlain, readOptions } from "../plain.js";
import { inWords, isBytes, isObject, typeName } from "../text.js";
import { makeDirectory } from "./file/directory.js";
import { isLogLine } from "./file/event_line.js";
import { Log, plainLine } from "./file/log.js";
import { count, Outbox, outboxLimits, textOf } from "./outbox.js";

/**
 * Events in a file, one line of JSON each. An event counts as stored when its whole line is: on the disk with `fsync: "always"`, with
 * the operating system otherwise.
 *
 * With `logId` each line carries the hash of the one before, and with `identity` checkpoints sign what stands so far, so that nobody
 * can take back what was written (`verifyLog` of `trusthandoff/sentinel`). One process writes a log at a time.
 */
export class JsonlSink {
  #log;
  #options;
  #timers = [];
  #outbox;
  #closing = null;

  constructor(log, options) {
    this.#log = log;
    this.#options = options;
    this.#outbox = new Outbox((batch) => this.#store(batch), options);
  }

  /**
   * Opens the file, or makes it. What a crash left of a last line is cut off, and a line says so; what no checkpoint of the identity
   * covers, a signed line says.
   */
  static async open(path, given) {
    if (typeof path !== "string" || path === "") throw configInvalid(`the path of the log must be a text, not ${typeName(path)}`, "path");
    const options = sinkOptions(given);
    const log = await opened(resolve(path), options);
    const sink = new JsonlSink(log, options);
    sink.#every(options.intervalMs, () => log.sync().catch(() => {}), options.fsync === "interval");
    sink.#every(options.checkpointMs, () => sink.#outbox.mark(SEAL).catch(() => {}), options.identity !== undefined);
    return sink;
  }

  /** Resolves when the event is stored, rejects where it is not; it never throws. */
  emit(event) {
    return this.#outbox.push(event, (each) => this.#read(each));
  }

  /** Stores what waits, until the deadline, seals it where there is an identity, and closes the file. */
  close() {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.close();
  }

  async #close() {
    this.#timers.forEach(clearInterval);
    await this.#outbox.close();
    // What still hangs would keep whoever closes; the lock goes with the process.
    if (!this.#outbox.isOver) await this.#log.close();
  }

  /** What an event is now: it may be another one when its turn comes. */
  #read(event) {
    const text = this.#options.logId === undefined ? textOf(event) : null;
    if (!isLogLine(event) || Array.isArray(event)) throw errorFor("type_mismatch", "an event must be an object whose `event_type` is a text");
    return text === null ? copyPlain(event) : { text, event };
  }

  async #store(batch) {
    const items = this.#options.logId === undefined ? await Promise.all(batch.map(({ event }) => plainItem(event))) : batch.map(({ event }) => event);
    if (this.#outbox.isOver) throw errorFor("audit_unavailable", "the log is closed");
    await this.#log.write(items, SEAL);
  }

  #every(ms, work, isWanted) {
    if (!isWanted) return;
    const timer = setInterval(work, ms);
    timer.unref?.();
    this.#timers.push(timer);
  }
}

/** In place of an event: time for a checkpoint. */
const SEAL = Symbol("seal");

async function plainItem(item) {
  return { line: item.event === undefined ? textOf(item) : await plainLine(item.event, item.text) };
}

const NAMES = ["fsync", "intervalMs", "rotateBytes", "logId", "identity", "formerKeys", "producer", "checkpointEvery", "checkpointMs", "maxPending", "maxBatch", "closeMs"];

async function opened(path, options) {
  try {
    await makeDirectory(dirname(path));
    // One lock a folder, whichever way leads there.
    return await Log.open(join(await realpath(dirname(path)), basename(path)), options);
  } catch (error) {
    if (error?.syscall === undefined) throw error;
    throw errorFor("audit_unavailable", `the log \`${path}\` cannot be opened: ${inWords(error)}`, { field: "path", cause: error });
  }
}

function sinkOptions(given) {
  const options = readOptions(given, NAMES, "JsonlSink.open");
  const { fsync = "interval", intervalMs = 1000, rotateBytes, logId, identity, formerKeys = [], producer = "unknown" } = options;
  const { checkpointEvery = 1000, checkpointMs = 60_000 } = options;
  if (!["always", "interval", "never"].includes(fsync)) throw configInvalid('`fsync` must be "always", "interval" or "never"', "fsync");
  if (logId !== undefined && (typeof logId !== "string" || logId === "")) throw configInvalid("`logId` must be a text that names the log", "logId");
  if (typeof producer !== "string") throw configInvalid("`producer` must be the id of the agent that keeps the log", "producer");
  if (identity !== undefined && logId === undefined) throw configInvalid("`identity` signs checkpoints of a chained log, which needs a `logId`", "logId");
  if (identity !== undefined && !(isObject(identity) && isBytes(identity.publicKey))) throw configInvalid(`\`identity\` must be an AgentIdentity, not ${typeName(identity)}`, "identity");
  if (!Array.isArray(formerKeys)) throw configInvalid(`\`formerKeys\` must be an array of public keys, not ${typeName(formerKeys)}`, "formerKeys");
  return {
    ...{ fsync, logId, identity, formerKeys: Array.from(formerKeys), producer },
    ...outboxLimits(options),
    intervalMs: count(intervalMs, "intervalMs", 3_600_000),
    rotateBytes: rotateBytes === undefined ? Infinity : count(rotateBytes, "rotateBytes"),
    checkpointEvery: identity === undefined ? Infinity : count(checkpointEvery, "checkpointEvery"),
    checkpointMs: count(checkpointMs, "checkpointMs", 86_400_000),
  };
}
