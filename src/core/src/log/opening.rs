//! A log that exists, as its keeper reads it before going on with it: what no checkpoint of its own covers is stated in the next
//! one, and never sealed without a word.

use super::report::Cover;
use super::{Checkpoint, Hash, LongLine, Seal, Unsealed, Verifier, Writer};
use crate::crypto::{KeyTables, PublicKey};
use crate::log::UnverifiedCheckpoint;
use crate::time::Timestamp;

/// What a writer remembers of the lines that stood there before it wrote its first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Opened {
    /// How many there were.
    size: u64,
    /// How far each key's checkpoints cover them.
    covers: Vec<Cover>,
    /// Keys that count as the keeper's own, whichever it signs with.
    own: Vec<PublicKey>,
    /// The last line with which something is wrong, and what.
    broken: Option<(u64, &'static str)>,
    /// How many lines the newest checkpoint covers that is kept beside the log, or what is the matter with it.
    known: Option<Result<u64, &'static str>>,
}

impl Opened {
    /// What a checkpoint by `key` must state.
    pub(super) fn unsealed(&self, key: &PublicKey) -> Option<Unsealed> {
        let own = self.covers.iter().filter(|cover| cover.key == *key || self.own.contains(&cover.key));
        let known = if let Some(Ok(size)) = self.known { size } else { 0 };
        let covered = own.map(|cover| cover.size).max().unwrap_or(0).max(known);
        let broken = self.broken.filter(|(at, _)| *at > covered).map(|(_, fault)| fault);
        let (fault, known) = match self.known {
            Some(Err(why)) if !Unsealed::HONEST.contains(&why) => (Some(why), None),
            Some(Err(why)) if self.size > 0 => (broken, Some(why)),
            _ => (broken, None),
        };
        let reason = fault.or(known).or((covered < self.size).then_some("not_sealed"))?;
        Some(Unsealed { from: covered.min(self.size).saturating_add(1), to: self.size, reason: reason.to_owned() })
    }

    /// A checkpoint by `key` was written, before which and with which there are `size` lines.
    pub(super) fn cover(&mut self, key: PublicKey, size: u64, at: Timestamp) {
        self.known = None;
        self.take_in(Cover { key, size, at });
    }

    /// The earliest time that a checkpoint by `key` may state.
    pub(super) fn earliest(&self, key: &PublicKey) -> Option<Timestamp> {
        self.covers.iter().find(|cover| cover.key == *key).map(|cover| cover.at)
    }

    fn take_in(&mut self, cover: Cover) {
        self.covers.retain(|other| other.key != cover.key);
        self.covers.push(cover);
    }
}

/// Takes in the lines of a log that exists.
#[derive(Debug)]
pub struct Opening {
    writer: Writer,
    verifier: Verifier,
    /// What is kept beside the log, where it is of another one.
    before: Option<Seal>,
}

impl Opening {
    /// Goes on where `writer` stands.
    #[must_use]
    pub fn of(writer: Writer) -> Self {
        let verifier = Verifier::at(&writer.tree, writer.prev);
        Self { writer, verifier, before: None }
    }

    /// Names the keys whose checkpoints count as the keeper's own, whichever it signs with.
    pub fn own(&mut self, keys: Vec<PublicKey>) {
        self.writer.opened.own = keys;
    }

    /// Gives the newest checkpoint, which is kept beside the log; nothing where there is none.
    pub fn expect(&mut self, text: Option<&[u8]>) {
        let mut keys = KeyTables::new(0);
        let read = text.map(|text| UnverifiedCheckpoint::parse(text, &keys).and_then(|read| read.verify(&mut keys)));
        let known = match read {
            None => Err("checkpoint_missing"),
            Some(Err(_)) => Err("checkpoint_unreadable"),
            Some(Ok(checkpoint)) => self.known(&checkpoint),
        };
        self.writer.opened.known = Some(known);
    }

    fn known(&mut self, checkpoint: &Checkpoint) -> Result<u64, &'static str> {
        let (seal, key) = (&checkpoint.content().body, &checkpoint.content().public_key);
        if !self.writer.opened.own.contains(key) {
            return Err("checkpoint_of_another_key");
        }
        if seal.log_id != self.writer.log_id {
            self.before = Some(seal.clone());
            return Err("checkpoint_of_another_log");
        }
        self.verifier.keep(seal.clone());
        Ok(seal.size)
    }

    /// Takes in the next line, without its newline.
    pub fn push(&mut self, line: &[u8]) {
        self.verifier.push(line);
    }

    /// Takes in a line that is too long to be read.
    pub fn push_long(&mut self, line: LongLine) {
        self.verifier.push_long(line);
    }

    /// How many lines there are so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.verifier.size()
    }

    /// Whether a line was chained to the one before, or the checkpoint that is kept beside the log is of this log: a file of which
    /// neither is true holds something else.
    #[must_use]
    pub fn is_log(&self) -> bool {
        self.verifier.is_chained() || matches!(self.writer.opened.known, Some(Ok(_)))
    }

    /// The writer that goes on.
    #[must_use]
    pub fn finish(self) -> Writer {
        let Self { mut writer, verifier, before } = self;
        // The log before it was full, and this one was not sealed yet.
        let goes_on = |seal: Seal| verifier.continues().is_some_and(|link| link.log_id == seal.log_id && link.size > seal.size);
        if before.is_some_and(goes_on) {
            writer.opened.known = None;
        }
        let (tree, prev): (_, Hash) = verifier.end();
        let (covers, broken, missed) = verifier.found();
        writer.opened.size = tree.size();
        covers.into_iter().for_each(|cover| writer.opened.take_in(cover));
        writer.opened.broken = broken.or(writer.opened.broken);
        if let Some(fault) = missed {
            writer.opened.known = Some(Err(fault));
        }
        (writer.tree, writer.prev) = (tree, prev);
        writer
    }
}
