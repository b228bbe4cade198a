import { shared } from "./core.js";
import { ConfigurationError, errorFor } from "./errors.js";
import { isTime } from "./is_time.js";
import { typeName } from "./text.js";

export { isTime };

/**
 * A moment given by the caller, as milliseconds since the epoch (fractions carry microseconds).
 * @param {number | Date | string} moment a string is RFC 3339 with an offset
 */
export function toMs(moment, what) {
  if (typeof moment === "string") return parsed(moment, what);
  const ms = isDate(moment) ? Date.prototype.getTime.call(moment) : moment;
  if (isTime(ms)) return ms;
  const given = typeof ms === "number" ? `\`${ms}\`` : typeName(ms);
  throw new ConfigurationError("clock_invalid", `${what} must be milliseconds since 1970, a Date or RFC 3339 text, not ${given}`, { field: what });
}

function parsed(text, what) {
  try {
    return shared.call((glue) => glue.parseTime(text));
  } catch (error) {
    if (error.code === undefined || error.code === "internal_error") throw error;
    throw errorFor(error.code, `\`${what}\`: ${error.message}, not ${JSON.stringify(text.slice(0, 64))}`, { field: what });
  }
}

/** A date of any realm, by what it holds and not by what it inherits. */
export function isDate(value) {
  try {
    return Date.prototype.getTime.call(value) !== undefined;
  } catch {
    return false;
  }
}

/** The canonical text of a moment in UTC, to the microsecond. */
export function toRfc3339(ms) {
  const micros = Math.round(ms * 1000);
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = micros - seconds * 1_000_000;
  const text = new Date(seconds * 1000).toISOString().slice(0, 19);
  return `${text}${fraction === 0 ? "" : `.${String(fraction).padStart(6, "0")}`}Z`;
}
