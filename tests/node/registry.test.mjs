import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentIdentity, AgentRegistry, gate, NOW, planner, registry, researcher, stranger, wire } from "./support.mjs";

const code = async (agents, options, at = NOW) => (await gate({ registry: agents, clock: () => at }).handle(wire(undefined, { now: at, ...options }))).code;

test("a registry file says whose keys are trusted", async () => {
  const agents = AgentRegistry.fromJson(JSON.stringify({ [planner.agentId]: planner.publicKeyPem }));
  assert.equal(agents.has(planner.agentId), true);
  assert.equal(agents.has(stranger.agentId), false);
  assert.equal(await code(agents), null);
  assert.equal(await code(agents, { identity: stranger }), "agent_unknown");
});

test("what toJson writes, fromJson reads, with all that was said", async () => {
  const next = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(9), { agentId: planner.agentId });
  const agents = registry()
    .register(stranger.agentId, stranger.publicKey, { roots: ["read"], notBefore: NOW + 60_000, reviewer: true, revoker: true, now: NOW })
    .rotate(planner.agentId, next.publicKeyPem, { overlapSeconds: 30, now: NOW })
    .register(researcher.agentId, researcher.publicKeyJwk(), { now: NOW })
    .revoke(researcher.agentId, { now: NOW });
  const copy = AgentRegistry.fromJson(agents.toJson());
  assert.equal(copy.toJson(), agents.toJson());
  for (const each of [agents, copy]) {
    assert.equal(await code(each), null);
    assert.equal(await code(each, { identity: next }), null);
    assert.equal(await code(each, undefined, NOW + 31_000), "public_key_mismatch");
    assert.equal(await code(each, { identity: researcher }), "agent_revoked");
    assert.equal(await code(each, { identity: stranger }), "public_key_mismatch");
    assert.equal(await code(each, { identity: stranger }, NOW + 61_000), null);
  }
});

test("B10 another key for a registered agent is refused, not taken", () => {
  const agents = registry();
  assert.throws(() => agents.register(planner.agentId, stranger.publicKeyPem, { now: NOW }), { code: "key_conflict" });
});

test("a gate sees a later revocation at once", async () => {
  const agents = registry();
  const verifier = gate({ registry: agents });
  assert.equal((await verifier.handle(wire())).code, null);
  agents.revoke(planner.agentId, { now: NOW });
  assert.equal((await verifier.handle(wire())).code, "agent_revoked");
});

test("a self-certifying registry trusts the hash and nothing else", async () => {
  const any = AgentRegistry.selfCertifying();
  assert.equal(await code(any, { identity: stranger }), null);
  assert.equal(await code(any, { identity: AgentIdentity.generate({ agentId: planner.agentId }) }), "agent_id_mismatch");
  assert.throws(() => any.revoke(planner.agentId), { code: "config_invalid" });
});

test("thousands of changes cost no more each than the first ones", () => {
  const agents = new AgentRegistry();
  for (let index = 0; index < 3000; index += 1) agents.register(`agent:${index}`, planner.publicKey, { now: NOW });
  assert.equal(Object.keys(JSON.parse(agents.toJson())).length, 3000);
});
