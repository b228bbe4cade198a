//! What an audit does with one line after the other: it counts, remembers, and tells what it finds.

use super::bursts::Bursts;
use super::clock::{Calendar, Clocks, LogTime, MINUTE};
use super::event::Event;
use super::finding::{Finding, Severity, clipped, moment};
use super::names::{Names, is_same, pair, summed};
use super::recent::Recent;
use super::rules::Book;
use super::scene::Beginning;
use super::sources::Sources;
use super::stories::Stories;
use super::summary::{Summary, Tally};
use super::wheel::minute;
use super::{Chain, Options};
use crate::event::Kind;
use crate::limits::MAX_AUDIT_ENTRIES;
use crate::log::{Break, Fault, LongLine, Report, Verifier};
use crate::scan::{Line, Name};
use crate::time::Timestamp;

/// Most buckets of events that were told: half a million events.
const TOLD: usize = 1 << 15;

/// All that is known of the log so far.
#[derive(Debug)]
pub(super) struct Audit {
    since: Option<Timestamp>,
    types: Vec<String>,
    min_severity: Severity,
    most_of_a_kind: u64,
    chain: Chain,
    verifier: Option<Box<Verifier>>,
    /// Whether the lines of the file that is read belong to a chain.
    is_chained: bool,
    /// Whether those of any file did.
    was_chained: bool,
    log: Option<Report>,
    /// Whether the files are, or were, read through for their chains first.
    is_measuring: bool,
    was_measured: bool,
    sources: Sources,
    /// Events that were told, so that one that was delivered twice counts once.
    told: Recent<()>,
    duplicates: u64,
    names: Names,
    book: Book,
    bursts: Bursts,
    clocks: Clocks,
    stories: Stories,
    calendar: Calendar,
    time: LogTime,
    /// From this moment on something may be over.
    next_sweep: i64,
    tally: Tally,
    /// The number of the line that is read.
    number: u64,
    full_since: Option<u64>,
    most_entries: usize,
    pending: Vec<Finding>,
}

impl Audit {
    pub(super) fn new(options: Options) -> Self {
        let Options { rules, since, types, min_severity, chain, trusted, kept, seed, max_entries, most_of_a_kind } = options;
        let expects_chain = chain == Chain::Verify || chain == Chain::Auto && (!trusted.is_empty() || kept.is_some());
        let verifier = (chain != Chain::Ignore).then(|| Box::new(Verifier::new(&trusted, kept.as_ref())));
        let max = max_entries.min(MAX_AUDIT_ENTRIES);
        // Windows may be those of strangers, so they have a share of their own and displace nothing else.
        let (of_windows, of_others) = (max / 10, max / 20);
        let of_packets = max.saturating_sub(of_windows).saturating_sub(of_others.saturating_mul(2));
        Self {
            since,
            types,
            min_severity,
            most_of_a_kind,
            chain: if expects_chain { Chain::Verify } else { chain },
            verifier,
            is_chained: expects_chain,
            was_chained: expects_chain,
            log: None,
            is_measuring: false,
            was_measured: false,
            sources: Sources::default(),
            told: Recent::new(TOLD),
            duplicates: 0,
            names: Names::new(&seed),
            book: Book::new(rules),
            bursts: Bursts::new(of_windows.max(1)),
            clocks: Clocks::new(of_others.max(1)),
            stories: Stories::new(of_packets, of_others.max(1)),
            calendar: Calendar::default(),
            time: LogTime::default(),
            next_sweep: i64::MIN,
            tally: Tally::default(),
            number: 0,
            full_since: None,
            most_entries: 0,
            pending: Vec::new(),
        }
    }

    /// Takes in a line that is an object.
    // Every line comes through here, so it is kept small, and what it calls is kept out of it.
    pub(super) fn event(&mut self, bytes: &[u8], line: &Line<'_>) {
        self.number = self.sources.next();
        self.chained(bytes, Some(line));
        if self.is_measuring {
            return;
        }
        let number = self.number;
        let Some(event_type) = self.book.event_type(line.raw(Name::EventType)) else {
            return self.unreadable("it tells no `event_type`");
        };
        let kind = event_type.kind;
        self.tally.lines = self.tally.lines.saturating_add(1);
        let from = self.names.of_agent(line, Name::FromAgent);
        // The reference says that whoever sent a packet tells of it.
        let is_sender = is_same(line.raw(Name::ProducerId), line.raw(Name::FromAgent));
        let producer = if is_sender { from } else { self.names.of_agent(line, Name::ProducerId) };
        if is_known(&mut self.told, line, producer, kind) {
            self.duplicates = self.duplicates.saturating_add(1);
            return;
        }
        self.tally.event(kind, &event_type.name);
        let at = line.bytes(Name::Timestamp).and_then(|text| self.calendar.read(&text));
        match at {
            Some(at) => {
                self.time.advance(at);
                self.tally.time(at);
                if producer != 0 {
                    let shown = || clipped(&line.text(Name::ProducerId).unwrap_or_default());
                    // Of a file each producer wrote its lines in order, and of several each in its own.
                    let key = pair(self.sources.current() as u64, producer);
                    self.clocks.event(key, shown, (number, at), self.is_chained, &mut self.pending);
                }
            }
            None => self.tally.untimed = self.tally.untimed.saturating_add(1),
        }
        let now = self.time.now();
        if now >= self.next_sweep {
            self.sweep(minute(now));
        }
        self.apply_rules(line, at);
        if let Some(kind) = kind {
            let is_decision = matches!(kind, Kind::PacketAccepted | Kind::PacketRejected);
            let to = if is_decision { self.names.of_agent(line, Name::ToAgent) } else { 0 };
            if is_decision {
                let at = if now == i64::MIN { self.time.latest() } else { now };
                self.tally.handoff(line, (from, to), kind == Kind::PacketAccepted, at);
            }
            self.stories.event(&self.names, kind, Event { line, number, from, to, producer, at, now }, &mut self.pending);
        }
        self.measure();
    }

    /// The file that is read from here on.
    pub(super) fn enter(&mut self, name: &str) {
        self.sources.enter(name);
    }

    /// Files are first read for their chains, one after the other, and then once more for what they tell, in the order of time.
    pub(super) fn measures(&mut self, is_measuring: bool) {
        if self.is_measuring && !is_measuring {
            self.sources.rewind();
            self.end_chain(&[]);
            (self.chain, self.is_chained) = (Chain::Ignore, false);
        }
        self.was_measured |= is_measuring;
        self.is_measuring = is_measuring;
    }

    pub(super) const fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Takes in a line that is none; nothing is said of it without a reason.
    pub(super) fn no_event(&mut self, bytes: &[u8], why: Option<&str>) {
        self.number = self.sources.next();
        // Whatever stands there is a line of the chain.
        self.chained(bytes, None);
        if let Some(why) = why.filter(|_| !self.is_measuring) {
            self.unreadable(why);
        }
    }

    /// Takes in a line that is too long to be read; nothing of it where it has no end.
    pub(super) fn long_line(&mut self, line: Option<LongLine>) {
        self.number = self.sources.next();
        if self.chain == Chain::Auto && self.sources.is_first() {
            self.is_chained = false;
        }
        match (&mut self.verifier, line) {
            (Some(verifier), Some(line)) if self.is_chained => verifier.push_long(line),
            (Some(verifier), _) if !self.is_chained => verifier.pass(),
            _ => {}
        }
        if !self.is_measuring {
            self.unreadable("it is longer than 16 MiB");
        }
    }

    /// What follows is not counted as lines of the chain, until it is resumed.
    pub(super) fn pause_chain(&mut self) -> Option<Box<Verifier>> {
        self.verifier.take()
    }

    pub(super) fn resume_chain(&mut self, verifier: Option<Box<Verifier>>) {
        self.verifier = verifier;
    }

    /// The log ends here, behind its last newline with `tail`.
    pub(super) fn finish(&mut self, tail: &[u8]) {
        self.sweep(minute(self.time.now()));
        let left = self.stories.finish();
        self.pending.extend(left);
        self.pending.extend(self.bursts.finish(&self.book));
        self.end_chain(tail);
    }

    fn end_chain(&mut self, tail: &[u8]) {
        if let Some(verifier) = self.verifier.take().filter(|_| self.was_chained) {
            let report = verifier.finish(tail);
            self.pending.extend(report.breaks.iter().map(of_break));
            self.log = Some(report);
        }
    }

    /// Gives on what passes the filters.
    #[inline]
    pub(super) fn release(&mut self, found: &mut dyn FnMut(Finding)) {
        if self.pending.is_empty() {
            return;
        }
        let now = self.time.now().max(0);
        for finding in core::mem::take(&mut self.pending) {
            if self.is_told(&finding.kind, finding.severity, finding.at) {
                let is_more = self.tally.found(&finding.kind, finding.severity) >= self.most_of_a_kind;
                self.tally.finding(&finding.kind, finding.severity, now);
                if !is_more {
                    found(finding);
                }
            }
        }
    }

    pub(super) fn summary(&self) -> Summary {
        Summary {
            running_tasks: self.stories.running,
            entries: u64::try_from(self.most_entries).unwrap_or(u64::MAX),
            full_since: self.full_since,
            forgotten: self.stories.packets.forgotten,
            undecided: self.stories.scene.undecided.saturating_add(self.clocks.unordered),
            duplicates: self.duplicates,
            log: self.log.clone(),
            ..self.tally.summary()
        }
    }

    /// Passes the line on to who verifies the chain.
    fn chained(&mut self, bytes: &[u8], line: Option<&Line<'_>>) {
        if self.sources.is_first() {
            if self.chain == Chain::Auto {
                self.is_chained = line.is_some_and(|line| !line.raw(Name::Prev).is_empty());
                self.was_chained |= self.is_chained;
            }
            if self.is_measuring || !self.was_measured {
                self.begins(line);
            }
        }
        match &mut self.verifier {
            Some(verifier) if self.is_chained => verifier.push_read(bytes, line),
            Some(verifier) => verifier.pass(),
            None => {}
        }
    }

    /// The first line of a file.
    #[cold]
    fn begins(&mut self, line: Option<&Line<'_>>) {
        let prev = line.and_then(|line| line.bytes(Name::Prev)).unwrap_or_default();
        let goes_on = line.is_some_and(|line| line.bytes(Name::EventType).as_deref() == Some(b"log_continued"));
        let is_first = self.number <= 1;
        let own = match &*prev {
            [] => Beginning::Unknown,
            prev if goes_on || prev.iter().any(|digit| *digit != b'0') => Beginning::Late,
            _ => Beginning::Whole,
        };
        // Files of one time are logs of their own.
        if self.is_measuring
            && !is_first
            && own == Beginning::Whole
            && let Some(verifier) = &mut self.verifier
        {
            verifier.part();
        }
        // A file that goes on with the one before it begins nothing.
        if is_first || own == Beginning::Unknown || own == Beginning::Late && !goes_on {
            self.stories.scene.beginning = own;
        }
    }

    /// The rules for events of the type of `line`.
    #[inline(never)]
    fn apply_rules(&mut self, line: &Line<'_>, at: Option<i64>) {
        let number = self.number;
        for (index, rule) in self.book.of_latest() {
            if !rule.admits(line) {
                continue;
            }
            if let Some(rate) = &rule.rate {
                let at = (at.unwrap_or(self.time.latest()), number);
                self.bursts.event(&self.names, (index, rule, rate), line, at, &mut self.pending);
            } else if self.tally.found(&rule.kind, rule.severity) < self.most_of_a_kind {
                self.pending.push(rule.finding(line, number, at));
            } else if self.is_told(&rule.kind, rule.severity, at.and_then(moment)) {
                self.tally.finding(&rule.kind, rule.severity, self.time.now().max(0));
            }
        }
    }

    /// Forgets what is over.
    fn sweep(&mut self, now: u32) {
        self.next_sweep = (i64::from(now) + 1) * MINUTE;
        self.stories.scene.first = self.tally.first;
        self.stories.sweep(now, &mut self.pending);
        self.bursts.sweep(&self.book, now, &mut self.pending);
    }

    fn measure(&mut self) {
        self.most_entries = self.most_entries.max(self.stories.len().saturating_add(self.bursts.len()));
        let is_full = self.stories.is_full() || self.bursts.is_full || self.clocks.is_full;
        if is_full && self.full_since.is_none() {
            self.full_since = Some(self.number);
        }
    }

    #[inline(never)]
    fn unreadable(&mut self, why: &str) {
        self.tally.lines = self.tally.lines.saturating_add(1);
        self.tally.unreadable = self.tally.unreadable.saturating_add(1);
        self.pending.push(Finding {
            kind: "unreadable_line".into(),
            severity: Severity::Medium,
            agents: Vec::new(),
            packets: Vec::new(),
            lines: vec![self.number],
            sentence: format!("Line {} cannot be read: {}.", self.number, clipped(why)),
            advice: "Something else wrote into the log, or a writer stopped in the middle of a line. What it told is lost to this audit."
                .into(),
            at: moment(self.time.now()),
            details: Vec::new(),
        });
    }

    /// Whether the filters let a finding pass.
    fn is_told(&self, kind: &str, severity: Severity, at: Option<Timestamp>) -> bool {
        let is_early = self.since.is_some_and(|since| at.is_some_and(|at| at < since));
        let is_other = !self.types.is_empty() && !self.types.iter().any(|told| told == kind);
        !is_early && !is_other && severity >= self.min_severity
    }
}

/// Whether an event was told before: of one producer, of one kind and about the same.
#[inline]
fn is_known(told: &mut Recent<()>, line: &Line<'_>, producer: u64, kind: Option<Kind>) -> bool {
    let id = line.raw(Name::EventId);
    if id.len() <= 2 {
        return false;
    }
    let kind = kind.map_or_else(|| summed(line.raw(Name::EventType)), |kind| kind as u64);
    let mut hash = pair(pair(summed(id), producer), kind);
    for name in [Name::PacketId, Name::Action, Name::PacketDigest, Name::OutcomeHash, Name::Target] {
        let raw = line.raw(name);
        if !raw.is_empty() {
            hash = pair(hash, summed(raw));
        }
    }
    told.put(hash.max(1), ())
}

fn of_break(broken: &Break) -> Finding {
    let (severity, advice) = match broken.fault {
        Fault::CheckpointUntrusted => {
            (Severity::Medium, "If that key is one of this log's keeper, name it; if not, nobody vouches for what it seals.")
        }
        _ => (
            Severity::Critical,
            "The log is not what was written. Take lines from there on for what somebody wants you to read, and look for a copy.",
        ),
    };
    Finding {
        kind: "log_break".into(),
        severity,
        agents: Vec::new(),
        packets: Vec::new(),
        lines: vec![broken.from, broken.to],
        sentence: format!("{broken}."),
        advice: advice.into(),
        at: None,
        details: vec![("fault", broken.fault.as_str().into())],
    }
}
