//! A line that is too long to be kept: it is hashed as it comes, so that what stands behind it can be judged.

use super::Hash;
use crate::crypto::Hasher;
use crate::encoding::from_hex;

/// What a writer ends a line with: `"prev": "`, 64 digits, `"}`.
const END: usize = 75;

/// A line of which only hashes and the end are known.
#[derive(Debug, Clone)]
pub struct LongLine {
    leaf: Hasher,
    line: Hasher,
    end: Vec<u8>,
}

impl Default for LongLine {
    fn default() -> Self {
        let mut leaf = Hasher::default();
        leaf.push(&[0]);
        Self { leaf, line: Hasher::default(), end: Vec::new() }
    }
}

impl LongLine {
    /// Takes in what comes next of it.
    pub fn push(&mut self, piece: &[u8]) {
        self.leaf.push(piece);
        self.line.push(piece);
        self.end.extend_from_slice(piece.get(piece.len().saturating_sub(END)..).unwrap_or_default());
        self.end.drain(..self.end.len().saturating_sub(END));
    }

    /// Its hash as a leaf of the tree, its own hash, and the hash of the line before that its end states.
    #[must_use]
    pub fn finish(self) -> (Hash, Hash, Option<Hash>) {
        let end = core::str::from_utf8(&self.end).ok();
        let prev = end.and_then(|end| end.strip_prefix("\"prev\": \"")?.strip_suffix("\"}"));
        (self.leaf.finish(), self.line.finish(), prev.and_then(|digits| from_hex(digits).ok()))
    }
}
