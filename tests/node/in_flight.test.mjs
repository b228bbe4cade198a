/** W13 Runs that wait are bounded by number and bytes: what nobody proved refuses nothing that is proven, and no key or task takes it all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { trapNext } from "./trap.mjs";
import { AgentIdentity, failureOf, gate, NOW, planner, registry, stranger, trusthandoff, wire } from "./support.mjs";

const { TrustHandoffExecutor } = trusthandoff;

const other = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(21));
const known = () => [other].reduce((all, { agentId, publicKeyPem }) => all.register(agentId, publicKeyPem, { now: NOW - 1000 }), registry());
const record = ({ publicKeyPem }) => ({ publicKeyPem, revoked: false });
const turn = () => new Promise((resolve) => setImmediate(resolve));
const codes = async (runs) => (await Promise.all(runs)).map(({ code }) => code);
const count = (list, code) => list.filter((each) => each === code).length;

/** A host that answers when it is opened. */
function held(reply) {
  const calls = [];
  const host = (...asked) => new Promise((resolve) => calls.push(() => resolve(reply(...asked))));
  host.calls = calls;
  host.open = async () => {
    for (; calls.length > 0; await turn()) calls.splice(0).forEach((answer) => answer());
  };
  return host;
}

test("a flood of what nobody proved refuses no run whose sender is proven", async () => {
  const policy = held(() => true);
  const ids = { __proto__: null, [planner.agentId]: async () => record(planner) };
  const strangers = held(() => undefined);
  const one = gate({ registry: undefined, resolveAgent: (id) => (ids[id] ?? strangers)(), policy, maxInFlight: { runs: 8 }, storeTimeoutMs: 60_000 });
  const genuine = Array.from({ length: 4 }, () => one.handle(wire()));
  while (policy.calls.length < 4) await turn();
  const flood = [];
  for (let n = 0; n < 20; n += 1) flood.push(one.handle(wire({}, { identity: AgentIdentity.generate() })));
  await turn();
  const refused = await codes(flood.slice(8));
  assert.equal(count(refused, "gate_busy"), 12, "of the flood eight wait");
  await policy.open();
  assert.deepEqual(await codes(genuine), [null, null, null, null], "also asked again, of the same host, before the nonce");
  await strangers.open();
  assert.equal(count(await codes(flood), "agent_unknown"), 8);
});

test("one sender's key has at most half of what is proven, and leaves the other half to others", async () => {
  const policy = held(() => true);
  const one = gate({ registry: known(), policy, maxInFlight: { runs: 8 } });
  // The first of all shows that this host answers later.
  const first = one.handle(wire());
  await turn();
  await policy.open();
  assert.equal((await first).code, null);
  const loud = Array.from({ length: 10 }, () => one.handle(wire()));
  const quiet = Array.from({ length: 4 }, () => one.handle(wire({}, { identity: other })));
  await turn();
  await policy.open();
  const found = await codes(loud);
  assert.deepEqual([count(found, null), count(found, "gate_busy")], [4, 6]);
  assert.deepEqual(await codes(quiet), [null, null, null, null]);
});

test("texts count by their bytes, and so do approvals that came beside them", async () => {
  const bytes = 2 ** 21;
  const long = (identity) => wire({ context: { x: "y".repeat(700_000) } }, { identity });
  const policy = held(() => true);
  const one = gate({ registry: known(), policy, maxInFlight: { bytes } });
  const runs = [long(planner), wire(), long(planner), long(other), wire({}, { identity: other })].map((text) => one.handle(text));
  runs.push(one.handle(wire(), { approvals: Array(8).fill("z".repeat(62_500)) }));
  await turn();
  await policy.open();
  assert.deepEqual(await codes(runs), [null, null, "gate_busy", null, null, "gate_busy"]);
  const lookUp = held(() => undefined);
  const asking = gate({ registry: undefined, resolveAgent: lookUp, maxInFlight: { bytes } });
  const unproven = [1, 2, 3, 4].map(() => asking.handle(long(AgentIdentity.generate())));
  await turn();
  await lookUp.open();
  assert.deepEqual(await codes(unproven), ["agent_unknown", "agent_unknown", "gate_busy", "gate_busy"], "of what nobody proved all is one");
});

test("a place is given back on every end", async () => {
  const late = async (value) => turn().then(() => value);
  const ends = {
    accepted: [{ policy: () => late(true) }, null],
    refused: [{ policy: () => late(false) }, "policy_denied"],
    failed: [{ policy: () => late().then(() => Promise.reject(new Error("down"))) }, "policy_unavailable"],
    "timed out": [{ policy: () => new Promise(() => {}), storeTimeoutMs: 1 }, "policy_unavailable"],
    "not proven": [{ registry: undefined, resolveAgent: () => late(undefined) }, "agent_unknown"],
    "not proven in time": [{ registry: undefined, resolveAgent: () => new Promise(() => {}), storeTimeoutMs: 1 }, "registry_unavailable"],
    "forged, proven in vain": [{ registry: undefined, resolveAgent: () => late(record(planner)) }, "invalid_signature", (text) => text.replace("Summarize", "Publish")],
    "people did not answer": [{ review: { reviewers: [stranger.agentId], timeoutMs: 1 } }, "approval_unavailable", undefined, { onReview: () => new Promise(() => {}) }],
    "the clock stopped": [{ clock: () => (clock += 1) % 2 === 0 ? NaN : NOW, policy: () => late(true) }, "clock_invalid"],
  };
  let clock = 0;
  for (const [end, [options, expected, change = (text) => text, call]] of Object.entries(ends)) {
    const one = gate({ ...options, maxInFlight: { runs: 2 } });
    for (let times = 0; times < 5; times += 1) {
      const text = wire(call === undefined ? {} : { constraints: { requires_human_review: true } });
      assert.equal((await one.handle(change(text), call)).code, expected, `${end}, time ${times}`);
    }
  }
  const one = gate({ policy: () => late(true), maxInFlight: { runs: 2 } });
  for (const door of ["corerun_resume", "corerun_advance", "corerun_provenkey", "coregate_begin"]) {
    assert.equal((await one.handle(wire())).code, null);
    const sprung = trapNext(door);
    assert.equal((await one.handle(wire())).code, "internal_error", door);
    assert.ok(sprung(), door);
  }
  assert.equal((await one.handle(wire())).code, null);
});

test("who finds no room has asked for nothing that counts: a nonce stays fresh, and the text passes when tried again", async () => {
  const nonces = held(() => true);
  const one = gate({ nonces, maxInFlight: { runs: 4 } });
  const first = one.handle(wire());
  await turn();
  await nonces.open();
  assert.equal((await first).code, null);
  const texts = Array.from({ length: 6 }, () => wire());
  const runs = texts.map((text) => one.handle(text));
  await turn();
  assert.equal(nonces.calls.length, 2);
  await nonces.open();
  const found = await Promise.all(runs);
  assert.deepEqual(found.map(({ code }) => code), [null, null, ...Array(4).fill("gate_busy")]);
  const [busy] = found.slice(2);
  assert.deepEqual([busy.agentId, busy.checks.at(-1).check, busy.checks.at(-1).outcome], [planner.agentId, "replay", "fail"]);
  assert.ok(busy.packetId !== null && busy.reason.includes("try again"));
  const again = one.handle(texts[2]);
  await turn();
  await nonces.open();
  assert.equal((await again).code, null);
});

test("where hosts answer at once no place is taken, so a room full of waiting runs refuses none of these", async () => {
  const one = gate({ registry: known(), review: { reviewers: [stranger.agentId] }, maxInFlight: { runs: 2 } });
  const reviewed = (identity) => wire({ constraints: { requires_human_review: true } }, { identity });
  const onReview = held(() => null);
  const waiting = [one.handle(reviewed(planner), { onReview }), one.handle(reviewed(other), { onReview })];
  await turn();
  assert.equal((await one.handle(reviewed(planner), { onReview })).code, "gate_busy");
  for (let times = 0; times < 5; times += 1) assert.equal((await one.handle(wire())).code, null);
  assert.equal(one.handleSync(wire()).code, null, "what never waits needs no place");
  await onReview.open();
  assert.deepEqual(await codes(waiting), ["human_review_required", "human_review_required"]);
});

test("a full gate makes no watcher stale, and one task's uses refuse no other's", async () => {
  const revocations = held(() => false);
  const counters = held(() => true);
  const one = gate({ registry: known(), revocations, maxInFlight: { runs: 4 } });
  const executor = new TrustHandoffExecutor({ gate: one, counters, everyMs: 3_600_000 });
  const permissions = { allowed_actions: ["read"], max_tool_calls: 100 };
  let tasks = 0;
  const found = [];
  const executions = [planner, other].map((identity) =>
    executor.execute(wire({ permissions }, { identity }), async (task) => {
      tasks += 1;
      while (tasks < 2) await turn();
      // The first use shows that these counters answer later.
      await task.use("read");
      const uses = [1, 2, 3, 4].map(() => failureOf(() => task.use("read")));
      const busy = (await Promise.all(uses)).map((error) => error?.code);
      found.push(busy.sort());
      await task.use("read");
    }),
  );
  const full = [planner, other].flatMap((identity) => [1, 2, 3].map(() => one.handle(wire({}, { identity }))));
  let isDone = false;
  const outcomes = Promise.all(executions).finally(() => (isDone = true));
  while (!isDone) {
    await turn();
    await revocations.open();
    await counters.open();
  }
  assert.deepEqual((await outcomes).map(({ status, error }) => [status, error.code]), [["PARTIAL", "gate_busy"], ["PARTIAL", "gate_busy"]]);
  assert.deepEqual(found, [["gate_busy", "gate_busy", undefined, undefined], ["gate_busy", "gate_busy", undefined, undefined]]);
  await revocations.open();
  await Promise.all(full);
  const accepting = one.handle(wire());
  await turn();
  await revocations.open();
  const watcher = one.watch(await accepting, { everyMs: 3_600_000 });
  const flood = [planner, other].flatMap((identity) => [1, 2, 3].map(() => one.handle(wire({}, { identity }))));
  await turn();
  const check = watcher.check();
  await turn();
  await revocations.open();
  assert.equal(await check, true);
  assert.equal(count(await codes(flood), "gate_busy"), 2);
  watcher.stop();
});

test("room is for two runs at least, and for two of the longest texts", () => {
  for (const runs of [0, 1, -1, 1.5, NaN, "8", 1_000_001]) assert.throws(() => gate({ maxInFlight: { runs } }), { code: "config_invalid", field: "maxInFlight.runs" });
  for (const bytes of [0, 2 ** 21 - 1, 1e7 + 0.5, "1", Infinity]) assert.throws(() => gate({ maxInFlight: { bytes } }), { code: "config_invalid", field: "maxInFlight.bytes" });
  for (const bad of [8, null, [], { run: 8 }]) assert.throws(() => gate({ maxInFlight: bad }), { code: "config_invalid" });
  assert.equal(gate({ maxInFlight: { runs: 2, bytes: 2 ** 21 } }).handleSync(wire()).code, null);
});

test("a use that finds no room has spent no call, and one that has spent its call needs no room", async () => {
  const later = held(() => false);
  let isLater = false;
  const revocations = (keys) => isLater && later(keys);
  const one = gate({ registry: known(), revocations, maxInFlight: { runs: 4 } });
  let counted = 0;
  const executor = new TrustHandoffExecutor({ gate: one, counters: () => (counted += 1) > 0, everyMs: 3_600_000 });
  const permissions = { allowed_actions: ["read"], max_tool_calls: 9 };
  const found = [];
  const execution = executor.execute(wire({ permissions }), async (task) => {
    isLater = true;
    // Before the first of them has counted, nothing shows that revocations are answered later from now on.
    for (let times = 0; times < 2; times += 1) {
      counted = 0;
      const errors = await Promise.all([1, 2, 3, 4].map(() => failureOf(() => task.use("read"))));
      found.push([errors.map((error) => error?.code).sort(), counted]);
    }
  });
  let isDone = false;
  const outcome = execution.finally(() => (isDone = true));
  while (!isDone) {
    await turn();
    await later.open();
  }
  await outcome;
  assert.deepEqual(found, [
    [[undefined, undefined, undefined, undefined], 4],
    [["gate_busy", "gate_busy", undefined, undefined], 2],
  ]);
});
