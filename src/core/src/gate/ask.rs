//! What the machine asks of its host, and what the host may answer.

use crate::registry::AgentRecord;

/// A question with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// To be given back with the answer.
    pub id: u32,
    /// The question.
    pub question: Question,
}

/// What only the host knows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question {
    /// What is known of this agent? [`Answer::Agent`].
    Agent {
        /// Its id.
        agent_id: String,
    },
    /// Is any of these revoked? [`Answer::Flag`].
    Revocation {
        /// Revocation keys.
        keys: Vec<String>,
    },
    /// Has a person approved the packet of this digest? [`Answer::Flag`].
    Approval {
        /// Lower-case hexadecimal.
        review_digest: String,
        /// The packet's id.
        packet_id: String,
    },
    /// Which signed approvals have people given by now? [`Answer::Approvals`]. The host may take as long
    /// as it likes; no nonce is held meanwhile.
    Review {
        /// What they approve, in lower-case hexadecimal.
        review_digest: String,
        /// The packet's id.
        packet_id: String,
        /// How many approvals count so far.
        valid: u32,
        /// How many are needed.
        threshold: u32,
        /// When the packet ends.
        expires_at_ms: i64,
    },
    /// Which token takes the place of the one with this digest? [`Answer::Token`].
    Overlap {
        /// The digest of the capability that has ended, in lower-case hexadecimal.
        digest: String,
    },
    /// Does the host keep to this data boundary? [`Answer::Flag`].
    Boundary {
        /// Its name.
        boundary: String,
    },
    /// Count one more under each of these keys, all of them or none, and none beyond its limit: `true`
    /// if all were counted. [`Answer::Flag`].
    Counters {
        /// Keys and limits.
        counters: Vec<Counter>,
        /// When they may be forgotten, in milliseconds since 1970.
        expires_at_ms: i64,
        /// The present, in milliseconds since 1970.
        now_ms: i64,
        /// When the earliest of what they count for was issued, in milliseconds since 1970. A store that lost its
        /// counters does not know what such a one has spent.
        issued_at_ms: i64,
    },
    /// Does the host's policy allow the packet? [`Answer::Flag`].
    Policy,
    /// Take this key, once and atomically: `true` if it was fresh. [`Answer::Flag`].
    Nonce {
        /// `th1:` and the digests of sender key and nonce.
        key: String,
        /// When it may be forgotten, in milliseconds since 1970.
        expires_at_ms: i64,
        /// The present, in milliseconds since 1970.
        now_ms: i64,
        /// When the earliest of the packet and the approvals it relies on was issued, in milliseconds since 1970. A store
        /// that lost its nonces does not know whether such a one was taken.
        issued_at_ms: i64,
        /// The nonce itself.
        nonce: String,
        /// The sender.
        agent_id: String,
        /// The fingerprint of the sender's key.
        fingerprint: String,
    },
}

/// A count that must not go beyond its limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// What is counted: the revocation key of a packet or capability.
    pub key: String,
    /// The most it may come to; at least 1.
    pub limit: i64,
}

/// What the host answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// What is known of an agent; `None` if nothing.
    Agent(Option<AgentRecord>),
    /// Literal `true` or `false`.
    Flag(bool),
    /// Signed approvals, as received.
    Approvals(Vec<String>),
    /// A capability token; `None` where there is none.
    Token(Option<String>),
    /// Anything else; a truthy value is no `true` (catalogue A12, F20, F23).
    Other,
    /// No answer.
    Failed(Failure),
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The host's callback failed.
    Error,
    /// It did not answer in time.
    Timeout,
    /// The replay store has no room.
    Full,
    /// The nonce was taken before, and by this very gate: the store said so when its time was over.
    Late,
    /// It was not asked: as many runs as it has room for wait already. Whatever the question, this is `gate_busy`.
    Busy,
}
