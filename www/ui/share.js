/** A text as what stands behind `#` in an address, and back. Browsers send that part of an address to nobody. */

/** How it is encoded: 1 is raw deflate in base64url. */
const VERSION = "1.";
/** What the core reads of one text. */
const MAX_TEXT_BYTES = 1 << 20;
/** Longer addresses are cut off by programs that people paste them into. */
const MAX_ARGUMENT = 60_000;

/** What an address can carry of `text`; throws one clear line if that is too much. */
export async function share(text) {
  if (/\p{Surrogate}/u.test(text)) throw new Error("The text holds an unpaired surrogate, which no address can carry. Send it as a file.");
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > MAX_TEXT_BYTES) throw new Error("The text is longer than 1 MiB. Send it as a file.");
  const packed = await collected(piped(bytes, new CompressionStream("deflate-raw")), Infinity);
  const argument = VERSION + base64url(packed);
  if (argument.length > MAX_ARGUMENT) throw new Error("The text is too long for a link, even compressed. Send it as a file.");
  return argument;
}

/** The text that `share` put into an address; throws one clear line if it is none. */
export async function shared(argument) {
  if (!argument.startsWith(VERSION)) throw new Error("This link was made by another version of the page, or is cut off.");
  if (argument.length > MAX_ARGUMENT) throw new Error("This link is longer than any that this page makes.");
  const packed = bytesOf(argument.slice(VERSION.length));
  if (packed === null) throw damaged();
  let bytes;
  try {
    bytes = await collected(piped(packed, new DecompressionStream("deflate-raw")), MAX_TEXT_BYTES);
  } catch {
    throw damaged();
  }
  if (bytes === null) throw new Error("This link unpacks to more than 1 MiB, which no text of this page does.");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw damaged();
  }
}

/** The address of this page that shows `argument` in a panel. */
export function linkTo(panel, argument) {
  return `${location.origin}${location.pathname}#${panel}/${argument}`;
}

function damaged() {
  return new Error("This link is damaged: what stands behind # cannot be unpacked.");
}

function piped(bytes, through) {
  return new Blob([bytes]).stream().pipeThrough(through);
}

/** All that a stream gives; null as soon as it is more than `limit` bytes, whatever would still come. */
async function collected(stream, limit) {
  const reader = stream.getReader();
  const pieces = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      await reader.cancel();
      return null;
    }
    pieces.push(value);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

function base64url(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function bytesOf(text) {
  if (!/^[\w-]+$/.test(text)) return null;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
