import { shared } from "./core.js";
import { ArgumentTypeError, configInvalid } from "./errors.js";
import { announceChanges, Changes } from "./events/changes.js";
import { keyArgument } from "./keys.js";
import { freezeDeep, readOptions } from "./plain.js";
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
    const registry = new AgentRegistry();
    const state = new RegistryState(registryText(text));
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
    if (!Number.isSafeInteger(overlapSeconds) || overlapSeconds < 0 || overlapSeconds > 0xffffffff) {
      throw configInvalid(`\`overlapSeconds\` must be a whole number of seconds, from 0 to ten years, not ${typeof overlapSeconds === "number" ? `\`${overlapSeconds}\`` : typeName(overlapSeconds)}`, "overlapSeconds");
    }
    const [id, key, nowMs] = [idArgument(agentId), keyArgument(newPublicKey, "the new public key"), toMs(now, "now")];
    const state = stateOf(this);
    state.change("rotate", [id, key, overlapSeconds, nowMs]);
    state.rotated(id, key, nowMs, overlapSeconds);
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

  /** Takes one role away: `roots` (all of them), `reviewer` or `revoker`. */
  withdraw(agentId, role) {
    if (typeof role !== "string") throw new ArgumentTypeError(`the role must be a string, not ${typeName(role)}`);
    stateOf(this).change("withdraw", [idArgument(agentId), role]);
    return this;
  }

  /** Forgets an agent; whether it was known. That it was revoked is not forgotten, whoever registers it again. */
  remove(agentId) {
    return stateOf(this).change("remove", [idArgument(agentId)]);
  }

  /** Puts the agents of a registry file in the place of those here; a file with a fault changes nothing. */
  reload(text, options) {
    const { now = wallClock() } = readOptions(options, ["now"], "reload");
    const nowMs = toMs(now, "now");
    stateOf(this).reload(registryText(text), nowMs);
    return this;
  }

  /** What is known of an agent, frozen, as a registry file has it; undefined where it is unknown. */
  get(agentId) {
    const id = idArgument(agentId);
    return freezeDeep(stateOf(this).ask((registry) => registry.get(id)));
  }

  /** The ids of all agents, in order. */
  list() {
    return stateOf(this).ask((registry) => registry.list());
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
    const answer = this.ask((registry) => registry[method](...args));
    this.#journal.push([method, args]);
    if (this.#journal.length >= this.#foldAt) this.#fold();
    return answer;
  }

  reload(text, nowMs) {
    const before = new Map(Object.entries(this.#agents()));
    this.ask((registry) => registry.reload(text));
    this.#fold();
    for (const [id, { keys, revoked_at: revokedAt }] of Object.entries(this.#agents())) {
      const known = before.get(id);
      if (known === undefined) continue;
      if (known.revoked_at === null && revokedAt !== null) this.changes.add("revoked", nowMs, { target: `agent|${id}`, reason: null });
      const latest = keys.at(-1)?.public_key_pem;
      if (latest !== undefined && known.keys.length > 0 && !known.keys.some(({ public_key_pem: key }) => key === latest)) this.rotated(id, latest, nowMs, null);
    }
  }

  /** Tells that an agent has a new key. */
  rotated(id, key, nowMs, overlapSeconds) {
    const { fingerprint } = shared.call((glue) => glue.publicKeyOf(key));
    this.changes.add("key_rotated", nowMs, { agent_id: id, fingerprint, overlap_seconds: overlapSeconds });
  }

  #agents() {
    return JSON.parse(this.ask((registry) => registry.toJson()));
  }

  #fold() {
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

function registryText(text) {
  if (typeof text !== "string") throw new ArgumentTypeError(`the registry must be JSON text, not ${typeName(text)}`);
  return wellFormed(text, "the registry");
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
