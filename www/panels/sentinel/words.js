/** Names of what Sentinel tells, in words for people. */
import { clipped, visible } from "../../ui/text.js";

/** From the gravest, with the tone of its chip and what it means. */
export const SEVERITIES = {
  critical: { tone: "bad", means: "done without authority, or the evidence is not whole" },
  high: { tone: "bad", means: "an attack, or what must not happen" },
  medium: { tone: "warn", means: "somebody should look at it" },
  low: { tone: "soft", means: "refused as it should be" },
  info: { tone: "soft", means: "worth knowing" },
};

const ORDER = Object.keys(SEVERITIES);

/** Below zero where `a` is graver than `b`. */
export const byGravity = (a, b) => ORDER.indexOf(a) - ORDER.indexOf(b);

const TYPES = {
  log_break: "Log altered",
  tampered_packet: "Tampered packets",
  forged_identity: "Forged identities",
  escalation_attempt: "Escalation attempts",
  replay_attempt: "Replays",
  packet_id_reused: "Packet ids used twice",
  use_after_revocation: "Use after revocation",
  execution_without_acceptance: "Execution without acceptance",
  execution_repeated: "Tasks run twice",
  use_after_end: "Use after the end of a task",
  delegation_exceeded: "Children with more than their parents",
  wrong_receiver: "Accepted by another than the receiver",
  unproven_acceptance: "Accepted from unproven senders",
  key_conflict: "Keys that nobody told of",
  acceptance_unattested: "Outcomes without attestation",
  result_mismatch: "Results that differ from what was attested",
  review_bypassed: "Reviews bypassed",
  budget_overrun: "Budgets overrun",
  stale_capability: "Rights that ended during a task",
  clock_anomaly: "Clocks that jump",
  burst: "Bursts of refusals",
  unreadable_line: "Unreadable lines",
  unclear_event: "Events that cannot be judged",
  rejected_packet: "Refused packets",
  overlap_window_used: "Admitted in an overlap",
  ai_generated_payload: "Payloads made by an AI",
};

/** A type of findings for a heading. Own rules have the name that they were given. */
export const typeName = (type) => (Object.hasOwn(TYPES, type) ? TYPES[type] : visible(type));

/** An agent, short enough for a label. */
export const agentName = (agent, length = 40) => (agent === "" ? "nobody named" : clipped(visible(agent), length));

const SECONDS = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone: "UTC" });

/** A moment in UTC, to the second. */
export const moment = (ms) => SECONDS.format(ms);

/** How long something lasted, roughly. */
export function lasting(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}
