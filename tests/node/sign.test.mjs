import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { AgentIdentity, createEnvelope, failureOf, fields, gate, NOW, planner, registry, researcher, signPacket, stranger, trusthandoff, wire } from "./support.mjs";

const { signedTask, verifySignature, signPacketAsync } = trusthandoff;

test("what is missing is filled in, with ids that do not repeat", () => {
  const [one, two] = [signPacket(planner, fields(), { now: NOW }), signPacket(planner, fields(), { now: NOW })];
  assert.equal(one.from_agent, planner.agentId);
  assert.equal(one.public_key, planner.publicKeyPem);
  assert.equal(one.risk_level, "read");
  assert.equal(one.issued_at, "2026-03-08T12:00:00Z");
  assert.equal(one.expires_at, "2026-03-08T12:15:00Z");
  assert.equal(one.signature.length, 88);
  for (const name of ["packet_id", "task_id", "nonce"]) assert.notEqual(one[name], two[name]);
});

test("a write packet lives 120 seconds, an unknown risk is no risk level", () => {
  assert.equal(signPacket(planner, fields({ risk_level: "write" }), { now: NOW }).expires_at, "2026-03-08T12:02:00Z");
  assert.throws(() => signPacket(planner, fields({ risk_level: "critical" })), { code: "unsupported_risk_level" });
});

test("both forms verify and say which they are", () => {
  for (const form of ["0.4.0", "0.3.3"]) {
    const packet = signPacket(planner, fields(), { form });
    assert.deepEqual([verifySignature(packet.text).form, verifySignature(createEnvelope(packet)).form], [form, form]);
  }
});

test("a signed packet is frozen at every depth and carries its text", () => {
  const packet = signPacket(planner, fields({ context: { deep: [{ er: 1 }] } }));
  assert.throws(() => (packet.intent = "other"), TypeError);
  assert.throws(() => (packet.context.deep[0].er = 2), TypeError);
  assert.throws(() => packet.permissions.allowed_actions.push("write"), TypeError);
  assert.equal(JSON.parse(packet.text).packet_id, packet.packet_id);
  assert.equal(Object.keys(packet).includes("text"), false);
});

test("integers, floats and bigints keep their kind and their digits", () => {
  const big = 2n ** 80n;
  const packet = signPacket(planner, fields({ context: { int: 1, float: 1.5, big, safe: Number.MAX_SAFE_INTEGER, small: 1e-7, minus: -3 } }));
  assert.ok(packet.text.includes(`${big}`));
  assert.equal(packet.context.big, big);
  assert.equal(verifySignature(packet.text).valid, true);
  for (const number of [2 ** 53, -(2 ** 53), 1e20]) {
    assert.throws(() => signPacket(planner, fields({ context: { number } })), { code: "number_unsafe", field: "/context/number" });
  }
  for (const number of [NaN, Infinity, -Infinity]) {
    assert.throws(() => signPacket(planner, fields({ context: { number } })), (error) => error.field === "/context/number");
  }
});

test("W8 every property is read once, so a getter cannot sign what it did not show", () => {
  let reads = 0;
  const trick = {
    ...fields(),
    get intent() {
      reads += 1;
      return reads === 1 ? "read" : "delete everything";
    },
  };
  assert.equal(signPacket(planner, trick).intent, "read");
  assert.equal(reads, 1);
});

test("W2 a __proto__ key is data and pollutes nothing", () => {
  const packet = signPacket(planner, fields({ context: JSON.parse('{"__proto__": {"admin": true}}') }));
  assert.equal(Object.getPrototypeOf(packet.context), null);
  assert.deepEqual(Object.keys(packet.context), ["__proto__"]);
  assert.equal({}.admin, undefined);
  assert.equal(verifySignature(packet.text).valid, true);
});

test("D02 the metadata of a task reaches the packet whole, and survives the gate", async () => {
  const task = signedTask({ riskLevel: "write", requiresHumanReview: true, aiProvenance: { source: "model-x" }, ttlSeconds: 60 }, function named(a, b) {
    return [this, a, b];
  });
  assert.deepEqual([task.name, task.length, task.call("self", 1, 2)], ["named", 2, ["self", 1, 2]]);
  const { risk_level: _, ...rest } = fields();
  const packet = signPacket(planner, rest, { task, now: NOW });
  assert.equal(packet.risk_level, "write");
  assert.equal(packet.ttl_seconds, 60);
  assert.equal(packet.expires_at, "2026-03-08T12:01:00Z");
  assert.equal(packet.constraints.requires_human_review, true);
  assert.equal(packet.ai_provenance.source, "model-x");
  assert.equal((await gate().handle(createEnvelope(packet))).code, "human_review_required");
  assert.equal((await gate({ approvals: () => true }).handle(createEnvelope(packet))).decision, "ACCEPT");
});

test("D02 a field that contradicts the task is an error, one that agrees is none", () => {
  const task = signedTask({ riskLevel: "write", requiresHumanReview: true, aiProvenance: { source: "a", model: { x: [1] } } }, () => {});
  const bare = { to_agent: researcher.agentId, intent: "x", permissions: {} };
  const same = { risk_level: "write", constraints: { requires_human_review: true }, ai_provenance: { model: { x: [1] }, source: "a" } };
  assert.equal(signPacket(planner, { ...bare, ...same }, { task }).risk_level, "write");
  for (const wrong of [
    { risk_level: "read" },
    { ai_provenance: { source: "b" } },
  ]) {
    assert.throws(() => signPacket(planner, { ...bare, ...wrong }, { task }), { code: "task_metadata_conflict" }, JSON.stringify(wrong));
  }
  assert.equal(signPacket(planner, { ...bare, constraints: { requires_human_review: false } }, { task }).constraints.requires_human_review, true);
});

test("D03 a task of unknown risk is not a read task", () => {
  assert.throws(() => signedTask({ riskLevel: "critical" }, () => {}), { code: "unsupported_risk_level" });
});

test("an envelope is made of a packet, of its text, and of nothing that lost it", async () => {
  const packet = await signPacketAsync(planner, fields(), { now: NOW });
  const envelope = createEnvelope(packet);
  assert.equal(createEnvelope(packet.text), envelope);
  assert.equal(createEnvelope(new TextEncoder().encode(packet.text)), envelope);
  for (const lossy of [{ ...packet }, JSON.parse(packet.text), null, 1]) {
    assert.throws(() => createEnvelope(lossy), { name: "ArgumentTypeError", code: "argument_type" });
  }
  const { chain } = JSON.parse(envelope);
  assert.deepEqual(chain, { packet_ids: [packet.packet_id], agents: [planner.agentId], hops: [] });
});

test("a refused field is named by its JSON pointer", () => {
  for (const [more, field] of [
    [{ to_agent: undefined }, "/to_agent"],
    [{ intent: 7 }, "/intent"],
    [{ permissions: { allowed_actions: [1] } }, "/permissions/allowed_actions/0"],
    [{ permissions: { max_tool_calls: 1.5 } }, "/permissions/max_tool_calls"],
    [{ context: { "a/b~c": new Map() } }, "/context/a~1b~0c"],
    [{ is_admin: true }, "/is_admin"],
  ]) {
    assert.throws(() => signPacket(planner, fields(more)), (error) => error.field === field && !error.message.includes("\n"), field);
  }
});

test("the wire of a packet is the text its signature verifies on", () => {
  assert.equal(verifySignature(wire()).valid, true);
});

test("a packet signed after an accepted one stays within it where its fields say nothing", async () => {
  const { AgentIdentity, AgentRegistry, createEnvelope, MemoryNonceStore, signPacket, TrustHandoffMiddleware } = trusthandoff;
  const [planner, researcher, writer] = Array.from({ length: 3 }, () => AgentIdentity.generate());
  const registry = new AgentRegistry();
  for (const agent of [planner, researcher, writer]) registry.register(agent.agentId, agent.publicKeyPem);
  const gate = (agent) => new TrustHandoffMiddleware({ audience: agent.agentId, registry, nonces: new MemoryNonceStore(), strict: true });
  const now = Date.now();
  const fields = { to_agent: researcher.agentId, intent: "a", permissions: { allowed_actions: ["read"] }, constraints: { max_runtime_seconds: 9 }, ai_provenance: { source: "model" } };
  const parent = gate(researcher).handleSync(createEnvelope(signPacket(planner, fields, { now })), { now });
  assert.equal(parent.code, null);
  const task = { to_agent: writer.agentId, intent: "b", permissions: { allowed_actions: ["read"] } };
  const child = signPacket(researcher, task, { parent, now: now + 60_500 });
  assert.deepEqual([child.ttl_seconds, child.constraints.max_runtime_seconds, child.ai_provenance.source], [839, 9, "model"]);
  const decision = gate(writer).handleSync(createEnvelope(child, { parent }), { now: now + 61_000 });
  assert.deepEqual([decision.code, decision.ancestors.length], [null, 1]);
  assert.throws(() => createEnvelope(signPacket(researcher, task, { now: now + 60_500 }), { parent }), { code: "constraint_relaxed" });
  assert.throws(() => signPacket(researcher, task, { parent, now: now + 900_000 }), { code: "ttl_invalid" });
  for (const wrong of [null, {}, child, createEnvelope(child)]) assert.throws(() => signPacket(researcher, task, { parent: wrong }), { code: "config_invalid" });
});

test("E20 whatever is put into an envelope a gate can read, and whatever one hop accepts can be handed on", async () => {
  const arrays = (depth) => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`);
  const writer = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(9));
  const agents = () => registry().register(researcher.agentId, researcher.publicKeyPem, { now: NOW - 1000 });
  const second = () => gate({ audience: writer.agentId, registry: agents() });
  const child = (parent, context) => createEnvelope(signPacket(researcher, { to_agent: writer.agentId, intent: "x", context }, { now: NOW, parent }), { parent });
  for (const [depth, fits] of [[100, true], [124, true], [125, false], [126, false], [127, false]]) {
    const context = { k: arrays(depth) };
    if (!fits) {
      const error = await failureOf(() => wire({ context }));
      assert.equal(error?.code, "nesting_too_deep", `${depth}`);
      assert.match(error.field, /^\/context/);
      continue;
    }
    const first = gate().handleSync(wire({ context }));
    assert.equal(first.decision, "ACCEPT", `${depth}`);
    assert.equal(second().handleSync(child(first, context)).code, null, `${depth}`);
  }
  // Sizes: of a packet, of its envelope, and of one with the proof of what it comes from.
  const padded = (length) => ({ context: { text: "x".repeat(length) } });
  for (const length of [1_048_576, 3_000_000]) {
    const error = await failureOf(() => signPacket(planner, fields(padded(length)), { now: NOW }));
    assert.equal(error?.code, "input_too_large");
    assert.match(error.message, /1048576/);
  }
  // What fits without white space is signed, and read where it is sent so.
  const spaced = signPacket(planner, fields({ context: { a: Array.from({ length: 235_000 }, () => [1]) } }), { now: NOW });
  assert.ok(spaced.text.length > 1_048_576);
  assert.match((await failureOf(() => createEnvelope(spaced))).message, /1048576/);
  const chain = { packet_ids: [spaced.packet_id], agents: [planner.agentId] };
  const tight = `{"packet":${spaced.text.replaceAll(", ", ",").replaceAll(": ", ":")},"chain":${JSON.stringify(chain)}}`;
  assert.equal(gate().handleSync(tight).decision, "ACCEPT");
  const most = 1_048_576 - wire(padded(0)).length;
  const first = gate().handleSync(wire(padded(most)));
  assert.equal(first.decision, "ACCEPT");
  assert.match((await failureOf(() => wire(padded(most + 1)))).message, /1048576/);
  assert.match((await failureOf(() => child(first, {}))).message, /1048576/);
  const half = gate().handleSync(wire(padded(500_000)));
  assert.equal(second().handleSync(child(half, padded(500_000).context)).decision, "ACCEPT");
});

test("a packet is signed from a Date and any RFC 3339 text, and its wire says them in its one spelling", () => {
  const { approve } = trusthandoff;
  for (const [moment, written] of [
    [new Date(NOW), "2026-03-08T12:00:00Z"],
    [new Date(NOW + 5).toISOString(), "2026-03-08T12:00:00.005000Z"],
    ["2026-03-08t12:00:00.25z", "2026-03-08T12:00:00.250000Z"],
    ["2026-03-08 14:00:00.000+02:00", "2026-03-08T14:00:00+02:00"],
  ]) {
    const packet = signPacket(planner, fields({ issued_at: moment }), { now: moment });
    assert.equal(packet.issued_at, written);
    assert.equal(verifySignature(packet.text).valid, true);
    const end = typeof moment === "string" ? moment.replace("08", "09") : new Date(NOW + 86_400_000);
    assert.equal(signPacket(planner, fields({ risk_level: "read", ttl_seconds: 86_400, issued_at: moment, expires_at: end }), { now: moment }).expires_at, written.replace("08", "09"));
    const approval = approve(planner, { reviewDigest: "ab".repeat(32) }, { decision: "APPROVED", expiresAt: end, now: moment });
    assert.equal(Date.parse(approval.expires_at), Date.parse(written) + 86_400_000);
  }
  assert.throws(() => signPacket(planner, fields({ ttl_seconds: 5, expires_at: new Date(NOW + 6000) }), { now: NOW }), { code: "ttl_policy_mismatch" });
  for (const wrong of [NOW, new Date(NaN), "2026-03-08T12:00:00", "noon", true, {}]) {
    assert.throws(() => signPacket(planner, fields({ issued_at: wrong }), { now: NOW }), (error) => /^(datetime_\w+|clock_invalid|type_mismatch)$/.test(error.code), String(wrong));
  }
});

test("a Date of another realm is a Date, and what only looks like one is none", () => {
  const foreign = runInNewContext(`new Date(${NOW})`);
  assert.equal(signPacket(planner, fields({ issued_at: foreign }), { now: foreign }).issued_at, "2026-03-08T12:00:00Z");
  const fake = Object.assign(Object.create(Date.prototype), { getTime: () => NOW });
  assert.throws(() => signPacket(planner, fields(), { now: fake }), { code: "clock_invalid" });
  assert.throws(() => signPacket(planner, fields({ issued_at: fake }), { now: NOW }), { code: "type_mismatch" });
});

test("a packet after an accepted one inherits each constraint that its fields leave open", async () => {
  const constraints = { max_runtime_seconds: 60, data_boundary: "eu", requires_human_review: false };
  const parent = await gate().handle(wire({ constraints }));
  const signed = signPacket(researcher, { to_agent: stranger.agentId, intent: "x", constraints: { max_runtime_seconds: 5 } }, { parent, now: NOW });
  assert.deepEqual({ ...signed.constraints }, { ...constraints, max_runtime_seconds: 5 });
  const reviewed = signedTask({ requiresHumanReview: true }, () => {});
  const task = signPacket(researcher, { to_agent: stranger.agentId, intent: "x" }, { parent, task: reviewed, now: NOW });
  assert.deepEqual({ ...task.constraints }, { ...constraints, requires_human_review: true }, "also beside what its task demands");
  assert.equal(signPacket(researcher, { to_agent: stranger.agentId, intent: "x", constraints: { data_boundary: null } }, { parent, now: NOW }).constraints.data_boundary, null);
});

/** Actions that no gate would act on, each with what is wrong with it. */
const HOPELESS = {
  "": /starts with a verb/,
  ":/x": /starts with a verb/,
  "read:/a/../b": /dot segment/,
  "read:/a/./b": /dot segment/,
  "read:/a//b": /dot segment or an empty one/,
  "read:/a/%2e%2e/b": /dot segment/,
  "read:/a/%252e%252e/b": /dot segment/,
  "read:/a/..;x/b": /dot segment/,
  "read:/a/\uff0e\uff0e/b": /dot segment/,
  "read:/a/b%2fc": /encoded separator/,
  "read:/a\\b": /backslash/,
  "read:/a#b": /fragment/,
  "read:/a**": /`\*\*` is a segment/,
  "read:/a/%ff": /no UTF-8/,
  "read:/a%0d%0ab": /control character/,
  "read:/a ": /white space/,
  "re\u202ead": /control character/,
  "read:/\u2066a": /control character/,
  "fetch:https://*.example.com/**": /literal and lower-case/,
  "fetch:https://API.example.com/**": /literal and lower-case/,
  "fetch:https://u@api.example.com/**": /user info/,
  "fetch:https:api.example.com/**": /without `\/\/`/,
  [`read:${"a".repeat(252)}`]: /at most 256 bytes and 8 `\*`/,
  [`read:${"*/".repeat(8)}*`]: /at most 256 bytes and 8 `\*`/,
  "read:/a/**/b/**/c/**/d/**/e/**": /of which `\*\*` is two/,
};

/** Every function that signs permissions, and where it names them. */
const capability = trusthandoff.issueCapability(planner, { subject_agent: researcher.agentId, allowed_actions: ["read", "fetch"] });
const SIGNERS = {
  signPacket: ["/permissions/", (permissions) => signPacket(planner, fields({ permissions }))],
  signPacketAsync: ["/permissions/", (permissions) => signPacketAsync(planner, fields({ permissions }))],
  "signPacket, form 0.3.3": ["/permissions/", (permissions) => signPacket(planner, fields({ permissions }), { form: "0.3.3" })],
  issueCapability: ["/", (permissions) => trusthandoff.issueCapability(planner, { subject_agent: researcher.agentId, ...permissions })],
  attenuate: ["/", (permissions) => capability.attenuate(researcher, { subject_agent: stranger.agentId, ...permissions })],
};

for (const [name, [at, sign]] of Object.entries(SIGNERS)) {
  test(`B05 an action on which no gate would act is not signed: ${name}`, async () => {
    for (const [action, says] of Object.entries(HOPELESS)) {
      const error = await failureOf(() => sign({ allowed_actions: ["read", action] }));
      assert.deepEqual([error?.code, error?.field], ["action_invalid", `${at}allowed_actions/1`], JSON.stringify(action));
      assert.match(error.message, says);
      assert.doesNotMatch(error.message, /[\r\n\u202e\u2066]/);
    }
    for (const action of ["read", "read:/a/*", `read:${"a".repeat(251)}`, `read:${"*/".repeat(7)}*`, "fetch:https://api.example.com:8443/**", "read:/résumé.pdf"]) {
      assert.ok(await sign({ allowed_actions: [action] }), action);
    }
  });

  test(`B05 a limit below zero is not signed: ${name}`, async () => {
    for (const limit of [-1, -1n, -(2n ** 70n), Number.MIN_SAFE_INTEGER]) {
      const error = await failureOf(() => sign({ allowed_actions: ["read"], max_tool_calls: limit }));
      assert.deepEqual([error?.code, error?.field], ["field_invalid", `${at}max_tool_calls`], String(limit));
    }
    for (const limit of [0, 1, 2n ** 70n, null]) assert.ok(await sign({ allowed_actions: ["read"], max_tool_calls: limit }), String(limit));
  });
}

test("B05 a runtime below zero is not signed", async () => {
  const constraints = { max_runtime_seconds: -1 };
  const signed = [
    () => signPacket(planner, fields({ constraints })),
    () => trusthandoff.issueCapability(planner, { subject_agent: researcher.agentId, allowed_actions: ["read"], constraints }),
    () => capability.attenuate(researcher, { subject_agent: stranger.agentId, allowed_actions: ["read"], constraints }),
  ];
  for (const sign of signed) {
    const error = await failureOf(sign);
    assert.deepEqual([error?.code, error?.field], ["field_invalid", "/constraints/max_runtime_seconds"]);
  }
});
