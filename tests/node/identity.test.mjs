import assert from "node:assert/strict";
import { createHash, createPrivateKey, sign, webcrypto } from "node:crypto";
import { test } from "node:test";
import { inspect } from "node:util";
import { AgentIdentity, fields, planner, researcher, trusthandoff } from "./support.mjs";

const { signPacket, signPacketAsync, createEnvelope, verifySignature } = trusthandoff;

test("two generated identities differ, and every view of one agrees with node:crypto", () => {
  const one = AgentIdentity.generate();
  assert.notEqual(one.agentId, AgentIdentity.generate().agentId);
  const key = createPrivateKey(one.privateKeyPem());
  assert.deepEqual(key.export({ format: "jwk" }), one.privateKeyJwk());
  assert.equal(Buffer.from(one.publicKey).toString("base64url"), one.publicKeyJwk().x);
  assert.equal(one.publicKeyPem.length, 113);
  assert.equal(one.agentId, `agent:${createHash("sha256").update(one.publicKeyPem).digest("base64").slice(0, 16)}`);
  assert.equal(one.fingerprint, createHash("sha256").update(one.publicKey).digest("hex"));
});

test("the same key comes back through PEM, raw bytes, JWK and WebCrypto", async () => {
  const one = AgentIdentity.generate();
  const raw = Buffer.from(one.privateKeyJwk().d, "base64url");
  const same = [
    AgentIdentity.fromPrivateKeyPem(one.privateKeyPem()),
    AgentIdentity.fromPrivateKey(raw),
    AgentIdentity.fromJwk(one.privateKeyJwk()),
    await AgentIdentity.fromCryptoKey(await one.toCryptoKey()),
    await AgentIdentity.fromCryptoKey((await one.toCryptoKey({ extractable: true })).privateKey),
  ];
  for (const other of same) assert.equal(other.publicKeyPem, one.publicKeyPem);
});

test("a non-extractable WebCrypto key signs, asynchronously only", async () => {
  const pair = await webcrypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  const identity = await AgentIdentity.fromCryptoKey(pair);
  const packet = await signPacketAsync(identity, fields());
  assert.equal(verifySignature(createEnvelope(packet)).valid, true);
  assert.throws(() => signPacket(identity, fields()), { name: "ConfigurationError", code: "signer_async" });
  assert.throws(() => identity.privateKeyPem(), { code: "key_not_exportable" });
  assert.equal(await identity.toCryptoKey().then((keys) => keys.privateKey), pair.privateKey);
});

test("an external signer signs, at once or later", async () => {
  const pair = await planner.toCryptoKey();
  const sync = AgentIdentity.fromSigner({ publicKey: planner.publicKeyPem, sign: (bytes) => nodeSign(planner, bytes) });
  assert.equal(verifySignature(signPacket(sync, fields()).text).valid, true);
  const later = AgentIdentity.fromSigner({
    publicKey: planner.publicKey,
    sign: async (bytes) => new Uint8Array(await webcrypto.subtle.sign("Ed25519", pair.privateKey, bytes)),
  });
  assert.equal(verifySignature((await signPacketAsync(later, fields())).text).valid, true);
  assert.throws(() => signPacket(later, fields()), { code: "signer_async" });
  assert.equal(sync.agentId, planner.agentId);
});

test("a signer that returns anything but its key's signature makes no packet", async () => {
  const publicKey = planner.publicKey;
  const wrong = [
    [() => nodeSign(researcher, new Uint8Array(1)), "invalid_signature"],
    [() => new Uint8Array(64), "invalid_signature"],
    [() => "signature", "signer_failed"],
    [() => undefined, "signer_failed"],
    [() => Array(64).fill(0), "signer_failed"],
    [
      () => {
        throw new Error("the KMS is down\nand out");
      },
      "signer_failed",
    ],
  ];
  for (const [sign, code] of wrong) {
    const identity = AgentIdentity.fromSigner({ publicKey, sign });
    assert.throws(() => signPacket(identity, fields()), { code });
    await assert.rejects(signPacketAsync(identity, fields()), (error) => error.code === code && !error.message.includes("\n"));
  }
  const short = AgentIdentity.fromSigner({ publicKey, sign: () => new Uint8Array(63) });
  assert.throws(() => signPacket(short, fields()), (error) => error instanceof trusthandoff.TrustHandoffError);
  const rejects = AgentIdentity.fromSigner({ publicKey, sign: () => Promise.reject(new Error("denied")) });
  await assert.rejects(signPacketAsync(rejects, fields()), { code: "signer_failed", message: "the signer failed: denied" });
  assert.throws(() => signPacket(rejects, fields()), { code: "signer_async" });
});

test("B16 no identity signs bytes of a caller's choosing", () => {
  const names = new Set([...Object.getOwnPropertyNames(AgentIdentity.prototype), ...Object.keys(planner)]);
  assert.equal(names.has("sign"), false);
  assert.equal("signBytes" in trusthandoff, false);
});

test("W12 the secret shows neither in JSON nor in inspection nor in enumeration", () => {
  const identity = AgentIdentity.generate();
  const { d } = identity.privateKeyJwk();
  const hex = Buffer.from(d, "base64url").toString("hex");
  const shown = [JSON.stringify(identity), inspect(identity, { showHidden: true, depth: 9 }), Object.entries(identity).join(), String(identity)];
  for (const text of shown) assert.ok(!text.includes(d) && !text.includes(hex) && !text.includes("PRIVATE"), text);
});

test("a disposed identity signs nothing", () => {
  for (const dispose of [(identity) => identity.dispose(), (identity) => identity[Symbol.dispose]()]) {
    const identity = AgentIdentity.generate();
    dispose(identity);
    assert.throws(() => signPacket(identity, fields()), { code: "identity_disposed" });
    assert.throws(() => identity.privateKeyPem(), { code: "identity_disposed" });
    assert.match(identity.publicKeyPem, /^-----BEGIN PUBLIC KEY/);
  }
});

test("a rotated key signs under the id its agent had", () => {
  const rotated = AgentIdentity.generate({ agentId: planner.agentId });
  assert.equal(signPacket(rotated, fields()).from_agent, planner.agentId);
});

test("the public key handed out is a copy", () => {
  const identity = AgentIdentity.generate();
  identity.publicKey.fill(0);
  assert.equal(createHash("sha256").update(identity.publicKey).digest("hex"), identity.fingerprint);
});

function nodeSign(identity, bytes) {
  const key = createPrivateKey(identity.privateKeyPem());
  return new Uint8Array(sign(null, bytes, key));
}
