/**
 * What an attacker writes: packets, capabilities and envelopes spelt and signed without the package under test, by the
 * rules of the wire alone, so that a fault of the package cannot hide in its own vectors.
 */
import { createHash, createPrivateKey, createPublicKey, sign as ed25519 } from "node:crypto";

const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

export const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();

/** A PEM of any 32 bytes, or of any other DER. */
export const pemOf = (raw) => pemOfDer(Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]));
export const pemOfDer = (der) => `-----BEGIN PUBLIC KEY-----\n${der.toString("base64")}\n-----END PUBLIC KEY-----\n`;

export const agentId = (pem) => `agent:${sha256(pem).toString("base64").slice(0, 16)}`;

/** An agent of a fixed seed, 32 times the same byte. */
export function agent(byte) {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, Buffer.alloc(32, byte)]), format: "der", type: "pkcs8" });
  const raw = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(12);
  const pem = pemOf(raw);
  return { id: agentId(pem), pem, raw, fingerprint: sha256(raw).toString("hex"), sign: (bytes) => ed25519(null, bytes, key) };
}

/** A token that stands on the wire in another spelling than in the signed bytes. */
class Spelling {
  constructor(wire, signed) {
    this.wire = wire;
    this.signed = signed;
  }
}

/** `wire` is JSON text as sent, `signed` the JSON text that is signed. */
export const spelt = (wire, signed = wire) => new Spelling(wire, signed);

const escapeAscii = (text) => text.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Code points, not UTF-16 units. */
const byCodePoint = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/**
 * JSON text. `signed` takes the signed spelling, `sorted` sorts keys, `ascii` escapes the rest, `spaced` separates with
 * `, ` and `: `.
 */
export function json(value, style = {}) {
  const { signed = false, sorted = true, ascii = true, spaced = false } = style;
  const [comma, colon] = spaced ? [", ", ": "] : [",", ":"];
  if (value instanceof Spelling) return signed ? value.signed : value.wire;
  if (typeof value === "string") {
    const text = JSON.stringify(value);
    return ascii ? escapeAscii(text) : text;
  }
  if (Array.isArray(value)) return `[${value.map((item) => json(item, style)).join(comma)}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const keys = Object.keys(value);
  if (sorted) keys.sort(byCodePoint);
  return `{${keys.map((key) => `${json(key, style)}${colon}${json(value[key], style)}`).join(comma)}}`;
}

export const NOW = "2026-03-08T12:00:00Z";
/** `NOW` plus seconds, which may be fractions, in the wire's spelling. */
export const at = (seconds) => new Date(Date.parse(NOW) + seconds * 1000).toISOString().replace(".000Z", "Z").replace(/\.(\d{3})Z/, ".$1000Z");

/** The fields of a packet in the order of the reference's model; an honest one unless `fields` say otherwise. */
export function packet(from, to, fields = {}) {
  return {
    packet_id: "pk-1",
    task_id: "task-1",
    from_agent: from.id,
    to_agent: to.id,
    issued_at: NOW,
    expires_at: at(900),
    nonce: "nonce-1",
    capability_token: null,
    intent: "Summarize the findings",
    task_type: null,
    goal: null,
    context: {},
    memory_refs: [],
    permissions: { allowed_actions: ["read"], max_tool_calls: 3 },
    constraints: null,
    provenance: null,
    signature_algo: "Ed25519",
    public_key: from.pem,
    risk_level: "read",
    ttl_seconds: 900,
    ai_provenance: null,
    ...fields,
  };
}

/** The bytes that are signed. Both forms, and the older library's floats through `spelt`. */
export const signingBytes = (fields, form = "0.4.0") =>
  Buffer.from(json(fields, form === "0.4.0" ? { signed: true } : { signed: true, sorted: false, ascii: false }));

export const signed = (fields, signer, form) => ({ ...fields, signature: signer.sign(signingBytes(fields, form)).toString("base64") });

/** The chain that starts with this packet. */
export const chainOf = ({ packet_id, from_agent }, more = {}) => ({ packet_ids: [packet_id], agents: [from_agent], hops: [], ...more });

/** Envelope text. `chain` in place of the genuine one. */
export const envelope = (signedPacket, chain = chainOf(signedPacket), style = { sorted: false }) => json({ packet: signedPacket, chain }, style);

/** The digest a reviewer approves; without the approvals of it that the packet carries, which the caller leaves out. */
export function reviewDigest(fields) {
  const { issued_at, expires_at, ...rest } = fields;
  const { context } = rest;
  return sha256("TRUSTHANDOFF_REVIEW_V1\0", json({ ...rest, context }, { signed: true })).toString("hex");
}

/** The names under which a host revokes. */
export const revocationKeys = {
  packet: (sender, packetId) => `packet|${sender.fingerprint}|${sha256(packetId).toString("hex")}`,
  digest: (bytes) => `digest|${sha256(bytes).toString("hex")}`,
  packetDigest: (fields) => `digest|${sha256("TRUSTHANDOFF_PACKET_V1\0", signingBytes(fields)).toString("hex")}`,
  capability: (issuer, id) => `capability|${issuer.fingerprint}|${sha256(id).toString("hex")}`,
  key: (agent) => `key|${agent.fingerprint}`,
  agent: (agent) => `agent|${agent.id}`,
};

/** The payload of a capability, an honest one unless `fields` say otherwise. */
export function capability(issuer, subject, fields = {}) {
  return {
    capability_id: "cap-1",
    issuer_agent: issuer.id,
    subject_agent: subject.id,
    delegated_permissions: { allowed_actions: ["read"], max_tool_calls: 3 },
    constraints: null,
    issued_at: NOW,
    expires_at: at(3600),
    parent_capability_id: null,
    signature_algo: "Ed25519",
    public_key: issuer.pem,
    ...fields,
  };
}

/** What is signed of it: datetimes in Python's spelling. */
export function capabilityBytes(payload) {
  const spaced = (time) => (typeof time === "string" ? time.replace("T", " ").replace("Z", "+00:00") : time);
  return Buffer.from(json({ ...payload, issued_at: spaced(payload.issued_at), expires_at: spaced(payload.expires_at) }, { signed: true, spaced: true }));
}

/** Its token. `more` is added after signing. */
export function token(payload, issuer, more = {}) {
  const signature = issuer.sign(capabilityBytes(payload)).toString("base64");
  return Buffer.from(json({ ...payload, signature, ...more })).toString("base64url");
}

/**
 * An envelope with the proof of where it comes from: signed packets, oldest first, the last of them the one that is sent, and
 * tokens, root first. `more` replaces parts of the envelope.
 */
export function proven(packets, capabilities = [], more = {}) {
  const chain = { packet_ids: packets.map((packed) => packed.packet_id), agents: packets.map((packed) => packed.from_agent), hops: [] };
  return json({ packet: packets.at(-1), chain, proof: { packets: packets.slice(0, -1), capabilities }, ...more }, { sorted: false });
}

/** The text of a signed statement of our own: label, zero byte, sorted JSON of every field but the signature. */
export function statement(type, signer, fields) {
  const body = { type, issued_at: NOW, signature_algo: "Ed25519", public_key: signer.pem, ...fields };
  const signature = signer.sign(Buffer.from(`${type}\0${json(body, { signed: true })}`)).toString("base64");
  return json({ ...body, signature });
}

/** A person's word on the packet of this digest; an honest approval unless `fields` say otherwise. */
export const approval = (reviewer, digest, fields = {}, signer = reviewer) =>
  statement("TRUSTHANDOFF_APPROVAL_V1", signer, {
    ...{ id: `approval of ${reviewer.id}`, decision: "APPROVED", reviewer: reviewer.id, review_digest: digest },
    ...{ expires_at: at(3600), note: null, ...fields },
  });

/** The word of `issuer` that `target` is trusted no more. */
export const revocation = (issuer, target, fields = {}, signer = issuer) =>
  statement("TRUSTHANDOFF_REVOCATION_V1", signer, { id: `revocation by ${issuer.id}`, issuer: issuer.id, target, reason: null, ...fields });

/** The digest of a capability: of its signed bytes. */
export const capabilityDigest = (payload) => sha256(capabilityBytes(payload)).toString("hex");
