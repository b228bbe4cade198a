//! What an audit finds: each with its evidence, a sentence for people and what to do about it.

use super::sources::Sources;
use crate::json::{Integer, Value};
use crate::time::Timestamp;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Info,
    /// Refused as it should be, or unusual.
    Low,
    /// Somebody should look at it.
    Medium,
    /// An attack, or something that must not happen.
    High,
    /// Something was done that nothing authorised, or the evidence itself is not whole.
    Critical,
}

impl Severity {
    /// Every severity, from the least.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The reverse of [`Severity::as_str`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == name)
    }
}

/// Something that an audit found. Texts hold what was received, clipped and otherwise as it was: whoever shows
/// them escapes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Its stable name.
    pub kind: String,
    /// How much it matters.
    pub severity: Severity,
    /// The agents concerned. Of a packet that was refused they may be claimed only.
    pub agents: Vec<String>,
    /// The ids of the packets concerned.
    pub packets: Vec<String>,
    /// The evidence: lines of the log from 1, in order. Of a burst and of a broken log the first and the last one.
    pub lines: Vec<u64>,
    /// What happened.
    pub sentence: String,
    /// What to do.
    pub advice: String,
    /// When, as the log says.
    pub at: Option<Timestamp>,
    /// Further members of the event by their names, the reference's among them.
    pub details: Vec<(&'static str, Value)>,
}

impl Finding {
    /// Which gate told it; empty where no single one did.
    #[must_use]
    pub fn gate(&self) -> &str {
        self.details
            .iter()
            .find_map(|(name, value)| if let ("gate", Value::String(gate)) = (*name, value) { Some(gate.as_str()) } else { None })
            .unwrap_or_default()
    }

    /// As a JSON object; where files have names, with the places of its lines.
    #[must_use]
    pub fn to_value_in(&self, sources: &Sources) -> Value {
        let mut value = self.to_value();
        if let Value::Object(members) = &mut value
            && sources.are_named()
        {
            let places = self.lines.iter().map(|line| Value::String(sources.shown(*line))).collect();
            members.push(("places".into(), Value::Array(places)));
        }
        value
    }

    /// As a JSON object.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let lines = self.lines.iter().map(|line| count(*line)).collect();
        let members = [
            ("type", Value::from(self.kind.as_str())),
            ("severity", self.severity.as_str().into()),
            ("at", self.at.map_or(Value::Null, Value::Time)),
            ("agents", self.agents.as_slice().into()),
            ("packets", self.packets.as_slice().into()),
            ("lines", Value::Array(lines)),
            ("sentence", self.sentence.as_str().into()),
            ("advice", self.advice.as_str().into()),
        ];
        let details = self.details.iter().map(|(key, value)| (*key, value.clone()));
        Value::Object(members.into_iter().chain(details).map(|(key, value)| (key.to_owned(), value)).collect())
    }
}

/// A number of things.
pub(super) fn count(n: u64) -> Value {
    Value::Int(Integer::from(u128::from(n)))
}

/// Longest text of a log that a finding repeats, in bytes: more than any id that a gate admits.
const SHOWN_BYTES: usize = 512;

/// A text of the log, or its beginning.
pub(super) fn clipped(text: &str) -> String {
    if text.len() <= SHOWN_BYTES {
        return text.to_owned();
    }
    let end = (0..=SHOWN_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    [text.get(..end).unwrap_or_default(), "…"].concat()
}

/// The moment of the log `micros`.
pub(super) fn moment(micros: i64) -> Option<Timestamp> {
    Timestamp::from_micros(micros).ok()
}
