/**
 * Sentinel beside the reference's, on an event log that the reference writes: how long each takes from the file to the last finding,
 * and the most memory its process had. Each in a process of its own, turn by turn, the median of all turns. The same events once
 * more, each line with the hash of the one before, are the log of which Sentinel verifies the chain too.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ensured } from "./reference.mjs";
import { median } from "./statistics.mjs";

const PYTHON = fileURLToPath(new URL("../.tools/interop/0.3.3-pydantic2.14/bin/python", import.meta.url));
const file = (name) => fileURLToPath(new URL(name, import.meta.url));

const TURNS = 5;

/** Rows `{ name, seconds, mb_per_s, peak_mb, ratio }`, or why there are none: it is the reference that writes the log. */
export async function sentinelRows(megabytes, progress) {
  const missing = ensured();
  if (missing !== null) return { bytes: 0, rows: [], missing };
  const folder = mkdtempSync(join(tmpdir(), "trusthandoff-bench-"));
  try {
    const [log, chained] = [join(folder, "events.jsonl"), join(folder, "chained.jsonl")];
    progress(`the reference writes an event log of ${megabytes} MB`);
    execFileSync(PYTHON, [file("sentinel_log.py"), log, String(megabytes * 1e6)]);
    await chain(log, chained);
    const subjects = [
      ["Sentinel", log, process.execPath, [file("sentinel_ours.mjs"), log, "plain"]],
      ["Sentinel and the hash chain", chained, process.execPath, [file("sentinel_ours.mjs"), chained, "chained"]],
      ["Python 0.3.3 Sentinel", log, PYTHON, [file("sentinel_reference.py"), log]],
    ];
    const runs = subjects.map(() => []);
    for (let turn = 1; turn <= TURNS; turn += 1) {
      for (const [at, [name, , program, args]] of subjects.entries()) {
        progress(`${name} reads the log, ${turn} of ${TURNS}`);
        runs[at].push(JSON.parse(execFileSync(program, args, { encoding: "utf8", maxBuffer: 1e8 })));
      }
    }
    agree(runs.flat());
    const rows = subjects.map(([name, path], at) => {
      const seconds = median(runs[at].map((run) => run.seconds));
      const ratio = median(runs[at].map((run, turn) => run.seconds / runs[0][turn].seconds));
      return { name, seconds, mb_per_s: statSync(path).size / 1e6 / seconds, peak_mb: median(runs[at].map((run) => run.peak_mb)), ratio };
    });
    return { bytes: statSync(log).size, rows, missing: null };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All must have found what the reference looks for, in the same number. */
function agree(measured) {
  const [first, ...others] = measured.map(({ found }) => JSON.stringify(found));
  if (others.some((found) => found !== first)) throw new Error(`the counts differ: ${[first, ...others].join(" and ")}`);
}

/** The events of a log as lines that each carry the hash of the one before. */
async function chain(from, to) {
  const out = openSync(to, "w");
  let prev = "0".repeat(64);
  let text = "";
  for await (const event of createInterface({ input: createReadStream(from), crlfDelay: Infinity })) {
    const line = `${event.slice(0, -1)}, "prev": "${prev}"}`;
    prev = createHash("sha256").update(line).digest("hex");
    text += `${line}\n`;
    if (text.length > 1 << 20) {
      writeSync(out, text);
      text = "";
    }
  }
  writeSync(out, text);
  closeSync(out);
}
