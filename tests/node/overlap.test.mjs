/** Overlap: a capability whose successor is registered admits a little beyond its end, once and never longer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentIdentity, AgentRegistry, createEnvelope, failureOf, fields, gate, NOW, planner, researcher, signPacket, stranger, trusthandoff } from "./support.mjs";

const { CapabilityOverlap, issueCapability, revoke, RevocationList } = trusthandoff;

const END = NOW + 60_000;
const registry = () => new AgentRegistry().register(planner.agentId, planner.publicKeyPem, { roots: ["read"], now: NOW - 1000 });
const granted = (more = {}, identity = planner) =>
  issueCapability(identity, { subject_agent: researcher.agentId, allowed_actions: ["read"], expires_at: new Date(END).toISOString().replace(".000", ""), ...more }, { now: NOW });
const renewed = (more) => granted({ expires_at: "2026-03-08T13:00:00Z", ...more });

/** The code for a packet under `capability`, signed a second before it is handled at `now`. */
async function codeAt(now, capability, options) {
  const packet = signPacket(planner, fields({ permissions: { allowed_actions: ["read"], max_tool_calls: 1 }, capability_token: capability.token }), { now: now - 1000 });
  return (await gate({ registry: registry(), clock: () => now, ...options }).handle(createEnvelope(packet))).code;
}

test("D09 an ended capability admits for 30 seconds if its successor is registered, and not a moment longer", async () => {
  const [old, successor] = [granted(), renewed()];
  const overlap = new CapabilityOverlap().register(old.token, successor.token, { now: NOW });
  for (const [now, without, registered] of [
    [END - 1, null, null],
    [END, "capability_expired", null],
    [END + 29_999, "capability_expired", null],
    [END + 30_000, "capability_expired", "capability_expired"],
    [END + 3_000_000, "capability_expired", "capability_expired"],
  ]) {
    assert.equal(await codeAt(now, old), without, `without, at ${now - END}`);
    assert.equal(await codeAt(now, old, { overlap }), registered, `with, at ${now - END}`);
    assert.equal(await codeAt(now, old, { overlap: (digest) => overlap.successor(digest) }), registered);
  }
});

test("D09 registering again, or the successor's own successor, extends nothing", async () => {
  const [old, second, third] = [granted(), granted({ expires_at: "2026-03-08T12:01:20Z" }), renewed()];
  const overlap = new CapabilityOverlap().register(old, second, { now: NOW }).register(second, third, { now: NOW }).register(old, third, { now: END + 20_000 });
  assert.equal(await codeAt(END + 29_000, old, { overlap }), null);
  assert.equal(await codeAt(END + 31_000, old, { overlap }), "capability_expired");
  assert.equal(await codeAt(END + 31_000, second, { overlap }), null, "the second ends 20 s later");
});

test("D09 a successor that does not replace the old one replaces nothing, whoever names it", async () => {
  const old = granted();
  const other = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(7), { agentId: planner.agentId });
  const wrong = [
    old.token,
    renewed({ subject_agent: stranger.agentId }).token,
    granted({ expires_at: "2026-03-08T13:00:00Z" }, other).token,
    granted({ expires_at: "2026-03-08T13:00:00Z" }, stranger).token,
  ];
  for (const token of wrong) {
    const overlap = new CapabilityOverlap();
    assert.throws(() => overlap.register(old.token, token), { code: "overlap_invalid", name: "CapabilityError" });
    assert.equal(overlap.size, 0);
    assert.equal(await codeAt(END + 1000, old, { overlap: () => token }), "overlap_invalid");
  }
  for (const reply of [null, undefined]) assert.equal(await codeAt(END + 1000, old, { overlap: () => reply }), "capability_expired", `${reply}`);
  for (const reply of ["", "!", "true"]) assert.equal(await codeAt(END + 1000, old, { overlap: () => reply }), "overlap_invalid", reply);
  for (const reply of [true, {}, 1]) assert.equal(await codeAt(END + 1000, old, { overlap: () => reply }), "overlap_unavailable", `${reply}`);
});

test("a revoked capability is not brought back by its successor", async () => {
  const [old, successor] = [granted(), renewed()];
  const overlap = new CapabilityOverlap().register(old, successor, { now: NOW });
  const revocations = new RevocationList({ registry: registry() });
  revocations.add(revoke(planner, { capability: old }, { now: NOW }).text, { now: NOW });
  assert.equal(await codeAt(END + 1000, old, { overlap, revocations }), "capability_revoked");
  assert.equal(await codeAt(END + 1000, successor, { overlap, revocations }), null);
});

test("the successor is found by the digest of the old capability, and dropped when its time is over", () => {
  const overlap = new CapabilityOverlap();
  const olds = Array.from({ length: 64 }, () => granted());
  for (const old of olds) overlap.register(old, renewed(), { now: NOW });
  const [last, successor] = [granted(), renewed()];
  assert.equal(overlap.size, 64);
  overlap.register(last, successor, { now: END + 30_000 });
  assert.equal(overlap.size, 1, "what has ended is dropped, what was just registered is not");
  assert.equal(overlap.successor(last.digest), successor.token);
  assert.equal(overlap.successor(olds[0].digest), null);
  assert.equal(overlap.successor(""), null);
});

test("bad input is one clear line with a code, and no overlap", async () => {
  const old = granted();
  const overlap = new CapabilityOverlap();
  for (const [call, code] of [
    [() => new CapabilityOverlap({ seconds: 60 }), "config_invalid"],
    [() => overlap.register(old), "argument_type"],
    [() => overlap.register({}, old), "argument_type"],
    [() => overlap.register({ ...old, token: old.token }, renewed()), "argument_type"],
    [() => overlap.register("", old), "malformed_json"],
    [() => overlap.register(old, "!"), "token_noncanonical"],
    [() => overlap.register(old, `${renewed().token.slice(0, -6)}AAAAAA`), undefined],
    [() => overlap.register(old, renewed(), { until: END }), "config_invalid"],
    [() => overlap.register(old, renewed(), { now: NaN }), "clock_invalid"],
    [() => overlap.successor(), "argument_type"],
    [() => overlap.successor(old), "argument_type"],
  ]) {
    const error = await failureOf(call);
    assert.ok(code === undefined ? error?.code : error?.code === code, `${error?.code} ${call}`);
    assert.doesNotMatch(error.message, /\n/);
  }
  assert.equal(overlap.size, 0);
});

test("W2 what other code left on Object.prototype names no successor", () => {
  const [old, successor] = [granted(), renewed()];
  for (const [name, value] of Object.entries({ token: "x", now: END * 2, untilMs: 1, successor: () => "x", get: undefined })) {
    Object.defineProperty(Object.prototype, name, { __proto__: null, value, configurable: true, enumerable: true, writable: true });
    try {
      assert.equal(new CapabilityOverlap().register(old, successor).successor(old.digest), successor.token, name);
      assert.equal(new CapabilityOverlap().successor(old.digest), null, name);
    } finally {
      delete Object.prototype[name];
    }
  }
});
