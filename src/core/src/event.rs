//! Events: what happened, for people and auditors. They tell of decisions and never make one.
//!
//! Names and fields are the reference's; beyond them an event says whether an identity was proven or
//! only claimed, and carries digests by which others cite what it tells of (catalogue H01).

use crate::capability::Capability;
use crate::crypto::sha256;
use crate::decision::{Claimed, Decision, Notice};
use crate::encoding::hex;
use crate::json::{Integer, Texts, Value};
use crate::packet::{Packet, RiskLevel};
use crate::review::Subject;
use crate::revocation::Target;
use crate::time::Timestamp;

/// Longest text of a packet that an event repeats, in characters.
const MOST_SHOWN: usize = 1024;

/// Most bytes of actions that an event repeats.
const MOST_ACTIONS: usize = 4096;

/// The kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A gate let a packet through.
    PacketAccepted,
    /// A gate refused a packet.
    PacketRejected,
    /// Rights that were good are good no more.
    CapabilityStale,
    /// A capability was admitted after its end, because another one takes its place.
    TokenOverlapUsed,
    /// The payload of an accepted packet was made by an AI.
    AiGeneratedPayload,
    /// People were asked for a review.
    ReviewRequested,
    /// People gave it, or it was denied.
    ReviewDecided,
    /// An accepted task began.
    TaskStarted,
    /// A task ended.
    TaskFinished,
    /// A tool was used, and counted.
    ToolUsed,
    /// An action was refused.
    ActionRefused,
    /// A use was refused because no call was left.
    BudgetExhausted,
    /// An agent has another key.
    KeyRotated,
    /// Something is trusted no more.
    Revoked,
    /// An outcome was attested.
    Attested,
    /// An outcome could not be attested.
    Unattested,
    /// A signed statement of all that stands in the log before it.
    LogCheckpoint,
    /// A log went on after its last line had been cut off in the middle.
    LogRecovered,
    /// A log goes on with another one, which was full.
    LogContinued,
    /// A sink could not store some events.
    EventsLost,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 20] = [
        Self::PacketAccepted,
        Self::PacketRejected,
        Self::CapabilityStale,
        Self::TokenOverlapUsed,
        Self::AiGeneratedPayload,
        Self::ReviewRequested,
        Self::ReviewDecided,
        Self::TaskStarted,
        Self::TaskFinished,
        Self::ToolUsed,
        Self::ActionRefused,
        Self::BudgetExhausted,
        Self::KeyRotated,
        Self::Revoked,
        Self::Attested,
        Self::Unattested,
        Self::LogCheckpoint,
        Self::LogRecovered,
        Self::LogContinued,
        Self::EventsLost,
    ];

    /// The value of `event_type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PacketAccepted => "packet_accepted",
            Self::PacketRejected => "packet_rejected",
            Self::CapabilityStale => "capability_stale",
            Self::TokenOverlapUsed => "token_overlap_used",
            Self::AiGeneratedPayload => "ai_generated_payload",
            Self::ReviewRequested => "review_requested",
            Self::ReviewDecided => "review_decided",
            Self::TaskStarted => "task_started",
            Self::TaskFinished => "task_finished",
            Self::ToolUsed => "tool_used",
            Self::ActionRefused => "action_refused",
            Self::BudgetExhausted => "budget_exhausted",
            Self::KeyRotated => "key_rotated",
            Self::Revoked => "revoked",
            Self::Attested => "attested",
            Self::Unattested => "unattested",
            Self::LogCheckpoint => "log_checkpoint",
            Self::LogRecovered => "log_recovered",
            Self::LogContinued => "log_continued",
            Self::EventsLost => "events_lost",
        }
    }

    /// Whether it deserves attention: something was refused, withdrawn, lost or left without evidence.
    #[must_use]
    pub const fn is_warning(self) -> bool {
        matches!(
            self,
            Self::PacketRejected
                | Self::CapabilityStale
                | Self::ActionRefused
                | Self::BudgetExhausted
                | Self::Unattested
                | Self::Revoked
                | Self::LogRecovered
                | Self::EventsLost
        )
    }

    /// The reverse of [`Kind::as_str`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Who tells, when, and under which unique id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Identifier of the event, unique: a UUID.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// The agent that tells: never one that only claims to be the sender.
    pub producer: String,
}

/// A version 4 UUID of 128 random bits.
#[must_use]
pub fn uuid(random: u128) -> String {
    let bits = random & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let mut text = hex(&bits.to_be_bytes());
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}

/// An event with the members `payload`, of which `packet_id` or `capability_id` correlates it.
///
/// ```
/// use trusthandoff::event::{Kind, Stamp, event};
/// use trusthandoff::{json, time::Timestamp};
///
/// let stamp = Stamp { id: "e-1".into(), at: Timestamp::parse("2026-03-08T12:00:00Z")?, producer: "agent:researcher".into() };
/// let told = event(Kind::TaskStarted, stamp, vec![("packet_id", "pk-1".into())]);
/// assert_eq!(told.member("correlation_id"), Some(&"pk-1".into()));
/// # Ok::<(), trusthandoff::time::Error>(())
/// ```
#[must_use]
pub fn event(kind: Kind, stamp: Stamp, payload: Vec<(&str, Value)>) -> Value {
    let member = |name: &str| payload.iter().find(|(key, value)| *key == name && *value != Value::Null).map(|(_, value)| value.clone());
    let correlation = member("packet_id").or_else(|| member("capability_id")).unwrap_or(Value::Null);
    // Unique to the event: one key for a refusal and an acceptance of the same packet would let
    // whoever drops duplicates drop the second (catalogue H01).
    let idempotency = Value::String([kind.as_str(), ":", &stamp.id].concat());
    let common = [
        ("event_id", Value::String(stamp.id)),
        ("event_type", kind.as_str().into()),
        ("timestamp", Value::Time(stamp.at)),
        ("producer_id", Value::String(stamp.producer)),
        ("correlation_id", correlation),
        ("idempotency_key", idempotency),
    ];
    Value::Object(common.into_iter().chain(payload).map(|(key, value)| (key.to_owned(), value)).collect())
}

/// What a decision gives occasion to tell, in order: what is worth a notice, AI-made work, and the
/// decision itself. `stamp` is asked for each.
#[must_use]
pub fn of_decision(decision: &Decision, mut stamp: impl FnMut() -> Stamp) -> Vec<Value> {
    let packet_id = || shown(decision.claimed().map(|claimed| claimed.packet_id.as_str()));
    let mut told = Vec::new();
    for notice in decision.notices() {
        let kind = match notice {
            Notice::TokenOverlapUsed => Kind::TokenOverlapUsed,
        };
        told.push(event(kind, stamp(), vec![("packet_id", packet_id()), ("reason", "expired_but_within_overlap".into())]));
    }
    let content = decision.packet().map(Packet::content);
    if let Some(made_by) = content.and_then(|content| content.ai_provenance.as_ref()) {
        let member = |name: &str| made_by.get(name).unwrap_or(Value::Null);
        let payload = vec![("packet_id", packet_id()), ("source", member("source")), ("model", member("model"))];
        told.push(event(Kind::AiGeneratedPayload, stamp(), payload));
    }
    told.push(match (decision.reason(), decision.accepted()) {
        (None, Some(accepted)) => acceptance(decision.claimed(), &accepted.packet, &accepted.ancestors, &accepted.capabilities, stamp()),
        (reason, _) => {
            let mut payload = payload_of(decision.claimed());
            payload.push(("reason", reason.map(|reason| reason.code.as_str()).into()));
            payload.push(("message", shown(reason.map(|reason| reason.message.as_str()))));
            payload.push(("field", shown(reason.and_then(|reason| reason.field.as_deref()))));
            event(Kind::PacketRejected, stamp(), payload)
        }
    });
    told
}

/// Whether the accepted text alone says all that is to be told of the decision: [`of_accepted`].
#[must_use]
pub fn is_plain(decision: &Decision) -> bool {
    decision.notices().is_empty()
        && decision.accepted().is_some_and(|accepted| {
            accepted.ancestors.is_empty() && accepted.capabilities.is_empty() && accepted.packet.content().ai_provenance.is_none()
        })
}

/// The event of a packet that a gate accepted, told later: of one whose decision was plain.
#[must_use]
pub fn of_accepted(packet: &Packet, stamp: Stamp) -> Value {
    let claimed = Claimed { is_proven: true, ..Claimed::of(packet.content()) };
    acceptance(Some(&claimed), packet, &[], &[], stamp)
}

fn acceptance(claimed: Option<&Claimed>, packet: &Packet, ancestors: &[Packet], capabilities: &[Capability], stamp: Stamp) -> Value {
    let content = packet.content();
    let mut payload = payload_of(claimed);
    payload.push(("packet_digest", Value::String(hex(&packet.digest()))));
    let ancestors = ancestors.iter().map(|packet| Value::String(hex(&packet.digest())));
    payload.push(("ancestors", Value::Array(ancestors.collect())));
    let calls: Option<&Integer> = content.permissions.max_tool_calls.as_ref();
    payload.push(("max_tool_calls", calls.into()));
    // Under this name a revocation of the capability meets what it was used for.
    payload.push(("capability_id", capabilities.last().map(|own| own.content().capability_id.as_str()).into()));
    let needs_review = content.requires_human_review();
    payload.push(("requires_human_review", Value::Bool(needs_review)));
    payload.push(("review_digest", needs_review.then(|| Subject::of(content).digest).as_deref().into()));
    payload.push(("allowed_actions", actions_of(&content.permissions.allowed_actions)));
    payload.push(("capabilities", Value::Array(capabilities.iter().flat_map(names_of).collect())));
    // A gate that answers to several ids tells everything under the first.
    if content.to_agent != stamp.producer {
        payload.push(("received_as", content.to_agent.as_str().into()));
    }
    event(Kind::PacketAccepted, stamp, payload)
}

/// What a stranger says of itself, as long as anything that is accepted may be: a refusal must not write
/// a megabyte into a log.
fn shown(text: Option<&str>) -> Value {
    let short = |text: &str| if text.len() <= MOST_SHOWN { text.to_owned() } else { text.chars().take(MOST_SHOWN).collect() };
    text.map_or(Value::Null, |text| Value::String(short(text)))
}

fn payload_of(claimed: Option<&Claimed>) -> Vec<(&'static str, Value)> {
    let text = |get: fn(&Claimed) -> &String| shown(claimed.map(|claimed| get(claimed).as_str()));
    vec![
        ("packet_id", text(|claimed| &claimed.packet_id)),
        ("task_id", text(|claimed| &claimed.task_id)),
        ("from_agent", text(|claimed| &claimed.from_agent)),
        ("to_agent", text(|claimed| &claimed.to_agent)),
        ("risk_level", claimed.and_then(|claimed| claimed.risk_level).map(RiskLevel::as_str).into()),
        ("ttl_seconds", claimed.and_then(|claimed| claimed.ttl_seconds.as_ref()).into()),
        ("identity", if claimed.is_some_and(|claimed| claimed.is_proven) { "proven" } else { "claimed" }.into()),
        ("fingerprint", text(|claimed| &claimed.fingerprint)),
        ("nonce_hash", claimed.map(|claimed| hex(&sha256(&[claimed.nonce.as_bytes()]))).as_deref().into()),
        ("expires_at", claimed.and_then(|claimed| claimed.expires_at).map_or(Value::Null, Value::Time)),
    ]
}

/// The actions, where they take no more room than a log should give them.
fn actions_of(actions: &Texts) -> Value {
    let bytes: usize = actions.iter().map(|action| action.len()).sum();
    if bytes <= MOST_ACTIONS { actions.into() } else { Value::Null }
}

/// Under what a capability can be revoked.
fn names_of(capability: &Capability) -> [Value; 2] {
    let content = capability.content();
    let names = [Target::capability(&content.public_key, &content.capability_id), Target::digest(&capability.digest())];
    names.map(|name| Value::String(name.to_string()))
}
