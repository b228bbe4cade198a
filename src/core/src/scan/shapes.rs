//! What stood around the values of the lines before: `{"event_id": `, then `, "event_type": ` and so on.
//!
//! A log has few kinds of lines, and one kind has the same keys in the same order. So one comparison replaces reading a
//! key and looking for it. The way from the root to a shape never holds a key twice, because only lines that held none
//! twice have made it.

use super::find::{WINDOW, agree};
use super::name::Name;

/// Most leads that are remembered, and most that may follow one.
const MOST: usize = 512;
const MOST_AFTER_ONE: usize = 16;

/// One lead after those before it.
#[derive(Debug)]
pub(super) struct Shape {
    /// No longer than a window; longer ones are not remembered.
    lead: [u8; WINDOW],
    mask: [u8; WINDOW],
    pub(super) length: usize,
    /// The member; nothing for one that is not known by name.
    pub(super) name: Option<Name>,
    /// Where in the lead the key stands.
    pub(super) key: (usize, usize),
    next: Vec<usize>,
}

impl Shape {
    #[inline(always)]
    fn is_at(&self, rest: &[u8]) -> bool {
        match rest.first_chunk::<WINDOW>() {
            Some(window) => agree(window, &self.lead, &self.mask),
            None => self.lead.get(..self.length).is_some_and(|lead| rest.starts_with(lead)),
        }
    }
}

/// All leads, as a tree. The first one stands for the beginning of a line.
#[derive(Debug)]
pub(super) struct Shapes(Vec<Shape>);

impl Default for Shapes {
    fn default() -> Self {
        Self(vec![Shape { lead: [0; WINDOW], mask: [0; WINDOW], length: 0, name: None, key: (0, 0), next: Vec::new() }])
    }
}

impl Shapes {
    /// Where every line begins.
    pub(super) const ROOT: usize = 0;

    /// The lead that stands at the beginning of `rest`, if it has followed `before` before.
    #[inline(always)]
    pub(super) fn after(&self, before: usize, rest: &[u8]) -> Option<(usize, &Shape)> {
        for number in &self.0.get(before)?.next {
            if let Some(shape) = self.0.get(*number)
                && shape.is_at(rest)
            {
                return Some((*number, shape));
            }
        }
        None
    }

    /// Remembers a lead, whose key stands at `key` of it; nothing if there is no room or it is none to compare with.
    pub(super) fn learn(&mut self, before: usize, lead: &[u8], key: (usize, usize), name: Option<Name>) -> Option<usize> {
        let number = self.0.len();
        let shape = self.0.get_mut(before)?;
        if number == MOST || shape.next.len() == MOST_AFTER_ONE || !lead.is_ascii() {
            return None;
        }
        let (mut padded, mut mask) = ([0; WINDOW], [0; WINDOW]);
        padded.get_mut(..lead.len())?.copy_from_slice(lead);
        mask.get_mut(..lead.len())?.fill(0xff);
        shape.next.push(number);
        self.0.push(Shape { lead: padded, mask, length: lead.len(), name, key, next: Vec::new() });
        Some(number)
    }
}
