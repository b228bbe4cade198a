export {
  AdapterError,
  ArgumentTypeError,
  AttestationError,
  CanonicalizationError,
  CapabilityError,
  ConfigurationError,
  InvalidSignatureError,
  MiddlewareExecutionError,
  MissingPacketIDError,
  PayloadValidationError,
  PublicKeyMismatchError,
  ReplayAttackError,
  RevocationConsistencyError,
  StaleCapabilityError,
  TrustHandoffError,
  VerificationError,
} from "./errors.js";
export { reasonCodes } from "./codes.js";
export { AgentIdentity } from "./identity.js";
export { AgentRegistry } from "./registry.js";
export { DelegationCapability, issueCapability, issueCapabilityAsync } from "./capability.js";
export { CapabilityOverlap } from "./overlap.js";
export { createEnvelope, signPacket, signPacketAsync } from "./packet.js";
export { createAttestation, createAttestationAsync, verifyArchived, verifyAttestation, verifyAttestationAsync } from "./attestation.js";
export { approve, approveAsync, reviewRequest } from "./approval.js";
export { revoke, revokeAsync, RevocationList } from "./revocation.js";
export { signedTask } from "./task.js";
export { verifySignature } from "./verify.js";
export { PacketDecision } from "./gate/decision.js";
export { TrustHandoffMiddleware } from "./gate/middleware.js";
export { RevalidationWatcher } from "./watcher.js";
export { EventBuffer } from "./events/buffer.js";
export { TrustHandoffExecutor } from "./execution/executor.js";
export { MemoryCounterStore } from "./stores/counters.js";
export { MemoryNonceStore } from "./stores/memory.js";
