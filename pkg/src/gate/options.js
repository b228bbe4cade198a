import { ArgumentTypeError, configInvalid } from "../errors.js";
import { member, readOptions } from "../plain.js";
import { registryState } from "../registry.js";
import { isObject, typeName } from "../text.js";

const NAMES = [
  "audience",
  "registry",
  "resolveAgent",
  "nonces",
  "revocations",
  "approvals",
  "policy",
  "clock",
  "maxDepth",
  "ttl",
  "maxLifetimeSeconds",
  "skewSeconds",
  "graceSeconds",
  "strict",
  "storeTimeoutMs",
];

/** Options that the design has and this release has not. */
const PLANNED = ["overlap", "events", "boundary", "review"];

/** Longest wait that a timer can hold; a longer one would fire at once. */
const MAX_TIMEOUT_MS = 2_147_483_647;

/**
 * The options of a gate, each read once, checked and copied: what a caller changes afterwards changes no gate.
 * There is no default that is open, so `audience`, `nonces` and a source of keys must be named.
 *
 * @returns {{ config: object, registry: object | null | undefined, hosts: object, clock: () => number, storeTimeoutMs: number }}
 *   `config` is the core's; `registry` is its state, null if keys come from `resolveAgent` or certify themselves
 */
export function gateOptions(given) {
  const options = readOptions(given, NAMES, "TrustHandoffMiddleware", PLANNED);
  for (const name of ["audience", "nonces"]) {
    if (options[name] === undefined) throw configInvalid(`\`${name}\` is required`, name);
  }
  const keys = keySource(options);
  const hosts = {
    agent: keys.resolve,
    revocation: callback(options.revocations, "isRevoked", "revocations"),
    approval: callback(options.approvals, "isApproved", "approvals"),
    policy: callback(options.policy, "isAllowed", "policy"),
    nonce: callback(options.nonces, "checkAndStore", "nonces"),
  };
  const ttl = readOptions(options.ttl, ["write", "read"], "ttl");
  const config = {
    audience: audienceList(options.audience),
    self_certifying: keys.selfCertifying,
    max_depth: whole(options.maxDepth, "maxDepth"),
    ttl_write: whole(ttl.write, "ttl.write"),
    ttl_read: whole(ttl.read, "ttl.read"),
    max_lifetime_seconds: whole(options.maxLifetimeSeconds, "maxLifetimeSeconds"),
    skew_seconds: whole(options.skewSeconds, "skewSeconds"),
    grace_seconds: whole(options.graceSeconds, "graceSeconds"),
    strict: flag(options.strict, "strict"),
    hooks: {
      approvals: hosts.approval !== null,
      policy: hosts.policy !== null,
      revocations: hosts.revocation !== null,
    },
  };
  return { config, registry: keys.registry, hosts, clock: clockOf(options.clock), storeTimeoutMs: timeoutOf(options.storeTimeoutMs) };
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

/** A host interface: an object with one method, read once and called on its object, or that function itself. */
function callback(host, method, name) {
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

function flag(value, name) {
  if (value === undefined) return false;
  if (typeof value !== "boolean") throw configInvalid(`\`${name}\` must be true or false, not ${typeName(value)}`, name);
  return value;
}

function clockOf(clock) {
  if (clock === undefined) return Date.now;
  if (typeof clock !== "function") throw configInvalid(`\`clock\` must be a function that returns milliseconds, not ${typeName(clock)}`, "clock");
  return clock;
}

function timeoutOf(value = 2000) {
  if (!Number.isSafeInteger(value) || value < 1 || value > MAX_TIMEOUT_MS) {
    throw configInvalid("`storeTimeoutMs` must be a whole number of milliseconds, at least 1", "storeTimeoutMs");
  }
  return value;
}

/** Options of one `handle` call. */
export function callOptions(given) {
  if (given !== undefined && !isObject(given)) throw new ArgumentTypeError(`the options of handle must be an object, not ${typeName(given)}`);
  return readOptions(given, ["now"], "handle");
}
