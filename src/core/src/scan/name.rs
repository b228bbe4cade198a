//! The members of events that auditors know.

macro_rules! names {
    ($($name:ident $text:literal $bytes:literal)*) => {
        /// A member of an event.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Name { $($name),* }

        impl Name {
            pub(super) const COUNT: usize = [$($text),*].len();

            pub(crate) fn find(key: &[u8]) -> Option<Self> {
                match key { $($bytes => Some(Self::$name),)* _ => None }
            }

            /// As it stands in an event.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

names! {
    EventId "event_id" b"event_id"
    EventType "event_type" b"event_type"
    Timestamp "timestamp" b"timestamp"
    ProducerId "producer_id" b"producer_id"
    CorrelationId "correlation_id" b"correlation_id"
    IdempotencyKey "idempotency_key" b"idempotency_key"
    PacketId "packet_id" b"packet_id"
    TaskId "task_id" b"task_id"
    FromAgent "from_agent" b"from_agent"
    ToAgent "to_agent" b"to_agent"
    RiskLevel "risk_level" b"risk_level"
    TtlSeconds "ttl_seconds" b"ttl_seconds"
    Identity "identity" b"identity"
    Fingerprint "fingerprint" b"fingerprint"
    NonceHash "nonce_hash" b"nonce_hash"
    ExpiresAt "expires_at" b"expires_at"
    PacketDigest "packet_digest" b"packet_digest"
    Ancestors "ancestors" b"ancestors"
    MaxToolCalls "max_tool_calls" b"max_tool_calls"
    RequiresHumanReview "requires_human_review" b"requires_human_review"
    Reason "reason" b"reason"
    Message "message" b"message"
    Field "field" b"field"
    CapabilityId "capability_id" b"capability_id"
    IsRevocationStale "is_revocation_stale" b"is_revocation_stale"
    Source "source" b"source"
    Model "model" b"model"
    Action "action" b"action"
    Status "status" b"status"
    OutcomeHash "outcome_hash" b"outcome_hash"
    AttestationDigest "attestation_digest" b"attestation_digest"
    SignedBy "signed_by" b"signed_by"
    ReviewDigest "review_digest" b"review_digest"
    Decision "decision" b"decision"
    Target "target" b"target"
    AgentId "agent_id" b"agent_id"
    Prev "prev" b"prev"
    AllowedActions "allowed_actions" b"allowed_actions"
    Capabilities "capabilities" b"capabilities"
    ReceivedAs "received_as" b"received_as"
    OverlapSeconds "overlap_seconds" b"overlap_seconds"
}
