/** Opening the file of a log: what stands in it, under which name it goes on, and what of it no checkpoint of its keeper covers. */
import { basename, dirname, join } from "node:path";
import { configInvalid } from "../../errors.js";
import { isLogLine, mayBeTorn } from "./event_line.js";
import { readKept } from "./kept.js";
import { LogFile } from "./log_file.js";
import { firstLine, highestNumber, logIdOf, numberOf } from "./numbered.js";

const NEWLINE = 0x0a;

/** Beside a log, and not among what `log*` finds. */
export function beside(path, what) {
  return join(dirname(path), `.${basename(path)}.${what}`);
}

/**
 * @param {object | null} link how the log ended that was full a moment ago, and which this one goes on with
 * @param {{ logId?: string, identity?: object, formerKeys: (string | Uint8Array)[] }} options
 * @returns {Promise<{ file: LogFile, size: number, tail: Uint8Array, chain: object | null, before: object | null, number: number }>}
 *   `size` is that of the whole lines, `before` what an empty log goes on with, which is open where it has to be sealed first
 */
export async function openLog(path, options, link) {
  const number = await highestNumber(path);
  const file = await LogFile.open(path);
  try {
    return options.logId === undefined ? { file, number, before: null, ...(await plain(file, path)) } : { file, ...(await chained(file, path, { number, link }, options)) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function chained(file, path, { number, link }, options) {
  // Loaded where it is needed: the second module is not small.
  const sentinel = await import("trusthandoff/sentinel");
  if (file.size === 0 && link !== null) {
    return { before: null, number, size: 0, tail: new Uint8Array(), chain: new sentinel.LogWriter({ logId: nameOf(number, options.logId) }) };
  }
  if (file.size > 0) {
    const name = await nameIn(file, number, options.logId);
    const kept = await keptBeside(path, options, sentinel);
    return { before: null, number: Math.max(number, numberOf(name, options.logId)), ...(await lines(file, path, name, kept, options, sentinel)) };
  }
  const kept = await keptBeside(path, options, sentinel);
  const before = await latestFull(path, number, kept, options, sentinel);
  // Of a log that is gone only what is kept beside it tells.
  const gone = before === null ? kept.logId : null;
  const name = gone ?? nameOf(number, options.logId);
  const of = gone === null ? { ...kept, text: undefined } : kept;
  return { before, number: Math.max(number, numberOf(name, options.logId)), ...(await lines(file, path, name, of, options, sentinel)) };
}

/** The lines of a chained log, with the writer that goes on behind them. */
async function lines(file, path, logId, { text, own }, { identity }, { LogWriter }) {
  let size = 0;
  const pieces = async function* () {
    for await (const piece of file.pieces()) {
      size += piece.length;
      yield piece;
    }
  };
  const { writer, tail } = await LogWriter.open(pieces(), { logId, keys: own, checkpoint: identity === undefined ? undefined : text }).catch((error) => {
    throw error.code === "config_invalid" ? configInvalid(`\`${path}\` is no log that goes on under \`logId\`: ${error.message}`, "path") : error;
  });
  if (tail.length === size && tail.length > 0 && !mayBeTorn(tail, { isChained: true })) throw noLog(path);
  return { chain: writer, size: size - tail.length, tail };
}

/** The newest own checkpoint, and the number of the log that it is of; a log of another name is not this one's. */
async function keptBeside(path, { identity, formerKeys, logId }, { readCheckpoint }) {
  if (identity === undefined) return { text: undefined, own: [], logId: null, number: null };
  const own = [identity.publicKey, ...formerKeys];
  const file = beside(path, "checkpoint");
  const text = await readKept(file);
  let seal = null;
  try {
    if (text !== null) seal = readCheckpoint(text, { keys: own });
  } catch {
    // What it is instead is told in the log.
  }
  const number = seal === null ? null : numberOf(seal.logId, logId);
  if (seal !== null && number === null) {
    throw configInvalid(`\`${file}\` holds the checkpoint of the log \`${seal.logId}\`, not \`${logId}\`: move it away to begin another log there`, "logId");
  }
  return { text, own, logId: seal?.logId ?? null, number };
}

/** The name of the log in the file: its own where it says one, and the next one's otherwise. */
async function nameIn(file, number, logId) {
  const name = (await logIdOf(file.pieces())) ?? (await nextOfNamed(file, logId));
  if (name === null) return nameOf(number, logId);
  if (numberOf(name, logId) === null) throw configInvalid(`the file holds the log \`${name}\`, not \`${logId}\``, "logId");
  return name;
}

/** The latest full log as it ended, where another process wrote it; null where there is none, or it was taken elsewhere. */
async function latestFull(path, number, kept, options, sentinel) {
  if (number === 0) return null;
  const full = `${path}.${number}`;
  const file = await LogFile.open(full, { create: false });
  if (file === null) return null;
  let isLeft = true;
  try {
    const name = (await logIdOf(file.pieces())) ?? (await nextOfNamed(file, options.logId)) ?? nameOf(number - 1, options.logId);
    // Other files may end in a number too.
    if (numberOf(name, options.logId) === null || (await firstLine(file.pieces()))?.prev === undefined) return null;
    const found = await lines(file, full, name, kept, options, sentinel);
    isLeft = false;
    return { file, ...found };
  } finally {
    if (isLeft) await file.close();
  }
}

/** The name of the log in a file by the one that its first line names; null where that names none. */
async function nextOfNamed(file, logId) {
  const line = await firstLine(file.pieces());
  const named = line?.event_type === "log_continued" ? numberOf(String(line.previous_log_id), logId) : null;
  return named === null ? null : nameOf(named + 1, logId);
}

function nameOf(number, logId) {
  return number === 0 ? logId : `${logId}/${number}`;
}

/** A log without chain: where its last whole line ends, and what stands behind it. */
async function plain(file, path) {
  let size = 0;
  let tail = [];
  for await (const piece of file.pieces()) {
    const end = piece.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      size += tail.reduce((sum, { length }) => sum + length, end);
      tail = [];
    }
    if (end < piece.length) tail.push(piece.slice(end));
  }
  const rest = Buffer.concat(tail);
  if (size > 0) {
    const first = await firstLine(file.pieces());
    if (!isLogLine(first)) throw noLog(path);
    if (typeof first.prev === "string") throw configInvalid(`\`${path}\` holds a chained log, which goes on with its \`logId\` only`, "logId");
  } else if (rest.length > 0 && !mayBeTorn(rest, { isChained: false })) {
    throw noLog(path);
  }
  return { size, tail: rest, chain: null };
}

function noLog(path) {
  return configInvalid(`\`${path}\` holds something else than a log of events; it is left as it is, choose another file`, "path");
}
