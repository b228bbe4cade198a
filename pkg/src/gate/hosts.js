import { shared } from "../core.js";
import { TrustHandoffError } from "../errors.js";
import { copyPlain, freezeDeep } from "../plain.js";
import { isObject } from "../text.js";

/**
 * What a host was asked and what came of it: `{ reply }`, to be judged by the core, or `{ failure }`, which no reply can
 * pose as.
 */
const FAILED = /* @__PURE__ */ Object.freeze({ failure: "error" });
const TIMED_OUT = /* @__PURE__ */ Object.freeze({ failure: "timeout" });
const FULL = /* @__PURE__ */ Object.freeze({ failure: "full" });

/** Asks and takes the return value as the reply; a promise is then a wrong reply like any other. */
export function consultSync(hosts, step, bytes) {
  try {
    return replyOf(step, call(hosts, step, bytes));
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
  if (step.ask !== "agent" || !isObject(value)) return { reply: value };
  try {
    return { reply: copyPlain(value) };
  } catch (error) {
    // Not plain data, so no record; `false` is none either. What a getter threw is a failure of the host.
    if (error instanceof TrustHandoffError) return { reply: false };
    throw error;
  }
}

function failureOf(step, thrown) {
  if (step.ask !== "nonce") return FAILED;
  try {
    return thrown.code === "replay_store_full" ? FULL : FAILED;
  } catch {
    return FAILED;
  }
}
