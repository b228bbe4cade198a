/**
 * Whoever keeps a log can write it anew, every hash made again, so that it looks whole. Against a checkpoint that is kept elsewhere
 * no line can be touched: each of a thousand is tried.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { NOW, planner } from "./support.mjs";
import { LogWriter, verifyLog } from "../../pkg/dist/sentinel.js";

const LINES = 1000;
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const timeOf = (n) => new Date(NOW + n * 1000).toISOString();
const told = (n) => ({ event_id: `e-${n}`, event_type: "tool_used", timestamp: timeOf(n), producer_id: "agent:gate", action: "read" });

function genuine() {
  const writer = new LogWriter({ logId: "kept" });
  const lines = Array.from({ length: LINES }, (_, n) => writer.append(told(n)));
  return { lines, kept: writer.checkpoint(planner, { now: NOW }) };
}

/** The log with every `prev` from line `from` on made again. */
function chainedAnew(lines, from) {
  const anew = lines.slice(0, from);
  for (const line of lines.slice(from)) {
    const prev = anew.length === 0 ? "0".repeat(64) : sha256(anew.at(-1));
    anew.push(line.replace(/"prev": "[0-9a-f]{64}"/, `"prev": "${prev}"`));
  }
  return anew;
}

const MANIPULATIONS = {
  "edited a line": (lines, at) => lines.with(at, lines[at].replace('"read"', '"wipe"')),
  "removed a line": (lines, at) => lines.toSpliced(at, 1),
  "told a line twice": (lines, at) => lines.toSpliced(at, 0, lines[at]),
  "put another line in its place": (lines, at) => lines.with(at, lines[(at + 7) % LINES]),
  "moved a line to the next place": (lines, at) => (at + 1 < LINES ? lines.with(at, lines[at + 1]).with(at + 1, lines[at]) : lines.toReversed()),
};

test("whatever is done to one of 1,000 lines, with the whole chain made again, the checkpoint kept elsewhere shows it", async () => {
  const { lines, kept } = genuine();
  const textOf = (all) => `${all.join("\n")}\n`;
  const names = Object.keys(MANIPULATIONS);
  assert.equal((await verifyLog(textOf(chainedAnew(lines, 0)), { checkpoint: kept })).whole, true);
  const faults = new Set();
  for (let at = 0; at < LINES; at += 1) {
    const name = names[at % names.length];
    const anew = textOf(chainedAnew(MANIPULATIONS[name](lines, at), at === LINES - 1 ? 0 : at));
    const report = await verifyLog(anew, { checkpoint: kept });
    assert.deepEqual([report.whole, report.sealed], [false, 0], `${name}, line ${at + 1}`);
    report.breaks.forEach(({ fault }) => faults.add(fault));
    // The chain alone says nothing.
    if (at % 100 < names.length) assert.equal((await verifyLog(anew)).whole, true, `${name}, line ${at + 1}`);
  }
  assert.deepEqual([...faults].sort(), ["last_line_altered", "log_shorter", "root_mismatch"]);
});
