//! The latest of many hashes, in a fixed amount of memory: where there is no room left for one, the oldest of its bucket makes room.

/// Wide enough for a quarter of it to be filled on average, and none to overflow.
const WAYS: usize = 16;
const FEWEST: usize = 1 << 7;

/// Hashes, none of them 0, each with a value.
#[derive(Debug)]
pub(super) struct Recent<V> {
    buckets: Vec<[u64; WAYS]>,
    values: Vec<[V; WAYS]>,
    held: usize,
    most: usize,
}

impl<V: Copy + Default> Recent<V> {
    /// At most `most` buckets, a power of two.
    pub(super) const fn new(most: usize) -> Self {
        Self { buckets: Vec::new(), values: Vec::new(), held: 0, most }
    }

    /// Where a hash is: in the first of these, or in the second where the first is full.
    const fn places(&self, hash: u64) -> [usize; 2] {
        let mask = self.buckets.len().wrapping_sub(1);
        // Hashes of neighbours may differ in few bits.
        let mixed = (hash ^ hash >> 29).wrapping_mul(0xd6e8_feb8_6659_fd93);
        [(mixed >> 44) as u32 as usize & mask, (mixed >> 24) as u32 as usize & mask]
    }

    pub(super) fn get(&self, hash: u64) -> Option<V> {
        for place in self.places(hash) {
            let bucket = self.buckets.get(place)?;
            if let Some(way) = bucket.iter().position(|held| *held == hash) {
                return self.values.get(place)?.get(way).copied();
            }
            if bucket.last() == Some(&0) {
                break;
            }
        }
        None
    }

    /// Takes in a hash with its value; whether it is here already, and then the value of old stays.
    pub(super) fn put(&mut self, hash: u64, value: V) -> bool {
        if self.held >= self.buckets.len().saturating_mul(WAYS / 4) && self.buckets.len() < self.most {
            self.grow();
        }
        let [first, second] = self.places(hash);
        let mut free = None;
        for place in [first, second] {
            let Some(bucket) = self.buckets.get(place) else { return false };
            if bucket.contains(&hash) {
                return true;
            }
            if bucket.last() == Some(&0) {
                free = Some(place);
                break;
            }
        }
        self.held = self.held.saturating_add(1);
        self.insert(free.unwrap_or(first), hash, value);
        false
    }

    fn insert(&mut self, place: usize, hash: u64, value: V) {
        if let (Some(bucket), Some(values)) = (self.buckets.get_mut(place), self.values.get_mut(place)) {
            bucket.copy_within(..WAYS - 1, 1);
            values.copy_within(..WAYS - 1, 1);
            (bucket[0], values[0]) = (hash, value);
        }
    }

    #[cold]
    fn grow(&mut self) {
        let size = self.buckets.len().saturating_mul(2).max(FEWEST);
        let buckets = core::mem::replace(&mut self.buckets, vec![[0; WAYS]; size]);
        let values = core::mem::replace(&mut self.values, vec![[V::default(); WAYS]; size]);
        self.held = 0;
        for (bucket, values) in buckets.iter().zip(&values) {
            // The oldest first, so that it is the first to make room again.
            for (hash, value) in bucket.iter().zip(values).rev().filter(|(hash, _)| **hash != 0) {
                self.put(*hash, *value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_forgotten_while_there_is_room() {
        let mut recent = Recent::new(1 << 14);
        let hash = |n: u64| (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (n << 40);
        assert!((0..60_000).all(|n| !recent.put(hash(n), ())));
        assert!((0..60_000).all(|n| recent.put(hash(n), ())));
    }

    #[test]
    fn the_latest_are_here_and_memory_is_bounded() {
        let mut recent = Recent::new(1 << 9);
        let hash = |n: u64| (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for n in 0..100_000 {
            assert!(!recent.put(hash(n), n));
            assert!(recent.put(hash(n), 0) && recent.get(hash(n)) == Some(n));
        }
        assert!((98_500..100_000).all(|n| recent.get(hash(n)) == Some(n)));
        assert_eq!((recent.buckets.len(), recent.get(hash(0)), recent.get(7)), (1 << 9, None, None));
    }
}
