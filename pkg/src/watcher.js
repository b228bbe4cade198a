import { configInvalid, errorFor, TrustHandoffError } from "./errors.js";
import { readOptions } from "./plain.js";
import { chance } from "./platform.js";
import { disregard } from "./promises.js";
import { typeName } from "./text.js";
import { timeoutOf } from "./gate/options.js";
import { after, MAX_TIMER_MS } from "./gate/timer.js";

/** A store that is asked more often than this answers little else. */
const LEAST_INTERVAL_MS = 500;

/** Known to this module only: a watcher watches what a gate has accepted. */
const MADE_HERE = /* @__PURE__ */ Symbol("watcher");

const nothing = () => {};

/**
 * Asks again, from time to time, whether what a gate accepted would still be accepted, and says so by a signal when it would
 * not: revoked, expired, or nobody could tell. There is no way for a check to fail that leaves the watcher unconcerned
 * (catalogue H04 to H06).
 *
 * It is running, stopped or stale. Stale is for good, until it is started anew with a fresh signal.
 */
export class RevalidationWatcher {
  #watched;
  #options;
  #validUntilMs;
  #controller = new AbortController();
  #error = null;
  #running = false;
  #telling = false;
  /** Counts the changes of state; what began before the last one changes nothing any more. */
  #epoch = 0;
  /** The check that runs, and the one that follows it. */
  #checking = null;
  #queued = null;
  #callOffCheck = nothing;
  #callOffExpiry = nothing;
  #stopWithParent = () => {
    this.stop();
    // Who looks at this signal only must not take silence for consent.
    this.#controller.abort(this.#options.parent.reason);
  };

  constructor(maker, watched, options) {
    if (maker !== MADE_HERE) throw configInvalid("watchers are made by TrustHandoffMiddleware.watch only");
    this.#watched = watched;
    this.#options = options;
    this.#validUntilMs = watched.validUntilMs;
    // For the executor, which learns of a revocation in other ways as well.
    watched.fail = (error) => this.#goStale(error);
  }

  /** Aborted when the watcher goes stale, with the error as its reason. */
  get signal() {
    return this.#controller.signal;
  }

  /** Whether it watches: neither stopped nor stale. */
  get running() {
    return this.#running;
  }

  get stale() {
    return this.#error !== null;
  }

  get code() {
    return this.#error?.code ?? null;
  }

  get reason() {
    return this.#error?.message ?? null;
  }

  /** Watches from now on, beginning with a check. What is stale starts anew, with a fresh signal. */
  start() {
    const { parent, justAccepted } = this.#options;
    if (this.#running || parent?.aborted) return this;
    const epoch = (this.#epoch += 1);
    this.#running = true;
    if (this.#error !== null || this.#controller.signal.aborted) {
      this.#error = null;
      this.#controller = new AbortController();
    }
    parent?.addEventListener("abort", this.#stopWithParent);
    this.#watchExpiry();
    if (epoch !== this.#epoch) return this;
    // By a timer, so that a host that starts again whatever goes stale leaves room for others.
    if (justAccepted === undefined || epoch > 1) this.#callOffCheck = this.#arm(0, () => void this.#round(epoch));
    else this.#schedule(epoch);
    return this;
  }

  /** Watches no longer. The signal stays as it is. */
  stop() {
    this.#halt();
    return this;
  }

  [Symbol.dispose]() {
    this.#halt();
  }

  /** Throws the reason once the watcher is stale. Looks at the clock, also while no timer could run. */
  throwIfStale() {
    if (this.#error === null) this.#lookAtClock();
    if (this.#error !== null) throw this.#error;
  }

  /**
   * Asks now: true if all is well. Never rejects. One check runs at a time: who comes meanwhile waits for the next one, which is one for
   * all of them, as the one that runs may have asked before what they want to know of changed.
   */
  check() {
    if (this.#checking !== null) {
      this.#queued ??= this.#checking.then(() => this.check());
      return this.#queued;
    }
    const checking = this.#look();
    this.#checking = checking;
    checking.then(() => {
      if (this.#checking === checking) this.#checking = this.#queued = null;
    });
    return checking;
  }

  async #look() {
    if (this.#error !== null) return false;
    const epoch = this.#epoch;
    const { error, validUntilMs } = await this.#ask();
    if (epoch !== this.#epoch) return error === null && this.#error === null;
    if (error !== null) {
      this.#goStale(error);
      return false;
    }
    this.#validUntilMs = validUntilMs;
    this.#watchExpiry();
    return this.#error === null;
  }

  /** A look, and then the next one: they never overlap, however long one takes. */
  async #round(epoch) {
    await this.check();
    if (epoch === this.#epoch && this.#running) this.#schedule(epoch);
  }

  #schedule(epoch) {
    const { everyMs, jitter } = this.#options;
    // Jitter only hastens, so that nothing is left unwatched for longer than the interval.
    this.#callOffCheck = this.#arm(Math.max(1, everyMs * (1 - jitter * chance())), () => void this.#round(epoch));
  }

  /** What a revalidation comes to, with a deadline: a host that hangs leaves nothing undecided. */
  async #ask() {
    const { timeoutMs } = this.#options;
    let callOff = nothing;
    try {
      const late = new Promise((resolve) => {
        callOff = after(timeoutMs, () => resolve(null));
      });
      const validUntilMs = await Promise.race([this.#watched.revalidate(), late]);
      if (validUntilMs === null) return { error: errorFor("revalidation_timeout", `the check did not end within ${timeoutMs} ms`), validUntilMs };
      return { error: null, validUntilMs };
    } catch (thrown) {
      const error = thrown instanceof TrustHandoffError ? thrown : errorFor("internal_error", "the check failed inside", { cause: thrown });
      return { error, validUntilMs: null };
    } finally {
      callOff();
    }
  }

  /** The end of validity needs nobody's answer, so it has a timer of its own. */
  #watchExpiry() {
    this.#callOffExpiry();
    const left = this.#lookAtClock();
    if (left === null || !this.#running) return;
    this.#callOffExpiry = this.#arm(Math.max(1, Math.ceil(left)), () => this.#watchExpiry());
  }

  /** A timer; where the runtime has none any more, nothing is watched from now on. */
  #arm(ms, callback) {
    try {
      return after(ms, callback, this.#options.background);
    } catch (cause) {
      this.#goStale(errorFor("internal_error", "no timer can be set", { cause }));
      return nothing;
    }
  }

  /** Milliseconds left, or null where there are none and the watcher has gone stale. */
  #lookAtClock() {
    const now = this.#watched.now();
    if (now === null) this.#goStale(errorFor("clock_invalid", "the clock gave no time in milliseconds since 1970"));
    else if (!(now < this.#validUntilMs)) this.#goStale(errorFor("expired", "what was accepted is not valid any more"));
    else return this.#validUntilMs - now;
    return null;
  }

  #goStale(error) {
    if (this.#error !== null) return;
    this.#halt();
    this.#error = error;
    this.#controller.abort(error);
    // Who starts what is over again, and is told so at once, would never come to an end.
    if (this.#telling) return;
    this.#telling = true;
    try {
      disregard(this.#options.onStale?.(error));
    } catch {
      // Told, not asked.
    } finally {
      this.#telling = false;
    }
  }

  #halt() {
    this.#epoch += 1;
    this.#running = false;
    // What hangs is not waited for by whoever starts anew.
    this.#checking = this.#queued = null;
    this.#callOffCheck();
    this.#callOffExpiry();
    this.#options.parent?.removeEventListener("abort", this.#stopWithParent);
  }
}

/** A watcher of what a gate has accepted, started. */
export function startWatcher(watched, options) {
  return new RevalidationWatcher(MADE_HERE, watched, { __proto__: null, ...options }).start();
}

/** The options of `watch`, checked; in the background, so that a watcher alone keeps no process alive. */
export function watchOptions(given, storeTimeoutMs) {
  const { everyMs, jitter, timeoutMs = checkTimeout(storeTimeoutMs), signal, onStale } = readOptions(
    given,
    ["everyMs", "jitter", "timeoutMs", "signal", "onStale"],
    "watch",
  );
  if (signal !== undefined && !isAbortSignal(signal)) throw configInvalid(`\`signal\` must be an AbortSignal, not ${typeName(signal)}`, "signal");
  if (onStale !== undefined && typeof onStale !== "function") throw configInvalid(`\`onStale\` must be a function, not ${typeName(onStale)}`, "onStale");
  return { ...pace(everyMs, jitter), timeoutMs: timeoutOf(timeoutMs, "timeoutMs"), parent: signal, onStale, background: true };
}

/** Of whichever realm: a test under jsdom has a class of its own. */
function isAbortSignal(value) {
  return Object.prototype.toString.call(value) === "[object AbortSignal]" && typeof value.addEventListener === "function";
}

/** How long a whole check may take: it asks several hosts one after another, each of which has its own deadline. */
export function checkTimeout(storeTimeoutMs) {
  return Math.min(4 * storeTimeoutMs, MAX_TIMER_MS);
}

/** How often to look. NaN would be no interval at all (catalogue H04). */
export function pace(everyMs = 5000, jitter = 0.1) {
  if (typeof everyMs !== "number" || !(everyMs >= LEAST_INTERVAL_MS && everyMs <= MAX_TIMER_MS)) {
    throw configInvalid(`\`everyMs\` must be a number of milliseconds from ${LEAST_INTERVAL_MS} to ${MAX_TIMER_MS}`, "everyMs");
  }
  if (typeof jitter !== "number" || !(jitter >= 0 && jitter <= 1)) throw configInvalid("`jitter` must be a number from 0 to 1", "jitter");
  return { everyMs, jitter };
}
