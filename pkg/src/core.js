import { errorFor, TrustHandoffError } from "./errors.js";
import { newInstance } from "./loader/inline.js";
import { inWords } from "./text.js";

/**
 * One WebAssembly instance, made on first use and thrown away after a trap.
 *
 * A trapped instance keeps answering, out of memory that nobody can vouch for (catalogue W4). So whatever it throws that
 * is not one of its own refusals retires it, and the next call gets a fresh one. Objects that hold handles into an
 * instance remember its `generation` and rebuild themselves from state kept in JavaScript when it has moved on.
 */
export class Core {
  #glue = null;
  #generation = 0;

  /** Counts the instances that were thrown away; handles of an earlier generation are dead. */
  get generation() {
    return this.#generation;
  }

  /**
   * Runs `work(glue, generation)`. Refusals of the core surface as errors of ours, a trap as `internal_error`. No host
   * code may run inside `work`: its exceptions would be taken for a trap.
   */
  call(work) {
    const glue = this.#open();
    try {
      return work(glue, this.#generation);
    } catch (thrown) {
      if (isRefusal(thrown)) throw errorFor(thrown.code, thrown.message, { field: thrown.field });
      if (thrown instanceof TrustHandoffError) throw thrown;
      this.#discard(glue);
      throw errorFor("internal_error", "the WebAssembly core failed; nothing was accepted and the next call starts afresh", {
        cause: thrown,
      });
    }
  }

  #open() {
    if (this.#glue !== null) return this.#glue;
    let glue;
    try {
      glue = newInstance();
    } catch (thrown) {
      if (isRefusal(thrown)) throw errorFor(thrown.code, thrown.message);
      const why = inWords(thrown);
      // Browsers name 'unsafe-eval', which allows much more.
      const policy = /security policy|\bCSP\b/i.test(why) ? "; let the page's `script-src` have 'wasm-unsafe-eval', and nothing wider" : "";
      throw errorFor("wasm_unavailable", `WebAssembly could not be started: ${why}${policy}`, { cause: thrown });
    }
    this.#glue = glue;
    return glue;
  }

  #discard(glue) {
    if (this.#glue === glue) {
      this.#glue = null;
      this.#generation += 1;
    }
    glue.retire();
  }
}

/** The instance behind everything but stores, which own theirs. */
export const shared = /* @__PURE__ */ new Core();

/** The core refuses with a plain `{ code, message, field }`, never with an Error; a trap is always an Error. */
function isRefusal(thrown) {
  return (
    typeof thrown === "object" &&
    thrown !== null &&
    !(thrown instanceof Error) &&
    Object.hasOwn(thrown, "code") &&
    Object.hasOwn(thrown, "message") &&
    typeof thrown.code === "string" &&
    typeof thrown.message === "string"
  );
}
