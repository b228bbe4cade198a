//! Bytes that matter, found many at a time.

/// A stretch of a string that needs no look, and whether everything in it is surely ASCII.
pub(super) struct Plain {
    /// Where it ends: at a quote, a backslash, a control character, or with the bytes.
    pub(super) end: usize,
    pub(super) is_ascii: bool,
}

/// Where a string that goes on at `at` ends, or something in it needs a look.
#[inline(always)]
pub(super) fn special(bytes: &[u8], at: usize) -> Plain {
    let mut plain = Plain { end: at, is_ascii: true };
    while let Some(block) = bytes.get(plain.end..).and_then(|rest| rest.first_chunk()) {
        let Found { at, has_high } = block::special(block);
        plain.is_ascii &= !has_high;
        plain.end = plain.end.saturating_add(at);
        if at < block::LENGTH {
            return plain;
        }
    }
    while let Some(byte) = bytes.get(plain.end)
        && !matches!(byte, b'"' | b'\\' | ..0x20)
    {
        plain.is_ascii &= byte.is_ascii();
        plain.end = plain.end.saturating_add(1);
    }
    plain
}

/// Where the line ends that begins at `at`: its newline, or the end of the bytes.
pub(crate) fn line_end(bytes: &[u8], at: usize) -> usize {
    let mut at = at;
    while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let found = block::newline(block);
        at = at.saturating_add(found);
        if found < block::LENGTH {
            return at;
        }
    }
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |found| at.saturating_add(found))
}

/// Most bytes that are compared at once.
pub(super) const WINDOW: usize = 32;

/// Whether two windows are equal in every bit that is set in `mask`.
#[inline(always)]
pub(super) fn agree(one: &[u8; WINDOW], other: &[u8; WINDOW], mask: &[u8; WINDOW]) -> bool {
    block::agree(one, other, mask)
}

/// A text of which some bytes may be others.
#[derive(Debug)]
pub(super) struct Pattern {
    blocks: Vec<Block>,
    /// The end once more, with as much before it as makes a block.
    last: Block,
    length: usize,
}

/// Some bytes, and 0xff for each that is shared.
#[derive(Debug, Clone, Copy)]
struct Block {
    bytes: [u8; block::LENGTH],
    shared: [u8; block::LENGTH],
}

impl Pattern {
    /// Of a text that fills a block, and for each of its bytes whether it is shared. In place of the others any printable
    /// ASCII may stand other than a quote or a backslash.
    pub(super) fn of(text: &[u8], shared: &[bool]) -> Option<Self> {
        let shared: Vec<u8> = shared.iter().map(|is_shared| if *is_shared { 0xff } else { 0 }).collect();
        let block = |(bytes, shared): (&[u8; block::LENGTH], &[u8; block::LENGTH])| Block { bytes: *bytes, shared: *shared };
        let blocks = text.as_chunks().0.iter().zip(shared.as_chunks().0).map(block).collect();
        let last = text.last_chunk().zip(shared.last_chunk()).map(block)?;
        Some(Self { blocks, last, length: text.len() })
    }

    /// Whether `bytes` begin with it.
    #[inline(always)]
    pub(super) fn fits(&self, bytes: &[u8]) -> bool {
        let Some(bytes) = bytes.get(..self.length) else { return false };
        let Some(last) = bytes.last_chunk() else { return false };
        let odds = block::Odds::NONE.with(last, &self.last);
        let blocks = bytes.as_chunks().0.iter().zip(&self.blocks);
        blocks.fold(odds, |odds, (bytes, block)| odds.with(bytes, block)).are_none()
    }
}

/// What is found in a block: its first byte that matters, or its length; and whether it may hold more than ASCII.
struct Found {
    at: usize,
    has_high: bool,
}

/// Sixteen bytes at a time.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod block {
    use core::arch::wasm32::{
        i8x16_bitmask, i8x16_eq, i8x16_lt, u8x16_lt, u8x16_splat, u64x2, v128, v128_and, v128_any_true, v128_bitselect, v128_or, v128_xor,
    };

    use super::{Block, Found, WINDOW};

    pub(super) const LENGTH: usize = 16;

    #[inline(always)]
    fn load(block: &[u8; LENGTH]) -> v128 {
        let whole = u128::from_le_bytes(*block);
        u64x2(whole as u64, (whole >> 64) as u64)
    }

    /// The place of the lowest bit; the length where there is none.
    #[inline(always)]
    fn first(marks: u16) -> usize {
        (u32::from(marks) | 1 << LENGTH).trailing_zeros() as usize
    }

    #[inline(always)]
    pub(super) fn special(block: &[u8; LENGTH]) -> Found {
        let bytes = load(block);
        let ends = v128_or(i8x16_eq(bytes, u8x16_splat(b'"')), i8x16_eq(bytes, u8x16_splat(b'\\')));
        let marks = i8x16_bitmask(v128_or(ends, u8x16_lt(bytes, u8x16_splat(0x20))));
        Found { at: first(marks), has_high: i8x16_bitmask(bytes) != 0 }
    }

    #[inline(always)]
    pub(super) fn agree(one: &[u8; WINDOW], other: &[u8; WINDOW], mask: &[u8; WINDOW]) -> bool {
        let differences = |at: usize| {
            let half = |bytes: &[u8; WINDOW]| bytes.get(at..).and_then(|half| half.first_chunk()).map_or(u8x16_splat(0), load);
            v128_and(v128_xor(half(one), half(other)), half(mask))
        };
        !v128_any_true(v128_or(differences(0), differences(LENGTH)))
    }

    /// Bytes that are not as they must be.
    #[derive(Clone, Copy)]
    pub(super) struct Odds(v128);

    impl Odds {
        pub(super) const NONE: Self = Self(u64x2(0, 0));

        #[inline(always)]
        pub(super) fn with(self, bytes: &[u8; LENGTH], block: &Block) -> Self {
            let (bytes, shared) = (load(bytes), load(&block.shared));
            let ends = v128_or(i8x16_eq(bytes, u8x16_splat(b'"')), i8x16_eq(bytes, u8x16_splat(b'\\')));
            // As signed numbers what is not ASCII is below 0, and so below a space with the control characters.
            let special = v128_or(ends, i8x16_lt(bytes, u8x16_splat(0x20)));
            let different = v128_xor(bytes, load(&block.bytes));
            Self(v128_or(self.0, v128_bitselect(different, special, shared)))
        }

        #[inline(always)]
        pub(super) fn are_none(self) -> bool {
            !v128_any_true(self.0)
        }
    }

    #[inline(always)]
    pub(super) fn newline(block: &[u8; LENGTH]) -> usize {
        first(i8x16_bitmask(i8x16_eq(load(block), u8x16_splat(b'\n'))))
    }
}

/// Eight bytes at a time, wherever there is nothing better.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod block {
    use super::{Block, Found, WINDOW};

    pub(super) const LENGTH: usize = 8;

    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;

    /// The high bit of every byte of `word` that is below `limit`, which is at most 0x80. Only the lowest bit set is
    /// sure: a borrow can reach into the bytes above it.
    const fn below(word: u64, limit: u8) -> u64 {
        word.wrapping_sub(ONES.wrapping_mul(limit as u64)) & !word & HIGHS
    }

    const fn equal(word: u64, byte: u8) -> u64 {
        below(word ^ ONES.wrapping_mul(byte as u64), 1)
    }

    /// The place of the lowest marked byte; the length where there is none.
    const fn first(marks: u64) -> usize {
        (marks.trailing_zeros() / 8) as usize
    }

    #[inline(always)]
    pub(super) fn special(block: &[u8; LENGTH]) -> Found {
        let word = u64::from_le_bytes(*block);
        let marks = equal(word, b'"') | equal(word, b'\\') | below(word, 0x20);
        Found { at: first(marks), has_high: word & HIGHS != 0 }
    }

    #[inline(always)]
    pub(super) fn agree(one: &[u8; WINDOW], other: &[u8; WINDOW], mask: &[u8; WINDOW]) -> bool {
        fn words(bytes: &[u8; WINDOW]) -> impl Iterator<Item = u64> {
            bytes.as_chunks::<LENGTH>().0.iter().map(|word| u64::from_le_bytes(*word))
        }
        words(one).zip(words(other)).zip(words(mask)).fold(0, |odd, ((a, b), mask)| odd | (a ^ b) & mask) == 0
    }

    /// Bytes that are not as they must be.
    #[derive(Clone, Copy)]
    pub(super) struct Odds(u64);

    impl Odds {
        pub(super) const NONE: Self = Self(0);

        #[inline(always)]
        pub(super) fn with(self, bytes: &[u8; LENGTH], block: &Block) -> Self {
            let [word, expected, shared] = [bytes, &block.bytes, &block.shared].map(|bytes| u64::from_le_bytes(*bytes));
            // What is shared is nothing that a borrow could come from.
            let free = word & !shared | ONES.wrapping_mul(b' ' as u64) & shared;
            let special = equal(free, b'"') | equal(free, b'\\') | below(free, 0x20) | free & HIGHS;
            Self(self.0 | (word ^ expected) & shared | special)
        }

        #[inline(always)]
        pub(super) fn are_none(self) -> bool {
            self.0 == 0
        }
    }

    #[inline(always)]
    pub(super) fn newline(block: &[u8; LENGTH]) -> usize {
        first(equal(u64::from_le_bytes(*block), b'\n'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_that_matters_is_found_wherever_it_stands() {
        for length in 0..50 {
            for at in 0..length {
                for byte in [b'"', b'\\', 0, 0x1f, b'\n', b'!', 0x20, 0x7f, 0x80, 0xa2, 0xff] {
                    let mut bytes = vec![b'a'; length];
                    bytes[at] = byte;
                    let expected = if matches!(byte, b'"' | b'\\' | ..0x20) { at } else { length };
                    for from in 0..=at {
                        let Plain { end, is_ascii } = special(&bytes, from);
                        assert_eq!(end, expected, "{byte:#x} at {at} of {length} from {from}");
                        assert_eq!(is_ascii, byte.is_ascii(), "{byte:#x} at {at} of {length} from {from}");
                        assert_eq!(line_end(&bytes, from), if byte == b'\n' { at } else { length });
                    }
                }
            }
        }
    }
}
