//! What an audit remembers of packets, and for how long: a bounded amount, forgotten in the order of its end.
//!
//! Names are kept as hashes. The host gives the seed, so nobody who writes into a log can choose names that meet.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};

use hashbrown::HashTable;

use super::clock::MINUTE;
use crate::scan::{Line, Name};

/// Takes a hash as it is: it has been made by [`Names`].
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Given(u64);

impl Hasher for Given {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A map by hashes of names.
pub(super) type Map<V> = HashMap<u64, V, BuildHasherDefault<Given>>;

/// Hashes names under the seed of the host.
#[derive(Debug, Clone)]
pub(super) struct Names {
    hasher: DefaultHasher,
    /// Agents come again and again.
    agents: Vec<Agent>,
}

/// The name of an agent with its hash, 0 of none.
#[derive(Debug, Clone, Copy)]
struct Agent {
    hash: u64,
    length: usize,
    name: [u8; RECENT_BYTES],
}

/// How many agents are kept with their hashes, and the longest name of one.
const RECENT: usize = 4096;
const RECENT_BYTES: usize = 48;

impl Names {
    pub(super) fn new(seed: &[u8; 16]) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(seed);
        Self { hasher, agents: vec![Agent { hash: 0, length: 0, name: [0; RECENT_BYTES] }; RECENT] }
    }

    /// The hash of a name of several parts; never 0, which stands for none.
    pub(super) fn of(&self, parts: &[&[u8]]) -> u64 {
        let mut hasher = self.hasher.clone();
        for part in parts {
            hasher.write(part);
            // No byte of UTF-8, so parts do not run into each other.
            hasher.write_u8(0xff);
        }
        hasher.finish().max(1)
    }

    /// The hash of the id of a packet, to be compared with such only; never 0.
    #[inline(always)]
    pub(super) fn packet(&self, id: &[u8]) -> u64 {
        let mut hasher = self.hasher.clone();
        hasher.write(id);
        hasher.finish().max(1)
    }

    /// The hash of the agent that stands in a member; 0 where there is none.
    pub(super) fn of_agent(&mut self, line: &Line<'_>, member: Name) -> u64 {
        line.bytes(member).map_or(0, |name| self.agent(&name))
    }

    /// As [`Names::of`] with the parts `agent` and `name`.
    fn agent(&mut self, name: &[u8]) -> u64 {
        let slot = usize::try_from(summed(name) % RECENT as u64).unwrap_or(0);
        if let Some(recent) = self.agents.get(slot)
            && recent.hash != 0
            && recent.name.get(..recent.length).is_some_and(|recent| is_same(recent, name))
        {
            return recent.hash;
        }
        let hash = self.of(&[b"agent", name]);
        if let Some(recent) = self.agents.get_mut(slot)
            && let Some(kept) = recent.name.get_mut(..name.len())
        {
            kept.copy_from_slice(name);
            (recent.hash, recent.length) = (hash, name.len());
        }
        hash
    }
}

const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// The hash of two hashes in their order.
pub(super) const fn pair(first: u64, second: u64) -> u64 {
    first.rotate_left(29).wrapping_mul(MIX) ^ second
}

/// A sum over bytes, where nobody gains from two that meet; never 0.
#[inline(always)]
pub(super) fn summed(bytes: &[u8]) -> u64 {
    let mut sum = MIX;
    let mut take = |word: u64| sum = (sum ^ word).wrapping_mul(MIX).rotate_left(31);
    for word in bytes.as_chunks::<8>().0 {
        take(u64::from_le_bytes(*word));
    }
    // Bytes that were put in place one by one would be read as a word before they are there: a stall on most machines.
    take(match bytes.last_chunk::<8>() {
        Some(last) => u64::from_le_bytes(*last),
        None => bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    });
    take(bytes.len() as u64);
    (sum ^ sum >> 32).max(1)
}

/// Whether two short texts are the same: eight bytes at a time, where a comparison of a build for size takes one.
#[inline(always)]
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    let ((one_words, one_rest), (other_words, other_rest)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    one.len() == other.len()
        && one_words.iter().zip(other_words).all(|(a, b)| u64::from_le_bytes(*a) == u64::from_le_bytes(*b))
        && one_rest.iter().zip(other_rest).all(|(a, b)| a == b)
}

/// Keys by the minute in which they may be forgotten.
#[derive(Debug)]
pub(super) struct Wheel<K>(BTreeMap<u32, VecDeque<K>>);

impl<K> Default for Wheel<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K> Wheel<K> {
    pub(super) fn add(&mut self, minute: u32, key: K) {
        self.0.entry(minute).or_default().push_back(key);
    }

    /// The next key of a minute before `now`.
    pub(super) fn due(&mut self, now: u32) -> Option<(u32, K)> {
        let (minute, _) = self.0.first_key_value()?;
        if *minute < now { self.next() } else { None }
    }

    /// All keys of the first minute before `now`.
    pub(super) fn due_minute(&mut self, now: u32) -> Option<(u32, VecDeque<K>)> {
        let first = self.0.first_entry().filter(|first| *first.key() < now)?;
        Some(first.remove_entry())
    }

    /// The key that ends first.
    pub(super) fn next(&mut self) -> Option<(u32, K)> {
        let mut first = self.0.first_entry()?;
        let (minute, key) = (*first.key(), first.get_mut().pop_front()?);
        // None is left empty, so the first one always holds a key.
        if first.get().is_empty() {
            first.remove();
        }
        Some((minute, key))
    }
}

/// How many minutes longer a packet is remembered whose task was running at its end.
const LINGER: u32 = 1440;

/// The minute of a moment.
pub(super) fn minute(micros: i64) -> u32 {
    u32::try_from(micros.max(0) / MINUTE).unwrap_or(u32::MAX)
}

/// What has been seen of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks(u16);

impl Marks {
    pub(super) const STARTED: Self = Self(1);
    pub(super) const FINISHED: Self = Self(2);
    pub(super) const ATTESTED: Self = Self(4);
    pub(super) const UNATTESTED: Self = Self(8);
    pub(super) const APPROVED: Self = Self(16);
    pub(super) const DENIED: Self = Self(32);
    pub(super) const SHARED: Self = Self(64);
    pub(super) const TOLD_UNACCEPTED: Self = Self(128);
    pub(super) const TOLD_REVOKED: Self = Self(256);
    pub(super) const TOLD_BUDGET: Self = Self(512);
    pub(super) const TOLD_REVIEW: Self = Self(1024);

    const NONE: Self = Self(0);

    pub(super) const fn has(self, mark: Self) -> bool {
        self.0 & mark.0 != 0
    }

    pub(super) fn set(&mut self, mark: Self) {
        self.0 |= mark.0;
    }

    pub(super) fn clear(&mut self, mark: Self) {
        self.0 &= !mark.0;
    }
}

/// What is kept of a task whose outcome nobody has attested yet.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) packet: String,
    pub(super) agents: Vec<String>,
    pub(super) line: u64,
    pub(super) at: i64,
    /// The hashed name of who tells of it.
    pub(super) producer: u64,
}

/// What is kept of a packet. Hashes and lines are 0 where there are none.
#[derive(Debug)]
pub(super) struct Entry {
    /// The hashed id of the packet; 0 of a place that is free.
    id: u64,
    /// The line of its acceptance.
    pub(super) accepted: u64,
    /// The hashed name of its sender, under which it can be revoked.
    pub(super) agent: u64,
    /// The summed id of the event of its acceptance: one line may stand in a log twice.
    pub(super) event: u32,
    end: u32,
    more: Option<Box<More>>,
    pub(super) marks: Marks,
}

/// What not every log tells of a packet, apart from the rest: the smaller that is, the faster it is found.
#[derive(Debug)]
pub(super) struct More {
    /// Further hashed names under which it can be revoked: of its sender's key, its digest.
    pub(super) key: u64,
    pub(super) digest: u64,
    pub(super) ancestors: Option<Box<[u64]>>,
    nonce: u64,
    /// The hashed outcome, and the line that told it first.
    pub(super) outcome: Option<(u64, u64)>,
    pub(super) open: Option<Box<Open>>,
    pub(super) used: u32,
    pub(super) limit: u32,
}

impl More {
    const NONE: Self = Self { key: 0, digest: 0, ancestors: None, nonce: 0, outcome: None, open: None, used: 0, limit: u32::MAX };
}

impl Entry {
    const FREE: Self = Self { id: 0, accepted: 0, agent: 0, event: 0, end: 0, more: None, marks: Marks::NONE };

    /// What more there is.
    pub(super) fn more(&self) -> &More {
        self.more.as_deref().unwrap_or(&More::NONE)
    }

    /// What more there is, to be added to.
    pub(super) fn more_mut(&mut self) -> &mut More {
        self.more.get_or_insert_with(|| Box::new(More::NONE))
    }

    /// Whether its task was begun and nobody has told yet that it ended.
    fn is_running(&self) -> bool {
        self.more().open.is_some() && !self.marks.has(Marks::FINISHED)
    }

    /// Ends what has to be known when nobody attests the outcome.
    pub(super) fn close(&mut self) -> Option<Box<Open>> {
        self.more.as_mut().and_then(|more| more.open.take())
    }

    /// What is over of the packet. Its place is free then, and nothing of it was moved.
    fn end(&mut self) -> Ended {
        let ended = Ended { accepted: self.accepted, marks: self.marks, open: self.close() };
        *self = Self::FREE;
        ended
    }
}

/// What matters of a packet that is over.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) accepted: u64,
    pub(super) marks: Marks,
    pub(super) open: Option<Box<Open>>,
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
    /// Each place once, by the minute of its end. Where an end was moved on, it stands at the minute of old until that comes.
    wheel: Wheel<u32>,
    max: usize,
    /// How many packets had to be forgotten before their end.
    pub(super) forgotten: u64,
}

impl Packets {
    pub(super) fn new(max: usize) -> Self {
        Self {
            places: HashTable::new(),
            entries: Slab::default(),
            nonces: Map::default(),
            wheel: Wheel::default(),
            max: max.max(2),
            forgotten: 0,
        }
    }

    pub(super) fn get(&mut self, key: u64) -> Option<&mut Entry> {
        self.entries.get(self.find(key)?)
    }

    /// The entry of a packet, made where there is none, and kept at least to the minute `end`.
    pub(super) fn keep(&mut self, key: u64, end: u32) -> Option<&mut Entry> {
        let place = self.find(key).unwrap_or_else(|| self.add(key, end));
        let entry = self.entries.get(place)?;
        entry.end = entry.end.max(end);
        Some(entry)
    }

    /// Where the entry of a new packet is.
    fn add(&mut self, key: u64, end: u32) -> u32 {
        // A nonce may come to each.
        while self.len().saturating_add(2) > self.max && self.forget_one() {}
        let place = self.entries.put(key, end);
        self.wheel.add(end, place);
        self.places.insert_unique(key, place, |place| self.entries.id(*place));
        place
    }

    fn find(&self, key: u64) -> Option<u32> {
        self.places.find(key, |place| self.entries.id(*place) == key).copied()
    }

    /// The line of the acceptance that took a nonce.
    pub(super) fn taken_nonce(&self, nonce: u64) -> Option<u64> {
        self.nonces.get(&nonce).copied()
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
                    each(Ended { accepted: entry.accepted, marks: entry.marks, open: entry.close() });
                }
            }
            self.remove(minute, due.into(), |ended| {
                if ended.open.is_some() {
                    each(ended);
                }
            });
        }
    }

    /// All that is left of packets with an open task.
    pub(super) fn drain(&mut self, mut each: impl FnMut(Ended)) {
        for entry in self.entries.blocks.iter_mut().flatten() {
            if let Some(open) = entry.close() {
                each(Ended { accepted: entry.accepted, marks: entry.marks, open: Some(open) });
            }
        }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.places.len().saturating_add(self.nonces.len())
    }

    fn forget_one(&mut self) -> bool {
        let mut is_one = false;
        while !is_one && let Some((minute, place)) = self.wheel.next() {
            self.remove(minute, vec![place], |_| is_one = true);
        }
        self.forgotten = self.forgotten.saturating_add(u64::from(is_one));
        is_one
    }

    /// Removes the packets that came due at `minute`, but those whose end was moved on.
    // Step by step for all of them. They are far apart in memory, and so a processor fetches several at a time.
    fn remove(&mut self, minute: u32, mut due: Vec<u32>, mut each: impl FnMut(Ended)) {
        let Self { places, entries, nonces, wheel, .. } = self;
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
            let nonce = entry.more().nonce;
            if nonce != 0 {
                nonces.remove(&nonce);
            }
            each(entry.end());
        }
        entries.free.append(&mut due);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
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
            entry.more_mut().open = Some(Box::new(Open { packet: String::new(), agents: Vec::new(), line: 1, at: 0, producer: 0 }));
        }
        assert_eq!(packets.wheel.0.values().map(VecDeque::len).sum::<usize>(), 1);
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
