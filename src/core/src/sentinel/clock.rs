//! The time of a log. It is what its producers say, so none of them is believed alone.

use super::finding::{Finding, Severity, moment};
use super::names::Map;
use crate::time::Timestamp;

pub(super) const SECOND: i64 = 1_000_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const DAY: i64 = 86_400 * SECOND;

/// How far a producer's time may go back: clocks are corrected, and lines of one moment change places.
const SLACK: i64 = 30 * SECOND;

/// Reads the datetimes of one member. Neighbours share the minute, so its calendar is done once.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    minute: Option<([u8; 16], i64)>,
}

impl Calendar {
    /// Microseconds since 1970.
    pub(super) fn read(&mut self, text: &[u8]) -> Option<i64> {
        if let Some((minute, rest)) = text.split_first_chunk::<16>()
            && let Some((cached, start)) = &self.minute
            && u128::from_le_bytes(*minute) == u128::from_le_bytes(*cached)
            && let Some(within) = within_minute(rest)
        {
            return start.checked_add(within);
        }
        let micros = Timestamp::parse_rfc3339(core::str::from_utf8(text).ok()?).ok()?.micros();
        if let Some((minute, rest)) = text.split_first_chunk::<16>()
            && let Some(within) = within_minute(rest)
        {
            self.minute = Some((*minute, micros.saturating_sub(within)));
        }
        Some(micros)
    }
}

/// `:SS[.fraction]` with `Z` or `+00:00`, in microseconds.
fn within_minute(rest: &[u8]) -> Option<i64> {
    let [b':', tens @ b'0'..=b'5', ones @ b'0'..=b'9', rest @ ..] = rest else { return None };
    let seconds = i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
    let (fraction, zone) = rest.strip_prefix(b".").map_or(Some((0, rest)), fraction)?;
    matches!(zone, b"Z" | b"+00:00").then_some(seconds * SECOND + fraction)
}

/// The digits of a fraction in microseconds, and what stands behind them.
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    // As this package and the reference write it.
    if let [a, b, c, d, e, f, zone @ ..] = rest
        && !matches!(zone, [b'0'..=b'9', ..])
        && let Some((millis, micros)) = thousands(*a, *b, *c).zip(thousands(*d, *e, *f))
    {
        return Some((millis * 1000 + micros, zone));
    }
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, zone) = rest.split_at_checked(digits).filter(|(digits, _)| !digits.is_empty())?;
    let padded = digits.iter().copied().chain(core::iter::repeat(b'0')).take(6);
    Some((padded.fold(0, |n, digit| n * 10 + i64::from(digit - b'0')), zone))
}

/// A number of three digits.
// One by one: an array of them would be put in place byte by byte and read as a word, which waits for all that is written before it.
#[inline(always)]
fn thousands(hundreds: u8, tens: u8, ones: u8) -> Option<i64> {
    let digit = |byte: u8| i64::from(byte.wrapping_sub(b'0'));
    let (hundreds, tens, ones) = (digit(hundreds), digit(tens), digit(ones));
    (hundreds.max(tens).max(ones) <= 9).then(|| hundreds * 100 + tens * 10 + ones)
}

/// The log waits longer than this for nothing that it told of; what lies further ahead is believed once many lines agree.
const LEAP: i64 = 25 * 3600 * SECOND;
const MANY: u32 = 64;

/// Where the log has come to. One line that is far ahead does not move it: it takes a second one that agrees, and many of a time
/// that is a day ahead, so that a clock that jumps for a while ends nothing early.
#[derive(Debug, Default)]
pub(super) struct LogTime {
    last: Option<i64>,
    now: Option<i64>,
    /// The earliest of the latest lines, all of which are far ahead, and how many these are.
    ahead: Option<(i64, u32)>,
}

impl LogTime {
    #[inline(always)]
    pub(super) fn advance(&mut self, at: i64) {
        if let Some(last) = self.last {
            let agreed = last.min(at);
            match self.now {
                Some(now) if agreed > now.saturating_add(LEAP) => self.leap(agreed),
                now => {
                    self.now = Some(now.map_or(agreed, |now| now.max(agreed)));
                    self.ahead = None;
                }
            }
        }
        self.last = Some(at);
    }

    #[cold]
    fn leap(&mut self, at: i64) {
        let (earliest, lines) = self.ahead.map_or((at, 1), |(earliest, lines)| (earliest.min(at), lines.saturating_add(1)));
        if lines >= MANY {
            (self.now, self.ahead) = (Some(earliest), None);
        } else {
            self.ahead = Some((earliest, lines));
        }
    }

    /// The time that at least two lines have reached; the earliest there is before that.
    pub(super) fn now(&self) -> i64 {
        self.now.unwrap_or(i64::MIN)
    }

    /// The time to take for a line that tells none.
    pub(super) fn latest(&self) -> i64 {
        self.last.unwrap_or(i64::MIN)
    }
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    line: u64,
    at: i64,
    first: i64,
    lines: u32,
    /// From where to where it went a day ahead, and the line of that.
    ahead: Option<(i64, i64, u64)>,
    /// Its lines do not stand in the order of their time.
    is_unordered: bool,
}

/// So many lines a producer has told before its going back to the first of them is that of another file.
const FILE: u32 = 20;

/// The clock of each producer.
#[derive(Debug)]
pub(super) struct Clocks {
    seen: Map<Seen>,
    max: usize,
    pub(super) is_full: bool,
    /// How often a producer whose lines are not in order went back.
    pub(super) unordered: u64,
}

impl Clocks {
    pub(super) fn new(max: usize) -> Self {
        Self { seen: Map::default(), max, is_full: false, unordered: 0 }
    }

    /// Takes in the time of a line of `producer`, whose hashed name is `key`; of a log in which lines stand in the order in which they were
    /// written, or of which that is not known.
    #[inline(never)]
    pub(super) fn event(
        &mut self,
        key: u64,
        producer: impl Fn() -> String,
        (line, at): (u64, i64),
        is_chained: bool,
        out: &mut Vec<Finding>,
    ) {
        let Some(seen) = self.seen.get_mut(&key) else {
            if self.seen.len() < self.max {
                self.seen.insert(key, Seen { line, at, first: at, lines: 1, ahead: None, is_unordered: false });
            } else {
                self.is_full = true;
            }
            return;
        };
        // Not all of it, which would be read before what was just written there is in place.
        let (line_before, before, lines) = (seen.line, seen.at, seen.lines);
        (seen.line, seen.at, seen.lines) = (line, at, lines.saturating_add(1));
        if at >= before.saturating_sub(SLACK) {
            if at.saturating_sub(before) > DAY {
                seen.ahead = Some((before, at, line));
            }
            return;
        }
        // What went ahead and came back was wrong itself; its neighbours are right.
        if let Some((from, to, first)) = seen.ahead
            && at >= from.saturating_sub(SLACK)
            && at < to.saturating_sub(DAY)
        {
            seen.ahead = None;
            let which =
                if first == line_before { format!("Line {first}") } else { format!("What stands in the lines {first} to {line_before}") };
            let sentence = format!("{which} of {} is more than a day ahead of its neighbours.", producer());
            let mut found = anomaly(sentence, vec![producer()], vec![first, line], before);
            // A clock that is ahead makes nothing valid that had expired.
            found.severity = Severity::Low;
            out.push(found);
            return;
        }
        let gap = before.saturating_sub(seen.first) / i64::from(lines.max(1));
        let around = MINUTE.saturating_add(gap.saturating_mul(2));
        let is_another_file = lines >= FILE && at.saturating_sub(seen.first).abs() <= around;
        if !is_chained && (seen.is_unordered || is_another_file) {
            (seen.is_unordered, seen.first) = (true, seen.first.min(at));
            self.unordered = self.unordered.saturating_add(1);
            return;
        }
        let back = before.saturating_sub(at) / SECOND;
        let sentence = format!("The time of {} goes back {back} s from line {} to line {line}.", producer(), line_before);
        out.push(anomaly(sentence, vec![producer()], vec![line_before, line], at));
    }
}

/// A finding about time.
pub(super) fn anomaly(sentence: String, agents: Vec<String>, lines: Vec<u64>, at: i64) -> Finding {
    Finding {
        kind: "clock_anomaly".into(),
        severity: Severity::Medium,
        agents,
        packets: Vec::new(),
        lines,
        sentence,
        advice: "Check the clock of that machine; whoever moves it can make an expired right look valid, or hide when something happened."
            .into(),
        at: moment(at),
        details: Vec::new(),
    }
}
