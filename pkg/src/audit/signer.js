import { ArgumentTypeError } from "../errors.js";
import { member } from "../plain.js";
import { isObject, typeName } from "../text.js";

const SIGNER = /* @__PURE__ */ Symbol.for("trusthandoff.signer");

/**
 * What an identity signs with. It stands in the place of the function of this name in `identity.js`, whose secrets are in the file
 * that made the identity: so the identity is asked, whichever entry it is from.
 */
export function signerOf(identity) {
  if (!isObject(identity) || typeof member(identity, SIGNER) !== "function") {
    throw new ArgumentTypeError(`the signer must be an AgentIdentity, not ${typeName(identity)}`);
  }
  return identity[SIGNER]();
}
