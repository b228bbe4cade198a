//! The actions of one grant, put in order to be asked many times.

use super::pattern::Pattern;
use super::{check_legible, check_length};
use crate::limits::MAX_ACTION_BYTES;
use crate::work::{Exhausted, Work};

/// What one grant allows. Whether an action is within it takes time in the length of the action, and in the
/// number of those patterns that begin as the action does.
#[derive(Debug)]
pub struct Grants<'a> {
    /// Every text, sorted.
    texts: Vec<&'a str>,
    /// Those with wildcards, in the order of their beginnings. Any other pattern contains its equal only.
    patterns: Vec<Entry<'a>>,
}

#[derive(Debug)]
struct Entry<'a> {
    /// Up to the first wildcard: whatever the pattern admits begins so.
    head: &'a str,
    /// Behind the last wildcard: whatever it admits ends so.
    tail: &'a str,
    pattern: Pattern<'a>,
    /// The nearest entry before whose head this one's begins with.
    above: Option<usize>,
}

impl<'a> Grants<'a> {
    /// The grant of these actions.
    ///
    /// # Errors
    /// [`Exhausted`].
    pub fn new(actions: &'a [String], work: &mut Work) -> Result<Self, Exhausted> {
        let mut grants = Self { texts: Vec::with_capacity(actions.len()), patterns: Vec::new() };
        for action in actions {
            // To be read, and to be sorted among the others.
            work.spend(action.len().saturating_mul(2).saturating_add(16))?;
            grants.texts.push(action);
            let Some((head, rest)) = action.split_once('*').filter(|_| check_length(action, MAX_ACTION_BYTES).is_ok()) else { continue };
            let Ok(pattern) = Pattern::read(action) else { continue };
            // Before a `/` stands `**`, which may stand for nothing, the `/` included.
            let tail = rest.rsplit('*').next().unwrap_or(rest).trim_start_matches('/');
            grants.patterns.push(Entry { head, tail, pattern, above: None });
        }
        grants.texts.sort_unstable();
        grants.patterns.sort_unstable_by_key(|entry| entry.head);
        grants.link();
        Ok(grants)
    }

    /// Texts that begin alike stand together, the shortest first: one pass finds for each what it begins with.
    fn link(&mut self) {
        let mut open: Vec<(usize, &str)> = Vec::new();
        for (i, entry) in self.patterns.iter_mut().enumerate() {
            while open.last().is_some_and(|(_, head)| !entry.head.starts_with(head)) {
                open.pop();
            }
            entry.above = open.last().map(|(above, _)| *above);
            open.push((i, entry.head));
        }
    }

    /// Whether the requested action is within one of these.
    ///
    /// # Errors
    /// [`Exhausted`]: it is not decided.
    pub fn admit(&self, requested: &str, work: &mut Work) -> Result<bool, Exhausted> {
        Ok(check_legible(requested).is_ok() && self.contain(requested, work)?)
    }

    /// Whether everything that `action` admits is admitted by one of these.
    ///
    /// # Errors
    /// [`Exhausted`]: it is not decided.
    pub fn contain(&self, action: &str, work: &mut Work) -> Result<bool, Exhausted> {
        work.spend(action.len().saturating_add(16))?;
        let is_here = |text: &str| self.texts.binary_search(&text).is_ok();
        if is_here(action) || action.split_once(':').is_some_and(|(verb, _)| !verb.is_empty() && is_here(verb)) {
            return Ok(true);
        }
        if self.patterns.is_empty() {
            return Ok(false);
        }
        work.spend(action.len())?;
        let Ok(inner) = Pattern::read(action) else { return Ok(false) };
        let head = action.split('*').next().unwrap_or(action);
        let mut next = self.patterns.partition_point(|entry| entry.head <= head).checked_sub(1);
        while let Some(entry) = next.and_then(|i| self.patterns.get(i)) {
            work.spend(1)?;
            if head.starts_with(entry.head) && action.ends_with(entry.tail) && entry.pattern.contains(&inner, work)? {
                return Ok(true);
            }
            next = entry.above;
        }
        Ok(false)
    }
}
