import { configInvalid } from "../errors.js";
import { after } from "../gate/timer.js";
import { member } from "../plain.js";
import { isObject, typeName } from "../text.js";
import { EventBuffer, textTaker, Untold } from "./buffer.js";
import { eventOf, makeEvent } from "./event.js";

/**
 * Tells sinks what happens. A sink is told and never asked: it may throw, reject or hang, and no decision and no process
 * notices (catalogue H02). Who must know that something is recorded awaits what `tell` returns.
 */
export class Teller {
  #sinks;
  #buffer;
  #producer;
  #timeoutMs;
  #isAlone;
  #failures = 0;

  /** @param given the option `events`: a function, an object with `emit`, an array of both, or undefined for a buffer */
  constructor(given, producer, timeoutMs) {
    const all = given === undefined ? [new EventBuffer()] : Array.isArray(given) ? Array.from(given) : [given];
    this.#sinks = all.map(sinkOf);
    this.#buffer = all.find((sink) => isObject(sink) && textTaker(sink) !== undefined);
    // Of a buffer that the gate made for itself, everybody who reads it is known.
    this.#isAlone = given === undefined;
    this.#producer = producer;
    this.#timeoutMs = timeoutMs;
  }

  /** Who tells: the first of the gate's own ids, never a sender. */
  get producer() {
    return this.#producer;
  }

  /** How many times a sink failed to take an event. */
  get failures() {
    return this.#failures;
  }

  /** The latest events, where one of the sinks is a buffer. */
  events() {
    return this.#buffer?.events() ?? [];
  }

  /** Tells of something; whether every sink has stored it, or a promise of that. Never throws or rejects. */
  tell(type, nowMs, payload) {
    let event;
    try {
      event = makeEvent(type, this.#producer, nowMs, payload);
    } catch {
      this.#failures += 1;
      return false;
    }
    return this.#tellAll([{ event }]);
  }

  /** Whether nobody but the gate's own buffer is told, which may be told when somebody asks. */
  get canWait() {
    return this.#isAlone;
  }

  /** Keeps `bytes` of which `tell` makes the text of an event, until somebody asks. */
  keep(bytes, tell) {
    this.#sinks[0].take(new Untold(bytes, tell));
    return true;
  }

  /** The same with events whose texts the core made, one a line. */
  tellLines(lines) {
    return this.#tellAll(lines.split("\n").filter(Boolean).map(lazily));
  }

  #tellAll(events) {
    const pending = [];
    let stored = true;
    for (const told of events) {
      for (const sink of this.#sinks) {
        const answer = this.#hand(sink, told);
        if (typeof answer === "boolean") stored &&= answer;
        else pending.push(answer);
      }
    }
    if (pending.length === 0) return stored;
    return Promise.all(pending).then((answers) => stored && answers.every(Boolean));
  }

  #hand({ emit, take }, told) {
    try {
      if (take !== undefined) {
        take(told.text ?? told.event.text);
        return true;
      }
      const reply = emit(told.event);
      if (!isObject(reply) || typeof reply.then !== "function") return true;
      return this.#settled(reply);
    } catch {
      this.#failures += 1;
      return false;
    }
  }

  async #settled(reply) {
    let callOff;
    const late = new Promise((resolve) => {
      callOff = after(this.#timeoutMs, () => resolve(false), true);
    });
    // The race also listens to a late rejection, which therefore never surfaces as unhandled.
    const stored = await Promise.race([Promise.resolve(reply).then(() => true), late]).catch(() => false);
    callOff?.();
    if (!stored) this.#failures += 1;
    return stored;
  }
}

/** Read when a sink looks at it; a buffer does not. */
function lazily(text) {
  let event;
  return {
    text,
    get event() {
      event ??= eventOf(text);
      return event;
    },
  };
}

/** A sink: a function, or an object with `emit`, read once and called on its object. */
function sinkOf(sink) {
  if (typeof sink === "function") return { emit: sink };
  const take = isObject(sink) ? textTaker(sink) : undefined;
  if (take !== undefined) return { take };
  const emit = isObject(sink) ? member(sink, "emit") : undefined;
  if (typeof emit !== "function") throw configInvalid(`\`events\` must be a function, an object with emit(), or an array of these, not ${typeName(sink)}`, "events");
  return { emit: (event) => emit.call(sink, event) };
}
