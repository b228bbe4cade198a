import { ArgumentTypeError, ConfigurationError, errorFor } from "../errors.js";
import { acceptanceOf, localRejection } from "../gate/decision.js";
import { machineOf } from "../gate/middleware.js";
import { callback, callOptions, flag } from "../gate/options.js";
import { readOptions } from "../plain.js";
import { typeName } from "../text.js";
import { pace } from "../watcher.js";
import { Execution } from "./execution.js";

/** Options that the design has and this release has not. */
const PLANNED = ["identity", "audit"];

/**
 * Does what was handed over, under control: the gate decides first, and what runs then may do no more than was delegated, for
 * no longer than it is.
 */
export class TrustHandoffExecutor {
  #machine;
  #policy;
  #counters;
  #pace;

  constructor(options) {
    const { gate, counters, policy, strictPolicy, everyMs, jitter } = readOptions(
      options,
      ["gate", "counters", "policy", "strictPolicy", "everyMs", "jitter"],
      "TrustHandoffExecutor",
      PLANNED,
    );
    this.#machine = machineOf(gate);
    this.#policy = callback(policy, "isAllowed", "policy");
    this.#counters = callback(counters === undefined ? this.#machine.counters() : counters, "reserve", "counters");
    this.#pace = pace(everyMs, jitter);
    if (flag(strictPolicy, "strictPolicy") && this.#policies().length === 0) {
      throw new ConfigurationError("no_policy_provided", "`strictPolicy` needs a `policy`, of the executor or of its gate", { field: "policy" });
    }
  }

  /**
   * Verifies a received envelope and, if it is accepted, runs `fn(task)`. Resolves to what came of it, whatever that is;
   * rejects for misuse only.
   */
  async execute(received, fn, options) {
    if (typeof fn !== "function") throw new ArgumentTypeError(`execute(received, fn) needs a function, not ${typeName(fn)}`, "fn");
    const call = callOptions(options, ["approvals", "onReview"], "execute");
    const request = { __proto__: null, ...call.request, purpose: "execute", policy: this.#policy !== null };
    const decision = await this.#machine.decide(received, { ...call, request }, { policy: this.#policies() });
    if (decision.decision !== "ACCEPT") return rejected(decision);
    let execution;
    try {
      execution = new Execution(decision, acceptanceOf(decision), { counters: this.#counters, ...this.#pace });
    } catch {
      // What was accepted cannot be read: the core has failed since.
      return rejected(localRejection("internal_error"));
    }
    return execution.run(fn);
  }

  /** The gate's own policy first, then the executor's. */
  #policies() {
    return [this.#machine.options.hosts.policy, this.#policy].filter((policy) => policy !== null);
  }
}

function rejected(decision) {
  const error = errorFor(decision.code, decision.reason, { field: decision.field });
  return Object.freeze({ decision, status: "REJECTED", result: undefined, error });
}
