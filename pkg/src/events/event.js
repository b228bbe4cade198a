import { shared } from "../core.js";
import { freezeDeep } from "../plain.js";
import { wallClock } from "../platform.js";
import { encode } from "../text.js";
import { isTime, toRfc3339 } from "../time.js";

/**
 * An event as sinks get it: a frozen object without prototype and, not enumerable, its `text`, one line of JSON. Sinks write the
 * text: an object written again might lose what JavaScript has no number for.
 */
export function eventOf(text) {
  const bytes = encode(text);
  return keep(shared.call((glue) => glue.objectView(bytes)), text);
}

/** An event of this package's own, in the shape that the core gives its own. */
export function makeEvent(type, producer, nowMs, payload) {
  const id = uuid();
  const event = {
    __proto__: null,
    event_id: id,
    event_type: type,
    timestamp: toRfc3339(isTime(nowMs) ? nowMs : wallClock()),
    producer_id: producer,
    correlation_id: payload.packet_id ?? payload.capability_id ?? null,
    // Unique to the event: who drops duplicates must not drop the second of two that tell of one packet (catalogue H01).
    idempotency_key: `${type}:${id}`,
    ...payload,
  };
  return keep(event, JSON.stringify(event));
}

function keep(event, text) {
  Object.defineProperty(event, "text", { __proto__: null, value: text });
  return freezeDeep(event);
}

/** Pages that are not served securely have no `randomUUID`. */
function uuid() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
