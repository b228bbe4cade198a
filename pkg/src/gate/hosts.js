import { shared } from "../core.js";
import { TrustHandoffError } from "../errors.js";
import { copyPlain, freezeDeep, member } from "../plain.js";
import { disregard } from "../promises.js";
import { isObject } from "../text.js";

/**
 * What came of a question: `reply`, to be judged by the core, or a `failure`, which no reply can pose as. Both members are
 * always there, so that neither is ever inherited.
 */
const answered = (reply) => ({ reply, failure: null });
const FAILED = /* @__PURE__ */ Object.freeze({ reply: undefined, failure: "error" });
const TIMED_OUT = /* @__PURE__ */ Object.freeze({ reply: undefined, failure: "timeout" });
const FULL = /* @__PURE__ */ Object.freeze({ reply: undefined, failure: "full" });

/** Asks and takes the return value as the reply; a promise is then a wrong reply like any other. */
export function consultSync(hosts, step, bytes) {
  try {
    const reply = call(hosts, step, bytes);
    disregard(reply);
    return replyOf(step, reply);
  } catch (thrown) {
    return failureOf(step, thrown);
  }
}

/** Asks and awaits the reply once, at most `timeoutMs`. What settles later is not looked at (catalogue W10). */
export async function consult(hosts, step, bytes, timeoutMs) {
  let timer;
  try {
    const reply = call(hosts, step, bytes);
    if (!isObject(reply) && typeof reply !== "function") return replyOf(step, reply);
    const timeout = new Promise((resolve) => {
      timer = setTimeout(resolve, timeoutMs, TIMED_OUT);
    });
    // The race also listens to a late rejection, which therefore never surfaces as unhandled.
    const settled = await Promise.race([reply, timeout]);
    return settled === TIMED_OUT ? TIMED_OUT : replyOf(step, settled);
  } catch (thrown) {
    return failureOf(step, thrown);
  } finally {
    clearTimeout(timer);
  }
}

function call(hosts, step, bytes) {
  const host = hosts[step.ask];
  switch (step.ask) {
    case "agent":
      return host(step.agent_id);
    case "revocation":
      return host(Object.freeze(Array.from(step.keys)));
    case "approval":
      return host(step.review_digest, Object.freeze({ packetId: step.packet_id }));
    case "policy":
      return host(freezeDeep(shared.call((glue) => glue.packetView(bytes))));
    default:
      return host(step.key, step.expires_at_ms, Object.freeze({ nowMs: step.now_ms, nonce: step.nonce, agentId: step.agent_id, fingerprint: step.fingerprint }));
  }
}

/** The reply as it is, except that an agent's record is copied first: its getters must not run inside the core. */
function replyOf(step, value) {
  if (step.ask !== "agent" || !isObject(value)) return answered(value);
  try {
    return answered(copyPlain(value));
  } catch (error) {
    // Not plain data, so no record; `false` is none either. What a getter threw is a failure of the host.
    if (error instanceof TrustHandoffError) return answered(false);
    throw error;
  }
}

function failureOf(step, thrown) {
  if (step.ask !== "nonce") return FAILED;
  try {
    return isObject(thrown) && member(thrown, "code") === "replay_store_full" ? FULL : FAILED;
  } catch {
    return FAILED;
  }
}
