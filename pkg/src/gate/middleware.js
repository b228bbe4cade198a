import { ArgumentTypeError, configInvalid } from "../errors.js";
import { requireTimers } from "../platform.js";
import { isObject, typeName } from "../text.js";
import { startWatcher, watchOptions } from "../watcher.js";
import { acceptanceOf, decisionName } from "./decision.js";
import { tellStale } from "./events.js";
import { GateMachine } from "./machine.js";
import { callOptions, gateOptions } from "./options.js";

/** Gate → its machine, for the executor of this package only. */
const machines = /* @__PURE__ */ new WeakMap();

const CALL = ["now", "approvals", "onReview"];

/** The gate: who I am, whose keys I trust, which packets I have seen. */
export class TrustHandoffMiddleware {
  #machine;

  constructor(options) {
    this.#machine = new GateMachine(gateOptions(options));
    machines.set(this, this.#machine);
  }

  /** Verifies a received envelope; host callbacks may be asynchronous. Resolves to a PacketDecision. */
  async handle(received, options) {
    return decisionOf(this.#machine.decide(received, callOptions(options, CALL, "handle"), null));
  }

  /** Verifies a received envelope where every host callback answers at once. */
  handleSync(received, options) {
    return this.#machine.decideSync(received, callOptions(options, CALL, "handleSync"));
  }

  /** Watches over what was accepted here: whether it still would be. The watcher has started. */
  watch(decision, options) {
    const acceptance = acceptanceOf(decision);
    if (acceptance === undefined || acceptance.machine !== this.#machine) {
      throw new ArgumentTypeError(`watch takes a decision by which this gate accepted a packet, not ${decisionName(decision)}`, "decision");
    }
    requireTimers("a watcher");
    const own = this.#machine.options;
    const checked = watchOptions(options, own.storeTimeoutMs);
    const onStale = (error) => {
      tellStale(this.#machine, decision, error);
      return checked.onStale?.(error);
    };
    return startWatcher(watched(acceptance), { ...checked, onStale });
  }

  /** The latest events, oldest first, where they are kept in memory: by default, or in an EventBuffer among `events`. */
  events() {
    this.#machine.tellChanges();
    return this.#machine.teller.events();
  }

  /** How many times one of `events` failed to take an event in time. */
  get eventFailures() {
    return this.#machine.teller.failures;
  }
}

/** By itself, for whoever waits in a function of its own keeps that function's arguments meanwhile: here the text once more. */
async function decisionOf(deciding) {
  return (await deciding).decision;
}

/** What a watcher needs to know of an acceptance. */
export function watched({ machine, bytes, validUntilMs }) {
  return { revalidate: () => machine.stands(bytes, { purpose: "revalidate" }, null), now: machine.now, validUntilMs };
}

/** For the executor: the machine of a gate. */
export function machineOf(gate) {
  if (!isObject(gate) || !machines.has(gate)) throw configInvalid(`\`gate\` must be a TrustHandoffMiddleware, not ${typeName(gate, "TrustHandoffMiddleware")}`, "gate");
  return machines.get(gate);
}
