//! A log that cannot be edited: every line carries the hash of the one before, and signed checkpoints hold the
//! size and Merkle root of all that stands before them.
//!
//! Whoever keeps the log can still write a new one from the start; what a checkpoint elsewhere states, it
//! cannot take back.

mod checkpoint;
mod clip;
mod long;
mod merkle;
mod opening;
mod report;
mod verify;

pub use checkpoint::{Checkpoint, Seal, Unsealed, UnverifiedCheckpoint};
pub use long::LongLine;
pub use merkle::{Frontier, Hash, consistency_path, extends, includes, inclusion_path, leaf_hash, root_of};
pub use opening::Opening;
pub use report::{Break, Fault, Found, Report};
pub use verify::Verifier;

use crate::crypto::{PublicKey, sha256};
use crate::encoding::{from_hex, hex};
use crate::event::{self, Kind, Stamp};
use crate::json::{self, Escape, FloatForm, Integer, Style, TimeForm, Value};
use crate::limits::{MAX_LINE_BYTES, MAX_LOG_SIZE};
use crate::time::Timestamp;
use opening::Opened;

/// What stands in `prev` of the first line.
const NOTHING: Hash = [0; 32];

/// How a line is written: as the reference dumps events, in ASCII.
const LINE: Style = Style { sorted: false, spaced: true, escape: Escape::Ascii, float: FloatForm::Python, time: TimeForm::Iso };

/// A log as it ended, named by the first line of the one that goes on with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Which log it was.
    pub log_id: String,
    /// How many lines it had.
    pub size: u64,
    /// The Merkle root over them.
    pub root: Hash,
}

impl Link {
    /// The link that the first line of a log, `line`, states.
    fn of(line: &Value) -> Option<Self> {
        let text = |key| if let Some(Value::String(text)) = line.member(key) { Some(text.as_str()) } else { None };
        let size = if let Some(Value::Int(size)) = line.member("previous_size") {
            size.to_u128().and_then(|n| u64::try_from(n).ok()).filter(|n| *n <= MAX_LOG_SIZE)?
        } else {
            return None;
        };
        let is_link = text("event_type") == Some(Kind::LogContinued.as_str());
        let root = text("previous_root").and_then(|root| from_hex(root).ok()).filter(|_| is_link)?;
        Some(Self { log_id: text("previous_log_id")?.to_owned(), size, root })
    }
}

/// The writing end of a log: what the next line must carry. The lines themselves are the host's to keep.
///
/// ```
/// use trusthandoff::event::{Kind, Stamp, event};
/// use trusthandoff::log::{Report, Verifier, Writer};
/// use trusthandoff::time::Timestamp;
///
/// let at = Timestamp::parse("2026-03-08T12:00:00Z")?;
/// let mut writer = Writer::new("log-1");
/// let mut verifier = Verifier::new(&[], None);
/// for (n, id) in ["pk-1", "pk-2"].into_iter().enumerate() {
///     let stamp = Stamp { id: format!("e-{n}"), at, producer: "agent:researcher".into() };
///     let line = writer.append(&event(Kind::TaskStarted, stamp, vec![("packet_id", id.into())]));
///     verifier.push(line.as_bytes());
/// }
/// let report = verifier.finish(&[]);
/// assert_eq!((report.lines, report.breaks.len(), report.unsealed()), (2, 0, 2));
/// # Ok::<(), trusthandoff::time::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    log_id: String,
    tree: Frontier,
    prev: Hash,
    opened: Opened,
}

impl Writer {
    /// A new log.
    #[must_use]
    pub fn new(log_id: &str) -> Self {
        Self { log_id: log_id.to_owned(), tree: Frontier::default(), prev: NOTHING, opened: Opened::default() }
    }

    /// Takes in a line that stands in the log already, without its newline, as one that this writer wrote: nothing is held against
    /// it. [`Opening`] opens a log that may have been changed since.
    pub fn take_in(&mut self, line: &[u8]) {
        self.tree.push(leaf_hash(line));
        self.prev = sha256(&[line]);
    }

    /// The line of an event, without a newline. It counts as written.
    pub fn append(&mut self, event: &Value) -> String {
        let mut event = event.clone();
        if let Value::Object(members) = &mut event {
            members.retain(|(key, _)| key != "prev");
        }
        // Room for `prev`.
        if json::write(&event, LINE).len() > MAX_LINE_BYTES - 128
            && let Value::Object(members) = event
        {
            event = clip::clipped(members);
        }
        if let Value::Object(members) = &mut event {
            members.push(("prev".into(), Value::String(hex(&self.prev))));
        }
        self.write(&event)
    }

    /// What a checkpoint would state now, of a log that this writer wrote from its first line on; [`Writer::seal_with`] is for any.
    #[must_use]
    pub fn seal(&self, at: Timestamp, producer: &str) -> Seal {
        let (size, root) = (self.tree.size(), self.tree.root());
        Seal { timestamp: at, producer: producer.to_owned(), log_id: self.log_id.clone(), size, root, prev: self.prev, unsealed: None }
    }

    /// What a checkpoint by `key` would state now, with what no checkpoint of that keeper covered when the log was opened. Its time is
    /// never before that of the checkpoint before.
    #[must_use]
    pub fn seal_with(&self, at: Timestamp, producer: &str, key: &PublicKey) -> Seal {
        let at = self.opened.earliest(key).map_or(at, |earliest| earliest.max(at));
        Seal { unsealed: self.unsealed(key), ..self.seal(at, producer) }
    }

    /// What no checkpoint of the keeper who signs with `key` covered when the log was opened, until one states it.
    #[must_use]
    pub fn unsealed(&self, key: &PublicKey) -> Option<Unsealed> {
        self.opened.unsealed(key)
    }

    /// The line of a checkpoint of what has been written so far; nothing for one of another state.
    pub fn append_checkpoint(&mut self, checkpoint: &Checkpoint) -> Option<String> {
        let (seal, key) = (&checkpoint.content().body, checkpoint.content().public_key);
        if *seal != self.seal_with(seal.timestamp, &seal.producer, &key) {
            return None;
        }
        let line = self.write(&checkpoint.to_value());
        self.opened.cover(key, self.tree.size(), seal.timestamp);
        Some(line)
    }

    /// The line that tells that a last line without newline, `cut`, has been cut off: the writer had stopped in
    /// its middle.
    pub fn append_recovery(&mut self, cut: &[u8], stamp: Stamp) -> String {
        let length = u64::try_from(cut.len()).map_or(Value::Null, whole);
        let payload = vec![("cut_bytes", length), ("cut_sha256", Value::String(hex(&sha256(&[cut]))))];
        self.append(&event::event(Kind::LogRecovered, stamp, payload))
    }

    /// The first line of a log that goes on with `before`; nothing where there is a line already.
    pub fn append_link(&mut self, before: &Link, stamp: Stamp) -> Option<String> {
        let payload = vec![
            ("previous_log_id", before.log_id.as_str().into()),
            ("previous_size", whole(before.size)),
            ("previous_root", Value::String(hex(&before.root))),
        ];
        (self.size() == 0).then(|| self.append(&event::event(Kind::LogContinued, stamp, payload)))
    }

    /// This log as it stands now, for the one that goes on with it.
    #[must_use]
    pub fn link(&self) -> Link {
        Link { log_id: self.log_id.clone(), size: self.tree.size(), root: self.tree.root() }
    }

    /// How many lines there are.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Which log it is.
    #[must_use]
    pub fn log_id(&self) -> &str {
        &self.log_id
    }

    fn write(&mut self, value: &Value) -> String {
        let line = json::write(value, LINE);
        self.take_in(line.as_bytes());
        line
    }
}

fn whole(n: u64) -> Value {
    Integer::from_digits(&n.to_string()).map_or(Value::Null, Value::Int)
}
