/** What goes past the rules of a gate is found in the log, each with a type, in whatever order the lines stand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { audited, EventLog, hash, jsonl } from "./event_log.mjs";

const CAPABILITY = (id) => `capability|${hash("owner")}|${hash(id)}`;
const log = (tell) => {
  const told = new EventLog();
  tell(told);
  return told;
};
const parent = (told, more) => told.run("root", { calls: 3, ...more });
const child = (told, id, more) => told.accept(id, { from: "agent:worker", to: "agent:writer", ancestors: [hash("root")], ...more });

/** Name, what is told, and what is found. */
const ATTACKS = [
  ["one acceptance, its task run twice", (l) => l.run("p").start("p").use("p").finish("p").attest("p"), "execution_repeated/critical"],
  ["one acceptance, its task ended twice", (l) => l.accept("p").start("p").start("p").finish("p").finish("p").attest("p"), "execution_repeated/critical"],
  ["a tool after the task had finished", (l) => l.run("p").use("p"), "use_after_end/high"],
  ["a tool after the task was attested, and its end not told", (l) => l.accept("p").start("p").attest("p").use("p"), "use_after_end/high"],
  ["a tool after the rights had gone stale", (l) => l.accept("p").start("p").tell("capability_stale", "agent:worker", "p", { reason: "capability_expired" }).use("p"), "stale_capability/medium use_after_end/high"],
  ["a tool after one was refused as revoked", (l) => l.accept("p").start("p").tell("action_refused", "agent:worker", "p", { action: "read", reason: "agent_revoked" }).use("p"), "use_after_end/high use_after_revocation/medium"],
  ["a tool after the budget was exhausted", (l) => l.accept("p").start("p").tell("budget_exhausted", "agent:worker", "p", { action: "read", reason: "tool_calls_exhausted" }).use("p"), "budget_overrun/high"],
  ["a task begun long after its packet had expired", (l) => l.accept("p", { ttl: 120 }).pass(20 * 3600).start("p"), "use_after_end/high"],
  ["a tool used by one who did not accept", (l) => l.accept("p").start("p").use("p", "agent:evil").finish("p").attest("p"), "execution_without_acceptance/critical"],
  ["a tool used by another gate, which left the rest to the acceptor", (l) => l.run("q", { to: "agent:other" }).accept("p").start("p").use("p", "agent:other").finish("p").attest("p"), "execution_without_acceptance/critical"],
  ["a tool of a packet that was never seen", (l) => l.run("q").use("p"), "execution_without_acceptance/critical"],
  ["siblings that spend more than their parent has", (l) => {
    parent(l);
    for (const id of ["a", "b"]) child(l, id).use(id, "agent:writer").use(id, "agent:writer");
  }, "budget_overrun/high"],
  ["a child with more calls than its parent", (l) => child(parent(l), "c", { calls: 50 }), "delegation_exceeded/critical"],
  ["a child of a limited parent without a limit", (l) => child(parent(l), "c", { calls: null }), "delegation_exceeded/critical"],
  ["a child that outlives its parent", (l) => child(parent(l), "c", { ttl: 3600 }), "delegation_exceeded/critical"],
  ["a child that may do more than its parent", (l) => child(parent(l, { allowed_actions: ["read:/docs/**"] }), "c", { allowed_actions: ["read:/docs/a", "read:/etc/*"] }), "delegation_exceeded/critical"],
  ["a grandchild that outlives its grandparent", (l) => child(parent(l), "c", { ttl: 3600, ancestors: [hash("root"), hash("unknown")] }), "delegation_exceeded/critical"],
  ["an acceptance at a gate that is not the receiver", (l) => l.accept("p", { to: "agent:writer", gate: "agent:worker" }), "wrong_receiver/critical"],
  ["an acceptance of a sender who was claimed only", (l) => l.accept("p", { identity: "claimed" }), "unproven_acceptance/critical"],
  ["one agent under many keys", (l) => ["a", "b", "c"].forEach((key) => l.accept(key, { key: hash(key) })), "key_conflict/high key_conflict/low"],
  ["an old key that comes back", (l) => ["a", "b", "a"].forEach((key, n) => l.accept(`p${n}`, { key: hash(key) })), "key_conflict/high key_conflict/low"],
  ["another key that nobody told of", (l) => ["a", "b"].forEach((key) => l.accept(key, { key: hash(key) })), "key_conflict/low"],
  ["an old key after a rotation", (l) => l.tell("key_rotated", "agent:worker", null, { agent_id: "agent:planner", fingerprint: hash("new") }).pass(3600).accept("p"), "key_conflict/high"],
  ["the same packet twice", (l) => l.accept("p").accept("p"), "replay_attempt/critical"],
  ["the same nonce twice, without digests", (l) => [1, 2].forEach(() => l.accept("p", { packet_digest: undefined })), "replay_attempt/critical"],
  ["the same packet at another gate, under the same event id", (l) => l.accept("p", { gate: "agent:worker" }).accept("p", { gate: "agent:copy" }).last({ event_id: l.events[0].event_id }), "replay_attempt/critical wrong_receiver/critical"],
  ["a review that is decided after the acceptance", (l) => l.accept("p", { requires_human_review: true }).tell("review_decided", "agent:worker", "p", { decision: "APPROVED" }), "review_bypassed/critical"],
  ["a review that somebody else tells of", (l) => l.tell("review_decided", "agent:evil", "p", { decision: "APPROVED" }).accept("p", { requires_human_review: true }), "review_bypassed/critical"],
  ["a review of something else", (l) => l.tell("review_decided", "agent:worker", "p", { decision: "APPROVED", review_digest: hash("x") }).accept("p", { requires_human_review: true, review_digest: hash("y") }), "review_bypassed/critical"],
  ["a review that is demanded in another spelling", (l) => l.accept("p", { requires_human_review: "true" }), "review_bypassed/critical"],
  ["a decision that is none", (l) => l.tell("review_decided", "agent:worker", "p", { decision: "approved" }), "unclear_event/low"],
  ["an acceptance after it was denied", (l) => l.refuse("p", "human_review_denied").accept("p"), "review_bypassed/critical"],
  ["an end that is attested as another", (l) => l.accept("p").start("p").finish("p").attest("p", { status: "ERROR" }), "result_mismatch/critical"],
  ["an outcome that a stranger signed", (l) => l.accept("p").start("p").finish("p").attest("p", { signed_by: "agent:evil" }), "result_mismatch/critical"],
  ["a tool after the capability was revoked", (l) => l.accept("p", { capability_id: "cap" }).start("p").tell("revoked", "agent:worker", null, { target: CAPABILITY("cap") }).use("p"), "use_after_revocation/critical"],
  ["an acceptance after a capability above was revoked", (l) => l.tell("revoked", "agent:worker", null, { target: CAPABILITY("above") }).accept("p", { capability_id: "own", capabilities: [CAPABILITY("above"), CAPABILITY("own")] }), "use_after_revocation/critical"],
  ["a capability of which nothing is told, after one was revoked", (l) => l.accept("p", { capability_id: "own" }).tell("revoked", "agent:worker", null, { target: CAPABILITY("above") }).accept("q", { capability_id: "own" }), "unclear_event/low"],
  ["an acceptance after a revocation, by a clock that is behind", (l) => l.tell("revoked", "agent:other", null, { target: "agent|agent:planner" }).pass(-3).accept("p"), "use_after_revocation/critical"],
  ["an acceptance of what had expired", (l) => l.accept("p", { ttl: -30 }), "clock_anomaly/medium"],
  ["a burst in ever other names", (l) => Array.from({ length: 300 }, (_, n) => l.refuse(`p${n}`, "agent_unknown", { from: `agent:${n}`, identity: "claimed" })), "burst/medium"],
];

for (const [name, tell, expected] of ATTACKS) {
  test(`found: ${name}`, () => assert.deepEqual(audited(log(tell)).found.join(" "), expected));
}

test("each of them names its lines, what happened and what to do", () => {
  for (const [name, tell] of ATTACKS) {
    const told = log(tell);
    for (const { lines, sentence, advice } of audited(told).findings) {
      assert.ok(lines.length > 0 && lines.every((line) => line >= 1 && line <= told.events.length), `${name}: ${lines}`);
      assert.ok(sentence.endsWith(".") && advice.length > 20, name);
    }
  }
});

test("a line that was written late is judged by its time", () => {
  const moved = (told, from, to) => {
    const [event] = told.events.splice(from, 1);
    told.events.splice(to, 0, event);
    return told;
  };
  // The use comes before the end in the log, and after it in time; and the other way round.
  assert.deepEqual(audited(moved(log((l) => l.run("p").use("p")), 5, 3)).found, ["use_after_end/high"]);
  assert.deepEqual(audited(moved(log((l) => l.run("p")), 2, 4)).found, []);
  const reviewed = (l) => l.tell("review_decided", "agent:worker", "p", { decision: "APPROVED" }).accept("p", { requires_human_review: true });
  assert.deepEqual(audited(moved(log(reviewed), 0, 1)).found, []);
});

test("a replay is found after hours, and in a file behind the first", () => {
  const [one, other] = [new EventLog(), new EventLog()];
  for (let n = 0; n < 200; n += 1) {
    for (const [told, id] of [[one, `a${n}`], [other, `b${n}`]]) told.pass(60).run(id);
    if (n === 10) other.accept("a10");
  }
  assert.deepEqual(audited(one.text + other.text).found, ["replay_attempt/critical"]);
  assert.deepEqual(audited(jsonl([...one.events, ...other.events].sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1)))).found, ["replay_attempt/critical"]);
});

/** How a packet was let in and run, and what is said of its runs. */
const RUNS = [
  ["let in once, run twice", (l) => l.run("p").start("p").finish("p"), ["accepted once, and its task was run again in line 6"]],
  ["let in once, ended twice", (l) => l.accept("p").start("p").finish("p").finish("p"), ["accepted once, and its task was run again in line 4"]],
  ["let in twice, run for each", (l) => l.run("p").run("p"), ["accepted in line 1 and again in line 6, and its task was run for each, again in line 7"]],
  ["let in twice at first, run for each", (l) => l.accept("p").accept("p").start("p").start("p").finish("p").finish("p"), ["accepted in line 1 and again in line 2, and its task was run for each, again in line 6"]],
  ["let in twice, run three times", (l) => l.run("p").run("p").start("p").finish("p"), ["run for each", "run more often than it was accepted, again in line 11"]],
  ["let in three times, run for each", (l) => l.run("p").run("p").run("p"), ["run for each"]],
  ["let in twice, run once", (l) => l.accept("p").accept("p").start("p").use("p").finish("p").attest("p"), []],
];
for (const [name, tell, expected] of RUNS) {
  test(`what is said of runs is so: ${name}`, () => {
    const said = audited(log(tell)).findings.filter(({ type }) => type === "execution_repeated").map(({ sentence }) => sentence);
    assert.equal(said.length, expected.length, said.join("\n"));
    for (const [at, words] of expected.entries()) assert.ok(said[at].includes(words), said[at]);
  });
}
