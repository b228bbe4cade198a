import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentIdentity, AgentRegistry, gate, NOW, planner, registry, researcher, stranger, trusthandoff, wire } from "./support.mjs";

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

test("who is known, and with what, is told frozen and as a registry file has it", () => {
  const agents = registry().register(stranger.agentId, stranger.publicKey, { roots: ["read"], notBefore: new Date(NOW), reviewer: true });
  assert.deepEqual(agents.list(), [planner.agentId, stranger.agentId].sort());
  const known = agents.get(stranger.agentId);
  assert.deepEqual(JSON.parse(JSON.stringify(known)), {
    keys: [{ public_key_pem: stranger.publicKeyPem, not_before: "2026-03-08T12:00:00Z", not_after: null }],
    ...{ roots: ["read"], reviewer: true, revoker: false, revoked_at: null },
  });
  assert.throws(() => (known.roots[0] = "write"), TypeError);
  assert.equal(agents.get("agent:nobody"), undefined);
  assert.deepEqual(new AgentRegistry().list(), []);
});

test("what get answers a resolver may answer with", async () => {
  const agents = registry();
  const decision = await gate({ registry: undefined, resolveAgent: (id) => agents.get(id) }).handle(wire());
  assert.equal(decision.code, null);
});

test("B10 a second register keeps the roles that it says nothing of, and takes away what it says", () => {
  const agents = registry().register(planner.agentId, planner.publicKey, { roots: ["read"], reviewer: true, revoker: true });
  const roles = () => {
    const { roots, reviewer, revoker } = agents.get(planner.agentId);
    return [roots.join(), reviewer, revoker];
  };
  agents.register(planner.agentId, planner.publicKey, { notAfter: NOW + 60_000 });
  assert.deepEqual(roles(), ["read", true, true]);
  agents.register(planner.agentId, planner.publicKey, { roots: ["write"], reviewer: false });
  assert.deepEqual(roles(), ["write", false, true]);
  agents.register(planner.agentId, planner.publicKey, { roots: [], revoker: undefined });
  assert.deepEqual(roles(), ["", false, true]);
  agents.rotate(planner.agentId, stranger.publicKey, { now: NOW });
  assert.deepEqual(roles(), ["", false, true]);
});

test("withdraw takes one role away, at gates that run too", () => {
  const all = { roots: ["read", "write"], reviewer: true, revoker: true };
  for (const role of Object.keys(all)) {
    const agents = registry().register(planner.agentId, planner.publicKey, all);
    assert.equal(agents.withdraw(planner.agentId, role), agents);
    const left = agents.get(planner.agentId);
    for (const other of Object.keys(all)) assert.deepEqual(left[other], other === role ? (other === "roots" ? [] : false) : all[other], other);
    assert.deepEqual(AgentRegistry.fromJson(agents.toJson()).toJson(), agents.toJson());
  }
  const agents = registry();
  assert.throws(() => agents.withdraw("agent:nobody", "reviewer"), { code: "agent_unknown" });
  for (const role of ["admin", "", "Reviewer"]) assert.throws(() => agents.withdraw(planner.agentId, role), { code: "config_invalid" });
  for (const role of [undefined, null, 7]) assert.throws(() => agents.withdraw(planner.agentId, role), { code: "argument_type" });
});

test("B10 a removed agent is unknown, may come back with another key, and stays revoked if it was", async () => {
  const agents = registry().register(stranger.agentId, stranger.publicKey, { reviewer: true });
  assert.deepEqual([agents.remove(planner.agentId), agents.remove(planner.agentId), agents.remove("agent:nobody")], [true, false, false]);
  assert.deepEqual([agents.has(planner.agentId), agents.get(planner.agentId), agents.list()], [false, undefined, [stranger.agentId]]);
  assert.equal(await code(agents), "agent_unknown");
  const next = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(9), { agentId: planner.agentId });
  agents.register(planner.agentId, next.publicKey);
  assert.deepEqual([await code(agents, { identity: next }), await code(agents)], [null, "public_key_mismatch"]);

  agents.revoke(stranger.agentId, { now: NOW }).remove(stranger.agentId);
  assert.equal(await code(agents, { identity: stranger }), "agent_unknown");
  for (const later of [agents, AgentRegistry.fromJson(agents.toJson())]) {
    assert.equal(later.has(stranger.agentId), false);
    for (const change of [() => later.rotate(stranger.agentId, next.publicKey), () => later.revoke(stranger.agentId), () => later.withdraw(stranger.agentId, "reviewer")]) {
      assert.throws(change, { code: "agent_unknown" });
    }
    later.register(stranger.agentId, stranger.publicKey);
    assert.equal(later.get(stranger.agentId).reviewer, false, "its roles went with it");
    assert.equal(await code(later, { identity: stranger }), "agent_revoked");
  }
});

test("reload: another file in the place of the one before, at once and as a whole, or not at all", async () => {
  const agents = registry();
  const verifier = gate({ registry: agents });
  const handle = async (identity) => (await verifier.handle(wire({ nonce: crypto.randomUUID() }, { identity }))).code;
  const before = agents.toJson();
  for (const [text, failure] of [
    ["{", "malformed_json"],
    ["[]", "type_mismatch"],
    [`{"${stranger.agentId}": "-----BEGIN"}`, "public_key_encoding_invalid"],
    [`{"${stranger.agentId}": {"keys": []}}`, "missing_field"],
    ["\ud800", "invalid_unicode"],
    [undefined, "argument_type"],
    [{}, "argument_type"],
  ]) {
    assert.throws(() => agents.reload(text), { code: failure }, failure);
    assert.equal(agents.toJson(), before);
    assert.equal(await handle(planner), null);
  }
  assert.equal(agents.reload(JSON.stringify({ [stranger.agentId]: stranger.publicKeyPem })), agents);
  assert.deepEqual([await handle(planner), await handle(stranger)], ["agent_unknown", null]);
  agents.register(planner.agentId, planner.publicKey);
  assert.equal(await handle(planner), null);
  assert.throws(() => AgentRegistry.selfCertifying().reload("{}"), { code: "config_invalid" });
});

test("B10 whoever was revoked stays so through reload, and events tell what a file changed", async () => {
  const file = registry().register(stranger.agentId, stranger.publicKey).toJson();
  const agents = AgentRegistry.fromJson(file);
  const events = [];
  const verifier = gate({ registry: agents, events: ({ event_type: type, target, agent_id: id }) => events.push([type, target ?? id]) });
  agents.revoke(planner.agentId, { now: NOW }).reload(file);
  assert.equal((await verifier.handle(wire())).code, "agent_revoked");
  agents.reload("{}").register(planner.agentId, planner.publicKey);
  assert.equal((await verifier.handle(wire())).code, "agent_revoked", "also where the file does not know it");
  events.length = 0;
  const changed = AgentRegistry.fromJson(file).rotate(planner.agentId, researcher.publicKey, { now: NOW }).revoke(stranger.agentId, { now: NOW });
  AgentRegistry.fromJson(file);
  agents.reload(file).reload(changed.toJson());
  await verifier.handle(wire());
  assert.deepEqual(events.slice(0, -1), [
    ["key_rotated", planner.agentId],
    ["revoked", `agent|${stranger.agentId}`],
  ]);
});

test("a rotation may overlap for as long as what the old key signed is to live on, and is 30 s by default", async () => {
  const next = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(9), { agentId: planner.agentId });
  const month = 30 * 86_400;
  for (const [overlapSeconds, last] of [
    [undefined, 30],
    [0, 0],
    [3600, 3600],
    [3 * month, 3 * month],
    [3650 * 86_400, 3650 * 86_400],
  ]) {
    const agents = registry().rotate(planner.agentId, next.publicKey, { ...(overlapSeconds === undefined ? {} : { overlapSeconds }), now: NOW });
    if (last > 0) assert.equal(await code(agents, undefined, NOW + last * 1000 - 1), null);
    assert.equal(await code(agents, undefined, NOW + last * 1000), "public_key_mismatch");
    assert.equal(await code(agents, { identity: next }, NOW + last * 1000), null);
  }
  const agents = registry();
  for (const overlapSeconds of [3650 * 86_400 + 1, 2 ** 32, 2 ** 32 + 30, 1e300, -1, 0.5, NaN, "30", 30n, null]) {
    assert.throws(() => agents.rotate(planner.agentId, next.publicKey, { overlapSeconds, now: NOW }), { code: "config_invalid" }, String(overlapSeconds));
  }
  const early = registry().rotate(planner.agentId, next.publicKey, { overlapSeconds: month, now: NOW });
  early.register(planner.agentId, planner.publicKey, { notAfter: NOW + 1000 });
  assert.equal(await code(early, undefined, NOW + 1000), "public_key_mismatch", "a long overlap can be ended early");
});

test("a planned rotation ends no live chain: what the old key issued lives to its end", async () => {
  const { issueCapability } = trusthandoff;
  const next = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(9), { agentId: stranger.agentId });
  const agents = registry().register(stranger.agentId, stranger.publicKey, { roots: ["read"] });
  const { token } = issueCapability(stranger, { subject_agent: planner.agentId, allowed_actions: ["read"] }, { now: NOW });
  agents.rotate(stranger.agentId, next.publicKey, { overlapSeconds: 3600, now: NOW });
  for (const [later, expected] of [
    [31, null],
    [3599, null],
    [3600, "capability_expired"],
  ]) {
    const text = wire({ permissions: { allowed_actions: ["read"] }, capability_token: token }, { now: NOW + later * 1000 });
    assert.equal((await gate({ registry: agents, clock: () => NOW + later * 1000 }).handle(text)).code, expected, `${later}`);
  }
});

test("every time that a registry takes may be a Date, milliseconds, or any RFC 3339 text", () => {
  const moments = [NOW, new Date(NOW), "2026-03-08T12:00:00Z", "2026-03-08t14:00:00.0+02:00", "2026-03-08 12:00:00.000Z", new Date(NOW).toISOString()];
  const files = moments.map((moment) =>
    registry()
      .register(stranger.agentId, stranger.publicKey, { notBefore: moment, notAfter: moment, now: moment })
      .rotate(planner.agentId, researcher.publicKey, { now: moment })
      .revoke(stranger.agentId, { now: moment })
      .toJson()
      .replaceAll("14:00:00+02:00", "12:00:00Z"),
  );
  assert.equal(new Set(files).size, 1);
  for (const wrong of [new Date(NaN), "2026-03-08", "2026-03-08T12:00:00", "yesterday", NaN, -1, Infinity, 10n, null, {}]) {
    assert.throws(() => registry().revoke(planner.agentId, { now: wrong }), (error) => /^(clock_invalid|datetime_\w+)$/.test(error.code), String(wrong));
  }
});
