//! Chunks of any size to lines.

use trusthandoff::limits::MAX_LINE_BYTES;
use trusthandoff::log::{LongLine, leaf_hash};

/// A line without its newline.
pub(crate) enum Read<'a> {
    Whole(&'a [u8]),
    /// Longer than [`MAX_LINE_BYTES`]: nothing that is read.
    Long(Box<LongLine>),
}

impl Read<'_> {
    /// Its hash as a leaf of the tree.
    pub(crate) fn leaf(self) -> [u8; 32] {
        match self {
            Self::Whole(line) => leaf_hash(line),
            Self::Long(line) => line.finish().0,
        }
    }
}

/// Keeps the line that a chunk ends in the middle of; of one that is too long, hashes.
#[derive(Default)]
pub(crate) struct Lines {
    begun: Vec<u8>,
    long: Option<(Box<LongLine>, u64)>,
}

impl Lines {
    /// Calls `take` with every line that ends in `chunk`.
    pub(crate) fn push(&mut self, chunk: &[u8], mut take: impl FnMut(Read<'_>)) {
        for part in chunk.split_inclusive(|byte| *byte == b'\n') {
            let Some(end) = part.strip_suffix(b"\n") else {
                self.keep(part);
                return;
            };
            if self.begun.is_empty() && self.long.is_none() && end.len() <= MAX_LINE_BYTES {
                take(Read::Whole(end));
                continue;
            }
            self.keep(end);
            match self.long.take() {
                Some((line, _)) => take(Read::Long(line)),
                None => take(Read::Whole(&self.begun)),
            }
            self.begun = Vec::new();
        }
    }

    /// What stands after the last newline; nothing where it is too long to be kept.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.begun
    }

    /// How long that is.
    pub(crate) fn rest_bytes(&self) -> u64 {
        let length = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.long.as_ref().map_or_else(|| length(&self.begun), |(_, dropped)| *dropped)
    }

    fn keep(&mut self, part: &[u8]) {
        if self.long.is_none() && self.begun.len().saturating_add(part.len()) > MAX_LINE_BYTES {
            let (mut line, begun) = (Box::<LongLine>::default(), core::mem::take(&mut self.begun));
            line.push(&begun);
            self.long = Some((line, u64::try_from(begun.len()).unwrap_or(u64::MAX)));
        }
        match &mut self.long {
            Some((line, length)) => {
                line.push(part);
                *length = length.saturating_add(u64::try_from(part.len()).unwrap_or(u64::MAX));
            }
            None => self.begun.extend_from_slice(part),
        }
    }
}
