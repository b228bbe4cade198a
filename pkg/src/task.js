import { shared } from "./core.js";
import { ArgumentTypeError } from "./errors.js";
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
  Object.defineProperty(task, "name", { __proto__: null, value: fn.name, configurable: true });
  Object.defineProperty(task, "length", { __proto__: null, value: fn.length, configurable: true });
  tasks.set(task, metadata);
  return task;
}

/** The metadata of a task, in wire names; the core puts it into the packet, or refuses a field that contradicts it. */
export function taskMetadata(task) {
  const metadata = typeof task === "function" ? tasks.get(task) : undefined;
  if (metadata === undefined) throw new ArgumentTypeError(`\`task\` must be a function made by signedTask of this copy of the package, not ${typeName(task)}`, "task");
  return metadata;
}
