import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { errorFor } from "../../errors.js";
import { isSame, lookAt, openRegular, piecesOf } from "./regular.js";

/**
 * The file of a log while it is written. Before and after each write it must be the very file that was opened, as long as it was left:
 * what stands there otherwise nobody can be told is stored.
 */
export class LogFile {
  #path;
  #file;
  #about;
  #size;

  constructor(path, { file, about }) {
    this.#path = path;
    this.#file = file;
    this.#about = about;
    this.#size = Number(about.size);
  }

  /** @returns {Promise<LogFile | null>} null where there is none and none is to be made */
  static async open(path, options) {
    const opened = await openRegular(path, options);
    return opened === null ? null : new LogFile(path, opened);
  }

  get size() {
    return this.#size;
  }

  pieces() {
    return piecesOf(this.#file);
  }

  /** Cuts off what stands behind `size` bytes. */
  async cut(size) {
    await this.mustBeAsLeft();
    await this.#file.truncate(size);
    this.#size = size;
  }

  /** Resolves when all of the text stands in the file, on the disk where that is `synced`. */
  async append(text, synced) {
    if (text === "") return;
    const bytes = new TextEncoder().encode(text);
    await this.mustBeAsLeft();
    try {
      for (let done = 0; done < bytes.length; ) done += (await this.#file.write(bytes, done, bytes.length - done)).bytesWritten;
      if (synced) await this.#file.datasync();
    } catch (error) {
      await this.#takeBack(bytes);
      throw error;
    }
    this.#size += bytes.length;
    await this.mustBeAsLeft();
  }

  async sync() {
    await this.#file.datasync();
  }

  async close() {
    await this.#file.close();
  }

  /** What was written of `bytes` in vain is cut off, if that is all there is. */
  async #takeBack(bytes) {
    const { size } = await this.#file.stat();
    const length = size - this.#size;
    if (length <= 0 || length > bytes.length) return;
    const written = new Uint8Array(length);
    const { bytesRead } = await this.#file.read(written, 0, length, this.#size);
    if (bytesRead === length && Buffer.compare(written, bytes.subarray(0, length)) === 0) await this.#file.truncate(this.#size);
  }

  async mustBeAsLeft() {
    const [own, there] = await Promise.all([this.#file.stat({ bigint: true }), lookAt(this.#path)]);
    const what = changeOf(own, there, this.#about, BigInt(this.#size));
    if (what !== null) throw errorFor("audit_unavailable", `the log \`${this.#path}\` was ${what} by another while it was open; what was to be stored is not, and it is opened anew for what comes next`);
  }
}

function changeOf(own, there, about, size) {
  if (there === null || own.nlink === 0n) return "removed or renamed";
  if (!isSame(there, about)) return "replaced";
  if (own.size < size) return "truncated";
  return own.size > size ? "grown" : null;
}

/** A new name is on the disk only when its folder is; where folders cannot be opened, the system sees to that itself. */
export async function syncFolder(path) {
  const folder = await open(dirname(path), "r").catch(() => null);
  await folder?.sync().catch(() => {});
  await folder?.close();
}
