import { errorFor } from "../errors.js";
import { OF_ONE_USE } from "../generated/vocabulary.js";
import { after } from "../gate/timer.js";
import { tellStale } from "../gate/events.js";
import { watched } from "../gate/middleware.js";
import { disregard } from "../promises.js";
import { checkTimeout, startWatcher } from "../watcher.js";
import { scopedAction } from "./action.js";

const OVERRUN = /* @__PURE__ */ Symbol("overrun");

/** One accepted task while it is worked on: what it may still do, and when that ends. */
export class Execution {
  #decision;
  #acceptance;
  #counters;
  #controller = new AbortController();
  #watched;
  #watcher;
  #finished = false;
  /** The first use that was refused; null while none was. */
  #refusal = null;
  /** Uses that nobody has answered yet. */
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
    const startedMs = performance.now();
    let callOff = null;
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
      const ended = await Promise.race([outcomeOf(fn, this.#task), overrun]);
      // A function that never paused has kept the timer from firing.
      const late = maxRuntimeMs !== null && performance.now() - startedMs >= maxRuntimeMs;
      if (ended === OVERRUN || late) return this.#outcome("TIMEOUT", undefined, maxRuntime(maxRuntimeMs));
      // Rights may have ended since they were looked at last.
      if (!ended.threw) await this.#watcher.check();
      return this.#judge(ended);
    } finally {
      callOff?.();
      this.#finish();
    }
  }

  /** Ends what has not begun. */
  refuse(error) {
    this.#finish();
    return { started: true, ...this.#outcome("REJECTED", undefined, error) };
  }

  /** Whether the function kept to what it was allowed, which its own return value does not tell. */
  #judge({ threw, value }) {
    if (threw) return this.#outcome("ERROR", undefined, value);
    const excess = this.#refusal ?? (this.#open > 0 ? taskFinished() : this.#staleness());
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
    if (this.#finished) throw taskFinished();
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
    this.#finished = true;
    this.#watcher.stop();
    this.#controller.abort(taskFinished());
  }
}

/** What the function came to. What it throws is its own and may be anything, so it is kept apart from what it returns. */
async function outcomeOf(fn, task) {
  try {
    return { threw: false, value: await fn(task) };
  } catch (thrown) {
    return { threw: true, value: thrown };
  }
}

function taskFinished() {
  return errorFor("task_finished", "the task has ended, and with it what it was allowed to do");
}

function maxRuntime(ms) {
  return errorFor("max_runtime_exceeded", `the task ran for longer than the ${ms} ms it was given`);
}
