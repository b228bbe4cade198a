//! ACCEPT or REJECT, with a reason from one table.

mod code;
mod reason;

pub use code::Code;
pub use reason::Reason;
pub(crate) use reason::one_line;

use crate::encoding::hex;
use crate::packet::{Form, Packet};

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
    /// The form of AI provenance.
    AiProvenance,
    /// The host's revocations.
    Revocation,
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
            Self::AiProvenance => "ai_provenance",
            Self::Revocation => "revocation",
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

/// The outcome of a gate.
#[derive(Debug, Clone)]
pub struct Decision {
    outcome: Result<Packet, Reason>,
    findings: Vec<Finding>,
    claimed: Option<Claimed>,
}

/// What a packet says of itself, proven or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its id.
    pub packet_id: String,
    /// Its sender.
    pub from_agent: String,
    /// The fingerprint of its key.
    pub fingerprint: String,
    /// The form that was signed, once the signature has been verified.
    pub form: Option<Form>,
}

impl Decision {
    pub(crate) fn accept(packet: Packet, findings: Vec<Finding>, claimed: Option<Claimed>) -> Self {
        Self { outcome: Ok(packet), findings, claimed }
    }

    pub(crate) fn reject(reason: Reason, findings: Vec<Finding>, claimed: Option<Claimed>) -> Self {
        Self { outcome: Err(reason), findings, claimed }
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
        &self.findings
    }

    /// What the packet says of itself; nothing where it could not be read. Proven only by an ACCEPT.
    #[must_use]
    pub const fn claimed(&self) -> Option<&Claimed> {
        self.claimed.as_ref()
    }

    /// The packet's digest in hexadecimal; only of an ACCEPT.
    #[must_use]
    pub fn packet_digest(&self) -> Option<String> {
        self.packet().map(|packet| hex(&packet.digest()))
    }
}
