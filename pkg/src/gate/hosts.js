import { TrustHandoffError } from "../errors.js";
import { copyPlain, freezeDeep, member } from "../plain.js";
import { disregard } from "../promises.js";
import { isObject } from "../text.js";
import { Question, TIMED_OUT } from "./question.js";
import { ownText, replyTexts } from "./review.js";

const answered = (reply) => ({ reply, failure: null });
const FAILED = /* @__PURE__ */ Object.freeze({ reply: undefined, failure: "error" });
const LATE = /* @__PURE__ */ Object.freeze({ reply: undefined, failure: "late" });
const FULL = /* @__PURE__ */ Object.freeze({ reply: undefined, failure: "full" });
const BUSY = /* @__PURE__ */ Object.freeze({ reply: undefined, failure: "busy" });

const nothing = () => {};

/** What is spent once it was asked for: no want of room may cost the run what it has paid for. */
const SPENDING = ["counters", "nonce"];

/** What a store throws when it has no room, by the question it is asked. */
const FULL_CODES = { __proto__: null, nonce: "replay_store_full", counters: "counter_store_full" };

/** Asks and takes the return value as the reply; a promise is then a wrong reply like any other. */
export function consultSync(hosts, run) {
  const { step } = run;
  try {
    const reply = call(hosts[step.ask], run, step.ask === "review" ? new AbortController().signal : undefined);
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

/** Hosts that have answered later: only runs with a place ask them. */
const laterHosts = /* @__PURE__ */ new WeakSet();

/**
 * Asks and awaits the reply once, at most `timeoutMs`; `mayWait` says whether the run has a place where it can.
 */
export async function consult(hosts, run, timeoutMs, mayWait) {
  const { step } = run;
  const host = hosts[step.ask];
  if (!Array.isArray(host)) return toldLate(hosts, step, await ask(host, hosts, run, timeoutMs, mayWait));
  // Several have a say, and each must allow it.
  let found = TIMED_OUT;
  for (const one of host) {
    found = await ask(one, hosts, run, timeoutMs, mayWait);
    if (found.failure !== null || found.reply !== true) return found;
  }
  return found;
}

async function ask(host, hosts, run, timeoutMs, mayWait) {
  const { open, late } = hosts;
  const { step } = run;
  const name = open === null ? null : nameOf(step, run);
  const found = name === null ? undefined : open.find(name);
  const isLater = found !== undefined || step.ask === "review" || laterHosts.has(host);
  // A call that is counted is spent, and others are asked after it: they must not be the first to need a place.
  const needsPlace = isLater || (step.ask === "counters" && Object.values(hosts).flat().some((each) => laterHosts.has(each)));
  if (needsPlace && !mayWait()) return BUSY;
  if (found !== undefined) {
    // Since it was asked, what it is about may have changed.
    run.askAgain();
    return found.wait(timeoutMs);
  }
  const controller = step.ask === "review" ? new AbortController() : null;
  try {
    run.hasSpent ||= SPENDING.includes(step.ask);
    const reply = call(host, run, controller?.signal);
    if (!isObject(reply) && typeof reply !== "function") return replyOf(step, reply);
    // What was asked is waited for: only the first time is a host not known for one that answers later.
    if (!isLater && "then" in reply) {
      laterHosts.add(host);
      mayWait();
    }
    const answer = settled(step, reply);
    const question = open === null ? new Question(answer, nothing, controller) : open.begin(name, answer, controller, timeoutMs);
    const outcome = await question.wait(timeoutMs);
    if (outcome === TIMED_OUT && step.ask === "nonce") late?.listen(step, reply);
    return outcome;
  } catch (thrown) {
    return failureOf(step, thrown);
  }
}

/**
 * Under which name the question is asked once for all who ask it at the same time; null where each asks for itself. Of an agent that
 * is while nothing is proven, as anybody can cause that look-up; people, and whoever speaks for them, are asked by what they would approve.
 */
function nameOf(step, run) {
  if (step.ask === "agent") return run.provenKey === null ? `agent:${step.agent_id}` : null;
  if (step.ask === "approval") return `approval:${step.review_digest}`;
  return step.ask === "review" ? `review:${step.review_digest}:${step.valid}` : null;
}

/** What a reply comes to. It never rejects, so that one nobody waits for any more never surfaces as unhandled. */
async function settled(step, reply) {
  try {
    return replyOf(step, await reply);
  } catch (thrown) {
    return failureOf(step, thrown);
  }
}

function call(host, run, signal) {
  const { step } = run;
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
      return host(step, () => run.view(), signal);
    case "policy":
      return host(freezeDeep(run.view()));
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
