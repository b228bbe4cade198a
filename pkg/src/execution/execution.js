import { errorFor } from "../errors.js";
import { OF_ONE_USE } from "../generated/vocabulary.js";
import { after } from "../gate/timer.js";
import { tellStale } from "../gate/events.js";
import { watched } from "../gate/middleware.js";
import { stopwatch } from "../platform.js";
import { attempt, disregard } from "../promises.js";
import { isObject } from "../text.js";
import { checkTimeout, startWatcher } from "../watcher.js";
import { scopedAction } from "./action.js";

const nothing = () => {};

const OVERRUN = /* @__PURE__ */ Symbol("overrun");

/** One accepted task while it is worked on: what it may still do, and when that ends. */
export class Execution {
  #decision;
  #acceptance;
  #counters;
  #controller = new AbortController();
  #watched;
  #watcher;
  /** Whether the function has come to an end, or its time has. */
  #over = false;
  /** The first use that was refused; null while none was. */
  #refusal = null;
  /** Uses that have not been answered yet. */
  #open = 0;
  #task;

  constructor(decision, acceptance, { counters, everyMs, jitter }) {
    this.#decision = decision;
    this.#acceptance = acceptance;
    this.#counters = counters;
    this.#task = Object.freeze({
      packet: decision.packet,
      decision,
      signal: this.#controller.signal,
      use: (action, resource) => this.#use(action, resource),
      throwIfStale: () => this.#throwIfOver(),
    });
    const { storeTimeoutMs } = acceptance.machine.options;
    this.#watched = watched(acceptance);
    const onStale = (error) => {
      this.#controller.abort(error);
      tellStale(acceptance.machine, decision, error);
    };
    // Somebody waits for the task, so its timers keep the process.
    this.#watcher = startWatcher(this.#watched, { everyMs, jitter, timeoutMs: checkTimeout(storeTimeoutMs), onStale, background: false, justAccepted: true });
  }

  /** Runs the host's function to its end, or to the end of its time. */
  async run(fn) {
    const { maxRuntimeMs } = this.#acceptance;
    const passedMs = stopwatch();
    let callOff = nothing;
    try {
      const stale = this.#staleness();
      if (stale !== null) return this.#outcome("REJECTED", undefined, stale);
      const overrun = new Promise((resolve) => {
        if (maxRuntimeMs === null) return;
        callOff = after(maxRuntimeMs, () => {
          this.#controller.abort(maxRuntime(maxRuntimeMs));
          resolve(OVERRUN);
        });
      });
      const ended = await Promise.race([this.#ended(fn), overrun]);
      // A function that never paused has kept the timer from firing.
      const late = maxRuntimeMs !== null && passedMs() >= maxRuntimeMs;
      if (ended === OVERRUN || late) return this.#outcome("TIMEOUT", undefined, maxRuntime(maxRuntimeMs));
      // Rights may have ended since they were looked at last.
      if (!ended.threw) await this.#watcher.check();
      return this.#judge(ended);
    } finally {
      attempt(callOff);
      attempt(() => this.#finish());
    }
  }

  /** What the function came to. What it throws is its own and may be anything, so it is kept apart from what it returns. */
  async #ended(fn) {
    let ended;
    try {
      const returned = fn(this.#task);
      ended = { threw: false, value: isObject(returned) || typeof returned === "function" ? await returned : returned };
    } catch (thrown) {
      ended = { threw: true, value: thrown };
    }
    // The task is over as soon as its function is: what it asked for and did not wait for is not admitted any more.
    this.#over = true;
    if (this.#open > 0) this.#refusal ??= unawaited(this.#open);
    return ended;
  }

  /** Ends what has not begun. */
  refuse(error) {
    this.#finish();
    return { started: true, ...this.#outcome("REJECTED", undefined, error) };
  }

  /** Whether the function kept to what it was allowed, which its own return value does not tell. */
  #judge({ threw, value }) {
    if (threw) return this.#outcome("ERROR", undefined, value);
    const excess = this.#refusal ?? this.#staleness();
    return excess === null ? this.#outcome("OK", value, null) : this.#outcome("PARTIAL", value, excess);
  }

  #outcome(status, result, error) {
    return { decision: this.#decision, status, result, error };
  }

  /** One use of one tool: permitted, counted and still standing, asked at this moment (catalogue B05, F13). */
  #use(action, resource) {
    const used = this.#admit(action, resource);
    // Whoever does not wait for the answer has not asked; that is no reason to end the process.
    disregard(used);
    return used;
  }

  async #admit(action, resource) {
    this.#open += 1;
    let scoped = null;
    try {
      scoped = scopedAction(action, resource);
      this.#throwIfOver();
      await this.#permit(scoped);
      // While hosts were asked, the task may have ended or its authority with it.
      this.#throwIfOver();
      this.#tell("tool_used", { action: scoped });
    } catch (error) {
      this.#refusal ??= error;
      if (error.code === "tool_calls_exhausted") this.#tell("budget_exhausted", { action: scoped });
      else this.#tell("action_refused", { action: scoped, reason: error.code });
      throw error;
    } finally {
      this.#open -= 1;
    }
  }

  async #permit(action) {
    const { machine, bytes } = this.#acceptance;
    try {
      await machine.stands(bytes, { purpose: "use", action }, { counters: this.#counters });
    } catch (error) {
      if (!OF_ONE_USE.includes(error.code)) this.#watched.fail(error);
      throw error;
    }
  }

  #tell(type, payload) {
    const { machine } = this.#acceptance;
    machine.tell(type, machine.now(), { packet_id: this.#decision.packetId, ...payload });
  }

  #throwIfOver() {
    if (this.#over) throw taskFinished();
    if (this.#controller.signal.aborted) throw this.#controller.signal.reason;
    this.#watcher.throwIfStale();
  }

  #staleness() {
    try {
      this.#watcher.throwIfStale();
      return null;
    } catch (error) {
      return error;
    }
  }

  #finish() {
    this.#over = true;
    this.#watcher.stop();
    this.#controller.abort(taskFinished());
  }
}

function taskFinished() {
  return errorFor("task_finished", "the task has ended, and with it what it was allowed to do");
}

function unawaited(uses) {
  return errorFor("task_finished", `the task ended while ${uses === 1 ? "a use it had asked for was" : `${uses} uses it had asked for were`} not yet answered; await every \`use\``);
}

function maxRuntime(ms) {
  return errorFor("max_runtime_exceeded", `the task ran for longer than the ${ms} ms it was given`);
}
