import { shared } from "./core.js";
import { freezeDeep } from "./plain.js";
import { receivedBytes } from "./text.js";

/**
 * Form and signature of a received packet or envelope, and nothing else: no clock, no trust, no replay. Whether to act
 * on it is the gate's answer, `TrustHandoffMiddleware`.
 */
export function verifySignature(received) {
  const bytes = receivedBytes(received, "the packet or envelope");
  const found = shared.call((glue) => glue.checkObject(undefined, bytes));
  return freezeDeep({
    valid: found.valid,
    code: found.code,
    reason: found.reason,
    field: found.field,
    kind: found.kind,
    form: found.form,
    agentId: found.agent_id,
    idMatchesKey: found.id_matches_key,
    packetId: found.packet_id,
    checks: found.checks,
  });
}
