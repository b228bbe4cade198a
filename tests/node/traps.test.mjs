/** W4: genuine traps of the WebAssembly core, sprung at every door into it. */
import assert from "node:assert/strict";
import crypto from "node:crypto";
import { test } from "node:test";
import { trapNext } from "./trap.mjs";

// After the wrapper around WebAssembly.Instance, which must be there first.
const { AgentIdentity, AgentRegistry, gate, MemoryNonceStore, fields, NOW, planner, registry, researcher, trusthandoff, wire } = await import("./support.mjs");
const { approve, CapabilityOverlap, createEnvelope, DelegationCapability, issueCapability, revoke, RevocationList, reviewRequest, signPacket, signedTask, verifySignature } =
  trusthandoff;

for (const door of ["corerun_advance", "coregate_begin", "corerun_resume"]) {
  test(`W4 a trap in ${door} answers REJECT internal_error, and the next call works`, async () => {
    const agents = registry();
    for (const handle of [(verifier, text) => verifier.handle(text), (verifier, text) => verifier.handleSync(text)]) {
      const verifier = gate({ registry: agents });
      const text = wire();
      const sprung = trapNext(door);
      const decision = await handle(verifier, text);
      assert.equal(sprung(), true);
      assert.deepEqual([decision.decision, decision.code, decision.packet], ["REJECT", "internal_error", undefined]);
      assert.throws(() => decision.throwIfRejected(), { code: "internal_error" });
      assert.equal((await handle(verifier, wire())).decision, "ACCEPT");
    }
  });
}

test("W4 after a trap every registry and gate made before still knows what it knew", async () => {
  const next = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(9), { agentId: planner.agentId });
  const agents = AgentRegistry.fromJson(registry().toJson()).rotate(planner.agentId, next.publicKey, { now: NOW }).register("agent:gone", researcher.publicKeyPem, { now: NOW });
  agents.revoke("agent:gone", { now: NOW });
  const before = agents.toJson();
  const verifier = gate({ registry: agents });
  trapNext("checktask");
  assert.equal(verifySignature(wire()).code, "internal_error");
  assert.equal(agents.toJson(), before);
  assert.equal((await verifier.handle(wire({}, { identity: next }))).decision, "ACCEPT");
  assert.equal((await verifier.handle(wire())).decision, "ACCEPT");
});

test("W4 a trap elsewhere ends a run that waits for its host, and takes no nonce", async () => {
  let release;
  const waiting = new Promise((resolve) => (release = resolve));
  const nonces = new MemoryNonceStore();
  const verifier = gate({ nonces, policy: () => waiting });
  const pending = verifier.handle(wire());
  const sprung = trapNext("checktask");
  assert.equal(verifySignature(wire()).code, "internal_error");
  assert.equal(sprung(), true);
  release(true);
  assert.deepEqual([(await pending).decision, (await pending).code], ["REJECT", "internal_error"]);
  assert.equal(nonces.size, 0);
  assert.equal((await verifier.handle(wire())).decision, "ACCEPT");
});

test("W4 a trap in the gate does not touch the nonces", async () => {
  const verifier = gate();
  const text = wire();
  assert.equal((await verifier.handle(text)).decision, "ACCEPT");
  const sprung = trapNext("corerun_advance");
  assert.equal((await verifier.handle(wire())).code, "internal_error");
  assert.equal(sprung(), true);
  assert.equal((await verifier.handle(text)).code, "replay_detected");
});

test("W4 a store that trapped has forgotten, and lets nobody in until what it held has expired", async () => {
  const nonces = new MemoryNonceStore();
  let now = NOW;
  const verifier = gate({ nonces, clock: () => now });
  const text = wire();
  assert.equal((await verifier.handle(text)).decision, "ACCEPT");
  const sprung = trapNext("corenoncestore_checkandstore");
  assert.equal((await verifier.handle(wire())).code, "replay_store_unavailable");
  assert.equal(sprung(), true);
  assert.equal((await verifier.handle(text)).code, "replay_store_unavailable");
  now = NOW + 3_600_000;
  assert.equal((await verifier.handle(wire({}, { now }))).decision, "ACCEPT");
});

test("W4 a trap in verifySignature is an answer, and the next call works", () => {
  const sprung = trapNext("checktask");
  const { reason, ...report } = verifySignature(wire());
  assert.equal(sprung(), true);
  assert.deepEqual(report, { valid: false, code: "internal_error", field: null, kind: null, form: null, agentId: null, idMatchesKey: null, packetId: null });
  assert.match(reason, /core failed/);
  assert.equal(verifySignature(wire()).valid, true);
});

test("W4 signing functions throw internal_error, and work again", () => {
  const { privateKey } = crypto.generateKeyPairSync("ed25519");
  const publicKey = new Uint8Array(crypto.createPublicKey(privateKey).export({ type: "spki", format: "der" }).subarray(-32));
  const remote = AgentIdentity.fromSigner({ publicKey, sign: (bytes) => new Uint8Array(crypto.sign(null, bytes, privateKey)) });
  const grant = { subject_agent: researcher.agentId, allowed_actions: ["read"] };
  const [root, next] = [issueCapability(planner, grant), issueCapability(planner, grant)];
  const about = { reviewDigest: "ab".repeat(32) };
  const statement = revoke(planner, { agentId: planner.agentId }, { now: NOW }).text;
  for (const [door, call] of [
    ["signcapability", () => issueCapability(planner, grant)],
    ["preparecapability", () => issueCapability(remote, grant)],
    ["finishcapability", () => issueCapability(remote, grant)],
    ["capabilityview", () => DelegationCapability.decode(root.token)],
    ["reviewrequest", () => reviewRequest(wire())],
    ["signstatement", () => approve(planner, about, { decision: "DENIED" })],
    ["preparestatement", () => approve(remote, about, { decision: "DENIED" })],
    ["finishstatement", () => approve(remote, about, { decision: "DENIED" })],
    ["revocationtargets", () => revoke(planner, { capability: root })],
    ["finishstatement", () => revoke(remote, { capability: root })],
    ["coreregistry_judgerevocation", () => new RevocationList({ registry: registry() }).add(statement, { now: NOW })],
    ["judgeselfcertified", () => new RevocationList({ registry: AgentRegistry.selfCertifying() }).add(statement, { now: NOW })],
    ["registeroverlap", () => new CapabilityOverlap().register(root, next)],
    ["signpacket", () => signPacket(planner, fields())],
    ["preparepacket", () => signPacket(remote, fields())],
    ["finishpacket", () => signPacket(remote, fields())],
    ["envelopetext", () => createEnvelope(signPacket(planner, fields()))],
    ["generateseed", () => AgentIdentity.generate()],
    ["identityof", () => AgentIdentity.generate()],
    ["signedtaskmetadata", () => signedTask({ riskLevel: "read" }, () => {})],
    ["coreregistry_register", () => registry()],
  ]) {
    const sprung = trapNext(door);
    assert.throws(call, (error) => error.code === "internal_error" && error.name === "TrustHandoffError" && error.cause instanceof WebAssembly.RuntimeError, door);
    assert.equal(sprung(), true, door);
    call();
  }
});

test("W4 after a trap a list of revocations knows what it knew, and takes more", () => {
  const revocations = new RevocationList({ registry: registry() });
  const [agent, packet] = [{ agentId: planner.agentId }, { packet: wire() }].map((about) => revoke(planner, about, { now: NOW }).text);
  const target = revocations.add(agent, { now: NOW });
  trapNext("coreregistry_judgerevocation");
  assert.throws(() => revocations.add(packet, { now: NOW }), { code: "internal_error" });
  assert.deepEqual([revocations.isRevoked([target]), revocations.size], [true, 1]);
  revocations.add(packet, { now: NOW });
  assert.equal(revocations.size, 2);
});

test("W4 a change of the registry that trapped has not happened, and can be made again", () => {
  const agents = registry();
  const sprung = trapNext("coreregistry_revoke");
  assert.throws(() => agents.revoke(planner.agentId, { now: NOW }), { code: "internal_error" });
  assert.equal(sprung(), true);
  assert.equal(agents.toJson(), registry().toJson());
  agents.revoke(planner.agentId, { now: NOW });
  assert.notEqual(agents.toJson(), registry().toJson());
});

test("W4 a hundred traps in a row leave nothing behind", async () => {
  const verifier = gate();
  for (let round = 0; round < 100; round += 1) {
    trapNext("corerun_advance");
    assert.equal((await verifier.handle(wire())).code, "internal_error");
  }
  assert.equal((await verifier.handle(wire())).decision, "ACCEPT");
});
