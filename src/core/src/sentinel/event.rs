//! One event, as far as rules over several of them need it.

use super::clock::{DAY, SECOND};
use super::entry;
use super::finding::{Finding, clipped, moment};
use super::names::Names;
use super::rules::{agents, gate};
use super::told::Told;
use super::wheel::minute;
use crate::json;
use crate::limits::MAX_DEPTH;
use crate::scan::{Line, Name, text_of};

/// How long a packet is remembered after its expiry. Longer than any gate admits it, so that a replay still meets
/// its first acceptance, and long enough for a task to end and be attested.
const GRACE: i64 = 3600 * SECOND;

#[derive(Debug, Clone, Copy)]
pub(super) struct Event<'a> {
    pub(super) line: &'a Line<'a>,
    pub(super) number: u64,
    /// The hashed names of sender, receiver and who tells it; 0 where there is none.
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) producer: u64,
    /// When, as it says itself.
    pub(super) at: Option<i64>,
    /// Where the log is.
    pub(super) now: i64,
}

impl Event<'_> {
    #[inline(never)]
    pub(super) fn told(&self, told: Told, lines: &[u64], sentence: String) -> Finding {
        let Told(kind, severity, advice) = told;
        let mut lines: Vec<u64> = lines.iter().copied().filter(|line| *line != 0).collect();
        lines.sort_unstable();
        lines.dedup();
        Finding {
            kind: kind.into(),
            severity,
            agents: agents(self.line),
            packets: self.line.text(Name::PacketId).map(|id| clipped(&id)).into_iter().collect(),
            lines,
            sentence,
            advice: advice.into(),
            at: self.at.and_then(moment),
            details: gate(self.line).into_iter().collect(),
        }
    }

    /// Whether a member is this text, however it is spelled.
    pub(super) fn says(&self, name: Name, text: &str) -> bool {
        self.line.bytes(name).as_deref() == Some(text.as_bytes())
    }

    #[inline(never)]
    pub(super) fn packet(&self) -> String {
        self.shown(Name::PacketId)
    }

    /// A member that is a text, as a sentence repeats it.
    #[inline(never)]
    pub(super) fn shown(&self, name: Name) -> String {
        self.line.text(name).map(|text| clipped(&text)).unwrap_or_default()
    }

    /// A member under the seed; 0 where there is none.
    pub(super) fn hashed(&self, names: &Names, kind: &str, name: Name) -> u64 {
        self.line.bytes(name).map_or(0, |text| names.of(&[kind.as_bytes(), &text]))
    }

    /// The hashed nonce of one key; 0 where there is none.
    pub(super) fn nonce(&self, names: &Names) -> u64 {
        let (fingerprint, nonce) = (self.line.bytes(Name::Fingerprint), self.line.bytes(Name::NonceHash));
        fingerprint.zip(nonce).map_or(0, |(fingerprint, nonce)| names.of(&[b"nonce", &fingerprint, &nonce]))
    }

    pub(super) const fn told_at(&self) -> entry::Told {
        entry::Told { line: self.number, at: self.at }
    }

    /// How long to remember a packet that tells no end. The reference tells how long it was to live, where it knows, and has held
    /// the end against that.
    fn lifetime(&self) -> i64 {
        number(self.line.raw(Name::TtlSeconds))
            .map_or(DAY, |seconds| i64::from(seconds).saturating_mul(SECOND).saturating_add(GRACE).min(DAY))
    }

    /// The last minute for which to remember what belongs to it, for an end that is known or not.
    pub(super) fn end(&self, expires: Option<i64>) -> u32 {
        let end = match expires {
            Some(expires) => expires.max(self.now).saturating_add(GRACE),
            None => self.at.unwrap_or(self.now).max(self.now).saturating_add(self.lifetime()),
        };
        minute(end)
    }
}

/// Calls under way at a moment may be told just after it.
const UNDER_WAY: i64 = 5_000;

/// Whether something came after something else, as far as is known: by their times, or as they stand in the log.
pub(super) fn is_after(later: entry::Told, earlier: entry::Told) -> bool {
    match (later.at, earlier.at) {
        (Some(later), Some(earlier)) => later > earlier.saturating_add(UNDER_WAY),
        _ => later.line > earlier.line,
    }
}

/// The calls a packet permits; more than can be counted where it does not say.
pub(super) fn limit_of(raw: &[u8]) -> u32 {
    number(raw).unwrap_or(if raw.starts_with(b"-") { 0 } else { u32::MAX })
}

/// A natural number, as JSON spells it.
fn number(raw: &[u8]) -> Option<u32> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u32::from(byte - b'0'));
    let (first, rest) = raw.split_first()?;
    rest.iter().try_fold(digit(first)?, |number, byte| number.checked_mul(10)?.checked_add(digit(byte)?))
}

/// The texts of an array, each as `take` makes of it: as many as a gate admits on a way, for each event is held against all.
pub(super) fn texts<T>(raw: &[u8], take: impl Fn(&str) -> T) -> Option<Box<[T]>> {
    if raw.len() <= 2 {
        return None;
    }
    let list = core::str::from_utf8(raw).ok().filter(|text| text.starts_with('['));
    let texts = list.into_iter().flat_map(json::pieces).filter_map(|(_, item)| text_of(item.as_bytes()));
    Some(texts.take(MAX_DEPTH as usize).map(|text| take(&text)).collect())
}

/// Longest list of actions that is kept, in bytes.
const ACTIONS: usize = 8192;

/// The actions that a packet permits; nothing where there are more than can be held against each other.
pub(super) fn actions(raw: &[u8]) -> Option<Box<[String]>> {
    let actions = if raw.len() <= ACTIONS { texts(raw, str::to_owned)? } else { return None };
    (actions.len() < MAX_DEPTH as usize).then_some(actions)
}
