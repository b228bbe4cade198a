/** A file piece by piece, so that reading can stop between two lines. */

/** Bytes that are read at once: one piece is read while the one before is audited. */
const PIECE = 2 * 1024 * 1024;
const NEWLINE = 10;

/**
 * The bytes of `file`. When `isStopped()` the rest is left out from the line that has just begun, unless it is longer than a piece.
 *
 * @param {{ index: import("./line_index.js").LineIndex, isStopped: () => boolean }} about
 */
export async function* pieces(file, { index, isStopped }) {
  const read = (at) => file.slice(at, at + PIECE).arrayBuffer();
  let next = read(0);
  let begun = new Uint8Array(0);
  for (let at = 0; at < file.size; at += PIECE) {
    const bytes = new Uint8Array(await next);
    if (bytes.length !== Math.min(PIECE, file.size - at)) throw new DOMException("the file ends earlier than it did", "NotReadableError");
    next = read(at + PIECE);
    // It is awaited in the next round, or never.
    next.catch(() => {});
    if (isStopped()) return;
    index.add(bytes);
    yield begun;
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    yield bytes.subarray(0, end);
    begun = bytes.subarray(end);
  }
  if (!isStopped()) yield begun;
}
