import { shared } from "./core.js";
import { receivedBytes } from "./text.js";

/**
 * Form and signature of a received packet or envelope, and nothing else: no clock, no trust, no replay. Whether to act
 * on it is the gate's answer, `TrustHandoffMiddleware`.
 *
 * An object with a member `packet` is judged as an envelope, everything else as a packet: other signed objects, however
 * valid, are neither. It answers whatever was received, also where the core itself fails on it.
 */
export function verifySignature(received) {
  const bytes = receivedBytes(received, "the packet or envelope");
  const found = judged(bytes);
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

function judged(bytes) {
  try {
    return shared.call((glue) => {
      const found = glue.checkTask(true, bytes);
      return found.code === "missing_field" && found.field === "/packet" ? glue.checkTask(false, bytes) : found;
    });
  } catch (error) {
    // Without WebAssembly nothing can be said of any text; that is no answer about this one.
    if (error.code !== "internal_error") throw error;
    const { code, message: reason } = error;
    return { valid: false, code, reason, field: null, kind: null, form: null, agent_id: null, id_matches_key: null, packet_id: null };
  }
}
