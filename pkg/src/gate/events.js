import { shared } from "../core.js";
import { makeEvent } from "../events/event.js";
import { REVOKING } from "../generated/vocabulary.js";
import { reviewFinding, shownReviews } from "./decision.js";

/** Longest text that is kept in place of the event that tells of it: about as long as that. */
const MAX_KEPT_BYTES = 2048;

/** Longest note that an event repeats, in characters; the digest is of the whole statement. */
const MAX_NOTE = 1024;

/**
 * Tells of a decision: what people said first, then what the core has to tell of it. Whether every sink has stored it, or a
 * promise of that.
 */
export function tellDecision(teller, run, decision, nowMs) {
  const reviewed = tellReview(teller, run, decision, nowMs);
  if (teller.canWait && run.isPlain && run.bytes.length <= MAX_KEPT_BYTES) return teller.keep(run.bytes.length, laterTold(teller.producer, run.bytes, decision, nowMs));
  const lines = run.events(teller.producer, nowMs);
  const told = lines === undefined ? teller.tell(...ownWords(decision, nowMs)) : teller.tellLines(lines);
  if (reviewed === true && typeof told === "boolean") return told;
  return Promise.all([reviewed, told]).then((answers) => answers.every(Boolean));
}

/** People are asked from now on; what they say may take its time. */
export function tellReviewRequested(teller, { packet_id, review_digest }, nowMs) {
  teller.tell("review_requested", nowMs, { packet_id, review_digest });
}

/** Rights that were good are good no more. */
export function tellStale(machine, decision, error) {
  machine.tell("capability_stale", machine.now(), {
    packet_id: decision.packetId,
    capability_id: capabilityId(decision),
    reason: error.code,
    is_revocation_stale: REVOKING.includes(error.code),
  });
}

function tellReview(teller, run, decision, nowMs) {
  const approved = reviewFinding(decision);
  if (approved === undefined || !(approved || decision.code === "human_review_denied")) return true;
  return teller.tell("review_decided", nowMs, {
    packet_id: decision.packetId,
    review_digest: run.reviewDigest,
    decision: approved ? "APPROVED" : "DENIED",
    reason: approved ? null : decision.code,
    reviews: shownReviews(decision, MAX_NOTE),
  });
}

/** Makes the event of an acceptance from the accepted text, which is all that it keeps. */
function laterTold(producer, bytes, { packetId }, nowMs) {
  return () => {
    try {
      return shared.call((glue) => glue.acceptedEvent(bytes, producer, nowMs));
    } catch {
      const [type, at, payload] = ownWords({ decision: "ACCEPT", packetId }, nowMs);
      return makeEvent(type, producer, at, payload).text;
    }
  };
}

/** Where the core cannot speak: it failed, or there was no time to give it. */
function ownWords({ decision, code, reason, packetId }, nowMs) {
  const nothing = { task_id: null, from_agent: null, to_agent: null, identity: "claimed", fingerprint: null };
  if (decision === "ACCEPT") return ["packet_accepted", nowMs, { packet_id: packetId, ...nothing, identity: null }];
  return ["packet_rejected", nowMs, { packet_id: packetId, ...nothing, reason: code, message: reason, field: null }];
}

/** Read again from the accepted text, which is worth nobody's exception. */
function capabilityId(decision) {
  try {
    return decision.capability?.capability_id ?? null;
  } catch {
    return null;
  }
}
