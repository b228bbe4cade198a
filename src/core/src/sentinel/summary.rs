//! What an audit counted: the size of what was read, beside what was found in it.

use std::collections::BTreeMap;

use super::finding::{Finding, Severity, count, moment};
use super::names::{BoxMap, pair};
use super::sources::Sources;
use crate::event::Kind;
use crate::json::{Value, object};
use crate::limits::MAX_FINDINGS_OF_A_KIND;
use crate::log::Report;
use crate::scan::{Line, Name};
use crate::time::Timestamp;

/// Most pairs of agents that are counted one by one, and most event types beside the known ones.
const MAX_HANDOFFS: usize = 4096;
const MAX_TYPES: usize = 64;

/// Most steps of a timeline.
const STEPS: usize = 96;

/// The packets from one agent to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handoffs {
    /// Who sent them; of refused ones whoever was named. Empty where nobody was.
    pub from: String,
    /// To whom.
    pub to: String,
    /// How many were accepted.
    pub accepted: u64,
    /// How many were refused.
    pub refused: u64,
}

/// What happened when, in steps of equal length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// When the first step begins.
    pub start: Timestamp,
    /// How long a step is, in seconds.
    pub step_seconds: u64,
    /// Of each step how many packets were accepted, how many refused, and how many findings of medium severity and
    /// more there were.
    pub steps: Vec<[u64; 3]>,
}

/// The counts of an audit.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Lines with something on them.
    pub lines: u64,
    /// Lines that could not be read.
    pub unreadable: u64,
    /// Events without a time that can be read.
    pub untimed: u64,
    /// Events by type, the most frequent first.
    pub events: Vec<(String, u64)>,
    /// Findings by kind and severity, the gravest first.
    pub findings: Vec<(String, Severity, u64)>,
    /// Findings by severity, in the order of [`Severity::ALL`].
    pub severities: [u64; Severity::ALL.len()],
    /// The earliest and the latest time told.
    pub first: Option<Timestamp>,
    /// See [`Summary::first`].
    pub last: Option<Timestamp>,
    /// Who handed over to whom, the most frequent first.
    pub handoffs: Vec<Handoffs>,
    /// How many packets are not among them, because there are too many pairs.
    pub more_handoffs: u64,
    /// When.
    pub timeline: Option<Timeline>,
    /// Tasks that had begun and were neither finished nor over when the log ended.
    pub running_tasks: u64,
    /// The most entries that were held at once in what an audit remembers.
    pub entries: u64,
    /// The line at which there was no room for all of them. From there something may not have been found.
    pub full_since: Option<u64>,
    /// How many packets were forgotten before their time because of that.
    pub forgotten: u64,
    /// How many events could not be judged because of that, because what matters may stand before the log, or because lines do not stand in
    /// the order of their time.
    pub undecided: u64,
    /// How many events had been told before: they were delivered twice, and count once.
    pub duplicates: u64,
    /// What the hash chain and the checkpoints of the log say.
    pub log: Option<Report>,
}

impl Summary {
    /// How many findings there are of each kind, that with the gravest of them first.
    fn by_kind(&self) -> Vec<(&str, u64)> {
        let mut kinds: Vec<(&str, u64)> = Vec::new();
        for (kind, _, n) in &self.findings {
            match kinds.iter_mut().find(|(name, _)| name == kind) {
                Some((_, all)) => *all = all.saturating_add(*n),
                None => kinds.push((kind, *n)),
            }
        }
        kinds
    }

    /// How many findings there are of a severity.
    #[must_use]
    pub fn of_severity(&self, severity: Severity) -> u64 {
        self.severities.get(severity as usize).copied().unwrap_or(0)
    }

    /// The agents of all handoffs, by name.
    #[must_use]
    pub fn agents(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.handoffs.iter().flat_map(|pair| [pair.from.as_str(), pair.to.as_str()]).collect();
        names.sort_unstable();
        names.dedup();
        names.retain(|name| !name.is_empty());
        names
    }

    /// As a JSON object.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let time = |at: Option<Timestamp>| at.map_or(Value::Null, Value::Time);
        let counts = |counts: Vec<(&str, u64)>| Value::Object(counts.into_iter().map(|(key, n)| (key.to_owned(), count(n))).collect());
        let pairs = self.handoffs.iter().map(|pair| {
            let (from, to) = (pair.from.as_str().into(), pair.to.as_str().into());
            object([("from", from), ("to", to), ("accepted", count(pair.accepted)), ("refused", count(pair.refused))])
        });
        object([
            ("type", "summary".into()),
            ("lines", count(self.lines)),
            ("unreadable", count(self.unreadable)),
            ("untimed", count(self.untimed)),
            ("first", time(self.first)),
            ("last", time(self.last)),
            ("events", counts(self.events.iter().map(|(name, n)| (name.as_str(), *n)).collect())),
            ("findings", counts(self.by_kind())),
            ("severities", counts(Severity::ALL.into_iter().map(|severity| (severity.as_str(), self.of_severity(severity))).collect())),
            ("agents", count(self.agents().len().try_into().unwrap_or(u64::MAX))),
            ("handoffs", Value::Array(pairs.collect())),
            ("more_handoffs", count(self.more_handoffs)),
            ("running_tasks", count(self.running_tasks)),
            ("entries", count(self.entries)),
            ("full_since", self.full_since.map_or(Value::Null, count)),
            ("forgotten", count(self.forgotten)),
            ("undecided", count(self.undecided)),
            ("duplicates", count(self.duplicates)),
            ("log", self.log.as_ref().map_or(Value::Null, log_value)),
        ])
    }
}

fn log_value(report: &Report) -> Value {
    let breaks = u64::try_from(report.breaks.len()).unwrap_or(u64::MAX).saturating_add(report.more_breaks);
    object([
        ("log_id", report.log_id.as_deref().into()),
        ("lines", count(report.lines)),
        ("sealed", count(report.sealed)),
        ("unsealed", count(report.unsealed())),
        ("checkpoints", count(report.checkpoints)),
        ("root", Value::String(crate::encoding::hex(&report.root))),
        ("breaks", count(breaks)),
        ("tail_bytes", count(report.tail)),
    ])
}

/// The counts as they grow.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) lines: u64,
    pub(super) unreadable: u64,
    pub(super) untimed: u64,
    known: [u64; Kind::ALL.len()],
    others: BTreeMap<String, u64>,
    /// Of each kind how many of each severity.
    findings: BTreeMap<String, [u64; Severity::ALL.len()]>,
    severities: [u64; Severity::ALL.len()],
    pub(super) first: Option<i64>,
    last: Option<i64>,
    handoffs: BoxMap<Handoffs>,
    more_handoffs: u64,
    timeline: Steps,
}

impl Tally {
    pub(super) fn event(&mut self, kind: Option<Kind>, name: &str) {
        if let Some(n) = kind.and_then(|kind| self.known.get_mut(kind as usize)) {
            *n = n.saturating_add(1);
            return;
        }
        let name =
            if self.others.len() < MAX_TYPES || self.others.contains_key(name) { super::finding::clipped(name) } else { "…".into() };
        let n = self.others.entry(name).or_default();
        *n = n.saturating_add(1);
    }

    pub(super) fn time(&mut self, at: i64) {
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
    }

    /// A packet from and to `agents`, as hashed names, was accepted or refused when the log was at `now`.
    #[inline(never)]
    pub(super) fn handoff(&mut self, line: &Line<'_>, agents: (u64, u64), is_accepted: bool, now: i64) {
        self.timeline.add(now, usize::from(!is_accepted));
        let key = pair(agents.0, agents.1);
        if self.handoffs.len() >= MAX_HANDOFFS && !self.handoffs.contains_key(&key) {
            self.more_handoffs = self.more_handoffs.saturating_add(1);
            return;
        }
        let name = |name| line.text(name).map(|agent| super::finding::clipped(&agent)).unwrap_or_default();
        let new = || Box::new(Handoffs { from: name(Name::FromAgent), to: name(Name::ToAgent), accepted: 0, refused: 0 });
        let pair = self.handoffs.entry(key).or_insert_with(new);
        let n = if is_accepted { &mut pair.accepted } else { &mut pair.refused };
        *n = n.saturating_add(1);
    }

    /// How many findings of a kind and a severity there were.
    pub(super) fn found(&self, kind: &str, severity: Severity) -> u64 {
        self.findings.get(kind).and_then(|of_kind| of_kind.get(severity as usize)).copied().unwrap_or(0)
    }

    /// Something was found when the log was at `now`.
    pub(super) fn finding(&mut self, kind: &str, severity: Severity, now: i64) {
        if !self.findings.contains_key(kind) {
            self.findings.insert(kind.to_owned(), Default::default());
        }
        if let Some(n) = self.findings.get_mut(kind).and_then(|of_kind| of_kind.get_mut(severity as usize)) {
            *n = n.saturating_add(1);
        }
        if let Some(n) = self.severities.get_mut(severity as usize) {
            *n = n.saturating_add(1);
        }
        if severity >= Severity::Medium {
            self.timeline.add(now, 2);
        }
    }

    /// What has been counted; the rest is filled in by who knows.
    pub(super) fn summary(&self) -> Summary {
        let known = Kind::ALL.into_iter().map(|kind| (kind.as_str().to_owned(), self.known.get(kind as usize).copied().unwrap_or(0)));
        let mut events: Vec<(String, u64)> = known.filter(|(_, n)| *n != 0).collect();
        events.extend(self.others.iter().map(|(name, n)| (name.clone(), *n)));
        events.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let of_kinds = self.findings.iter().flat_map(|(kind, of_kind)| {
            Severity::ALL.iter().zip(of_kind).filter(|(_, n)| **n != 0).map(|(severity, n)| (kind.clone(), *severity, *n))
        });
        let mut findings: Vec<_> = of_kinds.collect();
        findings.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut handoffs: Vec<Handoffs> = self.handoffs.values().map(|pair| Handoffs::clone(pair)).collect();
        let weight = |pair: &Handoffs| pair.accepted.saturating_add(pair.refused);
        handoffs.sort_unstable_by(|a, b| weight(b).cmp(&weight(a)).then_with(|| (&a.from, &a.to).cmp(&(&b.from, &b.to))));
        Summary {
            lines: self.lines,
            unreadable: self.unreadable,
            untimed: self.untimed,
            events,
            findings,
            severities: self.severities,
            first: self.first.and_then(moment),
            last: self.last.and_then(moment),
            handoffs,
            more_handoffs: self.more_handoffs,
            timeline: self.timeline.read(),
            running_tasks: 0,
            entries: 0,
            full_since: None,
            forgotten: 0,
            undecided: 0,
            duplicates: 0,
            log: None,
        }
    }
}

/// A timeline whose steps grow longer as the log does.
#[derive(Debug, Default)]
struct Steps {
    start: Option<i64>,
    /// In microseconds.
    width: i64,
    steps: Vec<[u64; 3]>,
}

impl Steps {
    fn add(&mut self, at: i64, what: usize) {
        let at = at.max(0);
        let start = *self.start.get_or_insert(at);
        self.width = self.width.max(super::clock::SECOND);
        let index = loop {
            let index = usize::try_from(at.saturating_sub(start).max(0) / self.width).unwrap_or(usize::MAX);
            if index < STEPS {
                break index;
            }
            let pairs = self.steps.chunks(2).map(|pair| pair.iter().fold([0; 3], |[a, b, c], [x, y, z]| [a + x, b + y, c + z]));
            self.steps = pairs.collect();
            self.width = self.width.saturating_mul(2);
        };
        if self.steps.len() <= index {
            self.steps.resize(index.saturating_add(1), [0; 3]);
        }
        if let Some(n) = self.steps.get_mut(index).and_then(|step| step.get_mut(what)) {
            *n = n.saturating_add(1);
        }
    }

    fn read(&self) -> Option<Timeline> {
        let start = self.start.and_then(moment)?;
        let step_seconds = u64::try_from(self.width / super::clock::SECOND).unwrap_or(1);
        Some(Timeline { start, step_seconds, steps: self.steps.clone() })
    }
}

/// Findings and counts together, as a report needs them: of each kind and severity the first thousand, so that many of what is
/// cheap to cause hide nothing grave.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// In the order in which they were found.
    pub findings: Vec<Finding>,
    /// The counts, of those that are not here too.
    pub summary: Option<Summary>,
    /// The files that were read.
    pub sources: Sources,
    held: BTreeMap<String, [u64; Severity::ALL.len()]>,
}

/// Findings of one kind and severity: how many there are, and those that are here.
pub(super) struct Group<'a> {
    pub(super) kind: &'a str,
    pub(super) severity: Severity,
    pub(super) count: u64,
    pub(super) findings: Vec<&'a Finding>,
}

impl Collected {
    /// Takes in a finding.
    pub fn push(&mut self, finding: Finding) {
        let of_kind = self.held.entry(finding.kind.clone()).or_default();
        if let Some(held) = of_kind.get_mut(finding.severity as usize).filter(|held| **held < MAX_FINDINGS_OF_A_KIND) {
            *held = held.saturating_add(1);
            self.findings.push(finding);
        }
    }

    /// The gravest first.
    pub(super) fn groups(&self) -> Vec<Group<'_>> {
        let mut findings: Vec<&Finding> = self.findings.iter().collect();
        // Stable: those of a group stay in the order in which they were found.
        findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.kind.cmp(&b.kind)));
        let all = self.summary.as_ref().map(|summary| summary.findings.as_slice()).unwrap_or_default();
        let groups = findings.chunk_by(|a, b| a.severity == b.severity && a.kind == b.kind).filter_map(|findings| {
            let Finding { kind, severity, .. } = findings.first()?;
            let counted = all.iter().find(|(other, of, _)| other == kind && of == severity).map_or(0, |(_, _, n)| *n);
            let count = counted.max(u64::try_from(findings.len()).unwrap_or(u64::MAX));
            Some(Group { kind, severity: *severity, count, findings: findings.to_vec() })
        });
        groups.collect()
    }
}
