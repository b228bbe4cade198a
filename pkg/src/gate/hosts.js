import { shared } from "../core.js";
import { TrustHandoffError } from "../errors.js";
import { copyPlain, freezeDeep, member } from "../plain.js";
import { disregard } from "../promises.js";
import { isObject } from "../text.js";
import { ownText, replyTexts } from "./review.js";
import { after } from "./timer.js";

/**
 * What came of a question: `reply`, to be judged by the core, or a `failure`, which no reply can pose as. Both members are
 * always there, so that neither is ever inherited.
 */
const answered = (reply) => ({ reply, failure: null });
const FAILED = /* @__PURE__ */ Object.freeze({ reply: undefined, failure: "error" });
const TIMED_OUT = /* @__PURE__ */ Object.freeze({ reply: undefined, failure: "timeout" });
const LATE = /* @__PURE__ */ Object.freeze({ reply: undefined, failure: "late" });
const FULL = /* @__PURE__ */ Object.freeze({ reply: undefined, failure: "full" });

/** What a store throws when it has no room, by the question it is asked. */
const FULL_CODES = { __proto__: null, nonce: "replay_store_full", counters: "counter_store_full" };

/** Asks and takes the return value as the reply; a promise is then a wrong reply like any other. */
export function consultSync(hosts, step, bytes) {
  try {
    const reply = call(hosts[step.ask], step, bytes, step.ask === "review" ? new AbortController().signal : undefined);
    disregard(reply);
    return toldLate(hosts, step, replyOf(step, reply));
  } catch (thrown) {
    return failureOf(step, thrown);
  }
}

/** A nonce that was taken before, by a claim of this gate whose answer came too late, is worth another word. */
function toldLate({ late }, step, found) {
  return step.ask === "nonce" && found.reply === false && late?.has(step) === true ? LATE : found;
}

/** Asks and awaits the reply once, at most `timeoutMs`. What settles later is not looked at (catalogue W10). */
export async function consult(hosts, step, bytes, timeoutMs) {
  const host = hosts[step.ask];
  if (!Array.isArray(host)) return toldLate(hosts, step, await ask(host, step, bytes, timeoutMs, hosts.late));
  // Several have a say, and each must allow it.
  let found = TIMED_OUT;
  for (const one of host) {
    found = await ask(one, step, bytes, timeoutMs, hosts.late);
    if (found.failure !== null || found.reply !== true) return found;
  }
  return found;
}

async function ask(host, step, bytes, timeoutMs, late) {
  const waiting = step.ask === "review" ? new AbortController() : null;
  let callOff = null;
  try {
    const reply = call(host, step, bytes, waiting?.signal);
    if (!isObject(reply) && typeof reply !== "function") return replyOf(step, reply);
    const timeout = new Promise((resolve) => {
      callOff = after(timeoutMs, () => resolve(TIMED_OUT));
    });
    // The race also listens to a late rejection, which therefore never surfaces as unhandled.
    const settled = await Promise.race([reply, timeout]);
    if (settled !== TIMED_OUT) return replyOf(step, settled);
    waiting?.abort();
    if (step.ask === "nonce") late?.listen(step, reply);
    return TIMED_OUT;
  } catch (thrown) {
    return failureOf(step, thrown);
  } finally {
    callOff?.();
  }
}

function call(host, step, bytes, signal) {
  switch (step.ask) {
    case "agent":
      return host(step.agent_id);
    case "revocation":
      return host(Object.freeze(Array.from(step.keys)));
    case "overlap":
      return host(step.digest);
    case "boundary":
      return host(step.boundary);
    case "approval":
      return host(step.review_digest, Object.freeze({ packetId: step.packet_id }));
    case "review":
      return host(step, bytes, signal);
    case "policy":
      return host(freezeDeep(shared.call((glue) => glue.packetView(bytes))));
    case "counters":
      return host(freezeDeep(step.counters), step.expires_at_ms, Object.freeze({ nowMs: step.now_ms, issuedAtMs: step.issued_at_ms }));
    default:
      return host(step.key, step.expires_at_ms, nonceContext(step));
  }
}

function nonceContext({ now_ms: nowMs, issued_at_ms: issuedAtMs, nonce, agent_id: agentId, fingerprint }) {
  return Object.freeze({ nowMs, issuedAtMs, nonce, agentId, fingerprint });
}

/** The reply as it is, except that what is more than a word is copied first: no getter of a host runs inside the core. */
function replyOf(step, value) {
  if (step.ask === "review") return answered(replyTexts(value));
  if (step.ask === "overlap") return answered(typeof value === "string" ? ownText(value) : isObject(value) ? false : value);
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
  const full = FULL_CODES[step.ask];
  if (full === undefined) return FAILED;
  try {
    return isObject(thrown) && member(thrown, "code") === full ? FULL : FAILED;
  } catch {
    return FAILED;
  }
}
