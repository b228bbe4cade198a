import { shared } from "../core.js";
import { errorFor } from "../errors.js";
import { requireRandomness, requireTimers, wallClock } from "../platform.js";
import { receivedBytes } from "../text.js";
import { GateClock } from "./clock.js";
import { localRejection } from "./decision.js";
import { tellDecision, tellReviewRequested } from "./events.js";
import { consult, consultSync } from "./hosts.js";
import { Places } from "./places.js";
import { Run } from "./run.js";

/** What a gate is made of, behind its public face: the core's machine, the hosts that answer it, and a clock. */
export class GateMachine {
  options;
  #clock;
  #gate = null;
  #generation = 0;
  #places;
  /** How many changes of each source were told. */
  #seen;

  constructor(options) {
    this.options = options;
    this.#clock = new GateClock(options.clock);
    this.#places = new Places(options.maxInFlight);
    this.#seen = options.sources.map(({ total }) => total);
    this.handle();
  }

  /** Tells what has changed since at the registry and the revocations that it goes by, in the order in which it did. */
  tellChanges() {
    const latest = this.options.sources.flatMap((changes, index) => {
      const seen = this.#seen[index];
      this.#seen[index] = changes.total;
      return changes.total === seen ? [] : changes.since(seen);
    });
    for (const change of latest.sort(([, one], [, other]) => one - other)) this.teller.tell(...change);
  }

  /** Tells of something that is not a decision: what changed before it comes first, so that the log stays in order. */
  tell(type, nowMs, payload) {
    this.tellChanges();
    return this.teller.tell(type, nowMs, payload);
  }

  /** Who is told what happens here. */
  get teller() {
    return this.options.teller;
  }

  /** The state of the registry, or null. */
  get registry() {
    return this.options.registry;
  }

  /** Milliseconds since the epoch, or null where the clock gives none. */
  now = () => this.#clock.now();

  /** The time by which was decided last; an event is of that moment, and asks no clock again. */
  get latest() {
    return this.#clock.latest;
  }

  /**
   * The decision on what was received, and whether it is recorded, or a promise of that; `call` as `callOptions` made it,
   * `hosts` in place of the gate's. What waits keeps a private copy of the text and nothing else of what it was given.
   */
  async decide(received, { request, review, nowMs }, hosts) {
    // What the runtime lacks must not be found out after the nonce is taken.
    requireRandomness("a gate");
    requireTimers("a gate that waits");
    const run = this.#begin(received, request, nowMs);
    const place = this.#places.ofRun((request?.approvals ?? []).reduce((sum, { length }) => sum + length, run.bytes.length));
    return this.#conduct(run, this.#hosts(review, hosts, nowMs), place, () => this.#told(run, nowMs));
  }

  decideSync(received, { request, review, nowMs }) {
    requireRandomness("a gate");
    const run = this.#begin(received, request, nowMs);
    const hosts = this.#hosts(review, null, nowMs);
    try {
      while (run.end === undefined) run.advance(consultSync(hosts, run));
      return this.#told(run, nowMs).decision;
    } finally {
      run.free();
    }
  }

  /**
   * Asks again about a text that was accepted before, with the gate's own time: until when it holds now. Every way in which
   * it does not is thrown, with its code.
   */
  async stands(bytes, request, hosts) {
    const run = new Run(this, bytes, request, this.now);
    // Of watched rights one run each asks again; no flood may keep it from that. Uses are as many as a task asks for.
    const place = request.purpose === "use" ? this.#places.ofUse(bytes) : null;
    const own = { __proto__: null, ...this.options.hosts, ...hosts, open: null };
    const { decision, validUntilMs } = await this.#conduct(run, own, place, () => run.end);
    if (decision === null && typeof validUntilMs === "number") return validUntilMs;
    const { code, reason, field } = decision?.decision === "REJECT" ? decision : localRejection("internal_error");
    throw errorFor(code, reason, { field });
  }

  /** A time that the caller sets stands still and has no floor. */
  #begin(received, request, nowMs) {
    return new Run(this, receivedBytes(received, "the envelope"), request, nowMs === undefined ? this.now : () => nowMs);
  }

  async #conduct(run, hosts, place, finish) {
    const mayWait = () => place === null || place.hold(run.provenKey) || run.hasSpent;
    try {
      while (run.end === undefined) run.advance(await consult(hosts, run, this.#waitFor(run), mayWait));
      return finish();
    } finally {
      place?.leave();
      run.free();
    }
  }

  /** Longest wait for an answer: a person has until the packet expires, everybody else is a store. */
  #waitFor({ step, now }) {
    const { storeTimeoutMs, reviewTimeoutMs } = this.options;
    if (step.ask !== "review") return storeTimeoutMs;
    if (reviewTimeoutMs !== null) return reviewTimeoutMs;
    const left = step.expires_at_ms - (now() ?? Infinity);
    return left > 0 ? left : 0;
  }

  /** Who answers the core: the gate's hosts, and those of one call. */
  #hosts(review, others, nowMs) {
    if (review === null && others === null) return this.options.hosts;
    // People may take days to answer, so that they are asked is told before.
    const told = (step, ...rest) => {
      tellReviewRequested(this.teller, step, nowMs ?? this.latest);
      return review(step, ...rest);
    };
    return { __proto__: null, ...this.options.hosts, ...others, review: review === null ? null : told };
  }

  #told(run, nowMs = this.latest) {
    // A run that only asks again ends without a decision; here that would be nobody's acceptance.
    const decision = run.end.decision ?? localRejection("internal_error");
    return { decision, bytes: run.bytes, recorded: this.#recorded(run, decision, nowMs ?? wallClock()) };
  }

  /** The nonce is taken by now: nothing that goes wrong in telling may cost the decision. */
  #recorded(run, decision, nowMs) {
    try {
      this.tellChanges();
      return tellDecision(this.teller, run, decision, nowMs);
    } catch {
      return false;
    }
  }

  /** The core's gate, built again if its instance is gone. */
  handle() {
    return shared.call((glue, generation) => {
      if (this.#gate === null || this.#generation !== generation) {
        this.#gate = new glue.CoreGate(this.options.config);
        this.#generation = generation;
      }
      return this.#gate;
    });
  }
}
