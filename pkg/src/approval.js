import { shared } from "./core.js";
import { ArgumentTypeError, configInvalid } from "./errors.js";
import { freezeDeep, ownMember, readOptions } from "./plain.js";
import { wallClock } from "./platform.js";
import { keepText, signLater, signNow } from "./signing.js";
import { toMs, toRfc3339 } from "./time.js";
import { isBytes, isObject, receivedBytes, typeName, wellFormed } from "./text.js";

/**
 * What a person is asked about: the packet of a received text, whose signature is valid, and the digest that an approval
 * names. The digest leaves the times out, so that an approval outlasts a packet that is signed again (catalogue D01).
 */
export function reviewRequest(received) {
  const bytes = receivedBytes(received, "the packet or envelope");
  const { review_digest: reviewDigest, packet_id: packetId, view: packet } = shared.call((glue) => glue.reviewRequest(bytes));
  return freezeDeep({ __proto__: null, reviewDigest, packetId, packet });
}

/** A person's signed word on a packet. The decision has no default: nobody approves by leaving something out. */
export function approve(identity, request, options) {
  return keepText(signNow(identity, "approveAsync", () => approvalWork(request, options, "approve")));
}

export async function approveAsync(identity, request, options) {
  return keepText(await signLater(identity, () => approvalWork(request, options, "approveAsync")));
}

function approvalWork(request, options, what) {
  const { decision, note, ttlSeconds, expiresAt, now = wallClock() } = readOptions(options, ["decision", "note", "ttlSeconds", "expiresAt", "now"], what);
  if (decision !== "APPROVED" && decision !== "DENIED") throw configInvalid('`decision` must be "APPROVED" or "DENIED"', "decision");
  if (note !== undefined && note !== null && typeof note !== "string") throw configInvalid(`\`note\` must be a string, not ${typeName(note)}`, "note");
  if (ttlSeconds !== undefined && expiresAt !== undefined) throw configInvalid("`ttlSeconds` and `expiresAt` exclude each other", "expiresAt");
  if (ttlSeconds !== undefined && (!Number.isSafeInteger(ttlSeconds) || ttlSeconds < 1)) {
    throw configInvalid("`ttlSeconds` must be a whole number of seconds above zero", "ttlSeconds");
  }
  const nowMs = toMs(now, "now");
  const fields = Object.create(null);
  fields.review_digest = digestOf(request);
  fields.decision = decision;
  if (typeof note === "string") fields.note = wellFormed(note, "`note`", "note");
  if (ttlSeconds !== undefined) fields.ttl_seconds = ttlSeconds;
  if (expiresAt !== undefined) fields.expires_at = toRfc3339(toMs(expiresAt, "expiresAt"));
  return {
    here: (glue, { seed, agentId }) => glue.signStatement("approval", seed, fields, agentId, nowMs),
    prepare: (glue, { agentId, publicKey }) => glue.prepareStatement("approval", fields, agentId, publicKey, nowMs),
    finish: (glue, unsigned, signature) => glue.finishStatement("approval", unsigned, signature),
  };
}

function digestOf(request) {
  if (typeof request === "string" || isBytes(request)) return reviewRequest(request).reviewDigest;
  const digest = isObject(request) ? ownMember(request, "reviewDigest") : undefined;
  if (typeof digest === "string") return wellFormed(digest, "`reviewDigest`", "reviewDigest");
  throw new ArgumentTypeError("an approval is about the received text of a packet, what reviewRequest made of it, or { reviewDigest }", "request");
}
