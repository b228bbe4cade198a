//! A checkpoint: a line of the log that is signed, and states all that stands before it.

use super::Hash;
use crate::encoding::hex;
use crate::event::Kind;
use crate::json::{Fields, Integer, Value};
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
}

impl Body for Seal {
    const TYPE: &'static str = "TRUSTHANDOFF_LOG_CHECKPOINT_V1";

    fn read(fields: &mut Fields) -> Self {
        if fields.text("event_type") != Kind::LogCheckpoint.as_str() {
            fields.invalid("event_type", "`log_checkpoint`");
        }
        let size = fields.integer("size").to_u128().and_then(|n| u64::try_from(n).ok());
        // They are functions of the rest, and readers of events look for them.
        for name in ["event_id", "correlation_id", "idempotency_key"] {
            fields.text(name);
        }
        Self {
            timestamp: fields.time("timestamp"),
            producer: fields.text("producer_id"),
            log_id: fields.text("log_id"),
            size: size.unwrap_or_else(|| {
                fields.invalid("size", "an integer from 0 to 2^64 - 1");
                0
            }),
            root: fields.digest("root"),
            prev: fields.digest("prev"),
        }
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        // Unique for a log and size, and so is what was stated of it.
        let id = [&self.log_id, ":", &self.size.to_string()].concat();
        vec![
            ("event_id", id.as_str().into()),
            ("event_type", Kind::LogCheckpoint.as_str().into()),
            ("timestamp", Value::Time(self.timestamp)),
            ("producer_id", self.producer.as_str().into()),
            ("correlation_id", self.log_id.as_str().into()),
            ("idempotency_key", Value::String([Kind::LogCheckpoint.as_str(), ":", &id].concat())),
            ("log_id", self.log_id.as_str().into()),
            ("size", Integer::from_digits(&self.size.to_string()).map_or(Value::Null, Value::Int)),
            ("root", Value::String(hex(&self.root))),
            ("prev", Value::String(hex(&self.prev))),
        ]
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
