//! ACCEPT or REJECT, with a reason from one table.

mod code;
mod reason;

pub use code::{Class, Code, USAGE_CODES};
pub use reason::Reason;
pub(crate) use reason::one_line;

use crate::approval::Approval;
use crate::capability::Capability;
use crate::encoding::hex;
use crate::json::Integer;
use crate::packet::{Content, Form, Packet, RiskLevel};
use crate::time::Timestamp;

/// The rules of the gate, in the order in which they are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Check {
    /// Length of the text.
    Size,
    /// UTF-8.
    Encoding,
    /// Strict JSON.
    Json,
    /// Fields, types and ranges.
    Fields,
    /// The signature algorithm.
    Algorithm,
    /// Encoding and strength of the key.
    PublicKey,
    /// The packet's own TTL.
    Ttl,
    /// The key belongs to the sender.
    Identity,
    /// The sender is not revoked.
    AgentRevocation,
    /// The packet is for this receiver.
    Audience,
    /// The signature.
    Signature,
    /// The time window.
    Time,
    /// The receiver's limits on lifetimes.
    TtlPolicy,
    /// Depth, consistency and loops of the chain.
    Chain,
    /// The capability token.
    Capability,
    /// The action is permitted; only when one is about to be taken.
    Action,
    /// The form of AI provenance.
    AiProvenance,
    /// A tool call is left; only when one is about to be made.
    ToolCalls,
    /// The host's revocations.
    Revocation,
    /// Constraints that the host must enforce.
    Constraints,
    /// Human approval.
    HumanReview,
    /// The host's policy.
    Policy,
    /// The nonce, taken last.
    Replay,
}

impl Check {
    /// The name in `decision.checks`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Encoding => "encoding",
            Self::Json => "json",
            Self::Fields => "fields",
            Self::Algorithm => "algorithm",
            Self::PublicKey => "public_key",
            Self::Ttl => "ttl",
            Self::Identity => "identity",
            Self::AgentRevocation => "agent_revocation",
            Self::Audience => "audience",
            Self::Signature => "signature",
            Self::Time => "time",
            Self::TtlPolicy => "ttl_policy",
            Self::Chain => "chain",
            Self::Capability => "capability",
            Self::Action => "action",
            Self::AiProvenance => "ai_provenance",
            Self::ToolCalls => "tool_calls",
            Self::Revocation => "revocation",
            Self::Constraints => "constraints",
            Self::HumanReview => "human_review",
            Self::Policy => "policy",
            Self::Replay => "replay",
        }
    }
}

/// What one rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub check: Check,
    /// `None` where it was satisfied.
    pub refusal: Option<Reason>,
    /// What it looked at, for people.
    pub detail: String,
}

/// What was accepted, and what proves it.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The verified packet.
    pub packet: Packet,
    /// The proven packets before it, oldest first.
    pub ancestors: Vec<Packet>,
    /// The proven capabilities, root first; the last one is the packet's own.
    pub capabilities: Vec<Capability>,
    /// The end of what it all rests on, exclusive.
    pub valid_until: Timestamp,
}

/// Something that is allowed and worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Notice {
    /// A capability admitted after its end, because another one takes its place.
    TokenOverlapUsed,
}

impl Notice {
    /// The name of the event.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TokenOverlapUsed => "token_overlap_used",
        }
    }
}

/// The outcome of a gate.
#[derive(Debug, Clone)]
pub struct Decision {
    outcome: Result<Accepted, Reason>,
    trail: Trail,
}

/// What happened on the way to a decision.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    /// What was checked, in order, and what each rule found.
    pub findings: Vec<Finding>,
    /// What the packet says of itself; nothing where it could not be read.
    pub claimed: Option<Claimed>,
    /// What is worth telling.
    pub notices: Vec<Notice>,
    /// The words of people that decided: the approvals that an acceptance rests on, or the denial that refused. Each is
    /// verified, and by a reviewer.
    pub reviews: Vec<Approval>,
}

/// What a packet says of itself, proven or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its id.
    pub packet_id: String,
    /// Its task.
    pub task_id: String,
    /// Its sender.
    pub from_agent: String,
    /// Its receiver.
    pub to_agent: String,
    /// Its nonce.
    pub nonce: String,
    /// Its risk.
    pub risk_level: Option<RiskLevel>,
    /// Its lifetime in seconds.
    pub ttl_seconds: Option<Integer>,
    /// Its end.
    pub expires_at: Option<Timestamp>,
    /// The fingerprint of its key.
    pub fingerprint: String,
    /// Whether the key is the sender's and the signature valid; whatever else it says is then the sender's
    /// word.
    pub is_proven: bool,
    /// The form that was signed, once the signature has been verified.
    pub form: Option<Form>,
}

impl Claimed {
    /// What this packet says, nothing of it proven.
    pub(crate) fn of(content: &Content) -> Self {
        Self {
            packet_id: content.packet_id.clone(),
            task_id: content.task_id.clone(),
            from_agent: content.from_agent.clone(),
            to_agent: content.to_agent.clone(),
            nonce: content.nonce.clone(),
            risk_level: content.risk_level,
            ttl_seconds: content.ttl_seconds.clone(),
            expires_at: content.expires_at,
            fingerprint: content.public_key.fingerprint(),
            is_proven: false,
            form: None,
        }
    }
}

impl Decision {
    pub(crate) fn accept(accepted: Accepted, trail: Trail) -> Self {
        Self { outcome: Ok(accepted), trail }
    }

    pub(crate) fn reject(reason: Reason, trail: Trail) -> Self {
        Self { outcome: Err(reason), trail }
    }

    /// `"ACCEPT"` or `"REJECT"`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self.outcome {
            Ok(_) => "ACCEPT",
            Err(_) => "REJECT",
        }
    }

    /// The verified packet; only of an ACCEPT.
    #[must_use]
    pub fn packet(&self) -> Option<&Packet> {
        self.accepted().map(|accepted| &accepted.packet)
    }

    /// What was accepted, and what proves it; only of an ACCEPT.
    #[must_use]
    pub fn accepted(&self) -> Option<&Accepted> {
        self.outcome.as_ref().ok()
    }

    /// The reason; only of a REJECT.
    #[must_use]
    pub fn reason(&self) -> Option<&Reason> {
        self.outcome.as_ref().err()
    }

    /// What was checked, in order, and what each rule found.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.trail.findings
    }

    /// What the packet says of itself; nothing where it could not be read. Proven only by an ACCEPT.
    #[must_use]
    pub const fn claimed(&self) -> Option<&Claimed> {
        self.trail.claimed.as_ref()
    }

    /// What is worth telling.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.trail.notices
    }

    /// The words of people that decided.
    #[must_use]
    pub fn reviews(&self) -> &[Approval] {
        &self.trail.reviews
    }

    /// The packet's digest in hexadecimal; only of an ACCEPT.
    #[must_use]
    pub fn packet_digest(&self) -> Option<String> {
        self.packet().map(|packet| hex(&packet.digest()))
    }
}
