/** The newest checkpoint of a log, kept in a small file beside it: the end of the log cannot be cut off unseen while it is not written. */
import { open, rename, rm } from "node:fs/promises";
import { syncFolder } from "./log_file.js";
import { openRegular, piecesOf } from "./regular.js";

const nextOf = (path) => `${path}.new`;

/** No checkpoint is longer. */
const MAX_BYTES = 64 * 1024;

/**
 * The text of the file, of which more than a checkpoint has is cut off; null where there is none. What a crash left of a next one goes, so
 * only the one writer of the log may ask.
 */
export async function readKept(path) {
  await rm(nextOf(path), { force: true });
  const opened = await openRegular(path, { create: false });
  if (opened === null) return null;
  try {
    let text = Buffer.alloc(0);
    for await (const piece of piecesOf(opened.file)) {
      text = Buffer.concat([text, piece]);
      if (text.length > MAX_BYTES) break;
    }
    return new Uint8Array(text.subarray(0, MAX_BYTES));
  } finally {
    await opened.file.close();
  }
}

/** In one step: whoever looks finds the one before or this one. */
export async function keep(path, line, synced) {
  const next = nextOf(path);
  // What anybody else put there.
  await rm(next, { force: true });
  const file = await open(next, "wx");
  try {
    await file.writeFile(`${line}\n`);
    if (synced) await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
  if (synced) await syncFolder(path);
}
