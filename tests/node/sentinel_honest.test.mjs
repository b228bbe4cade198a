/** What honest systems write, however it was delivered, gives no occasion: nothing from medium on, or `undecided`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { audited, EventLog, hash, jsonl } from "./event_log.mjs";

const quiet = (name, log, { low = [], undecided = false } = {}) => {
  const { found, findings, summary } = audited(log);
  assert.deepEqual(found, low, `${name}: ${findings.map(({ sentence }) => sentence).slice(0, 3)}`);
  if (undecided) assert.ok(summary.undecided > 0, name);
};
const many = (count, tell) => {
  const log = new EventLog();
  for (let n = 0; n < count; n += 1) tell(log, n);
  return log;
};

test("an event that is delivered more than once happened once", () => {
  const log = many(20, (l, n) => l.run(`p${n}`, { calls: 1 }));
  quiet("one by one", jsonl(log.events.flatMap((event) => [event, event])));
  quiet("all at once", jsonl([...log.events, ...log.events]));
  const busy = many(3000, (l, n) => l.pass(5).run(`q${n}`, { calls: 1 }));
  quiet("after hours", jsonl([...busy.events, ...busy.events]));
  const refused = new EventLog().refuse("p", "expired");
  quiet("a refusal", refused.text.repeat(25));
  const { summary } = audited(jsonl([...log.events, ...log.events]));
  assert.deepEqual([summary.lines, summary.duplicates, summary.events.packet_accepted], [200, 100, 20]);
});

test("lines of several producers stand in any order", () => {
  const [gate, worker] = [new EventLog(), new EventLog()];
  for (let n = 0; n < 200; n += 1) {
    gate.pass(60).accept(`p${n}`);
    worker.now = gate.now + 50;
    worker.start(`p${n}`).use(`p${n}`).finish(`p${n}`).attest(`p${n}`);
  }
  quiet("gate, then worker", gate.text + worker.text);
  quiet("worker, then gate", worker.text + gate.text);
  const [one, other] = [many(200, (l, n) => l.pass(60).run(`a${n}`)), many(200, (l, n) => l.pass(60).run(`b${n}`))];
  quiet("two replicas", one.text + other.text);
  const log = many(2000, (l, n) => l.pass(0.5).run(`p${n}`));
  const parts = Array.from({ length: 6 }, () => []);
  for (const event of log.events) parts[parseInt(hash(event.packet_id).slice(0, 6), 16) % 6].push(event);
  const batches = parts.map((part) => Array.from({ length: Math.ceil(part.length / 100) }, (_, n) => part.slice(n * 100, n * 100 + 100)));
  quiet("partitions", jsonl(Array.from({ length: 40 }, (_, n) => batches.flatMap((part) => part[n] ?? [])).flat()));
  const { events } = new EventLog().run("p");
  quiet("a start before its acceptance", jsonl([events[1], events[0], ...events.slice(2)]));
});

test("a clock that jumps ends nothing early, and one that is put right by seconds is no occasion", () => {
  const log = many(50, (l, n) => l.accept(`p${n}`).start(`p${n}`));
  const { now } = log;
  log.pass(2 * 86_400).accept("g1").accept("g2").accept("g3");
  log.now = now;
  for (let n = 0; n < 50; n += 1) log.use(`p${n}`).finish(`p${n}`).attest(`p${n}`);
  quiet("two days ahead", log, { low: ["clock_anomaly/low"] });
  quiet("ten seconds back", new EventLog().run("p").pass(-10).run("q"));
  quiet("hosts four seconds apart", many(100, (l, n) => l.pass(5).run(`p${n}`).pass(-4).run(`q${n}`, { to: "agent:writer" })));
});

test("a log that begins late is undecided about what had begun before it", () => {
  const log = new EventLog();
  for (let n = 0; n < 100; n += 1) log.accept(`p${n}`).start(`p${n}`);
  for (let n = 0; n < 100; n += 1) log.use(`p${n}`).finish(`p${n}`).attest(`p${n}`);
  for (const from of [1, 150, 151, 200, 203]) quiet(`from line ${from}`, jsonl(log.events.slice(from)), { undecided: true });
});

test("tasks may wait, take long, be stopped and begun again", () => {
  const busy = (l, hours) => {
    for (let n = 0; n < hours * 2; n += 1) l.pass(1800).run(`q${l.now}`);
    return l;
  };
  quiet("waited two hours", busy(new EventLog().accept("p"), 2).start("p").use("p").finish("p").attest("p"));
  quiet("27 hours in silence", busy(new EventLog().accept("p").start("p"), 27).use("p").finish("p").attest("p"), { low: ["acceptance_unattested/low"] });
  const long = new EventLog().accept("p", { calls: 100 }).start("p");
  for (let n = 0; n < 30; n += 1) long.pass(3600).use("p");
  quiet("30 hours", long.finish("p").attest("p"));
  quiet("stopped for good", busy(new EventLog().run("o").accept("p").start("p"), 5), { low: ["acceptance_unattested/low"] });
  quiet("stopped and begun again", new EventLog().accept("p").start("p").use("p").start("p").use("p").finish("p").attest("p"));
  quiet("calls at once", new EventLog().accept("p").start("p").use("p").tell("budget_exhausted", "agent:worker", "p", { action: "read" }).pass(-0.008).use("p").finish("p").attest("p"));
});

test("senders try again, number their packets, change their keys and hand on what they have", () => {
  quiet("retries", new EventLog().run("p").pass(20).refuse("p", "replay_detected").refuse("p", "replay_detected"), { low: ["replay_attempt/low"] });
  quiet("a refusal that is attested", new EventLog().run("p").tell("attested", "agent:worker", "p", { status: "REJECTED", outcome_hash: hash("r"), signed_by: "agent:worker" }));
  const numbered = new EventLog();
  for (const to of ["agent:a", "agent:b"]) {
    for (let n = 0; n < 20; n += 1) numbered.run(`task-${n}`, { to, from: `agent:to-${to}`, packet_digest: hash(to + n), nonce_hash: hash(to + n) });
  }
  for (const event of numbered.events) delete event[event.event_type === "task_started" ? "packet_digest" : ""];
  quiet("numbered packets", numbered);
  for (const event of numbered.events) for (const name of ["packet_digest", "nonce_hash"]) delete event[name];
  quiet("numbered packets without digests", numbered);
  const rotated = { agent_id: "agent:planner", fingerprint: hash("new"), overlap_seconds: 3600 };
  quiet("a planned rotation", new EventLog().run("p").tell("key_rotated", "agent:worker", null, rotated).pass(1800).run("q").run("r", { key: hash("new") }));
  const family = new EventLog().accept("root", { calls: 6, allowed_actions: ["read"] }).start("root").use("root");
  for (const id of ["a", "b"]) family.run(id, { from: "agent:worker", to: "agent:writer", ancestors: [hash("root")], ttl: 880, calls: 2, allowed_actions: ["read:/docs/*"] });
  quiet("siblings within their parent", family.finish("root").attest("root"));
  quiet("a gate of two ids", new EventLog().accept("p", { to: "agent:alias", gate: "agent:worker", received_as: "agent:alias" }).start("p").finish("p").attest("p"));
  quiet("another's capability revoked", new EventLog().tell("revoked", "agent:worker", null, { target: `capability|${hash("o")}|${hash("x")}` }).run("p", { capability_id: "own" }));
  quiet("approved and issued again", new EventLog().tell("review_decided", "agent:worker", "p", { decision: "APPROVED", review_digest: "d" }).refuse("p", "expired").accept("p", { requires_human_review: true, review_digest: "d" }));
});
