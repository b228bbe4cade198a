/** Which error a code is. */
import {
  AttestationError,
  CanonicalizationError,
  CapabilityError,
  ConfigurationError,
  InvalidSignatureError,
  MiddlewareExecutionError,
  PayloadValidationError,
  PublicKeyMismatchError,
  ReplayAttackError,
  RevocationConsistencyError,
  StaleCapabilityError,
  TrustHandoffError,
  VerificationError,
} from "./error_classes.js";

// By name: what a bundler cannot list it cannot drop.
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
} from "./error_classes.js";

/** The error class of a code. */
export function errorFor(code, message, about) {
  const ErrorClass = classOf(code);
  return new ErrorClass(code, message, about);
}

export function configInvalid(message, field = null) {
  return new ConfigurationError("config_invalid", message, { field });
}

/** Code → class. Every code of the core stands here; one that does not is an error of no special kind. */
const CLASSES = /* @__PURE__ */ (() => {
  const table = [
    [TrustHandoffError, "internal_error"],
    [
      VerificationError,
      "agent_revoked chain_mismatch chain_unproven depth_exceeded expired expiry_missing human_review_required issued_in_future " +
        "lifetime_exceeded loop_detected malformed_time_window packet_revoked policy_denied wrong_audience human_review_denied",
    ],
    [
      ConfigurationError,
      "config_invalid clock_invalid key_conflict task_metadata_conflict signer_async signer_failed key_not_exportable identity_disposed wasm_unavailable wasm_mismatch no_policy_provided",
    ],
    [
      PayloadValidationError,
      "input_too_large malformed_json missing_field unknown_field type_mismatch field_invalid unknown_kind agent_id_invalid invalid_ai_provenance " +
        "datetime_noncanonical datetime_naive datetime_out_of_range unsupported_risk_level risk_level_required ttl_invalid ttl_policy_mismatch " +
        "public_key_encoding_invalid weak_public_key private_key_invalid",
    ],
    [CanonicalizationError, "invalid_utf8 invalid_unicode duplicate_key nesting_too_deep number_too_large number_not_finite number_noncanonical number_unsafe"],
    [InvalidSignatureError, "invalid_signature signature_encoding_invalid unsupported_algorithm"],
    [PublicKeyMismatchError, "public_key_mismatch agent_id_mismatch agent_unknown signing_identity_mismatch"],
    [ReplayAttackError, "replay_detected"],
    [
      CapabilityError,
      "authority_escalation constraint_relaxed action_invalid capability_chain_invalid token_noncanonical capability_invalid capability_signature_invalid capability_not_yet_valid capability_subject_mismatch parent_missing capability_missing untrusted_root constraint_unsupported action_not_permitted tool_calls_exhausted max_runtime_exceeded task_finished overlap_invalid",
    ],
    [StaleCapabilityError, "capability_expired capability_revoked revalidation_timeout"],
    [RevocationConsistencyError, "revocation_unavailable revocation_invalid"],
    [AttestationError, "result_invalid outcome_hash_mismatch reason_hash_mismatch attestation_packet_mismatch attestation_status attestation_signer_mismatch"],
    [
      MiddlewareExecutionError,
      "approval_unavailable policy_unavailable registry_unavailable registry_invalid_reply replay_store_unavailable replay_store_invalid_reply replay_store_full counter_unavailable counter_invalid_reply counter_store_full overlap_unavailable audit_unavailable",
    ],
  ];
  return new Map(table.flatMap(([ErrorClass, codes]) => codes.split(" ").map((code) => [code, ErrorClass])));
})();

function classOf(code) {
  return CLASSES.get(code) ?? TrustHandoffError;
}
