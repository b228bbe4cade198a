//! What an audit remembers of packets, and for how long: a bounded amount, forgotten in the order of its end.

use hashbrown::HashTable;

use super::clock::MINUTE;
use super::entry::{Ended, Entry, Marks, More};
use super::names::Map;
use super::recent::Recent;
use super::wheel::{Wheel, minute};

/// How many minutes longer a packet is remembered whose task was running at its end.
const LINGER: u32 = 1440;

/// Most buckets of what is known of packets and nonces that were forgotten.
const PAST: usize = 1 << 14;

/// What is still known of a packet that was forgotten, in eight bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Past {
    line: u32,
    /// The minute of its expiry, and whether its task ended.
    expires: u32,
}

const ENDED: u32 = 1 << 31;
const STARTED: u32 = 1 << 30;

impl Past {
    fn of(entry: &Entry) -> Self {
        let is_over = entry.marks.has(Marks::FINISHED) || entry.marks.has(Marks::ATTESTED);
        let has_begun = entry.marks.has(Marks::STARTED) || entry.more().used != 0;
        let flags = if is_over { ENDED } else { 0 } | if has_begun { STARTED } else { 0 };
        let expires = entry.more().expires.map_or(0, minute).min(STARTED - 1);
        Self { line: u32::try_from(entry.accepted).unwrap_or(u32::MAX), expires: expires | flags }
    }

    fn revive(self, entry: &mut Entry) {
        entry.accepted = self.line.into();
        entry.marks.set(Marks::REVIVED);
        if self.expires & ENDED != 0 {
            entry.marks.set(Marks::FINISHED);
        }
        if self.expires & STARTED != 0 {
            entry.marks.set(Marks::STARTED);
        }
        let expires = self.expires & (STARTED - 1);
        if expires != 0 {
            entry.more_mut().expires = Some(i64::from(expires) * MINUTE);
        }
    }
}

/// Entries in blocks, so that more of them move none; a place that is free is given again.
#[derive(Debug, Default)]
struct Slab {
    blocks: Vec<Vec<Entry>>,
    free: Vec<u32>,
}

const BLOCK: usize = 4096;

impl Slab {
    fn get(&mut self, place: u32) -> Option<&mut Entry> {
        let place = place as usize;
        self.blocks.get_mut(place / BLOCK)?.get_mut(place % BLOCK)
    }

    fn see(&self, place: u32) -> Option<&Entry> {
        let place = place as usize;
        self.blocks.get(place / BLOCK)?.get(place % BLOCK)
    }

    /// The hashed id of the packet at a place.
    #[inline(always)]
    fn id(&self, place: u32) -> u64 {
        self.see(place).map_or(0, |entry| entry.id)
    }

    /// The minute of its end.
    #[inline(always)]
    fn end(&self, place: u32) -> u32 {
        self.see(place).map_or(0, |entry| entry.end)
    }

    fn put(&mut self, id: u64, end: u32) -> u32 {
        if let Some(place) = self.free.pop() {
            if let Some(entry) = self.get(place) {
                (entry.id, entry.end) = (id, end);
            }
            return place;
        }
        if self.blocks.last().is_none_or(|block| block.len() == BLOCK) {
            self.blocks.push(Vec::with_capacity(BLOCK));
        }
        let before = self.blocks.len().saturating_sub(1).saturating_mul(BLOCK);
        let within = self.blocks.last_mut().map_or(0, |block| {
            block.push(Entry { id, end, ..Entry::FREE });
            block.len().saturating_sub(1)
        });
        // There are never more than `MAX_AUDIT_ENTRIES`.
        u32::try_from(before.saturating_add(within)).unwrap_or(u32::MAX)
    }
}

/// What is kept of all packets.
#[derive(Debug)]
pub(super) struct Packets {
    /// Where the entries are, by their hashed ids. Those stand in the entries only: the less there is of this, the more of it a
    /// processor has at hand.
    places: HashTable<u32>,
    entries: Slab,
    /// Hashed nonces to the line of the acceptance that took them.
    nonces: Map<u64>,
    /// Hashed digests to the packets of which they are.
    digests: Map<u64>,
    /// Packets and nonces that were forgotten, as far as there is room.
    past: Recent<Past>,
    /// Each place once, by the minute of its end. Where an end was moved on, it stands at the minute of old until that comes.
    wheel: Wheel<u32>,
    max: usize,
    /// How many packets had to be forgotten before their end, and those of which something waited.
    pub(super) forgotten: u64,
    pub(super) displaced: Vec<Ended>,
}

impl Packets {
    pub(super) fn new(max: usize) -> Self {
        Self {
            places: HashTable::new(),
            entries: Slab::default(),
            nonces: Map::default(),
            digests: Map::default(),
            past: Recent::new(PAST),
            wheel: Wheel::default(),
            max: max.max(2),
            forgotten: 0,
            displaced: Vec::new(),
        }
    }

    pub(super) fn get(&mut self, key: u64) -> Option<&mut Entry> {
        self.entries.get(self.find(key)?)
    }

    /// The entry of a packet, made where there is none, and kept at least to the minute `end`.
    pub(super) fn keep(&mut self, key: u64, end: u32) -> Option<&mut Entry> {
        let entry = self.known(key, end)?;
        entry.end = entry.end.max(end);
        Some(entry)
    }

    /// The entry of a packet, made where there is none, and then kept to the minute `end`.
    pub(super) fn known(&mut self, key: u64, end: u32) -> Option<&mut Entry> {
        let place = self.find(key).unwrap_or_else(|| self.add(key, end));
        self.entries.get(place)
    }

    /// The packet of a hashed digest.
    pub(super) fn of_digest(&mut self, digest: u64) -> Option<&mut Entry> {
        let key = *self.digests.get(&digest)?;
        self.get(key)
    }

    /// The packet `key` is that of a hashed digest, unless another one is.
    pub(super) fn name(&mut self, key: u64, digest: u64) {
        self.digests.entry(digest).or_insert(key);
    }

    /// Where the entry of a new packet is.
    fn add(&mut self, key: u64, end: u32) -> u32 {
        // A nonce and a digest may come to each.
        while self.len().saturating_add(3) > self.max && self.forget_one() {}
        let place = self.entries.put(key, end);
        self.wheel.add(end, place);
        self.places.insert_unique(key, place, |place| self.entries.id(*place));
        if let Some(past) = self.past.get(key)
            && let Some(entry) = self.entries.get(place)
        {
            past.revive(entry);
        }
        place
    }

    fn find(&self, key: u64) -> Option<u32> {
        self.places.find(key, |place| self.entries.id(*place) == key).copied()
    }

    /// The line of the acceptance that took a nonce.
    pub(super) fn taken_nonce(&mut self, nonce: u64) -> Option<u64> {
        self.nonces.get(&nonce).copied().or_else(|| self.past.get(nonce).map(|past| past.line.into()))
    }

    /// A nonce is taken by the packet `key`, accepted in `line`, unless another one has taken it: with that one it is forgotten.
    pub(super) fn take_nonce(&mut self, key: u64, nonce: u64, line: u64) {
        if !self.nonces.contains_key(&nonce)
            && let Some(entry) = self.get(key).filter(|entry| entry.more().nonce == 0)
        {
            entry.more_mut().nonce = nonce;
            self.nonces.insert(nonce, line);
        }
    }

    /// Forgets the packets whose end has passed at the minute `now`, and tells of those with an open task.
    pub(super) fn expire(&mut self, now: u32, mut each: impl FnMut(Ended)) {
        while let Some((minute, due)) = self.wheel.due_minute(now) {
            for place in &due {
                if let Some(entry) = self.entries.get(*place).filter(|entry| entry.end <= minute && entry.is_running()) {
                    // A task may take longer than its packet was good for. What it does then is still that of an accepted one.
                    entry.end = minute.saturating_add(LINGER);
                    each(entry.ended());
                }
            }
            self.remove(minute, due.into(), |ended| {
                if ended.open.is_some() || ended.held.is_some() {
                    each(ended);
                }
            });
        }
    }

    /// All that is left of packets with an open task or of which something waits.
    pub(super) fn drain(&mut self, mut each: impl FnMut(Ended)) {
        for entry in self.entries.blocks.iter_mut().flatten() {
            let ended = entry.ended();
            if ended.open.is_some() || ended.held.is_some() {
                each(ended);
            }
        }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.places.len().saturating_add(self.nonces.len()).saturating_add(self.digests.len())
    }

    fn forget_one(&mut self) -> bool {
        let mut is_one = false;
        while !is_one && let Some((minute, place)) = self.wheel.next() {
            let mut left = None;
            self.remove(minute, vec![place], |ended| left = Some(ended));
            is_one = left.is_some();
            self.displaced.extend(left.filter(|ended| ended.held.is_some()));
        }
        self.forgotten = self.forgotten.saturating_add(u64::from(is_one));
        is_one
    }

    /// Removes the packets that came due at `minute`, but those whose end was moved on.
    // Step by step for all of them. They are far apart in memory, and so a processor fetches several at a time.
    fn remove(&mut self, minute: u32, mut due: Vec<u32>, mut each: impl FnMut(Ended)) {
        let Self { places, entries, nonces, digests, past, wheel, .. } = self;
        due.retain(|place| match entries.end(*place) {
            end if end > minute => {
                wheel.add(end, *place);
                false
            }
            _ => true,
        });
        for place in &due {
            if let Ok(found) = places.find_entry(entries.id(*place), |found| found == place) {
                found.remove();
            }
        }
        for place in &due {
            let Some(entry) = entries.get(*place) else { continue };
            let More { nonce, digest, .. } = *entry.more();
            let is_accepted = entry.accepted != 0;
            if is_accepted {
                past.put(entry.id, Past::of(entry));
            }
            if nonce != 0 {
                let line = nonces.remove(&nonce);
                if is_accepted && line == Some(entry.accepted) {
                    past.put(nonce, Past::of(entry));
                }
            }
            if digest != 0 && digests.get(&digest) == Some(&entry.id) {
                digests.remove(&digest);
            }
            each(entry.end());
        }
        entries.free.append(&mut due);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::entry::Open;
    use super::*;

    /// How many open tasks end.
    fn ended(packets: &mut Packets, now: u32) -> usize {
        let mut open = 0;
        packets.expire(now, |_| open += 1);
        open
    }

    #[test]
    fn a_packet_told_again_with_a_later_end_takes_no_more_memory_and_is_kept_to_the_latest() {
        let mut packets = Packets::new(100);
        for end in 1..10_000 {
            let entry = packets.keep(7, end).unwrap();
            entry.marks.set(Marks::FINISHED);
            entry.more_mut().open =
                Some(Box::new(Open { packet: String::new(), agents: Vec::new(), gate: None, line: 1, at: 0, producer: 0 }));
        }
        assert_eq!(packets.wheel.sizes().sum::<usize>(), 1);
        assert!(ended(&mut packets, 9_999) == 0 && packets.get(7).is_some());
        assert!(ended(&mut packets, 10_000) == 1 && packets.get(7).is_none());
        assert_eq!(packets.len(), 0);
    }

    #[test]
    fn a_nonce_is_forgotten_with_the_packet_that_took_it_and_with_no_other() {
        let mut packets = Packets::new(100);
        for (key, end, line) in [(1, 50, 10), (2, 5, 20)] {
            packets.keep(key, end).unwrap();
            packets.take_nonce(key, 9, line);
        }
        assert!(ended(&mut packets, 20) == 0 && packets.get(2).is_none());
        assert_eq!(packets.taken_nonce(9), Some(10));
        assert!(ended(&mut packets, 60) == 0 && packets.get(1).is_none());
        assert_eq!(packets.taken_nonce(9), None);
    }
}
