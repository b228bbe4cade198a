//! One segment, or one query: text in which `*` stands for any characters.

/// Whether the glob `outer` matches whatever `inner` does, a text without wildcards included. A `*` of
/// `inner` is a character that nobody names: only a `*` matches it, and what that `*` matches may then
/// be anything. So each piece of `outer` is looked for in `inner` as it stands, the leftmost first.
pub(super) fn glob_contains(outer: &str, inner: &str) -> bool {
    let Some((first, rest)) = outer.split_once('*') else { return outer == inner };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let inner = inner.strip_prefix(first).and_then(|inner| inner.strip_suffix(last));
    let found = inner.and_then(|inner| middle.split('*').try_fold(inner, |inner, piece| inner.split_once(piece).map(|(_, rest)| rest)));
    found.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By definition: every way to let each `*` of `outer` match.
    fn by_definition(outer: &[u8], inner: &[u8]) -> bool {
        match (outer.split_first(), inner.split_first()) {
            (Some((b'*', rest)), _) => {
                by_definition(rest, inner) || inner.split_first().is_some_and(|(_, inner)| by_definition(outer, inner))
            }
            (Some((a, outer)), Some((b, inner))) => a == b && by_definition(outer, inner),
            (None, None) => true,
            _ => false,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]
        #[test]
        fn a_glob_matches_what_some_choice_for_its_wildcards_matches(outer in "[ab*]{0,8}", inner in "[ab*]{0,10}") {
            prop_assert_eq!(glob_contains(&outer, &inner), by_definition(outer.as_bytes(), inner.as_bytes()), "{} {}", outer, inner);
        }
    }
}
