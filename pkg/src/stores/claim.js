import { ArgumentTypeError, configInvalid } from "../errors.js";
import { isTime } from "../is_time.js";
import { member } from "../plain.js";
import { wallClock } from "../platform.js";
import { isObject, typeName } from "../text.js";

/** In memory this many take some GiB, and linear memory ends at 4. */
const MAX_CAPACITY = 10_000_000;

/**
 * The arguments of `checkAndStore`, read once and checked. A key of unknown origin counts as its own sender: the quota of a store
 * is between senders.
 */
export function readClaim(key, expiresAtMs, about) {
  if (typeof key !== "string") throw new ArgumentTypeError(`the nonce key must be a string, not ${typeName(key)}`);
  if (!isTime(expiresAtMs)) throw new ArgumentTypeError("expiresAtMs must be milliseconds since 1970");
  const [givenNowMs, fingerprint] = isObject(about) ? [member(about, "nowMs"), member(about, "fingerprint")] : [];
  const nowMs = givenNowMs === undefined ? wallClock() : givenNowMs;
  if (!isTime(nowMs)) throw new ArgumentTypeError("nowMs must be milliseconds since 1970");
  return { key, sender: typeof fingerprint === "string" ? fingerprint : key, expiresAtMs, nowMs };
}

/** How many nonces a store may hold at once. */
export function checkCapacity(capacity) {
  if (Number.isSafeInteger(capacity) && capacity >= 1 && capacity <= MAX_CAPACITY) return capacity;
  throw configInvalid(`\`capacity\` must be a whole number from 1 to ${MAX_CAPACITY}`, "capacity");
}
