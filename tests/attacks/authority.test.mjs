/** C, D, F. Delegated authority where it is made: what a signer, a relay, a person and a revoker might be led to. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import * as trusthandoff from "../../pkg/dist/index.js";
import { ana, bo, fields, mallory, planner, researcher, root, wire, writer } from "./cast.mjs";
import { codes, knownAgents, NOW_MS, receiver } from "./receiver.mjs";
import { approval, at, capability, capabilityDigest, packet, proven, revocation, revocationKeys, reviewDigest, signed, token } from "./wire.mjs";

const { AgentIdentity, CapabilityOverlap, createEnvelope, DelegationCapability, issueCapability, MemoryNonceStore, RevocationList, signPacket } = trusthandoff;
const now = { now: NOW_MS };
const identity = (byte) => AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(byte));
const [plannerSelf, writerSelf, rootSelf] = [1, 4, 5].map(identity);

const granted = { subject_agent: writer.id, allowed_actions: ["read", "summarize"], max_tool_calls: 3, constraints: { max_runtime_seconds: 60, data_boundary: "eu", requires_human_review: true } };
const narrower = { subject_agent: planner.id, allowed_actions: ["read"] };
const issued = () => issueCapability(rootSelf, granted, now);

test("C02 a relay is not helped to send on what every gate would refuse", async () => {
  const gate = receiver();
  const decision = await gate.handle(wire({ constraints: { max_runtime_seconds: 60, data_boundary: null, requires_human_review: false }, ai_provenance: { source: "model" } }));
  const self = identity(2);
  const next = (more) => signPacket(self, { to_agent: writer.id, intent: "x", permissions: { allowed_actions: ["read"], max_tool_calls: 1 }, constraints: { max_runtime_seconds: 60 }, ai_provenance: { source: "model" }, ...more }, now);
  for (const [more, code] of [
    [{ permissions: { allowed_actions: ["delete"], max_tool_calls: 1 } }, "authority_escalation"],
    [{ permissions: { allowed_actions: ["read"], max_tool_calls: 4 } }, "authority_escalation"],
    [{ permissions: { allowed_actions: ["read"], max_tool_calls: null } }, "authority_escalation"],
    [{ ttl_seconds: 901 }, "authority_escalation"],
    [{ constraints: null }, "constraint_relaxed"],
    [{ ai_provenance: null }, "invalid_ai_provenance"],
  ]) {
    const made = next(more);
    assert.throws(() => createEnvelope(made, { parent: decision }), { code }, JSON.stringify(more));
  }
  const stranger = signPacket(identity(3), { to_agent: writer.id, intent: "x" }, now);
  assert.throws(() => createEnvelope(stranger, { parent: decision }), { code: "chain_mismatch" });
  const text = createEnvelope(next(), { parent: decision });
  assert.equal((await receiver({ audience: writer.id, registry: knownAgents({ [researcher.id]: researcher.pem }), strict: true }).handle(text)).code, null);
});

test("C02 only what this process accepted is carried on, and only as it was received", async () => {
  const self = identity(2);
  const gate = receiver();
  const own = signPacket(self, { to_agent: writer.id, intent: "x", permissions: { allowed_actions: ["read"], max_tool_calls: 1 }, ttl_seconds: 800 }, now);
  const decision = await gate.handle(wire());
  const refused = await gate.handle(wire());
  for (const parent of [refused, { ...decision }, Object.create(decision), JSON.parse(JSON.stringify(decision)), wire(), null, true]) {
    assert.throws(() => createEnvelope(own, { parent }), { code: "config_invalid" });
  }
  const text = createEnvelope(own, { parent: decision });
  assert.ok(text.includes(wire().slice(wire().indexOf('{"packet_id"'), wire().indexOf(',"chain"'))), "the ancestor is not the text that was received");
  // A hop that came unproven cannot be proven by who received it.
  const hearsay = await receiver().handle(wire({}, { chain: { packet_ids: ["pk-0", "pk-1"], agents: [mallory.id, planner.id], hops: [] } }));
  assert.equal(hearsay.code, null);
  assert.throws(() => createEnvelope(own, { parent: hearsay }), { code: "chain_unproven" });
});

test("C01 whoever passes a chain on cuts off none of it, for the last one signed how deep it is", async () => {
  const everyone = knownAgents({ [researcher.id]: researcher.pem });
  const gate = (audience, more) => receiver({ audience, registry: everyone, strict: true, ...more });
  const after = async (self, to, text, more = {}) => {
    const parent = await gate(self.agentId).handle(text);
    assert.equal(parent.code, null);
    const packet = signPacket(self, { to_agent: to, intent: "x", permissions: { allowed_actions: ["read"], max_tool_calls: 1 }, ...more }, { parent, ...now });
    return createEnvelope(packet, { parent });
  };
  const begun = wire({ provenance: { origin_workflow: "flow", delegation_depth: null } });
  const second = await after(identity(2), writer.id, begun);
  const third = await after(writerSelf, mallory.id, second, { provenance: { origin_workflow: "other" } });
  for (const [text, audience, depth, origin] of [[second, writer.id, 2, "flow"], [third, mallory.id, 3, "other"]]) {
    const { packet, chain, proof } = JSON.parse(text);
    assert.deepEqual(packet.provenance, { origin_workflow: origin, delegation_depth: depth });
    // Beside the revocation of what it came from, which is what it would be cut off for.
    const revocations = (keys) => keys.includes(revocationKeys.packet(planner, "pk-1"));
    assert.equal((await gate(audience, { revocations }).handle(text)).code, "packet_revoked");
    for (let cut = 1; cut < depth; cut += 1) {
      const rest = { packet_ids: chain.packet_ids.slice(cut), agents: chain.agents.slice(cut), hops: [] };
      const shortened = JSON.stringify({ packet, chain: rest, proof: { ...proof, packets: proof.packets.slice(cut) } });
      assert.equal((await gate(audience, { revocations }).handle(shortened)).code, "chain_unproven", `${cut} of ${depth}`);
    }
    assert.equal((await gate(audience).handle(text)).code, null);
  }
});

test("F08 a signer is refused the child that it must not sign, and nothing is signed", () => {
  const parent = issued();
  for (const [more, code] of [
    [{ allowed_actions: ["root"] }, "authority_escalation"],
    [{ max_tool_calls: 999 }, "authority_escalation"],
    [{ max_tool_calls: null }, "authority_escalation"],
    [{ ttl_seconds: 999 * 86_400 }, "authority_escalation"],
    [{ issued_at: at(-1) }, "authority_escalation"],
    [{ constraints: null }, "constraint_relaxed"],
    [{ constraints: { max_runtime_seconds: 60, data_boundary: "eu", requires_human_review: false } }, "constraint_relaxed"],
  ]) {
    let asked = 0;
    const self = AgentIdentity.fromSigner({ publicKey: writerSelf.publicKey, sign: () => (asked += 1) }, { agentId: writer.id });
    assert.throws(() => parent.attenuate(self, { ...narrower, ...more }, now), { code }, JSON.stringify(more));
    assert.equal(asked, 0);
  }
  assert.equal(parent.attenuate(writerSelf, narrower, now).chain.length, 2);
});

test("F09 a child is signed and named with its own issuer's key, and passes the gate with the registry", async () => {
  const child = issueCapability(rootSelf, { ...granted, constraints: null }, now).attenuate(writerSelf, narrower, now);
  assert.equal(child.public_key, writer.pem);
  assert.notEqual(child.public_key, root.pem);
  const own = signPacket(plannerSelf, { to_agent: researcher.id, intent: "x", capability_token: child.token, permissions: { allowed_actions: ["read"], max_tool_calls: 1 } }, now);
  assert.equal((await receiver().handle(createEnvelope(own, { capabilities: child }))).code, null);
  for (const [self, code] of [[rootSelf, "capability_chain_invalid"], [identity(3), "capability_chain_invalid"]]) {
    assert.throws(() => issued().attenuate(self, narrower, now), { code });
  }
});

test("F10 an empty chain is no chain, and a child without its parents is no capability to send", () => {
  const child = issued().attenuate(writerSelf, narrower, now);
  assert.throws(() => DelegationCapability.decode("", { parents: [] }), { code: "capability_invalid" });
  const own = signPacket(plannerSelf, { to_agent: researcher.id, intent: "x", capability_token: child.token, permissions: { allowed_actions: ["read"], max_tool_calls: 1 } }, now);
  for (const capabilities of [[], [child.token], [issueCapability(identity(3), granted, now).token]]) {
    assert.throws(() => createEnvelope(own, { capabilities }), { code: "parent_missing" });
  }
  assert.doesNotThrow(() => createEnvelope(own, { capabilities: child }));
});

test("F14 a token is never wrapped again by who merely holds it: there is nothing that would", async () => {
  const names = Object.keys(trusthandoff).filter((name) => /token|envelope|wrap/i.test(name));
  assert.deepEqual(names, ["createEnvelope"]);
  const stolen = token(capability(root, planner), root);
  const thief = (more) => signed(packet(mallory, researcher, { capability_token: stolen, ...more }), mallory);
  for (const more of [{}, { from_agent: planner.id }, { nonce: "fresh", issued_at: at(1), expires_at: at(901) }]) {
    const code = await codes(receiver, proven([thief(more)], [stolen]));
    assert.equal(code, more.from_agent === undefined ? "capability_subject_mismatch" : "public_key_mismatch");
  }
  assert.equal(await codes(receiver, wire({ capability_token: stolen })), null);
});

test("F18 nobody revokes what another signed, and what is revoked stays so under another signature", async () => {
  const list = new RevocationList({ registry: knownAgents() });
  const add = (text) => {
    try {
      return list.add(text, now);
    } catch (error) {
      return error.code;
    }
  };
  const target = revocationKeys.capability(root, "cap-1");
  for (const text of [
    revocation(mallory, target),
    revocation(mallory, revocationKeys.agent(root)),
    revocation(mallory, revocationKeys.key(root)),
    revocation(mallory, `digest|${capabilityDigest(capability(root, planner))}`),
    revocation(root, target, {}, mallory).replaceAll(JSON.stringify(mallory.pem), JSON.stringify(root.pem)),
  ]) {
    assert.ok(["revocation_invalid", "invalid_signature"].includes(add(text)), text);
  }
  // In another's name, but signed by the key that the name says nothing of.
  assert.equal(add(revocation(mallory, revocationKeys.agent(root), { issuer: root.id })), "revocation_invalid");
  assert.equal(list.size, 0);
  // M's cap-1 is not A's.
  assert.equal(add(revocation(mallory, revocationKeys.capability(mallory, "cap-1"))), revocationKeys.capability(mallory, "cap-1"));
  const text = wire({ capability_token: token(capability(root, planner), root) });
  assert.equal(await codes(() => receiver({ revocations: list }), text), null);
  assert.equal(add(revocation(root, target)), target);
  assert.equal(await codes(() => receiver({ revocations: list }), text), "capability_revoked");
  assert.equal(await codes(() => receiver({ revocations: list }), wire({ capability_token: token(capability(root, planner, { expires_at: at(1000) }), root) })), "capability_revoked");
});

test("F05 what its issuer revokes takes along what others made of it", async () => {
  const list = new RevocationList({ registry: knownAgents() });
  const parent = token(capability(root, writer), root);
  const child = token(capability(writer, planner, { capability_id: "cap-2", parent_capability_id: "cap-1" }), writer);
  const text = proven([signed(fields({ capability_token: child }), planner)], [parent, child]);
  assert.equal(await codes(() => receiver({ revocations: list }), text), null);
  list.add(revocation(root, revocationKeys.capability(root, "cap-1")), now);
  assert.equal(await codes(() => receiver({ revocations: list }), text), "capability_revoked");
});

test("F25 one rule narrows: what is made, what is sent and what is judged agree", async () => {
  const cases = [
    [{}, null],
    [{ delegated_permissions: { allowed_actions: ["delete"], max_tool_calls: 1 } }, "authority_escalation"],
    [{ delegated_permissions: { allowed_actions: ["read"], max_tool_calls: 4 } }, "authority_escalation"],
    [{ constraints: null }, "constraint_relaxed"],
    [{ expires_at: at(3601) }, "authority_escalation"],
  ];
  const parent = DelegationCapability.decode(token(capability(root, writer, { constraints: { max_runtime_seconds: 60, data_boundary: null, requires_human_review: null } }), root));
  for (const [more, code] of cases) {
    const payload = capability(writer, planner, { capability_id: "cap-2", parent_capability_id: "cap-1", constraints: { max_runtime_seconds: 60, data_boundary: null, requires_human_review: null }, ...more });
    const { delegated_permissions: given, constraints, expires_at } = payload;
    const asked = { subject_agent: planner.id, ...given, constraints, expires_at };
    const said = (act) => {
      try {
        act();
        return null;
      } catch (error) {
        return error.code;
      }
    };
    const text = token(payload, writer);
    const judged = await codes(receiver, proven([signed(fields({ capability_token: text, constraints: { max_runtime_seconds: 60, data_boundary: null, requires_human_review: null }, permissions: { allowed_actions: [], max_tool_calls: 1 } }), planner)], [parent.token, text]));
    assert.deepEqual([said(() => parent.attenuate(writerSelf, asked, now)), said(() => DelegationCapability.decode(text, { parents: [parent.token] })), judged], [code, code, code], JSON.stringify(more));
  }
});

const reviewed = { constraints: { max_runtime_seconds: null, data_boundary: null, requires_human_review: true } };
const digest = reviewDigest(fields(reviewed));

test("D01 whoever is waited for: only signed texts are an answer, and none is a refusal", async () => {
  const good = approval(ana, digest);
  for (const [reply, code] of [
    [good, null],
    [[approval(mallory, digest), good], null],
    [true, "human_review_required"],
    ["APPROVED", "human_review_required"],
    [{ decision: "APPROVED" }, "human_review_required"],
    [JSON.parse(good), "human_review_required"],
    [[true], "human_review_required"],
    [[], "human_review_required"],
    [null, "human_review_required"],
    [undefined, "human_review_required"],
    [approval(ana, digest, { decision: "DENIED" }), "human_review_denied"],
    [[good, approval(bo, digest, { decision: "DENIED" })], "human_review_denied"],
  ]) {
    const nonces = new MemoryNonceStore();
    const decision = await receiver({ nonces }).handle(wire(reviewed), { onReview: async () => reply });
    assert.deepEqual([decision.code, nonces.size], [code, code === null ? 1 : 0], JSON.stringify(reply));
  }
});

test("D01 an approval that comes after the wait has ended approves nothing", async () => {
  let late;
  const onReview = () => (late = sleep(300).then(() => approval(ana, digest)));
  const decision = await receiver({ review: { timeoutMs: 20 } }).handle(wire(reviewed), { onReview });
  assert.equal(decision.code, "approval_unavailable");
  await late;
  assert.deepEqual([decision.decision, decision.packet], ["REJECT", undefined]);
  assert.equal((await receiver({ review: { timeoutMs: 2000 } }).handle(wire(reviewed), { onReview })).code, null);
});

test("D01 a reviewer who is revoked while others are waited for approves nothing", async () => {
  const agents = knownAgents();
  const onReview = async (request, { valid }) => {
    assert.equal(valid, 1);
    agents.revoke(ana.id, now);
    return approval(bo, digest);
  };
  const options = { approvals: [approval(ana, digest)], onReview };
  assert.equal((await receiver({ registry: agents, review: { threshold: 2 } }).handle(wire(reviewed), options)).code, "human_review_required");
  const stays = async () => approval(bo, digest);
  assert.equal((await receiver({ review: { threshold: 2 } }).handle(wire(reviewed), { ...options, onReview: stays })).code, null);
});

test("D09 what says which capability succeeds is believed no further than its token", async () => {
  const ended = capability(root, planner, { issued_at: at(-3600), expires_at: at(-10) });
  const text = wire({ capability_token: token(ended, root) });
  const next = token(capability(root, planner, { capability_id: "cap-new" }), root);
  for (const [overlap, code] of [
    [() => next, null],
    [async () => next, null],
    [() => null, "capability_expired"],
    [() => undefined, "capability_expired"],
    [() => true, "overlap_unavailable"],
    [() => ({ token: next }), "overlap_unavailable"],
    [() => "", "overlap_invalid"],
    [() => token(ended, root), "overlap_invalid"],
    [async () => Promise.reject(new Error("down")), "overlap_unavailable"],
    [() => new Promise(() => {}), "overlap_unavailable"],
  ]) {
    const decision = await receiver({ overlap, storeTimeoutMs: 20 }).handle(text);
    assert.equal(decision.code, code, String(overlap));
    assert.deepEqual(decision.notices, code === null ? ["token_overlap_used"] : []);
    if (code === null) assert.equal(decision.validUntilMs, NOW_MS + 20_000);
  }
});

test("D09 only pairs of one issuer key and subject are registered, and no packets at all", () => {
  const overlap = new CapabilityOverlap();
  const old = token(capability(root, planner), root);
  const made = (issuer, subject, signer = issuer) => token(capability(issuer, subject, { capability_id: "cap-new" }), signer);
  for (const next of [made(mallory, planner), made(root, writer), old]) assert.throws(() => overlap.register(old, next, now), { code: "overlap_invalid" });
  for (const next of ["pk-1", wire(), "", made(root, planner, mallory)]) {
    assert.throws(() => overlap.register(old, next, now), (error) => error instanceof trusthandoff.TrustHandoffError);
    assert.throws(() => overlap.register(next, old, now), (error) => error instanceof trusthandoff.TrustHandoffError);
  }
  assert.equal(overlap.size, 0);
  overlap.register(old, made(root, planner), now);
  assert.equal(overlap.successor(capabilityDigest(capability(root, planner))), made(root, planner));
});
