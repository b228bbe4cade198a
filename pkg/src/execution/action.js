import { ArgumentTypeError } from "../errors.js";
import { MAX_REQUEST_BYTES } from "../generated/vocabulary.js";
import { typeName, wellFormed } from "../text.js";

/** The action as the core judges it: a verb, or a verb and what it is done to. */
export function scopedAction(action, resource) {
  if (typeof action !== "string") throw new ArgumentTypeError(`the action must be a string, not ${typeName(action)}`, "action");
  if (resource === undefined) return wellFormed(limited(action), "the action");
  if (typeof resource !== "string") throw new ArgumentTypeError(`the resource must be a string, not ${typeName(resource)}`, "resource");
  // Two scopes in one action: which of them is meant is not for us to say.
  if (action.includes(":")) throw new ArgumentTypeError("the action names a resource already; pass either `verb:resource` or a verb and a resource", "resource");
  return wellFormed(`${limited(action)}:${limited(resource)}`, "the action");
}

/** So much of a text as is refused for its length: what is too long is neither copied nor told of. No pair of surrogates is cut. */
function limited(text) {
  return text.length <= MAX_REQUEST_BYTES ? text : text.slice(0, MAX_REQUEST_BYTES + 2).replace(/[\uD800-\uDBFF]$/, "");
}
