/** A06, F13: what gates that share a store ask of it, whatever their own options and clocks; and what a store is told that answers late. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AgentIdentity, createEnvelope, fields, gate, MemoryNonceStore, NOW, planner, registry, researcher, signPacket, trusthandoff, wire } from "./support.mjs";

const { approve, issueCapability, reviewRequest, TrustHandoffExecutor } = trusthandoff;

const OPTIONS = [{}, { graceSeconds: 60 }, { skewSeconds: 0 }, { graceSeconds: 60, skewSeconds: 300 }];

test("A06 gates with other grace and skew that share a store never accept a replay", () => {
  const nonces = new MemoryNonceStore();
  let now = NOW;
  const gates = OPTIONS.map((more) => gate({ nonces, clock: () => now, ...more }));
  const text = wire({ risk_level: "write" });
  assert.equal(gates[0].handleSync(text).code, null);
  for (; now < NOW + 600_000; now += 1_000) {
    for (const each of gates) assert.match(each.handleSync(text).code, /^(replay_detected|expired)$/, `${(now - NOW) / 1000} s later`);
  }
});

test("A06 nor does one whose clock lags five minutes behind that of the others", () => {
  const nonces = new MemoryNonceStore();
  let now = NOW;
  const [ahead, lagging] = [0, 300_000].map((lag) => gate({ nonces, skewSeconds: 300, graceSeconds: 60, clock: () => now - lag }));
  const text = wire({ risk_level: "write" });
  assert.equal(ahead.handleSync(text).code, null);
  for (; now < NOW + 900_000; now += 1_000) {
    for (const each of [ahead, lagging]) assert.match(each.handleSync(text).code, /^(replay_detected|expired)$/, `${(now - NOW) / 1000} s later`);
  }
});

test("F13 counters and overlaps are held by the caps too", async () => {
  const capability = issueCapability(planner, { subject_agent: researcher.agentId, allowed_actions: ["read"], max_tool_calls: 9, ttl_seconds: 1800 }, { now: NOW - 5_000 });
  const agents = registry().register(planner.agentId, planner.publicKey, { roots: ["read"], now: NOW });
  for (const more of OPTIONS) {
    const told = [];
    const counters = (...args) => told.push(args) > 0;
    const executor = new TrustHandoffExecutor({ gate: gate({ registry: agents, ...more }), counters });
    const text = wire({ permissions: { allowed_actions: ["read"], max_tool_calls: 3 }, capability_token: capability.token });
    assert.equal((await executor.execute(text, (task) => task.use("read"))).status, "OK");
    const [[, expiresAtMs, about]] = told;
    assert.equal(expiresAtMs, NOW - 5_000 + (1800 + 30 + 60 + 300) * 1000 + 1);
    assert.deepEqual({ ...about }, { nowMs: NOW, issuedAtMs: NOW - 5_000 }, "the capability was issued before the packet");
  }
});

test("a nonce store is told when the earliest of the packet and the approvals that counted was issued", async () => {
  const ana = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(7), { agentId: "human:ana" });
  const agents = registry().register(ana.agentId, ana.publicKey, { reviewer: true, now: NOW - 1000 });
  const told = async (text, more, options) => {
    let issued;
    const nonces = (key, expiresAtMs, about) => ((issued = [about.issuedAtMs, expiresAtMs]), true);
    assert.equal((await gate({ registry: agents, nonces, ...more }).handle(text, options)).code, null);
    return issued;
  };
  assert.deepEqual(await told(wire()), [NOW, NOW + (900 + 360) * 1000 + 1]);
  const text = createEnvelope(signPacket(planner, fields({ constraints: { requires_human_review: true } }), { now: NOW }));
  const approvals = [-90_000, -30_000].map((before) => approve(ana, reviewRequest(text), { decision: "APPROVED", now: NOW + before }).text);
  assert.deepEqual((await told(text, {}, { approvals }))[0], NOW - 90_000);
  assert.deepEqual((await told(text, {}, { approvals: approvals.slice(1) }))[0], NOW - 30_000);
  const month = (30 * 86_400 + 300) * 1000;
  assert.deepEqual(await told(text, {}, { approvals }), [NOW - 90_000, NOW + month + 360_000 + 1], "an approval that was kept back may still come");
  assert.equal((await told(text, { approvals: () => true }))[0], NOW - month, "the host's own word names no time");
});

test("a store that took a nonce and answered after its time: the next try's checks say so, and nothing is admitted", async () => {
  for (const [late, expected] of [
    [true, /^nonce_answer_was_late: /],
    [false, /^The nonce has been taken before/i],
    ["true", /^The nonce has been taken before/i],
  ]) {
    let [release, tries] = [undefined, 0];
    const first = new Promise((resolve) => (release = resolve));
    const nonces = () => ((tries += 1) === 1 ? first : false);
    const verifier = gate({ nonces, storeTimeoutMs: 5 });
    const text = wire();
    assert.equal((await verifier.handle(text)).code, "replay_store_unavailable");
    // Nothing has come yet, so it may have been taken.
    assert.match((await verifier.handle(text)).checks.at(-1).detail, /^nonce_answer_was_late: /);
    release(late);
    await sleep(1);
    for (const decision of [await verifier.handle(text), verifier.handleSync(text)]) {
      assert.deepEqual([decision.decision, decision.code], ["REJECT", "replay_detected"]);
      const found = decision.checks.at(-1);
      assert.deepEqual([found.check, found.outcome], ["replay", "fail"]);
      assert.match(found.detail, expected, `${late}`);
    }
    assert.doesNotMatch((await verifier.handle(wire({ nonce: "another" }))).checks.at(-1).detail, /late/, "another nonce has nothing to do with it");
  }
});

test("late answers are remembered in a bounded number, and until their nonces may be forgotten", async () => {
  let now = NOW;
  const waiting = [];
  const nonces = (key) => (waiting.length < 1002 ? new Promise((resolve) => waiting.push(() => resolve(true))) : false);
  const verifier = gate({ nonces, storeTimeoutMs: 1, maxInFlight: { runs: 10_000 }, clock: () => now });
  const texts = Array.from({ length: 1002 }, (_, n) => wire({ nonce: `n${n}` }));
  await Promise.all(texts.map((text) => verifier.handle(text)));
  for (const release of waiting) release();
  await sleep(1);
  const isLate = (text) => /late/.test(verifier.handleSync(text).checks.at(-1).detail);
  assert.deepEqual([0, 1, 2, 1001].map((n) => isLate(texts[n])), [false, false, true, true]);
});
