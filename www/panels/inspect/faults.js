/** Everything that was found wrong, each with its place: where it can be said, the very character. */
import { repeatedKey, locate, stringOf } from "./walk.js";
import { indexInString, indexOfByte } from "./spot.js";
import { textOfPart } from "./objects.js";

/** What a part is called. */
export const KINDS = {
  packet: "packet",
  envelope: "envelope",
  capability_token: "capability token",
  attestation: "attestation",
  approval: "approval",
  revocation: "revocation",
};

/** "the packet", "the packet before it, 2 of its proof", … */
export function partName({ at, kind }) {
  const [, list, index] = /^\/proof\/(packets|capabilities)\/(\d+)$/.exec(at) ?? [];
  if (list === "packets") return `earlier packet ${Number(index) + 1} of the proof`;
  if (list === "capabilities") return `capability ${Number(index) + 1} of the proof`;
  if (at.endsWith("/capability_token")) return "the packet's capability";
  if (kind === "approval" && at !== "") return "an approval inside the packet";
  return `the ${KINDS[kind]}`;
}

/**
 * `{ part, check, code, reason, field, place }` of each fault. `place` is `{ text, start, end, of }`, null where there is none, as for a
 * signature that does not fit.
 */
export function faultsOf(whole, report) {
  const faults = [];
  for (const part of report.parts) {
    for (const check of part.checks) {
      if (check.code !== null) faults.push({ ...check, part, place: placeInPart(whole, part, check) });
    }
  }
  const isTold = (code) => faults.some((fault) => fault.code === code);
  if (report.code !== null && !isTold(report.code)) {
    const { code, reason, field } = report;
    faults.unshift({ part: null, check: "form", code, reason, field, place: placeInText(whole, report) });
  }
  for (const hop of report.lineage ?? []) {
    if (hop.code === null || isTold(hop.code) || hop.code.startsWith("capability_signature")) continue;
    faults.push({ part: null, check: "lineage", code: hop.code, reason: hop.reason, field: null, place: null, hop });
  }
  return faults;
}

function placeInText(text, { code, field, offset }) {
  if (offset !== null) {
    const start = indexOfByte(text, offset);
    return { text, start, end: start + 1, of: "the text" };
  }
  if (code === "duplicate_key") {
    const key = repeatedKey(text);
    return key && { text, start: key.keyStart, end: key.start, of: "the text" };
  }
  return field === null ? null : placeOf(text, field, null, "the text");
}

function placeInPart(whole, part, { code, field, offset }) {
  // A capability's pointers lead into the JSON of its token.
  if (part.kind !== "capability_token") return field === null ? null : placeOf(whole, field, offset, "the text");
  const own = textOfPart(whole, part);
  if (own === null) return null;
  const of = own.start === null ? "the JSON inside the token" : "the text";
  if (field !== null) return placeOf(own.text, field, offset, of);
  if (code === "duplicate_key") {
    const key = repeatedKey(own.text);
    return key && { text: own.text, start: key.keyStart, end: key.start, of };
  }
  if (offset === null) return null;
  // A token that is no base64url stands in quotes where it is part of something.
  const text = own.start === null ? own.text : whole;
  const start = own.start === null ? indexOfByte(text, offset) : own.start + (part.at === "" ? 0 : 1) + offset;
  return { text, start, end: start + 1, of };
}

/** The value at `field`, or byte `offset` of it; of a field that is not there the end of the object that lacks it. */
function placeOf(text, field, offset, of) {
  const found = locate(text, field);
  if (found === null) {
    const around = locate(text, field.slice(0, field.lastIndexOf("/")));
    return around && { text, start: around.end - 1, end: around.end, of: `${of}, where the object ends that lacks it` };
  }
  if (offset !== null && stringOf(text.slice(found.start, found.end)) !== null) {
    const start = indexInString(text, found.start, offset);
    return { text, start, end: start + 1, of };
  }
  return { text, start: found.keyStart ?? found.start, end: found.end, of };
}
