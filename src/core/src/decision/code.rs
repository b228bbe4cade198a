//! The one table of codes. docs/SPEC.md and the TypeScript types are tested against it.

macro_rules! codes {
    ($($name:ident $text:literal $meaning:literal)*) => {
        /// Why something is refused. The texts are stable; programs may depend on them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $meaning] $name,)*
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable text.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it means, in one sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }
        }
    };
}

codes! {
    InputTooLarge "input_too_large" "The text is longer than is read; nothing was parsed."
    InvalidUtf8 "invalid_utf8" "The text is not UTF-8."
    MalformedJson "malformed_json" "The text is not JSON as RFC 8259 defines it."
    DuplicateKey "duplicate_key" "A key stands twice in one object."
    NestingTooDeep "nesting_too_deep" "Arrays and objects are nested deeper than 128 levels."
    NumberTooLarge "number_too_large" "An integer has more than 308 digits."
    NumberNotFinite "number_not_finite" "A number is too large for a double."
    NumberNoncanonical "number_noncanonical" "A number has a second spelling: the integer `-0`."
    NumberUnsafe "number_unsafe" "A whole JavaScript number beyond 2^53 may have lost digits; pass a bigint."
    InvalidUnicode "invalid_unicode" "A string holds an unpaired surrogate."
    MissingField "missing_field" "A required field is absent."
    UnknownField "unknown_field" "A field is not part of the model, so no signature covers it."
    TypeMismatch "type_mismatch" "A value has another JSON type than its field."
    FieldInvalid "field_invalid" "A field has the right type and a value outside its range."
    UnknownKind "unknown_kind" "The text is none of the signed objects."
    DatetimeNoncanonical "datetime_noncanonical" "A datetime is not spelled `YYYY-MM-DDTHH:MM:SS[.ffffff]` with `Z` or `±HH:MM`."
    DatetimeNaive "datetime_naive" "A datetime names no offset from UTC."
    DatetimeOutOfRange "datetime_out_of_range" "A datetime lies outside the years 1970 to 9999."
    UnsupportedAlgorithm "unsupported_algorithm" "The signature algorithm is not exactly `Ed25519`."
    PublicKeyEncodingInvalid "public_key_encoding_invalid" "The public key is not in its one canonical encoding."
    WeakPublicKey "weak_public_key" "The public key has small order: one signature would fit every message."
    PrivateKeyInvalid "private_key_invalid" "The private key cannot be read, or a foreign public key stands beside it."
    UnsupportedRiskLevel "unsupported_risk_level" "The risk level is neither `read` nor `write`."
    RiskLevelRequired "risk_level_required" "A strict gate admits only packets that state their risk."
    TtlInvalid "ttl_invalid" "The TTL is not at least one second."
    TtlPolicyMismatch "ttl_policy_mismatch" "The expiry does not follow from the TTL, or the TTL is longer than the receiver allows."
    LifetimeExceeded "lifetime_exceeded" "The packet lives longer than the receiver allows any packet to live."
    SignatureEncodingInvalid "signature_encoding_invalid" "The signature is not the canonical base64 of 64 bytes."
    InvalidSignature "invalid_signature" "The signature does not fit the key and the signed bytes in any accepted form."
    AgentUnknown "agent_unknown" "The registry does not know the agent."
    AgentIdInvalid "agent_id_invalid" "An agent id is not 1 to 256 printable ASCII characters."
    AgentIdMismatch "agent_id_mismatch" "The agent id is not the hash of the key, and no registry binds it."
    AgentRevoked "agent_revoked" "The agent, or its key, is revoked."
    PublicKeyMismatch "public_key_mismatch" "The key is not one that the agent holds now."
    WrongAudience "wrong_audience" "The packet is for another receiver."
    ExpiryMissing "expiry_missing" "The packet never expires."
    MalformedTimeWindow "malformed_time_window" "The end of validity lies before its start."
    IssuedInFuture "issued_in_future" "The object is not valid yet."
    Expired "expired" "The object is not valid any more."
    DepthExceeded "depth_exceeded" "The delegation chain is longer than the receiver allows."
    ChainMismatch "chain_mismatch" "The chain contradicts itself or the packet."
    ChainUnproven "chain_unproven" "A strict gate admits several hops only with proof of each."
    LoopDetected "loop_detected" "The task returns to an agent it has passed."
    AuthorityEscalation "authority_escalation" "More is granted than the granter had."
    TokenNoncanonical "token_noncanonical" "The token is not the one canonical text of its capability."
    CapabilityInvalid "capability_invalid" "The capability token cannot be read."
    CapabilitySignatureInvalid "capability_signature_invalid" "The signature of the capability does not fit."
    CapabilityNotYetValid "capability_not_yet_valid" "The capability is not valid yet."
    CapabilityExpired "capability_expired" "The capability is not valid any more."
    CapabilitySubjectMismatch "capability_subject_mismatch" "The capability is neither handed on nor exercised by the sender's own key."
    ConstraintRelaxed "constraint_relaxed" "A constraint of the granter is missing or weaker."
    CapabilityChainInvalid "capability_chain_invalid" "The capabilities do not follow from one another."
    ActionInvalid "action_invalid" "A scoped action could be read in two ways, or is too long."
    CapabilityMissing "capability_missing" "The packet carries no capability, and one is required here."
    ParentMissing "parent_missing" "The capability narrows another one that was not presented."
    UntrustedRoot "untrusted_root" "The issuer of the first capability may not originate these actions."
    CapabilityRevoked "capability_revoked" "A capability is revoked."
    PacketRevoked "packet_revoked" "The packet is revoked."
    RevocationUnavailable "revocation_unavailable" "The host could not say whether something is revoked."
    RevocationInvalid "revocation_invalid" "The signer may not revoke this."
    OverlapUnavailable "overlap_unavailable" "The host could not say which capability succeeds an expired one."
    OverlapInvalid "overlap_invalid" "A token can succeed another only with the same issuer key and subject."
    InvalidAiProvenance "invalid_ai_provenance" "AI provenance lacks a `source` that is a non-empty string."
    HumanReviewRequired "human_review_required" "The packet requires a human approval that was not given."
    HumanReviewDenied "human_review_denied" "A registered reviewer denied the packet."
    ConstraintUnsupported "constraint_unsupported" "A constraint demands what nobody here enforces."
    ApprovalUnavailable "approval_unavailable" "The host could not say whether a person approved."
    PolicyDenied "policy_denied" "The host's policy did not answer with literal `true`."
    PolicyUnavailable "policy_unavailable" "The host's policy failed or gave no answer in time."
    NoPolicyProvided "no_policy_provided" "A policy is required here and none was provided."
    ActionNotPermitted "action_not_permitted" "The action is not one that the packet permits."
    ToolCallsExhausted "tool_calls_exhausted" "No tool call is left: of this grant, or of one it comes from."
    MaxRuntimeExceeded "max_runtime_exceeded" "The task ran longer than its constraint allows."
    TaskFinished "task_finished" "The task has ended; it may do nothing more."
    CounterUnavailable "counter_unavailable" "The counter store failed or gave no answer in time."
    CounterInvalidReply "counter_invalid_reply" "The counter store answered with something other than literal `true` or `false`."
    CounterStoreFull "counter_store_full" "The counter store has no room for another live counter."
    RevalidationTimeout "revalidation_timeout" "A revalidation did not end in time, so the rights count as stale."
    RegistryUnavailable "registry_unavailable" "The host could not say whose key it is."
    RegistryInvalidReply "registry_invalid_reply" "The host answered with something that is no agent record."
    ReplayDetected "replay_detected" "The nonce has been taken before."
    ReplayStoreUnavailable "replay_store_unavailable" "The replay store failed or gave no answer in time."
    ReplayStoreInvalidReply "replay_store_invalid_reply" "The replay store answered with something other than literal `true` or `false`."
    ReplayStoreFull "replay_store_full" "The replay store has no room for another live nonce."
    ResultInvalid "result_invalid" "A result or reason cannot be attested."
    OutcomeHashMismatch "outcome_hash_mismatch" "The result is not the attested one."
    ReasonHashMismatch "reason_hash_mismatch" "The reason is not the attested one."
    AttestationPacketMismatch "attestation_packet_mismatch" "The attestation is of another packet."
    AttestationStatus "attestation_status" "The attested status is none that is accepted here."
    AttestationSignerMismatch "attestation_signer_mismatch" "The attesting key is not one that the expected agent held then."
    AuditUnavailable "audit_unavailable" "What must be recorded before a task starts could not be."
    KeyConflict "key_conflict" "The agent is registered with another key."
    SigningIdentityMismatch "signing_identity_mismatch" "The fields name another sender than the one who signs."
    TaskMetadataConflict "task_metadata_conflict" "A field contradicts the metadata of the task."
    SignerAsync "signer_async" "The signer is asynchronous; call the `…Async` function."
    ClockInvalid "clock_invalid" "The clock gave no time between the years 1970 and 9999."
    ConfigInvalid "config_invalid" "An option is missing, unknown or outside its range."
    InternalError "internal_error" "A fault in this software; nothing was accepted."
}

impl core::fmt::Display for Code {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}
