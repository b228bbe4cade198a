import { shared } from "./core.js";
import { ArgumentTypeError, configInvalid, PayloadValidationError } from "./errors.js";
import { MAX_TOKEN_BYTES } from "./generated/vocabulary.js";
import { freezeDeep, readOptions } from "./plain.js";
import { wallClock } from "./platform.js";
import { copyFields, signLater, signNow } from "./signing.js";
import { toMs } from "./time.js";
import { isObject, typeName, wellFormed } from "./text.js";

/** Known to this module only: a capability exists here only if its signature was verified. */
const MADE_HERE = /* @__PURE__ */ Symbol("capability");

/** Capability → its tokens, root first; beside the property, which only looks like it on an object made elsewhere. */
const chains = /* @__PURE__ */ new WeakMap();

/**
 * Authority that one agent grants another, and that its holder can narrow and hand on without asking the issuer.
 *
 * It lists the fields of the wire; `token`, `digest` and `chain` stand beside them, not enumerable.
 */
export class DelegationCapability {
  constructor(maker, described, earlier) {
    if (maker !== MADE_HERE) {
      throw configInvalid("DelegationCapability has no public constructor; use issueCapability, attenuate or DelegationCapability.decode");
    }
    const { token, view, digest } = described;
    const chain = Object.freeze([...earlier, token]);
    freezeDeep(view);
    // Defined, not assigned: a setter that other code left on Object.prototype is not asked.
    for (const name of Object.keys(view)) Object.defineProperty(this, name, { __proto__: null, value: view[name], enumerable: true });
    for (const [name, value] of [
      ["token", token],
      ["digest", digest],
      ["chain", chain],
    ]) {
      Object.defineProperty(this, name, { __proto__: null, value });
    }
    chains.set(this, chain);
    Object.freeze(this);
  }

  /**
   * Reads a token and verifies its signature under the key it names; with `parents`, the tokens that it narrows, root first,
   * also each of theirs and that nothing is wider than what it comes from. Whom to trust is the gate's question.
   */
  static decode(token, options) {
    const { parents = [] } = readOptions(options, ["parents"], "DelegationCapability.decode");
    if (!Array.isArray(parents)) throw configInvalid(`\`parents\` must be an array of tokens, not ${typeName(parents)}`, "parents");
    const earlier = tokenList(parents, "a parent");
    const tokens = [...earlier, tokenText(token, "the token")];
    return made(
      shared.call((glue) => glue.capabilityView(tokens)),
      earlier,
    );
  }

  /** A narrower capability, signed by the subject of this one. What the fields leave open is as it is here. */
  attenuate(identity, fields, options) {
    const earlier = chainOf(this);
    return made(
      signNow(identity, "attenuateAsync", () => capabilityWork(earlier.at(-1), fields, options, "attenuate")),
      earlier,
    );
  }

  async attenuateAsync(identity, fields, options) {
    const earlier = chainOf(this);
    return made(await signLater(identity, () => capabilityWork(earlier.at(-1), fields, options, "attenuateAsync")), earlier);
  }
}

/** A capability that starts a chain: the identity grants what it may grant itself. */
export function issueCapability(identity, fields, options) {
  return made(
    signNow(identity, "issueCapabilityAsync", () => capabilityWork(undefined, fields, options, "issueCapability")),
    [],
  );
}

export async function issueCapabilityAsync(identity, fields, options) {
  return made(await signLater(identity, () => capabilityWork(undefined, fields, options, "issueCapabilityAsync")), []);
}

/** The tokens of a capability made here, or a list of tokens, root first. */
export function tokensArgument(capabilities, what) {
  if (Array.isArray(capabilities)) return tokenList(capabilities, what);
  const chain = isObject(capabilities) ? chains.get(capabilities) : undefined;
  if (chain !== undefined) return [...chain];
  throw new ArgumentTypeError(`\`${what}\` must be a DelegationCapability or an array of tokens, not ${typeName(capabilities, "DelegationCapability")}`, what);
}

/** A token as text, or that of a capability made here. */
export function tokenArgument(capability, what) {
  const chain = isObject(capability) ? chains.get(capability) : undefined;
  return chain === undefined ? tokenText(capability, what) : chain.at(-1);
}

function capabilityWork(parent, fields, options, what) {
  const { now = wallClock() } = readOptions(options, ["now"], what);
  const nowMs = toMs(now, "now");
  const copy = copyFields(fields, "capability");
  return {
    here: (glue, { seed, agentId }) => glue.signCapability(seed, parent, copy, agentId, nowMs),
    prepare: (glue, { agentId, publicKey }) => glue.prepareCapability(parent, copy, agentId, publicKey, nowMs),
    finish: (glue, unsigned, signature) => glue.finishCapability(unsigned, signature),
  };
}

function made(described, earlier) {
  return new DelegationCapability(MADE_HERE, described, earlier);
}

function chainOf(capability) {
  const chain = chains.get(capability);
  if (chain === undefined) throw new ArgumentTypeError(`a DelegationCapability that was issued or decoded here is needed, not ${typeName(capability, "DelegationCapability")}`);
  return chain;
}

function tokenList(tokens, what) {
  return Array.from(tokens, (token) => tokenText(token, what));
}

function tokenText(token, what) {
  if (typeof token !== "string") throw new ArgumentTypeError(`${what} must be the text of a token, not ${typeName(token)}`);
  if (token.length > MAX_TOKEN_BYTES) throw new PayloadValidationError("input_too_large", `${what} is longer than ${MAX_TOKEN_BYTES} bytes`);
  return wellFormed(token, what);
}
