import { isObject } from "../../text.js";

/** How the line of an event begins. */
const BEGINNINGS = ['{"event_id"', '{"event_type"'];

/** Whether the value of a line is an event. */
export function isLogLine(value) {
  return isObject(value) && typeof value.event_type === "string";
}

/** Whether these bytes, the only ones in a file, may be what a crash left of the first line of such a log: all but its newline at most. */
export function mayBeTorn(bytes, { isChained }) {
  const text = Buffer.from(bytes.subarray(0, 32)).toString("latin1");
  if (!BEGINNINGS.some((beginning) => text.startsWith(beginning) || beginning.startsWith(text))) return false;
  try {
    const line = JSON.parse(Buffer.from(bytes).toString());
    return isLogLine(line) && (typeof line.prev === "string") === isChained;
  } catch {
    return true;
  }
}
