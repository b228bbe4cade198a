//! Where everything stood in the lines before. Ids, hashes and times have one length, so most lines of a log differ
//! from an earlier one only within their strings: one comparison takes the place of reading them.

use super::find::Pattern;
use super::line::Places;

/// Most layouts that are remembered; one that is seldom met makes room.
const MOST: usize = 32;

/// Lines that are remembered, in bytes. A shorter one is read as soon as it is compared.
const LEAST_BYTES: usize = 32;
const MOST_BYTES: usize = 4096;

/// Where there is no room, one line out of so many is remembered: perhaps no two of them are alike.
const SELDOM: u32 = 16;

/// A line that is like one before saves about so many comparisons as long as itself.
const WORTH: usize = 6;

/// Most bytes that may be compared in vain, beyond what was saved.
const PATIENCE: usize = 1 << 17;

/// After so many lines layouts are tried again where they were given up.
const PAUSE: u32 = 4096;

/// A line, and what all lines like it share.
#[derive(Debug)]
struct Layout {
    /// With its newline.
    pattern: Pattern,
    length: usize,
    places: Places,
}

/// All layouts, those that are met often before the others.
///
/// Where lines are never alike, as those with a number that counts up, or where somebody writes them so, they would only
/// be compared in vain. Then all are given up for a while.
#[derive(Debug)]
pub(super) struct Layouts {
    /// Boxed, because they change places often.
    #[allow(clippy::vec_box)]
    layouts: Vec<Box<Layout>>,
    /// Lines that were not remembered.
    passed: u32,
    /// Bytes that may still be compared in vain.
    patience: usize,
    /// Lines to pass before any are remembered again.
    pause: u32,
}

impl Default for Layouts {
    fn default() -> Self {
        Self { layouts: Vec::new(), passed: 0, patience: PATIENCE, pause: 0 }
    }
}

impl Layouts {
    /// The layout of the line with which `text` begins, if it is like one before. It moves ahead by one, so that those met often
    /// are tried first.
    #[inline(always)]
    pub(super) fn find(&mut self, text: &[u8]) -> Option<usize> {
        let found = self.layouts.iter().position(|layout| {
            let is_as_long = text.get(layout.length) == Some(&b'\n');
            let is_like = is_as_long && layout.pattern.fits(text);
            if is_like {
                self.patience = self.patience.saturating_add(layout.length.saturating_mul(WORTH)).min(PATIENCE);
            } else if is_as_long {
                self.patience = self.patience.saturating_sub(layout.length);
            }
            is_like
        });
        let Some(found) = found else {
            if self.patience == 0 {
                self.give_up();
            }
            return None;
        };
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
        if !(LEAST_BYTES..=MOST_BYTES).contains(&line.len()) {
            return;
        }
        if self.pause != 0 {
            self.pause = self.pause.saturating_sub(1);
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

    /// For a while lines are read as if there were no layouts, because these saved less than they took.
    #[cold]
    fn give_up(&mut self) {
        self.layouts.clear();
        (self.patience, self.pause) = (PATIENCE, PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the newline of a long line stood there is one again, and every layout has to be compared to its end.
    #[test]
    fn no_line_is_compared_for_long_because_of_long_ones_before_it() {
        let mut layouts = Layouts::default();
        let long = |n: usize| format!("{{\"event_type\": \"x\", \"text\": \"{}\", \"n\": {n}}}\n", "x".repeat(4000));
        (10..42).for_each(|n| layouts.learn(long(n).as_bytes(), &Places::default()));
        assert_eq!(layouts.layouts.len(), MOST);
        let blank = "\n".repeat(5000);
        let tried = (0..100).take_while(|_| layouts.find(blank.as_bytes()).is_none() && !layouts.layouts.is_empty()).count();
        assert!(tried <= PATIENCE / (MOST * 4000), "{tried}");
    }

    #[test]
    fn lines_that_are_never_alike_are_given_up_and_later_ones_are_not() {
        let mut layouts = Layouts::default();
        let mut read = |number: usize| {
            let line = format!("{{\"event_type\": \"x\", \"number\": {number}}}\n");
            let is_found = layouts.find(line.as_bytes()).is_some();
            if !is_found {
                layouts.learn(line.as_bytes(), &Places::default());
            }
            (is_found, layouts.layouts.len())
        };
        let compared = (100_000..104_000).filter(|number| read(*number).1 != 0).count();
        assert!(compared < 400, "{compared} of 4000 were compared");
        let found = (0..5000).filter(|_| read(7).0).count();
        assert!(found > 4000, "{found} of 5000 were found");
    }
}
