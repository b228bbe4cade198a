/**
 * What is measured. A subject is `{ name, group, prepare(count), run(input) }`: `prepare` makes the inputs of a round
 * outside the clock, `run` is what is timed and throws where it did not do its work.
 */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import * as noble from "@noble/ed25519";
import { jwtVerify, SignJWT } from "jose";
import { AgentIdentity, AgentRegistry, MemoryNonceStore, signPacket, TrustHandoffMiddleware, verifySignature } from "../pkg/dist/index.js";
import { envelopeFrom, fieldsFor, signedBytes } from "./envelope.mjs";

/** All ratios are to this one. */
export const BASELINE = "node:crypto verify";

noble.hashes.sha512 = (...parts) => {
  const hash = createHash("sha512");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

export async function subjects() {
  const sender = AgentIdentity.generate();
  const receiver = AgentIdentity.generate();
  const fresh = (count) => Array.from({ length: count }, () => envelopeFrom(sender, receiver.agentId));
  return { sender, receiver, fresh, list: [...ours(sender, receiver, fresh), ...nodeCrypto(sender, fresh), ...nobleSubjects(sender, fresh), ...(await joseSubjects(sender, receiver))] };
}

function ours(sender, receiver, fresh) {
  const gate = () =>
    new TrustHandoffMiddleware({
      audience: receiver.agentId,
      registry: new AgentRegistry().register(sender.agentId, sender.publicKeyPem),
      nonces: new MemoryNonceStore(),
    });
  const [sync, waiting] = [gate(), gate()];
  const [known] = fresh(1);
  return [
    { name: "gate, handleSync", group: "verify", prepare: fresh, run: (wire) => must(sync.handleSync(wire).decision === "ACCEPT") },
    { name: "gate, handle", group: "verify", prepare: fresh, run: async (wire) => must((await waiting.handle(wire)).decision === "ACCEPT") },
    { name: "verifySignature", group: "verify", prepare: repeat(known), run: (wire) => must(verifySignature(wire).valid) },
    { name: "signPacket", group: "sign", prepare: repeat(fieldsFor(receiver.agentId)), run: (fields) => must(signPacket(sender, fields).signature.length === 88) },
  ];
}

/** Bare Ed25519 in OpenSSL over the same bytes, the key parsed once. */
function nodeCrypto(sender, fresh) {
  const publicKey = createPublicKey(sender.publicKeyPem);
  const privateKey = createPrivateKey(sender.privateKeyPem());
  return [
    {
      name: BASELINE,
      group: "verify",
      prepare: (count) => fresh(count).map(signedBytes),
      run: ({ bytes, signature }) => must(verify(null, bytes, publicKey, signature)),
    },
    { name: "node:crypto sign", group: "sign", prepare: (count) => fresh(count).map(signedBytes), run: ({ bytes }) => must(sign(null, bytes, privateKey).length === 64) },
  ];
}

/** Bare Ed25519 in JavaScript over the same bytes. */
function nobleSubjects(sender, fresh) {
  const seed = new Uint8Array(Buffer.from(sender.privateKeyJwk().d, "base64url"));
  const inputs = (count) => fresh(count).map(signedBytes);
  return [
    { name: "noble verify", group: "verify", prepare: inputs, run: ({ bytes, signature }) => must(noble.verify(signature, bytes, sender.publicKey)) },
    { name: "noble sign", group: "sign", prepare: inputs, run: ({ bytes }) => must(noble.sign(bytes, seed).length === 64) },
  ];
}

/** A JWT with the same claims: signature, audience, issuer and expiry; no replay protection, no chain, no review. */
async function joseSubjects(sender, receiver) {
  const privateKey = createPrivateKey(sender.privateKeyPem());
  const publicKey = createPublicKey(sender.publicKeyPem);
  const expected = { algorithms: ["EdDSA"], audience: receiver.agentId, issuer: sender.agentId };
  const make = async (number) => {
    const claims = { ...fieldsFor(receiver.agentId), nonce: `nonce-${number}` };
    const token = new SignJWT(claims).setProtectedHeader({ alg: "EdDSA" }).setIssuer(sender.agentId).setAudience(receiver.agentId);
    return token.setIssuedAt().setExpirationTime("15m").setJti(`packet-${number}`).sign(privateKey);
  };
  let number = 0;
  return [
    {
      name: "jose jwtVerify",
      group: "verify",
      prepare: (count) => Promise.all(Array.from({ length: count }, () => make((number += 1)))),
      run: async (token) => must((await jwtVerify(token, publicKey, expected)).payload.jti !== undefined),
    },
    { name: "jose SignJWT", group: "sign", prepare: (count) => Array.from({ length: count }, () => (number += 1)), run: async (id) => must((await make(id)).length > 0) },
  ];
}

const repeat = (value) => (count) => Array(count).fill(value);

function must(done) {
  if (!done) throw new Error("a measured call did not do its work");
}
