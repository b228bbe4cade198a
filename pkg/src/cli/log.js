import { parse, UsageError } from "./arguments.js";
import { chunks, readText } from "./input.js";
import { brief, counted, printable, printableJson, Progress } from "./output.js";

const MAX_FILE_BYTES = 64 * 1024;

const OPTIONS = { key: { type: "string" }, checkpoint: { type: "string" } };

/** `log verify FILE [--checkpoint FILE] [--key PEM]` */
export async function log(args, io, help) {
  const { values, positionals } = parse("log", args, OPTIONS, 2);
  if (values.help) return help("log");
  const [command, file] = positionals;
  if (command !== "verify") throw new UsageError(`unknown command \`log ${brief(command)}\`; see trusthandoff log --help`);
  const { verifyLog } = await import("../audit/index.js");
  const trust = await trustOf(values);
  const progress = new Progress(io.stderr);
  const report = await verifyLog(chunks(file), { ...trust, onProgress: ({ bytes, lines }) => progress.read(lines, bytes) });
  progress.clear();
  io.refused = !report.whole;
  await (values.json ? io.out.line(json(report)) : show(report, io, trust));
  return report.whole ? 0 : 1;
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

function json({ whole, lines, sealed, unsealed, checkpoints, logId, root, tail, breaks, moreBreaks }) {
  const report = { whole, lines, sealed, unsealed, checkpoints, log_id: logId, root, tail, breaks, more_breaks: moreBreaks };
  return printableJson(JSON.stringify(report));
}

async function show(report, io, trust) {
  for (const [name, text] of rows(report, trust)) {
    const paint = name === "whole" ? io.paint.good : name === "broken" ? io.paint.bad : io.paint.dim;
    await io.out.line(`${paint(name.padEnd(9))} ${text}`);
  }
}

function* rows({ whole, lines, sealed, unsealed, checkpoints, logId, root, tail, breaks, moreBreaks }, trust) {
  if (whole) yield ["whole", `${counted(lines, "line")}, none of them altered, added, removed or moved`];
  for (const { message } of breaks) yield ["broken", printable(message)];
  if (moreBreaks > 0) yield ["broken", `and ${counted(moreBreaks, "more break")}`];
  if (sealed > 0) yield ["sealed", `${counted(sealed, "line")}, ${counted(checkpoints, "trusted checkpoint")} in the log`];
  if (unsealed > 0) yield ["unsealed", `${counted(unsealed, "line")}${vouched(trust)}`];
  if (tail > 0) yield ["tail", `${counted(tail, "byte")} after the last newline: the writer stopped in the middle of a line`];
  if (logId !== null) yield ["log", printable(logId)];
  yield ["root", root];
}

function vouched({ keys, checkpoint }) {
  const trusted = keys !== undefined || checkpoint !== undefined;
  return trusted ? " that no trusted checkpoint vouches for" : ": with neither --key nor --checkpoint nobody vouches for a line";
}
