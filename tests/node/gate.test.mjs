import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentIdentity, AgentRegistry, fields, gate, MemoryNonceStore, NOW, planner, registry, researcher, stranger, trusthandoff, wire } from "./support.mjs";

const { createEnvelope, issueCapability, PacketDecision, signPacket, TrustHandoffMiddleware } = trusthandoff;

test("a genuine envelope is accepted once, through handle and handleSync alike", async () => {
  for (const handle of [(verifier, text) => verifier.handle(text), (verifier, text) => verifier.handleSync(text)]) {
    const verifier = gate();
    const text = wire();
    const first = await handle(verifier, text);
    assert.ok(first instanceof PacketDecision);
    assert.deepEqual([first.decision, first.code, first.reason, first.field], ["ACCEPT", null, null, null]);
    assert.deepEqual([first.agentId, first.fingerprint, first.form], [planner.agentId, planner.fingerprint, "0.4.0"]);
    assert.match(first.packetDigest, /^[0-9a-f]{64}$/);
    assert.match(first.reviewDigest, /^[0-9a-f]{64}$/);
    assert.equal(first.expiresAtMs, NOW + 900_000);
    assert.ok(first.checks.length > 5 && first.checks.every(({ outcome }) => outcome === "pass"));
    assert.equal(first.throwIfRejected(), first);
    const second = await handle(verifier, text);
    assert.deepEqual([second.decision, second.code, second.packet], ["REJECT", "replay_detected", undefined]);
    assert.equal(second.checks.at(-1).outcome, "fail");
    assert.throws(() => second.throwIfRejected(), { name: "ReplayAttackError", code: "replay_detected" });
  }
});

test("H10 what was accepted cannot be changed afterwards, not even in the caller's buffer", async () => {
  const bytes = new TextEncoder().encode(wire());
  const decision = await gate().handle(bytes);
  bytes.fill(0x20);
  assert.equal(decision.packet.intent, "Summarize the findings");
  assert.equal(decision.packet, decision.packet);
  assert.throws(() => (decision.packet.intent = "x"), TypeError);
  assert.throws(() => decision.packet.permissions.allowed_actions.push("x"), TypeError);
  assert.throws(() => (decision.decision = "REJECT"), TypeError);
  assert.throws(() => decision.checks.push({}), TypeError);
});

test("a decision shows what was proven: the capability with its chain, the packets before, and how long it all holds", async () => {
  const agents = registry().register(researcher.agentId, researcher.publicKeyPem, { now: NOW - 1000 });
  const rooted = AgentRegistry.fromJson(JSON.stringify({ ...JSON.parse(agents.toJson()), [planner.agentId]: { ...JSON.parse(agents.toJson())[planner.agentId], roots: ["read"] } }));
  const root = issueCapability(planner, { subject_agent: researcher.agentId, allowed_actions: ["read"], max_tool_calls: 3, ttl_seconds: 600 }, { now: NOW });
  const first = await gate({ registry: rooted }).handle(wire({ permissions: { allowed_actions: ["read"], max_tool_calls: 3 }, capability_token: root.token }));
  assert.equal(first.code, null);
  assert.equal(first.capability.token, root.token);
  assert.equal(first.capability, first.capability);
  assert.deepEqual([first.ancestors, first.validUntilMs, first.expiresAtMs], [[], NOW + 600_000, NOW + 900_000]);

  const leaf = root.attenuate(researcher, { subject_agent: stranger.agentId, allowed_actions: ["read"], max_tool_calls: 1 }, { now: NOW });
  const child = signPacket(researcher, fields({ to_agent: stranger.agentId, permissions: { allowed_actions: ["read"], max_tool_calls: 1 }, capability_token: leaf.token }), { now: NOW });
  const second = await gate({ registry: rooted, audience: stranger.agentId }).handle(createEnvelope(child, { parent: first, capabilities: leaf }));
  assert.equal(second.code, null, second.reason);
  assert.deepEqual([...second.capability.chain], [root.token, leaf.token]);
  assert.deepEqual(second.ancestors.map(({ packet_id }) => packet_id), [first.packetId]);
  assert.ok(Object.isFrozen(second.ancestors) && Object.isFrozen(second.ancestors[0].permissions));

  const plain = await gate().handle(wire());
  assert.deepEqual([plain.capability, plain.ancestors, plain.validUntilMs, plain.notices], [null, [], NOW + 900_000, []]);
  const refused = await gate().handle(wire().replace("Summarize", "x"));
  assert.deepEqual([refused.capability, refused.ancestors, refused.validUntilMs, refused.notices], [null, [], null, []]);
});

test("nobody but the gate makes a decision", () => {
  assert.throws(() => new PacketDecision({ decision: "ACCEPT" }), { code: "config_invalid" });
  assert.throws(() => new PacketDecision(undefined, { decision: "ACCEPT" }), { code: "config_invalid" });
});

test("the attacks on one handoff, each with its code", async () => {
  const impostor = AgentIdentity.generate({ agentId: planner.agentId });
  const cases = [
    ["tampered", wire().replace("Summarize", "summarize"), {}, "invalid_signature"],
    ["expired", wire(), { clock: () => NOW + 900_000 }, "expired"],
    ["from the future", wire(), { clock: () => NOW - 31_000 }, "issued_in_future"],
    ["B03 wrong audience", wire(), { audience: stranger.agentId }, "wrong_audience"],
    ["B01 forged key", wire({}, { identity: impostor }), {}, "public_key_mismatch"],
    ["unknown agent", wire({}, { identity: stranger }), {}, "agent_unknown"],
    ["D01 unreviewed", wire({ constraints: { requires_human_review: true } }), {}, "human_review_required"],
    ["D04 longer than the receiver's table", wire(), { ttl: { read: 899 } }, "ttl_policy_mismatch"],
    ["D01 approved by the requester itself", wire({ constraints: { requires_human_review: true }, context: { human_approval: "APPROVED" } }), {}, "human_review_required"],
  ];
  for (const [name, text, options, code] of cases) {
    const decision = await gate(options).handle(text);
    assert.deepEqual([decision.decision, decision.code], ["REJECT", code], name);
    assert.ok(decision.reason.length > 0 && !decision.reason.includes("\n"), name);
  }
});

test("A01 a forged packet with a victim's nonce burns nothing", async () => {
  const verifier = gate();
  const text = wire();
  await verifier.handle(text.replace("Summarize", "Publish"));
  assert.equal((await verifier.handle(text)).decision, "ACCEPT");
});

test("the hosts are asked in order, the nonce last, with what they need to know", async () => {
  const asked = [];
  const verifier = gate({
    registry: undefined,
    resolveAgent: (...args) => {
      asked.push(["agent", ...args]);
      return { publicKeyPem: planner.publicKeyPem, revoked: false };
    },
    revocations: { isRevoked: (...args) => asked.push(["revocation", ...args]) === 0 },
    approvals: { isApproved: (...args) => asked.push(["approval", ...args]) > 0 },
    policy: { isAllowed: (...args) => asked.push(["policy", ...args]) > 0 },
    nonces: { checkAndStore: (...args) => asked.push(["nonce", ...args]) > 0 },
  });
  const decision = await verifier.handle(wire({ constraints: { requires_human_review: true }, nonce: "n-1", packet_id: "p-1" }));
  assert.equal(decision.code, null);
  const kinds = asked.map(([kind]) => kind);
  assert.equal(kinds[0], "agent");
  assert.equal(kinds.at(-1), "nonce");
  assert.ok(["revocation", "approval", "policy"].every((kind) => kinds.includes(kind)));
  const of = (kind) => asked.find(([name]) => name === kind).slice(1);
  assert.deepEqual(of("agent"), [planner.agentId]);
  assert.ok(of("revocation")[0].includes(`agent|${planner.agentId}`) && of("revocation")[0].includes(`key|${planner.fingerprint}`));
  assert.deepEqual(of("approval"), [decision.reviewDigest, { packetId: "p-1" }]);
  assert.equal(of("policy")[0].intent, "Summarize the findings");
  assert.throws(() => (of("policy")[0].intent = "x"), TypeError);
  const [key, expires, about] = of("nonce");
  assert.match(key, new RegExp(`^th1:${planner.fingerprint}:[0-9a-f]{64}$`));
  assert.ok(expires >= NOW + 900_000);
  const issuedAtMs = NOW - (30 * 86_400 + 300) * 1000; // what the host itself approved names no time
  assert.deepEqual(about, { nowMs: NOW, issuedAtMs, nonce: "n-1", agentId: planner.agentId, fingerprint: planner.fingerprint });
});

test("every reply of false refuses with its own code", async () => {
  for (const [options, code] of [
    [{ nonces: () => false }, "replay_detected"],
    [{ policy: () => false }, "policy_denied"],
    [{ approvals: () => false }, "human_review_required"],
    [{ revocations: () => true }, "agent_revoked"],
  ]) {
    const text = wire({ constraints: { requires_human_review: true } });
    assert.equal((await gate({ approvals: () => true, ...options }).handle(text)).code, code);
    assert.equal(gate({ approvals: () => true, ...options }).handleSync(text).code, code);
  }
});

test("a resolved agent may be unknown, revoked, or described as in the registry file", async () => {
  const record = JSON.parse(registry().toJson())[planner.agentId];
  for (const [answer, code] of [
    [{ publicKeyPem: planner.publicKeyPem }, null],
    [record, null],
    [null, "agent_unknown"],
    [undefined, "agent_unknown"],
    [{ publicKeyPem: planner.publicKeyPem, revoked: true }, "agent_revoked"],
    [{ publicKeyPem: stranger.publicKeyPem, revoked: false }, "public_key_mismatch"],
  ]) {
    const verifier = gate({ registry: undefined, resolveAgent: async () => answer });
    assert.equal((await verifier.handle(wire())).code, code, JSON.stringify(answer));
  }
});

test("an audience of several ids admits each of them and no other", async () => {
  const both = { audience: [stranger.agentId, researcher.agentId] };
  assert.equal((await gate(both).handle(wire())).decision, "ACCEPT");
  assert.equal((await gate(both).handle(wire({ to_agent: stranger.agentId }))).decision, "ACCEPT");
  assert.equal((await gate(both).handle(wire({ to_agent: planner.agentId }))).code, "wrong_audience");
});

test("W11 a clock set back stays at its latest reading; an explicit now is taken as it is", async () => {
  let now = NOW;
  const verifier = gate({ clock: () => now });
  const text = wire();
  now = NOW + 1_000_000;
  assert.equal((await verifier.handle(text)).code, "expired");
  now = NOW;
  assert.equal((await verifier.handle(text)).code, "expired");
  assert.equal((await verifier.handle(text, { now: NOW })).decision, "ACCEPT");
  assert.equal((await verifier.handle(wire(), { now: "2026-03-08T13:00:01+01:00" })).decision, "ACCEPT");
  assert.equal((await verifier.handle(wire(), { now: new Date(NOW) })).decision, "ACCEPT");
});

test("W8 options changed after construction change no gate", async () => {
  const audience = [researcher.agentId];
  const ttl = { read: 900 };
  const nonces = { checkAndStore: () => true };
  let reads = 0;
  const options = {
    audience,
    ttl,
    nonces,
    registry: registry(),
    clock: () => NOW,
    get strict() {
      reads += 1;
      return false;
    },
  };
  const verifier = new TrustHandoffMiddleware(options);
  audience[0] = stranger.agentId;
  ttl.read = 1;
  nonces.checkAndStore = () => false;
  assert.equal((await verifier.handle(wire())).decision, "ACCEPT");
  assert.equal(reads, 1);
});

test("A13 a falsy or missing store is an error at construction, never a default", () => {
  const complete = { audience: researcher.agentId, registry: registry(), nonces: () => true };
  assert.ok(new TrustHandoffMiddleware(complete));
  for (const name of ["audience", "registry", "nonces"]) {
    for (const value of [undefined, null, 0, false, "", [], {}, NaN]) {
      assert.throws(() => new TrustHandoffMiddleware({ ...complete, [name]: value }), (error) => error.code === "config_invalid" && error.field === name, `${name}: ${String(value)}`);
    }
  }
});

test("C04 a senseless option is refused at construction, by its name", () => {
  for (const [name, values] of Object.entries({
    maxDepth: [null, "5", -1, 65, 1.5, Infinity, NaN, 2 ** 40],
    skewSeconds: [301, -1, "30"],
    graceSeconds: [61, -1, null],
    maxLifetimeSeconds: [-1, 1.5, 2 ** 31],
    maxCapabilitySeconds: [-1, 0, 1.5, 2 ** 31],
    strict: [null, "true", 1, "false"],
    storeTimeoutMs: [0, -1, null, Infinity, 2 ** 31, "2000"],
    clock: [null, 5, {}],
    policy: [null, {}, true],
    approvals: [null, {}, "yes"],
    revocations: [null, {}, []],
    resolveAgent: [() => {}],
    maxDeph: [3],
    Strict: [true],
    boundary: [null, 5, {}, ["eu", 1], [null]],
    overlap: [null, {}, "token", []],
    events: [null, {}, "log"],
  })) {
    for (const value of values) assert.throws(() => gate({ [name]: value }), { code: "config_invalid", field: name }, `${name}: ${String(value)}`);
  }
  for (const review of [null, 5, [], () => {}]) assert.throws(() => gate({ review }), { code: "config_invalid" });
  for (const ttl of [{ write: -1 }, { read: "900" }, { reed: 1 }, 5, null]) assert.throws(() => gate({ ttl }), { code: "config_invalid" });
  for (const [name, values] of Object.entries({
    reviewers: ["agent:x", [1], [""], null, [" "]],
    threshold: [0, -1, 1.5, "1", 65, null],
    aiWrites: [1, "true", null],
    timeoutMs: [0, NaN, "50", Infinity],
    reviewrs: [[]],
  })) {
    for (const value of values) {
      const error = { code: "config_invalid", field: name === "reviewrs" ? name : `review.${name}` };
      assert.throws(() => gate({ review: { [name]: value } }), error, `review.${name}: ${String(value)}`);
    }
  }
  assert.throws(() => gate({ review: { reviewers: ["agent:a"], threshold: 2 } }), { code: "config_invalid", field: "review.threshold" });
  for (const audience of [["a", 1], [""], [[]]]) assert.throws(() => gate({ audience }), { code: "config_invalid", field: "audience" });
});

test("C04 every limit holds at its edges", async () => {
  for (const options of [{ maxDepth: 64 }, { maxDepth: 1 }, { skewSeconds: 300 }, { skewSeconds: 0 }, { graceSeconds: 60 }, { ttl: { read: 900, write: 120 } }]) {
    assert.equal((await gate(options).handle(wire())).decision, "ACCEPT", JSON.stringify(options));
  }
  assert.equal((await gate({ graceSeconds: 60, clock: () => NOW + 959_000 }).handle(wire())).decision, "ACCEPT");
  assert.equal((await gate({ graceSeconds: 60, clock: () => NOW + 960_000 }).handle(wire())).code, "expired");
});

test("one store may serve several gates: what one let in, the other refuses", async () => {
  const nonces = new MemoryNonceStore();
  const text = wire();
  assert.equal((await gate({ nonces }).handle(text)).decision, "ACCEPT");
  assert.equal((await gate({ nonces }).handle(text)).code, "replay_detected");
});

test("misuse of handle is an error of the caller, not a decision", async () => {
  await assert.rejects(gate().handle(JSON.parse(wire())), { name: "ArgumentTypeError", code: "argument_type" });
  assert.throws(() => gate().handleSync({}), TypeError);
  await assert.rejects(gate().handle(wire(), { nwo: 1 }), { code: "config_invalid", field: "nwo" });
  await assert.rejects(gate().handle(wire(), { now: NaN }), { code: "clock_invalid" });
  await assert.rejects(gate().handle(wire(), { now: "yesterday" }), (error) => error.code.startsWith("datetime_"));
  assert.throws(() => new TrustHandoffMiddleware(), { code: "config_invalid" });
  assert.throws(() => new TrustHandoffMiddleware(null), { code: "config_invalid" });
  assert.ok(AgentRegistry.selfCertifying());
});
