import { tokenArgument } from "./capability.js";
import { shared } from "./core.js";
import { ArgumentTypeError, configInvalid } from "./errors.js";
import { announceChanges, Changes } from "./events/changes.js";
import { keyArgument } from "./keys.js";
import { readOptions } from "./plain.js";
import { wallClock } from "./platform.js";
import { registryState } from "./registry.js";
import { keepText, signLater, signNow } from "./signing.js";
import { toMs } from "./time.js";
import { receivedBytes, typeName, wellFormed } from "./text.js";

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
  #registry;
  /** Revoked name → the statement that revoked it first. */
  #statements = new Map();
  #changes = new Changes();

  constructor(options) {
    announceChanges(this, this.#changes);
    const { registry, kept } = readOptions(options, ["registry", "kept"], "RevocationList");
    this.#registry = registryState(registry, "registry");
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
    const { now = wallClock() } = readOptions(options, ["now"], "RevocationList.add");
    const nowMs = toMs(now, "now");
    const bytes = receivedBytes(received, "the revocation");
    const target =
      this.#registry === null
        ? shared.call((glue) => glue.judgeSelfCertified(bytes, nowMs))
        : this.#registry.ask((registry) => registry.judgeRevocation(bytes, nowMs));
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

function revocationWork(about, options, what) {
  const { reason, now = wallClock() } = readOptions(options, ["reason", "now"], what);
  if (reason !== undefined && reason !== null && typeof reason !== "string") {
    throw configInvalid(`\`reason\` must be a string, not ${typeName(reason)}`, "reason");
  }
  const nowMs = toMs(now, "now");
  const fields = Object.create(null);
  fields.target = targetOf(about, what);
  if (typeof reason === "string") fields.reason = wellFormed(reason, "`reason`", "reason");
  return {
    here: (glue, { seed, agentId }) => glue.signStatement("revocation", seed, fields, agentId, nowMs),
    prepare: (glue, { agentId, publicKey }) => glue.prepareStatement("revocation", fields, agentId, publicKey, nowMs),
    finish: (glue, unsigned, signature) => glue.finishStatement("revocation", unsigned, signature),
  };
}

/** The name under which it is revoked: of several the narrowest, which its own signer may revoke. */
function targetOf(about, what) {
  const named = readOptions(about, ["agentId", "publicKey", "packet", "capability", "target"], `the second argument of ${what}`);
  const [[kind, value] = [], ...more] = Object.entries(named);
  if (kind === undefined || more.length > 0) {
    throw configInvalid(`${what} takes one of { agentId }, { publicKey }, { packet }, { capability } and { target }`);
  }
  if (kind === "target") return textArgument(value, "`target`");
  const [core, argument] = {
    __proto__: null,
    agentId: () => ["agent", textArgument(value, "`agentId`")],
    publicKey: () => ["key", keyArgument(value, "`publicKey`")],
    packet: () => ["packet", receivedBytes(value, "`packet`")],
    capability: () => ["capability", tokenArgument(value, "`capability`")],
  }[kind]();
  return shared.call((glue) => glue.revocationTargets(core, argument)[0]);
}

function textArgument(value, what) {
  if (typeof value !== "string") throw new ArgumentTypeError(`${what} must be a string, not ${typeName(value)}`);
  return wellFormed(value, what);
}
