//! Chunks of any size to lines.

use trusthandoff::limits::MAX_LINE_BYTES;

/// Keeps the line that a chunk ends in the middle of. Of one longer than [`MAX_LINE_BYTES`] it keeps the beginning, which is no
/// JSON and so nothing that a line of a log could be.
#[derive(Default)]
pub(crate) struct Lines {
    begun: Vec<u8>,
    /// Bytes of that line which are not kept.
    dropped: u64,
}

impl Lines {
    /// Calls `take` with every line that ends in `chunk`, without its newline.
    pub(crate) fn push(&mut self, chunk: &[u8], mut take: impl FnMut(&[u8])) {
        for part in chunk.split_inclusive(|byte| *byte == b'\n') {
            let Some(end) = part.strip_suffix(b"\n") else {
                self.keep(part);
                return;
            };
            if self.begun.is_empty() && end.len() <= MAX_LINE_BYTES {
                take(end);
                continue;
            }
            self.keep(end);
            take(&self.begun);
            *self = Self::default();
        }
    }

    /// What stands after the last newline, or its beginning.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.begun
    }

    /// How long that is.
    pub(crate) fn rest_bytes(&self) -> u64 {
        u64::try_from(self.begun.len()).unwrap_or(u64::MAX).saturating_add(self.dropped)
    }

    fn keep(&mut self, part: &[u8]) {
        let (kept, dropped) = part.split_at(part.len().min(MAX_LINE_BYTES + 1 - self.begun.len()));
        self.begun.extend_from_slice(kept);
        self.dropped = self.dropped.saturating_add(u64::try_from(dropped.len()).unwrap_or(u64::MAX));
    }
}
