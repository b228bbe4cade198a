//! Where everything stood in the lines before. Ids, hashes and times have one length, so most lines of a log differ
//! from an earlier one only within their strings: one comparison takes the place of reading them.

use super::find::Pattern;
use super::line::Places;

/// Most layouts that are remembered; one that is seldom met makes room.
const MOST: usize = 32;

/// Longest line that is remembered, in bytes.
const MOST_BYTES: usize = 4096;

/// Where there is no room, one line out of so many is remembered: perhaps no two of them are alike.
const SELDOM: u32 = 16;

/// A line, and what all lines like it share.
#[derive(Debug)]
struct Layout {
    /// With its newline.
    pattern: Pattern,
    length: usize,
    places: Places,
}

/// All layouts, those that are met often before the others.
#[derive(Debug, Default)]
pub(super) struct Layouts {
    /// Boxed, because they change places often.
    #[allow(clippy::vec_box)]
    layouts: Vec<Box<Layout>>,
    /// Lines that were not remembered.
    passed: u32,
}

impl Layouts {
    /// The layout of the line with which `text` begins, if it is like one before. It is the next one's best guess.
    #[inline(always)]
    pub(super) fn find(&mut self, text: &[u8]) -> Option<usize> {
        let is_like = |layout: &Layout| text.get(layout.length) == Some(&b'\n') && layout.pattern.fits(text);
        let found = self.layouts.iter().position(|layout| is_like(layout))?;
        let ahead = found.saturating_sub(1);
        if found != ahead {
            self.layouts.swap(found, ahead);
        }
        Some(ahead)
    }

    /// Where the members of such a line stand, and how long it is.
    #[inline(always)]
    pub(super) fn get(&self, found: usize) -> Option<(&Places, usize)> {
        self.layouts.get(found).map(|layout| (&layout.places, layout.length))
    }

    /// Remembers a line of plain ASCII without escapes, which is given with its newline.
    pub(super) fn learn(&mut self, line: &[u8], places: &Places) {
        if line.len() > MOST_BYTES {
            return;
        }
        if self.layouts.len() == MOST {
            self.passed = self.passed.wrapping_add(1);
            if !self.passed.is_multiple_of(SELDOM) {
                return;
            }
            self.layouts.pop();
        }
        let mut fixed = vec![true; line.len()];
        let values = places.known.iter().chain(places.others.iter().map(|(_, value)| value));
        for (start, end) in values.copied() {
            // What is no string is the same in all of them.
            if line.get(start) == Some(&b'"')
                && let Some(within) = fixed.get_mut(start.saturating_add(1)..end.saturating_sub(1))
            {
                within.fill(false);
            }
        }
        if let Some(pattern) = Pattern::of(line, &fixed) {
            self.layouts.push(Box::new(Layout { pattern, length: line.len().saturating_sub(1), places: places.clone() }));
        }
    }
}
