/** C, D and E, where the attack is on a setting or on what signs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentIdentity, createEnvelope, signedTask, signPacket, verifySignature } from "../../pkg/dist/index.js";
import { fields, researcher, wire } from "./cast.mjs";
import { codes, NOW_MS, receiver } from "./receiver.mjs";
import { reviewDigest, spelt } from "./wire.mjs";

const own = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(1));
const base = { to_agent: researcher.id, intent: "x" };
const sign = (more = {}, options = {}) => signPacket(own, { ...base, ...more }, { now: NOW_MS, ...options });

test("C04 a depth that is no whole number from 0 to 64 is refused at construction", async () => {
  for (const maxDepth of [null, -1, 65, 1.5, Infinity, NaN, "5", 100_000, 2 ** 53, true, [5], 5n]) {
    assert.throws(() => receiver({ maxDepth }), { code: "config_invalid", field: "maxDepth" }, String(maxDepth));
  }
  for (const maxDepth of [1, 64, undefined]) assert.equal(await codes(() => receiver({ maxDepth }), wire()), null);
  assert.equal(await codes(() => receiver({ maxDepth: 0 }), wire()), "depth_exceeded");
});

test("D01 an approval that is asked for names the packet it is for", async () => {
  const reviewed = { constraints: { max_runtime_seconds: null, data_boundary: null, requires_human_review: true } };
  const asked = [];
  const approvals = (digest, about) => asked.push([digest, about.packetId]) > 0;
  assert.equal((await receiver({ approvals }).handle(wire(reviewed))).decision, "ACCEPT");
  assert.deepEqual(asked, [[reviewDigest(fields(reviewed)), "pk-1"]]);
  for (const answer of ["APPROVED", 1, { approved: true }, null, undefined]) {
    assert.equal(await codes(() => receiver({ approvals: () => answer }), wire(reviewed)), "human_review_required", String(answer));
  }
});

test("D02 all metadata of a task reaches its packets, in either form, or signing fails", async () => {
  const task = signedTask({ riskLevel: "write", requiresHumanReview: true, aiProvenance: { source: "model", version: 2 }, ttlSeconds: 60 }, () => {});
  for (const form of ["0.4.0", "0.3.3"]) {
    const packet = sign({}, { task, form });
    assert.deepEqual([packet.risk_level, packet.ttl_seconds, packet.constraints.requires_human_review], ["write", 60, true]);
    assert.deepEqual({ ...packet.ai_provenance }, { source: "model", version: 2 });
    assert.equal(Date.parse(packet.expires_at) - NOW_MS, 60_000);
    const decision = await receiver().handle(createEnvelope(packet));
    assert.equal(decision.code, "human_review_required");
  }
  assert.equal(sign({ constraints: { requires_human_review: false } }, { task }).constraints.requires_human_review, true);
  for (const [field, value] of [["risk_level", "read"], ["ttl_seconds", 61], ["ai_provenance", { source: "human" }]]) {
    assert.throws(() => sign({ [field]: value }, { task }), { code: "task_metadata_conflict", field: `/${field}` });
  }
  assert.throws(() => sign({}, { task: () => {} }), { code: "argument_type" });
});

test("D03 a task of an unknown risk cannot be declared", () => {
  for (const riskLevel of ["critical", "", "READ", "read "]) assert.throws(() => signedTask({ riskLevel }, () => {}), { code: "unsupported_risk_level" });
  assert.throws(() => signedTask({ risklevel: "write" }, () => {}), { code: "config_invalid", field: "risklevel" });
  assert.throws(() => sign({ risk_level: "critical" }), { code: "unsupported_risk_level" });
});

test("D11 no variable of the environment loosens or tightens a gate", async () => {
  const names = ["TRUSTHANDOFF_STRICT_MODE", "TRUSTHANDOFF_ENFORCE_DEFAULT_TTL_POLICY", "TRUSTHANDOFF_STRICT"];
  const untimed = wire({ risk_level: null, ttl_seconds: null });
  try {
    for (const value of ["1", "true", "0", "false"]) {
      for (const name of names) process.env[name] = value;
      assert.equal(await codes(receiver, untimed), null);
      assert.equal(await codes(() => receiver({ strict: true }), untimed), "risk_level_required");
    }
  } finally {
    for (const name of names) delete process.env[name];
  }
});

test("D12 a skew beyond 300 seconds and a grace beyond 60 are refused at construction", async () => {
  const future = wire({ issued_at: "2036-03-08T12:00:00Z", expires_at: "2036-03-08T12:15:00Z" });
  for (const [name, most] of [["skewSeconds", 300], ["graceSeconds", 60]]) {
    for (const value of [most + 1, 315_360_000, Infinity, -1, 0.5, "30", null, NaN]) {
      assert.throws(() => receiver({ [name]: value }), { code: "config_invalid", field: name }, `${name} ${value}`);
    }
    assert.equal(await codes(() => receiver({ [name]: most }), wire()), null);
  }
  assert.equal(await codes(() => receiver({ skewSeconds: 300 }), future), "issued_in_future");
  for (const ttl of [{ read: 0 }, { write: 0 }, { read: 2_592_001 }]) assert.throws(() => receiver({ ttl }), { code: "config_invalid" });
});

test("D14 no packet is signed that never expires", () => {
  for (const more of [{}, { risk_level: null }, { expires_at: null, ttl_seconds: null, risk_level: null }, { expires_at: undefined }]) {
    assert.equal(Date.parse(sign(more).expires_at) - NOW_MS, 900_000);
  }
  assert.throws(() => sign({ ttl_seconds: -5 }), { code: "ttl_invalid" });
  assert.throws(() => sign({ ttl_seconds: 1e12 }), { code: "datetime_out_of_range" });
});

test("E06 what was left out is shown as its default, never as something that was said", async () => {
  const text = wire().replace(/"(context|memory_refs|constraints|goal|ai_provenance)":(null|\{\}|\[\]),?/g, "").replace(/,}/g, "}");
  assert.ok(!text.includes("memory_refs") && !text.includes("ai_provenance"));
  const { packet, decision } = await receiver().handle(text);
  assert.equal(decision, "ACCEPT");
  assert.deepEqual([{ ...packet.context }, packet.memory_refs, packet.constraints, packet.goal, packet.ai_provenance], [{}, [], null, null, null]);
});

test("E10 what is signed here verifies after every relay that sorts, spaces or escapes", async () => {
  const sorted = (value) =>
    Array.isArray(value)
      ? value.map(sorted)
      : typeof value === "object" && value !== null
        ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]))
        : value;
  const context = { z: { b: [1, { d: "é", c: null }], a: true }, a: "\u2028😀" };
  for (const form of ["0.4.0", "0.3.3"]) {
    const text = createEnvelope(sign({ context, ai_provenance: { z: 1, source: "model" } }, { form }));
    for (const relayed of [text, JSON.stringify(JSON.parse(text)), JSON.stringify(sorted(JSON.parse(text)), null, 2)]) {
      const found = verifySignature(relayed);
      assert.deepEqual([found.valid, found.form], [true, form]);
    }
  }
  // Only what JSON can carry is signed: string keys, no NaN, no Date.
  for (const [bad, code] of [[new Date(), "type_mismatch"], [NaN, "number_not_finite"], [Infinity, "number_not_finite"], [new Map(), "type_mismatch"], [2 ** 53, "number_unsafe"], ["\ud800", "invalid_unicode"]]) {
    assert.throws(() => sign({ context: { bad } }), { code, field: "/context/bad" });
  }
});

test("E17 a key named __proto__ stays data and pollutes nothing", async () => {
  const text = wire({ context: { k: spelt('{"__proto__":{"is_admin":true},"constructor":1}') } });
  const { packet } = await receiver().handle(text);
  assert.deepEqual(Object.keys(packet.context.k), ["__proto__", "constructor"]);
  assert.equal(packet.context.k.is_admin, undefined);
  assert.equal({}.is_admin, undefined);
  assert.equal(Object.getPrototypeOf(packet.context.k), null);
  const made = sign({ context: JSON.parse('{"__proto__": {"is_admin": true}}') });
  assert.ok(made.text.includes('"__proto__": {"is_admin": true}'));
  assert.equal(verifySignature(createEnvelope(made)).valid, true);
});
