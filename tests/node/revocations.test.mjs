/** Revocations: who may revoke what, and what a gate makes of it. */
import assert from "node:assert/strict";
import crypto from "node:crypto";
import { test } from "node:test";
import { AgentIdentity, AgentRegistry, createEnvelope, failureOf, fields, gate, NOW, planner, researcher, signPacket, stranger, trusthandoff, wire } from "./support.mjs";

const { approve, issueCapability, revoke, revokeAsync, RevocationList } = trusthandoff;

const officer = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(6), { agentId: "agent:security" });
const at = { now: NOW };
const sha256 = (text) => crypto.createHash("sha256").update(text).digest("hex");

const agents = () =>
  new AgentRegistry()
    .register(planner.agentId, planner.publicKeyPem, { roots: ["read"], now: NOW - 1000 })
    .register(researcher.agentId, researcher.publicKeyPem, { now: NOW - 1000 })
    .register(officer.agentId, officer.publicKeyPem, { revoker: true, now: NOW - 1000 });
const list = (registry = agents()) => new RevocationList({ registry });

const granted = (more) => issueCapability(planner, { subject_agent: researcher.agentId, allowed_actions: ["read"], ...more }, at);
const carrying = (capability) => wire({ permissions: { allowed_actions: ["read"], max_tool_calls: 1 }, capability_token: capability.token });

function remote(identity, later) {
  const key = crypto.createPrivateKey(identity.privateKeyPem());
  const sign = (bytes) => new Uint8Array(crypto.sign(null, bytes, key));
  return AgentIdentity.fromSigner({ publicKey: identity.publicKey, sign: later ? async (bytes) => sign(bytes) : sign }, { agentId: identity.agentId });
}

test("a revocation names what it revokes as a gate asks for it, frozen, with its text beside it", () => {
  const packet = signPacket(planner, fields(), at);
  const capability = granted();
  for (const [about, target] of [
    [{ agentId: planner.agentId }, `agent|${planner.agentId}`],
    [{ publicKey: planner.publicKeyPem }, `key|${planner.fingerprint}`],
    [{ publicKey: planner.publicKey }, `key|${planner.fingerprint}`],
    [{ packet: packet.text }, `packet|${planner.fingerprint}|${sha256(packet.packet_id)}`],
    [{ packet: createEnvelope(packet) }, `packet|${planner.fingerprint}|${sha256(packet.packet_id)}`],
    [{ packet: new TextEncoder().encode(packet.text) }, `packet|${planner.fingerprint}|${sha256(packet.packet_id)}`],
    [{ capability }, `capability|${planner.fingerprint}|${sha256(capability.capability_id)}`],
    [{ capability: capability.token }, `capability|${planner.fingerprint}|${sha256(capability.capability_id)}`],
    [{ target: `digest|${capability.digest}` }, `digest|${capability.digest}`],
  ]) {
    const statement = revoke(planner, about, { ...at, reason: "key lost" });
    assert.deepEqual(
      { ...statement },
      {
        ...{ type: "TRUSTHANDOFF_REVOCATION_V1", id: statement.id, issued_at: "2026-03-08T12:00:00Z", signature_algo: "Ed25519", public_key: planner.publicKeyPem },
        ...{ issuer: planner.agentId, target, reason: "key lost", signature: statement.signature },
      },
    );
    assert.deepEqual(JSON.parse(statement.text), { ...statement });
    assert.throws(() => (statement.target = "x"), TypeError);
  }
});

test("what is revoked is refused from then on, with the code of what it is", async () => {
  const capability = granted();
  const text = wire();
  for (const [about, received, code] of [
    [{ packet: text }, text, "packet_revoked"],
    [{ agentId: planner.agentId }, text, "agent_revoked"],
    [{ publicKey: planner.publicKey }, text, "agent_revoked"],
    [{ capability }, carrying(capability), "capability_revoked"],
  ]) {
    const revocations = list();
    const verifier = gate({ registry: agents(), revocations });
    assert.equal((await verifier.handle(received)).decision, "ACCEPT", code);
    revocations.add(revoke(planner, about, at).text, at);
    const again = gate({ registry: agents(), revocations });
    assert.equal((await again.handle(received)).code, code);
    assert.equal(again.handleSync(received).code, code);
    assert.equal((await again.handle(wire({}, { identity: officer }))).code, null, "nobody else is touched");
  }
});

test("F18 nobody revokes another's: what it may is by key, by id, or as a revoker of the registry", () => {
  const packet = signPacket(planner, fields(), at);
  const capability = granted();
  const impostor = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(3), { agentId: planner.agentId });
  const subjects = [{ agentId: planner.agentId }, { publicKey: planner.publicKey }, { packet: packet.text }, { capability }];
  const mayRevoke = (identity, about, registry) => {
    try {
      return list(registry).add(revoke(identity, about, at).text, at) !== undefined;
    } catch (error) {
      assert.deepEqual([error.code, error.name], ["revocation_invalid", "RevocationConsistencyError"]);
      return false;
    }
  };
  for (const about of subjects) {
    assert.equal(mayRevoke(planner, about), true, "its own");
    assert.equal(mayRevoke(officer, about), true, "a revoker's word counts for all");
    for (const other of [researcher, stranger, impostor]) assert.equal(mayRevoke(other, about), false, JSON.stringify(about));
  }
  const digest = { target: `digest|${capability.digest}` };
  assert.deepEqual([planner, stranger, officer].map((identity) => mayRevoke(identity, digest)), [false, false, true], "whose content it is, a digest does not say");
  const dismissed = agents().revoke(officer.agentId, at);
  assert.equal(mayRevoke(officer, subjects[0], dismissed), false, "a revoked revoker revokes no more");
  assert.equal(mayRevoke(impostor, { publicKey: impostor.publicKey }), false, "a key that nobody knows needs no revoking");
  const rotated = agents().rotate(planner.agentId, impostor.publicKey, { overlapSeconds: 0, ...at });
  assert.equal(mayRevoke(planner, { publicKey: planner.publicKey }, rotated), true, "a key that got lost is revoked with itself");
  assert.equal(mayRevoke(impostor, { capability }, rotated), true, "what its lost key signed, an agent revokes with the new one");
  assert.equal(mayRevoke(planner, { agentId: planner.agentId }, rotated), false, "a lost key speaks for its agent no more");
});

/** planner → researcher → officer → writer, each narrowing what it was granted. */
const writer = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(5), { agentId: "agent:writer" });
const line = () => {
  const grant = (subject) => ({ subject_agent: subject.agentId, allowed_actions: ["read"] });
  const one = issueCapability(planner, grant(researcher), at);
  const two = one.attenuate(researcher, grant(officer), at);
  return [one, two, two.attenuate(officer, grant(writer), at)];
};
const known = () => agents().withdraw(officer.agentId, "revoker").register(writer.agentId, writer.publicKeyPem, { now: NOW - 1000 });
const exercised = (capability, identity) => {
  const text = signPacket(identity, fields({ to_agent: planner.agentId, permissions: { allowed_actions: ["read"] }, capability_token: capability.token }), at);
  return createEnvelope(text, { capabilities: capability });
};

test("F05 any issuer above revokes a link below, and takes along what descends from it; nobody else's word touches it", () => {
  const chain = line();
  const [one, two, three] = chain;
  const at3 = [one, two, three];
  for (const [who, about, refused] of [
    [planner, two, [two, three]],
    [planner, three, [three]],
    [researcher, three, [three]],
    [planner, one, at3],
    [researcher, two, [two, three]],
    [officer, three, [three]],
  ]) {
    const registry = known();
    const revocations = list(registry);
    revocations.add(revoke(who, { capability: about }, at).text, at);
    const again = new RevocationList({ registry, kept: revocations.texts() });
    for (const [index, capability] of chain.entries()) {
      const text = exercised(capability, [researcher, officer, writer][index]);
      for (const revoked of [revocations, again]) {
        const verifier = gate({ audience: planner.agentId, registry, revocations: revoked });
        assert.equal(verifier.handleSync(text).code, refused.includes(capability) ? "capability_revoked" : null, `${who.agentId} ${index}`);
      }
    }
  }
  // Below, beside and outside: refused by the list, or without effect where the name is forced.
  for (const [who, about] of [
    [researcher, one],
    [officer, two],
    [writer, three],
    [writer, one],
  ]) {
    assert.throws(() => list(known()).add(revoke(who, { capability: about }, at).text, at), { code: "revocation_invalid" });
    const forced = `below|${sha256(who.agentId)}|${about === three ? officer.fingerprint : planner.fingerprint}|${sha256(about.capability_id)}`;
    const registry = known();
    const revocations = list(registry);
    revocations.add(revoke(who, { target: forced }, at).text, at);
    assert.equal(gate({ audience: planner.agentId, registry, revocations }).handleSync(exercised(three, writer)).code, null);
  }
  const name = revoke(planner, { capability: two }, at).target;
  assert.throws(() => list(known()).add(revoke(writer, { target: name }, at).text, at), { code: "revocation_invalid" }, "nobody revokes in another's name");
});

test("F05 an issuer above names what it revokes by the object or its tokens, and with a later key too", async () => {
  const [, two] = line();
  const name = `below|${sha256(planner.agentId)}|${researcher.fingerprint}|${sha256(two.capability_id)}`;
  const pair = await AgentIdentity.fromCryptoKey(await planner.toCryptoKey());
  for (const about of [two, [...two.chain]]) {
    assert.equal(revoke(planner, { capability: about }, at).target, name);
    assert.equal((await revokeAsync(pair, { capability: about }, at)).target, name);
  }
  const later = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(3), { agentId: planner.agentId });
  const registry = known().rotate(planner.agentId, later.publicKey, { overlapSeconds: 3600, ...at });
  const revocations = list(registry);
  assert.equal(revocations.add(revoke(later, { capability: two }, at).text, at), name);
  assert.equal(gate({ audience: planner.agentId, registry, revocations }).handleSync(exercised(two, officer)).code, "capability_revoked");
});

test("F18 what is revoked by its digest takes along what descends from it, also where another one takes its id", () => {
  const grant = { subject_agent: researcher.agentId, allowed_actions: ["read"], capability_id: "cap-reused" };
  const [revoked, reissued] = [7200, 9000].map((ttl_seconds) => issueCapability(planner, { ...grant, ttl_seconds }, at));
  const child = { subject_agent: officer.agentId, allowed_actions: ["read"] };
  const [made, fresh] = [revoked, reissued].map((parent) => parent.attenuate(researcher, child, at));
  const registry = agents();
  const revocations = list(registry);
  revocations.add(revoke(officer, { target: `digest|${revoked.digest}` }, at).text, at);
  const handle = (leaf, parent) => {
    const packet = signPacket(officer, fields({ to_agent: planner.agentId, permissions: { allowed_actions: ["read"] }, capability_token: leaf.token }), at);
    const envelope = JSON.parse(createEnvelope(packet, { capabilities: leaf }));
    envelope.proof.capabilities[0] = parent.token;
    return gate({ audience: planner.agentId, registry, revocations }).handleSync(JSON.stringify(envelope)).code;
  };
  assert.equal(handle(made, revoked), "capability_revoked");
  assert.equal(handle(made, reissued), "capability_chain_invalid");
  assert.equal(handle(fresh, reissued), null);
  // By its id, which is how { capability } names it, whatever has the id falls.
  revocations.add(revoke(planner, { capability: revoked }, at).text, at);
  assert.equal(handle(fresh, reissued), "capability_revoked");
});

test("a list over resolveAgent judges by what it answers, at once or later", async () => {
  const registry = agents();
  const statement = (identity, about) => revoke(identity, about, at).text;
  const own = statement(planner, { agentId: planner.agentId });
  const now = new RevocationList({ resolveAgent: (id) => registry.get(id) });
  assert.equal(now.add(own, at), `agent|${planner.agentId}`);
  assert.throws(() => now.add(statement(stranger, { agentId: planner.agentId }), at), { code: "revocation_invalid" });
  const asked = [];
  const later = new RevocationList({ resolveAgent: async (id) => (asked.push(id), { publicKeyPem: planner.publicKeyPem }) });
  assert.throws(() => later.add(own, at), (error) => error.code === "config_invalid" && error.message.includes("addAsync"));
  assert.equal(later.size, 0);
  assert.equal(await later.addAsync(own, at), `agent|${planner.agentId}`);
  assert.deepEqual(asked, [planner.agentId, planner.agentId]);
  const verifier = gate({ registry: undefined, resolveAgent: (id) => registry.get(id), revocations: later });
  assert.equal((await verifier.handle(wire())).code, "agent_revoked");
  assert.equal(await list().addAsync(own, at), `agent|${planner.agentId}`, "with a registry the same");
  for (const [resolveAgent, code] of [
    [() => undefined, "revocation_invalid"],
    [async () => null, "revocation_invalid"],
    [() => ({ publicKeyPem: planner.publicKeyPem, revoked: true }), "revocation_invalid"],
    [() => ({ publicKeyPem: stranger.publicKeyPem }), "revocation_invalid"],
    [() => true, "registry_invalid_reply"],
    [() => ({ publicKeyPem: "x" }), "registry_invalid_reply"],
    [() => new Map(), "registry_invalid_reply"],
    [() => { throw new Error("down"); }, "registry_unavailable"],
    [async () => { throw new Error("down"); }, "registry_unavailable"],
  ]) {
    const revocations = new RevocationList({ resolveAgent });
    assert.equal((await failureOf(() => revocations.addAsync(own, at)))?.code ?? "none", code);
    assert.equal(revocations.size, 0);
  }
  assert.throws(() => new RevocationList({ resolveAgent: {} }), { code: "config_invalid" });
  assert.throws(() => new RevocationList({ registry, resolveAgent: () => null }), { code: "config_invalid" });
});

test("with self-certifying ids an agent revokes itself and what it signed, and nobody else's", () => {
  const registry = AgentRegistry.selfCertifying();
  const text = wire();
  const add = (identity, about) => list(registry).add(revoke(identity, about, at).text, at);
  assert.equal(add(planner, { agentId: planner.agentId }), `agent|${planner.agentId}`);
  assert.match(add(planner, { packet: text }), /^packet\|/);
  for (const [identity, about] of [
    [stranger, { agentId: planner.agentId }],
    [stranger, { packet: text }],
    [AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(3), { agentId: planner.agentId }), { agentId: planner.agentId }],
    [officer, { agentId: planner.agentId }],
  ]) {
    assert.throws(() => add(identity, about), { code: "revocation_invalid" });
  }
});

test("a statement that was changed, or is another kind, revokes nothing", () => {
  const revocations = list();
  const statement = revoke(stranger, { agentId: stranger.agentId }, at);
  const approval = approve(planner, { reviewDigest: "ab".repeat(32) }, { decision: "APPROVED", now: NOW });
  for (const [text, code] of [
    [statement.text.replaceAll(stranger.agentId, planner.agentId), "invalid_signature"],
    [approval.text, "field_invalid"],
    [wire(), "missing_field"],
    ["", "malformed_json"],
    ["[]", "type_mismatch"],
    ["{}", "missing_field"],
    [statement.text.replace("{", '{"extra":1,'), "unknown_field"],
    [statement.text.replace("{", '{"target":"x",'), "duplicate_key"],
    [" ".repeat(2_000_000), "input_too_large"],
    ["\ud800", "invalid_unicode"],
    [Uint8Array.of(0xff), "invalid_utf8"],
  ]) {
    assert.throws(() => revocations.add(text, at), { code }, code);
  }
  assert.equal(revocations.size, 0);
});

test("a list gives its statements out, to be added again elsewhere", () => {
  const first = list();
  const [one, two] = [{ agentId: planner.agentId }, { capability: granted() }].map((about) => revoke(planner, about, at).text);
  const target = first.add(one, at);
  first.add(new TextEncoder().encode(two), at);
  first.add(revoke(planner, { agentId: planner.agentId }, at).text, at);
  assert.deepEqual([first.size, first.texts()], [2, [one, two]]);
  const second = list();
  for (const text of first.texts()) second.add(text, at);
  assert.equal(second.isRevoked([target]), true);
  assert.equal(second.isRevoked(["agent|agent:other", target]), true);
  assert.equal(second.isRevoked(["agent|agent:other"]), false);
  assert.equal(second.isRevoked([]), false);
  first.texts().length = 0;
  assert.equal(first.size, 2);
});

test("signers elsewhere make revocations that count", async () => {
  const about = { agentId: planner.agentId };
  const pair = await AgentIdentity.fromCryptoKey(await planner.toCryptoKey());
  for (const statement of [revoke(remote(planner, false), about, at), await revokeAsync(remote(planner, true), about, at), await revokeAsync(pair, about, at)]) {
    assert.equal(list().add(statement.text, at), `agent|${planner.agentId}`);
  }
  assert.throws(() => revoke(pair, about, at), (error) => error.code === "signer_async" && error.message.includes("revokeAsync"));
});

test("bad input is one clear line with a code, and no revocation", async () => {
  const about = { agentId: planner.agentId };
  const packet = signPacket(planner, fields(), at);
  for (const [call, code] of [
    ...[undefined, {}, { agentId: undefined }, { agentId: "a", target: "b" }, { agent: "a" }, "agent:x", null, [], Object.create(about)].map((wrong) => [
      () => revoke(planner, wrong, at),
      "config_invalid",
    ]),
    [() => revoke(planner, { agentId: 7 }), "argument_type"],
    [() => revoke(planner, { agentId: "" }), "field_invalid"],
    [() => revoke(planner, { agentId: "agent:ü" }), "field_invalid"],
    [() => revoke(planner, { agentId: "\ud800" }), "invalid_unicode"],
    [() => revoke(planner, { packet }), "argument_type"],
    [() => revoke(planner, { packet: "{}" }), "missing_field"],
    [() => revoke(planner, { packet: packet.text.replace("Summarize", "Publish") }), "invalid_signature"],
    [() => revoke(planner, { capability: {} }), "argument_type"],
    [() => revoke(planner, { capability: "A".repeat(70_000) }), "input_too_large"],
    [() => revoke(planner, { capability: "!" }), "token_noncanonical"],
    [() => revoke(planner, { target: "nobody" }), "field_invalid"],
    [() => revoke(planner, { target: "key|AB" }), "field_invalid"],
    [() => revoke(planner, { publicKey: planner.privateKeyJwk() }), "argument_type"],
    [() => revoke(planner, { publicKey: new Uint8Array(31) }), "public_key_encoding_invalid"],
    [() => revoke(planner, about, { reason: 7 }), "config_invalid"],
    [() => revoke(planner, about, { reason: "x".repeat(4097) }), "field_invalid"],
    [() => revoke(planner, about, { because: "x" }), "config_invalid"],
    [() => revoke(planner, about, { now: "now" }), "datetime_noncanonical"],
    [() => revoke(planner.agentId, about), "argument_type"],
    [() => revokeAsync(planner, {}), "config_invalid"],
    [() => new RevocationList(), "config_invalid"],
    [() => new RevocationList({ registry: {} }), "config_invalid"],
    [() => new RevocationList({ registry: agents(), capacity: 1 }), "config_invalid"],
    [() => list().add(revoke(planner, about)), "argument_type"],
    [() => list().add(revoke(planner, about).text, { now: NaN }), "clock_invalid"],
    [() => list().isRevoked("agent|x"), "argument_type"],
    [() => list().isRevoked(), "argument_type"],
  ]) {
    const error = await failureOf(call);
    assert.equal(error?.code, code, String(call));
    assert.doesNotMatch(error.message, /\n/);
  }
});

test("W2 what other code left on Object.prototype revokes nothing and spares nobody", () => {
  const pollution = { agentId: stranger.agentId, target: "x", packet: "x", capability: "x", publicKey: "x", reason: "x", now: 0, registry: {}, text: "x", kind: "x" };
  const made = () => {
    const statement = revoke(planner, { agentId: planner.agentId }, at);
    const revocations = list();
    return [statement.target, statement.reason, revocations.add(statement.text, at), revocations.isRevoked([`agent|${planner.agentId}`]), revocations.isRevoked(["x"])];
  };
  const expected = made();
  for (const names of [...Object.keys(pollution).map((name) => [name]), Object.keys(pollution)]) {
    for (const name of names) Object.defineProperty(Object.prototype, name, { __proto__: null, value: pollution[name], configurable: true, enumerable: true, writable: true });
    try {
      assert.deepEqual(made(), expected, names.join());
      assert.throws(() => revoke(planner, {}, at), { code: "config_invalid" });
    } finally {
      for (const name of names) delete Object.prototype[name];
    }
  }
});
