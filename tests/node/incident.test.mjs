/**
 * The scripted incident: ten thousand honest handoffs at real gates, and among them attacks of every kind, played as an attacker would.
 * An audit of the log that all of it left finds each attack by its lines, and nothing else.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { evidence, incident } from "./incident/day.mjs";
import { logBreaks, sorted } from "./incident/findings.mjs";
import { Sentinel, verifyLog } from "../../pkg/dist/sentinel.js";

const HANDOFFS = 10_000;

const home = mkdtempSync(join(tmpdir(), "trusthandoff-incident-"));
after(() => rmSync(home, { recursive: true, force: true }));

let day;
let text;
let log;
let expected;

before(async () => {
  const path = join(home, "events.jsonl");
  day = await incident(path, HANDOFFS);
  ({ text, log, expected } = evidence(path, day));
});

test("what honest agents did was let through, all of it, over hours", () => {
  const { done, total } = day.honest;
  assert.ok(total >= HANDOFFS && Object.values(done).every((count) => count >= 100), JSON.stringify(done));
  assert.ok(day.world.now - Date.parse(JSON.parse(log.all[0]).timestamp) > 2 * 3_600_000);
  // Every refusal is an attack's, and no handoff is missing in the log.
  const refusals = expected.filter(({ type }) => type === "rejected_packet").length;
  assert.equal(log.of("packet_rejected").length, refusals);
  assert.ok(log.of("packet_accepted").length > total);
});

test("the expectations name every kind of attack, each with lines of the log", () => {
  const kinds = new Set([...expected, ...logBreaks(log, 1, 2)].map(({ type }) => type));
  assert.deepEqual([...kinds].sort(), [
    ...["acceptance_unattested", "ai_generated_payload", "budget_overrun", "burst", "clock_anomaly", "escalation_attempt"],
    ...["execution_without_acceptance", "forged_identity", "log_break", "overlap_window_used", "rejected_packet", "replay_attempt"],
    ...["result_mismatch", "review_bypassed", "stale_capability", "tampered_packet", "use_after_revocation"],
  ]);
  const isLine = (line) => line >= 1 && line <= log.all.length;
  for (const { type, lines } of expected) assert.ok(lines.length > 0 && lines.every(isLine), `${type} ${lines}`);
});

test("the log is whole and sealed to its end", async () => {
  const report = await verifyLog(text, { keys: [day.world.keeper.publicKeyPem] });
  assert.deepEqual([report.whole, report.lines, report.unsealed], [true, log.all.length, 0]);
  assert.ok(report.checkpoints > 5);
});

test("Sentinel finds each attack by its lines, and nothing else", async () => {
  const audit = await new Sentinel({ keys: [day.world.keeper.publicKeyPem] }).ingestStream(new Blob([text]));
  assert.deepEqual(sorted(audit.detectViolations()), sorted(expected));
  const { unreadable, undecided, running_tasks: running } = audit.summary();
  assert.deepEqual([unreadable, undecided, running], [0, 0, 0]);
});

test("so it does on a quiet day, when gates have nothing to do for long", async () => {
  const path = join(home, "quiet.jsonl");
  const quiet = evidence(path, await incident(path, HANDOFFS / 50));
  assert.deepEqual(sorted(new Sentinel().ingest(quiet.text).detectViolations()), sorted(quiet.expected));
});

test("a line edited after the fact is found besides, by its neighbour and by every checkpoint behind it", () => {
  const checkpoints = log.of("log_checkpoint");
  const kept = log.all[checkpoints.at(-1) - 1];
  for (const place of [0.1, 0.5, 0.9]) {
    const edited = log.of("tool_used").find((line) => line > log.all.length * place && log.all[line - 1].includes('"read:/docs/two"'));
    const changed = log.all.toSpliced(edited - 1, 1, log.all[edited - 1].replace("/docs/two", "/docs/six"));
    const audit = new Sentinel({ keys: [day.world.keeper.publicKeyPem], checkpoint: kept }).ingest(`${changed.join("\n")}\n`);
    const breaks = logBreaks(log, edited, checkpoints.at(-1) - 1);
    assert.deepEqual(sorted(audit.detectViolations()), sorted([...expected, ...breaks]), `line ${edited}`);
  }
});
