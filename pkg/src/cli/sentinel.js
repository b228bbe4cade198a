import { closeSync, createReadStream, openSync, readSync, statSync, writeFileSync } from "node:fs";
import { parse, UsageError } from "./arguments.js";
import { chunks, nameOf, readText, whyNot } from "./input.js";
import { trustOf } from "./log.js";
import { brief, counted, printable, Progress } from "./output.js";

const MAX_RULES_BYTES = 1024 * 1024;

const SEVERITIES = ["info", "low", "medium", "high", "critical"];

const OPTIONS = {
  html: { type: "string" },
  since: { type: "string" },
  type: { type: "string" },
  "min-severity": { type: "string" },
  "fail-on": { type: "string" },
  rules: { type: "string" },
  key: { type: "string" },
  checkpoint: { type: "string" },
};

/** `sentinel FILE… [--json|--html OUT] [--fail-on S] [--since RFC3339] [--type T] [--min-severity S] [--rules FILE]` */
export async function sentinel(args, io, help) {
  const { values, positionals } = parse("sentinel", args, OPTIONS, 1, Infinity);
  if (values.help) return help("sentinel");
  if (values.json && values.html !== undefined) throw new UsageError("--json and --html exclude each other");
  const failing = failingOf(values["fail-on"]);
  if (values.html !== undefined) mayWrite(values.html, positionals);
  const findings = values.json ? new Findings(io, failing) : null;
  const audit = await begun(values, findings);
  await read(audit, positionals, io, findings);
  const summary = audit.summary();
  const count = Object.values(summary.severities).reduce((sum, n) => sum + n, 0);
  const fails = failing.some((severity) => summary.severities[severity] > 0);
  // Whoever reads may stop reading before the end.
  io.refused = fails;
  if (values.json) {
    await io.out.line(summary.text);
  } else if (values.html !== undefined) {
    await write(values.html, audit.reportHtml(), `${counted(count, "finding")} in ${positionals.map(nameOf).join(", ")}`, io);
  } else {
    await io.out.line(audit.report({ colour: io.colour, width: io.width }).trimEnd());
  }
  return fails ? 1 : 0;
}

/** The severities that make the command fail. */
function failingOf(least = "medium") {
  if (least === "none") return [];
  const at = SEVERITIES.indexOf(least);
  if (at === -1) throw new UsageError(`--fail-on must be info, low, medium, high, critical or none, not \`${brief(least)}\``);
  return SEVERITIES.slice(at);
}

/** What was found, kept until it is printed. A report shows the first of each kind and counts the others, so it is not told of each. */
class Findings {
  #texts = [];
  #io;
  #failing;

  constructor(io, failing) {
    this.#io = io;
    this.#failing = failing;
  }

  take({ text, severity }) {
    if (this.#failing.includes(severity)) this.#io.refused = true;
    this.#texts.push(text);
  }

  async print() {
    const texts = this.#texts;
    this.#texts = [];
    for (const text of texts) await this.#io.out.line(text);
  }
}

async function begun(values, findings) {
  const { Sentinel } = await import("../audit/index.js");
  const rules = values.rules === undefined ? undefined : await readText(values.rules, MAX_RULES_BYTES);
  const trust = await trustOf(values);
  const options = {
    ...trust,
    ...(findings === null ? {} : { onFinding: (finding) => findings.take(finding) }),
  };
  const audit = (more) => new Sentinel({ ...options, ...more });
  usable(() => audit({ since: values.since }), `--since must be RFC 3339, such as 2026-03-08T12:00:00Z, not \`${brief(values.since ?? "")}\``);
  usable(() => audit({ minSeverity: values["min-severity"] }), `--min-severity must be info, low, medium, high or critical, not \`${brief(values["min-severity"] ?? "")}\``);
  usable(() => audit({ rules }), `cannot use the rules in ${values.rules}`, true);
  const whole = { since: values.since, minSeverity: values["min-severity"], rules, types: values.type?.split(",") };
  return usable(() => audit(whole), "cannot use --type", true);
}

function usable(work, complaint, tellsWhy = false) {
  try {
    return work();
  } catch (error) {
    const why = tellsWhy ? `: ${brief(error.message)} (${error.code}${error.field ? ` at ${brief(error.field)}` : ""})` : "";
    throw new UsageError(`${complaint}${why}`);
  }
}

async function read(audit, files, io, findings) {
  const progress = new Progress(io.stderr);
  const onProgress = ({ bytes, lines }) => progress.read(lines, bytes);
  // What was found in a piece is printed before the next one is read, so that a log of any length takes no more memory.
  const stream = async function* (file) {
    for await (const chunk of chunks(file)) {
      yield chunk;
      await findings?.print();
    }
  };
  await audit.ingestFiles(files.map((file) => logFile(file, stream)), { onProgress });
  audit.end();
  progress.clear();
  await findings?.print();
}

/** A file as the audit takes it. Standard input is read once, from its beginning. */
function logFile(path, stream) {
  const file = { name: nameOf(path), stream: () => stream(path) };
  const about = path === "-" ? undefined : statSync(path, { throwIfNoEntry: false });
  if (about?.isFile() !== true) return file;
  return { ...file, size: about.size, slice: (from, to) => ({ arrayBuffer: () => part(path, from, to) }) };
}

async function part(path, from, to) {
  if (to <= from) return new ArrayBuffer(0);
  const parts = [];
  try {
    for await (const chunk of createReadStream(path, { start: from, end: to - 1 })) parts.push(chunk);
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${whyNot(error)}`);
  }
  return new Uint8Array(Buffer.concat(parts)).buffer;
}

/** How a report begins: what begins otherwise is somebody's file, and is not written over. */
const REPORT = '<!doctype html><html lang="en"><head><meta charset="utf-8">';

/** Throws where a page cannot be written to `path`, before a long log is read for it. */
function mayWrite(path, files) {
  if (path === "-") return;
  if (path === "") throw new UsageError("--html needs the name of a file, or - for standard output");
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  const isLog = files.some((file) => {
    const log = file === "-" ? undefined : statSync(file, { throwIfNoEntry: false });
    return log !== undefined && log.ino === there.ino && log.dev === there.dev;
  });
  if (isLog) throw new UsageError(`--html would write over the log ${path}; name another file`);
  if (!there.isFile()) throw new UsageError(`cannot write ${path}: not a file`);
  if (there.size > 0 && !isReport(path)) throw new UsageError(`${path} is there, and is no report; name another file for --html`);
}

function isReport(path) {
  const begins = Buffer.alloc(REPORT.length);
  let file;
  try {
    file = openSync(path, "r");
    return readSync(file, begins) === begins.length && begins.toString("latin1") === REPORT;
  } catch (error) {
    throw new UsageError(`cannot write ${path}: ${whyNot(error)}`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

async function write(path, page, told, io) {
  if (path === "-") return io.out.line(page);
  try {
    writeFileSync(path, page);
  } catch (error) {
    throw new UsageError(`cannot write ${path}: ${whyNot(error)}`);
  }
  await io.out.line(printable(`${told}; the report is in ${path}`));
}
