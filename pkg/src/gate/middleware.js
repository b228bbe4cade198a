import { shared } from "../core.js";
import { receivedBytes } from "../text.js";
import { toMs } from "../time.js";
import { GateClock } from "./clock.js";
import { coreDecision, localRejection } from "./decision.js";
import { consult, consultSync } from "./hosts.js";
import { callOptions, gateOptions } from "./options.js";

/** The gate: who I am, whose keys I trust, which packets I have seen. */
export class TrustHandoffMiddleware {
  #options;
  #clock;
  #gate = null;
  #generation = 0;

  constructor(options) {
    this.#options = gateOptions(options);
    this.#clock = new GateClock(this.#options.clock);
    this.#handle();
  }

  /** Verifies a received envelope; host callbacks may be asynchronous. Resolves to a PacketDecision. */
  async handle(received, options) {
    const run = this.#begin(received, options);
    if (run.decision !== undefined) return run.decision;
    try {
      while (run.decision === undefined) {
        run.advance(await consult(this.#options.hosts, run.step, run.bytes, this.#options.storeTimeoutMs));
      }
      return run.decision;
    } finally {
      run.free();
    }
  }

  /** Verifies a received envelope where every host callback answers at once. */
  handleSync(received, options) {
    const run = this.#begin(received, options);
    try {
      while (run.decision === undefined) run.advance(consultSync(this.#options.hosts, run.step, run.bytes));
      return run.decision;
    } finally {
      run.free();
    }
  }

  #begin(received, options) {
    const bytes = receivedBytes(received, "the envelope");
    const { now } = callOptions(options);
    const explicit = now === undefined ? undefined : toMs(now, "now");
    const readClock = explicit === undefined ? () => this.#clock.now() : () => explicit;
    return new Run(bytes, readClock, () => this.#handle(), this.#options.registry);
  }

  /** The core's gate, built again if its instance is gone. */
  #handle() {
    return shared.call((glue, generation) => {
      if (this.#gate === null || this.#generation !== generation) {
        this.#gate = new glue.CoreGate(this.#options.config);
        this.#generation = generation;
      }
      return this.#gate;
    });
  }
}

/**
 * One envelope on its way through the core's machine: `step` is what it asks, `decision` is set when it is done.
 *
 * Between two steps other calls run, and one of them may trap. A run does not outlive its instance: it is refused with
 * `internal_error`, for nobody can vouch for the memory it stood in.
 */
class Run {
  bytes;
  step = undefined;
  decision = undefined;
  #readClock;
  #gateHandle;
  #registry;
  #run = null;
  #generation = 0;

  constructor(bytes, readClock, gateHandle, registry) {
    this.bytes = bytes;
    this.#readClock = readClock;
    this.#gateHandle = gateHandle;
    this.#registry = registry;
    this.#move((now) => {
      const gate = gateHandle();
      this.#run = shared.call((_, generation) => {
        this.#generation = generation;
        return gate.begin(bytes, now);
      });
    });
  }

  /** Hands over what the host replied, or how it failed. */
  advance({ reply, failure }) {
    const { id } = this.step;
    this.#move((now) => {
      shared.call(() => {
        if (failure === null) this.#run.resume(id, reply, now);
        else this.#run.fail(id, failure, now);
      });
    });
  }

  free() {
    const run = this.#run;
    this.#run = null;
    if (run !== null && this.#generation === shared.generation) run.free();
  }

  /** Changes the machine's state, then lets it go on to its next question or its end. */
  #move(change) {
    const now = this.#readClock();
    if (now === null) return this.#end(localRejection("clock_invalid"));
    try {
      if (this.#run !== null && this.#generation !== shared.generation) return this.#end(localRejection("internal_error"));
      change(now);
      const gate = this.#gateHandle();
      const registry = this.#registry?.handle();
      const answer = shared.call(() => (registry === undefined ? this.#run.advance(gate) : this.#run.advanceWith(gate, registry)));
      // A decision is followed by its checks, one a line; JSON of the core has no line breaks inside.
      const end = answer.indexOf("\n");
      const step = JSON.parse(end < 0 ? answer : answer.slice(0, end));
      // Own, or whoever can write to `Object.prototype` could answer for the core.
      if (Object.hasOwn(step, "done")) this.#end(coreDecision(step.done, answer.slice(end + 1), this.bytes));
      else this.step = step;
    } catch (error) {
      // The calendar of the core is shorter than that of JavaScript.
      this.#end(localRejection(error.code === "clock_invalid" ? "clock_invalid" : "internal_error"));
    }
  }

  #end(decision) {
    this.step = undefined;
    this.decision = decision;
  }
}
