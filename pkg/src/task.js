import { shared } from "./core.js";
import { ArgumentTypeError, ConfigurationError } from "./errors.js";
import { copyPlain, freezeDeep, readOptions } from "./plain.js";
import { typeName } from "./text.js";

/** Task function → its frozen metadata, in wire names. */
const tasks = /* @__PURE__ */ new WeakMap();

/**
 * Marks a function with the risk and review rules of its packets. `signPacket(identity, fields, { task })` copies every
 * one of them into the packet, so that none is lost between the declaration and the wire (catalogue D02).
 */
export function signedTask(options, fn) {
  if (typeof fn !== "function") throw new ArgumentTypeError(`signedTask(options, fn) needs a function, not ${typeName(fn)}`);
  const { riskLevel, requiresHumanReview, aiProvenance, ttlSeconds } = readOptions(
    options,
    ["riskLevel", "requiresHumanReview", "aiProvenance", "ttlSeconds"],
    "signedTask",
  );
  const given = copyPlain({
    risk_level: riskLevel,
    requires_human_review: requiresHumanReview,
    ai_provenance: aiProvenance,
    ttl_seconds: ttlSeconds,
  });
  const metadata = freezeDeep(shared.call((glue) => glue.signedTaskMetadata(given)));
  const task = function (...args) {
    return fn.apply(this, args);
  };
  Object.defineProperty(task, "name", { value: fn.name, configurable: true });
  Object.defineProperty(task, "length", { value: fn.length, configurable: true });
  tasks.set(task, metadata);
  return task;
}

/** Adds a task's metadata to packet fields. A field that says otherwise is an error, never silently the winner. */
export function withTask(fields, task) {
  const metadata = typeof task === "function" ? tasks.get(task) : undefined;
  if (metadata === undefined) throw new ArgumentTypeError("`task` must be a function made by signedTask");
  const { risk_level, ttl_seconds, ai_provenance, requires_human_review } = metadata;
  const merged = Object.assign(Object.create(null), fields);
  merged.risk_level = agreed(fields.risk_level, risk_level, "/risk_level");
  merged.ttl_seconds = agreed(fields.ttl_seconds, ttl_seconds, "/ttl_seconds");
  merged.ai_provenance = agreed(fields.ai_provenance, ai_provenance, "/ai_provenance");
  const constraints = Object.assign(Object.create(null), fields.constraints);
  const review = agreed(constraints.requires_human_review, requires_human_review, "/constraints/requires_human_review");
  if (fields.constraints !== undefined || review === true) merged.constraints = Object.assign(constraints, { requires_human_review: review ?? false });
  return merged;
}

function agreed(field, declared, pointer) {
  if (field === undefined || field === null) return declared;
  if (declared === undefined || sameValue(field, declared)) return field;
  throw new ConfigurationError("task_metadata_conflict", `the field \`${pointer}\` contradicts what signedTask declares`, { field: pointer });
}

/** Equality of two plain trees, whatever the order of their keys. */
function sameValue(a, b) {
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]));
}
