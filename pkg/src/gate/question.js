import { after } from "./timer.js";

/**
 * What came of a question: `reply`, to be judged by the core, or a `failure`, which no reply can pose as. Both members are
 * always there, so that neither is ever inherited.
 */
export const TIMED_OUT = /* @__PURE__ */ Object.freeze({ reply: undefined, failure: "timeout" });

const nothing = () => {};

/** A question that a host answers later, and all who wait for the answer. */
export class Question {
  #answer;
  #isOver;
  #controller;
  #waiting = 0;

  /**
   * @param {Promise<object>} answer what comes of it; never rejects
   * @param {() => void} isOver nobody more should wait for it
   * @param {AbortController | null} controller aborted when the last one has gone
   */
  constructor(answer, isOver, controller) {
    this.#answer = answer;
    this.#isOver = isOver;
    this.#controller = controller;
    answer.then(isOver);
  }

  /** What comes of it, at most `timeoutMs` from now on. What is answered later is not looked at (catalogue W10). */
  async wait(timeoutMs) {
    let callOff;
    const timeout = new Promise((resolve) => {
      callOff = after(timeoutMs, () => resolve(TIMED_OUT));
    });
    this.#waiting += 1;
    const found = await Promise.race([this.#answer, timeout]);
    callOff();
    this.#waiting -= 1;
    if (found !== TIMED_OUT) return found;
    // Whoever comes from now on asks anew: a host that hangs fails those only who waited for it.
    this.#isOver();
    if (this.#waiting === 0) this.#controller?.abort();
    return found;
  }
}

/** The questions of a gate that are open, and that runs may join instead of asking the same again. */
export class OpenQuestions {
  #open = new Map();

  /** The open one of this name, if there is one; of no name, none. */
  find(name) {
    return this.#open.get(name);
  }

  /**
   * A new question; under its name, if it has one, others find it until it is over. A host that has taken half its time may be one that
   * hangs, and is asked again by whoever comes then; people, who have a signal, take their time and are asked once.
   */
  begin(name, answer, controller, timeoutMs) {
    let callOff = nothing;
    const isOver = () => {
      callOff();
      if (this.#open.get(name) === question) this.#open.delete(name);
    };
    const question = new Question(answer, isOver, controller);
    if (name === null) return question;
    if (controller === null) callOff = after(timeoutMs / 2, isOver, true);
    this.#open.set(name, question);
    return question;
  }
}
