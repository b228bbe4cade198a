import { ArgumentTypeError } from "../errors.js";
import { freezeDeep } from "../plain.js";
import { MAX_INPUT_BYTES, MAX_STATEMENT_BYTES } from "../generated/vocabulary.js";
import { isWellFormed, typeName } from "../text.js";

/** Of a longer list only so many texts are read, which is more than the core admits. */
const MAX_TEXTS = 256;

/** A text with a lone surrogate and nothing else, spelt in JSON: refused by the core for what it is (catalogue W3). */
const LONE_SURROGATE = '"\\ud800"';

/** The host of the core's `review` question: asks people through `onReview`, and hands back what they signed. */
export function reviewHost(onReview) {
  return (step, view, signal) => {
    const request = freezeDeep({
      reviewDigest: step.review_digest,
      packetId: step.packet_id,
      packet: view(),
    });
    return onReview(request, Object.freeze({ signal, threshold: step.threshold, valid: step.valid }));
  };
}

/** Signed approvals that a caller has already: each read once, judged by the core. */
export function approvalTexts(approvals) {
  const texts = Array.isArray(approvals) ? textsOf(approvals) : null;
  if (texts !== null) return texts;
  const given = Array.isArray(approvals) ? "an array of anything else" : typeName(approvals);
  throw new ArgumentTypeError(`\`approvals\` must be an array of signed approval texts, not ${given}`, "approvals");
}

/** One text or several, as the core takes them: null where there is none, `false` where it is something else. */
export function replyTexts(reply) {
  if (reply === undefined || reply === null) return null;
  if (typeof reply === "string") return textsOf([reply]);
  return (Array.isArray(reply) ? textsOf(reply) : null) ?? false;
}

/** No longer than is read, and never with a surrogate that the way into the core would turn into another text. */
export function ownText(text, most = MAX_INPUT_BYTES) {
  const read = text.length > most ? text.slice(0, most + 1) : text;
  return isWellFormed(read) ? read : LONE_SURROGATE;
}

function textsOf(list) {
  const texts = Array.from({ __proto__: null, length: Math.min(list.length, MAX_TEXTS) }, (_, index) => list[index]);
  return texts.every((text) => typeof text === "string") ? texts.map((text) => ownText(text, MAX_STATEMENT_BYTES)) : null;
}
