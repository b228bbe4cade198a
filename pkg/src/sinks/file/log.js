import { createHash } from "node:crypto";
import { rename } from "node:fs/promises";
import { MAX_LINE_BYTES } from "../../generated/vocabulary.js";
import { ownEvent } from "../own_event.js";
import { keep } from "./kept.js";
import { lock } from "./lock.js";
import { syncFolder } from "./log_file.js";
import { highestNumber } from "./numbered.js";
import { beside, openLog } from "./opening.js";

/**
 * A log in a file and in the full ones before it, held by one process. What a write leaves undone is taken back, so that the next one
 * begins where the last one that succeeded ended; where the file was changed by another it is opened anew, as after a restart.
 */
export class Log {
  #path;
  #options;
  #lock;
  #file = null;
  #chain = null;
  /** The number of the latest full file. */
  #number = 0;
  /** Lines behind the last checkpoint. */
  #unsealed = 0;
  #isDirty = false;
  /** Whether the disk failed to take what the operating system had. */
  #isBroken = false;
  /** A checkpoint that could not be kept beside the log. */
  #toKeep = null;

  constructor(path, options, held) {
    this.#path = path;
    this.#options = options;
    this.#lock = held;
  }

  static async open(path, options) {
    const held = await lock(beside(path, "lock"), `the log \`${path}\``);
    const log = new Log(path, options, held);
    try {
      await log.#open();
      return log;
    } catch (error) {
      await log.#file?.close().catch(() => {});
      await held.release();
      throw error;
    }
  }

  /** Stores what `items` are, events or `seal`, all or none. */
  async write(items, seal) {
    if (this.#isBroken) await this.#leave();
    if (this.#file === null) await this.#open();
    if (this.#toKeep !== null) await this.#keep(this.#toKeep);
    if (this.#file.size >= this.#options.rotateBytes && items.some((item) => item !== seal)) await this.#rotate();
    const wasUnsealed = this.#unsealed;
    let sealed = null;
    let text = "";
    const add = (line) => (text += `${line}\n`);
    try {
      for (const item of items) {
        if (item !== seal) add(this.#line(item));
        const isDue = this.#unsealed >= this.#options.checkpointEvery || ((item === seal || item.event_type === "events_lost") && this.#unsealed > 0);
        if (isDue && this.#options.identity !== undefined) add((sealed = await this.#seal()));
      }
      await this.#append(text, sealed);
    } catch (error) {
      this.#unsealed = wasUnsealed;
      await this.#failed();
      throw error;
    }
  }

  /** Puts on the disk what the operating system has. */
  async sync() {
    if (!this.#isDirty || this.#file === null) return;
    this.#isDirty = false;
    try {
      await this.#file.sync();
    } catch {
      this.#isBroken = true;
    }
  }

  /** Seals what stands there and leaves the file. */
  async close() {
    try {
      if (this.#file !== null) {
        if (this.#unsealed > 0) await this.#appendSeal();
        if (this.#options.fsync !== "never") await this.#file.sync();
      }
    } finally {
      await this.#leave();
      await this.#lock.release();
    }
  }

  #line(event) {
    if (this.#chain !== null) {
      this.#unsealed += this.#options.identity === undefined ? 0 : 1;
      return this.#chain.append(event);
    }
    return event.line;
  }

  async #seal() {
    const line = await this.#chain.checkpointAsync(this.#options.identity);
    this.#unsealed = 0;
    return line;
  }

  async #appendSeal() {
    const line = await this.#seal();
    await this.#append(`${line}\n`, line);
  }

  async #append(text, sealed) {
    const { fsync } = this.#options;
    // What a checkpoint states must not be lost where that itself is kept.
    await this.#file.append(text, fsync === "always" || (sealed !== null && fsync !== "never"));
    this.#chain?.stored();
    this.#isDirty ||= fsync !== "always";
    // The lines are stored; whoever stores the next ones is told.
    if (sealed !== null) await this.#keep(sealed).catch(() => (this.#toKeep = sealed));
  }

  async #keep(line) {
    await keep(beside(this.#path, "checkpoint"), line, this.#options.fsync !== "never");
    this.#toKeep = null;
  }

  /** The lines of a write that failed were not written, so the chain goes on without them; where that cannot be, the file is read again. */
  async #failed() {
    try {
      await this.#file.mustBeAsLeft();
      this.#chain?.rollback();
    } catch {
      await this.#leave();
    }
  }

  async #leave() {
    const file = this.#file;
    this.#file = null;
    this.#isBroken = false;
    await file?.close().catch(() => {});
  }

  /** What is full is sealed, gets the next number behind its name, and a new log begins. */
  async #rotate() {
    if (this.#unsealed > 0) await this.#appendSeal();
    if (this.#options.fsync !== "never") await this.#file.sync();
    await this.#file.mustBeAsLeft();
    const link = this.#chain?.link ?? null;
    await this.#leave();
    const number = Math.max(this.#number, await highestNumber(this.#path)) + 1;
    await rename(this.#path, `${this.#path}.${number}`);
    await this.#open(link);
  }

  /** @param [link] how the log ended that was full a moment ago */
  async #open(link = null) {
    const { file, size, tail, chain, before, number } = await openLog(this.#path, this.#options, link);
    this.#file = file;
    this.#chain = chain;
    this.#number = number;
    this.#unsealed = 0;
    try {
      await this.#begin(size, tail, link ?? (before === null ? null : await this.#endOf(before)));
    } catch (error) {
      await this.#leave();
      throw error;
    }
  }

  async #begin(size, tail, link) {
    const { identity } = this.#options;
    const isUncovered = identity !== undefined && this.#chain.unsealed(identity) !== null;
    let text = "";
    if (size === 0 && this.#chain !== null && link !== null) text += `${this.#chain.continueFrom(link, { producer: this.#producer })}\n`;
    if (tail.length > 0) text += `${this.#recovered(tail)}\n`;
    if (identity !== undefined && text !== "") this.#unsealed = 1;
    // What was found is on record before anything is added to it.
    const sealed = isUncovered ? await this.#seal() : null;
    if (tail.length > 0) await this.#file.cut(size);
    this.#chain?.stored();
    await this.#append(sealed === null ? text : `${text}${sealed}\n`, sealed);
    await syncFolder(this.#path);
  }

  /** How the latest full log ended, which another process left: what no checkpoint covers in it, it states itself. */
  async #endOf({ file, chain, size, tail }) {
    const { identity, fsync } = this.#options;
    try {
      let text = tail.length > 0 ? `${chain.recover(tail, { producer: this.#producer })}\n` : "";
      if (identity !== undefined && (text !== "" || chain.unsealed(identity) !== null)) text += `${await chain.checkpointAsync(identity)}\n`;
      if (tail.length > 0) await file.cut(size);
      await file.append(text, fsync !== "never");
      return chain.link;
    } finally {
      await file.close();
    }
  }

  get #producer() {
    return this.#options.identity?.agentId ?? this.#options.producer;
  }

  #recovered(tail) {
    if (this.#chain !== null) return this.#chain.recover(tail, { producer: this.#producer });
    const cut = { cut_bytes: tail.length, cut_sha256: createHash("sha256").update(tail).digest("hex") };
    return ownEvent("log_recovered", this.#producer, cut).text;
  }
}

/** The line of an event in a log without chain, clipped as in one with a chain where it would be too long. */
export async function plainLine(event, text) {
  if (text.length * 3 <= MAX_LINE_BYTES || Buffer.byteLength(text) <= MAX_LINE_BYTES) return text;
  const { LogWriter } = await import("trusthandoff/sentinel");
  const line = new LogWriter({ logId: "clipped" }).append(event);
  return `${line.slice(0, line.lastIndexOf(', "prev": "'))}}`;
}
