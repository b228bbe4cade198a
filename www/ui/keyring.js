/** Keys kept in this browser. The private half is a key of WebCrypto that signs and that nobody can read out, not even this page. */
import { AgentIdentity } from "trusthandoff/slim";
import { collections } from "./database.js";

const { keys } = collections("trusthandoff-keys", ["keys"]);

/** The kept keys, the latest last: `{ id, label, agentId, fingerprint, publicKeyPem, origin, keptAt, privateKey }`. */
export async function list() {
  return (await keys.all()).sort((a, b) => a.keptAt - b.keptAt);
}

/** A new key, whose private half was never anywhere else. */
export async function make(label) {
  const pair = await webCrypto(() => crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]));
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const { agentId, publicKeyPem, fingerprint } = publicOnly(raw);
  return keep({ label, agentId, publicKeyPem, fingerprint, origin: "made", privateKey: pair.privateKey });
}

/** The key of a PKCS#8 PEM text. The text is forgotten; what is kept cannot be turned into it again. */
export async function importPem(label, pem) {
  const identity = AgentIdentity.fromPrivateKeyPem(pem);
  try {
    return await keepIdentity(label, identity);
  } finally {
    identity.dispose();
  }
}

/** The key of an identity that holds it. */
export async function keepIdentity(label, identity) {
  const { privateKey } = await webCrypto(() => identity.toCryptoKey());
  const { agentId, publicKeyPem, fingerprint } = identity;
  return keep({ label, agentId, publicKeyPem, fingerprint, origin: "imported", privateKey });
}

/** What signs with a kept key. */
export function identity({ publicKeyPem, privateKey, agentId }) {
  const sign = async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, bytes));
  return AgentIdentity.fromSigner({ publicKey: publicKeyPem, sign }, { agentId });
}

/** What tells id, fingerprint and spellings of a public key, and signs nothing. */
export function publicOnly(publicKey) {
  return AgentIdentity.fromSigner({
    publicKey,
    sign() {
      throw new Error("only the public half is here");
    },
  });
}

/** Forgets a key for good: nobody has a copy of it. */
export async function remove(id) {
  await keys.remove(id);
}

async function keep(record) {
  const kept = { id: record.fingerprint, keptAt: Date.now(), ...record };
  await keys.put(kept);
  return kept;
}

async function webCrypto(work) {
  try {
    return await work();
  } catch (error) {
    throw new Error("This browser has no Ed25519 in WebCrypto, so it can keep no key that nobody reads out.", { cause: error });
  }
}
