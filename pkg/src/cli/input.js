import { createReadStream } from "node:fs";
import { MAX_LINE_BYTES } from "../generated/vocabulary.js";
import { UsageError } from "./arguments.js";

const WHY = {
  ENOENT: "no such file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "is a directory",
  ENOTDIR: "not a directory",
  ENAMETOOLONG: "name too long",
  ELOOP: "too many symbolic links",
  ENOSPC: "no space left on the device",
  EROFS: "read-only file system",
};

/** What the system says about a file, in words. */
export function whyNot(error) {
  return WHY[error.code] ?? error.code ?? "unreadable";
}

/** A whole file, or standard input for `-`; what is longer than `limit` is cut one byte behind it, to be refused by size. */
export async function readAll(path, limit = MAX_LINE_BYTES) {
  const parts = [];
  let length = 0;
  for await (const chunk of chunks(path)) {
    parts.push(chunk);
    length += chunk.length;
    if (length > limit) break;
  }
  const bytes = Buffer.concat(parts, length);
  return new Uint8Array(bytes.subarray(0, limit + 1));
}

/** A signed object. The newline that ends a text file is the file's: a token has none. */
export async function readObject(path) {
  const bytes = await readAll(path);
  const end = bytes.length - (bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? 2 : 1) : 0);
  return bytes.length > MAX_LINE_BYTES ? bytes : bytes.subarray(0, end);
}

/** A file that must be text of moderate size: a key, a registry. */
export async function readText(path, limit) {
  const bytes = await readAll(path, limit);
  if (bytes.length > limit) throw new UsageError(`${nameOf(path)} is larger than ${limit} bytes`);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UsageError(`${nameOf(path)} is not UTF-8 text`);
  }
}

/**
 * The lines of a file, in constant memory: `{ bytes, read }`, with `bytes` null for a line longer than the limit, whose
 * rest is skipped. Blank lines are left out.
 */
export async function* lines(path, limit = MAX_LINE_BYTES) {
  let parts = [];
  let length = 0;
  let read = 0;
  const line = () => {
    const bytes = length > limit ? null : parts.length === 1 ? parts[0] : Buffer.concat(parts, length);
    parts = [];
    length = 0;
    return bytes;
  };
  const keep = (piece) => {
    length += piece.length;
    if (length > limit) parts = [];
    else if (piece.length > 0) parts.push(piece);
  };
  for await (const chunk of chunks(path)) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      keep(chunk.subarray(start, end));
      read += end + 1 - start;
      start = end + 1;
      const bytes = line();
      if (bytes === null || !isBlank(bytes)) yield { bytes, read };
    }
    keep(chunk.subarray(start));
    read += chunk.length - start;
  }
  const bytes = line();
  if (bytes === null || !isBlank(bytes)) yield { bytes, read };
}

/** A file piece by piece, whatever its size. */
export async function* chunks(path) {
  const stream = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: 256 * 1024 });
  try {
    yield* stream;
  } catch (error) {
    throw new UsageError(`cannot read ${nameOf(path)}: ${whyNot(error)}`);
  }
}

export function nameOf(path) {
  return path === "-" ? "standard input" : path;
}

/** Only the white space of JSON: any other byte makes it a line that deserves an answer. */
function isBlank(bytes) {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
