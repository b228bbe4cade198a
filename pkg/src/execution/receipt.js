import { attestationWork, attested } from "../attestation.js";
import { shared } from "../core.js";
import { shownReviews } from "../gate/decision.js";
import { after } from "../gate/timer.js";
import { copyPlain, freezeDeep, isPlain, member } from "../plain.js";
import { attempt } from "../promises.js";
import { signLater } from "../signing.js";
import { inWords, isObject } from "../text.js";

/** Longest message of a failure that is attested, in characters. */
const MAX_MESSAGE = 1024;

/** Longest note that a reason repeats, in characters: of 64 reviewers' notes it is still short enough to be attested. */
const MAX_NOTE = 512;

const LATE = /* @__PURE__ */ Symbol("late");

/**
 * A receipt of one execution: an attestation, and the result and reason it is of. The reason names the packet by its digest, which
 * no other packet shares whatever its id, the receipt it follows, and whose word it rests on where people reviewed it.
 *
 * @returns {Promise<{ receipt: object | null, unattested: string | null, attestation: object | null }>} never rejects;
 *   `unattested` is the code of why there is none
 */
export async function receiptOf(identity, { packet, parent, decision, status, result, error, nowMs, timeoutMs }) {
  let callOff = () => {};
  try {
    // A task of another of the gate's ids is not this identity's to attest.
    if (packet.toAgent !== identity.agentId) return none("signing_identity_mismatch");
    const reason = { __proto__: null, packet_digest: packet.digest, parent_attestation: parent };
    if (decision.reviews.length > 0) reason.reviews = shownReviews(decision, MAX_NOTE);
    const came = outcomeOf(status, result, error);
    const work = attestationWork({ packetId: packet.id, status, result: came, reason, now: nowMs }, "execute");
    const late = new Promise((resolve) => {
      callOff = after(timeoutMs, () => resolve(LATE));
    });
    const signed = await Promise.race([signLater(identity, () => work), late]);
    if (signed === LATE) return none("signer_failed");
    const attestation = attested(signed);
    return { receipt: freezeDeep({ attestation: attestation.text, result: came, reason }), unattested: null, attestation };
  } catch (thrown) {
    return none(codeOf(thrown) ?? "result_invalid");
  } finally {
    attempt(callOff);
  }
}

/** What can be attested of an accepted packet, or of a refused one that somebody signed; null where there is nothing. */
export function attestable(decision, bytes) {
  try {
    const { packet, packetId, packetDigest } = decision;
    if (packet !== undefined) return { id: packetId, digest: packetDigest, toAgent: packet.to_agent };
    const [id, digest, toAgent] = shared.call((glue) => glue.attestable(bytes));
    return { id, digest, toAgent };
  } catch {
    return null;
  }
}

/** An attested outcome is an object: what was returned, or how it failed. */
function outcomeOf(status, result, error) {
  if (status === "OK" || status === "PARTIAL") return freezeDeep(isPlain(result) ? copyPlain(result) : { __proto__: null, value: copyPlain(result ?? null, "/value") });
  return freezeDeep({ __proto__: null, error: { __proto__: null, code: codeOf(error) ?? "error", message: messageOf(error) } });
}

/** The code of what was thrown, which may be anything, also what cannot be read. */
function codeOf(thrown) {
  try {
    const code = isObject(thrown) ? member(thrown, "code") : undefined;
    return typeof code === "string" ? attestedText(code) : undefined;
  } catch {
    return undefined;
  }
}

function messageOf(thrown) {
  return attestedText(inWords(thrown));
}

/** Short, and without halves of characters, which are no text. */
function attestedText(text) {
  return text.slice(0, MAX_MESSAGE).replace(/\p{Surrogate}/gu, "\ufffd");
}

function none(unattested) {
  return { receipt: null, unattested, attestation: null };
}
