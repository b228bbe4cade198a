/** B. Identity, keys, signatures, where the attack is on what signs, registers or is called; H11. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as trusthandoff from "../../pkg/dist/index.js";
import { fields, mallory, planner, researcher, wire, writer } from "./cast.mjs";
import { codes, knownAgents, NOW_MS, receiver } from "./receiver.mjs";
import { envelope, json, packet, pemOf, signed } from "./wire.mjs";

const { AgentIdentity, AgentRegistry, PacketDecision, signPacket, verifySignature } = trusthandoff;

const own = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(1));

test("B06 no registry and no identity takes a key of small order", () => {
  const weak = new Uint8Array(32);
  weak[0] = 1;
  const pem = pemOf(Buffer.from(weak));
  assert.throws(() => new AgentRegistry().register("agent:a", weak), { code: "weak_public_key" });
  assert.throws(() => AgentRegistry.fromJson(JSON.stringify({ "agent:a": pem })), { code: "weak_public_key", field: "/agent:a" });
  assert.throws(() => AgentIdentity.fromSigner({ publicKey: pem, sign: () => new Uint8Array(64) }), { code: "weak_public_key" });
});

test("B08 a registry compares raw keys: PEM, bytes and JWK of one key are one", async () => {
  for (const key of [planner.pem, new Uint8Array(planner.raw), { kty: "OKP", crv: "Ed25519", x: planner.raw.toString("base64url") }]) {
    const known = new AgentRegistry().register(planner.id, key, { now: NOW_MS });
    known.register(planner.id, planner.pem, { now: NOW_MS });
    assert.equal((await receiver({ registry: known }).handle(wire())).decision, "ACCEPT");
  }
  assert.throws(() => new AgentRegistry().register(planner.id, planner.pem.trimEnd()), { code: "public_key_encoding_invalid" });
});

test("B09 no bytes make the verifier throw, and none takes a nonce", async () => {
  const nonces = { size: 0, checkAndStore: () => (nonces.size += 1) > 0 };
  const gate = receiver({ nonces });
  const genuine = wire();
  for (let at = 0; at < genuine.length; at += 7) {
    for (const text of [genuine.slice(0, at), genuine.slice(at), `${genuine.slice(0, at)}\u0000${genuine.slice(at)}`]) {
      if (text === genuine) continue;
      const decision = await gate.handle(text);
      assert.deepEqual([decision.decision, decision instanceof PacketDecision], ["REJECT", true]);
    }
  }
  assert.equal(nonces.size, 0);
});

test("B10 a known agent gets no other key by registering again, and a revocation is final", async () => {
  const known = knownAgents();
  assert.throws(() => known.register(planner.id, mallory.pem), { code: "key_conflict" });
  const gate = receiver({ registry: known });
  known.revoke(planner.id, { now: NOW_MS });
  assert.equal((await gate.handle(wire())).code, "agent_revoked");
  known.register(planner.id, planner.pem);
  assert.equal((await gate.handle(wire())).code, "agent_revoked");
  assert.throws(() => known.register(planner.id, mallory.pem), { code: "key_conflict" });
});

test("B10 an agent that is revoked while its registry is away is refused when it is back", async () => {
  const record = { publicKeyPem: planner.pem, revoked: true };
  assert.equal((await receiver({ registry: undefined, resolveAgent: async () => record }).handle(wire())).code, "agent_revoked");
  const unclear = ["false", 0, null, "", 1];
  for (const revoked of unclear) {
    const gate = receiver({ registry: undefined, resolveAgent: () => ({ publicKeyPem: planner.pem, revoked }) });
    assert.equal((await gate.handle(wire())).code, "registry_invalid_reply", String(revoked));
  }
});

test("B13 nobody signs as another agent, or with a key that is not the identity's own", () => {
  const base = { to_agent: researcher.id, intent: "x" };
  assert.throws(() => signPacket(own, { ...base, from_agent: mallory.id }), { code: "signing_identity_mismatch", field: "/from_agent" });
  for (const field of ["public_key", "signature", "signature_algo"]) {
    assert.throws(() => signPacket(own, { ...base, [field]: mallory.pem }), { code: "unknown_field", field: `/${field}` });
  }
  const stranger = AgentIdentity.fromSigner({ publicKey: planner.pem, sign: (bytes) => new Uint8Array(mallory.sign(bytes)) });
  assert.throws(() => signPacket(stranger, base), { code: "invalid_signature" });
});

test("B14 every refusal is a decision of one shape, whatever is wrong", async () => {
  const texts = {
    agent_unknown: wire({ from_agent: "agent:stranger" }),
    public_key_mismatch: wire({ public_key: mallory.pem }, { signer: mallory }),
    invalid_signature: wire({}, { signer: mallory }),
    malformed_json: "{",
    wrong_audience: wire({ to_agent: writer.id }),
  };
  const shapes = new Set();
  for (const [code, text] of Object.entries(texts)) {
    const decision = await receiver().handle(text);
    assert.equal(decision.code, code);
    assert.ok(decision instanceof PacketDecision && typeof decision.reason === "string");
    assert.throws(() => decision.throwIfRejected(), { code });
    shapes.add(Object.keys(decision).join());
  }
  assert.equal(shapes.size, 1);
  // Form and signature alone: the same, with one result type.
  for (const text of Object.values(texts)) assert.equal(typeof verifySignature(text).valid, "boolean");
});

test("B15 ids that look like paths or patterns stay apart, and keys are stored under their full digest", async () => {
  const strange = ["agent:../a", "agent:*", "agent:a|b", "agent:a/b+c", "__proto__", "constructor"];
  for (const id of strange) {
    const keys = [];
    const gate = receiver({
      registry: AgentRegistry.fromJson(`{${JSON.stringify(id)}: ${JSON.stringify(planner.pem)}}`),
      nonces: (key) => keys.push(key) > 0,
    });
    assert.equal((await gate.handle(wire({ from_agent: id }))).decision, "ACCEPT", id);
    assert.equal((await gate.handle(wire({ from_agent: `${id}x` }))).code, "agent_unknown", id);
    assert.match(keys[0], new RegExp(`^th1:${planner.fingerprint}:[0-9a-f]{64}$`));
  }
  const prototypes = ["toString", "hasOwnProperty", "__proto__"];
  for (const id of prototypes) assert.equal(await codes(receiver, wire({ from_agent: id })), "agent_unknown");
});

test("B15 two agents of one label are told apart by their keys", async () => {
  const known = knownAgents({ "agent:label": planner.pem });
  const forged = wire({ from_agent: "agent:label", public_key: mallory.pem }, { signer: mallory });
  assert.equal(await codes(() => receiver({ registry: known }), forged), "public_key_mismatch");
});

test("B16 nothing that is exported signs bytes of a caller's choosing", () => {
  const names = (object) => Object.getOwnPropertyNames(object).filter((name) => name !== "constructor");
  const methods = [...names(AgentIdentity.prototype), ...names(AgentIdentity), ...names(own)];
  assert.deepEqual(methods.filter((name) => /sign(?!er)/i.test(name)), []);
  assert.deepEqual(Object.keys(trusthandoff).filter((name) => /^sign|Sign/.test(name)).sort(), ["InvalidSignatureError", "signPacket", "signPacketAsync", "signedTask", "verifySignature"]);
  for (const bytes of [new Uint8Array(32), "text", Buffer.from("{}")]) {
    assert.throws(() => signPacket(own, bytes), { code: "type_mismatch" });
  }
});

test("H11 nothing that is exported calls an unsigned packet valid", async () => {
  const unsigned = [json({ packet: fields(), chain: { packet_ids: ["pk-1"], agents: [planner.id], hops: [] } }), json(fields()), envelope({ ...fields(), signature: "" }), envelope({ ...fields(), signature: "A".repeat(86) + "==" })];
  for (const text of unsigned) {
    assert.equal(verifySignature(text).valid, false);
    assert.equal((await receiver().handle(text)).decision, "REJECT");
  }
  assert.deepEqual(Object.keys(trusthandoff).filter((name) => /valid(?!ation)|accept|trust(?!handoff)/i.test(name)), ["InvalidSignatureError"]);
  // What is valid there says nothing of trust: no decision, no packet.
  const found = verifySignature(envelope(signed(packet(planner, researcher), planner)));
  assert.deepEqual([found.valid, "decision" in found, "packet" in found], [true, false, false]);
});

test("H10 what was accepted is a frozen view of the bytes that were verified", async () => {
  const bytes = new TextEncoder().encode(wire({ context: { list: [{ deep: 1 }] } }));
  const decision = await receiver().handle(bytes);
  bytes.fill(0x20);
  assert.equal(decision.packet.intent, "Summarize the findings");
  const changes = [
    () => (decision.packet.intent = "delete_all"),
    () => (decision.packet.added = 1),
    () => delete decision.packet.intent,
    () => decision.packet.permissions.allowed_actions.push("delete"),
    () => (decision.packet.context.list[0].deep = 2),
    () => Object.setPrototypeOf(decision.packet, { is_admin: true }),
    () => Object.defineProperty(decision.packet, "intent", { value: "x" }),
    () => (decision.decision = "REJECT"),
    () => (decision.checks[0].outcome = "fail"),
  ];
  for (const change of changes) assert.throws(change, TypeError, String(change));
  assert.equal(decision.packet, decision.packet);
  assert.equal(decision.packet.context.list[0].deep, 1);
  assert.throws(() => Reflect.construct(PacketDecision, [{ decision: "ACCEPT" }]), { code: "config_invalid" });
  const copied = { ...decision, decision: "ACCEPT" };
  assert.equal(copied.packet, undefined);
});

test("H10 a refusal carries no packet to execute", async () => {
  const decision = await receiver().handle(wire({ to_agent: writer.id }));
  assert.deepEqual([decision.packet, decision.packetDigest, decision.reviewDigest], [undefined, null, null]);
});
