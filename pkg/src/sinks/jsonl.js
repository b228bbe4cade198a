import { mkdir, open, rename, stat } from "node:fs/promises";
import { createHash, randomUUID } from "node:crypto";
import { dirname, resolve } from "node:path";
import { configInvalid, errorFor } from "../errors.js";
import { readOptions } from "../plain.js";
import { typeName } from "../text.js";
import { firstLine, highestNumber, logIdOf, numberOf } from "./numbered.js";
import { count, Outbox, textOf } from "./outbox.js";

const NEWLINE = 0x0a;
const PIECE = 1 << 20;

/** Files that this process writes: two sinks on one file would write into each other's lines. */
const beingWritten = new Set();

/**
 * Events in a file, one line of JSON each. An event counts as stored when its whole line is: on the disk with `fsync: "always"`, with
 * the operating system otherwise.
 *
 * With `logId` each line carries the hash of the one before, and with `identity` checkpoints sign what stands so far, so that nobody
 * can take back what was written (`verifyLog` of `trusthandoff/sentinel`). One process a file.
 */
export class JsonlSink {
  #path;
  #options;
  #file = null;
  /** Bytes that are known to be whole lines. */
  #size = 0;
  /** The number of the latest full file. */
  #rotations = 0;
  #chain = null;
  /** How the chained log before this one ended, which was full. */
  #before = null;
  #unsealed = 0;
  #broken = false;
  #dirty = false;
  #timers = [];
  #outbox;
  #closing = null;

  constructor(path, options) {
    this.#path = path;
    this.#options = options;
    this.#outbox = new Outbox((batch) => this.#store(batch), options);
  }

  /** Opens the file, or makes it. What a crash left of a last line is cut off, and a line says so. */
  static async open(path, given) {
    if (typeof path !== "string" || path === "") throw configInvalid(`the path of the log must be a text, not ${typeName(path)}`, "path");
    const options = sinkOptions(given);
    const whole = resolve(path);
    if (beingWritten.has(whole)) throw configInvalid("this process writes this file already", "path");
    const sink = new JsonlSink(whole, options);
    beingWritten.add(whole);
    try {
      await mkdir(dirname(whole), { recursive: true });
      sink.#rotations = await highestNumber(whole);
      await sink.#open();
    } catch (error) {
      await sink.#file?.close().catch(() => {});
      beingWritten.delete(whole);
      throw error;
    }
    sink.#every(options.intervalMs, () => sink.#sync(), options.fsync === "interval");
    sink.#every(options.checkpointMs, () => sink.#outbox.push(SEAL).catch(() => {}), options.identity !== undefined);
    return sink;
  }

  /** Resolves when the event is stored. */
  emit(event) {
    if (this.#closing !== null) throw errorFor("audit_unavailable", "the log is closed");
    return this.#outbox.push(event);
  }

  /** Stores what waits, seals it where there is an identity, and closes the file. */
  close() {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.close();
  }

  async #close() {
    this.#timers.forEach(clearInterval);
    await this.#outbox.drain();
    try {
      // What the last batch left half-written is nothing to seal.
      if (this.#broken) await this.#reopen().catch(() => {});
      if (!this.#broken) {
        if (this.#unsealed > 0) await this.#write(await this.#seal());
        if (this.#options.fsync !== "never") await this.#file.sync();
      }
    } finally {
      await this.#file?.close();
      beingWritten.delete(this.#path);
    }
  }

  async #store(batch) {
    if (this.#broken) await this.#reopen();
    try {
      if (this.#size >= this.#options.rotateBytes && batch.some(({ event }) => event !== SEAL)) await this.#rotate();
      let lines = "";
      for (const { event } of batch) {
        if (event !== SEAL) lines += this.#line(event);
        if (this.#unsealed >= this.#options.checkpointEvery || (event === SEAL && this.#unsealed > 0)) lines += await this.#seal();
      }
      await this.#write(lines);
    } catch (error) {
      // Part of it may stand in the file; the next batch begins by cutting that off.
      this.#broken = true;
      throw error;
    }
  }

  #line(event) {
    if (this.#chain === null) return `${textOf(event)}\n`;
    this.#unsealed += this.#options.identity === undefined ? 0 : 1;
    return `${this.#chain.append(event)}\n`;
  }

  async #seal() {
    const line = await this.#chain.checkpointAsync(this.#options.identity);
    this.#unsealed = 0;
    return `${line}\n`;
  }

  async #write(text) {
    if (text === "") return;
    const bytes = new TextEncoder().encode(text);
    let done = 0;
    while (done < bytes.length) done += (await this.#file.write(bytes, done, bytes.length - done, this.#size + done)).bytesWritten;
    if (this.#options.fsync === "always") await this.#file.datasync();
    else this.#dirty = true;
    this.#size += bytes.length;
  }

  async #sync() {
    if (!this.#dirty || this.#broken) return;
    this.#dirty = false;
    try {
      await this.#file.datasync();
    } catch {
      this.#broken = true;
    }
  }

  /** What is full is sealed, gets the next number behind its name, and a new log begins. */
  async #rotate() {
    if (this.#unsealed > 0) await this.#write(await this.#seal());
    if (this.#options.fsync !== "never") await this.#file.sync();
    await this.#file.close();
    this.#file = null;
    this.#before = this.#chain?.link ?? null;
    this.#rotations = Math.max(this.#rotations, await highestNumber(this.#path));
    await rename(this.#path, `${this.#path}.${this.#rotations + 1}`);
    this.#rotations += 1;
    await this.#open();
  }

  async #reopen() {
    await this.#file?.close().catch(() => {});
    this.#file = null;
    await this.#open(this.#size);
    this.#broken = false;
  }

  /** @param [known] bytes that are known to be good; what stands behind them, nobody was told is stored */
  async #open(known) {
    const file = await open(this.#path, (await exists(this.#path)) ? "r+" : "w+");
    this.#file = file;
    if (known !== undefined && (await file.stat()).size > known) await file.truncate(known);
    const { logId } = this.#options;
    const { size, tail, chain } = logId === undefined ? await wholeLines(file) : await this.#openChain(file);
    this.#chain = chain;
    this.#size = size;
    if (tail.length > 0) await file.truncate(size);
    if (size === 0 && chain !== null) await this.#continue();
    if (tail.length > 0) await this.#write(`${this.#recovered(tail)}\n`);
    await syncFolder(this.#path);
  }

  async #openChain(file) {
    // Loaded where it is needed: the second module is not small.
    const { LogWriter } = await import("trusthandoff/sentinel");
    const logId = await this.#continued(file);
    let size = 0;
    const pieces = async function* () {
      for await (const piece of piecesOf(file)) {
        size += piece.length;
        yield piece;
      }
    };
    const { writer, tail } = await LogWriter.open(pieces(), { logId });
    this.#unsealed = this.#options.identity !== undefined && writer.size > 0 ? 1 : 0;
    return { size: size - tail.length, tail, chain: writer };
  }

  /** The name of the log in the file: its own where it says one, and the next one's otherwise. */
  async #continued(file) {
    const { logId } = this.#options;
    const name = (await logIdOf(piecesOf(file))) ?? (await this.#nextOfNamed(file));
    if (name === null) return this.#nameOf(this.#rotations);
    const number = numberOf(name, logId);
    if (number === null) throw configInvalid(`the file holds the log \`${name}\`, not \`${logId}\``, "logId");
    this.#rotations = Math.max(this.#rotations, number);
    return name;
  }

  /** The first line of a log names the one before, so that nobody can take a whole file away unseen. */
  async #continue() {
    const before = this.#before ?? (await this.#endOfLatest());
    if (before === null) return;
    await this.#write(`${this.#chain.continueFrom(before, { producer: this.#producer })}\n`);
    this.#unsealed = this.#options.identity === undefined ? 0 : 1;
  }

  /** How the latest full log ended, where another process wrote it; null where there is none, or it was taken elsewhere. */
  async #endOfLatest() {
    const path = `${this.#path}.${this.#rotations}`;
    if (this.#rotations === 0 || !(await exists(path))) return null;
    const { LogWriter } = await import("trusthandoff/sentinel");
    const file = await open(path, "r");
    try {
      const logId = (await logIdOf(piecesOf(file))) ?? (await this.#nextOfNamed(file)) ?? this.#nameOf(this.#rotations - 1);
      // Other files may end in a number too.
      if (numberOf(logId, this.#options.logId) === null || (await firstLine(piecesOf(file)))?.prev === undefined) return null;
      return (await LogWriter.open(piecesOf(file), { logId })).writer.link;
    } finally {
      await file.close();
    }
  }

  /** The name of the log in a file by the one that its first line names; null where that names none. */
  async #nextOfNamed(file) {
    const line = await firstLine(piecesOf(file));
    const named = line?.event_type === "log_continued" ? numberOf(String(line.previous_log_id), this.#options.logId) : null;
    return named === null ? null : this.#nameOf(named + 1);
  }

  #nameOf(number) {
    return number === 0 ? this.#options.logId : `${this.#options.logId}/${number}`;
  }

  get #producer() {
    return this.#options.identity?.agentId ?? this.#options.producer;
  }

  #recovered(tail) {
    const producer = this.#producer;
    if (this.#chain !== null) return this.#chain.recover(tail, { producer });
    const id = randomUUID();
    return JSON.stringify({
      event_id: id,
      event_type: "log_recovered",
      timestamp: new Date().toISOString(),
      producer_id: producer,
      correlation_id: null,
      idempotency_key: `log_recovered:${id}`,
      cut_bytes: tail.length,
      cut_sha256: createHash("sha256").update(tail).digest("hex"),
    });
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

function sinkOptions(given) {
  const names = ["fsync", "intervalMs", "rotateBytes", "logId", "identity", "producer", "checkpointEvery", "checkpointMs", "maxPending", "maxBatch"];
  const options = readOptions(given, names, "JsonlSink.open");
  const { fsync = "interval", intervalMs = 1000, rotateBytes, logId, identity, producer = "unknown", checkpointEvery = 1000, checkpointMs = 60_000 } = options;
  if (!["always", "interval", "never"].includes(fsync)) throw configInvalid('`fsync` must be "always", "interval" or "never"', "fsync");
  if (logId !== undefined && (typeof logId !== "string" || logId === "")) throw configInvalid("`logId` must be a text that names the log", "logId");
  if (typeof producer !== "string") throw configInvalid("`producer` must be the id of the agent that keeps the log", "producer");
  if (identity !== undefined && logId === undefined) throw configInvalid("`identity` signs checkpoints of a chained log, which needs a `logId`", "logId");
  return {
    ...{ fsync, logId, identity, producer, maxPending: options.maxPending, maxBatch: options.maxBatch },
    intervalMs: count(intervalMs, "intervalMs", 3_600_000),
    rotateBytes: rotateBytes === undefined ? Infinity : count(rotateBytes, "rotateBytes"),
    checkpointEvery: identity === undefined ? Infinity : count(checkpointEvery, "checkpointEvery"),
    checkpointMs: count(checkpointMs, "checkpointMs", 86_400_000),
  };
}

/** Where the last whole line ends, and what stands behind it. */
async function wholeLines(file) {
  let size = 0;
  let tail = [];
  for await (const piece of piecesOf(file)) {
    const end = piece.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      size += tail.reduce((sum, { length }) => sum + length, end);
      tail = [];
    }
    if (end < piece.length) tail.push(piece.slice(end));
  }
  return { size, tail: Buffer.concat(tail), chain: null };
}

async function* piecesOf(file) {
  let at = 0;
  for (;;) {
    const buffer = new Uint8Array(PIECE);
    const { bytesRead } = await file.read(buffer, 0, PIECE, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function exists(path) {
  return stat(path).then(
    () => true,
    (error) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
}

/** A new name is on the disk only when its folder is; where folders cannot be opened, the system sees to that itself. */
async function syncFolder(path) {
  const folder = await open(dirname(path), "r").catch(() => null);
  await folder?.sync().catch(() => {});
  await folder?.close();
}
