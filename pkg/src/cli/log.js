import { parse, UsageError } from "./arguments.js";
import { nameOf, readText } from "./input.js";
import { readLogs } from "./log_files.js";
import { brief, counted, printable, printableJson } from "./output.js";

const MAX_FILE_BYTES = 64 * 1024;

const OPTIONS = {
  key: { type: "string" },
  checkpoint: { type: "string" },
  "log-id": { type: "string" },
  "require-sealed": { type: "boolean" },
  "min-size": { type: "string" },
};

/** `log verify FILE…`: of several files each goes on with the one before, in the order that their links tell. */
export async function log(args, io, help) {
  const { values, positionals } = parse("log", args, OPTIONS, 0, Infinity);
  if (values.help) return help("log");
  const [command, ...files] = positionals;
  if (command === undefined) throw new UsageError("log needs a command, verify; see trusthandoff log --help");
  if (command !== "verify") throw new UsageError(`unknown command \`log ${brief(command)}\`; see trusthandoff log --help`);
  if (files.length === 0) throw new UsageError("log verify needs a FILE, or - for standard input; see trusthandoff log --help");
  if (files.filter((file) => file === "-").length > 1) throw new UsageError("standard input can be one of the files only");
  const trust = await trustOf(values);
  const { read, isReordered } = await readLogs(files, trust, demandsOf(values), io);
  io.refused = read.some(({ report }) => !report.whole);
  if (isReordered && !values.json) await row(io, "order", `taken from the links: ${read.map(({ file }) => printable(nameOf(file))).join(", ")}`);
  for (const { report, file } of read) {
    const name = files.length > 1 ? file : null;
    await (values.json ? io.out.line(json(report, name)) : show(report, io, trust, name));
  }
  return io.refused ? 1 : 0;
}

function demandsOf({ "log-id": logId, "require-sealed": requireSealed = false, "min-size": least = "0" }) {
  if (logId === "") throw new UsageError("--log-id must name a log");
  if (!/^\d{1,15}$/.test(least)) throw new UsageError(`--min-size must be a number of lines, not \`${brief(least)}\``);
  return { logId, requireSealed, minSize: Number(least) };
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

function json({ whole, lines, sealed, unsealed, checkpoints, logId, root, continues, tail, breaks, moreBreaks, found }, file) {
  const before = continues && { log_id: continues.logId, size: continues.size, root: continues.root };
  const named = file === null ? {} : { file };
  const report = { ...named, whole, lines, sealed, unsealed, checkpoints, log_id: logId, root, continues: before, tail, breaks, more_breaks: moreBreaks, found };
  return printableJson(JSON.stringify(report));
}

async function show(report, io, trust, file) {
  if (file !== null) await row(io, "file", printable(nameOf(file)), (text) => text);
  for (const [name, text] of rows(report, trust)) {
    await row(io, name, text, name === "whole" ? io.paint.good : name === "broken" ? io.paint.bad : io.paint.dim);
  }
}

async function row(io, name, text, paint = io.paint.dim) {
  await io.out.line(`${paint(name.padEnd(9))} ${text}`);
}

function* rows({ whole, lines, sealed, unsealed, checkpoints, logId, root, continues, tail, breaks, moreBreaks, found = [] }, trust) {
  if (whole) yield ["whole", `${counted(lines, "line")}, none of them altered, added, removed or moved`];
  for (const { message } of breaks) yield ["broken", printable(message)];
  if (moreBreaks > 0) yield ["broken", `and ${counted(moreBreaks, "more break")}`];
  if (sealed > 0) yield ["sealed", `${counted(sealed, "line")}, ${counted(checkpoints, "trusted checkpoint")} in the log`];
  if (unsealed > 0) yield ["unsealed", `${counted(unsealed, "line")}${vouched(trust)}`];
  for (const each of found) yield ["found", foundText(each)];
  if (tail > 0) yield ["tail", `${counted(tail, "byte")} after the last newline: the writer stopped in the middle of a line`];
  if (logId !== null) yield ["log", printable(logId)];
  if (continues !== null) yield ["follows", `${printable(continues.logId)}, ${counted(continues.size, "line")}`];
  yield ["root", root];
}

function vouched({ keys, checkpoint }) {
  const trusted = keys !== undefined || checkpoint !== undefined;
  return trusted ? " that no trusted checkpoint vouches for" : ": with neither --key nor --checkpoint nobody vouches for a line";
}

/** What the keeper found when it opened the log, as the checkpoint in `line` tells. */
function foundText({ line, from, to, reason }) {
  const what = from > to ? "all lines before it sealed" : from === to ? `line ${from} not sealed` : `lines ${from} to ${to} not sealed`;
  return `when the log was opened before line ${line}: ${what} (${printable(reason)})`;
}
