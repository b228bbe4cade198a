/** A log from wherever it is kept: text, bytes, a Blob, a stream, or anything that gives its pieces one after the other. */
import { configInvalid, ArgumentTypeError } from "../errors.js";
import { stopwatch } from "../platform.js";
import { encode, isBytes, isObject, isWellFormed, typeName, wellFormed } from "../text.js";

/** Most bytes that are handed over at once: memory of WebAssembly that has grown stays. */
const PIECE_BYTES = 1024 * 1024;

/** How long others may wait while a log in memory is read, in milliseconds. */
const TURN_MS = 25;

/** How often progress is told, in milliseconds. */
const PROGRESS_MS = 100;

/**
 * Calls `take(bytes)` with piece after piece.
 *
 * @param {{ onProgress?: (progress: { bytes: number, lines: number }) => void, signal?: AbortSignal }} options
 * @param {() => number} lines how many there were so far; asked where somebody wants to know
 */
export async function feed(source, take, { onProgress, signal }, lines) {
  let bytes = 0;
  const elapsedMs = stopwatch();
  let turnSince = elapsedMs();
  let toldAt = turnSince;
  for await (const chunk of chunksOf(source)) {
    for (const piece of pieces(chunk)) {
      signal?.throwIfAborted();
      take(piece);
      bytes += piece.length;
      const now = elapsedMs();
      if (onProgress !== undefined && now - toldAt >= PROGRESS_MS) {
        toldAt = now;
        onProgress({ bytes, lines: lines() });
      }
      if (now - turnSince >= TURN_MS) {
        await turn();
        turnSince = elapsedMs();
      }
    }
  }
  signal?.throwIfAborted();
  onProgress?.({ bytes, lines: lines() });
}

/** Lets others have their turn, where the runtime can without a timer, which would wait longer. */
function turn() {
  if (typeof globalThis.scheduler?.yield === "function") return globalThis.scheduler.yield();
  return new Promise((resume) => (typeof setImmediate === "function" ? setImmediate(resume) : setTimeout(resume, 0)));
}

/** The options that whatever reads a source has. */
export function feedOptions({ onProgress, signal }) {
  if (onProgress !== undefined && typeof onProgress !== "function") throw configInvalid(`\`onProgress\` must be a function, not ${typeName(onProgress)}`, "onProgress");
  if (signal !== undefined && typeof signal?.throwIfAborted !== "function") throw configInvalid(`\`signal\` must be an AbortSignal, not ${typeName(signal)}`, "signal");
  return { onProgress, signal };
}

/** A piece of a log as bytes. */
export function pieceBytes(piece) {
  if (isBytes(piece)) return piece;
  if (typeof piece === "string") return encode(wellFormed(piece, "the log"));
  throw new ArgumentTypeError(`a piece of a log must be text or a Uint8Array, not ${typeName(piece)}`);
}

/** Bytes in parts that may be handed over. */
export function* pieces(bytes) {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

/** A log from wherever it is kept, as pieces of bytes. */
export async function* chunksOf(source) {
  const texts = new Texts();
  for await (const chunk of pull(source)) {
    if (typeof chunk !== "string") {
      yield texts.end();
      yield pieceBytes(chunk);
      continue;
    }
    // A text in memory may be as large as a log: encoded at once it would stand there a second time.
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) yield texts.next(chunk.slice(at, at + PIECE_BYTES));
  }
  yield texts.end();
}

/** Texts that follow each other. One may end within a character, whose other half the next begins with. */
class Texts {
  #half = "";

  next(text) {
    const whole = this.#half + text;
    const last = whole.charCodeAt(whole.length - 1);
    const cut = last >= 0xd800 && last < 0xdc00 ? whole.length - 1 : whole.length;
    this.#half = whole.slice(cut);
    return pieceBytes(whole.slice(0, cut));
  }

  end() {
    const half = this.#half;
    this.#half = "";
    return pieceBytes(half);
  }
}

function pull(source) {
  if (typeof source === "string") mustBeLines(source);
  if (typeof source === "string" || isBytes(source)) return [source];
  if (isObject(source)) {
    if (typeof source[Symbol.asyncIterator] === "function" || typeof source[Symbol.iterator] === "function") return source;
    if (typeof source.getReader === "function") return read(source);
    if (typeof source.stream === "function") return pull(source.stream());
  }
  throw new ArgumentTypeError(`the log must be text, a Uint8Array, a Blob, a ReadableStream or an iterable of such pieces, not ${typeName(source)}`);
}

/** What a log's name is taken for would be a log that its writer left in the first line: whole. */
function mustBeLines(text) {
  if (text === "" || text.includes("{") || text.includes("\n") || !isWellFormed(text)) return;
  throw new ArgumentTypeError("the log must be its text or a stream of it, not the name of a file: open that, with createReadStream in Node");
}

/** A ReadableStream where streams cannot be iterated. */
async function* read(stream) {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    ended = true;
  } finally {
    if (!ended) await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}
