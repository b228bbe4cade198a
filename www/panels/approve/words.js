/** Times, rights and risks in plain words. */
import { counted } from "../../ui/text.js";

const SECOND = 1000;
const STEPS = [
  [86_400 * SECOND, "day"],
  [3600 * SECOND, "hour"],
  [60 * SECOND, "minute"],
  [SECOND, "second"],
];

/** In its largest unit, and in the next one too where there are few of the first. */
export function duration(ms) {
  const index = Math.max(
    0,
    STEPS.findIndex(([size]) => ms >= size),
  );
  const place = ms < SECOND ? STEPS.length - 1 : index;
  const [step, name] = STEPS[place];
  const count = Math.max(1, Math.floor(ms / step));
  const [next, lower] = STEPS[place + 1] ?? [];
  const rest = next === undefined || count >= 10 ? 0 : Math.floor((ms % step) / next);
  return rest > 0 ? `${counted(count, name)} ${counted(rest, lower)}` : counted(count, name);
}

export function ago(ms) {
  return `${duration(ms)} ago`;
}

const FULL = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });

export function moment(ms) {
  return FULL.format(ms);
}

/** An end, as people ask for it: when, and how far from now. */
export function until(text, nowMs = Date.now()) {
  if (text === null) return "no end stated";
  const ms = Date.parse(text);
  return ms > nowMs ? `${moment(ms)}, in ${duration(ms - nowMs)}` : `${moment(ms)}, ${ago(nowMs - ms)}`;
}

const RISKS = {
  write: { chip: "bad", name: "write", text: "It changes something out there. What it does may not be undoable." },
  read: { chip: "good", name: "read", text: "It says that it only reads." },
  none: { chip: "warn", name: "not stated", text: "It does not say whether it changes anything. Take it as if it did." },
};

export function riskOf({ risk_level: risk }) {
  return RISKS[risk ?? "none"] ?? RISKS.none;
}

export function callsOf({ max_tool_calls: calls }) {
  return calls === null ? "as many tool calls as it likes" : counted(calls, "tool call");
}

/** JSON for people. Integers beyond 2^53 keep their digits. */
export function pretty(value) {
  const exact = (key, each) => (typeof each !== "bigint" ? each : (JSON.rawJSON?.(String(each)) ?? String(each)));
  return JSON.stringify(value, exact, 2);
}
