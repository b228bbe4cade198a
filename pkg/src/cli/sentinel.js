import { writeFileSync } from "node:fs";
import { parse, UsageError } from "./arguments.js";
import { chunks, nameOf, readText, whyNot } from "./input.js";
import { trustOf } from "./log.js";
import { brief, counted, printable, Progress } from "./output.js";

const MAX_RULES_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

const OPTIONS = {
  html: { type: "string" },
  since: { type: "string" },
  type: { type: "string" },
  "min-severity": { type: "string" },
  rules: { type: "string" },
  key: { type: "string" },
  checkpoint: { type: "string" },
};

/** `sentinel FILE… [--json|--html OUT] [--since RFC3339] [--type T] [--min-severity S] [--rules FILE]` */
export async function sentinel(args, io, help) {
  const { values, positionals } = parse("sentinel", args, OPTIONS, 1, Infinity);
  if (values.help) return help("sentinel");
  if (values.json && values.html !== undefined) throw new UsageError("--json and --html exclude each other");
  const findings = values.json ? new Findings(io) : null;
  const audit = await begun(values, findings);
  await read(audit, positionals, io, findings);
  const summary = audit.summary();
  const count = Object.values(summary.severities).reduce((sum, n) => sum + n, 0);
  // Whoever reads may stop reading before the end.
  io.refused = count > 0;
  if (values.json) {
    await io.out.line(summary.text);
  } else if (values.html !== undefined) {
    await write(values.html, audit.reportHtml(), `${counted(count, "finding")} in ${positionals.map(nameOf).join(", ")}`, io);
  } else {
    await io.out.line(audit.report({ colour: io.colour, width: io.width }).trimEnd());
  }
  return count > 0 ? 1 : 0;
}

/** What was found, kept until it is printed. A report shows the first of each kind and counts the others, so it is not told of each. */
class Findings {
  #texts = [];
  #io;

  constructor(io) {
    this.#io = io;
  }

  take({ text }) {
    this.#io.refused = true;
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
  const source = (async function* () {
    for await (const chunk of joined(files)) {
      yield chunk;
      await findings?.print();
    }
  })();
  await audit.ingestStream(source, { onProgress });
  audit.end();
  progress.clear();
  await findings?.print();
}

/** Several files as one log. A last line that was never finished does not run into the next file. */
async function* joined(files) {
  for (const [at, file] of files.entries()) {
    let last = NEWLINE;
    for await (const chunk of chunks(file)) {
      yield chunk;
      last = chunk.at(-1) ?? last;
    }
    if (last !== NEWLINE && at < files.length - 1) yield Uint8Array.of(NEWLINE);
  }
}

async function write(path, page, told, io) {
  if (path === "-") return io.out.line(page);
  if (path === "") throw new UsageError("--html needs the name of a file, or - for standard output");
  try {
    writeFileSync(path, page);
  } catch (error) {
    throw new UsageError(`cannot write ${path}: ${whyNot(error)}`);
  }
  await io.out.line(printable(`${told}; the report is in ${path}`));
}
