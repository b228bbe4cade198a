import { readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { MAX_LINE_BYTES } from "../../generated/vocabulary.js";

const NEWLINE = 0x0a;

/** No checkpoint is longer. */
const MAX_CHECKPOINT_BYTES = 64 * 1024;

/** The highest number behind the name of a log: full files may have been taken elsewhere, and what is left must not be written over. */
export async function highestNumber(path) {
  const start = `${basename(path)}.`;
  const files = (await readdir(dirname(path), { withFileTypes: true })).filter((entry) => entry.isFile() && entry.name.startsWith(start));
  const numbers = files.map(({ name }) => name.slice(start.length));
  return numbers.filter((text) => /^[1-9]\d{0,14}$/.test(text)).reduce((most, text) => Math.max(most, Number(text)), 0);
}

/**
 * Which log stands in a file, as its first checkpoint says; null where it has none. Names of files change, and a log that went on under
 * another name than its own would look like one that somebody edited.
 *
 * @param {AsyncIterable<Uint8Array>} pieces of the file
 */
export async function logIdOf(pieces) {
  let rest = Buffer.alloc(0);
  for await (const piece of pieces) {
    const text = Buffer.concat([rest, piece]);
    const end = text.lastIndexOf(NEWLINE) + 1;
    for (let at = text.indexOf("log_checkpoint"); at !== -1 && at < end; at = text.indexOf("log_checkpoint", text.indexOf(NEWLINE, at))) {
      const id = checkpointed(text.subarray(text.lastIndexOf(NEWLINE, at) + 1, text.indexOf(NEWLINE, at)));
      if (id !== null) return id;
    }
    rest = text.length - end > MAX_CHECKPOINT_BYTES ? Buffer.alloc(0) : text.subarray(end);
  }
  return null;
}

/** The first line of a file; null where it is no object. */
export async function firstLine(pieces) {
  let text = Buffer.alloc(0);
  for await (const piece of pieces) {
    text = Buffer.concat([text, piece]);
    if (text.includes(NEWLINE) || text.length > MAX_LINE_BYTES) break;
  }
  try {
    const value = JSON.parse(text.subarray(0, text.indexOf(NEWLINE)).toString());
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

function checkpointed(line) {
  try {
    const { event_type: type, log_id: id } = JSON.parse(line.toString());
    return type === "log_checkpoint" && typeof id === "string" ? id : null;
  } catch {
    return null;
  }
}

/** The number of a log that followed full ones, as its name tells it; null where the name is not one of `logId`. */
export function numberOf(name, logId) {
  if (name === logId) return 0;
  const behind = name.startsWith(`${logId}/`) ? name.slice(logId.length + 1) : "";
  return /^[1-9]\d{0,14}$/.test(behind) ? Number(behind) : null;
}
