//! What an audit remembers of packets, and for how long: a bounded amount, forgotten in the order of its end.
//!
//! Names are kept as hashes. The host gives the seed, so nobody who writes into a log can choose names that meet.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};

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
    agents: Vec<(Vec<u8>, u64)>,
}

/// How many agents are kept with their hashes, and the longest name of one.
const RECENT: usize = 4096;
const RECENT_BYTES: usize = 64;

impl Names {
    pub(super) fn new(seed: &[u8; 16]) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(seed);
        Self { hasher, agents: vec![(Vec::new(), 0); RECENT] }
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
        if let Some((recent, hash)) = self.agents.get(slot)
            && is_same(recent, name)
            && *hash != 0
        {
            return *hash;
        }
        let hash = self.of(&[b"agent", name]);
        if let Some((recent, kept)) = self.agents.get_mut(slot)
            && name.len() <= RECENT_BYTES
        {
            recent.clear();
            recent.extend_from_slice(name);
            *kept = hash;
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
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        take(u64::from_le_bytes(*word));
    }
    let mut last = [0xff; 8];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    take(u64::from_le_bytes(last));
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
    /// The hashed id of that event: one line may stand in a log twice.
    pub(super) event: u64,
    /// Hashed names under which it can be revoked: of its sender, of the sender's key, its digest.
    pub(super) agent: u64,
    pub(super) key: u64,
    pub(super) digest: u64,
    pub(super) ancestors: Option<Box<[u64]>>,
    nonce: u64,
    /// The hashed outcome, and the line that told it first.
    pub(super) outcome: Option<Box<(u64, u64)>>,
    pub(super) open: Option<Box<Open>>,
    end: u32,
    pub(super) used: u32,
    pub(super) limit: u32,
    pub(super) marks: Marks,
}

impl Entry {
    const FREE: Self = Self {
        id: 0,
        accepted: 0,
        event: 0,
        agent: 0,
        key: 0,
        digest: 0,
        ancestors: None,
        nonce: 0,
        outcome: None,
        open: None,
        end: 0,
        used: 0,
        limit: u32::MAX,
        marks: Marks::NONE,
    };

    /// What is over of the packet. Its place is free then, and nothing of it was moved.
    fn end(&mut self) -> Ended {
        let ended = Ended { accepted: self.accepted, marks: self.marks, open: self.open.take() };
        (self.id, self.accepted, self.event, self.agent, self.key, self.digest, self.nonce) = (0, 0, 0, 0, 0, 0, 0);
        (self.end, self.used, self.limit, self.marks) = (0, 0, u32::MAX, Marks::NONE);
        (self.ancestors, self.outcome) = (None, None);
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
    /// Hashed ids to the places of their entries.
    places: Map<u32>,
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
            places: Map::default(),
            entries: Slab::default(),
            nonces: Map::default(),
            wheel: Wheel::default(),
            max: max.max(2),
            forgotten: 0,
        }
    }

    pub(super) fn get(&mut self, key: u64) -> Option<&mut Entry> {
        self.entries.get(*self.places.get(&key)?)
    }

    /// The entry of a packet, made where there is none, and kept at least to the minute `end`.
    pub(super) fn keep(&mut self, key: u64, end: u32) -> Option<&mut Entry> {
        // A nonce may come to each.
        while self.len().saturating_add(2) > self.max && !self.places.contains_key(&key) {
            if !self.forget_one() {
                break;
            }
        }
        let (wheel, entries) = (&mut self.wheel, &mut self.entries);
        let place = *self.places.entry(key).or_insert_with(|| {
            let place = entries.put(key, end);
            wheel.add(end, place);
            place
        });
        let entry = self.entries.get(place)?;
        entry.end = entry.end.max(end);
        Some(entry)
    }

    /// The line of the acceptance that took a nonce.
    pub(super) fn taken_nonce(&self, nonce: u64) -> Option<u64> {
        self.nonces.get(&nonce).copied()
    }

    /// A nonce is taken by the packet `key`, accepted in `line`, unless another one has taken it: with that one it is forgotten.
    pub(super) fn take_nonce(&mut self, key: u64, nonce: u64, line: u64) {
        if !self.nonces.contains_key(&nonce)
            && let Some(entry) = self.get(key).filter(|entry| entry.nonce == 0)
        {
            entry.nonce = nonce;
            self.nonces.insert(nonce, line);
        }
    }

    /// The next packet with an open task whose end has passed at the minute `now`; those without one are forgotten on the way.
    pub(super) fn expire(&mut self, now: u32) -> Option<Ended> {
        loop {
            let (minute, place) = self.wheel.due(now)?;
            if let Some(ended) = self.remove(minute, place).filter(|ended| ended.open.is_some()) {
                return Some(ended);
            }
        }
    }

    /// Everything that is left.
    pub(super) fn drain(&mut self, mut each: impl FnMut(Ended)) {
        (self.places, self.nonces, self.wheel) = (Map::default(), Map::default(), Wheel::default());
        let mut entries = core::mem::take(&mut self.entries);
        for entry in entries.blocks.iter_mut().flatten().filter(|entry| entry.id != 0) {
            each(entry.end());
        }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.places.len().saturating_add(self.nonces.len())
    }

    fn forget_one(&mut self) -> bool {
        while let Some((minute, place)) = self.wheel.next() {
            if self.remove(minute, place).is_some() {
                self.forgotten = self.forgotten.saturating_add(1);
                return true;
            }
        }
        false
    }

    /// Removes the packet at a place that came due at `minute`, unless its end was moved on.
    fn remove(&mut self, minute: u32, place: u32) -> Option<Ended> {
        let entry = self.entries.get(place)?;
        if entry.end > minute {
            self.wheel.add(entry.end, place);
            return None;
        }
        self.places.remove(&entry.id);
        if entry.nonce != 0 {
            self.nonces.remove(&entry.nonce);
        }
        let ended = entry.end();
        self.entries.free.push(place);
        Some(ended)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_told_again_with_a_later_end_takes_no_more_memory_and_is_kept_to_the_latest() {
        let mut packets = Packets::new(100);
        for end in 1..10_000 {
            packets.keep(7, end).unwrap().open =
                Some(Box::new(Open { packet: String::new(), agents: Vec::new(), line: 1, at: 0, producer: 0 }));
        }
        assert_eq!(packets.wheel.0.values().map(VecDeque::len).sum::<usize>(), 1);
        assert!(packets.expire(9_999).is_none() && packets.get(7).is_some());
        assert!(packets.expire(10_000).is_some() && packets.get(7).is_none());
        assert_eq!(packets.len(), 0);
    }

    #[test]
    fn a_nonce_is_forgotten_with_the_packet_that_took_it_and_with_no_other() {
        let mut packets = Packets::new(100);
        for (key, end, line) in [(1, 50, 10), (2, 5, 20)] {
            packets.keep(key, end).unwrap();
            packets.take_nonce(key, 9, line);
        }
        assert!(packets.expire(20).is_none() && packets.get(2).is_none());
        assert_eq!(packets.taken_nonce(9), Some(10));
        assert!(packets.expire(60).is_none() && packets.get(1).is_none());
        assert_eq!(packets.taken_nonce(9), None);
    }
}
