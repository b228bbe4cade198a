//! What one acceptance tells by itself, and beside an earlier one of the same packet.

use super::clock::{SECOND, anomaly};
use super::entry::{Entry, Held, Marks};
use super::event::{Event, actions, limit_of, texts};
use super::finding::{Finding, Severity};
use super::keys::SKEW;
use super::names::Names;
use super::revocations;
use super::rules::agents;
use super::scene::Scene;
use super::told::{EXCEEDED, ID_REUSED, REPLAY_ACCEPTED, UNPROVEN, WRONG_RECEIVER};
use crate::action::first_beyond;
use crate::limits::MAX_GRACE_SECONDS;
use crate::scan::Name;
use crate::work::Work;

/// How long after its expiry an acceptance may be told, by the longest grace and by that of most gates.
const LATE: i64 = MAX_GRACE_SECONDS as i64 * SECOND;

/// What an acceptance tells of its packet. Hashes are 0 where there are none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) key: u64,
    pub(super) digest: u64,
    pub(super) nonce: u64,
    /// The line of the acceptance that took the nonce.
    pub(super) taken: Option<u64>,
    pub(super) to: u64,
    pub(super) expires: Option<i64>,
}

impl Seen {
    /// Whether a packet that was accepted before is another one, at another receiver: senders may number their packets.
    pub(super) fn is_at_another_receiver_than(&self, first: &Entry, producer: u64) -> bool {
        self.is_same(first) != Some(true) && self.taken.is_none() && self.to != first.more().to && first.is_anothers(producer)
    }

    /// Whether it is the same packet; nothing where that cannot be told.
    fn is_same(&self, first: &Entry) -> Option<bool> {
        let more = first.more();
        let both = |one: u64, other: u64| (one != 0 && other != 0).then_some(one == other);
        both(self.digest, more.digest).or_else(|| both(self.nonce, more.nonce))
    }
}

/// Holds an acceptance against an earlier one of the packet; whether it is the first.
pub(super) fn take(names: &Names, entry: &mut Entry, seen: &Seen, event: Event<'_>, out: &mut Vec<Finding>) -> bool {
    let (first, number) = (entry.accepted, event.number);
    let limit = limit_of(event.line.raw(Name::MaxToolCalls));
    if first != 0 && !entry.marks.has(Marks::REVIVED) {
        match seen.is_same(entry) {
            Some(true) => {
                let sentence = format!("The packet {} was accepted twice, in line {first} and again in line {number}.", event.packet());
                out.push(event.told(REPLAY_ACCEPTED, &[first, number], sentence));
                let more = entry.more_mut();
                (more.again, more.unused) = (number, more.unused.saturating_add(1));
            }
            Some(false) => {
                let sentence = format!("Two accepted packets carry the id {}: lines {first} and {number}.", event.packet());
                out.push(event.told(ID_REUSED, &[first, number], sentence));
                entry.marks.set(Marks::SHARED);
                let more = entry.more_mut();
                more.limit = more.limit.saturating_add(limit);
            }
            None if entry.agent == event.from && !entry.is_anothers(event.producer) => {
                let sentence = format!(
                    "The packet {} was accepted in line {first} and in line {number}, and nothing tells the two apart.",
                    event.packet()
                );
                out.push(event.told(ID_REUSED, &[first, number], sentence));
                entry.marks.set(Marks::SHARED);
            }
            None => {}
        }
        return false;
    }
    if let Some(taken) = seen.taken {
        let sentence = format!("Two packets with one nonce of one key were accepted: lines {taken} and {number}.");
        out.push(event.told(REPLAY_ACCEPTED, &[taken, number], sentence));
    }
    if entry.marks.has(Marks::REVIVED) {
        entry.marks = Marks::NONE;
    }
    entry.accept(number, event.producer);
    entry.agent = event.from;
    let ancestors = texts(event.line.raw(Name::Ancestors), |digest| names.of(&[b"digest", digest.as_bytes()]));
    let lineage = texts(event.line.raw(Name::Capabilities), |target| revocations::name_of(names, target).unwrap_or(1));
    let own = event.line.bytes(Name::CapabilityId).filter(|_| lineage.is_none());
    if seen.key != 0 || seen.digest != 0 || seen.expires.is_some() || limit != u32::MAX || ancestors.is_some() {
        let more = entry.more_mut();
        (more.key, more.digest, more.to, more.limit) = (seen.key, seen.digest, seen.to, limit);
        (more.accepted_at, more.expires) = (event.at, seen.expires);
        (more.ancestors, more.lineage) = (ancestors, lineage);
        more.capability = own.map_or(0, |id| revocations::capability(names, &id));
        more.actions = actions(event.line.raw(Name::AllowedActions));
        more.review = event.hashed(names, "review", Name::ReviewDigest);
    }
    true
}

/// A task that was told before its acceptance is explained by it, where it began no earlier.
pub(super) fn explain(scene: &mut Scene, held: &mut Held, event: Event<'_>, out: &mut Vec<Finding>) {
    let Some(waiting) = scene.settle(&mut held.unaccepted) else { return };
    if waiting.producer != event.producer {
        scene.wait_on(&mut held.foreign, waiting);
    } else if waiting.at.zip(event.at).is_none_or(|(began, accepted)| accepted > began.saturating_add(SKEW)) {
        out.push(waiting.finding);
    }
}

/// What is wrong with an acceptance whatever else stands in the log.
pub(super) fn check(event: Event<'_>, seen: &Seen, names: &Names, out: &mut Vec<Finding>) {
    let (number, to) = (event.number, seen.to);
    // The reference says that whoever sent a packet tells of it.
    let tells_for_itself = [0, to, event.from].contains(&event.producer);
    if to != 0 && !tells_for_itself && event.hashed(names, "agent", Name::ReceivedAs) != to {
        let (producer, receiver) = (event.shown(Name::ProducerId), event.shown(Name::ToAgent));
        let sentence = format!("{producer} accepted the packet {}, which is for {receiver}.", event.packet());
        out.push(event.told(WRONG_RECEIVER, &[number], sentence));
    }
    if !matches!(event.line.raw(Name::Identity), b"" | b"null") && !event.says(Name::Identity, "proven") {
        let sentence = format!("The packet {} was accepted, and who sent it was {} only.", event.packet(), event.shown(Name::Identity));
        out.push(event.told(UNPROVEN, &[number], sentence));
    }
    let late = event.at.zip(seen.expires).map_or(0, |(at, expires)| at.saturating_sub(expires));
    let lives_not = matches!(event.line.raw(Name::TtlSeconds), [b'-', ..] | b"0");
    if lives_not || late >= SKEW {
        let how =
            if lives_not { "although it was to live for no time".into() } else { format!("{} s after it had expired", late / SECOND) };
        let sentence = format!("The packet {} was accepted {how}.", event.packet());
        let mut found = anomaly(sentence, agents(event.line), vec![number], event.at.unwrap_or(event.now));
        found.packets = vec![event.packet()];
        if late <= LATE && !lives_not {
            found.severity = Severity::Low;
        }
        out.push(found);
    }
}

/// Holds a packet against one that it comes from: why it has more than that one, if it does.
pub(super) fn exceeds(parent: &Entry, event: Event<'_>, expires: Option<i64>) -> Option<Finding> {
    let more = parent.more();
    let limit = limit_of(event.line.raw(Name::MaxToolCalls));
    let what = if limit > more.limit {
        format!("may use more tool calls than the {} of that one", more.limit)
    } else if let Some((end, until)) = expires.zip(more.expires)
        && end > until.saturating_add(SKEW)
    {
        format!("lives {} s longer", end.saturating_sub(until) / SECOND)
    } else if let Some(granted) = &more.actions {
        let own = actions(event.line.raw(Name::AllowedActions))?;
        // What a gate would not have decided either is no finding.
        let mut work = Work::of(own.iter().chain(granted.iter()).map(String::len).sum());
        format!("may do `{}`, which that one may not", super::finding::clipped(first_beyond(own.iter(), granted, &mut work).ok()??))
    } else {
        return None;
    };
    let first = parent.accepted;
    let sentence = format!("The packet {} comes from that of line {first}, and {what}.", event.packet());
    Some(event.told(EXCEEDED, &[first, event.number], sentence))
}
