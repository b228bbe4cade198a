/** Written by `cargo xtask vocabulary` from the tables of the core. A test fails where it differs. */

/** Name of an error class → the codes it is thrown with. */
export const CODES_OF_CLASS = {
  TrustHandoffError: "internal_error",
  VerificationError: "lifetime_exceeded agent_revoked wrong_audience expiry_missing malformed_time_window issued_in_future expired depth_exceeded chain_mismatch chain_unproven loop_detected packet_revoked human_review_required human_review_denied policy_denied",
  ConfigurationError: "no_policy_provided key_conflict task_metadata_conflict signer_async clock_invalid config_invalid identity_disposed key_not_exportable signer_failed wasm_unavailable wasm_mismatch",
  PayloadValidationError: "input_too_large malformed_json missing_field unknown_field type_mismatch field_invalid unknown_kind datetime_noncanonical datetime_naive datetime_out_of_range public_key_encoding_invalid weak_public_key private_key_invalid unsupported_risk_level risk_level_required ttl_invalid ttl_policy_mismatch agent_id_invalid invalid_ai_provenance",
  CanonicalizationError: "invalid_utf8 duplicate_key nesting_too_deep number_too_large number_not_finite number_noncanonical number_unsafe invalid_unicode",
  InvalidSignatureError: "unsupported_algorithm signature_encoding_invalid invalid_signature",
  PublicKeyMismatchError: "agent_unknown agent_id_mismatch public_key_mismatch signing_identity_mismatch",
  ReplayAttackError: "replay_detected",
  CapabilityError: "authority_escalation work_exceeded token_noncanonical capability_invalid capability_signature_invalid capability_not_yet_valid capability_subject_mismatch constraint_relaxed capability_chain_invalid action_invalid capability_missing parent_missing untrusted_root overlap_invalid constraint_unsupported action_not_permitted tool_calls_exhausted max_runtime_exceeded task_finished",
  StaleCapabilityError: "capability_expired capability_revoked revalidation_timeout",
  RevocationConsistencyError: "revocation_unavailable revocation_invalid",
  AttestationError: "result_invalid outcome_hash_mismatch reason_hash_mismatch attestation_packet_mismatch attestation_status attestation_signer_mismatch",
  MiddlewareExecutionError: "overlap_unavailable approval_unavailable policy_unavailable counter_unavailable counter_invalid_reply counter_store_full registry_unavailable registry_invalid_reply replay_store_unavailable replay_store_invalid_reply replay_store_full gate_busy audit_unavailable",
  ArgumentTypeError: "argument_type",
};

/** Trust was withdrawn, as opposed to having run out. */
export const REVOKING = ["agent_revoked", "capability_revoked", "packet_revoked"];

/** Refusals of one use that leave the task its authority. */
export const OF_ONE_USE = ["work_exceeded", "action_invalid", "action_not_permitted", "tool_calls_exhausted", "counter_unavailable", "counter_invalid_reply", "counter_store_full", "gate_busy"];

/** Events that deserve attention. */
export const WARNINGS = ["packet_rejected", "capability_stale", "action_refused", "budget_exhausted", "revoked", "unattested", "log_recovered", "events_lost"];

/** Largest envelope, packet or attestation text, in bytes. */
export const MAX_INPUT_BYTES = 1048576;

/** Largest approval or revocation text, in bytes. */
export const MAX_STATEMENT_BYTES = 65536;

/** Largest capability token, in bytes. */
export const MAX_TOKEN_BYTES = 65536;

/** Longest action that can be requested, in bytes. */
export const MAX_REQUEST_BYTES = 8192;

/** Longest line of a log, in bytes. */
export const MAX_LINE_BYTES = 16777216;
