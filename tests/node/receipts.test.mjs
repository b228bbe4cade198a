/** Receipts: every end of a task is attested, or the reason why not is told; no task starts unrecorded where that is asked. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AgentIdentity, failureOf, gate, MemoryNonceStore, NOW, planner, registry, researcher, stranger, trusthandoff, wire } from "./support.mjs";

const { EventBuffer, TrustHandoffExecutor, verifyArchived, verifyAttestation } = trusthandoff;

function executing(options = {}, more = {}) {
  const buffer = new EventBuffer();
  const one = gate({ events: buffer, ...options });
  return { buffer, gate: one, executor: new TrustHandoffExecutor({ gate: one, identity: researcher, ...more }) };
}

const known = () => registry().register(researcher.agentId, researcher.publicKeyPem, { now: NOW - 1000 });
const verified = ({ attestation, result, reason }, packetId, status, more = {}) =>
  verifyAttestation(attestation, {
    ...{ result, reason, packetId, statuses: [status], registry: known(), agentId: researcher.agentId },
    ...{ nonces: new MemoryNonceStore({ capacity: 10 }), now: NOW, ...more },
  });
const plain = (value) => JSON.parse(JSON.stringify(value));

test("every end of a task has its receipt", async () => {
  for (const [status, text, fn, result, more] of [
    ["OK", wire(), () => ({ pages: 3 }), { pages: 3 }],
    ["OK", wire(), () => "done", { value: "done" }],
    ["OK", wire(), () => [1, "x", null], { value: [1, "x", null] }],
    ["OK", wire(), () => undefined, { value: null }],
    ["PARTIAL", wire(), (task) => task.use("delete").catch(() => ({ some: true })), { some: true }],
    ["ERROR", wire(), () => Promise.reject(new Error("no disk")), { error: { code: "error", message: "no disk" } }],
    ["ERROR", wire(), (task) => task.use("delete"), { error: { code: "action_not_permitted", message: "the packet does not permit `delete`" } }],
    ["ERROR", wire(), () => Promise.reject(Object.assign(new Error("x\ud800"), { code: "ENOENT" })), { error: { code: "ENOENT", message: "x\ufffd" } }],
    ["ERROR", wire(), () => Promise.reject(undefined), { error: { code: "error", message: "undefined" } }],
    ["TIMEOUT", wire({ constraints: { max_runtime_seconds: 1 } }), () => sleep(5000, null, { ref: false }), { error: { code: "max_runtime_exceeded" } }],
    ["REJECTED", wire({ to_agent: researcher.agentId, issued_at: "2026-03-08T11:00:00Z" }), () => 1, { error: { code: "expired" } }],
    ["REJECTED", wire(), () => 1, { error: { code: "policy_denied" } }, { policy: () => false }],
  ]) {
    const { executor, buffer } = executing(more);
    const outcome = await executor.execute(text, fn);
    assert.deepEqual([outcome.status, outcome.unattested], [status, null]);
    const { receipt, decision } = outcome;
    assert.ok(Object.isFrozen(outcome) && Object.isFrozen(receipt) && Object.isFrozen(receipt.result));
    if (result.error !== undefined) result.error.message ??= outcome.error.message;
    assert.deepEqual(plain(receipt.result), result);
    assert.equal(receipt.reason.parent_attestation, null);
    if (decision.packetDigest !== null) assert.equal(receipt.reason.packet_digest, decision.packetDigest);
    const report = verified(receipt, decision.packetId, status);
    assert.equal(report.code, null);
    const events = buffer.events();
    const told = events.at(-1);
    assert.deepEqual([told.event_type, told.status, told.attestation_digest], ["attested", status, report.attestation.digest]);
    assert.deepEqual([told.signed_by, told.fingerprint], [researcher.agentId, researcher.fingerprint]);
    const finished = events.find(({ event_type }) => event_type === "task_finished");
    assert.deepEqual(finished?.outcome_hash, status === "REJECTED" ? undefined : report.attestation.outcome_hash);
    // Nothing of it passes for anything else.
    assert.equal(verified({ ...receipt, result: { value: 7 } }, decision.packetId, status).code, "outcome_hash_mismatch");
    assert.equal(verified({ ...receipt, reason: { ...receipt.reason, packet_digest: "0".repeat(64) } }, decision.packetId, status).code, "reason_hash_mismatch");
    assert.equal(verified(receipt, "pk-other", status).code, "attestation_packet_mismatch");
  }
});

test("what JSON does not carry exactly is not attested, and the task has ended all the same", async () => {
  const cyclic = {};
  cyclic.self = cyclic;
  for (const [value, code] of [
    ...[[{ price: 1.5 }, "result_invalid"], [1.5, "result_invalid"], [{ n: 2 ** 60 }, "number_unsafe"], [{ packet_id: "x" }, "result_invalid"]],
    ...[[new Date(0), "type_mismatch"], [{ f: () => 1 }, "type_mismatch"], [cyclic, "nesting_too_deep"], ["\ud800", "invalid_unicode"]],
    ...[["x".repeat(300_000), "result_invalid"], [Object.defineProperty({}, "x", { enumerable: true, get: () => assert.fail("x") }), "ERR_ASSERTION"]],
  ]) {
    const { executor, buffer } = executing();
    const outcome = await executor.execute(wire(), () => value);
    assert.deepEqual([outcome.status, outcome.receipt, outcome.unattested], ["OK", null, code]);
    assert.equal(outcome.result, value);
    assert.deepEqual(buffer.events().slice(-2).map(({ event_type, reason }) => [event_type, reason]), [["task_finished", undefined], ["unattested", code]]);
  }
  const { executor } = executing();
  const exact = await executor.execute(wire(), () => ({ n: 10n ** 40n, whole: 3.0 }));
  assert.equal(verified(exact.receipt, exact.decision.packetId, "OK", { result: '{"n":10000000000000000000000000000000000000000,"whole":3}' }).code, null);
});

test("without an identity there is no receipt, and of a text that nobody signed neither", async () => {
  const bare = await new TrustHandoffExecutor({ gate: gate() }).execute(wire(), () => 1);
  assert.deepEqual([bare.receipt, bare.unattested], [null, null]);
  const { executor } = executing();
  for (const text of ["x", "{}", wire().replace("Summarize", "Publish")]) {
    const { status, receipt, unattested } = await executor.execute(text, () => 1);
    assert.deepEqual([status, receipt, unattested], ["REJECTED", null, null]);
  }
  const other = await executor.execute(wire({ to_agent: stranger.agentId }), () => 1);
  assert.deepEqual([other.status, other.receipt, other.unattested], ["REJECTED", null, "signing_identity_mismatch"]);
});

test("an identity with another of the gate's ids attests only what was for it", async () => {
  const one = gate({ audience: [stranger.agentId, researcher.agentId] });
  const executor = new TrustHandoffExecutor({ gate: one, identity: stranger });
  assert.equal((await executor.execute(wire(), () => 1)).unattested, "signing_identity_mismatch");
  assert.equal((await executor.execute(wire({ to_agent: stranger.agentId }), () => 1)).unattested, null);
});

test("receipts of a chain name the one before", async () => {
  const { executor } = executing();
  const first = await executor.execute(wire(), () => 1);
  const second = await executor.execute(wire(), () => 2, { parentAttestation: first.receipt.attestation });
  const cited = verified(first.receipt, first.decision.packetId, "OK").attestation.digest;
  assert.equal(second.receipt.reason.parent_attestation, cited);
  assert.equal(verified(second.receipt, second.decision.packetId, "OK").code, null);
  assert.equal(verified({ ...second.receipt, reason: { ...second.receipt.reason, parent_attestation: null } }, second.decision.packetId, "OK").code, "reason_hash_mismatch");
  let ran = 0;
  for (const bad of ["x", "{}", 7, null, first.receipt]) {
    assert.ok((await failureOf(() => executor.execute(wire(), () => (ran += 1), { parentAttestation: bad })))?.code);
  }
  assert.equal(ran, 0);
});

test("a signer that fails or hangs leaves the task ended and unattested", async () => {
  const pair = await researcher.toCryptoKey();
  const right = async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, bytes));
  for (const [sign, code] of [
    ...[[right, null], [() => new Promise(() => {}), "signer_failed"], [async () => new Uint8Array(64), "invalid_signature"]],
    ...[[() => Promise.reject(new Error("KMS")), "signer_failed"], [() => "x", "signer_failed"]],
  ]) {
    const identity = AgentIdentity.fromSigner({ publicKey: researcher.publicKey, sign });
    const { executor } = executing({ storeTimeoutMs: code === null ? 60_000 : 60 }, { identity });
    const { status, result, unattested, receipt, decision } = await executor.execute(wire(), () => 1);
    assert.deepEqual([status, result, unattested], ["OK", 1, code]);
    if (code === null) assert.equal(verified(receipt, decision.packetId, "OK").code, null);
  }
  const disposed = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(2));
  const { executor } = executing({}, { identity: disposed });
  disposed.dispose();
  assert.equal((await executor.execute(wire(), () => 1)).unattested, "identity_disposed");
});

test("a receipt is worth the same in ten years", async () => {
  const { executor } = executing();
  const { receipt, decision } = await executor.execute(wire(), () => 1);
  const { attestation, result, reason } = receipt;
  const expected = { result, reason, packetId: decision.packetId, statuses: ["OK"], registry: known() };
  assert.equal(verifyArchived(attestation, expected).code, null);
  assert.equal(verified(receipt, decision.packetId, "OK", { now: NOW + 10 ** 11 }).code, "expired");
});

test("H02 where a record is required, no task starts unless every sink has stored that it is accepted and begins", async () => {
  const stored = [];
  const after = (event) => sleep(20).then(() => void stored.push(event.event_type));
  const only = (type, fail) => (event) => (event.event_type === type ? fail() : undefined);
  const fails = {
    throws: () => {
      throw new Error("disk full");
    },
    rejects: () => Promise.reject(new Error("disk full")),
    hangs: () => new Promise(() => {}),
  };
  for (const type of ["packet_accepted", "task_started"]) {
    for (const [name, fail] of Object.entries(fails)) {
      let ran = false;
      const { executor, buffer } = executing({ events: [only(type, fail), after], storeTimeoutMs: 40 }, { audit: "required" });
      const outcome = await executor.execute(wire(), () => void (ran = true));
      assert.deepEqual([outcome.status, outcome.error.code, outcome.decision.decision, ran], ["REJECTED", "audit_unavailable", "ACCEPT", false], `${type} ${name}`);
      assert.equal(buffer.size, 0);
      assert.equal(outcome.receipt.result.error.code, "audit_unavailable");
    }
  }
  await sleep(60);
  stored.length = 0;
  const { executor } = executing({ events: after }, { audit: "required" });
  let seen;
  const outcome = await executor.execute(wire(), () => void (seen = [...stored]));
  assert.deepEqual([outcome.status, seen], ["OK", ["packet_accepted", "task_started"]]);
  // Not required, not waited for.
  const hasty = executing({ events: fails.hangs });
  assert.equal((await hasty.executor.execute(wire(), () => 1)).status, "OK");
});

test("an audit without anything to record in is refused at once", async () => {
  for (const events of [undefined, []]) {
    const one = gate({ events });
    assert.equal((await failureOf(() => new TrustHandoffExecutor({ gate: one, audit: "required" }))).code, "config_invalid");
  }
  assert.equal((await failureOf(() => new TrustHandoffExecutor({ gate: gate(), identity: planner }))).code, "config_invalid");
});
