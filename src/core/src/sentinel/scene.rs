//! The log as a whole: who attests, who is a gate, and whether it tells from the beginning. By that is judged what waited for an
//! explanation that did not come.

use super::clock::{DAY, SECOND};
use super::entry::{Ended, Marks, Waiting};
use super::event::Event;
use super::finding::{Finding, moment};
use super::names::Map;
use super::told::{BROKEN_OFF, Told, UNATTESTED};

/// For so long after the beginning of a log there may be tasks that had begun before it.
const EARLY: i64 = 3600 * SECOND;

/// Most findings that wait at once. Of more the rest is told at once.
const MAX_WAITING: usize = 16_384;

/// What the first line says of the lines before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Beginning {
    /// Nothing: it is in no chain.
    #[default]
    Unknown,
    /// There are none.
    Whole,
    /// There were some.
    Late,
}

#[derive(Debug)]
pub(super) struct Scene {
    /// Who attests outcomes: an agent that never does was set up without.
    attesting: Map<()>,
    /// Who has accepted anything, by the line of the first.
    gates: Map<u64>,
    max: usize,
    pub(super) is_full: bool,
    pub(super) beginning: Beginning,
    /// The first time that is told.
    pub(super) first: Option<i64>,
    /// Tasks that ended early in the log and did not begin in it.
    pub(super) tails: u64,
    waiting: usize,
    /// Questions that could not be answered, because what matters may stand before the log or have been forgotten.
    pub(super) undecided: u64,
}

impl Scene {
    pub(super) fn new(max: usize) -> Self {
        Self {
            attesting: Map::default(),
            gates: Map::default(),
            max,
            is_full: false,
            beginning: Beginning::Unknown,
            first: None,
            tails: 0,
            waiting: 0,
            undecided: 0,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.waiting
    }

    pub(super) fn is_undecided(&mut self) {
        self.undecided = self.undecided.saturating_add(1);
    }

    pub(super) fn attests(&mut self, producer: u64) {
        if self.attesting.len() < self.max || self.attesting.contains_key(&producer) {
            self.attesting.insert(producer, ());
        } else {
            self.is_full = true;
        }
    }

    pub(super) fn accepts(&mut self, producer: u64, line: u64) {
        if self.gates.len() < self.max || self.gates.contains_key(&producer) {
            self.gates.entry(producer).or_insert(line);
        } else {
            self.is_full = true;
        }
    }

    /// Whether the log is early enough for what began before it.
    pub(super) fn is_early(&self, at: Option<i64>) -> bool {
        let most = if self.beginning == Beginning::Late { DAY } else { EARLY };
        self.beginning != Beginning::Whole && self.first.zip(at).is_none_or(|(first, at)| at <= first.saturating_add(most))
    }

    /// A finding that waits for what may explain it; told at once where too many wait.
    pub(super) fn wait(&mut self, place: &mut Option<Waiting>, finding: Finding, event: Event<'_>, is_start: bool, out: &mut Vec<Finding>) {
        if place.is_some() {
            return;
        }
        if self.waiting >= MAX_WAITING {
            out.push(finding);
            return;
        }
        self.waiting = self.waiting.saturating_add(1);
        *place = Some(Waiting { finding, producer: event.producer, line: event.number, at: event.at, is_start });
    }

    /// The same waits for something else.
    pub(super) fn wait_on(&mut self, place: &mut Option<Waiting>, waiting: Waiting) {
        if place.is_none() {
            self.waiting = self.waiting.saturating_add(1);
            *place = Some(waiting);
        }
    }

    /// Nothing waits there any more.
    pub(super) fn settle(&mut self, place: &mut Option<Waiting>) -> Option<Waiting> {
        let waiting = place.take();
        self.waiting = self.waiting.saturating_sub(usize::from(waiting.is_some()));
        waiting
    }

    /// What is to be said of a packet that is over.
    pub(super) fn judge(&mut self, ended: Ended, out: &mut Vec<Finding>) {
        let Ended { accepted, marks, finisher, open, held } = ended;
        if let Some(mut held) = held {
            self.waiting = self.waiting.saturating_sub(held.len());
            if let Some(waiting) = held.unaccepted.take() {
                if !marks.has(Marks::REFUSED) && self.began_before(&waiting) {
                    self.is_undecided();
                } else {
                    out.push(waiting.finding);
                }
            }
            if let Some(waiting) = held.unreviewed.take() {
                // The word of people stands just before the acceptance.
                let is_first = self.beginning == Beginning::Late && waiting.line <= 2;
                if is_first { self.is_undecided() } else { out.push(waiting.finding) }
            }
            // A gate may leave the whole of a task to another one; it does not leave single calls to it.
            out.extend(held.foreign.take().filter(|f| !self.gates.contains_key(&f.producer) || finisher != f.producer).map(|f| f.finding));
        }
        let Some(open) = open.filter(|open| !marks.has(Marks::ATTESTED) && self.attesting.contains_key(&open.producer)) else { return };
        let (told, what) = if marks.has(Marks::FINISHED) {
            (UNATTESTED, "nobody attested what came out")
        } else {
            (BROKEN_OFF, "nothing tells how it ended")
        };
        let Told(kind, severity, advice) = told;
        out.push(Finding {
            kind: kind.into(),
            severity,
            agents: open.agents,
            lines: vec![accepted, open.line].into_iter().filter(|line| *line != 0).collect(),
            sentence: format!("The packet {} was accepted and its task started, and {what}.", open.packet),
            packets: vec![open.packet],
            advice: advice.into(),
            at: moment(open.at),
            details: open.gate.into_iter().collect(),
        });
    }

    /// Whether a task of which no acceptance stands in the log was probably accepted before it.
    fn began_before(&self, waiting: &Waiting) -> bool {
        if !self.is_early(waiting.at) {
            return false;
        }
        if self.beginning == Beginning::Late {
            return true;
        }
        // A gate accepts and starts in one go, so a start without acceptance is cut off only where the log begins with it.
        match self.gates.get(&waiting.producer) {
            Some(first) if waiting.is_start => waiting.line < *first,
            Some(_) => self.tails != 0,
            // Of a log without any gate, several tasks that only end in it.
            None => !waiting.is_start && self.tails > 2,
        }
    }
}
