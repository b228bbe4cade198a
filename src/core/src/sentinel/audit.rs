//! What an audit does with one line after the other: it counts, remembers, and tells what it finds.

use super::bursts::Bursts;
use super::clock::{Calendar, Clocks, LogTime, MINUTE};
use super::finding::{Finding, Severity, clipped, moment};
use super::memory::{Names, is_same, minute};
use super::rules::Book;
use super::stories::{Event, Stories};
use super::summary::{Summary, Tally};
use super::{Chain, Options};
use crate::event::Kind;
use crate::limits::MAX_AUDIT_ENTRIES;
use crate::log::{Break, Fault, Report, Verifier};
use crate::scan::{Line, Name};
use crate::time::Timestamp;

/// All that is known of the log so far.
#[derive(Debug)]
pub(super) struct Audit {
    since: Option<Timestamp>,
    types: Vec<String>,
    min_severity: Severity,
    most_of_a_kind: u64,
    chain: Chain,
    verifier: Option<Box<Verifier>>,
    log: Option<Report>,
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
            log: None,
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
        self.number = self.number.saturating_add(1);
        self.chained(bytes, Some(line));
        let number = self.number;
        let Some(event_type) = self.book.event_type(line.raw(Name::EventType)) else {
            return self.unreadable("it tells no `event_type`");
        };
        let kind = event_type.kind;
        self.tally.lines = self.tally.lines.saturating_add(1);
        self.tally.event(kind, &event_type.name);
        let from = self.names.of_agent(line, Name::FromAgent);
        let at = line.bytes(Name::Timestamp).and_then(|text| self.calendar.read(&text));
        match at {
            Some(at) => {
                self.time.advance(at);
                self.tally.time(at);
                // The reference says that whoever sent a packet tells of it.
                let is_sender = is_same(line.raw(Name::ProducerId), line.raw(Name::FromAgent));
                let producer = if is_sender { from } else { self.names.of_agent(line, Name::ProducerId) };
                if producer != 0 {
                    let shown = || clipped(&line.text(Name::ProducerId).unwrap_or_default());
                    self.clocks.event(producer, shown, number, at, &mut self.pending);
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
            if matches!(kind, Kind::PacketAccepted | Kind::PacketRejected) {
                let at = if now == i64::MIN { self.time.latest() } else { now };
                let to = self.names.of_agent(line, Name::ToAgent);
                self.tally.handoff(line, (from, to), kind == Kind::PacketAccepted, at);
            }
            self.stories.event(&self.names, kind, Event { line, number, from, at, now }, &mut self.pending);
        }
        self.measure();
    }

    /// Takes in a line that is none; nothing is said of it without a reason.
    pub(super) fn no_event(&mut self, bytes: &[u8], why: Option<&str>) {
        self.number = self.number.saturating_add(1);
        // Whatever stands there is a line of the chain.
        self.chained(bytes, None);
        if let Some(why) = why {
            self.unreadable(why);
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
        if let Some(verifier) = self.verifier.take().filter(|_| self.chain == Chain::Verify) {
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
            undecided: self.stories.undecided,
            log: self.log.clone(),
            ..self.tally.summary()
        }
    }

    /// Passes the line on to who verifies the chain.
    fn chained(&mut self, bytes: &[u8], line: Option<&Line<'_>>) {
        if self.chain == Chain::Auto {
            let has_prev = line.is_some_and(|line| !line.raw(Name::Prev).is_empty());
            self.chain = if has_prev { Chain::Verify } else { Chain::Ignore };
        }
        match (self.chain, &mut self.verifier) {
            (Chain::Verify, Some(verifier)) => verifier.push_read(bytes, line),
            (Chain::Ignore, verifier) => *verifier = None,
            _ => {}
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
        self.stories.sweep(now, &mut self.pending);
        self.bursts.sweep(&self.book, now, &mut self.pending);
    }

    fn measure(&mut self) {
        self.most_entries = self.most_entries.max(self.stories.len().saturating_add(self.bursts.len()));
        let is_full = self.stories.packets.forgotten != 0 || self.stories.is_full || self.bursts.is_full || self.clocks.is_full;
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
