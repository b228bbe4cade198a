/** Attestations: made with every kind of signer, and accepted for what was expected only (catalogue G). */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { FAULTS } from "./faults.mjs";
import { AgentIdentity, AgentRegistry, failureOf, MemoryNonceStore, NOW, planner, registry, researcher, stranger, trusthandoff } from "./support.mjs";

const { createAttestation, createAttestationAsync, verifyArchived, verifyAttestation, verifyAttestationAsync } = trusthandoff;

const result = { pages: 3, title: "Größe", big: 2n ** 100n, nested: [{ ok: true }, null] };
const reason = { packet_digest: "a".repeat(64), parent_attestation: null };
const attestation = (more = {}, identity = researcher) => createAttestation(identity, { packetId: "pk-1", status: "OK", result, reason, now: NOW, ...more });
const known = () => registry().register(researcher.agentId, researcher.publicKeyPem, { now: NOW - 1000 });
const expected = (more = {}) => ({
  ...{ result, reason, packetId: "pk-1", statuses: ["OK"], agentId: researcher.agentId, registry: known() },
  ...{ nonces: new MemoryNonceStore({ capacity: 100 }), now: NOW, ...more },
});
const codeOf = (text, more) => verifyAttestation(text, expected(more)).code;

test("G01 an identity attests, whatever signs for it, and the same verifies", async () => {
  const sign = async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", (await researcher.toCryptoKey()).privateKey, bytes));
  const made = [
    attestation(),
    await createAttestationAsync(researcher, { packetId: "pk-1", status: "OK", result, reason, now: NOW }),
    await createAttestationAsync(AgentIdentity.fromSigner({ publicKey: researcher.publicKey, sign }), { packetId: "pk-1", status: "OK", result, reason, now: NOW }),
    await createAttestationAsync(await AgentIdentity.fromCryptoKey(await researcher.toCryptoKey()), { packetId: "pk-1", status: "OK", result, reason, now: NOW }),
  ];
  for (const one of made) {
    const report = verifyAttestation(one.text, expected());
    assert.deepEqual([report.valid, report.code, report.reason], [true, null, null]);
    assert.deepEqual(report.attestation, one);
    assert.equal(report.attestation.digest, one.digest);
  }
  assert.equal(new Set(made.map(({ nonce }) => nonce)).size, 4);
  const asynchronous = AgentIdentity.fromSigner({ publicKey: researcher.publicKey, sign });
  assert.equal((await failureOf(() => attestation({}, asynchronous))).code, "signer_async");
  const wrong = AgentIdentity.fromSigner({ publicKey: researcher.publicKey, sign: () => new Uint8Array(64) });
  assert.equal((await failureOf(() => attestation({}, wrong))).code, "invalid_signature");
});

test("an attestation is frozen, and its text holds what the wire holds", () => {
  const made = attestation();
  assert.ok(Object.isFrozen(made));
  assert.deepEqual(Object.keys(made), [
    ...["packet_id", "status", "outcome_hash", "nonce", "timestamp_ms", "signed_by", "agent_pubkey_fingerprint", "signature", "reason_hash"],
  ]);
  assert.deepEqual([typeof made.nonce, made.timestamp_ms, made.signed_by], ["bigint", NOW, researcher.agentId]);
  assert.match(made.text, new RegExp(`^{"packet_id":"pk-1","status":"OK","outcome_hash":"[0-9a-f]{64}","nonce":${made.nonce},"timestamp_ms":${NOW},`));
  assert.match(made.digest, /^[0-9a-f]{64}$/);
  assert.equal(attestation({ reason: null }).reason_hash, null);
});

test("G04 another packet, another end", () => {
  const { text } = attestation();
  assert.equal(codeOf(text, { packetId: "pk-2" }), "attestation_packet_mismatch");
  for (const status of ["OK", "ERROR", "PARTIAL", "REJECTED", "TIMEOUT"]) {
    assert.equal(codeOf(attestation({ status }).text), status === "OK" ? null : "attestation_status");
    assert.equal(codeOf(attestation({ status }).text, { statuses: ["OK", status] }), null);
  }
});

test("G02 G09 who signed is known by the key: names are no proof, and strangers attest nothing", () => {
  const { text } = attestation();
  assert.equal(codeOf(text.replace(researcher.agentId, "agent:ceo"), { agentId: undefined }), "attestation_signer_mismatch");
  assert.equal(codeOf(text, { agentId: planner.agentId }), "attestation_signer_mismatch");
  assert.equal(codeOf(text.replace(researcher.agentId, planner.agentId), { agentId: planner.agentId }), "attestation_signer_mismatch");
  assert.equal(codeOf(attestation({}, stranger).text, { agentId: undefined }), "attestation_signer_mismatch");
  // With the fingerprint of a known key in place of one's own, it is that key's signature that is missing.
  const dressed = attestation({}, stranger).text.replace(stranger.fingerprint, researcher.fingerprint).replace(stranger.agentId, researcher.agentId);
  assert.equal(codeOf(dressed), "invalid_signature");
  for (const publicKey of [researcher.publicKeyPem, researcher.publicKey, researcher.publicKeyJwk()]) {
    assert.equal(codeOf(text, { registry: undefined, publicKey, agentId: undefined }), null);
    assert.equal(codeOf(text, { registry: undefined, publicKey, agentId: "agent:ceo" }), "attestation_signer_mismatch");
  }
  assert.equal(codeOf(text.replace(researcher.agentId, "agent:ceo"), { registry: undefined, publicKey: researcher.publicKeyPem, agentId: undefined }), "attestation_signer_mismatch");
  // Of a rotated key the id does not follow.
  const successor = AgentIdentity.generate({ agentId: researcher.agentId });
  const rotated = attestation({}, successor);
  assert.equal(codeOf(rotated.text, { registry: undefined, publicKey: successor.publicKeyPem }), null);
});

test("a key attests while its agent holds it, and a revoked agent attests no more", () => {
  const { text } = attestation();
  const after = (change) => {
    const agents = known();
    change(agents);
    return { registry: agents, now: NOW + 60_000 };
  };
  const successor = AgentIdentity.generate({ agentId: researcher.agentId });
  const rotated = after((agents) => agents.rotate(researcher.agentId, successor.publicKeyPem, { now: NOW + 1000 }));
  assert.equal(codeOf(text, rotated), null);
  assert.equal(codeOf(attestation({ now: NOW + 40_000 }).text, rotated), "attestation_signer_mismatch");
  assert.equal(codeOf(attestation({ now: NOW + 40_000 }, successor).text, rotated), null);
  assert.equal(codeOf(attestation({}, successor).text, rotated), "attestation_signer_mismatch");
  const revoked = after((agents) => agents.revoke(researcher.agentId, { now: NOW + 1000 }));
  assert.equal(codeOf(text, revoked), "attestation_signer_mismatch");
  const { nonces, now, ...archived } = expected(revoked);
  assert.equal(verifyArchived(text, archived).code, null);
  assert.equal(verifyArchived(attestation({ now: NOW + 2000 }).text, archived).code, "attestation_signer_mismatch");
});

test("G05 an attestation is taken once", async () => {
  const { text } = attestation();
  const nonces = new MemoryNonceStore({ capacity: 100 });
  assert.deepEqual([codeOf(text, { nonces }), codeOf(text, { nonces })], [null, "replay_detected"]);
  assert.equal((await verifyAttestationAsync(text, expected({ nonces }))).code, "replay_detected");
  const other = attestation().text;
  assert.equal((await verifyAttestationAsync(other, expected({ nonces: { checkAndStore: async (...all) => nonces.checkAndStore(...all) } }))).code, null);
  assert.equal(codeOf(other, { nonces }), "replay_detected");
  const asked = [];
  const forged = attestation().text.replace(/"nonce":\d+/, '"nonce":1');
  for (const bad of [forged, attestation({ status: "ERROR" }).text]) codeOf(bad, { nonces: (...all) => asked.push(all) > 0 });
  assert.equal(asked.length, 0, "what is refused takes nothing");
  codeOf(text, { nonces: (...all) => asked.push(all) > 0 });
  const [[key, expiresAtMs, about]] = asked;
  assert.match(key, new RegExp(`^th1:${researcher.fingerprint}:[0-9a-f]{64}$`));
  assert.equal(expiresAtMs, NOW + 300_001);
  assert.deepEqual(about, { nowMs: NOW, issuedAtMs: NOW, nonce: String(JSON.parse(text.replace(/"nonce":(\d+)/, '"nonce":"$1"')).nonce), agentId: researcher.agentId, fingerprint: researcher.fingerprint });
});

for (const [fault, { reply }] of Object.entries(FAULTS)) {
  test(`G05 a nonce store that fails refuses: ${fault}`, async () => {
    const { text } = attestation();
    const report = await verifyAttestationAsync(text, expected({ nonces: () => reply(true), storeTimeoutMs: 50 }));
    assert.equal(report.valid, false);
    assert.match(report.code, /^replay_store_(unavailable|invalid_reply)$/);
    assert.equal(verifyAttestation(text, expected({ nonces: () => reply(true) })).valid, false);
  });
}

test("a promise is no answer where nobody waits, and a late one changes nothing", async () => {
  const { text } = attestation();
  assert.equal(codeOf(text, { nonces: async () => true }), "replay_store_invalid_reply");
  const late = await verifyAttestationAsync(text, expected({ nonces: () => sleep(400).then(() => true), storeTimeoutMs: 20 }));
  assert.equal(late.code, "replay_store_unavailable");
  const full = new MemoryNonceStore({ capacity: 1 });
  assert.deepEqual([codeOf(text, { nonces: full }), codeOf(attestation().text, { nonces: full })], [null, "replay_store_full"]);
});

test("G16 fresh for five minutes, and for an archive whenever", () => {
  const { text } = attestation();
  for (const [late, code] of [
    ...[[-30_001, "issued_in_future"], [-30_000, null], [300_000, null], [300_001, "expired"], [10 ** 10, "expired"]],
  ]) {
    assert.equal(codeOf(text, { now: NOW + late }), code, `${late} ms`);
  }
  const { nonces, now, ...archived } = expected();
  for (let times = 0; times < 2; times += 1) assert.deepEqual(verifyArchived(text, archived).code, null);
  assert.equal(verifyArchived(text, { ...archived, statuses: ["ERROR"] }).code, "attestation_status");
  assert.equal(verifyArchived(text, { ...archived, packetId: "pk-2" }).code, "attestation_packet_mismatch");
  assert.equal(verifyArchived(text, { ...archived, result: {} }).code, "outcome_hash_mismatch");
});

test("G07 what cannot be attested is a refusal when it comes from others, and an error when it is one's own", async () => {
  const { text } = attestation();
  const loop = {};
  loop.loop = loop;
  const thrower = Object.defineProperty({}, "x", { enumerable: true, get: () => 0.5 });
  const deep = (n) => (n === 0 ? 1 : [deep(n - 1)]);
  for (const [bad, code] of [
    ...[[{ x: 0.5 }, "result_invalid"], [thrower, "result_invalid"], [{ x: 2 ** 60 }, "number_unsafe"], [{ x: NaN }, "number_not_finite"]],
    ...[[{ x: "\ud800" }, "invalid_unicode"], [{ packet_id: 1 }, "result_invalid"], [loop, "nesting_too_deep"], [{ x: deep(120) }, "result_invalid"]],
    ...[[[], "result_invalid"], [null, "result_invalid"], [7, "result_invalid"], ["[1]", "result_invalid"], ["{", "malformed_json"]],
    ...[['{"x":1.0}', "result_invalid"], ['{"x":1,"x":1}', "duplicate_key"], [{ x: "x".repeat(262_144) }, "result_invalid"]],
    ...[[{ x: new Date(0) }, "type_mismatch"], [{ x: () => 1 }, "type_mismatch"]],
  ]) {
    assert.equal(codeOf(text, { result: bad }), code, JSON.stringify(bad, (_, value) => (value === loop ? "…" : value))?.slice(0, 60));
    assert.equal(codeOf(text, { reason: bad }), bad === null ? "reason_hash_mismatch" : code);
    assert.equal((await failureOf(() => attestation({ result: bad }))).code, code);
  }
});

test("G06 G13 results are exact: as text no number is lost, and keys are texts", () => {
  const { text } = attestation();
  const exact = '{"big":1267650600228229401496703205376,"nested":[{"ok":true},null],"pages":3,"title":"Gr\\u00f6ße"}';
  assert.equal(codeOf(text, { result: exact, reason: JSON.stringify(reason) }), null);
  assert.equal(codeOf(text, { result: exact.replace("5376", "5377") }), "outcome_hash_mismatch");
  assert.equal(codeOf(text, { result: { ...result, pages: 4 } }), "outcome_hash_mismatch");
  assert.equal(codeOf(text, { reason: { ...reason, parent_attestation: "" } }), "reason_hash_mismatch");
  assert.equal(codeOf(text, { reason: null }), "reason_hash_mismatch");
  assert.equal(codeOf(attestation({ reason: undefined }).text), "reason_hash_mismatch");
});

test("G03 G08 G10 G11 G12 another spelling of an attestation is none", () => {
  const { text, nonce, signature } = attestation();
  for (const [from, to, code] of [
    [`"nonce":${nonce}`, `"nonce":${2n ** 128n}`, "field_invalid"],
    [`"nonce":${nonce}`, `"nonce":"${nonce}"`, "type_mismatch"],
    [`"nonce":${nonce}`, `"nonce":1e3`, "type_mismatch"],
    [`"nonce":${nonce}`, `"nonce":true`, "type_mismatch"],
    [`"nonce":${nonce}`, `"nonce":${nonce + 1n}`, "invalid_signature"],
    [`"pk-1"`, `"\\ud800"`, "invalid_unicode"],
    [signature, `${signature}==`, "signature_encoding_invalid"],
    [signature, `${signature} `, "signature_encoding_invalid"],
    [`"status":"OK"`, `"status":"ok"`, "field_invalid"],
    [`"status"`, `"x":1,"status"`, "unknown_field"],
  ]) {
    assert.equal(codeOf(text.replace(from, to)), code, to);
  }
  assert.equal(codeOf("x"), "malformed_json");
  assert.equal(codeOf(Buffer.from(text)), null);
});

test("misuse is an error and no verdict", async () => {
  const { text } = attestation();
  for (const [change, code] of [
    ...["packetId", "statuses", "result", "nonces"].map((name) => [{ [name]: undefined }, "config_invalid"]),
    ...[[], "OK", [1], null].map((statuses) => [{ statuses }, "config_invalid"]),
    ...[{ registry: undefined }, { publicKey: researcher.publicKeyPem }, { registry: {} }, { registry: AgentRegistry.selfCertifying() }].map((more) => [more, "config_invalid"]),
    ...[{ packetId: 1 }, { agentId: null }].map((more) => [more, "argument_type"]),
    ...[{ nonces: {} }, { nonces: null }, { replay: false }].map((more) => [more, "config_invalid"]),
    [{ now: NaN }, "clock_invalid"],
    [{ registry: undefined, publicKey: "x" }, "public_key_encoding_invalid"],
  ]) {
    assert.equal((await failureOf(() => verifyAttestation(text, expected(change))))?.code, code, JSON.stringify(Object.keys(change)));
    assert.equal((await failureOf(() => verifyAttestationAsync(text, expected(change))))?.code, code);
  }
  assert.equal((await failureOf(() => verifyAttestation(attestation(), expected()))).code, "argument_type");
  assert.equal((await failureOf(() => verifyArchived(text, expected()))).code, "config_invalid", "an archive has no nonces");
  for (const [more, code] of [
    ...[[{ packetId: "" }, "field_invalid"], [{ status: "DONE" }, "field_invalid"], [{ now: 1_000 }, "field_invalid"]],
    ...[[{ packetId: undefined }, "argument_type"], [{ status: 1 }, "argument_type"], [{ result: undefined }, "type_mismatch"], [{ nonce: 1 }, "config_invalid"]],
  ]) {
    assert.equal((await failureOf(() => attestation(more)))?.code, code, JSON.stringify(more));
  }
});

test("attestations of the reference verify, each with its own result, key and time", () => {
  let count = 0;
  for (const release of ["0.3.3-pydantic2.12", "0.3.3-pydantic2.14", "0.4.0"]) {
    const vectors = JSON.parse(readFileSync(new URL(`../vectors/reference-${release}.json`, import.meta.url), "utf8"));
    for (const { name, json, result_canonical: canonical } of vectors.attestations) {
      const said = JSON.parse(json);
      const { public_key_pem: publicKey } = Object.values(vectors.identities).find((identity) => identity.agent_id === said.signed_by);
      const report = verifyAttestation(json, {
        ...{ result: Buffer.from(canonical, "hex").toString(), publicKey },
        ...{ packetId: said.packet_id, statuses: [said.status], agentId: said.signed_by, now: said.timestamp_ms, nonces: () => true },
      });
      // The vectors keep the hash of a reason and not the reason.
      assert.equal(report.code, said.reason_hash === null ? null : "reason_hash_mismatch", `${release} ${name}: ${report.reason}`);
      count += 1;
    }
  }
  assert.equal(count, 18);
});
