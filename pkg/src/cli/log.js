import { parse, UsageError } from "./arguments.js";
import { chunks, readText } from "./input.js";
import { brief, counted, printable, printableJson, Progress } from "./output.js";

const MAX_FILE_BYTES = 64 * 1024;

const OPTIONS = { key: { type: "string" }, checkpoint: { type: "string" } };

/** What is wrong where a checkpoint that was kept does not stand. */
const OF_KEPT = new Set(["log_shorter", "last_line_altered", "root_mismatch"]);

/** `log verify FILE… [--checkpoint FILE] [--key PEM]`: of several files each goes on with the one before. */
export async function log(args, io, help) {
  const { values, positionals } = parse("log", args, OPTIONS, 2, Infinity);
  if (values.help) return help("log");
  const [command, ...files] = positionals;
  if (command !== "verify") throw new UsageError(`unknown command \`log ${brief(command)}\`; see trusthandoff log --help`);
  if (files.filter((file) => file === "-").length > 1) throw new UsageError("standard input can be one of the files only");
  const trust = await trustOf(values);
  const read = [];
  let { checkpoint } = trust;
  for (const [at, file] of files.entries()) {
    const report = await verified(file, { ...trust, checkpoint, previous: read.at(-1)?.report }, io);
    const others = report.breaks.filter(({ fault }) => !OF_KEPT.has(fault));
    const stands = others.length === report.breaks.length && report.moreBreaks === 0;
    if (stands) checkpoint = undefined;
    // It may be of one of the next; where it is of none, the last one tells of it.
    const isOther = !stands && at < files.length - 1;
    const told = isOther ? { ...report, breaks: others, whole: others.length === 0 && report.moreBreaks === 0 } : report;
    read.push({ report: told, name: files.length > 1 ? file : null });
  }
  io.refused = read.some(({ report }) => !report.whole);
  for (const { report, name } of read) {
    await (values.json ? io.out.line(json(report, name)) : show(report, io, trust, name));
  }
  return io.refused ? 1 : 0;
}

async function verified(file, options, io) {
  const { verifyLog } = await import("../audit/index.js");
  const progress = new Progress(io.stderr);
  const report = await verifyLog(chunks(file), { ...options, onProgress: ({ bytes, lines }) => progress.read(lines, bytes) });
  progress.clear();
  return report;
}

/** `--key` and `--checkpoint` as `keys` and `checkpoint`, each read and found good. */
export async function trustOf({ key, checkpoint }) {
  const { readCheckpoint, verifyLog } = await import("../audit/index.js");
  const trust = {};
  if (key !== undefined) {
    trust.keys = [await usable("key", key, (text) => verifyLog("", { keys: [text] }))];
  }
  if (checkpoint !== undefined) {
    trust.checkpoint = await usable("checkpoint", checkpoint, (text) => readCheckpoint(text));
  }
  return trust;
}

async function usable(what, file, tried) {
  if (file === "" || file === "-") throw new UsageError(`--${what} must be a file`);
  const text = await readText(file, MAX_FILE_BYTES);
  try {
    await tried(text);
  } catch (error) {
    throw new UsageError(`cannot use the ${what} in ${file}: ${brief(error.message)} (${error.code})`);
  }
  return text;
}

function json({ whole, lines, sealed, unsealed, checkpoints, logId, root, continues, tail, breaks, moreBreaks }, file) {
  const before = continues && { log_id: continues.logId, size: continues.size, root: continues.root };
  const named = file === null ? {} : { file };
  const report = { ...named, whole, lines, sealed, unsealed, checkpoints, log_id: logId, root, continues: before, tail, breaks, more_breaks: moreBreaks };
  return printableJson(JSON.stringify(report));
}

async function show(report, io, trust, file) {
  if (file !== null) await io.out.line(`${"file".padEnd(9)} ${printable(file)}`);
  for (const [name, text] of rows(report, trust)) {
    const paint = name === "whole" ? io.paint.good : name === "broken" ? io.paint.bad : io.paint.dim;
    await io.out.line(`${paint(name.padEnd(9))} ${text}`);
  }
}

function* rows({ whole, lines, sealed, unsealed, checkpoints, logId, root, continues, tail, breaks, moreBreaks }, trust) {
  if (whole) yield ["whole", `${counted(lines, "line")}, none of them altered, added, removed or moved`];
  for (const { message } of breaks) yield ["broken", printable(message)];
  if (moreBreaks > 0) yield ["broken", `and ${counted(moreBreaks, "more break")}`];
  if (sealed > 0) yield ["sealed", `${counted(sealed, "line")}, ${counted(checkpoints, "trusted checkpoint")} in the log`];
  if (unsealed > 0) yield ["unsealed", `${counted(unsealed, "line")}${vouched(trust)}`];
  if (tail > 0) yield ["tail", `${counted(tail, "byte")} after the last newline: the writer stopped in the middle of a line`];
  if (logId !== null) yield ["log", printable(logId)];
  if (continues !== null) yield ["follows", `${printable(continues.logId)}, ${counted(continues.size, "line")}`];
  yield ["root", root];
}

function vouched({ keys, checkpoint }) {
  const trusted = keys !== undefined || checkpoint !== undefined;
  return trusted ? " that no trusted checkpoint vouches for" : ": with neither --key nor --checkpoint nobody vouches for a line";
}
