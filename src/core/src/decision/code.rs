//! The one table of codes. docs/SPEC.md and the TypeScript types are tested against it.

macro_rules! codes {
    ($($name:ident $text:literal $class:ident $([$flag:ident])? $meaning:literal)*) => {
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

            /// The kind of error it is thrown as.
            #[must_use]
            pub const fn class(self) -> Class {
                match self { $(Self::$name => Class::$class,)* }
            }

            const fn flag(self) -> Option<Flag> {
                match self { $($(Self::$name => Some(Flag::$flag),)?)* _ => None }
            }
        }
    };
}

/// What a code says beside its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flag {
    /// Trust was withdrawn; time alone does not cause it.
    Revokes,
    /// It refuses one use of an action and leaves the task its authority.
    OneUse,
}

impl Code {
    /// Whether trust was withdrawn, as opposed to having run out.
    #[must_use]
    pub const fn revokes(self) -> bool {
        matches!(self.flag(), Some(Flag::Revokes))
    }

    /// Whether a running task that meets it has lost its authority. Otherwise it refuses one use only.
    #[must_use]
    pub const fn ends_task(self) -> bool {
        !matches!(self.flag(), Some(Flag::OneUse))
    }
}

macro_rules! classes {
    ($($name:ident $text:literal)*) => {
        /// The kinds of errors that bindings throw, named as in the reference implementation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Class {
            $(#[doc = concat!("`", $text, "`.")] $name,)*
        }

        impl Class {
            /// Every class.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name of the class.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

classes! {
    TrustHandoff "TrustHandoffError"
    Verification "VerificationError"
    Configuration "ConfigurationError"
    PayloadValidation "PayloadValidationError"
    Canonicalization "CanonicalizationError"
    InvalidSignature "InvalidSignatureError"
    PublicKeyMismatch "PublicKeyMismatchError"
    ReplayAttack "ReplayAttackError"
    Capability "CapabilityError"
    StaleCapability "StaleCapabilityError"
    RevocationConsistency "RevocationConsistencyError"
    Attestation "AttestationError"
    MiddlewareExecution "MiddlewareExecutionError"
    ArgumentType "ArgumentTypeError"
}

/// Codes of bindings for errors of the program around them, which no gate answers with.
pub const USAGE_CODES: [(&str, Class); 6] = [
    ("argument_type", Class::ArgumentType),
    ("identity_disposed", Class::Configuration),
    ("key_not_exportable", Class::Configuration),
    ("signer_failed", Class::Configuration),
    ("wasm_unavailable", Class::Configuration),
    ("wasm_mismatch", Class::Configuration),
];

codes! {
    InputTooLarge "input_too_large" PayloadValidation "The text is longer than is read; nothing was parsed."
    InvalidUtf8 "invalid_utf8" Canonicalization "The text is not UTF-8."
    MalformedJson "malformed_json" PayloadValidation "The text is not JSON as RFC 8259 defines it."
    DuplicateKey "duplicate_key" Canonicalization "A key stands twice in one object."
    NestingTooDeep "nesting_too_deep" Canonicalization "Arrays and objects are nested deeper than 128 levels."
    NumberTooLarge "number_too_large" Canonicalization "An integer has more than 308 digits."
    NumberNotFinite "number_not_finite" Canonicalization "A number is too large for a double."
    NumberNoncanonical "number_noncanonical" Canonicalization "A number has a second spelling: the integer `-0`."
    NumberUnsafe "number_unsafe" Canonicalization "A whole JavaScript number beyond 2^53 may have lost digits; pass a bigint."
    InvalidUnicode "invalid_unicode" Canonicalization "A string holds an unpaired surrogate."
    MissingField "missing_field" PayloadValidation "A required field is absent."
    UnknownField "unknown_field" PayloadValidation "A field is not part of the model, so no signature covers it."
    TypeMismatch "type_mismatch" PayloadValidation "A value has another JSON type than its field."
    FieldInvalid "field_invalid" PayloadValidation "A field has the right type and a value outside its range."
    UnknownKind "unknown_kind" PayloadValidation "The text is none of the signed objects."
    DatetimeNoncanonical "datetime_noncanonical" PayloadValidation "A datetime is not spelled `YYYY-MM-DDTHH:MM:SS[.ffffff]` with `Z` or `±HH:MM`."
    DatetimeNaive "datetime_naive" PayloadValidation "A datetime names no offset from UTC."
    DatetimeOutOfRange "datetime_out_of_range" PayloadValidation "A datetime lies outside the years 1970 to 9999."
    UnsupportedAlgorithm "unsupported_algorithm" InvalidSignature "The signature algorithm is not exactly `Ed25519`."
    PublicKeyEncodingInvalid "public_key_encoding_invalid" PayloadValidation "The public key is not in its one canonical encoding."
    WeakPublicKey "weak_public_key" PayloadValidation "The public key has small order: one signature would fit every message."
    PrivateKeyInvalid "private_key_invalid" PayloadValidation "The private key cannot be read, or a foreign public key stands beside it."
    UnsupportedRiskLevel "unsupported_risk_level" PayloadValidation "The risk level is neither `read` nor `write`."
    RiskLevelRequired "risk_level_required" PayloadValidation "A strict gate admits only packets that state their risk."
    TtlInvalid "ttl_invalid" PayloadValidation "The TTL is not at least one second."
    TtlPolicyMismatch "ttl_policy_mismatch" PayloadValidation "The expiry does not follow from the TTL, or the TTL is longer than the receiver allows."
    LifetimeExceeded "lifetime_exceeded" Verification "The packet, or a capability it rests on, lives longer than the receiver allows any to live."
    SignatureEncodingInvalid "signature_encoding_invalid" InvalidSignature "The signature is not the canonical base64 of 64 bytes."
    InvalidSignature "invalid_signature" InvalidSignature "The signature does not fit the key and the signed bytes in any accepted form."
    AgentUnknown "agent_unknown" PublicKeyMismatch "The registry does not know the agent."
    AgentIdInvalid "agent_id_invalid" PayloadValidation "An agent id is not 1 to 256 printable ASCII characters."
    AgentIdMismatch "agent_id_mismatch" PublicKeyMismatch "The agent id is not the hash of the key, and no registry binds it."
    AgentRevoked "agent_revoked" Verification [Revokes] "The agent, or its key, is revoked."
    PublicKeyMismatch "public_key_mismatch" PublicKeyMismatch "The key is not one that the agent holds now."
    WrongAudience "wrong_audience" Verification "The packet is for another receiver."
    ExpiryMissing "expiry_missing" Verification "The packet never expires."
    MalformedTimeWindow "malformed_time_window" Verification "The end of validity lies before its start."
    IssuedInFuture "issued_in_future" Verification "The object is not valid yet."
    Expired "expired" Verification "The object is not valid any more."
    DepthExceeded "depth_exceeded" Verification "The delegation chain is longer than the receiver allows."
    ChainMismatch "chain_mismatch" Verification "The chain contradicts itself or the packet."
    ChainUnproven "chain_unproven" Verification "A strict gate admits several hops only with proof of each."
    LoopDetected "loop_detected" Verification "The task returns to an agent it has passed."
    AuthorityEscalation "authority_escalation" Capability "More is granted than the granter had."
    WorkExceeded "work_exceeded" Capability [OneUse] "Judging it takes more work than a text of its size may cost."
    TokenNoncanonical "token_noncanonical" Capability "The token is not the one canonical text of its capability."
    CapabilityInvalid "capability_invalid" Capability "The capability token cannot be read."
    CapabilitySignatureInvalid "capability_signature_invalid" Capability "The signature of the capability does not fit."
    CapabilityNotYetValid "capability_not_yet_valid" Capability "The capability is not valid yet."
    CapabilityExpired "capability_expired" StaleCapability "The capability is not valid any more."
    CapabilitySubjectMismatch "capability_subject_mismatch" Capability "The capability is neither handed on nor exercised by the sender's own key."
    ConstraintRelaxed "constraint_relaxed" Capability "A constraint of the granter is missing or weaker."
    CapabilityChainInvalid "capability_chain_invalid" Capability "The capabilities do not follow from one another."
    ActionInvalid "action_invalid" Capability [OneUse] "A scoped action could be read in two ways, or is too long."
    CapabilityMissing "capability_missing" Capability "The packet carries no capability, and one is required here."
    ParentMissing "parent_missing" Capability "The capability narrows another one that was not presented."
    UntrustedRoot "untrusted_root" Capability "The issuer of the first capability may not originate these actions."
    CapabilityRevoked "capability_revoked" StaleCapability [Revokes] "A capability is revoked."
    PacketRevoked "packet_revoked" Verification [Revokes] "The packet is revoked."
    RevocationUnavailable "revocation_unavailable" RevocationConsistency "The host could not say whether something is revoked."
    RevocationInvalid "revocation_invalid" RevocationConsistency "The signer may not revoke this."
    OverlapUnavailable "overlap_unavailable" MiddlewareExecution "The host could not say which capability succeeds an expired one."
    OverlapInvalid "overlap_invalid" Capability "A token can succeed another only with the same issuer key and subject."
    InvalidAiProvenance "invalid_ai_provenance" PayloadValidation "AI provenance lacks a `source` that is a non-empty string."
    HumanReviewRequired "human_review_required" Verification "The packet requires a human approval that was not given."
    HumanReviewDenied "human_review_denied" Verification "A registered reviewer denied the packet."
    ConstraintUnsupported "constraint_unsupported" Capability "A constraint demands what nobody here enforces."
    ApprovalUnavailable "approval_unavailable" MiddlewareExecution "The host could not say whether a person approved."
    PolicyDenied "policy_denied" Verification "The host's policy did not answer with literal `true`."
    PolicyUnavailable "policy_unavailable" MiddlewareExecution "The host's policy failed or gave no answer in time."
    NoPolicyProvided "no_policy_provided" Configuration "A policy is required here and none was provided."
    ActionNotPermitted "action_not_permitted" Capability [OneUse] "The action is not one that the packet permits."
    ToolCallsExhausted "tool_calls_exhausted" Capability [OneUse] "No tool call is left: of this grant, or of one it comes from."
    MaxRuntimeExceeded "max_runtime_exceeded" Capability "The task ran longer than its constraint allows."
    TaskFinished "task_finished" Capability "The task has ended; it may do nothing more."
    CounterUnavailable "counter_unavailable" MiddlewareExecution [OneUse] "The counter store failed or gave no answer in time."
    CounterInvalidReply "counter_invalid_reply" MiddlewareExecution [OneUse] "The counter store answered with something other than literal `true` or `false`."
    CounterStoreFull "counter_store_full" MiddlewareExecution [OneUse] "The counter store has no room for another live counter."
    RevalidationTimeout "revalidation_timeout" StaleCapability "A revalidation did not end in time, so the rights count as stale."
    RegistryUnavailable "registry_unavailable" MiddlewareExecution "The host could not say whose key it is."
    RegistryInvalidReply "registry_invalid_reply" MiddlewareExecution "The host answered with something that is no agent record."
    ReplayDetected "replay_detected" ReplayAttack "The nonce has been taken before."
    ReplayStoreUnavailable "replay_store_unavailable" MiddlewareExecution "The replay store failed or gave no answer in time."
    ReplayStoreInvalidReply "replay_store_invalid_reply" MiddlewareExecution "The replay store answered with something other than literal `true` or `false`."
    ReplayStoreFull "replay_store_full" MiddlewareExecution "The replay store has no room for another live nonce."
    GateBusy "gate_busy" MiddlewareExecution [OneUse] "Too many runs wait for the host already; try again."
    ResultInvalid "result_invalid" Attestation "A result or reason cannot be attested."
    OutcomeHashMismatch "outcome_hash_mismatch" Attestation "The result is not the attested one."
    ReasonHashMismatch "reason_hash_mismatch" Attestation "The reason is not the attested one."
    AttestationPacketMismatch "attestation_packet_mismatch" Attestation "The attestation is of another packet."
    AttestationStatus "attestation_status" Attestation "The attested status is none that is accepted here."
    AttestationSignerMismatch "attestation_signer_mismatch" Attestation "The attesting key is not one that the expected agent held then."
    AuditUnavailable "audit_unavailable" MiddlewareExecution "What must be recorded before a task starts could not be."
    KeyConflict "key_conflict" Configuration "The agent is registered with another key."
    SigningIdentityMismatch "signing_identity_mismatch" PublicKeyMismatch "The fields name another sender than the one who signs."
    TaskMetadataConflict "task_metadata_conflict" Configuration "A field contradicts the metadata of the task."
    SignerAsync "signer_async" Configuration "The signer is asynchronous; call the `…Async` function."
    ClockInvalid "clock_invalid" Configuration "The clock gave no time between the years 1970 and 9999."
    ConfigInvalid "config_invalid" Configuration "An option is missing, unknown or outside its range."
    InternalError "internal_error" TrustHandoff "A fault in this software; nothing was accepted."
}

impl core::fmt::Display for Code {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}
