//! A nonce store in memory: bounded, and a live nonce is never evicted.
//!
//! Every call does a bounded amount of work however many nonces the store holds: one ordered lookup
//! and at most [`SWEEP`] expired entries dropped. Ordered maps are used instead of hashing, because
//! they never rehash a million entries in one call and no chosen key can make them slow.

use std::collections::BTreeMap;

use crate::crypto::sha256;

/// Most expired entries dropped in one call. More than one, so that a store drains faster than it
/// fills.
const SWEEP: usize = 64;

/// 128 bits of SHA-256 of a key. Two keys that share them would make the second a replay, never the
/// reverse, and only their own sender could search for such a pair.
type Short = u128;

/// What became of a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It was fresh and is taken now.
    Stored,
    /// It had been taken before.
    Seen,
    /// A nonce of that expiry may have been dropped already, because time has since gone back. Whether
    /// this one was taken before cannot be known, so it is not taken now.
    Forgotten,
    /// There is no room, for anyone or for this sender; nothing was taken.
    Full,
}

/// Nonces and when each may be forgotten.
///
/// ```
/// use trusthandoff::replay::{NonceStore, Taken};
/// let mut store = NonceStore::new(1000);
/// assert_eq!(store.check_and_store("nonce", "sender", 5_000, 1_000), Taken::Stored);
/// assert_eq!(store.check_and_store("nonce", "sender", 5_000, 1_001), Taken::Seen);
/// ```
#[derive(Debug)]
pub struct NonceStore {
    capacity: usize,
    sender_capacity: usize,
    stored: u64,
    /// The latest expiry of what was dropped. Sweeping goes in the order of expiry, so what expires
    /// later is still held.
    forgotten: u128,
    // Three maps of one type: what a generic map costs in code, it costs once.
    /// Key to sender.
    held: BTreeMap<Short, Short>,
    /// Expiry and a running number to key.
    by_expiry: BTreeMap<u128, Short>,
    /// Sender to how many it holds.
    by_sender: BTreeMap<Short, u128>,
}

impl NonceStore {
    /// Room for `capacity` live nonces, of which one sender may hold at most half (rounded up), so
    /// that no sender can lock the others out (catalogue A05).
    #[must_use]
    pub const fn new(capacity: usize) -> Self {
        Self {
            capacity,
            sender_capacity: capacity.div_ceil(2),
            stored: 0,
            forgotten: 0,
            held: BTreeMap::new(),
            by_expiry: BTreeMap::new(),
            by_sender: BTreeMap::new(),
        }
    }

    /// Takes `key` once, in one step. `expires_at_ms` is when it may be forgotten, `now_ms` the
    /// present, both in milliseconds since 1970.
    ///
    /// A key that is still held counts as seen even past its expiry.
    pub fn check_and_store(&mut self, key: &str, sender: &str, expires_at_ms: i64, now_ms: i64) -> Taken {
        self.sweep(now_ms);
        let (key, sender) = (short(key), short(sender));
        if self.held.contains_key(&key) {
            return Taken::Seen;
        }
        if moment(expires_at_ms) <= self.forgotten {
            return Taken::Forgotten;
        }
        let count = self.by_sender.get(&sender).copied().unwrap_or(0);
        if self.held.len() >= self.capacity || count >= self.sender_capacity as u128 {
            return Taken::Full;
        }
        self.held.insert(key, sender);
        self.by_sender.insert(sender, count + 1);
        self.by_expiry.insert(moment(expires_at_ms) << 64 | u128::from(self.stored), key);
        self.stored = self.stored.wrapping_add(1);
        Taken::Stored
    }

    /// How many nonces are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether none is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    fn sweep(&mut self, now_ms: i64) {
        for _ in 0..SWEEP {
            let Some(first) = self.by_expiry.first_entry().filter(|entry| entry.key() >> 64 <= moment(now_ms)) else { return };
            self.forgotten = self.forgotten.max(first.key() >> 64);
            let Some(sender) = self.held.remove(&first.remove()) else { continue };
            let left = self.by_sender.remove(&sender).unwrap_or(0).saturating_sub(1);
            if left > 0 {
                self.by_sender.insert(sender, left);
            }
        }
    }
}

/// A time before 1970 has long been.
fn moment(ms: i64) -> u128 {
    u128::try_from(ms).unwrap_or(0)
}

fn short(text: &str) -> Short {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = sha256(&[text.as_bytes()]);
    Short::from_be_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_nonce_is_never_evicted() {
        let mut store = NonceStore::new(20);
        assert_eq!(store.check_and_store("victim", "a", 1_000, 0), Taken::Stored);
        for n in 0..100 {
            store.check_and_store(&format!("junk {n}"), &format!("m{}", n % 7), 1_000, 0);
        }
        assert_eq!(store.len(), 20);
        assert_eq!(store.check_and_store("new", "b", 1_000, 0), Taken::Full);
        assert_eq!(store.check_and_store("victim", "a", 1_000, 999), Taken::Seen);
    }

    #[test]
    fn a_jump_of_the_clock_and_back_lets_nothing_in_twice() {
        let mut store = NonceStore::new(20);
        assert_eq!(store.check_and_store("a", "a", 1_000, 0), Taken::Stored);
        assert_eq!(store.check_and_store("b", "b", 9_000, 5_000), Taken::Stored);
        assert_eq!(store.check_and_store("a", "a", 1_000, 10), Taken::Forgotten);
        assert_eq!(store.check_and_store("c", "c", 1_001, 10), Taken::Stored);
        assert_eq!(store.check_and_store("b", "b", 9_000, 10), Taken::Seen);
    }

    #[test]
    fn one_sender_holds_at_most_half() {
        let mut store = NonceStore::new(10);
        let taken: Vec<Taken> = (0..6).map(|n| store.check_and_store(&n.to_string(), "a", 1_000, 0)).collect();
        assert_eq!(taken, [vec![Taken::Stored; 5], vec![Taken::Full]].concat());
        assert_eq!(store.check_and_store("x", "b", 1_000, 0), Taken::Stored);
    }

    #[test]
    fn expired_nonces_make_room_within_a_bounded_sweep() {
        let mut store = NonceStore::new(1_000);
        for n in 0..1_000 {
            assert_eq!(store.check_and_store(&n.to_string(), &(n % 4).to_string(), 1_000 + n, 0), Taken::Stored);
        }
        assert_eq!(store.check_and_store("x", "x", 9_000, 5_000), Taken::Stored);
        assert_eq!(store.len(), 1_000 - SWEEP + 1);
        for n in 0..40 {
            assert_eq!(store.check_and_store(&format!("y{n}"), "y", 9_000, 5_000), Taken::Stored);
        }
        assert_eq!(store.len(), 41);
        assert_eq!(store.by_sender.len(), 2);
    }
}
