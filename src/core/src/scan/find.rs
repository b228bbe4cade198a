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

/// What is found in a block: its first byte that matters, or its length; and whether it may hold more than ASCII.
struct Found {
    at: usize,
    has_high: bool,
}

/// Sixteen bytes at a time.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod block {
    use core::arch::wasm32::{i8x16_bitmask, i8x16_eq, u8x16_lt, u8x16_splat, u64x2, v128, v128_and, v128_any_true, v128_or, v128_xor};

    use super::{Found, WINDOW};

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

    #[inline(always)]
    pub(super) fn newline(block: &[u8; LENGTH]) -> usize {
        first(i8x16_bitmask(i8x16_eq(load(block), u8x16_splat(b'\n'))))
    }
}

/// Eight bytes at a time, wherever there is nothing better.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod block {
    use super::{Found, WINDOW};

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
