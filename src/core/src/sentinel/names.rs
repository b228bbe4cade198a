//! Names as hashes. The host gives the seed, so nobody who writes into a log can choose names that meet.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};

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

/// A map to what is large: whatever it is, the table is the same code.
pub(super) type BoxMap<V> = Map<Box<V>>;

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
