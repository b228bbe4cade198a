//! A checkpoint: a line of the log that is signed, and states all that stands before it.

use super::Hash;
use super::whole;
use crate::encoding::hex;
use crate::event::Kind;
use crate::json::{Fields, Value};
use crate::limits::MAX_LOG_SIZE;
use crate::statement::{self, Body, Error, Issuer};
use crate::time::Timestamp;

/// A checkpoint as read from a log or a file.
pub type UnverifiedCheckpoint = statement::Unverified<Seal>;
/// A checkpoint whose signature has been verified under the key it names.
pub type Checkpoint = statement::Signed<Seal>;

/// What a checkpoint states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// When it was made, as an event.
    pub timestamp: Timestamp,
    /// Who keeps the log.
    pub producer: String,
    /// Which log.
    pub log_id: String,
    /// How many lines stand before it.
    pub size: u64,
    /// The Merkle root over them.
    pub root: Hash,
    /// SHA-256 of the line before it.
    pub prev: Hash,
    /// Of the lines before it, what stood there when its keeper opened the log and no checkpoint of its own covered.
    pub unsealed: Option<Unsealed>,
}

/// Lines that stood in a log when its keeper opened it, and that no checkpoint of its own covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsealed {
    /// The first one, from 1.
    pub from: u64,
    /// The last one; before `from` where all that stood there was covered.
    pub to: u64,
    /// Why: one of [`Unsealed::HONEST`], or the name of the [`super::Fault`] that was found.
    pub reason: String,
}

impl Unsealed {
    /// Lines behind the last own checkpoint, and what may have become of the newest one where it is kept beside the log. None of
    /// them says that the log was changed.
    pub const HONEST: [&'static str; 4] = ["not_sealed", "checkpoint_missing", "checkpoint_unreadable", "checkpoint_of_another_key"];

    /// Whether the log was found changed.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        !Self::HONEST.contains(&self.reason.as_str())
    }
}

impl Body for Seal {
    const TYPE: &'static str = "TRUSTHANDOFF_LOG_CHECKPOINT_V1";

    fn read(fields: &mut Fields) -> Self {
        if fields.text("event_type") != Kind::LogCheckpoint.as_str() {
            fields.invalid("event_type", "`log_checkpoint`");
        }
        // They are functions of the rest, and readers of events look for them.
        for name in ["event_id", "correlation_id", "idempotency_key"] {
            fields.text(name);
        }
        Self {
            timestamp: fields.time("timestamp"),
            producer: fields.text("producer_id"),
            log_id: fields.text("log_id"),
            size: lines_of(fields, "size"),
            root: fields.digest("root"),
            prev: fields.digest("prev"),
            unsealed: fields.has("unsealed_from").then(|| Unsealed {
                from: lines_of(fields, "unsealed_from"),
                to: lines_of(fields, "unsealed_to"),
                reason: fields.text("unsealed_reason"),
            }),
        }
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        // Unique for a log and size, and so is what was stated of it.
        let id = [&self.log_id, ":", &self.size.to_string()].concat();
        let mut members = vec![
            ("event_id", id.as_str().into()),
            ("event_type", Kind::LogCheckpoint.as_str().into()),
            ("timestamp", Value::Time(self.timestamp)),
            ("producer_id", self.producer.as_str().into()),
            ("correlation_id", self.log_id.as_str().into()),
            ("idempotency_key", Value::String([Kind::LogCheckpoint.as_str(), ":", &id].concat())),
            ("log_id", self.log_id.as_str().into()),
            ("size", whole(self.size)),
            ("root", Value::String(hex(&self.root))),
            ("prev", Value::String(hex(&self.prev))),
        ];
        if let Some(Unsealed { from, to, reason }) = &self.unsealed {
            let found = [("unsealed_from", whole(*from)), ("unsealed_to", whole(*to)), ("unsealed_reason", reason.as_str().into())];
            members.extend(found);
        }
        members
    }
}

impl Seal {
    /// A checkpoint that waits for its signature.
    ///
    /// # Errors
    /// [`Error`].
    pub fn draft(self, issuer: &Issuer) -> Result<statement::Content<Self>, Error> {
        statement::Content::new(None, self, issuer)
    }
}

/// A number of lines.
fn lines_of(fields: &mut Fields, key: &str) -> u64 {
    let size = fields.integer(key).to_u128().and_then(|n| u64::try_from(n).ok()).filter(|n| *n <= MAX_LOG_SIZE);
    size.unwrap_or_else(|| {
        fields.invalid(key, "an integer from 0 to 2^53 - 1");
        0
    })
}
