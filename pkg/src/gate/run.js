import { shared } from "../core.js";
import { errorFor } from "../errors.js";
import { coreDecision, localRejection } from "./decision.js";

/**
 * One text on its way through the core's machine: `step` is what it asks, `end` is set when it is done: a `decision`, or
 * until when what was asked again still holds, `validUntilMs`.
 *
 * Between two steps other calls run, and one of them may trap. A run does not outlive its instance: it is refused with
 * `internal_error`, for nobody can vouch for the memory it stood in.
 */
export class Run {
  bytes;
  step = undefined;
  end = undefined;
  /** Whether its text alone says all that is to be told of the decision. */
  isPlain = false;
  /** Whether a host was asked for what is spent by asking. */
  hasSpent = false;
  #machine;
  /** Milliseconds since the epoch, or null. */
  now;
  #run = null;
  #generation = 0;
  /** Whether the end is the core's word. */
  #byCore = false;

  /**
   * @param {object} machine the gate's, with `handle()` of the core's and its `registry`
   * @param {Uint8Array} bytes a private copy of what was received
   * @param {object | undefined} request what it is verified for; a first handling by default
   * @param {() => number | null} now the time by which it goes
   */
  constructor(machine, bytes, request, now) {
    this.bytes = bytes;
    this.#machine = machine;
    this.now = now;
    this.#move((now) => {
      const gate = machine.handle();
      this.#run = shared.call((_, generation) => {
        this.#generation = generation;
        return gate.begin(bytes, now, request);
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

  /** The fingerprint of the sender's key, once its signature has been verified; null before. */
  get provenKey() {
    return this.#peek((run) => run.provenKey()) || null;
  }

  /** The answer that comes was asked for before: what may have changed since is asked again before the nonce. */
  askAgain() {
    this.#peek((run) => run.askAgain());
  }

  /** What people approve of the packet that it is about, once that is verified. */
  view() {
    const view = this.#peek((run) => run.view());
    if (view === undefined) throw errorFor("internal_error", "the run was lost with its WebAssembly instance");
    return view;
  }

  /** What people were asked to approve; null where nobody was looked for. */
  get reviewDigest() {
    return this.#peek((run) => run.reviewDigest()) || null;
  }

  /** What the decision gives occasion to tell, one event a line; undefined where the core came to none. */
  events(producer, nowMs) {
    return this.#byCore ? this.#peek((run) => run.events(producer, nowMs)) : undefined;
  }

  /** Of a run that is lost with its instance nothing; it is refused when it goes on. */
  #peek(look) {
    if (this.#generation !== shared.generation) return undefined;
    try {
      return shared.call(() => look(this.#run));
    } catch {
      return undefined;
    }
  }

  free() {
    const run = this.#run;
    this.#run = null;
    if (run !== null && this.#generation === shared.generation) run.free();
  }

  /** Changes the machine's state, then lets it go on to its next question or its end. */
  #move(change) {
    const now = this.now();
    if (now === null) return this.#refuse("clock_invalid");
    try {
      if (this.#run !== null && this.#generation !== shared.generation) return this.#refuse("internal_error");
      change(now);
      const gate = this.#machine.handle();
      const registry = this.#machine.registry?.handle();
      const answer = shared.call(() => (registry === undefined ? this.#run.advance(gate) : this.#run.advanceWith(gate, registry)));
      this.#take(answer);
    } catch (error) {
      // The calendar of the core is shorter than that of JavaScript.
      this.#refuse(error.code === "clock_invalid" ? "clock_invalid" : "internal_error");
    }
  }

  #take(answer) {
    this.#byCore = true;
    // A decision is followed by its checks, one a line; JSON of the core has no line breaks inside.
    const end = answer.indexOf("\n");
    const step = JSON.parse(end < 0 ? answer : answer.slice(0, end));
    // Own, or whoever can write to `Object.prototype` could answer for the core.
    if (Object.hasOwn(step, "ask")) this.step = step;
    else if (Object.hasOwn(step, "done")) {
      this.isPlain = step.done.plain;
      this.#end(coreDecision(step.done, answer.slice(end + 1), this.bytes, this.#machine), null);
    } else this.#end(null, step.valid.valid_until_ms);
  }

  #refuse(code) {
    this.#byCore = false;
    this.#end(localRejection(code), null);
  }

  #end(decision, validUntilMs) {
    this.step = undefined;
    this.end = { decision, validUntilMs };
  }
}
