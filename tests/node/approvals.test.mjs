/** Approvals, from the side of the reviewer who signs them; how a gate counts them is tested in review.test.mjs. */
import assert from "node:assert/strict";
import crypto from "node:crypto";
import { test } from "node:test";
import { AgentIdentity, failureOf, fields, gate, NOW, planner, registry, researcher, stranger, trusthandoff, wire } from "./support.mjs";

const { approve, approveAsync, createEnvelope, reviewRequest, signPacket } = trusthandoff;

const ana = AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(5), { agentId: "human:ana" });
const reviewed = { constraints: { requires_human_review: true } };
const APPROVED = { decision: "APPROVED", now: NOW };

const reviewing = () => gate({ registry: registry().register("human:ana", ana.publicKeyPem, { reviewer: true, now: NOW - 1000 }), review: { reviewers: ["human:ana"] } });

function remote(identity, later) {
  const key = crypto.createPrivateKey(identity.privateKeyPem());
  const sign = (bytes) => new Uint8Array(crypto.sign(null, bytes, key));
  return AgentIdentity.fromSigner({ publicKey: identity.publicKey, sign: later ? async (bytes) => sign(bytes) : sign }, { agentId: identity.agentId });
}

test("a request shows the packet and names what an approval covers", () => {
  const packet = signPacket(planner, fields(reviewed), { now: NOW });
  const request = reviewRequest(createEnvelope(packet));
  assert.equal(request.packetId, packet.packet_id);
  assert.deepEqual({ ...request.packet }, { ...packet });
  assert.match(request.reviewDigest, /^[0-9a-f]{64}$/);
  assert.ok(Object.isFrozen(request) && Object.isFrozen(request.packet.context));
  assert.equal(reviewRequest(packet.text).reviewDigest, request.reviewDigest);
  assert.equal(reviewRequest(new TextEncoder().encode(packet.text)).reviewDigest, request.reviewDigest);
});

test("D01 the digest covers everything but the times, so that an approval outlasts a packet that is signed again", () => {
  const ids = { packet_id: "p", task_id: "t", nonce: "n" };
  const digest = (more, now = NOW) => reviewRequest(wire({ ...reviewed, ...ids, ...more }, { now })).reviewDigest;
  assert.equal(digest({}), digest({}, NOW + 600_000));
  for (const more of [{ intent: "Delete the findings" }, { packet_id: "q" }, { nonce: "m" }, { to_agent: stranger.agentId }, { context: { company: "Other" } }, { constraints: null }]) {
    assert.notEqual(digest(more), digest({}), JSON.stringify(more));
  }
});

test("an approval says who decided what about which packet until when, frozen, with its text beside it", () => {
  const request = reviewRequest(wire(reviewed));
  const approval = approve(ana, request, { ...APPROVED, note: "after the freeze" });
  assert.deepEqual(
    { ...approval },
    {
      ...{ type: "TRUSTHANDOFF_APPROVAL_V1", id: approval.id, issued_at: "2026-03-08T12:00:00Z", signature_algo: "Ed25519", public_key: ana.publicKeyPem },
      ...{ decision: "APPROVED", reviewer: "human:ana", review_digest: request.reviewDigest, expires_at: "2026-03-08T13:00:00Z" },
      ...{ note: "after the freeze", signature: approval.signature },
    },
  );
  assert.deepEqual(JSON.parse(approval.text), { ...approval });
  assert.equal(Object.keys(approval).includes("text"), false);
  assert.throws(() => (approval.decision = "DENIED"), TypeError);
  assert.notEqual(approve(ana, request, APPROVED).id, approve(ana, request, APPROVED).id);
});

test("wire text, its bytes, the request and the bare digest name the same packet", () => {
  const text = wire(reviewed);
  const request = reviewRequest(text);
  for (const about of [text, new TextEncoder().encode(text), request, { reviewDigest: request.reviewDigest }]) {
    assert.equal(approve(ana, about, APPROVED).review_digest, request.reviewDigest);
  }
});

test("how long it counts is said in seconds or as a moment", () => {
  const about = { reviewDigest: "ab".repeat(32) };
  for (const [more, expires] of [
    [{ ttlSeconds: 60 }, "2026-03-08T12:01:00Z"],
    [{ expiresAt: NOW + 1500 }, "2026-03-08T12:00:01.500000Z"],
    [{ expiresAt: NOW + 0.25 }, "2026-03-08T12:00:00.000250Z"],
    [{ expiresAt: new Date(NOW + 2000) }, "2026-03-08T12:00:02Z"],
    [{ expiresAt: "2026-03-09T01:00:00+01:00" }, "2026-03-09T00:00:00Z"],
    [{ ttlSeconds: 30 * 86_400 }, "2026-04-07T12:00:00Z"],
  ]) {
    assert.equal(approve(ana, about, { ...APPROVED, ...more }).expires_at, expires);
  }
  for (const more of [{ ttlSeconds: 30 * 86_400 + 1 }, { expiresAt: NOW }, { expiresAt: NOW - 1 }]) {
    assert.throws(() => approve(ana, about, { ...APPROVED, ...more }), { code: "field_invalid", field: "/expires_at" }, JSON.stringify(more));
  }
});

test("signers elsewhere make approvals that count, at once or later", async () => {
  const text = wire(reviewed);
  const pair = await AgentIdentity.fromCryptoKey(await ana.toCryptoKey(), { agentId: "human:ana" });
  for (const approval of [
    approve(ana, text, APPROVED),
    approve(remote(ana, false), text, APPROVED),
    await approveAsync(ana, text, APPROVED),
    await approveAsync(remote(ana, true), text, APPROVED),
    await approveAsync(pair, text, APPROVED),
  ]) {
    assert.equal((await reviewing().handle(text, { approvals: [approval.text] })).decision, "ACCEPT");
  }
  for (const identity of [pair, remote(ana, true)]) {
    assert.throws(() => approve(identity, text, APPROVED), (error) => error.code === "signer_async" && error.message.includes("approveAsync"));
  }
  const thief = AgentIdentity.fromSigner({ publicKey: ana.publicKey, sign: remoteSignature }, { agentId: "human:ana" });
  assert.throws(() => approve(thief, text, APPROVED), { code: "invalid_signature" });
});

function remoteSignature(bytes) {
  return new Uint8Array(crypto.sign(null, bytes, crypto.createPrivateKey(stranger.privateKeyPem())));
}

test("D01 an approval counts for its own packet only, a denial for none, and a changed word not at all", async () => {
  const [text, other] = [wire(reviewed), wire(reviewed)];
  const codeOf = async (approvals) => (await reviewing().handle(text, { approvals })).code;
  const approval = approve(ana, text, APPROVED);
  assert.equal(await codeOf([approval.text]), null);
  assert.equal(await codeOf([approve(ana, other, APPROVED).text]), "human_review_required");
  assert.equal(await codeOf([approve(ana, text, { decision: "DENIED", now: NOW }).text]), "human_review_denied");
  assert.equal(await codeOf([approval.text, approve(ana, text, { decision: "DENIED", now: NOW }).text]), "human_review_denied");
  assert.equal(await codeOf([approve(ana, text, { decision: "DENIED", now: NOW }).text.replace("DENIED", "APPROVED")]), "human_review_required");
  assert.equal(await codeOf([approve(planner, text, APPROVED).text]), "human_review_required", "the sender approves nothing");
});

test("bad input is one clear line with a code, and no approval", async () => {
  const digest = { reviewDigest: "ab".repeat(32) };
  const packet = signPacket(planner, fields(reviewed), { now: NOW });
  const getter = Object.defineProperty({}, "decision", {
    enumerable: true,
    get() {
      throw new Error("trap door");
    },
  });
  for (const [call, code] of [
    [() => approve(ana, digest), "config_invalid"],
    [() => approve(ana, digest, {}), "config_invalid"],
    ...["approved", true, null, 1, ["APPROVED"], { toString: () => "APPROVED" }].map((decision) => [() => approve(ana, digest, { decision }), "config_invalid"]),
    ...[0, -1, 1.5, NaN, "60", null].map((ttlSeconds) => [() => approve(ana, digest, { ...APPROVED, ttlSeconds }), "config_invalid"]),
    [() => approve(ana, digest, { ...APPROVED, ttlSeconds: 60, expiresAt: NOW + 60_000 }), "config_invalid"],
    [() => approve(ana, digest, { ...APPROVED, expiresAt: "tomorrow" }), "datetime_noncanonical"],
    [() => approve(ana, digest, { ...APPROVED, expiresAt: {} }), "clock_invalid"],
    [() => approve(ana, digest, { ...APPROVED, now: Infinity }), "clock_invalid"],
    [() => approve(ana, digest, { ...APPROVED, note: 7 }), "config_invalid"],
    [() => approve(ana, digest, { ...APPROVED, note: "\ud800" }), "invalid_unicode"],
    [() => approve(ana, digest, { ...APPROVED, note: "x".repeat(4097) }), "field_invalid"],
    [() => approve(ana, digest, { ...APPROVED, reviewer: "human:bob" }), "config_invalid"],
    [() => approve(ana, { reviewDigest: "ab" }, APPROVED), "field_invalid"],
    [() => approve(ana, { reviewDigest: "AB".repeat(32) }, APPROVED), "field_invalid"],
    [() => approve(ana, Object.create(digest), APPROVED), "argument_type"],
    [() => approve(ana, packet, APPROVED), "argument_type"],
    [() => approve(ana, JSON.parse(packet.text), APPROVED), "argument_type"],
    ...[undefined, null, 7, [], () => {}].map((about) => [() => approve(ana, about, APPROVED), "argument_type"]),
    [() => approve(ana, "{}", APPROVED), "missing_field"],
    [() => approve(ana, packet.text.replace("Summarize", "Publish"), APPROVED), "invalid_signature"],
    [() => approve({}, digest, APPROVED), "argument_type"],
    [() => approveAsync(ana, digest, { decision: "yes" }), "config_invalid"],
    [() => reviewRequest(packet), "argument_type"],
    [() => reviewRequest(""), "malformed_json"],
    [() => reviewRequest(createEnvelope(packet).replace("Summarize", "Publish")), "invalid_signature"],
  ]) {
    const error = await failureOf(call);
    assert.equal(error?.code, code, String(call));
    assert.doesNotMatch(error.message, /\n/);
  }
  assert.throws(() => approve(ana, digest, getter), /trap door/);
});

test("W2 what other code left on Object.prototype approves nothing", () => {
  const text = wire(reviewed);
  const pollution = { decision: "APPROVED", reviewDigest: "cd".repeat(32), ttlSeconds: 9, expiresAt: NOW + 1, note: "x", now: 0, text: "x" };
  const made = () => {
    const { id, signature, ...rest } = approve(ana, text, { ...APPROVED, note: "n", ttlSeconds: 60 });
    return rest;
  };
  const expected = made();
  for (const names of [...Object.keys(pollution).map((name) => [name]), Object.keys(pollution)]) {
    for (const name of names) Object.defineProperty(Object.prototype, name, { __proto__: null, value: pollution[name], configurable: true, enumerable: true, writable: true });
    try {
      assert.deepEqual({ ...made() }, { ...expected }, names.join());
      assert.throws(() => approve(ana, text, { now: NOW }), { code: "config_invalid" });
      assert.throws(() => approve(ana, {}, { decision: "APPROVED", now: NOW }), { code: "argument_type" });
    } finally {
      for (const name of names) delete Object.prototype[name];
    }
  }
});
