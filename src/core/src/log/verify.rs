//! Reading a log against what it carries itself and what was kept elsewhere: one pass, constant memory.

use super::report::{Break, Cover, Fault, Found, Report};
use super::{Checkpoint, Frontier, Hash, LINE, Link, LongLine, NOTHING, Seal, Unsealed, UnverifiedCheckpoint, leaf_hash};
use crate::crypto::{KeyTables, PublicKey, sha256};
use crate::encoding::{from_hex, hex};
use crate::event::Kind;
use crate::json::{self, Value};
use crate::scan::{Line, Name, Reader};

/// Most breaks that are told one by one; the rest is counted.
const MAX_BREAKS: usize = 1000;

/// Most keys whose checkpoints are told apart.
const MAX_COVERS: usize = 16;

/// Takes in the lines of a log one by one.
#[derive(Debug)]
pub struct Verifier {
    trusted: Vec<PublicKey>,
    kept: Option<Seal>,
    /// The same, once it did not fit: it may be of a log that goes on with this one.
    missed: Option<Seal>,
    /// Whether a log did not go on with the one before: nothing behind it vouches for what stands before it.
    is_parted: bool,
    /// Size and root of the log before.
    before: Option<(u64, Hash)>,
    keys: KeyTables,
    reader: Reader,
    tree: Frontier,
    prev: Hash,
    report: Report,
    /// The first line that no fitting checkpoint vouches for, from 1.
    unsealed_from: u64,
    /// The last line that a trusted checkpoint stands behind.
    sealed_to: u64,
    /// The lines after it that the next one does not vouch for.
    excluded: Option<(u64, u64)>,
    covers: Vec<Cover>,
    /// The last line with which something is wrong, and what.
    broken: Option<(u64, &'static str)>,
    is_chained: bool,
    /// How many lines were passed over.
    passed: u64,
}

impl Verifier {
    /// `trusted` are the keys whose checkpoints count; where there are none, checkpoints in the log seal
    /// nothing. `kept` is a checkpoint that was kept elsewhere, and is trusted because of that.
    #[must_use]
    pub fn new(trusted: &[PublicKey], kept: Option<&Checkpoint>) -> Self {
        let mut verifier = Self {
            trusted: trusted.to_vec(),
            kept: kept.map(|checkpoint| checkpoint.content().body.clone()),
            missed: None,
            is_parted: false,
            before: None,
            keys: KeyTables::new(4),
            reader: Reader::default(),
            tree: Frontier::default(),
            prev: NOTHING,
            report: Report {
                lines: 0,
                sealed: 0,
                checkpoints: 0,
                log_id: None,
                root: NOTHING,
                continues: None,
                breaks: Vec::new(),
                more_breaks: 0,
                tail: 0,
                found: Vec::new(),
            },
            unsealed_from: 1,
            sealed_to: 0,
            excluded: None,
            covers: Vec::new(),
            broken: None,
            is_chained: false,
            passed: 0,
        };
        // One that was made before the first line.
        verifier.meet_kept();
        verifier
    }

    /// The log goes on with another one, which had `size` lines and this Merkle root.
    #[must_use]
    pub fn after(mut self, size: u64, root: Hash) -> Self {
        self.before = Some((size, root));
        self
    }

    /// Goes on behind lines that are known.
    pub(super) fn at(tree: &Frontier, prev: Hash) -> Self {
        let mut verifier = Self::new(&[], None);
        verifier.report.lines = tree.size();
        (verifier.tree, verifier.prev) = (tree.clone(), prev);
        verifier
    }

    /// Expects a checkpoint that was kept elsewhere to stand.
    pub(super) fn keep(&mut self, seal: Seal) {
        self.kept = Some(seal);
        self.meet_kept();
    }

    /// Whether a line carries the hash of the one before.
    pub(super) const fn is_chained(&self) -> bool {
        self.is_chained
    }

    /// The log that this one goes on with.
    pub(super) const fn continues(&self) -> Option<&Link> {
        self.report.continues.as_ref()
    }

    pub(super) const fn size(&self) -> u64 {
        self.tree.size()
    }

    /// How the log ends: its tree, and the hash of its last line.
    pub(super) fn end(&self) -> (Frontier, Hash) {
        (self.tree.clone(), self.prev)
    }

    /// How far checkpoints cover the log, the last line with which something is wrong, and why the kept checkpoint does not stand.
    pub(super) fn found(self) -> (Vec<Cover>, Option<(u64, &'static str)>, Option<&'static str>) {
        let is_of_kept = |found: &&Break| matches!(found.fault, Fault::LastLine | Fault::Root);
        let missed = self.report.breaks.iter().find(is_of_kept).map(|found| found.fault.as_str());
        let shorter = self.kept.map(|kept| Fault::Shorter { stated: kept.size }.as_str());
        (self.covers, self.broken, missed.or(shorter))
    }

    /// Takes in the next line, without its newline.
    pub fn push(&mut self, line: &[u8]) {
        let mut reader = core::mem::take(&mut self.reader);
        let read = reader.read(line, 0).filter(|(_, end)| *end == line.len());
        self.push_read(line, read.as_ref().map(|(read, _)| read));
        self.reader = reader;
    }

    /// As [`Verifier::push`], where somebody has read the members of the line. Checkpoints, and what is not certainly
    /// well-formed, are read again by the parser.
    pub(crate) fn push_read(&mut self, line: &[u8], read: Option<&Line<'_>>) {
        let at = self.report.lines.saturating_add(1);
        match read {
            Some(read) if at > 1 && read.is_plain() && !is_of_log(read) => self.follow(at, read.text(Name::Prev).as_deref()),
            _ => self.parsed(at, line),
        }
        self.took_in(leaf_hash(line), sha256(&[line]));
    }

    /// Takes in a line that is too long to be read. Who wrote it as this module does has chained it all the same.
    pub fn push_long(&mut self, line: LongLine) {
        let at = self.report.lines.saturating_add(1);
        let (leaf, hash, prev) = line.finish();
        match prev {
            Some(prev) => self.follow(at, Some(&hex(&prev))),
            None => self.fault(at, at, Fault::NoEvent),
        }
        self.took_in(leaf, hash);
    }

    /// A line of no chain stands between: it is numbered and nothing more.
    pub(crate) fn pass(&mut self) {
        self.report.lines = self.report.lines.saturating_add(1);
        self.passed = self.passed.saturating_add(1);
    }

    fn took_in(&mut self, leaf: Hash, hash: Hash) {
        self.meet_before();
        self.tree.push(leaf);
        self.prev = hash;
        self.report.lines = self.report.lines.saturating_add(1);
        self.meet_kept();
    }

    fn parsed(&mut self, at: u64, line: &[u8]) {
        match json::parse(line) {
            Ok(value @ Value::Object(_)) => {
                let prev = if let Some(Value::String(text)) = value.member("prev") { Some(text.as_str()) } else { None };
                match Link::of(&value) {
                    link if at == self.passed.saturating_add(1) => self.report.continues = link,
                    Some(link) if prev.is_some_and(|prev| prev == hex(&NOTHING)) => self.go_on(at, &link),
                    _ => {}
                }
                self.follow(at, prev);
                if value.member("event_type") == Some(&Kind::LogCheckpoint.as_str().into()) {
                    self.checkpoint(at, line, value);
                }
            }
            _ => self.fault(at, at, Fault::NoEvent),
        }
    }

    /// Files of logs that go on with each other may be read as one: the next one begins with the line `at`, which names this one.
    fn go_on(&mut self, at: u64, link: &Link) {
        if (link.size, link.root) != (self.tree.size(), self.tree.root()) {
            self.is_parted = true;
            self.fault(at, at, Fault::Link { size: self.tree.size() });
        } else if let Some(missed) = self.missed.take() {
            self.report.breaks.retain(|found| !matches!(found.fault, Fault::LastLine | Fault::Root));
            self.kept = Some(missed);
        }
        (self.tree, self.prev, self.report.log_id) = (Frontier::default(), NOTHING, None);
        self.covers.clear();
    }

    /// What follows is another log, which goes on with none.
    pub(crate) fn part(&mut self) {
        self.is_parted |= self.report.sealed != self.report.lines;
        (self.tree, self.prev, self.report.log_id) = (Frontier::default(), NOTHING, None);
        self.unsealed_from = self.report.lines.saturating_add(1);
    }

    /// Whether the line `at`, in which stands `prev`, follows the one before.
    fn follow(&mut self, at: u64, prev: Option<&str>) {
        match prev.and_then(|text| from_hex::<32>(text).ok()) {
            None => self.fault(at, at, Fault::NoHash),
            Some(prev) if prev == self.prev => self.is_chained = true,
            Some(_) => self.fault(at.saturating_sub(1).max(1), at, Fault::Chain),
        }
    }

    /// What was found. `tail` is what stands after the last newline.
    #[must_use]
    pub fn finish(mut self, tail: &[u8]) -> Report {
        self.report.tail = u64::try_from(tail.len()).unwrap_or(u64::MAX);
        self.report.root = self.tree.root();
        if let Some(kept) = self.kept.take() {
            let last = self.report.lines;
            let stated = last.saturating_sub(self.tree.size()).saturating_add(kept.size);
            self.fault(last.saturating_add(1), stated, Fault::Shorter { stated: kept.size });
        }
        self.report.lines = self.report.lines.saturating_sub(self.passed);
        self.report
    }

    fn checkpoint(&mut self, at: u64, line: &[u8], value: Value) {
        let read = UnverifiedCheckpoint::read(value, "", &self.keys).and_then(|read| read.verify(&mut self.keys));
        let checkpoint = match read {
            Ok(checkpoint) => checkpoint,
            Err(error) => return self.fault(at, at, Fault::CheckpointInvalid(error.to_string())),
        };
        if json::write(&checkpoint.to_value(), LINE).as_bytes() != line {
            return self.fault(at, at, Fault::CheckpointInvalid("it is spelled otherwise than it was written".into()));
        }
        let (seal, key) = (&checkpoint.content().body, &checkpoint.content().public_key);
        let is_trusted = self.trusted.contains(key);
        if !is_trusted && !self.trusted.is_empty() {
            return self.fault(at, at, Fault::CheckpointUntrusted);
        }
        let is_same_log = self.report.log_id.as_ref().is_none_or(|id| *id == seal.log_id);
        if !is_same_log || seal.size != self.tree.size() || seal.root != self.tree.root() || seal.prev != self.prev {
            let is_explained = !is_trusted && self.broken.is_some();
            return if is_explained {
                self.spoil(at, &Fault::CheckpointMismatch)
            } else {
                self.fault(self.unsealed_from.min(at), at, Fault::CheckpointMismatch)
            };
        }
        if self.covers.iter().any(|cover| cover.key == *key && seal.timestamp < cover.at) {
            return self.fault(at, at, Fault::CheckpointTime);
        }
        self.report.log_id = Some(seal.log_id.clone());
        if let Some(unsealed) = &seal.unsealed {
            self.opened(at, unsealed);
        }
        self.cover(Cover { key: *key, size: seal.size.saturating_add(1), at: seal.timestamp });
        if is_trusted {
            self.report.checkpoints = self.report.checkpoints.saturating_add(1);
            self.seal(at);
            self.unsealed_from = at.saturating_add(1);
        }
    }

    /// What the keeper found when it opened the log, as the checkpoint in line `at` tells.
    fn opened(&mut self, at: u64, unsealed: &Unsealed) {
        // Its lines are counted from the first of its own log.
        let base = at.saturating_sub(1).saturating_sub(self.tree.size());
        let (from, to) = (base.saturating_add(unsealed.from), base.saturating_add(unsealed.to.min(self.tree.size())));
        if unsealed.is_fault() {
            let (first, last) = if from > to { (at, at) } else { (from, to) };
            self.fault(first, last, Fault::Found(unsealed.reason.clone()));
        }
        self.exclude(from, to);
        if self.report.found.len() < MAX_BREAKS {
            self.report.found.push(Found { at, unsealed: Unsealed { from, to, ..unsealed.clone() } });
        }
    }

    /// The next trusted checkpoint does not vouch for these lines.
    fn exclude(&mut self, from: u64, to: u64) {
        let from = from.max(self.sealed_to.saturating_add(1));
        if from <= to {
            let (first, last) = self.excluded.unwrap_or((from, to));
            self.excluded = Some((first.min(from), last.max(to)));
        }
    }

    fn cover(&mut self, cover: Cover) {
        self.covers.retain(|other| other.key != cover.key);
        if self.covers.len() >= MAX_COVERS {
            self.covers.remove(0);
        }
        self.covers.push(cover);
    }

    /// Where the checkpoint that was kept elsewhere stands.
    fn meet_kept(&mut self) {
        let Some(kept) = self.kept.take_if(|kept| kept.size == self.tree.size()) else { return };
        let at = self.report.lines;
        if kept.prev != self.prev {
            self.fault(at, at, Fault::LastLine);
        }
        if kept.prev != self.prev || kept.root != self.tree.root() {
            self.missed = Some(kept.clone());
        }
        if kept.root != self.tree.root() {
            self.fault(self.unsealed_from.min(at), at, Fault::Root);
        } else {
            if let Some(unsealed) = kept.unsealed {
                let base = at.saturating_sub(kept.size);
                self.exclude(base.saturating_add(unsealed.from), base.saturating_add(unsealed.to.min(kept.size)));
            }
            self.report.log_id = Some(kept.log_id);
            self.seal(at);
            self.unsealed_from = self.unsealed_from.max(at.saturating_add(1));
        }
    }

    /// Holds the first line against the log before. A log that has none yet may still go on with it.
    fn meet_before(&mut self) {
        if let Some((size, root)) = self.before.take()
            && self.report.continues.as_ref().is_none_or(|link| (link.size, link.root) != (size, root))
        {
            self.fault(1, 1, Fault::Link { size });
        }
    }

    /// A trusted checkpoint vouches for the lines up to `at`, apart from those that are excluded.
    fn seal(&mut self, at: u64) {
        if !self.is_parted && at > self.sealed_to {
            let excluded = self.excluded.take().map_or(0, |(from, to)| to.min(at).saturating_sub(from).saturating_add(1));
            let vouched = (at - self.sealed_to).saturating_sub(excluded);
            self.report.sealed = self.report.sealed.saturating_add(vouched);
            self.sealed_to = at;
        }
    }

    /// Nothing vouches for the lines up to `at` any more: what stands before a break may have been removed, or put there.
    fn spoil(&mut self, at: u64, fault: &Fault) {
        self.broken = Some((at, fault.as_str()));
        self.exclude(0, at);
    }

    fn fault(&mut self, from: u64, to: u64, fault: Fault) {
        if !matches!(fault, Fault::Found(_) | Fault::Shorter { .. } | Fault::LastLine | Fault::Root | Fault::CheckpointUntrusted) {
            self.spoil(to, &fault);
        }
        if self.report.breaks.len() < MAX_BREAKS {
            self.report.breaks.push(Break { from, to, fault });
        } else {
            self.report.more_breaks = self.report.more_breaks.saturating_add(1);
        }
    }
}

/// Whether a line is about the log itself.
fn is_of_log(line: &Line<'_>) -> bool {
    let name = line.bytes(Name::EventType);
    [Kind::LogCheckpoint, Kind::LogContinued].iter().any(|kind| name.as_deref() == Some(kind.as_str().as_bytes()))
}
