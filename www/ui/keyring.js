/**
 * Keys kept in this browser. The private half is a key of WebCrypto that signs and that nobody can read out, not even this page. Browsers
 * without Ed25519 in WebCrypto (Chromium before 137, Firefox before 129) keep it encrypted under such a key: a copy of their
 * database is worth nothing, but the page holds the private half while it signs.
 */
import { AgentIdentity } from "trusthandoff/slim";
import { collections } from "./database.js";

const { keys } = collections("trusthandoff-keys", ["keys"]);

/** The kept keys, the latest last: `{ id, label, agentId, fingerprint, publicKeyPem, origin, keptAt }`, and `privateKey` or `sealed`. */
export async function list() {
  return (await keys.all()).sort((a, b) => a.keptAt - b.keptAt);
}

/** A new key, whose private half was never anywhere else. */
export async function make(label) {
  if (!(await signsItself())) return keepAndForget(label, AgentIdentity.generate(), "made");
  const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return keep(label, publicOnly(raw), "made", { privateKey: pair.privateKey });
}

/** The key of a PKCS#8 PEM text. The text is forgotten; what is kept cannot be turned into it again. */
export async function importPem(label, pem) {
  return keepAndForget(label, AgentIdentity.fromPrivateKeyPem(pem), "imported");
}

/** The key of an identity that holds it. */
export async function keepIdentity(label, identity, origin = "imported") {
  const secret = (await signsItself()) ? { privateKey: (await identity.toCryptoKey()).privateKey } : { sealed: await sealed(identity) };
  return keep(label, identity, origin, secret);
}

/** What `work(identity)` gives, for the identity that signs with a kept key. */
export async function signingAs(record, work) {
  const { publicKeyPem, privateKey, agentId } = record;
  if (privateKey !== undefined) {
    const sign = async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, bytes));
    return work(AgentIdentity.fromSigner({ publicKey: publicKeyPem, sign }, { agentId }));
  }
  const identity = await opened(record.sealed);
  try {
    return await work(identity);
  } finally {
    identity.dispose();
  }
}

/** Whether this browser signs with a kept key by itself. */
export async function signsItself() {
  if (globalThis.crypto?.subtle === undefined) throw new Error("This page was not served over https, so this browser can keep no key.");
  try {
    await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    return true;
  } catch {
    return false;
  }
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

async function keepAndForget(label, identity, origin) {
  try {
    return await keepIdentity(label, identity, origin);
  } finally {
    identity.dispose();
  }
}

async function keep(label, { agentId, publicKeyPem, fingerprint }, origin, secret) {
  const kept = { id: fingerprint, keptAt: Date.now(), label, agentId, publicKeyPem, fingerprint, origin, ...secret };
  await keys.put(kept);
  return kept;
}

async function sealed(identity) {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const pem = new TextEncoder().encode(identity.privateKeyPem());
  return { key, iv, pem: new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, pem)) };
}

async function opened({ key, iv, pem }) {
  return AgentIdentity.fromPrivateKeyPem(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, pem)));
}
