//! The latest of many hashes, in a fixed amount of memory: where there is no room left for one, the oldest of its bucket makes room.

/// Wide enough for a quarter of it to be filled on average, and none to overflow.
const WAYS: usize = 16;
const FEWEST: usize = 1 << 7;

/// So many are put in their places at once. Those are far apart in memory, and so a processor fetches several at a time.
const LATE: usize = 64;

/// A byte of each hash in a bucket. Most of what is looked for is nowhere, and then these tell it, all of which a processor has at hand.
#[derive(Debug, Clone, Copy)]
struct Ways {
    /// 0 where there is none.
    tags: [u8; WAYS],
    /// Which way the next one takes, counted on: that of the oldest or of none.
    next: u8,
}

impl Ways {
    const FREE: Self = Self { tags: [0; WAYS], next: 0 };

    const fn is_full(&self) -> bool {
        self.tags[WAYS - 1] != 0
    }

    #[inline(always)]
    fn has(&self, tag: u8) -> bool {
        const ONES: u64 = u64::from_le_bytes([1; 8]);
        self.tags.as_chunks::<8>().0.iter().any(|tags| {
            let odd = u64::from_le_bytes(*tags) ^ ONES.wrapping_mul(tag.into());
            odd.wrapping_sub(ONES) & !odd & ONES << 7 != 0
        })
    }

    /// Takes in a tag; by which way.
    fn put(&mut self, tag: u8) -> usize {
        let way = usize::from(self.next) % WAYS;
        self.next = self.next.wrapping_add(1);
        if let Some(free) = self.tags.get_mut(way) {
            *free = tag;
        }
        way
    }
}

/// Where a hash is, or into which bucket it goes.
enum Found<V> {
    Here(V),
    Free(usize),
}

/// Hashes, none of them 0, each with a value.
#[derive(Debug)]
pub(super) struct Recent<V> {
    ways: Vec<Ways>,
    kept: Vec<[(u64, V); WAYS]>,
    /// What is not in its place yet: bucket, way, hash and value.
    late: Vec<(usize, usize, (u64, V))>,
    held: usize,
    most: usize,
}

impl<V: Copy + Default> Recent<V> {
    /// At most `most` buckets, a power of two.
    pub(super) const fn new(most: usize) -> Self {
        Self { ways: Vec::new(), kept: Vec::new(), late: Vec::new(), held: 0, most }
    }

    /// A hash is in the first of two buckets, or in the second where the first is full.
    #[inline(always)]
    fn find(&mut self, hash: u64, mixed: u64) -> Found<V> {
        let mask = self.ways.len().wrapping_sub(1);
        let first = (mixed >> 44) as usize & mask;
        for place in [first, (mixed >> 24) as u32 as usize & mask] {
            let Some(ways) = self.ways.get(place) else { break };
            let is_full = ways.is_full();
            if ways.has(tag(mixed))
                && let Some(value) = self.look(place, hash)
            {
                return Found::Here(value);
            }
            if !is_full {
                return Found::Free(place);
            }
        }
        Found::Free(first)
    }

    #[inline(never)]
    fn look(&mut self, place: usize, hash: u64) -> Option<V> {
        self.settle();
        self.kept.get(place)?.iter().find(|(held, _)| *held == hash).map(|(_, value)| *value)
    }

    pub(super) fn get(&mut self, hash: u64) -> Option<V> {
        if let Found::Here(value) = self.find(hash, mixed(hash)) { Some(value) } else { None }
    }

    /// Takes in a hash with its value; whether it is here already, and then the value of old stays.
    pub(super) fn put(&mut self, hash: u64, value: V) -> bool {
        if self.held >= self.ways.len().saturating_mul(WAYS / 4) && self.ways.len() < self.most {
            self.grow();
        }
        let mixed = mixed(hash);
        let Found::Free(place) = self.find(hash, mixed) else { return true };
        if let Some(ways) = self.ways.get_mut(place) {
            self.held = self.held.saturating_add(1);
            self.late.push((place, ways.put(tag(mixed)), (hash, value)));
        }
        if self.late.len() >= LATE {
            self.settle();
        }
        false
    }

    fn settle(&mut self) {
        for (place, way, late) in self.late.drain(..) {
            if let Some(kept) = self.kept.get_mut(place).and_then(|kept| kept.get_mut(way)) {
                *kept = late;
            }
        }
    }

    #[cold]
    fn grow(&mut self) {
        self.settle();
        let size = self.ways.len().saturating_mul(2).max(FEWEST);
        let ways = core::mem::replace(&mut self.ways, vec![Ways::FREE; size]);
        let kept = core::mem::replace(&mut self.kept, vec![[(0, V::default()); WAYS]; size]);
        self.held = 0;
        for (ways, kept) in ways.iter().zip(&kept) {
            // The oldest first, so that it is the first to make room again.
            let (young, old) = kept.split_at(usize::from(ways.next) % WAYS);
            for (hash, value) in old.iter().chain(young).filter(|(hash, _)| *hash != 0) {
                self.put(*hash, *value);
            }
        }
    }
}

/// Hashes of neighbours may differ in few bits.
const fn mixed(hash: u64) -> u64 {
    (hash ^ hash >> 29).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

fn tag(mixed: u64) -> u8 {
    ((mixed >> 16) as u8).max(1)
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
        assert_eq!((recent.ways.len(), recent.get(hash(0)), recent.get(7)), (1 << 9, None, None));
    }
}
