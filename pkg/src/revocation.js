import { tokenArgument, tokensArgument } from "./capability.js";
import { shared } from "./core.js";
import { ArgumentTypeError, configInvalid, errorFor } from "./errors.js";
import { announceChanges, Changes } from "./events/changes.js";
import { keyArgument } from "./keys.js";
import { copyPlain, readOptions } from "./plain.js";
import { wallClock } from "./platform.js";
import { disregard, isThenable } from "./promises.js";
import { registryState } from "./registry.js";
import { keepText, signLater, signNow } from "./signing.js";
import { toMs } from "./time.js";
import { inWords, isObject, receivedBytes, typeName, wellFormed } from "./text.js";

/** A signed word that an agent, a key, a packet or a capability is trusted no more. */
export function revoke(identity, about, options) {
  return keepText(signNow(identity, "revokeAsync", () => revocationWork(about, options, "revoke")));
}

export async function revokeAsync(identity, about, options) {
  return keepText(await signLater(identity, () => revocationWork(about, options, "revokeAsync")));
}

/**
 * Revocations whose signers may revoke what they name: the holder of the key that signed it, the agent itself, or an agent that
 * the registry lists as a revoker. A gate asks it as its option `revocations`.
 */
export class RevocationList {
  /** The state of a registry, null where ids certify themselves. */
  #registry = null;
  /** Whom to ask in place of a registry. */
  #resolve = null;
  /** Revoked name → the statement that revoked it first. */
  #statements = new Map();
  #changes = new Changes();

  constructor(options) {
    announceChanges(this, this.#changes);
    const { registry, resolveAgent, kept } = readOptions(options, ["registry", "resolveAgent", "kept"], "RevocationList");
    if (resolveAgent === undefined) this.#registry = registryState(registry, "registry");
    else if (registry !== undefined) throw configInvalid("`registry` and `resolveAgent` are alternatives", "resolveAgent");
    else if (typeof resolveAgent !== "function") throw configInvalid(`\`resolveAgent\` must be a function, not ${typeName(resolveAgent)}`, "resolveAgent");
    else this.#resolve = resolveAgent;
    if (kept !== undefined && !Array.isArray(kept)) throw configInvalid(`\`kept\` must be an array of statements, not ${typeName(kept)}`, "kept");
    for (const text of Array.from(kept ?? [])) this.#restore(text);
  }

  /** What an earlier list took: its signer was judged then, and may hold another key or none by now. */
  #restore(received) {
    const bytes = receivedBytes(received, "the revocation");
    this.#keep(shared.call((glue) => glue.signedRevocation(bytes)), bytes);
  }

  #keep(target, bytes) {
    // Judged, so it is UTF-8.
    if (!this.#statements.has(target)) this.#statements.set(target, new TextDecoder().decode(bytes));
  }

  /** Takes a statement's text and returns the name that is revoked from now on; throws if its signer may not revoke it. */
  add(received, options) {
    const { bytes, nowMs } = readStatement(received, options, "RevocationList.add");
    if (this.#resolve === null) return this.#take(bytes, nowMs, this.#judge(bytes, nowMs));
    const reply = this.#ask(bytes);
    if (!isThenable(reply)) return this.#take(bytes, nowMs, judgeReply(bytes, reply, nowMs));
    disregard(reply);
    throw configInvalid("`resolveAgent` answers later; use addAsync", "resolveAgent");
  }

  /** The same, and waits for `resolveAgent`. */
  async addAsync(received, options) {
    const { bytes, nowMs } = readStatement(received, options, "RevocationList.addAsync");
    if (this.#resolve === null) return this.#take(bytes, nowMs, this.#judge(bytes, nowMs));
    const reply = await Promise.resolve(this.#ask(bytes)).catch(notResolved);
    return this.#take(bytes, nowMs, judgeReply(bytes, reply, nowMs));
  }

  #judge(bytes, nowMs) {
    if (this.#registry === null) return shared.call((glue) => glue.judgeSelfCertified(bytes, nowMs));
    return this.#registry.ask((registry) => registry.judgeRevocation(bytes, nowMs));
  }

  #ask(bytes) {
    const { issuer } = shared.call((glue) => {
      glue.signedRevocation(bytes);
      return glue.objectView(bytes);
    });
    const resolve = this.#resolve;
    try {
      return resolve(issuer);
    } catch (cause) {
      return notResolved(cause);
    }
  }

  #take(bytes, nowMs, target) {
    const isNew = !this.#statements.has(target);
    this.#keep(target, bytes);
    if (isNew) this.#changes.add("revoked", nowMs, { target, reason: shared.call((glue) => glue.objectView(bytes)).reason });
    return target;
  }

  /** Whether any of the names that a gate asks for is revoked. */
  isRevoked(keys) {
    if (!Array.isArray(keys)) throw new ArgumentTypeError(`isRevoked takes an array of revocation keys, not ${typeName(keys)}`);
    return keys.some((key) => this.#statements.has(key));
  }

  /** How many names are revoked. */
  get size() {
    return this.#statements.size;
  }

  /** The statements, to be kept, and given to the next list as `kept`. */
  texts() {
    return [...this.#statements.values()];
  }
}

function readStatement(received, options, what) {
  const { now = wallClock() } = readOptions(options, ["now"], what);
  return { nowMs: toMs(now, "now"), bytes: receivedBytes(received, "the revocation") };
}

/** What a host replied of the signer, copied first: no getter of a host runs inside the core. */
function judgeReply(bytes, reply, nowMs) {
  let record = reply;
  try {
    if (isObject(reply)) record = copyPlain(reply);
  } catch {
    record = false;
  }
  return shared.call((glue) => glue.judgeResolved(bytes, record, nowMs));
}

function notResolved(cause) {
  throw errorFor("registry_unavailable", `\`resolveAgent\` failed: ${inWords(cause)}`, { cause });
}

function revocationWork(about, options, what) {
  const { reason, now = wallClock() } = readOptions(options, ["reason", "now"], what);
  if (reason !== undefined && reason !== null && typeof reason !== "string") {
    throw configInvalid(`\`reason\` must be a string, not ${typeName(reason)}`, "reason");
  }
  const nowMs = toMs(now, "now");
  const fields = Object.create(null);
  const target = targetOf(about, what);
  if (typeof reason === "string") fields.reason = wellFormed(reason, "`reason`", "reason");
  const by = (glue, agentId) => ({ __proto__: null, ...fields, target: target(glue, agentId) });
  return {
    here: (glue, { seed, agentId }) => glue.signStatement("revocation", seed, by(glue, agentId), agentId, nowMs),
    prepare: (glue, { agentId, publicKey }) => glue.prepareStatement("revocation", by(glue, agentId), agentId, publicKey, nowMs),
    finish: (glue, unsigned, signature) => glue.finishStatement("revocation", unsigned, signature),
  };
}

/** Gives, by who revokes, the name under which it is revoked: of several the narrowest, which that signer may revoke. */
function targetOf(about, what) {
  const named = readOptions(about, ["agentId", "publicKey", "packet", "capability", "target"], `the second argument of ${what}`);
  const [[kind, value] = [], ...more] = Object.entries(named);
  if (kind === undefined || more.length > 0) {
    throw configInvalid(`${what} takes one of { agentId }, { publicKey }, { packet }, { capability } and { target }`);
  }
  if (kind === "target") {
    const text = textArgument(value, "`target`");
    return () => text;
  }
  const [core, argument] = {
    __proto__: null,
    agentId: () => ["agent", textArgument(value, "`agentId`")],
    publicKey: () => ["key", keyArgument(value, "`publicKey`")],
    packet: () => ["packet", receivedBytes(value, "`packet`")],
    capability: () => ["capability", typeof value === "string" ? [tokenArgument(value, "`capability`")] : tokensArgument(value, "capability")],
  }[kind]();
  return (glue, agentId) => glue.revocationTargets(core, argument, agentId)[0];
}

function textArgument(value, what) {
  if (typeof value !== "string") throw new ArgumentTypeError(`${what} must be a string, not ${typeName(value)}`);
  return wellFormed(value, what);
}
