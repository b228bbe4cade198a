//! An auditor: the log of events in, findings out. It streams, remembers a bounded amount, and makes no decision.
//!
//! It reads the logs of this package and of the reference. What it finds there beyond the reference is what the
//! events of one packet, and what was revoked before them, tell together.

mod bursts;
mod clock;
mod finding;
mod kinds;
mod memory;
pub mod report;
mod rules;
mod stories;
mod summary;

pub use finding::{Finding, Severity};
pub use kinds::{UnknownType, finding_types};
pub use rules::{Rule, RuleError};
pub use summary::{Collected, Handoffs, Summary, Timeline};

use bursts::Bursts;
use clock::{Calendar, Clocks, LogTime, MINUTE};
use finding::{clipped, moment};
use memory::{Names, is_same, minute};
use rules::Book;
use stories::{Event, Stories};
use summary::Tally;

use crate::crypto::PublicKey;
use crate::event::Kind;
use crate::limits::{MAX_AUDIT_ENTRIES, MAX_LINE_BYTES};
use crate::log::{Break, Checkpoint, Fault, Report, Verifier};
use crate::scan::{Line, Name, Reader, line_end, rewrite};
use crate::time::Timestamp;

/// Whether the hash chain of a log is verified too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Chain {
    /// If the first line is one of a chained log, or a key or checkpoint was given.
    #[default]
    Auto,
    /// Whatever it looks like.
    Verify,
    /// Not.
    Ignore,
}

/// What to look for and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Rules beside the built-in ones.
    pub rules: Vec<Rule>,
    /// Findings before it are not told. Events before it are read, because later ones rest on them.
    pub since: Option<Timestamp>,
    /// The kinds of findings that are told; empty for all.
    pub types: Vec<String>,
    /// The least severity that is told.
    pub min_severity: Severity,
    /// The hash chain.
    pub chain: Chain,
    /// Keys whose checkpoints count.
    pub trusted: Vec<PublicKey>,
    /// A checkpoint that was kept elsewhere.
    pub kept: Option<Checkpoint>,
    /// Random bytes: names are remembered as hashes, and nobody who writes into a log should be able to choose
    /// two that meet.
    pub seed: [u8; 16],
    /// Most entries that are remembered.
    pub max_entries: usize,
    /// So many findings of a kind are told, the rest is only counted: whoever keeps the first thousand needs no sentence
    /// for each of a million.
    pub most_of_a_kind: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            since: None,
            types: Vec::new(),
            min_severity: Severity::Info,
            chain: Chain::Auto,
            trusted: Vec::new(),
            kept: None,
            seed: [0; 16],
            max_entries: MAX_AUDIT_ENTRIES,
            most_of_a_kind: u64::MAX,
        }
    }
}

impl Options {
    /// Whether what is asked for can be found at all.
    ///
    /// # Errors
    /// [`UnknownType`] for the first of `types` that neither a rule nor anything else finds.
    pub fn check(&self) -> Result<(), UnknownType> {
        kinds::check(&self.types, &self.rules)
    }
}

/// Reads a log in pieces of any size.
///
/// ```
/// use trusthandoff::sentinel::{Options, Sentinel};
/// let mut sentinel = Sentinel::new(Options::default());
/// let mut kinds = Vec::new();
/// let log = b"{\"event_type\": \"packet_rejected\", \"packet_id\": \"pk-1\", \"reason\": \"invalid_signature\"}\n";
/// for piece in log.chunks(7) {
///     sentinel.ingest(piece, &mut |finding| kinds.push(finding.kind));
/// }
/// sentinel.finish(&mut |finding| kinds.push(finding.kind));
/// assert_eq!(kinds, ["rejected_packet", "tampered_packet"]);
/// ```
#[derive(Debug)]
pub struct Sentinel {
    since: Option<Timestamp>,
    types: Vec<String>,
    min_severity: Severity,
    most_of_a_kind: u64,
    chain: Chain,
    reader: Reader,
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
    /// The beginning of a line whose end has not come yet.
    partial: Vec<u8>,
    /// Whether the rest of a line that is too long is being passed over.
    is_skipping: bool,
    /// The number of the line that is read.
    number: u64,
    full_since: Option<u64>,
    most_entries: usize,
    pending: Vec<Finding>,
}

impl Sentinel {
    /// An auditor that has read nothing yet.
    #[must_use]
    pub fn new(options: Options) -> Self {
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
            reader: Reader::default(),
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
            partial: Vec::new(),
            is_skipping: false,
            number: 0,
            full_since: None,
            most_entries: 0,
            pending: Vec::new(),
        }
    }

    /// Takes in the next piece of the log. What is found in it is given to `found` at once.
    pub fn ingest(&mut self, chunk: &[u8], found: &mut dyn FnMut(Finding)) {
        let mut at = 0;
        while at < chunk.len() {
            if let Some(end) = self.plain_line(chunk, at) {
                at = end.saturating_add(1);
                if !self.pending.is_empty() {
                    self.release(found);
                }
                continue;
            }
            let end = line_end(chunk, at);
            let piece = chunk.get(at..end).unwrap_or_default();
            let is_whole = end < chunk.len();
            at = end.saturating_add(1);
            if !is_whole {
                self.hold(piece);
                break;
            }
            if self.partial.is_empty() && !self.is_skipping {
                self.line(piece);
            } else {
                self.hold(piece);
                let mut line = core::mem::take(&mut self.partial);
                self.line(&line);
                line.clear();
                self.partial = line;
            }
            if !self.pending.is_empty() {
                self.release(found);
            }
        }
    }

    /// The log ends here.
    pub fn finish(&mut self, found: &mut dyn FnMut(Finding)) {
        let tail = core::mem::take(&mut self.partial);
        if !tail.is_empty() || self.is_skipping {
            self.tail(&tail);
        }
        self.sweep(minute(self.time.now()));
        let left = self.stories.finish();
        self.pending.extend(left);
        self.pending.extend(self.bursts.finish(&self.book));
        if let Some(verifier) = self.verifier.take().filter(|_| self.chain == Chain::Verify) {
            let report = verifier.finish(&tail);
            self.pending.extend(report.breaks.iter().map(of_break));
            self.log = Some(report);
        }
        self.release(found);
    }

    /// What was counted so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
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

    /// Keeps the beginning of a line.
    fn hold(&mut self, piece: &[u8]) {
        if self.is_skipping {
            return;
        }
        if self.partial.len().saturating_add(piece.len()) > MAX_LINE_BYTES {
            self.is_skipping = true;
            self.partial = Vec::new();
        } else {
            self.partial.extend_from_slice(piece);
        }
    }

    /// Reads the line that begins at `at` if it is plain and ends with a newline, whose place is the answer.
    fn plain_line(&mut self, chunk: &[u8], at: usize) -> Option<usize> {
        if !self.partial.is_empty() || self.is_skipping {
            return None;
        }
        let (line, end) = self.reader.read(chunk, at)?;
        let bytes = chunk.get(at..end).filter(|bytes| end < chunk.len() && bytes.len() <= MAX_LINE_BYTES)?;
        self.number = self.number.saturating_add(1);
        self.chained(bytes, Some(&line));
        self.event(&line);
        Some(end)
    }

    /// What stands after the last newline. A chained log does not count it as a line.
    fn tail(&mut self, tail: &[u8]) {
        let verifier = self.verifier.take();
        let is_first = self.number == 0;
        self.line(tail);
        self.verifier = verifier;
        if is_first && self.chain == Chain::Auto {
            self.chain = Chain::Ignore;
        }
    }

    fn line(&mut self, bytes: &[u8]) {
        self.number = self.number.saturating_add(1);
        if core::mem::take(&mut self.is_skipping) || bytes.len() > MAX_LINE_BYTES {
            self.chained(&[], None);
            return self.unreadable("it is longer than 16 MiB");
        }
        if let Some((line, end)) = self.reader.read(bytes, 0)
            && end == bytes.len()
        {
            self.chained(bytes, Some(&line));
            return self.event(&line);
        }
        let is_blank = bytes.iter().all(u8::is_ascii_whitespace);
        let rewritten = rewrite(bytes);
        let line = rewritten.as_deref().ok().and_then(Reader::read_rewritten);
        // Whatever stands there is a line of the chain.
        self.chained(bytes, line.as_ref());
        match (line, &rewritten) {
            (Some(line), _) => self.event(&line),
            (None, Err(why)) if !is_blank => self.unreadable(why),
            (None, Err(_)) => {}
            (None, Ok(_)) => self.unreadable("a key stands twice in it"),
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

    fn event(&mut self, line: &Line<'_>) {
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

    /// The rules for events of the type of `line`.
    fn apply_rules(&mut self, line: &Line<'_>, at: Option<i64>) {
        let number = self.number;
        for (index, rule) in self.book.of_latest() {
            if !rule.admits(line) {
                continue;
            }
            if let Some(rate) = &rule.rate {
                let at = (at.unwrap_or(self.time.latest()), number);
                self.bursts.event(&self.names, (index, rule, rate), line, at, &mut self.pending);
            } else if self.tally.found(&rule.kind) < self.most_of_a_kind {
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

    /// Gives on what passes the filters.
    fn release(&mut self, found: &mut dyn FnMut(Finding)) {
        let now = self.time.now().max(0);
        for finding in core::mem::take(&mut self.pending) {
            if self.is_told(&finding.kind, finding.severity, finding.at) {
                let is_more = self.tally.found(&finding.kind) >= self.most_of_a_kind;
                self.tally.finding(&finding.kind, finding.severity, now);
                if !is_more {
                    found(finding);
                }
            }
        }
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
