import { shared } from "./core.js";
import { ArgumentTypeError, configInvalid } from "./errors.js";
import { announceChanges, Changes } from "./events/changes.js";
import { keyArgument } from "./keys.js";
import { readOptions } from "./plain.js";
import { wallClock } from "./platform.js";
import { toMs } from "./time.js";
import { isObject, typeName, wellFormed } from "./text.js";

/** Registry → its state, for the gate of this package only. */
const states = /* @__PURE__ */ new WeakMap();

/** Changes after which the journal is folded into one text, at least. */
const JOURNAL_FLOOR = 64;

/** Who is trusted with which key, and when. A gate sees later changes at once. */
export class AgentRegistry {
  constructor() {
    if (arguments.length > 0) throw configInvalid("new AgentRegistry() takes no arguments; a registry file is read by AgentRegistry.fromJson(text)");
    states.set(this, new RegistryState(null));
  }

  static fromJson(text) {
    if (typeof text !== "string") throw new ArgumentTypeError(`the registry must be JSON text, not ${typeName(text)}`);
    const registry = new AgentRegistry();
    const state = new RegistryState(wellFormed(text, "the registry"));
    state.handle();
    states.set(registry, state);
    return registry;
  }

  /** Trusts any key whose agent id is its hash. An explicit choice: it knows nobody, so it can revoke nobody. */
  static selfCertifying() {
    const registry = new AgentRegistry();
    states.set(registry, null);
    return registry;
  }

  register(agentId, publicKey, options) {
    const { roots, notBefore, notAfter, reviewer, revoker, now = wallClock() } = readOptions(
      options,
      ["roots", "notBefore", "notAfter", "reviewer", "revoker", "now"],
      "register",
    );
    const details = Object.create(null);
    if (roots !== undefined) details.roots = actionList(roots);
    if (notBefore !== undefined) details.not_before = toMs(notBefore, "notBefore");
    if (notAfter !== undefined) details.not_after = toMs(notAfter, "notAfter");
    if (reviewer !== undefined) details.reviewer = flag(reviewer, "reviewer");
    if (revoker !== undefined) details.revoker = flag(revoker, "revoker");
    stateOf(this).change("register", [idArgument(agentId), keyArgument(publicKey, "the public key"), details, toMs(now, "now")]);
    return this;
  }

  rotate(agentId, newPublicKey, options) {
    const { overlapSeconds = 30, now = wallClock() } = readOptions(options, ["overlapSeconds", "now"], "rotate");
    if (!Number.isSafeInteger(overlapSeconds) || overlapSeconds < 0) {
      throw configInvalid("`overlapSeconds` must be a whole number of seconds", "overlapSeconds");
    }
    const [id, key, nowMs] = [idArgument(agentId), keyArgument(newPublicKey, "the new public key"), toMs(now, "now")];
    const state = stateOf(this);
    state.change("rotate", [id, key, overlapSeconds, nowMs]);
    const { fingerprint } = shared.call((glue) => glue.publicKeyOf(key));
    state.changes.add("key_rotated", nowMs, { agent_id: id, fingerprint, overlap_seconds: overlapSeconds });
    return this;
  }

  revoke(agentId, options) {
    const { now = wallClock() } = readOptions(options, ["now"], "revoke");
    const [id, nowMs] = [idArgument(agentId), toMs(now, "now")];
    const state = stateOf(this);
    state.change("revoke", [id, nowMs]);
    state.changes.add("revoked", nowMs, { target: `agent|${id}`, reason: null });
    return this;
  }

  has(agentId) {
    const id = idArgument(agentId);
    return stateOf(this).ask((registry) => registry.has(id));
  }

  /** The registry file. Named so that it is not mistaken for `JSON.stringify`'s `toJSON`: it returns text. */
  toJson() {
    return stateOf(this).ask((registry) => registry.toJson());
  }
}

/**
 * The state of a registry as far as JavaScript must keep it: a text and the changes since. From these the core's registry
 * is built again after a trap. The journal is folded into the text when it outgrows it, so that a change costs the
 * same however many agents are registered.
 */
class RegistryState {
  #text;
  #journal = [];
  #foldAt = JOURNAL_FLOOR;
  #handle = null;
  #generation = 0;

  /** What gates have to tell of it. */
  changes = new Changes();

  constructor(text) {
    this.#text = text;
    announceChanges(this, this.changes);
  }

  /** The core's registry, built again if its instance is gone. */
  handle() {
    return shared.call((glue, generation) => {
      if (this.#handle === null || this.#generation !== generation) {
        this.#handle = this.#rebuild(glue);
        this.#generation = generation;
      }
      return this.#handle;
    });
  }

  ask(question) {
    const registry = this.handle();
    return shared.call(() => question(registry));
  }

  change(method, args) {
    this.ask((registry) => registry[method](...args));
    this.#journal.push([method, args]);
    if (this.#journal.length < this.#foldAt) return;
    this.#text = this.ask((registry) => registry.toJson());
    this.#foldAt = Math.max(JOURNAL_FLOOR, 2 * this.#journal.length);
    this.#journal = [];
  }

  #rebuild(glue) {
    const registry = this.#text === null ? new glue.CoreRegistry() : glue.CoreRegistry.fromJson(this.#text);
    for (const [method, args] of this.#journal) registry[method](...args);
    return registry;
  }
}

/** For the gate: the state of a registry, or null if it is self-certifying. */
export function registryState(registry, what) {
  if (!isObject(registry) || !states.has(registry)) {
    const accepted = "AgentRegistry.fromJson, new AgentRegistry() or AgentRegistry.selfCertifying()";
    throw configInvalid(`${what} must be an AgentRegistry (${accepted}), not ${typeName(registry, "AgentRegistry")}`, what);
  }
  return states.get(registry);
}

function stateOf(registry) {
  const state = registryState(registry, "registry");
  if (state === null) throw configInvalid("a self-certifying registry knows no agents; use new AgentRegistry() to register, rotate or revoke");
  return state;
}

function idArgument(agentId) {
  if (typeof agentId !== "string") throw new ArgumentTypeError(`the agent id must be a string, not ${typeName(agentId)}`);
  return agentId;
}

function actionList(roots) {
  const list = Array.isArray(roots) ? Array.from(roots) : null;
  if (list === null || !list.every((action) => typeof action === "string")) throw configInvalid("`roots` must be an array of actions", "roots");
  return list;
}

function flag(value, name) {
  if (typeof value !== "boolean") throw configInvalid(`\`${name}\` must be true or false`, name);
  return value;
}
