import { constants } from "node:fs";
import { lstat, open } from "node:fs/promises";
import { configInvalid } from "../../errors.js";

const PIECE = 1 << 20;

/** Not through a symbolic link, and without waiting for the other end of a pipe. */
const CAREFUL = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * A file of its own, opened to be read and appended to; null where there is none and none is to be made. What stands there must be a
 * regular file with no other name: through a link somebody else chooses what is written to.
 */
export async function openRegular(path, { create = true } = {}) {
  const there = await lookAt(path);
  if (there !== null) mustBeRegular(there, path);
  else if (!create) return null;
  const file = await opened(path, constants.O_RDWR | constants.O_APPEND | (there === null ? constants.O_CREAT | constants.O_EXCL : 0));
  try {
    const about = await file.stat({ bigint: true });
    mustBeRegular(about, path);
    if (there !== null && !isSame(about, there)) throw configInvalid(`\`${path}\` was replaced while it was opened`, "path");
    return { file, about };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function opened(path, flags) {
  try {
    return await open(path, flags | CAREFUL);
  } catch (error) {
    if (error.code === "ELOOP") throw notRegular(path, "a symbolic link");
    if (error.code === "EEXIST") throw configInvalid(`\`${path}\` was made by another while it was opened`, "path");
    // A runtime that knows fewer flags; what stands there was looked at.
    if (error.code === undefined || error.code === "EINVAL") return open(path, flags);
    throw error;
  }
}

/** What stands at a path itself; null where nothing does. */
export async function lookAt(path) {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  }
}

export function isSame(one, other) {
  return one.ino === other.ino && one.dev === other.dev;
}

function mustBeRegular(about, path) {
  if (about.isSymbolicLink()) throw notRegular(path, "a symbolic link");
  if (about.isDirectory()) throw notRegular(path, "a directory");
  if (!about.isFile()) throw notRegular(path, about.isFIFO() ? "a FIFO" : "a device or socket");
  if (about.nlink > 1n) throw configInvalid(`\`${path}\` has ${about.nlink} names (hard links): give the log a file of its own`, "path");
}

function notRegular(path, what) {
  return configInvalid(`\`${path}\` is ${what}: a log is kept in a regular file`, "path");
}

export async function* piecesOf(file) {
  let at = 0;
  for (;;) {
    const buffer = new Uint8Array(PIECE);
    const { bytesRead } = await file.read(buffer, 0, PIECE, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
