//! Rules over what belongs together: the events of one packet, and what was revoked before them.

use super::acceptance::{self, Seen};
use super::entry::{Entry, Marks, Why};
use super::event::Event;
use super::finding::Finding;
use super::keys::Keys;
use super::memory::Packets;
use super::names::{Names, pair};
use super::reviews;
use super::revocations::Revocations;
use super::runs;
use super::scene::Scene;
use super::told::{REPLAY_REFUSED, RETRIED, UNACCEPTED, UNATTESTED};
use crate::event::Kind;
use crate::scan::Name;

/// Within so long a copy is rather a retry of its sender than anything else.
const RETRY: i64 = 300 * super::clock::SECOND;

/// What refuses an action for good: its task is over.
const FOR_GOOD: [&[u8]; 4] = [b"agent_revoked", b"capability_revoked", b"packet_revoked", b"capability_expired"];

/// What is known of packets and revocations.
#[derive(Debug)]
pub(super) struct Stories {
    pub(super) packets: Packets,
    pub(super) scene: Scene,
    revocations: Revocations,
    keys: Keys,
    dates: super::clock::Calendar,
    /// Tasks that were running when the log ended.
    pub(super) running: u64,
}

impl Stories {
    pub(super) fn new(max: usize, max_others: usize) -> Self {
        Self {
            packets: Packets::new(max),
            scene: Scene::new(max_others),
            revocations: Revocations::new(max_others),
            keys: Keys::new(max_others),
            dates: super::clock::Calendar::default(),
            running: 0,
        }
    }

    /// Takes in an event of the kind `kind`.
    pub(super) fn event(&mut self, names: &Names, kind: Kind, event: Event<'_>, out: &mut Vec<Finding>) {
        match kind {
            Kind::Revoked => return self.revocations.revoke(names, event),
            Kind::KeyRotated => return self.keys.rotated(names, event),
            _ => {}
        }
        let Some(id) = event.line.bytes(Name::PacketId) else { return };
        let key = names.packet(&id);
        match kind {
            Kind::PacketAccepted => self.accepted(names, key, &id, event, out),
            Kind::PacketRejected => self.refused(names, key, event, out),
            Kind::ReviewDecided => self.reviewed(names, key, event, out),
            Kind::TaskStarted | Kind::ToolUsed => self.executed(names, key, &id, kind == Kind::TaskStarted, event, out),
            Kind::TaskFinished | Kind::Attested => self.ended(names, key, kind == Kind::Attested, event, out),
            Kind::Unattested => self.unattested(key, event, out),
            Kind::CapabilityStale => self.over(key, Why::Stale, event, out),
            Kind::ActionRefused if event.line.bytes(Name::Reason).is_some_and(|reason| FOR_GOOD.contains(&&*reason)) => {
                self.over(key, Why::Revoked, event, out);
            }
            Kind::BudgetExhausted => {
                if let Some(entry) = self.of(key, event) {
                    runs::exhausted(entry, event, out);
                }
            }
            _ => {}
        }
        for ended in self.packets.displaced.drain(..) {
            self.scene.judge(ended, out);
        }
    }

    /// Forgets what ended before the minute `now`.
    pub(super) fn sweep(&mut self, now: u32, out: &mut Vec<Finding>) {
        let scene = &mut self.scene;
        self.packets.expire(now, |ended| scene.judge(ended, out));
    }

    /// The log ends here.
    pub(super) fn finish(&mut self) -> Vec<Finding> {
        let mut found = Vec::new();
        let Self { packets, scene, running, .. } = self;
        packets.drain(|mut ended| {
            if ended.open.is_some() && !ended.marks.has(Marks::FINISHED) && !ended.marks.has(Marks::ATTESTED) {
                *running = running.saturating_add(1);
                ended.open = None;
            }
            scene.judge(ended, &mut found);
        });
        // In the order of the log, not of the hashes.
        found.sort_by(|a, b| a.lines.cmp(&b.lines));
        found
    }

    /// The packet of an event: where several receivers have one of that id, that of who tells it.
    fn story(&mut self, key: u64, producer: u64) -> u64 {
        let is_split = self.packets.get(key).is_some_and(|entry| entry.marks.has(Marks::SPLIT) && entry.is_anothers(producer));
        let own = pair(key, producer);
        if is_split && self.packets.get(own).is_some() { own } else { key }
    }

    /// The entry of the packet of an event, made where there is none.
    fn of(&mut self, key: u64, event: Event<'_>) -> Option<&mut Entry> {
        let story = self.story(key, event.producer);
        self.packets.known(story, event.end(None))
    }

    #[inline(never)]
    fn accepted(&mut self, names: &Names, key: u64, id: &[u8], event: Event<'_>, out: &mut Vec<Finding>) {
        let expires = event.line.bytes(Name::ExpiresAt).and_then(|text| self.dates.read(&text));
        let nonce = event.nonce(names);
        let seen = Seen {
            key: event.hashed(names, "key", Name::Fingerprint),
            digest: event.hashed(names, "digest", Name::PacketDigest),
            nonce,
            taken: if nonce == 0 { None } else { self.packets.taken_nonce(nonce) },
            to: event.to,
            expires,
        };
        let mut story = self.story(key, event.producer);
        if let Some(first) = self.packets.get(story).filter(|first| first.accepted != 0)
            && seen.is_at_another_receiver_than(first, event.producer)
        {
            first.marks.set(Marks::SPLIT);
            story = pair(key, event.producer);
        }
        let forgotten = self.packets.forgotten != 0;
        let Some(entry) = self.packets.keep(story, event.end(expires)) else { return };
        if acceptance::take(names, entry, &seen, event, out) {
            if entry.waits()
                && let Some(held) = &mut entry.more_mut().held
            {
                acceptance::explain(&mut self.scene, held, event, out);
            }
            runs::count(entry, event, out);
        }
        acceptance::check(event, &seen, names, out);
        reviews::accepted(&mut self.scene, entry, forgotten, event, out);
        self.revocations.check(names, entry, id, "was accepted", event, out);
        self.revocations.accepted(entry, event, out);
        self.keys.accepted(seen.key, event, out);
        self.scene.accepts(event.producer, event.number);
        let ancestors = entry.more().ancestors.clone();
        if nonce != 0 {
            self.packets.take_nonce(story, nonce, event.number);
        }
        if seen.digest != 0 {
            self.packets.name(story, seen.digest);
        }
        let exceeded =
            ancestors.iter().flatten().rev().find_map(|digest| acceptance::exceeds(self.packets.of_digest(*digest)?, event, expires));
        out.extend(exceeded);
    }

    #[inline(never)]
    fn refused(&mut self, names: &Names, key: u64, event: Event<'_>, out: &mut Vec<Finding>) {
        if event.says(Name::Reason, "human_review_denied") {
            if let Some(entry) = self.of(key, event) {
                reviews::say(entry, event, false, 0);
            }
            return;
        }
        if !event.says(Name::Reason, "replay_detected") {
            return;
        }
        let story = self.story(key, event.producer);
        let (first, accepted_at) = self.packets.get(story).map_or((0, None), |entry| (entry.accepted, entry.more().accepted_at));
        let nonce = self.packets.taken_nonce(event.nonce(names));
        let first = if first == 0 { nonce.unwrap_or(0) } else { first };
        let sentence = match first {
            0 => format!("The packet {} came again and was refused.", event.packet()),
            _ => format!("The packet {} came again after it had been accepted in line {first}, and was refused.", event.packet()),
        };
        let is_soon = accepted_at.zip(event.at).is_some_and(|(accepted, at)| at.saturating_sub(accepted) <= RETRY);
        let told = if is_soon && event.says(Name::Identity, "proven") { RETRIED } else { REPLAY_REFUSED };
        out.push(event.told(told, &[first, event.number], sentence));
    }

    #[inline(never)]
    fn reviewed(&mut self, names: &Names, key: u64, event: Event<'_>, out: &mut Vec<Finding>) {
        let story = self.story(key, event.producer);
        if let Some(entry) = self.packets.keep(story, event.end(None)) {
            reviews::decided(names, &mut self.scene, entry, event, out);
        }
    }

    #[inline(never)]
    fn executed(&mut self, names: &Names, key: u64, id: &[u8], is_start: bool, event: Event<'_>, out: &mut Vec<Finding>) {
        let story = self.story(key, event.producer);
        let forgotten = self.packets.forgotten != 0;
        let Some(entry) = self.packets.known(story, event.end(None)) else { return };
        if entry.accepted == 0 {
            if is_start {
                entry.marks.set(Marks::STARTED);
            } else {
                let more = entry.more_mut();
                more.used = more.used.saturating_add(1);
            }
            return unaccepted(&mut self.scene, entry, forgotten, is_start, event, out);
        }
        if entry.is_anothers(event.producer) {
            foreign(&mut self.scene, entry, event, out);
        }
        if is_start {
            runs::started(names, entry, event, out);
        } else {
            runs::used(entry, event, out);
        }
        reviews::executed(entry, event, out);
        let what = if is_start { "was started" } else { "used a tool" };
        self.revocations.check(names, entry, id, what, event, out);
        if !is_start && let Some(ancestors) = entry.more().ancestors.clone() {
            for digest in ancestors {
                if let Some(parent) = self.packets.of_digest(digest) {
                    runs::count_below(parent, event, out);
                }
            }
        }
    }

    #[inline(never)]
    fn ended(&mut self, names: &Names, key: u64, is_attested: bool, event: Event<'_>, out: &mut Vec<Finding>) {
        if is_attested || !matches!(event.line.raw(Name::OutcomeHash), b"" | b"null") {
            self.scene.attests(event.producer);
        }
        // That a packet was refused can be attested too, and what refused it started nothing.
        if event.says(Name::Status, "REJECTED") {
            return;
        }
        let forgotten = self.packets.forgotten != 0;
        let Some(entry) = self.of(key, event) else { return };
        let is_first = !entry.marks.has(Marks::FINISHED) && !entry.marks.has(Marks::ATTESTED);
        runs::ended(names, entry, is_attested, event, out);
        if entry.accepted == 0 {
            let began_here = entry.marks.has(Marks::STARTED);
            let Self { packets, scene, .. } = self;
            if is_first && !began_here && scene.is_early(event.at) {
                scene.tails = scene.tails.saturating_add(1);
            }
            if is_attested && let Some(entry) = packets.get(key) {
                unaccepted(scene, entry, forgotten, false, event, out);
            }
        } else if is_attested && entry.is_anothers(event.producer) {
            let story = entry.id;
            if let Some(entry) = self.packets.get(story) {
                foreign(&mut self.scene, entry, event, out);
            }
        }
    }

    #[inline(never)]
    fn unattested(&mut self, key: u64, event: Event<'_>, out: &mut Vec<Finding>) {
        self.scene.attests(event.producer);
        let story = self.story(key, event.producer);
        let Some(entry) = self.packets.get(story) else { return };
        if !entry.marks.first(Marks::UNATTESTED) {
            return;
        }
        entry.close();
        let sentence = format!("The outcome of the packet {} could not be attested: {}.", event.packet(), event.shown(Name::Reason));
        out.push(event.told(UNATTESTED, &[entry.accepted, event.number], sentence));
    }

    /// Something ends what a task may do.
    fn over(&mut self, key: u64, why: Why, event: Event<'_>, out: &mut Vec<Finding>) {
        if let Some(entry) = self.of(key, event) {
            runs::over(entry, why, event, out);
        }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.packets.len().saturating_add(self.revocations.len()).saturating_add(self.keys.len()).saturating_add(self.scene.len())
    }

    pub(super) const fn is_full(&self) -> bool {
        self.packets.forgotten != 0 || self.revocations.is_full || self.keys.is_full || self.scene.is_full
    }
}

/// A task of a packet that was not accepted before. Its acceptance may stand further down, as another producer wrote it.
fn unaccepted(scene: &mut Scene, entry: &mut Entry, forgotten: bool, is_start: bool, event: Event<'_>, out: &mut Vec<Finding>) {
    if !entry.marks.first(Marks::TOLD_UNACCEPTED) {
        return;
    }
    if forgotten {
        return scene.is_undecided();
    }
    let sentence = format!("Line {} tells of a task of the packet {}, which was not accepted before.", event.number, event.packet());
    let finding = event.told(UNACCEPTED, &[event.number], sentence);
    scene.wait(&mut entry.more_mut().held.get_or_insert_default().unaccepted, finding, event, is_start, out);
}

/// Something is done under a packet that somebody else accepted.
fn foreign(scene: &mut Scene, entry: &mut Entry, event: Event<'_>, out: &mut Vec<Finding>) {
    let producer = event.shown(Name::ProducerId);
    let accepted = entry.accepted;
    let sentence = format!(
        "{producer} acts under the packet {} in line {}, which another agent accepted in line {accepted}.",
        event.packet(),
        event.number
    );
    let finding = event.told(UNACCEPTED, &[accepted, event.number], sentence);
    scene.wait(&mut entry.more_mut().held.get_or_insert_default().foreign, finding, event, false, out);
}
