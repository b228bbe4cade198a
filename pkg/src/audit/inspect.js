import { shared } from "../core.js";
import { configInvalid } from "../errors.js";
import { freezeDeep, readOptions } from "../plain.js";
import { receivedBytes, typeName } from "../text.js";

/**
 * What a signed object says and what its signature proves, of whatever kind: form, signature, every field, and for an envelope the
 * hops it comes along, each with what it may do. No clock, no trust, no store: that is a gate's.
 */
export function inspectObject(received, options) {
  const { kind } = readOptions(options, ["kind"], "inspectObject");
  if (kind !== undefined && typeof kind !== "string") throw configInvalid(`\`kind\` must be a string, not ${typeName(kind)}`, "kind");
  const bytes = receivedBytes(received, "the object");
  const found = shared.call((glue) => glue.checkObject(kind, bytes));
  return freezeDeep({
    kind: found.kind,
    valid: found.valid,
    code: found.code,
    reason: found.reason,
    field: found.field,
    form: found.form,
    agentId: found.agent_id,
    idMatchesKey: found.id_matches_key,
    objectId: found.packet_id,
    fields: found.kind === null ? null : orNull((glue) => glue.objectView(found.kind, bytes)),
    lineage: found.kind === "envelope" ? (orNull((glue) => glue.lineageView(bytes)) ?? []) : null,
    ...shared.call((glue) => glue.textPlaces(found.kind ?? undefined, bytes)),
    parts: found.kind === null ? [] : (orNull((glue) => glue.partsView(found.kind, bytes)) ?? []),
  });
}

/** The bytes that a signature in this text is over, or would have to be; null where that cannot be told. */
export function signedBytes(received, options) {
  const { kind, at, form } = readOptions(options, ["kind", "at", "form"], "signedBytes");
  for (const [name, value] of Object.entries({ kind, at, form })) {
    if (value !== undefined && typeof value !== "string") throw configInvalid(`\`${name}\` must be a string, not ${typeName(value)}`, name);
  }
  const bytes = receivedBytes(received, "the object");
  const what = kind ?? shared.call((glue) => glue.checkObject(undefined, bytes)).kind;
  return what === null ? null : orNull((glue) => glue.signedBytes(what, bytes, at, form));
}

/** Answers one line of `check --jsonl`: `{ line, refused }`. */
export function answerCheckLine(bytes) {
  return shared.call((glue) => glue.checkLine(bytes));
}

/** Reads one line of `verify --jsonl`: `{ id, code, text, now_ms, approvals }`. */
export function readVerifyLine(bytes) {
  return shared.call((glue) => glue.verifyLine(bytes));
}

/** What cannot be read is told as such already. */
function orNull(work) {
  try {
    return shared.call(work);
  } catch (error) {
    if (error.code === "internal_error" || error.code === "config_invalid") throw error;
    return null;
  }
}
