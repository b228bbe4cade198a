import { shared } from "../core.js";
import { errorFor } from "../errors.js";
import { MemoryCounterStore } from "../stores/counters.js";
import { receivedBytes } from "../text.js";
import { GateClock } from "./clock.js";
import { localRejection } from "./decision.js";
import { tell } from "./events.js";
import { consult, consultSync } from "./hosts.js";
import { Run } from "./run.js";

/** What a gate is made of, behind its public face: the core's machine, the hosts that answer it, and a clock. */
export class GateMachine {
  options;
  #clock;
  #gate = null;
  #generation = 0;
  #counters = null;

  constructor(options) {
    this.options = options;
    this.#clock = new GateClock(options.clock);
    this.handle();
  }

  /** The state of the registry, or null. */
  get registry() {
    return this.options.registry;
  }

  /** Milliseconds since the epoch, or null where the clock gives none. */
  now = () => this.#clock.now();

  /** Where tool calls are counted unless an executor says otherwise: one store, so that no executor has a budget of its own. */
  counters() {
    this.#counters ??= new MemoryCounterStore();
    return this.#counters;
  }

  /** The decision on what was received; `call` as `callOptions` made it, `hosts` in place of the gate's. */
  async decide(received, { request, review, nowMs }, hosts) {
    const readClock = this.#clockFor(nowMs);
    const bytes = receivedBytes(received, "the envelope");
    return this.#told(await this.#conduct(bytes, request, this.#hosts(review, hosts), readClock), readClock);
  }

  decideSync(received, { request, review, nowMs }) {
    const readClock = this.#clockFor(nowMs);
    const run = new Run(this, receivedBytes(received, "the envelope"), request, readClock);
    const hosts = this.#hosts(review, null);
    try {
      while (run.end === undefined) run.advance(consultSync(hosts, run.step, run.bytes));
      return this.#told(run.end, readClock);
    } finally {
      run.free();
    }
  }

  /**
   * Asks again about a text that was accepted before, with the gate's own time: until when it holds now. Every way in which
   * it does not is thrown, with its code.
   */
  async stands(bytes, request, hosts) {
    const { decision, validUntilMs } = await this.#conduct(bytes, request, this.#hosts(null, hosts), this.now);
    if (decision === null && typeof validUntilMs === "number") return validUntilMs;
    const { code, reason, field } = decision?.decision === "REJECT" ? decision : localRejection("internal_error");
    throw errorFor(code, reason, { field });
  }

  async #conduct(bytes, request, hosts, readClock) {
    const run = new Run(this, bytes, request, readClock);
    if (run.end !== undefined) return run.end;
    try {
      while (run.end === undefined) run.advance(await consult(hosts, run.step, bytes, this.#waitFor(run.step, bytes, readClock)));
      return run.end;
    } finally {
      run.free();
    }
  }

  /** Longest wait for an answer: a person has until the packet expires, everybody else is a store. */
  #waitFor(step, bytes, readClock) {
    const { storeTimeoutMs, reviewTimeoutMs } = this.options;
    if (step.ask !== "review") return storeTimeoutMs;
    if (reviewTimeoutMs !== null) return reviewTimeoutMs;
    const left = Date.parse(shared.call((glue) => glue.packetView(bytes)).expires_at) - (readClock() ?? Infinity);
    return left > 0 ? left : 0;
  }

  /** Who answers the core: the gate's hosts, and those of one call. */
  #hosts(review, others) {
    if (review === null && others === null) return this.options.hosts;
    return { __proto__: null, ...this.options.hosts, ...others, review };
  }

  #told({ decision }, readClock) {
    // A run that only asks again ends without a decision; here that would be nobody's acceptance.
    if (decision === null) return localRejection("internal_error");
    tell(this.options.events, decision, readClock);
    return decision;
  }

  /** A time that the caller sets stands still and has no floor. */
  #clockFor(nowMs) {
    return nowMs === undefined ? this.now : () => nowMs;
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
