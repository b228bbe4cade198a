/** The files of one log, each read once. A shell hands them over by name, `.10` before `.2`; which follows which, their links tell. */
import { held } from "../audit/expected.js";
import { inOrderOfLinks } from "../audit/links.js";
import { MAX_LINE_BYTES } from "../generated/vocabulary.js";
import { chunks } from "./input.js";
import { Progress } from "./output.js";

const NEWLINE = 0x0a;

/** What is wrong where a checkpoint that was kept does not stand. */
const OF_KEPT = new Set(["log_shorter", "last_line_altered", "root_mismatch"]);

/** `{ read: { file, report }[], isReordered }`, oldest first. */
export async function readLogs(files, trust, demands, io) {
  const given = [];
  for (const file of files) given.push(await readLog(file, trust, io));
  const read = await linked(given);
  settleKept(read, trust);
  carrySeals(read);
  const all = read.reduce((sum, { report }) => ({ lines: sum.lines + report.lines, sealed: sum.sealed + report.sealed }), { lines: 0, sealed: 0 });
  const last = read.at(-1);
  for (const each of read) {
    const { logId, requireSealed } = demands;
    // What is asked of all of them is told of the last.
    const asked = each === last ? { ...demands, keys: trust.keys } : { logId, requireSealed };
    each.report = held(each.report, asked, each === last ? all : each.report);
  }
  return { read, isReordered: read.some(({ file }, at) => file !== files[at]) };
}

async function readLog(file, { keys, checkpoint }, io) {
  const { verifyLog } = await import("../audit/index.js");
  const progress = new Progress(io.stderr);
  const first = new FirstLine();
  const onProgress = ({ bytes, lines }) => progress.read(lines, bytes);
  const report = await verifyLog(first.of(chunks(file)), { keys, checkpoint, onProgress });
  progress.clear();
  // Of several files one may have nothing sealed yet.
  return { file, first, report: without(report, ({ fault }) => fault === "nothing_sealed") };
}

/** The files in the order of their links; where one goes on with none of the others, what that breaks is told of it. */
async function linked(given) {
  const { verifyLog } = await import("../audit/index.js");
  const read = [];
  for (const { each, isLinked } of inOrderOfLinks(given)) {
    each.isLinked = isLinked;
    if (read.length > 0 && !isLinked && each.first.text !== null) {
      const { breaks } = await verifyLog([each.first.text, "\n"], { previous: read.at(-1).report });
      const gap = breaks.filter(({ fault }) => fault === "not_continued");
      each.report = { ...each.report, whole: false, breaks: [...gap, ...each.report.breaks] };
    }
    read.push(each);
  }
  return read;
}

/** A checkpoint that was kept is of one of the files; where it is of none, the last one tells of it. */
function settleKept(read, { checkpoint }) {
  if (checkpoint === undefined) return;
  const misses = ({ report }) => report.moreBreaks > 0 || report.breaks.some(({ fault }) => OF_KEPT.has(fault));
  const stands = read.some((each) => !misses(each));
  for (const each of stands ? read : read.slice(0, -1)) each.report = without(each.report, ({ fault }) => OF_KEPT.has(fault));
}

/** A file whose end is named by the next one is sealed by whatever seals that line. */
function carrySeals(read) {
  for (let at = read.length - 1; at > 0; at -= 1) {
    const [before, { report, isLinked }] = [read[at - 1], read[at]];
    const isSealed = report.whole && report.sealed > 0 && !(report.found ?? []).some(({ from }) => from <= 1);
    if (!isLinked || !isSealed || !before.report.whole) continue;
    const { lines, found = [] } = before.report;
    const unsealed = found.reduce((sum, { from, to }) => sum + Math.max(0, to - from + 1), 0);
    if (lines - unsealed > before.report.sealed) before.report = { ...before.report, sealed: lines - unsealed, unsealed };
  }
}

function without(report, isLeftOut) {
  const breaks = report.breaks.filter((found) => !isLeftOut(found));
  return breaks.length === report.breaks.length ? report : { ...report, breaks, whole: breaks.length === 0 && report.moreBreaks === 0 };
}

/** The first line of what goes through it; null where that has none. */
class FirstLine {
  #parts = [];
  #length = 0;
  text = null;

  async *of(source) {
    for await (const chunk of source) {
      if (this.#parts !== null) this.#take(chunk);
      yield chunk;
    }
  }

  #take(chunk) {
    const end = chunk.indexOf(NEWLINE);
    this.#parts.push(Buffer.from(end === -1 ? chunk : chunk.subarray(0, end)));
    this.#length += chunk.length;
    if (end === -1 && this.#length <= MAX_LINE_BYTES) return;
    if (end !== -1) this.text = Buffer.concat(this.#parts);
    this.#parts = null;
  }
}
