//! What an audit remembers of packets, and for how long: a bounded amount, forgotten in the order of its end.
//!
//! Names are kept as hashes. The host gives the seed, so nobody who writes into a log can choose names that meet.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};

use super::clock::SECOND;

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
pub(super) struct Names(DefaultHasher);

impl Names {
    pub(super) fn new(seed: &[u8; 16]) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(seed);
        Self(hasher)
    }

    /// The hash of a name of several parts; never 0, which stands for none.
    pub(super) fn of(&self, parts: &[&str]) -> u64 {
        let mut hasher = self.0.clone();
        for part in parts {
            hasher.write(part.as_bytes());
            // No byte of UTF-8, so parts do not run into each other.
            hasher.write_u8(0xff);
        }
        hasher.finish().max(1)
    }
}

/// Keys by the minute in which they may be forgotten.
#[derive(Debug, Default)]
pub(super) struct Wheel(BTreeMap<u32, VecDeque<u64>>);

impl Wheel {
    pub(super) fn add(&mut self, minute: u32, key: u64) {
        self.0.entry(minute).or_default().push_back(key);
    }

    /// The next key of a minute before `now`.
    pub(super) fn due(&mut self, now: u32) -> Option<(u32, u64)> {
        let (minute, _) = self.0.first_key_value()?;
        if *minute < now { self.next() } else { None }
    }

    /// The key that ends first.
    pub(super) fn next(&mut self) -> Option<(u32, u64)> {
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
    u32::try_from(micros.max(0) / (60 * SECOND)).unwrap_or(u32::MAX)
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
    /// The line of its acceptance.
    pub(super) accepted: u64,
    /// The hashed id of that event: one line may stand in a log twice.
    pub(super) event: u64,
    /// Hashed names under which it can be revoked: of its sender, of the sender's key, its digest.
    pub(super) agent: u64,
    pub(super) key: u64,
    pub(super) digest: u64,
    pub(super) ancestors: Box<[u64]>,
    nonce: u64,
    /// The hashed outcome, and the line that told it first.
    pub(super) outcome: u64,
    pub(super) outcome_line: u64,
    pub(super) open: Option<Box<Open>>,
    end: u32,
    pub(super) used: u32,
    pub(super) limit: u32,
    pub(super) marks: Marks,
}

impl Entry {
    fn new(end: u32) -> Self {
        Self {
            accepted: 0,
            event: 0,
            agent: 0,
            key: 0,
            digest: 0,
            ancestors: Box::default(),
            nonce: 0,
            outcome: 0,
            outcome_line: 0,
            open: None,
            end,
            used: 0,
            limit: u32::MAX,
            marks: Marks::NONE,
        }
    }
}

/// What is kept of all packets.
#[derive(Debug)]
pub(super) struct Packets {
    entries: Map<Entry>,
    /// Hashed nonces to the line of the acceptance that took them.
    nonces: Map<u64>,
    wheel: Wheel,
    max: usize,
    /// How many packets had to be forgotten before their end.
    pub(super) forgotten: u64,
}

impl Packets {
    pub(super) fn new(max: usize) -> Self {
        Self { entries: Map::default(), nonces: Map::default(), wheel: Wheel::default(), max: max.max(2), forgotten: 0 }
    }

    pub(super) fn get(&mut self, key: u64) -> Option<&mut Entry> {
        self.entries.get_mut(&key)
    }

    /// The entry of a packet, made where there is none, and kept at least to the minute `end`.
    pub(super) fn keep(&mut self, key: u64, end: u32) -> &mut Entry {
        // A nonce may come to each.
        while self.len().saturating_add(2) > self.max && !self.entries.contains_key(&key) {
            if !self.forget_one() {
                break;
            }
        }
        let wheel = &mut self.wheel;
        let entry = self.entries.entry(key).or_insert_with(|| {
            wheel.add(end, key);
            Entry::new(end)
        });
        if entry.end < end {
            entry.end = end;
            wheel.add(end, key);
        }
        entry
    }

    /// The line of the acceptance that took a nonce.
    pub(super) fn taken_nonce(&self, nonce: u64) -> Option<u64> {
        self.nonces.get(&nonce).copied()
    }

    /// A nonce is taken by the packet `key`, accepted in `line`.
    pub(super) fn take_nonce(&mut self, key: u64, nonce: u64, line: u64) {
        if let Some(entry) = self.entries.get_mut(&key)
            && entry.nonce == 0
        {
            entry.nonce = nonce;
            self.nonces.insert(nonce, line);
        }
    }

    /// The next packet whose end has passed at the minute `now`.
    pub(super) fn expire(&mut self, now: u32) -> Option<Entry> {
        loop {
            let (minute, key) = self.wheel.due(now)?;
            if let Some(entry) = self.remove(minute, key) {
                return Some(entry);
            }
        }
    }

    /// Everything that is left.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Entry> {
        self.nonces.clear();
        core::mem::take(&mut self.entries).into_values()
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len().saturating_add(self.nonces.len())
    }

    fn forget_one(&mut self) -> bool {
        while let Some((minute, key)) = self.wheel.next() {
            if self.remove(minute, key).is_some() {
                self.forgotten = self.forgotten.saturating_add(1);
                return true;
            }
        }
        false
    }

    /// Removes a packet unless its end has been moved on.
    fn remove(&mut self, minute: u32, key: u64) -> Option<Entry> {
        if self.entries.get(&key)?.end > minute {
            return None;
        }
        let entry = self.entries.remove(&key)?;
        if entry.nonce != 0 {
            self.nonces.remove(&entry.nonce);
        }
        Some(entry)
    }
}
