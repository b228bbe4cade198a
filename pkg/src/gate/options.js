import { ArgumentTypeError, configInvalid } from "../errors.js";
import { changesOf } from "../events/changes.js";
import { Teller } from "../events/teller.js";
import { member, readOptions } from "../plain.js";
import { wallClock } from "../platform.js";
import { registryState } from "../registry.js";
import { toMs } from "../time.js";
import { isObject, typeName } from "../text.js";
import { LateNonces } from "./late.js";
import { mostInFlight } from "./places.js";
import { OpenQuestions } from "./question.js";
import { approvalTexts, reviewHost } from "./review.js";
import { MAX_TIMER_MS } from "./timer.js";

const NAMES = [
  "audience",
  "registry",
  "resolveAgent",
  "nonces",
  "revocations",
  "overlap",
  "boundary",
  "approvals",
  "review",
  "policy",
  "events",
  "clock",
  "maxDepth",
  "ttl",
  "maxLifetimeSeconds",
  "maxCapabilitySeconds",
  "skewSeconds",
  "graceSeconds",
  "strict",
  "requireCapability",
  "storeTimeoutMs",
  "maxInFlight",
];

/**
 * The options of a gate, each read once, checked and copied: what a caller changes afterwards changes no gate.
 * There is no default that is open, so `audience`, `nonces` and a source of keys must be named.
 *
 * @returns {{ config: object, registry: object | null, hosts: object, teller: Teller, clock: () => number,
 *   storeTimeoutMs: number, reviewTimeoutMs: number | null, maxInFlight: { runs: number, bytes: number } }}
 *   `config` is the core's; `registry` is its state, null if keys come from `resolveAgent` or certify themselves;
 *   `hosts` answer the core's questions, by their names
 */
export function gateOptions(given) {
  const options = readOptions(given, NAMES, "TrustHandoffMiddleware");
  for (const name of ["audience", "nonces"]) {
    if (options[name] === undefined) throw configInvalid(`\`${name}\` is required`, name);
  }
  const keys = keySource(options);
  const review = reviewOptions(options.review);
  const hosts = {
    __proto__: null,
    agent: keys.resolve,
    revocation: callback(options.revocations, "isRevoked", "revocations"),
    overlap: callback(options.overlap, "successor", "overlap"),
    boundary: boundaryHost(options.boundary),
    approval: callback(options.approvals, "isApproved", "approvals"),
    policy: callback(options.policy, "isAllowed", "policy"),
    nonce: callback(options.nonces, "checkAndStore", "nonces"),
    late: new LateNonces(),
    open: new OpenQuestions(),
  };
  const ttl = readOptions(options.ttl, ["write", "read"], "ttl");
  const storeTimeoutMs = timeoutOf(options.storeTimeoutMs);
  const config = {
    audience: audienceList(options.audience),
    self_certifying: keys.selfCertifying,
    max_depth: whole(options.maxDepth, "maxDepth"),
    ttl_write: whole(ttl.write, "ttl.write"),
    ttl_read: whole(ttl.read, "ttl.read"),
    max_lifetime_seconds: whole(options.maxLifetimeSeconds, "maxLifetimeSeconds"),
    max_capability_seconds: whole(options.maxCapabilitySeconds, "maxCapabilitySeconds"),
    skew_seconds: whole(options.skewSeconds, "skewSeconds"),
    grace_seconds: whole(options.graceSeconds, "graceSeconds"),
    strict: flag(options.strict, "strict"),
    require_capability: flag(options.requireCapability, "requireCapability"),
    hooks: {
      approvals: hosts.approval !== null,
      policy: hosts.policy !== null,
      revocations: hosts.revocation !== null,
      // A list of this package answers from memory.
      revocations_at_hand: changesOf(options.revocations) !== undefined,
      overlap: hosts.overlap !== null,
      boundary: hosts.boundary !== null,
    },
    review: review.rules,
  };
  return {
    config,
    registry: keys.registry,
    hosts,
    teller: new Teller(options.events, config.audience[0], storeTimeoutMs),
    sources: [changesOf(keys.registry), changesOf(options.revocations)].filter((changes) => changes !== undefined),
    isRecorded: options.events !== undefined && !(Array.isArray(options.events) && options.events.length === 0),
    clock: clockOf(options.clock),
    storeTimeoutMs,
    reviewTimeoutMs: review.timeoutMs,
    maxInFlight: mostInFlight(options.maxInFlight),
  };
}

function keySource({ registry, resolveAgent }) {
  if (registry !== undefined && resolveAgent !== undefined) {
    throw configInvalid("`registry` and `resolveAgent` are alternatives; one of them must decide whose keys are trusted", "resolveAgent");
  }
  if (resolveAgent !== undefined) {
    if (typeof resolveAgent !== "function") throw configInvalid(`\`resolveAgent\` must be a function, not ${typeName(resolveAgent)}`, "resolveAgent");
    return { registry: null, resolve: resolveAgent, selfCertifying: false };
  }
  if (registry === undefined) {
    throw configInvalid("`registry` is required: an AgentRegistry, AgentRegistry.selfCertifying(), or `resolveAgent` in its place", "registry");
  }
  const state = registryState(registry, "registry");
  return { registry: state, resolve: null, selfCertifying: state === null };
}

/** Who may approve what requires review, and how many of them must. */
function reviewOptions(given) {
  if (given === undefined) return { rules: undefined, timeoutMs: null };
  const { reviewers = [], threshold, aiWrites, timeoutMs } = readOptions(given, ["reviewers", "threshold", "aiWrites", "timeoutMs"], "review");
  const list = Array.isArray(reviewers) ? Array.from(reviewers) : [null];
  if (!list.every((id) => typeof id === "string" && id !== "")) throw configInvalid("`review.reviewers` must be an array of agent ids", "review.reviewers");
  const least = whole(threshold, "review.threshold");
  if (least === 0) throw configInvalid("`review.threshold` must be at least 1: nobody's approval is no approval", "review.threshold");
  return {
    rules: { reviewers: list, threshold: least, ai_writes: flag(aiWrites, "review.aiWrites") },
    timeoutMs: timeoutMs === undefined ? null : timeoutOf(timeoutMs, "review.timeoutMs"),
  };
}

/** The names of data boundaries that are honoured here, or who knows of them. */
function boundaryHost(boundary) {
  if (typeof boundary !== "string" && !Array.isArray(boundary)) return callback(boundary, "isHonoured", "boundary");
  const names = Array.isArray(boundary) ? Array.from(boundary) : [boundary];
  if (!names.every((name) => typeof name === "string")) throw configInvalid("`boundary` must be the name of a data boundary, or an array of them", "boundary");
  return (name) => names.includes(name);
}

/** A host interface: an object with one method, read once and called on its object, or that function itself. */
export function callback(host, method, name) {
  if (host === undefined) return null;
  if (typeof host === "function") return host;
  const found = isObject(host) ? member(host, method) : undefined;
  if (typeof found !== "function") throw configInvalid(`\`${name}\` must be a function or an object with ${method}(), not ${typeName(host)}`, name);
  return (...args) => found.apply(host, args);
}

function audienceList(audience) {
  const list = Array.isArray(audience) ? Array.from(audience) : [audience];
  if (list.length === 0 || !list.every((id) => typeof id === "string" && id !== "")) {
    throw configInvalid("`audience` must be the receiver's agent id, or an array of them", "audience");
  }
  return list;
}

function whole(value, name) {
  if (value === undefined) return undefined;
  if (!Number.isSafeInteger(value) || value < 0 || value > 0xffffffff) throw configInvalid(`\`${name}\` must be a whole number, zero or more`, name);
  return value;
}

export function flag(value, name) {
  if (value === undefined) return false;
  if (typeof value !== "boolean") throw configInvalid(`\`${name}\` must be true or false, not ${typeName(value)}`, name);
  return value;
}

function clockOf(clock) {
  if (clock === undefined) return wallClock;
  if (typeof clock !== "function") throw configInvalid(`\`clock\` must be a function that returns milliseconds, not ${typeName(clock)}`, "clock");
  return clock;
}

export function timeoutOf(value = 2000, name = "storeTimeoutMs") {
  if (!Number.isSafeInteger(value) || value < 1 || value > MAX_TIMER_MS) {
    throw configInvalid(`\`${name}\` must be a whole number of milliseconds, at least 1`, name);
  }
  return value;
}

/**
 * Options of one call, in the core's terms: `request` is what the machine is told beyond the ordinary, `review` asks people,
 * `nowMs` is the time the caller set.
 */
export function callOptions(given, names, what) {
  if (given !== undefined && !isObject(given)) throw new ArgumentTypeError(`the options of ${what} must be an object, not ${typeName(given)}`);
  const { now, approvals, onReview, parentAttestation } = readOptions(given, names, what);
  if (onReview !== undefined && typeof onReview !== "function") {
    throw new ArgumentTypeError(`\`onReview\` must be a function, not ${typeName(onReview)}`, "onReview");
  }
  const request = Object.create(null);
  if (approvals !== undefined) request.approvals = approvalTexts(approvals);
  if (onReview !== undefined) request.on_review = true;
  return {
    request: approvals === undefined && onReview === undefined ? undefined : request,
    review: onReview === undefined ? null : reviewHost(onReview),
    nowMs: now === undefined ? undefined : toMs(now, "now"),
    parentAttestation,
  };
}
