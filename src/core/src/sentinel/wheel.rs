//! What may be forgotten when, by the minute.

use std::collections::{BTreeMap, VecDeque};

use super::clock::MINUTE;

/// Keys by the minute in which they may be forgotten.
#[derive(Debug)]
pub(super) struct Wheel<K>(BTreeMap<u32, VecDeque<K>>);

impl<K> Default for Wheel<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K> Wheel<K> {
    pub(super) fn add(&mut self, minute: u32, key: K) {
        self.0.entry(minute).or_default().push_back(key);
    }

    #[cfg(test)]
    pub(super) fn sizes(&self) -> impl Iterator<Item = usize> {
        self.0.values().map(VecDeque::len)
    }

    /// The next key of a minute before `now`.
    pub(super) fn due(&mut self, now: u32) -> Option<(u32, K)> {
        let (minute, _) = self.0.first_key_value()?;
        if *minute < now { self.next() } else { None }
    }

    /// All keys of the first minute before `now`.
    pub(super) fn due_minute(&mut self, now: u32) -> Option<(u32, VecDeque<K>)> {
        let first = self.0.first_entry().filter(|first| *first.key() < now)?;
        Some(first.remove_entry())
    }

    /// The key that ends first.
    pub(super) fn next(&mut self) -> Option<(u32, K)> {
        let mut first = self.0.first_entry()?;
        let (minute, key) = (*first.key(), first.get_mut().pop_front()?);
        // None is left empty, so the first one always holds a key.
        if first.get().is_empty() {
            first.remove();
        }
        Some((minute, key))
    }
}

/// The minute of a moment.
pub(super) fn minute(micros: i64) -> u32 {
    u32::try_from(micros.max(0) / MINUTE).unwrap_or(u32::MAX)
}
