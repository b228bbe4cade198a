import { configInvalid } from "../errors.js";
import { MAX_LINE_BYTES } from "../generated/vocabulary.js";
import { member } from "../plain.js";
import { isObject, typeName } from "../text.js";
import { inOrderOfLinks } from "./links.js";
import { verifyLog } from "./log.js";

/** So much of both ends of a file tells when it begins and ends. */
const END_BYTES = 64 * 1024;

const NEWLINE = 0x0a;

/** A line that names the log before it. */
const CONTINUED = /[{,]\s*"event_type"\s*:\s*"log_continued"/;

/** Where the time of a line stands. Within a string the quotes around a key would be escaped. */
const TIMESTAMP = /[{,]\s*"timestamp"\s*:\s*"([^"\\]+)"/;

/** Files as they were given: each with a name of its own. */
export function filesArgument(files) {
  if (!Array.isArray(files)) throw configInvalid(`\`files\` must be an array of files, not ${typeName(files)}`, "files");
  const names = new Set();
  return Array.from(files, (file) => {
    const [name, stream] = isObject(file) ? [member(file, "name"), member(file, "stream")] : [];
    if (typeof name !== "string" || typeof stream !== "function") throw configInvalid("`files` must hold files, with a `name` and `stream()`", "files");
    let own = name;
    for (let n = 2; names.has(own); n += 1) own = `${name} (${n})`;
    names.add(own);
    return { name: own, file, canBeReadAgain: typeof file.slice === "function" && Number.isSafeInteger(file.size) };
  });
}

/**
 * The files in the order of time, however they were named, and whether they tell of the same time, so that the lines of one belong between
 * those of another. Where that is not the order of their links, theirs is taken; as they were given where their times are not known.
 */
export async function arranged(files) {
  if (files.length < 2 || !files.every(({ canBeReadAgain }) => canBeReadAgain)) return { files, overlaps: false };
  const inTime = await byTime(files);
  const linked = await byLinks(inTime.files);
  const agree = linked.every((file, at) => file === inTime.files[at]);
  return { files: linked, overlaps: inTime.overlaps || !agree };
}

async function byTime(files) {
  const spans = await Promise.all(files.map(async (file) => ({ file, span: await spanOf(file.file) })));
  const known = spans.filter(({ span }) => span !== null).sort((a, b) => a.span.first - b.span.first || a.span.last - b.span.last);
  let end = -Infinity;
  for (const { span } of known) {
    if (span.first < end) return { files, overlaps: true };
    end = Math.max(end, span.last);
  }
  return { files: known.length === files.length ? known.map(({ file }) => file) : files, overlaps: false };
}

/** Files of which one begins by naming another are read for their links. */
async function byLinks(files) {
  const begins = await Promise.all(files.map(async ({ file }) => new TextDecoder().decode(await file.slice(0, END_BYTES).arrayBuffer())));
  if (!begins.some((text) => CONTINUED.test(text.split("\n", 1)[0]))) return files;
  const given = [];
  for (const each of files) given.push({ file: each, report: await verifyLog(each.file.stream()) });
  return inOrderOfLinks(given).map(({ each }) => each.file);
}

async function spanOf(file) {
  const text = async (from, to) => new TextDecoder().decode(await file.slice(from, to).arrayBuffer());
  const times = (lines) => lines.split("\n").map((line) => timeOf(line)).filter((time) => time !== null);
  const first = times(await text(0, END_BYTES));
  const last = times(await text(Math.max(0, file.size - END_BYTES), file.size));
  return first.length === 0 || last.length === 0 ? null : { first: Math.min(...first), last: Math.max(...last) };
}

function timeOf(line) {
  const found = TIMESTAMP.exec(line);
  const time = found === null ? NaN : Date.parse(found[1]);
  return Number.isNaN(time) ? null : time;
}

/** The lines of a file one by one, each with its newline, and when it was told: no earlier than the one before it. */
async function* linesOf(pieces) {
  const decoder = new TextDecoder();
  let rest = new Uint8Array(0);
  let time = -Infinity;
  const line = (bytes) => {
    time = Math.max(time, timeOf(decoder.decode(bytes)) ?? time);
    return { bytes, time };
  };
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : joined(rest, piece);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      yield line(bytes.subarray(start, end + 1));
      start = end + 1;
    }
    // The core refuses a longer line by its length, whatever stands in the rest of it.
    rest = bytes.slice(start, start + MAX_LINE_BYTES + 1);
  }
  if (rest.length > 0) yield line(joined(rest, Uint8Array.of(NEWLINE)));
}

function joined(one, other) {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

/**
 * The lines of several files in the order of time: pieces of one file each, `{ at, bytes }`. Where two tell of one moment, that of the
 * file that was given first comes first.
 */
export async function* merged(sources) {
  const heads = [];
  for (const [at, pieces] of sources.entries()) {
    const lines = linesOf(pieces);
    heads.push({ at, lines, next: (await lines.next()).value });
  }
  let from = -1;
  let run = [];
  let size = 0;
  const piece = () => {
    const bytes = run.reduce((all, line) => {
      all.bytes.set(line, all.end);
      return { bytes: all.bytes, end: all.end + line.length };
    }, { bytes: new Uint8Array(size), end: 0 }).bytes;
    run = [];
    size = 0;
    return { at: from, bytes };
  };
  for (;;) {
    let head = null;
    for (const other of heads) if (other.next !== undefined && (head === null || other.next.time < head.next.time)) head = other;
    if (size > 0 && (head === null || head.at !== from || size > END_BYTES)) yield piece();
    if (head === null) return;
    from = head.at;
    run.push(head.next.bytes);
    size += head.next.bytes.length;
    head.next = (await head.lines.next()).value;
  }
}
