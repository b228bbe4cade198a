//! One task: that it is run once, within its budget and its time, and ends as it was attested.

use super::clock::SECOND;
use super::entry::{Entry, Marks, Open, Told, Why};
use super::event::{Event, is_after};
use super::finding::Finding;
use super::names::Names;
use super::rules::{agents, gate};
use super::told::{MISMATCH, OVER, OVERRUN, REPEATED, UNACCEPTED};
use crate::scan::Name;

/// For so long after the expiry of its packet a task may wait to be begun.
const QUEUED: i64 = 6 * 3600 * SECOND;

/// A task began.
pub(super) fn started(names: &Names, entry: &mut Entry, event: Event<'_>, out: &mut Vec<Finding>) {
    let (accepted, number) = (entry.accepted, event.number);
    begun(entry, event, out);
    let is_over = entry.marks.has(Marks::FINISHED) || entry.marks.has(Marks::ATTESTED);
    let ended = entry.more().over.filter(|(why, _)| *why == Why::Ended).map_or(Told { line: 0, at: None }, |(_, told)| told);
    if is_over && is_after(event.told_at(), ended) {
        repeated(entry, ended.line, event, out);
        entry.marks.set(Marks::RUNS_AGAIN);
    }
    entry.marks.set(Marks::STARTED);
    open(entry, event);
    let digest = event.hashed(names, "digest", Name::PacketDigest);
    let is_another = digest != 0 && entry.more().digest != 0 && digest != entry.more().digest;
    if is_another && !entry.marks.has(Marks::SHARED) {
        let sentence =
            format!("The task of line {number} is not that of the packet {} that was accepted in line {accepted}.", event.packet());
        out.push(event.told(UNACCEPTED, &[accepted, number], sentence));
    }
}

/// The first of what a task does may come late after its acceptance, and not too late.
fn begun(entry: &mut Entry, event: Event<'_>, out: &mut Vec<Finding>) {
    if entry.marks.has(Marks::STARTED) || entry.more().used != 0 {
        return;
    }
    if let Some((at, expires)) = event.at.zip(entry.more().expires)
        && at > expires.saturating_add(QUEUED)
        && entry.marks.first(Marks::TOLD_OVER)
    {
        let hours = at.saturating_sub(expires) / (3600 * SECOND);
        let sentence = format!("A task of the packet {} was begun {hours} h after that had expired.", event.packet());
        out.push(event.told(OVER, &[entry.accepted, event.number], sentence));
    }
}

/// A task was run again: for a further acceptance of its packet, or for none.
fn repeated(entry: &mut Entry, ended: u64, event: Event<'_>, out: &mut Vec<Finding>) {
    if entry.marks.has(Marks::SHARED) {
        return;
    }
    let (accepted, number, packet) = (entry.accepted, event.number, event.packet());
    let (again, unused) = (entry.more().again, entry.more().unused);
    entry.more_mut().unused = unused.saturating_sub(1);
    let mark = if unused == 0 { Marks::TOLD_REPEATED } else { Marks::TOLD_AGAIN };
    if !entry.marks.first(mark) {
        return;
    }
    entry.marks.set(Marks::TOLD_OVER);
    let sentence = match (again, unused) {
        (0, _) => format!("The packet {packet} was accepted once, and its task was run again in line {number}."),
        (_, 0) => format!("The task of the packet {packet} was run more often than it was accepted, again in line {number}."),
        _ => format!(
            "The packet {packet} was accepted in line {accepted} and again in line {again}, and its task was run for each, again in line {number}."
        ),
    };
    out.push(event.told(REPEATED, &[accepted, again, ended, number], sentence));
}

/// A tool was used.
pub(super) fn used(entry: &mut Entry, event: Event<'_>, out: &mut Vec<Finding>) {
    begun(entry, event, out);
    let own = event.told_at();
    let more = entry.more_mut();
    more.used = more.used.saturating_add(1);
    if more.last_use.is_none_or(|last| last.at <= own.at) {
        more.last_use = Some(own);
    }
    let (over, spent) = (more.over, more.spent);
    count(entry, event, out);
    if let Some((why, ended)) = over
        && is_after(own, ended)
    {
        after_end(entry, (why, ended), own, event, out);
    }
    if let Some(spent) = spent
        && is_after(own, spent)
    {
        after_exhaustion(entry, spent, own, event, out);
    }
}

/// Holds the calls against what is permitted, once both are known.
pub(super) fn count(entry: &mut Entry, event: Event<'_>, out: &mut Vec<Finding>) {
    let (used, limit) = (entry.more().used, entry.more().limit);
    if used > limit && entry.accepted != 0 && entry.marks.first(Marks::TOLD_BUDGET) {
        let sentence = format!("The packet {} permits {limit} tool calls; line {} is one more.", event.packet(), event.number);
        out.push(event.told(OVERRUN, &[entry.accepted, event.number], sentence));
    }
}

/// A packet that comes from the one of `parent` used a tool: what it uses its parents use.
pub(super) fn count_below(parent: &mut Entry, event: Event<'_>, out: &mut Vec<Finding>) {
    let more = parent.more_mut();
    more.below = more.below.saturating_add(1);
    // Gates that share no counters count each for itself, so what the parent used counts where one gate told both.
    let (own, limit) = (more.used, more.limit);
    let all = if parent.is_anothers(event.producer) { parent.more().below } else { parent.more().below.saturating_add(own) };
    if all > limit && parent.marks.first(Marks::TOLD_BUDGET) {
        let accepted = parent.accepted;
        let sentence = format!(
            "The packet of line {accepted} permits {limit} tool calls; with the packets that come from it line {} is one more.",
            event.number
        );
        out.push(event.told(OVERRUN, &[accepted, event.number], sentence));
    }
}

/// No call was left.
pub(super) fn exhausted(entry: &mut Entry, event: Event<'_>, out: &mut Vec<Finding>) {
    let more = entry.more_mut();
    let spent = *more.spent.get_or_insert(event.told_at());
    if let Some(last) = more.last_use.filter(|last| last.at.is_some() && is_after(*last, spent)) {
        after_exhaustion(entry, spent, last, event, out);
    }
}

fn after_exhaustion(entry: &mut Entry, spent: Told, used: Told, event: Event<'_>, out: &mut Vec<Finding>) {
    if entry.accepted != 0 && entry.marks.first(Marks::TOLD_BUDGET) {
        let packet = event.packet();
        let sentence = format!("The packet {packet} had no tool call left in line {}; line {} is one more.", spent.line, used.line);
        out.push(event.told(OVERRUN, &[entry.accepted, spent.line, used.line], sentence));
    }
}

/// A task is over, or may do nothing any more.
pub(super) fn over(entry: &mut Entry, why: Why, event: Event<'_>, out: &mut Vec<Finding>) {
    let told = event.told_at();
    let more = entry.more_mut();
    let (why, ended) = *more.over.get_or_insert((why, told));
    if let Some(last) = more.last_use.filter(|last| last.at.is_some() && is_after(*last, ended)) {
        after_end(entry, (why, ended), last, event, out);
    }
}

fn after_end(entry: &mut Entry, (why, ended): (Why, Told), used: Told, event: Event<'_>, out: &mut Vec<Finding>) {
    if entry.accepted == 0 || entry.marks.has(Marks::SHARED) || !entry.marks.first(Marks::TOLD_OVER) {
        return;
    }
    let what = match why {
        Why::Ended => "its task had ended",
        Why::Stale => "its rights had ended",
        Why::Revoked => "an action had been refused for good",
    };
    let sentence = format!("The packet {} used a tool in line {} after {what} in line {}.", event.packet(), used.line, ended.line);
    out.push(event.told(OVER, &[entry.accepted, ended.line, used.line], sentence));
}

/// A task ended, or its outcome was attested: once, and both alike.
pub(super) fn ended(names: &Names, entry: &mut Entry, is_attested: bool, event: Event<'_>, out: &mut Vec<Finding>) {
    let before = entry.marks;
    let first_end = entry.more().over.filter(|(why, _)| *why == Why::Ended).map_or(0, |(_, told)| told.line);
    if !is_attested && before.has(Marks::FINISHED) && !before.has(Marks::REVIVED) && !before.has(Marks::RUNS_AGAIN) {
        repeated(entry, first_end, event, out);
    }
    if !is_attested {
        entry.marks.clear(Marks::RUNS_AGAIN);
    }
    entry.marks.set(if is_attested { Marks::ATTESTED } else { Marks::FINISHED });
    over(entry, Why::Ended, event, out);
    entry.more_mut().finisher = event.producer;
    if !is_attested && !entry.marks.has(Marks::ATTESTED) {
        open(entry, event);
    }
    if entry.marks.has(Marks::ATTESTED) {
        entry.close();
    }
    if let Some(sentence) = differs(names, entry, is_attested, event)
        && !entry.marks.has(Marks::SHARED)
        && entry.marks.first(Marks::TOLD_OUTCOME)
    {
        let more = entry.more();
        let lines = [more.outcome, more.status].map(|told| told.map_or(0, |(_, line)| line));
        out.push(event.told(MISMATCH, &[entry.accepted, lines[0], lines[1], event.number], sentence));
    }
}

/// Why what is told of an outcome is not what was told of it before, or not by who may tell it.
fn differs(names: &Names, entry: &mut Entry, is_attested: bool, event: Event<'_>) -> Option<String> {
    let number = event.number;
    let (outcome, status) = (event.hashed(names, "outcome", Name::OutcomeHash), event.hashed(names, "status", Name::Status));
    let signer = if is_attested { event.hashed(names, "agent", Name::SignedBy) } else { 0 };
    let (is_anothers, to) = (entry.is_anothers(signer), entry.more().to);
    let more = entry.more_mut();
    let earlier = |told: &mut Option<(u64, u64)>, own: u64| {
        let (known, first) = if own == 0 { return None } else { *told.get_or_insert((own, number)) };
        (known != own).then_some(first)
    };
    if let Some(first) = earlier(&mut more.outcome, outcome) {
        return Some(format!("Lines {first} and {number} tell of two outcomes of the packet {}.", event.packet()));
    }
    if let Some(first) = earlier(&mut more.status, status) {
        return Some(format!("Lines {first} and {number} tell of two ends of the packet {}.", event.packet()));
    }
    // The agent that tells it may be another one that the whole task was left to.
    let is_stranger = signer != 0 && is_anothers && signer != to && signer != event.producer;
    is_stranger.then(|| {
        format!("What came out of the packet {} is attested by {}, which had not accepted it.", event.packet(), event.shown(Name::SignedBy))
    })
}

/// What has to be known when nobody attests the outcome.
pub(super) fn open(entry: &mut Entry, event: Event<'_>) {
    if entry.more().open.is_none() && !entry.marks.has(Marks::UNATTESTED) && !entry.marks.has(Marks::ATTESTED) {
        let at = event.at.unwrap_or(event.now);
        let (packet, agents, producer) = (event.packet(), agents(event.line), event.producer);
        entry.more_mut().open = Some(Box::new(Open { packet, agents, gate: gate(event.line), line: event.number, at, producer }));
    }
}
