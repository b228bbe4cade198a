/**
 * A log is opened as a stranger's: what no checkpoint of its keeper covers is stated in a signed line and never sealed without a word,
 * whoever wrote it meanwhile.
 */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { LogWriter, verifyLog } from "../../pkg/dist/sentinel.js";
import { JsonlSink } from "../../pkg/dist/sinks/jsonl.js";
import { AgentIdentity, failureOf, planner, researcher } from "./support.mjs";

const keys = [researcher.publicKeyPem];
const chained = { logId: "gate-1", identity: researcher };
const told = (n) => ({ event_id: `e-${n}`, event_type: "tool_used", action: n === 4 ? "deploy:prod" : "read" });
const linesOf = (path) => readFileSync(path, "utf8").split("\n").slice(0, -1);
const kept = (path) => join(path, "..", `.${path.split("/").at(-1)}.checkpoint`);
const reasons = (report) => (report.found ?? []).map(({ reason }) => reason);
const faults = (report) => report.breaks.map(({ fault }) => fault);

function place(t) {
  const home = mkdtempSync(join(tmpdir(), "trusthandoff-opening-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return join(home, "audit.jsonl");
}

/** Nine events and three checkpoints, the last line a checkpoint. */
async function written(t, options = {}) {
  const path = place(t);
  const sink = await JsonlSink.open(path, { ...chained, checkpointEvery: 3, ...options });
  for (let n = 0; n < 9; n += 1) await sink.emit(told(n));
  await sink.close();
  assert.equal(linesOf(path).length, 12);
  return path;
}

async function goesOn(path, options = {}) {
  const sink = await JsonlSink.open(path, { ...chained, ...options });
  await sink.emit({ event_id: "next", event_type: "tool_used" });
  await sink.close();
  return verifyLog(readFileSync(path), { keys: [...keys, planner.publicKeyPem] });
}

/** What somebody with write access and no key can make of events: a chain that holds. */
function chainedAnew(events) {
  const writer = new LogWriter({ logId: "gate-1" });
  return events.map((event) => `${writer.append(event)}\n`).join("");
}

const without = (path, isLeftOut) => linesOf(path).map((line) => JSON.parse(line)).filter((event) => event.event_type !== "log_checkpoint" && !isLeftOut(event));

test("a log that nobody touched is gone on with, and nothing is said", async (t) => {
  const path = await written(t);
  const report = await goesOn(path);
  assert.deepEqual([report.whole, report.lines, report.sealed, report.unsealed, report.found], [true, 14, 14, 0, undefined]);
  assert.equal(readFileSync(kept(path), "utf8"), `${linesOf(path).at(-1)}\n`, "the newest checkpoint is kept beside it");
});

test("history that was written anew is never sealed as if the keeper had written it", async (t) => {
  for (const isKept of [true, false]) {
    const path = await written(t);
    writeFileSync(path, chainedAnew(without(path, ({ action }) => action === "deploy:prod")));
    if (!isKept) rmSync(kept(path));
    const report = await goesOn(path);
    // Eight lines of somebody's, then the statement, the event, and the checkpoint behind it.
    assert.deepEqual([report.lines, report.sealed, report.unsealed], [11, 3, 8], `kept: ${isKept}`);
    assert.deepEqual([report.whole, reasons(report), faults(report)], isKept ? [false, ["log_shorter"], ["found_changed"]] : [true, ["checkpoint_missing"], []]);
    assert.deepEqual([report.found[0].line, report.found[0].from, report.found[0].to], [9, 1, 8]);
    assert.equal((await verifyLog(readFileSync(path), { keys, requireSealed: true })).whole, false);
    const again = await goesOn(path);
    assert.deepEqual([again.unsealed, again.found.length], [8, 1], "what was stated once is not stated again");
  }
});

test("lines behind the last checkpoint are recorded as unsealed, whether a crash or somebody left them there", async (t) => {
  const path = await written(t);
  const { writer } = await LogWriter.open(readFileSync(path), { logId: "gate-1", keys });
  const more = [20, 21].map((n) => writer.append(told(n)));
  writeFileSync(path, [...linesOf(path), ...more].map((line) => `${line}\n`).join(""));
  const report = await goesOn(path);
  assert.deepEqual([report.whole, report.lines, report.sealed, report.unsealed], [true, 17, 15, 2]);
  assert.deepEqual(report.found, [{ from: 13, to: 14, reason: "not_sealed", line: 15 }]);
});

const TAMPERED = {
  "a line that was edited": { change: (lines) => lines.with(1, lines[1].replace("read", "wipe")), fault: "root_mismatch" },
  "a line that was left out": { change: (lines) => lines.toSpliced(5, 1), fault: "last_line_altered" },
  "lines that were added without a chain": { change: (lines) => [...lines, '{"event_type": "tool_used"}'], fault: "no_hash" },
  "a last line that was respelled": { change: (lines) => lines.with(11, lines[11].replace('"size": 11', '"size":  11')), fault: "checkpoint_invalid" },
  "an end that was cut off": { change: (lines) => lines.slice(0, 8), fault: "log_shorter" },
  "an end that was cut off at a checkpoint": { change: (lines) => lines.slice(0, 4), fault: "log_shorter" },
};

for (const [what, { change, fault }] of Object.entries(TAMPERED)) {
  test(`${what} is recorded as what it is when the log is opened, and the log is never whole again`, async (t) => {
    const path = await written(t);
    const changed = change(linesOf(path));
    writeFileSync(path, changed.map((line) => `${line}\n`).join(""));
    const report = await goesOn(path);
    assert.deepEqual([report.whole, reasons(report), report.lines], [false, [fault], changed.length + 3]);
    assert.ok(faults(report).includes("found_changed"));
    // Of an end that was cut off, what is left may be as it was sealed.
    assert.ok(fault === "log_shorter" || report.sealed < report.lines);
    assert.deepEqual(JSON.parse(linesOf(path)[changed.length]).unsealed_reason, fault, "before anything else is written");
  });
}

test("a log that is gone, emptied or taken elsewhere is missed", async (t) => {
  for (const remove of [(path) => rmSync(path), (path) => truncateSync(path, 0), (path) => renameSync(path, `${path}.bak`)]) {
    const path = await written(t);
    remove(path);
    const report = await goesOn(path);
    assert.deepEqual([report.whole, reasons(report), report.logId], [false, ["log_shorter"], "gate-1"]);
  }
});

test("a full log that was changed before the next one begins is recorded in itself", async (t) => {
  for (const [change, whole, unsealed] of [[(lines) => lines, true, 0], [(lines) => lines.with(1, lines[1].replace("read", "wipe")), false, 12]]) {
    const path = await written(t);
    writeFileSync(`${path}.1`, change(linesOf(path)).map((line) => `${line}\n`).join(""));
    rmSync(path);
    const report = await goesOn(path);
    const full = await verifyLog(readFileSync(`${path}.1`), { keys });
    assert.deepEqual([full.whole, full.unsealed], [whole, unsealed]);
    const next = await verifyLog(readFileSync(path), { keys, previous: full });
    assert.deepEqual([report.whole, next.whole, next.logId, next.unsealed], [true, true, "gate-1/1", 0]);
  }
});

test("what is kept beside the log may be older, of another key, unreadable or gone: the log goes on and says so", async (t) => {
  const other = await written(t, { identity: planner });
  const cases = [
    [(path, lines) => writeFileSync(kept(path), `${lines[3]}\n`), []],
    [(path) => writeFileSync(kept(path), "junk"), ["checkpoint_unreadable"]],
    [(path) => writeFileSync(kept(path), ""), ["checkpoint_unreadable"]],
    [(path) => writeFileSync(kept(path), readFileSync(kept(other))), ["checkpoint_of_another_key"]],
    [(path) => rmSync(kept(path)), ["checkpoint_missing"]],
  ];
  for (const [change, expected] of cases) {
    const path = await written(t);
    change(path, linesOf(path));
    const report = await goesOn(path);
    assert.deepEqual([report.whole, report.unsealed, reasons(report)], [true, 0, expected], `${change}`);
    assert.equal(readFileSync(kept(path), "utf8"), `${linesOf(path).at(-1)}\n`);
  }
  const path = await written(t);
  rmSync(kept(path));
  symlinkSync(other, kept(path));
  assert.equal((await failureOf(() => goesOn(path))).code, "config_invalid");
});

test("what is kept beside a log of another name is not passed over", async (t) => {
  const path = await written(t);
  rmSync(path);
  const error = await failureOf(() => JsonlSink.open(path, { ...chained, logId: "gate-2" }));
  assert.deepEqual([error.code, error.field], ["config_invalid", "logId"]);
  rmSync(kept(path));
  await (await JsonlSink.open(path, { ...chained, logId: "gate-2" })).close();
});

test("a keeper with a new key vouches for what its former keys sealed where they are named, and for no more", async (t) => {
  for (const [formerKeys, expected] of [[[researcher.publicKeyPem], []], [[], ["checkpoint_of_another_key"]]]) {
    const path = await written(t);
    const report = await goesOn(path, { identity: planner, formerKeys });
    assert.deepEqual([report.whole, report.unsealed, reasons(report)], [true, 0, expected], "both keys are trusted");
  }
});

test("files that are no log are left as they are", async (t) => {
  const contents = ['{"config": "no newline at the end"}', '{"event_id": "no event"}', "ssh-ed25519 AAAA", "name,value\n1,2\n", '{"a": 1}\n{"b": 2}\n', Buffer.from([...Array(3000).keys()].map((n) => (n * 7) % 251))];
  for (const options of [{}, chained, { logId: "gate-1" }]) {
    for (const content of contents) {
      const path = place(t);
      writeFileSync(path, content);
      assert.equal((await failureOf(() => JsonlSink.open(path, options)))?.code, "config_invalid", `${content}`);
      assert.deepEqual(readFileSync(path), Buffer.from(content));
      assert.equal(existsSync(join(path, "..", ".audit.jsonl.lock")), false);
    }
  }
  const path = await written(t);
  assert.equal((await failureOf(() => JsonlSink.open(path)))?.field, "logId", "a chained log is not gone on with as another");
  const plain = place(t);
  writeFileSync(plain, '{"event_type": "x"}\n');
  assert.equal((await failureOf(() => JsonlSink.open(plain, chained)))?.code, "config_invalid");
});

test("a log writer of whatever host seals nothing that it did not write without saying so", async () => {
  const writer = new LogWriter({ logId: "a" });
  const lines = Array.from({ length: 4 }, (_, n) => writer.append(told(n)));
  lines.push(writer.checkpoint(researcher), writer.append(told(5)));
  const textOf = (all) => all.map((line) => `${line}\n`).join("");
  const tampered = textOf(lines.with(1, lines[1].replace("read", "wipe")));
  const { writer: again } = await LogWriter.open(tampered, { logId: "a" });
  assert.deepEqual({ ...again.unsealed(researcher) }, { from: 1, to: 6, reason: "checkpoint_mismatch" });
  const added = [again.append(told(6)), again.checkpoint(researcher), again.append(told(7)), again.checkpoint(researcher)];
  assert.equal(again.unsealed(researcher), null);
  const report = await verifyLog(tampered + textOf(added), { keys });
  assert.deepEqual([report.whole, report.lines, report.sealed], [false, 10, 4]);
  const { writer: honest } = await LogWriter.open(textOf(lines), { logId: "a" });
  assert.deepEqual({ ...honest.unsealed(researcher) }, { from: 6, to: 6, reason: "not_sealed" });
  assert.deepEqual({ ...honest.unsealed(planner) }, { from: 1, to: 6, reason: "not_sealed" });
  const stranger = AgentIdentity.generate();
  assert.deepEqual({ ...(await LogWriter.open(textOf(lines), { logId: "a", keys })).writer.unsealed(stranger) }, { from: 6, to: 6, reason: "not_sealed" });
});
