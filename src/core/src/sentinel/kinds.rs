//! The names of everything that is found: who asks for one of them that there is not would be told nothing, for ever.

use super::rules::Rule;
use super::told;

/// A type of finding that nothing finds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("nothing finds `{name}`; there are {}", .known.join(", "))]
pub struct UnknownType {
    /// What was asked for.
    pub name: String,
    /// Every type there is, by name.
    pub known: Vec<String>,
}

/// The types of findings there are with `rules` beside the built-in ones, by name.
#[must_use]
pub fn finding_types(rules: &[Rule]) -> Vec<String> {
    let built_in = Rule::built_in();
    let of_rules = built_in.iter().chain(rules).map(|rule| rule.kind().to_owned());
    let mut types: Vec<String> = of_rules.chain(told::types().map(str::to_owned)).collect();
    types.sort_unstable();
    types.dedup();
    types
}

/// Whether each of `asked` is found by somebody.
pub(super) fn check(asked: &[String], rules: &[Rule]) -> Result<(), UnknownType> {
    let known = finding_types(rules);
    match asked.iter().find(|name| !known.contains(name)) {
        Some(name) => Err(UnknownType { name: super::finding::clipped(name), known }),
        None => Ok(()),
    }
}
