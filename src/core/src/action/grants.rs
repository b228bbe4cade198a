//! The actions of one grant, read once to be asked many times.

use super::pattern::Pattern;
use super::{check_legible, check_length};
use crate::limits::MAX_ACTION_BYTES;
use crate::work::{Exhausted, Work};

/// What one grant allows. Most of it is told apart from an action at a glance: by length, by verb and by how it
/// begins and ends.
#[derive(Debug)]
pub struct Grants<'a> {
    texts: &'a [String],
    /// Those with wildcards. Any other pattern contains its equal only.
    patterns: Vec<Entry<'a>>,
}

#[derive(Debug)]
struct Entry<'a> {
    /// Up to the first wildcard: whatever the pattern admits begins so.
    head: &'a str,
    /// Behind the last wildcard: whatever it admits ends so.
    tail: &'a str,
    pattern: Pattern<'a>,
}

impl<'a> Grants<'a> {
    /// The grant of these actions.
    ///
    /// # Errors
    /// [`Exhausted`].
    pub fn new(texts: &'a [String], work: &mut Work) -> Result<Self, Exhausted> {
        let mut patterns = Vec::new();
        for action in texts {
            work.spend(action.len().saturating_mul(2).saturating_add(8))?;
            let Some((head, rest)) = action.split_once('*').filter(|_| check_length(action, MAX_ACTION_BYTES).is_ok()) else { continue };
            let Ok(pattern) = Pattern::read(action) else { continue };
            // Before a `/` stands `**`, which may stand for nothing, the `/` included.
            let tail = rest.rsplit('*').next().unwrap_or(rest).trim_start_matches('/');
            patterns.push(Entry { head, tail, pattern });
        }
        Ok(Self { texts, patterns })
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
        work.spend(action.len().saturating_add(self.texts.len() / 8).saturating_add(8))?;
        let verb = action.split_once(':').map_or("", |(verb, _)| verb);
        if self.texts.iter().any(|granted| granted == action || (!verb.is_empty() && granted == verb)) {
            return Ok(true);
        }
        if self.patterns.is_empty() {
            return Ok(false);
        }
        work.spend(action.len().saturating_add(self.patterns.len()))?;
        let Ok(inner) = Pattern::read(action) else { return Ok(false) };
        let head = action.split('*').next().unwrap_or(action);
        for entry in &self.patterns {
            if head.starts_with(entry.head) && action.ends_with(entry.tail) && entry.pattern.contains(&inner, work)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
