//! Rules that count: more than so many events within so long a time are one finding, however many they become.

use std::collections::VecDeque;

use super::clock::SECOND;
use super::finding::{Finding, clipped};
use super::names::{BoxMap, Names};
use super::rules::{Book, Rate, Rule};
use super::wheel::{Wheel, minute};
use crate::scan::{Line, text_of};

/// The latest events of one rule and one value: as many as would make a burst.
#[derive(Debug)]
struct Window {
    rule: usize,
    label: Option<String>,
    /// Moment and line of each.
    latest: VecDeque<(i64, u64)>,
    burst: Option<Burst>,
}

#[derive(Debug, Clone, Copy)]
struct Burst {
    count: u64,
    first: u64,
    last: u64,
    at: i64,
}

/// All windows. What they hold is bounded in moments, because each may come from a sender that was never proven.
#[derive(Debug)]
pub(super) struct Bursts {
    windows: BoxMap<Window>,
    wheel: Wheel<u64>,
    held: usize,
    max: usize,
    pub(super) is_full: bool,
}

impl Bursts {
    pub(super) fn new(max: usize) -> Self {
        Self { windows: BoxMap::default(), wheel: Wheel::default(), held: 0, max, is_full: false }
    }

    /// Counts an event that meets `rule`, which is the one of this number.
    #[inline(never)]
    pub(super) fn event(&mut self, names: &Names, of: (usize, &Rule, &Rate), line: &Line<'_>, at: (i64, u64), out: &mut Vec<Finding>) {
        let (number, rule, rate) = of;
        let raw = rate.per.as_deref().map_or(&[][..], |per| line.member(per));
        // However a text is spelled, it is the same one.
        let text = text_of(raw);
        let (kind, value) = text.as_deref().map_or((&b"raw"[..], raw), |text| (b"text", text.as_bytes()));
        let key = names.of(&[b"window", &number.to_le_bytes(), kind, value]);
        if self.held >= self.max {
            self.is_full = true;
            return;
        }
        let within = i64::from(rate.within_seconds) * SECOND;
        let wheel = &mut self.wheel;
        let window = self.windows.entry(key).or_insert_with(|| {
            wheel.add(minute(at.0.saturating_add(within)), key);
            let label = text.as_deref().map(clipped);
            Box::new(Window { rule: number, label, latest: VecDeque::new(), burst: None })
        });
        let before = window.latest.len();
        window.latest.push_back(at);
        let enough = usize::try_from(rate.more_than).unwrap_or(usize::MAX).saturating_add(1);
        while window.latest.len() > enough || window.latest.front().is_some_and(|(first, _)| *first < at.0.saturating_sub(within)) {
            window.latest.pop_front();
        }
        self.held = self.held.saturating_add(window.latest.len()).saturating_sub(before);
        match (window.latest.front(), &mut window.burst) {
            (Some((first_at, first)), burst) if window.latest.len() == enough => {
                let count = u64::from(rate.more_than);
                let burst = burst.get_or_insert(Burst { count, first: *first, last: at.1, at: *first_at });
                burst.count = burst.count.saturating_add(1);
                burst.last = at.1;
            }
            (_, burst) => out.extend(burst.take().map(|burst| told(rule, window.label.as_deref(), burst))),
        }
    }

    /// Ends what has been quiet for long enough.
    pub(super) fn sweep(&mut self, book: &Book, now: u32, out: &mut Vec<Finding>) {
        while let Some((_, key)) = self.wheel.due(now) {
            let Some(window) = self.windows.get(&key) else { continue };
            let rate = book.get(window.rule).and_then(|rule| rule.rate.as_ref());
            let within = rate.map_or(0, |rate| i64::from(rate.within_seconds) * SECOND);
            let end = window.latest.back().map_or(0, |(last, _)| minute(last.saturating_add(within)));
            if end >= now {
                self.wheel.add(end, key);
            } else if let Some(window) = self.windows.remove(&key) {
                self.held = self.held.saturating_sub(window.latest.len());
                out.extend(ended(book, &window));
            }
        }
    }

    /// Ends everything.
    pub(super) fn finish(&mut self, book: &Book) -> Vec<Finding> {
        let windows = core::mem::take(&mut self.windows);
        self.held = 0;
        let mut found: Vec<Finding> = windows.values().filter_map(|window| ended(book, window)).collect();
        found.sort_by(|a, b| a.lines.cmp(&b.lines));
        found
    }

    /// How many moments are held.
    pub(super) const fn len(&self) -> usize {
        self.held
    }
}

fn ended(book: &Book, window: &Window) -> Option<Finding> {
    Some(told(book.get(window.rule)?, window.label.as_deref(), window.burst?))
}

fn told(rule: &Rule, label: Option<&str>, burst: Burst) -> Finding {
    rule.finding_of_many(label, burst.count, (burst.first, burst.last), burst.at)
}
