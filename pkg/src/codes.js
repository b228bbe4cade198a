import { shared } from "./core.js";
import { freezeDeep } from "./plain.js";

/** The one table of refusals: `{ code, meaning }` for each. */
export function reasonCodes() {
  return freezeDeep(shared.call((glue) => glue.reasonCodes()));
}
