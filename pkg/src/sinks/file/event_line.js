import { isObject } from "../../text.js";

/** How the line of an event begins. */
const BEGINNINGS = ['{"event_id"', '{"event_type"'];

/** Whether the value of a line is an event. */
export function isLogLine(value) {
  return isObject(value) && typeof value.event_type === "string";
}

/** Whether these bytes, the only ones in a file, may be what a crash left of a log's first line: one that is whole is somebody's. */
export function mayBeTorn(bytes) {
  const text = Buffer.from(bytes.subarray(0, 32)).toString("latin1");
  if (!BEGINNINGS.some((beginning) => text.startsWith(beginning) || beginning.startsWith(text))) return false;
  try {
    JSON.parse(Buffer.from(bytes).toString());
    return false;
  } catch {
    return true;
  }
}
