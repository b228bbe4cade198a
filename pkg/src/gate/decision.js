import { DelegationCapability } from "../capability.js";
import { shared } from "../core.js";
import { configInvalid, errorFor } from "../errors.js";
import { freezeDeep } from "../plain.js";
import { isObject, typeName } from "../text.js";

/**
 * Decision → what was accepted: the bytes, by whose machine, and for how long. What is read from an accepted packet is read
 * from these bytes and no others.
 */
const accepted = /* @__PURE__ */ new WeakMap();
/** Decision → its checks, as text until somebody asks for them. */
const checks = /* @__PURE__ */ new WeakMap();
/** Decision → its packet and digests, once somebody asked for them. */
const views = /* @__PURE__ */ new WeakMap();

/** Decision → the capability it rests on, or null, once somebody asked for it. */
const capabilities = /* @__PURE__ */ new WeakMap();

const NONE = /* @__PURE__ */ Object.freeze([]);

/** Known to this module only, so that no other code can make an acceptance. */
const MADE_HERE = /* @__PURE__ */ Symbol("decision");

/** The gate's answer, deeply frozen. */
export class PacketDecision {
  // Defined, not assigned: what stands on `Object.prototype` has no say.
  decision;
  code;
  reason;
  field;
  packetId;
  form;
  agentId;
  fingerprint;
  expiresAtMs;
  validUntilMs;
  notices;
  reviews;

  constructor(maker, found, checkTexts, bytes, machine) {
    if (maker !== MADE_HERE) throw configInvalid("decisions are made by TrustHandoffMiddleware only");
    this.decision = found.decision;
    this.code = found.code;
    this.reason = found.reason;
    this.field = found.field;
    this.packetId = found.packet_id;
    this.form = found.form;
    this.agentId = found.agent_id;
    this.fingerprint = found.fingerprint;
    this.expiresAtMs = found.expires_at_ms;
    this.validUntilMs = found.valid_until_ms;
    this.notices = Object.freeze(found.notices);
    this.reviews = freezeDeep(found.reviews);
    checks.set(this, checkTexts);
    if (found.decision === "ACCEPT") {
      accepted.set(this, { bytes, machine, validUntilMs: this.validUntilMs, maxRuntimeMs: found.max_runtime_ms });
    }
    Object.freeze(this);
  }

  /** What was checked, in order, and what each check found. */
  get checks() {
    let found = checks.get(this);
    if (typeof found === "string") {
      found = freezeDeep(found.split("\n").filter(Boolean).map(finding));
      checks.set(this, found);
    }
    return found;
  }

  /** The verified packet, made when first asked for; undefined unless accepted. */
  get packet() {
    return viewOf(this)?.packet;
  }

  get packetDigest() {
    return viewOf(this)?.packet_digest ?? null;
  }

  get reviewDigest() {
    return viewOf(this)?.review_digest ?? null;
  }

  /** The capability that the packet carries, proven with all that it narrows; null where it carries none. */
  get capability() {
    let capability = capabilities.get(this);
    if (capability === undefined) {
      const tokens = viewOf(this)?.capability_tokens ?? NONE;
      capability = tokens.length === 0 ? null : DelegationCapability.decode(tokens.at(-1), { parents: tokens.slice(0, -1) });
      capabilities.set(this, capability);
    }
    return capability;
  }

  /** The verified packets that this one comes from, oldest first; empty where none was proven. */
  get ancestors() {
    return viewOf(this)?.ancestors ?? NONE;
  }

  throwIfRejected() {
    if (this.decision === "ACCEPT") return this;
    throw errorFor(this.code, this.reason, { field: this.field });
  }
}

/** Whether people approved, as the gate found; undefined where it did not ask or found no answer worth one. */
export function reviewFinding(decision) {
  const found = checks.get(decision);
  if (typeof found !== "string") return found.find(({ check }) => check === "human_review")?.outcome === "pass";
  const [, outcome] = /^human_review\t(\w+)/m.exec(found) ?? [];
  return outcome === undefined ? undefined : outcome === "pass";
}

/** Whose word a decision rests on, with notes of so many characters at most. */
export function shownReviews({ reviews }, length) {
  return reviews.map((review) => ({ ...review, note: review.note?.slice(0, length).replace(/\p{Surrogate}/gu, "\ufffd") ?? null }));
}

function finding(line) {
  const [check, outcome, detail] = line.split("\t");
  return { check, outcome, detail };
}

function viewOf(decision) {
  const bytes = accepted.get(decision)?.bytes;
  if (bytes === undefined) return undefined;
  let view = views.get(decision);
  if (view === undefined) {
    view = freezeDeep(shared.call((glue) => glue.acceptedView(bytes)));
    views.set(decision, view);
  }
  return view;
}

/** The core's decision on `bytes`, a private copy of what `machine` received, with its checks as text, one a line. */
export function coreDecision(found, checkTexts, bytes, machine) {
  return new PacketDecision(MADE_HERE, found, checkTexts, bytes, machine);
}

/** What was accepted by this decision; undefined where nothing was, and for anything that is no decision. */
export function acceptanceOf(decision) {
  return isObject(decision) ? accepted.get(decision) : undefined;
}

/** What was given in place of a decision that is wanted, in words. */
export function decisionName(value) {
  if (value instanceof PacketDecision) return value.decision === "ACCEPT" ? "one of another gate" : "one that refused it";
  return typeName(value, "PacketDecision");
}

const LOCAL_REASONS = {
  internal_error: "the verifier failed inside; nothing was accepted and the next call starts afresh",
  clock_invalid: "the clock gave no time in milliseconds since 1970",
};

/** A refusal that the core cannot speak for: it failed itself, or there is no time to give it. Never an ACCEPT. */
export function localRejection(code) {
  const found = {
    decision: "REJECT",
    code,
    reason: LOCAL_REASONS[code],
    field: null,
    packet_id: null,
    form: null,
    agent_id: null,
    fingerprint: null,
    expires_at_ms: null,
    valid_until_ms: null,
    notices: [],
    reviews: [],
  };
  return new PacketDecision(MADE_HERE, found, "");
}
