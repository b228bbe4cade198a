//! What is found of a log: what is wrong with it and where, and how far its checkpoints cover it.

use super::{Hash, Link, Unsealed};
use crate::crypto::PublicKey;
use crate::time::Timestamp;

/// What is wrong at a place of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Not a JSON object.
    NoEvent,
    /// An object without a well-formed `prev`: not a line of a chained log.
    NoHash,
    /// `prev` is not the hash of the line before: that one was altered, or lines between were added,
    /// removed or moved.
    Chain,
    /// A checkpoint whose signature or form is not valid.
    CheckpointInvalid(String),
    /// A checkpoint with a key that is not among the trusted ones.
    CheckpointUntrusted,
    /// A valid checkpoint that states another log, size or root: the lines before it are not those it was made
    /// over.
    CheckpointMismatch,
    /// The checkpoint kept elsewhere states more lines than there are: the end was cut off.
    Shorter {
        /// How many lines it states.
        stated: u64,
    },
    /// The checkpoint kept elsewhere states another hash of its last line.
    LastLine,
    /// The checkpoint kept elsewhere states another root: lines before it are not those it was made over.
    Root,
    /// The first line does not name the log before as that one ended.
    Link {
        /// How many lines that one had.
        size: u64,
    },
    /// A checkpoint that was made before the one before it.
    CheckpointTime,
    /// The keeper found the log changed when it opened it, and a checkpoint says so.
    Found(String),
}

impl Fault {
    /// A stable name.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NoEvent => "no_event",
            Self::NoHash => "no_hash",
            Self::Chain => "chain_broken",
            Self::CheckpointInvalid(_) => "checkpoint_invalid",
            Self::CheckpointUntrusted => "checkpoint_untrusted",
            Self::CheckpointMismatch => "checkpoint_mismatch",
            Self::Shorter { .. } => "log_shorter",
            Self::LastLine => "last_line_altered",
            Self::Root => "root_mismatch",
            Self::Link { .. } => "not_continued",
            Self::CheckpointTime => "checkpoint_time",
            Self::Found(_) => "found_changed",
        }
    }
}

/// A fault and where it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// The first line that may be concerned, from 1.
    pub from: u64,
    /// The last one.
    pub to: u64,
    /// What is wrong.
    pub fault: Fault,
}

/// What the keeper of a log found when it opened it, as a checkpoint tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The line of the checkpoint, from 1.
    pub at: u64,
    /// The lines that no checkpoint of its own covered.
    pub unsealed: Unsealed,
}

/// How far the checkpoints of a key cover a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cover {
    pub(super) key: PublicKey,
    /// Lines, the last checkpoint included.
    pub(super) size: u64,
    /// When that one was made.
    pub(super) at: Timestamp,
}

/// What was found of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How many whole lines there are; of several files read as one, those that belong to a chain.
    pub lines: u64,
    /// How many of them trusted checkpoints that fit vouch for, those included that are lines. What such a checkpoint says to have been
    /// there unsealed when the log was opened it does not vouch for, nor do checkpoints for lines whose chain is broken.
    pub sealed: u64,
    /// How many checkpoints were valid and trusted.
    pub checkpoints: u64,
    /// The log, as its checkpoints name it.
    pub log_id: Option<String>,
    /// The Merkle root over all lines; of several logs that were read as one, over those of the last.
    pub root: Hash,
    /// The log that this one goes on with, as its first line says.
    pub continues: Option<Link>,
    /// What is wrong, in order.
    pub breaks: Vec<Break>,
    /// How many more there were.
    pub more_breaks: u64,
    /// Bytes after the last newline: the writer stopped in the middle of a line. No sign of tampering.
    pub tail: u64,
    /// What the keeper found when it opened the log; the first thousand times.
    pub found: Vec<Found>,
}

impl Report {
    /// How many lines no trusted checkpoint vouches for.
    #[must_use]
    pub const fn unsealed(&self) -> u64 {
        self.lines.saturating_sub(self.sealed)
    }

    /// Whether nothing is wrong. Unsealed lines are not wrong; nobody vouches for them yet.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.breaks.is_empty()
    }
}

fn span(from: u64, to: u64) -> String {
    if from == to { format!("line {from} is") } else { format!("lines {from} to {to} are") }
}

impl core::fmt::Display for Break {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { from, to, fault } = self;
        match fault {
            Fault::NoEvent => write!(f, "line {to} is no JSON object"),
            Fault::NoHash => write!(f, "line {to} carries no hash of the line before"),
            Fault::Chain if *to == 1 => write!(f, "line 1 is not the beginning: lines before it were removed, or it was altered"),
            Fault::Chain => write!(f, "line {from} was altered, or lines before line {to} were added, removed or moved"),
            Fault::CheckpointInvalid(why) => write!(f, "the checkpoint in line {to} is not valid: {why}"),
            Fault::CheckpointUntrusted => write!(f, "the checkpoint in line {to} is signed with a key that is not trusted here"),
            Fault::CheckpointMismatch => write!(f, "{} not what the checkpoint in line {to} was made over", span(*from, *to)),
            Fault::Shorter { stated } => write!(f, "{} missing: the end was cut off", span(*from, *stated)),
            Fault::LastLine => write!(f, "line {to} is not the one that the kept checkpoint follows"),
            Fault::Link { size } => write!(f, "line {to} does not name the log before as that one stands, up to its line {size}"),
            Fault::Root => write!(f, "{} not what the kept checkpoint was made over", span(*from, *to)),
            Fault::CheckpointTime => write!(f, "the checkpoint in line {to} is older than the one before it"),
            Fault::Found(reason) => write!(f, "{} of a log that its keeper found changed when it opened it (`{reason}`)", span(*from, *to)),
        }
    }
}
