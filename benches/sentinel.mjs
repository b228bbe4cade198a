/**
 * Sentinel beside the reference's, on one event log that is made here: how long each takes from the file to the last finding, and the
 * most memory its process had. Each in a process of its own.
 */
import { execFileSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensured } from "./reference.mjs";

const PYTHON = fileURLToPath(new URL("../.tools/interop/0.3.3-pydantic2.14/bin/python", import.meta.url));
const file = (name) => fileURLToPath(new URL(name, import.meta.url));

const AGENTS = 500;
/** One packet of so many is refused. */
const REFUSED = 50;

/** Rows `{ name, seconds, mb_per_s, peak_mb, ratio }`, and why the reference is not among them, if it is not. */
export function sentinelRows(megabytes, progress) {
  const folder = mkdtempSync(join(tmpdir(), "trusthandoff-bench-"));
  try {
    const log = join(folder, "events.jsonl");
    progress(`writing an event log of ${megabytes} MB`);
    write(log, megabytes * 1e6);
    const size = statSync(log).size;
    const missing = ensured();
    const runs = [
      ["Sentinel", process.execPath, [file("sentinel_ours.mjs"), log, "plain"]],
      ["Sentinel and the hash chain", process.execPath, [file("sentinel_ours.mjs"), log, "chained"]],
      ...(missing === null ? [["Python 0.3.3 Sentinel", PYTHON, [file("sentinel_reference.py"), log]]] : []),
    ];
    const measured = runs.map(([name, program, args]) => {
      progress(`${name} reads ${megabytes} MB`);
      return { name, ...JSON.parse(execFileSync(program, args, { encoding: "utf8", maxBuffer: 1e8 })) };
    });
    agree(measured);
    const baseline = measured[0].seconds;
    const rows = measured.map(({ name, seconds, peak_mb }) => ({ name, seconds, mb_per_s: size / 1e6 / seconds, peak_mb, ratio: seconds / baseline }));
    return { bytes: size, rows, missing };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All must have found what the reference looks for, in the same number. */
function agree(measured) {
  const [first, ...others] = measured.map(({ found }) => JSON.stringify(found));
  if (others.some((found) => found !== first)) throw new Error(`the counts differ: ${[first, ...others].join(" and ")}`);
}

function write(path, bytes) {
  const out = openSync(path, "w");
  let prev = "0".repeat(64);
  for (let [n, written] = [0, 0]; written < bytes; ) {
    let text = "";
    while (text.length < 1 << 20) {
      const line = lineOf((n += 1), prev);
      prev = createHash("sha256").update(line).digest("hex");
      text += `${line}\n`;
    }
    written += writeSync(out, text);
  }
  closeSync(out);
}

/** In the shape in which the reference dumps its events. */
function lineOf(n, prev) {
  const id = randomUUID();
  const refused = n % REFUSED === 0;
  const type = refused ? "packet_rejected" : "packet_accepted";
  const from = `agent:${String(n % AGENTS).padStart(16, "a")}`;
  return `{"event_id": "${id}", "event_type": "${type}", "timestamp": "${new Date(1772971200000 + n * 500).toISOString()}", "producer_id": "agent:gate", "correlation_id": "pk-${n}", "idempotency_key": "${type}:${id}", "packet_id": "pk-${n}", "task_id": "t-${n}", "from_agent": "${from}", "to_agent": "agent:gate", "reason": ${refused ? '"expired"' : "null"}, "prev": "${prev}"}`;
}
