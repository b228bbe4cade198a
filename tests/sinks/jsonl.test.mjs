/** The log in a file under `kill -9`: whatever was said to be stored is there, and what is there is whole. */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { verifyLog } from "../../pkg/dist/sentinel.js";
import { JsonlSink } from "../../pkg/dist/sinks/jsonl.js";
import { working } from "./servers.mjs";

// The child of these tests never comes to its own.
if (process.argv[2] === "write") await write(process.argv[3], process.argv[4]);

/** The child: tells its parent each event that is stored, and never ends by itself. */
async function write(path, fsync) {
  const { researcher, gate, wire } = working(undefined);
  const sink = await JsonlSink.open(path, { fsync, logId: "killed", identity: researcher, checkpointEvery: 7 });
  for (;;) {
    gate.handleSync(wire());
    const [event] = gate.events().slice(-1);
    await Promise.all([event, { ...event, event_id: `${event.event_id}-2`, pad: "x".repeat(20_000) }].map((each) => sink.emit(each).then(() => process.send(each.event_id))));
  }
}

for (const fsync of ["always", "interval"]) {
  test(`ten times killed while writing: nothing stored is lost, nothing is corrupt (${fsync})`, async (t) => {
    const home = mkdtempSync(join(tmpdir(), "trusthandoff-killed-"));
    t.after(() => rmSync(home, { recursive: true, force: true }));
    const path = join(home, "audit.jsonl");
    const { researcher } = working(undefined);
    const stored = new Set();
    for (let times = 0; times < 10; times += 1) {
      const child = fork(new URL(import.meta.url), ["write", path, fsync], { stdio: "ignore" });
      child.on("message", (id) => stored.add(id));
      await once(child, "message");
      await sleep(20 + 30 * Math.random());
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    const sink = await JsonlSink.open(path, { logId: "killed", identity: researcher });
    await sink.close();
    const text = readFileSync(path, "utf8");
    assert.ok(text.endsWith("\n"));
    const found = new Set(text.split("\n").filter(Boolean).map((line) => JSON.parse(line).event_id));
    assert.ok(stored.size >= 20, `${stored.size} stored`);
    assert.deepEqual([...stored].filter((id) => !found.has(id)), []);
    const report = await verifyLog(text, { keys: [researcher.publicKeyPem] });
    // What a killed process had not sealed its next one says, and seals no more.
    const unsealed = (report.found ?? []).reduce((sum, { from, to }) => sum + to - from + 1, 0);
    assert.deepEqual([report.whole, report.unsealed, report.breaks], [true, unsealed, []]);
    assert.ok((report.found ?? []).every(({ reason }) => ["not_sealed", "checkpoint_missing"].includes(reason)));
  });
}
