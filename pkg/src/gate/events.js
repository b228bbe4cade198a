import { disregard } from "../promises.js";

/**
 * Tells the host of what a decision came with. A listener is told and never asked: it may throw, reject or hang, and neither
 * the decision nor the process notices (catalogue H02).
 */
export function tell(listener, decision, readClock) {
  if (listener === null) return;
  for (const notice of decision.notices) {
    const event = Object.freeze({
      event_type: notice,
      packet_id: decision.packetId,
      agent_id: decision.agentId,
      timestamp: new Date(readClock() ?? 0).toISOString(),
    });
    try {
      disregard(listener(event));
    } catch {
      // Its own affair.
    }
  }
}
