import { shared } from "./core.js";
import { receivedBytes } from "./text.js";

const OTHERS = ["capability_token", "attestation"];

/**
 * Form and signature of a received packet or envelope, and nothing else: no clock, no trust, no replay. Whether to act
 * on it is the gate's answer, `TrustHandoffMiddleware`.
 */
export function verifySignature(received) {
  const bytes = receivedBytes(received, "the packet or envelope");
  const found = shared.call((glue) => {
    const detected = glue.checkObject(undefined, bytes);
    // Another signed object, however valid, is no packet.
    return OTHERS.includes(detected.kind) ? glue.checkObject("envelope", bytes) : detected;
  });
  return Object.freeze({
    valid: found.valid,
    code: found.code,
    reason: found.reason,
    field: found.field,
    kind: found.kind,
    form: found.form,
    agentId: found.agent_id,
    idMatchesKey: found.id_matches_key,
    packetId: found.packet_id,
  });
}
