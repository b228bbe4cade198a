//! Scoped actions: `verb`, or `verb:pattern`, which binds the resource too.
//!
//! A pattern's segments split at `/`. `*` stands for any characters inside one segment, `**` for
//! any number of whole segments; at the end it stands for at least one and covers the query of a URL too.
//! Scheme, host and port of a URL are literal. A request is a pattern like any other: it is admitted by
//! what contains it. A resource is matched as it is written and as it reads without its escapes, and what
//! some reader takes for another path than another reader does is refused.

mod decode;
mod glob;
mod grants;
mod pattern;
mod spelling;

pub use grants::Grants;

use crate::limits::{MAX_ACTION_BYTES, MAX_ACTION_WILDCARDS, MAX_REQUEST_BYTES};
use crate::work::{Exhausted, Work};
use decode::decoded;
use pattern::Pattern;

/// Why a text is no scoped action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Longer than [`MAX_ACTION_BYTES`] or with more than [`MAX_ACTION_WILDCARDS`] `*`.
    #[error("an action has at most {MAX_ACTION_BYTES} bytes and {MAX_ACTION_WILDCARDS} `*`, of which `**` is two")]
    TooLarge,
    /// Longer than [`MAX_REQUEST_BYTES`].
    #[error("a requested action has at most {MAX_REQUEST_BYTES} bytes")]
    TooLong,
    /// No verb before the `:`.
    #[error("an action starts with a verb")]
    Verb,
    /// User info, backslash, fragment, control character, dot segment, empty inner segment, encoded
    /// separator, or a wildcard where none can be; in whatever spelling.
    #[error("the action has a part that could be read in two ways: {0}")]
    Ambiguous(&'static str),
}

/// Whether the granted action `granted` admits the requested one. Byte-equal texts always do; a plain verb
/// admits every resource of that verb.
///
/// ```
/// use trusthandoff::action::admits;
/// assert!(admits("fetch:https://api.example.com/**", "fetch:https://api.example.com/v1/users?page=2"));
/// assert!(!admits("fetch:https://api.example.com/**", "fetch:https://api.example.com@evil.example/v1"));
/// assert!(admits("read", "read:/docs/a"));
/// assert!(!admits("read:/docs/*", "read:/docs/%2e%2e"));
/// assert!(!admits("read:/docs/*", "read:/docs/**"));
/// ```
#[must_use]
pub fn admits(granted: &str, requested: &str) -> bool {
    check_legible(requested).is_ok() && contains(granted, requested)
}

/// Whether everything that `inner` admits is admitted by `outer`. Decided exactly, not by samples; what
/// takes more work than such texts may cost counts as not contained.
///
/// ```
/// use trusthandoff::action::contains;
/// assert!(contains("read:/docs/**", "read:/docs/*/notes-*"));
/// assert!(!contains("read:/docs/*", "read:/docs/**"));
/// assert!(!contains("read:/docs/*", "read"));
/// ```
#[must_use]
pub fn contains(outer: &str, inner: &str) -> bool {
    let mut work = Work::of(outer.len().saturating_add(inner.len()));
    let outer = [outer.to_owned()];
    Grants::new(&outer, &mut work).and_then(|outer| outer.contain(inner, &mut work)).unwrap_or(false)
}

/// The first of `inner` that none of `outer` contains.
///
/// # Errors
/// [`Exhausted`]: it is not decided.
pub fn first_beyond<T: AsRef<str>>(inner: impl Iterator<Item = T>, outer: &[String], work: &mut Work) -> Result<Option<T>, Exhausted> {
    let outer = Grants::new(outer, work)?;
    for action in inner {
        // A longer one is no pattern, and within its equal or its verb only.
        if !outer.contain(action.as_ref(), work)? {
            return Ok(Some(action));
        }
    }
    Ok(None)
}

/// Whether a text can be granted: a plain verb, or a verb with a pattern of one meaning.
///
/// # Errors
/// [`Error`].
pub fn check(action: &str) -> Result<(), Error> {
    check_length(action, MAX_ACTION_BYTES)?;
    match action.split_once(':') {
        None if action.is_empty() => Err(Error::Verb),
        None if action.chars().any(spelling::is_forbidden) => Err(Error::Ambiguous("a control character")),
        None => Ok(()),
        Some(_) => Pattern::read(action).map(|_| ()),
    }
}

/// Whether an action can be requested: a plain verb, or a verb with a resource or pattern of one meaning.
///
/// # Errors
/// [`Error`].
pub fn check_requested(action: &str) -> Result<(), Error> {
    check_legible(action)?;
    match action.split_once(':') {
        None if action.is_empty() => Err(Error::Verb),
        None => Ok(()),
        Some(_) => Pattern::read(action).map(|_| ()),
    }
}

/// What is asked of every request, under a plain verb too: it is not too long, and nothing in it turns the
/// direction in which it is read, in any escape.
fn check_legible(action: &str) -> Result<(), Error> {
    check_length(action, MAX_REQUEST_BYTES)?;
    // What is no UTF-8 behind its escapes is within no pattern; under a plain verb it is data.
    let read = decoded(action).unwrap_or_else(|_| action.into());
    if [action, &*read].iter().any(|text| text.chars().any(spelling::is_bidirectional)) {
        return Err(Error::Ambiguous("a bidirectional control"));
    }
    Ok(())
}

fn check_length(action: &str, most: usize) -> Result<(), Error> {
    if action.len() <= most {
        return Ok(());
    }
    Err(if most == MAX_REQUEST_BYTES { Error::TooLong } else { Error::TooLarge })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pattern_admits_what_lies_inside_it_and_nothing_else() {
        let cases = [
            ("read", "read", true),
            ("read", "read:/any/thing", true),
            ("read", "write:/any", false),
            ("read", "reader:/any", false),
            ("read:/docs/*", "read", false),
            ("read:/docs/*", "read:/docs/a", true),
            ("read:/docs/*", "read:/docs/a/b", false),
            ("read:/docs/*", "read:/docs/a?x=1", true),
            ("read:/docs/*", "read:/docs/a?x=1/b", false),
            ("read:/docs/a", "read:/docs/a?x=1", false),
            ("read:/docs/*", "write:/docs/a", false),
            ("read:/docs/**", "read:/docs/a/b/c", true),
            ("read:/docs/**", "read:/docs/a?x=1", true),
            ("read:/docs/**", "read:/docs/", true),
            ("read:/docs/**", "read:/docs", false),
            ("read:/docs/**", "read:/documents/a", false),
            ("read:/a/**/z", "read:/a/z", true),
            ("read:/a/**/z", "read:/a/b/c/z", true),
            ("read:/a/**/z", "read:/a/b/c", false),
            ("read:invoice-*", "read:invoice-7", true),
            ("read:*-*-x", "read:a-b-c-x", true),
            ("fetch:https://api.example.com/**", "fetch:https://api.example.com/v1?q=/../", true),
            ("fetch:https://api.example.com/**", "fetch:https://api.example.com.evil.example/v1", false),
            ("fetch:https://api.example.com/**", "fetch:https://api.example.com:8443/v1", false),
            ("fetch:https://api.example.com/**", "fetch:http://api.example.com/v1", false),
            ("fetch:https://api.example.com/q?id=*", "fetch:https://api.example.com/q?id=7", true),
            ("fetch:https://api.example.com/q?id=*", "fetch:https://api.example.com/q", false),
            ("fetch:https://api.example.com/*", "fetch:https://api.example.com/a?x=1", false),
            ("fetch:https://api.example.com/**", "fetch:https://api.example.com?x=1", false),
        ];
        for (granted, requested, expected) in cases {
            assert_eq!(admits(granted, requested), expected, "{granted} {requested}");
        }
    }

    #[test]
    fn no_trick_escapes_a_pattern() {
        for requested in [
            "fetch:https://user@api.example.com/v1",
            "fetch:https://api.example.com@evil.example/v1",
            "fetch:https://API.example.com/v1",
            "fetch:HTTPS://api.example.com/v1",
            "fetch:https://api.example.com/v1/../admin",
            "fetch:https://api.example.com/./v1",
            "fetch:https://api.example.com//v1",
            "fetch:https://api.example.com/%2e%2E/admin",
            "fetch:https://api.example.com/a%2Fb",
            "fetch:https://api.example.com/a%5cb",
            "fetch:https://api.example.com\\@evil.example/v1",
            "fetch:https://api.example.com/v1#x",
            "fetch:https://api.example.com/v\n1",
            "fetch:https://api.example.com",
            "fetch://api.example.com/v1",
            "fetch:https:///v1",
            "fetch:https://api.example.com/..;/admin",
            "fetch:https://api.example.com/..;a=b/admin",
            "fetch:https://api.example.com/.. /admin",
            "fetch:https://api.example.com/.../admin",
            "fetch:https://api.example.com/%252e%252e/admin",
            "fetch:https://api.example.com/%25252f",
            "fetch: https://api.example.com/v1",
            "fetch:https://api.example.com/v1 ",
            "fetch:https://api.example.com/v\u{2028}1",
        ] {
            assert!(!admits("fetch:https://api.example.com/**", requested), "{requested:?}");
        }
    }

    /// Every spelling of a way out, under a pattern for files and one for URLs (catalogue B05).
    #[test]
    fn no_spelling_of_a_dot_segment_or_separator_leaves_a_pattern() {
        for way_out in [
            "../x",
            "./x",
            ".../x",
            "..",
            "%2e%2e/x",
            "%2E./x",
            ".%2e/x",
            "%252e%252e/x",
            "%25%32%65%25%32%65/x",
            "%%32%65%%32%65/x",
            "%2%65%2%65/x",
            "%25252525252e./x",
            "%u002e%u002e/x",
            "%U002E./x",
            "%25u002e./x",
            "%c0%ae%c0%ae/x",
            "%e0%80%ae./x",
            "%ff/x",
            "a%80/x",
            ".. /x",
            " ../x",
            ".. ./x",
            ". ./x",
            ". /x",
            "..%20/x",
            "..%09/x",
            "..%0a/x",
            "..%0d%0a/x",
            "..%00/x",
            "..%01/x",
            "..%7f/x",
            "..%c2%85/x",
            "..;/x",
            "..;a=b/x",
            "..%3b/x",
            "..%3Ba=b/x",
            "..%253bx/x",
            ".;/x",
            "..;..;/x",
            "%2e%2e%3b/x",
            "a%23b",
            "..%23/x",
            "a#b",
            "a%0d%0aX: y",
            "a%00b",
            "a\0b",
            "a\tb",
            "a%09b",
            "..\\x",
            "..%5cx",
            "..%255cx",
            "%25%35%63x",
            "..%2fx",
            "..%252fx",
            "%25%32%66x",
            "a%2F..%2Fx",
            "..%c0%afx",
            "..\u{a0}/x",
            "..\u{2003}/x",
            "..\u{3000}/x",
            "..\u{202f}/x",
            "..%c2%a0/x",
            "..%e3%80%80/x",
            "..\u{2028}/x",
            "\u{2024}\u{2024}/x",
            "\u{2025}/x",
            "\u{2026}/x",
            "\u{fe52}\u{fe52}/x",
            "\u{ff0e}\u{ff0e}/x",
            "\u{ff61}\u{ff61}/x",
            ".\u{ff0e}/x",
            "%ef%bc%8e./x",
            "%e2%80%a5/x",
            "\u{ff0e}\u{ff0e};/x",
            "..\u{ff0f}x",
            "..\u{ff3c}x",
            "..\u{fe68}x",
            "a\u{ff0f}..\u{ff0f}x",
            "..\u{2215}x",
            "..\u{2044}x",
            "..%ef%bc%8fx",
            "..\u{a5}x",
            "..\u{ff1b}a/x",
            "\u{ff05}2e\u{ff05}2e/x",
            "\u{ff05}\u{ff12}\u{ff45}./x",
            "\u{200b}../x",
            ".\u{200b}./x",
            "..\u{200d}/x",
            "..\u{feff}/x",
            "\u{ad}../x",
            ".\u{2060}./x",
            "..\u{fe0f}/x",
            "..\u{e0020}/x",
            "..%e2%80%8b/x",
            "a\u{202e}fdp.exe",
            "a\u{200e}b",
            "a\u{2066}b",
            "a\u{61c}b",
            "a%e2%80%aeb",
            "a%25e2%2580%25aeb",
            "a%u202eb",
            "b//x",
            "b/\u{200b}/x",
            "b/;x/x",
            "b/ /x",
            "x ",
            "x%20",
            "%2a%2a/x",
            "a**b",
            "a%2a*b",
        ] {
            for (granted, base) in [("read:/docs/**", "read:/docs/"), ("read:https://h.example/pub/**", "read:https://h.example/pub/a/")] {
                let requested = format!("{base}{way_out}");
                assert!(!admits(granted, &requested), "{requested:?}");
                assert!(check_requested(&requested).is_err(), "{requested:?}");
            }
        }
        // A `?` begins a query behind a host only; elsewhere the path goes on.
        for requested in ["read:/docs/a?/../../etc/passwd", "read:/docs/a?x=/../b", "read:/docs/a?b/%2e%2e/c", "read:/docs/a%3f/../b"] {
            assert!(!admits("read:/docs/**", requested), "{requested}");
        }
        for requested in
            ["a%3f/../../x", "a%3f/%2e%2e/%2e%2e/x", "a%3fx", "a?x=%0d%0a", "a?x=%00", "a?x=#y", "a?\\x", "a?x=%e2%80%ae", "a?x=%ff"]
        {
            assert!(!admits("read:https://h.example/pub/**", &format!("read:https://h.example/pub/{requested}")), "{requested}");
        }
    }

    #[test]
    fn every_honest_name_is_admitted_in_any_escape() {
        for name in [
            "résumé.pdf",
            "re\u{301}sume\u{301}.pdf",
            "r%C3%A9sum%c3%a9.pdf",
            "r%25C3%25A9sum%25C3%25A9%2Epdf",
            "r%u00e9sum%u00e9.pdf",
            "re%CC%81sume%CC%81.pdf",
            "a+b",
            "a%2Bb",
            "100%25",
            "100%",
            "50%off",
            "%",
            "日本",
            "%E6%97%A5%E6%9C%AC",
            "日本／東京",
            "¥100",
            "a;v=1",
            "a%3Bv=1",
            "v1.2",
            "v1%2e2",
            "v1..2",
            "1.",
            "a..",
            "..a",
            ".hidden",
            "..hidden",
            "%2ehidden",
            "a b",
            "a%20b",
            "a (1).txt",
            "C#".trim_end_matches('#'),
            "ends…",
            "…and so on",
            "می\u{200c}خواهم",
            "👩\u{200d}💻",
            "🏳\u{fe0f}\u{200d}🌈.png",
            "a:b",
            "a=b&c",
            "~user",
            "x@y",
            "it's",
            "\"q\"",
            "a,b",
            "[1]",
            "{id}",
            "a|b",
            "%5B1%5D",
            "İstanbul",
            "ＡＢＣ．txt",
            "a．b",
        ] {
            for (granted, base) in [
                ("read:/docs/**", "read:/docs/"),
                ("read:/docs/*", "read:/docs/"),
                ("read:https://h.example/pub/**", "read:https://h.example/pub/"),
                ("read:https://h.example/*/*", "read:https://h.example/pub/"),
                ("read", "read:/docs/"),
            ] {
                let requested = format!("{base}{name}");
                assert!(admits(granted, &requested), "{requested:?}");
                assert!(admits(&requested, &requested) && check(&requested).is_ok(), "{requested:?}");
            }
        }
        // What stands behind a real `?` is data.
        for query in ["q=/../", "q=%2e%2e%2f", "next=https%3A%2F%2Fa.example%2Fb", "q=C%23", "q=a%5Cb", "q=a b", "q=100%25", "q=a?b"] {
            assert!(admits("read:https://h.example/**", &format!("read:https://h.example/s?{query}")), "{query}");
        }
    }

    /// A wildcard that is asked for is no name: it means all that it stands for.
    #[test]
    fn a_requested_wildcard_is_admitted_only_by_a_pattern_that_contains_it() {
        for (granted, requested, expected) in [
            ("list:/docs/*", "list:/docs/*", true),
            ("list:/docs/*", "list:/docs/a*", true),
            ("list:/docs/*", "list:/docs/**", false),
            ("list:/docs/*", "list:/docs/%2a%2a", false),
            ("list:/docs/*", "list:/docs/*/*", false),
            ("list:/docs/**", "list:/docs/*", true),
            ("list:/docs/**", "list:/docs/**", true),
            ("list:/docs/**", "list:/docs/**/a", true),
            ("list:/docs/**", "list:/docs/a**b", false),
            ("list:/docs/**", "list:/docs/***", false),
            ("list:/docs/a", "list:/docs/*", false),
            ("list:/docs/a*", "list:/docs/*", false),
            ("list:https://h.example/*", "list:https://h.example/*?*", false),
            ("list:https://h.example/**", "list:https://h.example/*?*", true),
            ("list", "list:/docs/**", true),
        ] {
            assert_eq!(admits(granted, requested), expected, "{granted} {requested}");
        }
    }

    /// Written and decoded both: a grant means the same to a server that decodes and to a file system.
    #[test]
    fn a_pattern_is_matched_as_written_and_as_decoded() {
        for (granted, requested, expected) in [
            ("read:/docs/*1.pdf", "read:/docs/x%41.pdf", false),
            ("read:/docs/*A.pdf", "read:/docs/x%41.pdf", false),
            ("read:/docs/x%41.pdf", "read:/docs/x%41.pdf", true),
            ("read:/docs/x%41*", "read:/docs/x%41.pdf", true),
            ("read:/docs/x%41*", "read:/docs/xA.pdf", false),
            ("read:/docs/xA*", "read:/docs/x%41.pdf", false),
            ("read:/docs/*.pdf", "read:/docs/x%41.pdf", true),
            ("read:https://h.example/s?id=*1", "read:https://h.example/s?id=%411", true),
            ("read:https://h.example/s?id=*41", "read:https://h.example/s?id=%41", false),
        ] {
            assert_eq!(admits(granted, requested), expected, "{granted} {requested}");
        }
    }

    #[test]
    fn a_request_has_a_length_whatever_is_granted() {
        for granted in ["fetch", "fetch:https://h.example/**"] {
            let long = |bytes: usize| format!("fetch:https://h.example/{}", "a".repeat(bytes - 24));
            assert!(admits(granted, &long(8192)));
            assert!(!admits(granted, &long(8193)));
            assert!(!admits(granted, "fetch:https://h.example/a\u{202e}b") && !admits(granted, "fetch:https://h.example/a%e2%80%aeb"));
        }
        assert_eq!(check_requested(&"a".repeat(8193)), Err(Error::TooLong));
    }

    #[test]
    fn a_pattern_without_host_admits_no_url_in_disguise() {
        for requested in [
            "fetch:https:evil.example/x",
            "fetch:https:/evil.example/x",
            "fetch:HTTPS:evil.example/x",
            "fetch:file:/etc/passwd",
            "fetch:https%3aevil.example/x",
            "fetch:h%74tps:/x",
            "fetch:https%3a//evil.example/x",
            "fetch:a?b://x",
            "fetch:https://evil%2eexample/x",
        ] {
            assert!(!admits("fetch:**", requested), "{requested}");
            assert!(check_requested(requested).is_err(), "{requested}");
        }
        assert!(admits("fetch:**", "fetch:urn:isbn:1"));
    }

    #[test]
    fn containment_is_decided_for_every_pair_of_shapes() {
        let cases = [
            ("read", "read:/docs/*", true),
            ("read:/docs/*", "read", false),
            ("read:/docs/**", "read:/docs/*", true),
            ("read:/docs/*", "read:/docs/**", false),
            ("read:/docs/**", "read:/docs/a/**", true),
            ("read:/docs/**", "read:/docs/**/x", true),
            ("read:/docs/**/x", "read:/docs/**", false),
            ("read:/**/a/**", "read:/a/**", true),
            ("read:/**/b", "read:/a/**/b", true),
            ("read:/*/**/b", "read:/**/b", false),
            ("read:/a*", "read:/ab*", true),
            ("read:/ab*", "read:/a*", false),
            ("read:/*b*", "read:/a*b*c", true),
            ("read:/**", "read:/x?y=1", true),
            ("read:/*", "read:/x?y=1", true),
            ("v:https://h/*", "v:https://h/x?y=1", false),
            ("v:https://h/**", "v:https://h/x?y=1", true),
            ("v:**/*", "v:**", true),
            ("read:/x?y=*", "read:/x?y=1*", true),
            ("fetch:https://a.example/**", "fetch:https://a.example/v1/*", true),
            ("fetch:https://a.example/**", "fetch:https://b.example/v1/*", false),
        ];
        for (outer, inner, expected) in cases {
            assert_eq!(contains(outer, inner), expected, "{outer} {inner}");
        }
    }

    #[test]
    fn what_cannot_be_granted_is_told() {
        for action in [
            "",
            ":x",
            "read:/a/../b",
            "read:/a**",
            "fetch:https://*.example/x",
            "read:/a//b",
            "read:a#b",
            "read:/a/..%20/*",
            "re\nad",
            "re\u{202e}ad",
            "re\u{202e}ad:/x",
        ] {
            assert!(check(action).is_err(), "{action}");
        }
        assert_eq!(check(&format!("read:{}", "*/".repeat(9))), Err(Error::TooLarge));
        assert_eq!(check(&format!("read:{}", "a/".repeat(200))), Err(Error::TooLarge));
        for action in ["read", "send email", "read:/docs/*", "fetch:https://api.example.com:8443/**"] {
            assert_eq!(check(action), Ok(()), "{action}");
        }
        // Texts of another make are still equal to themselves.
        assert!(admits("a:b#c", "a:b#c") && contains("a:b#c", "a:b#c"));
    }

    const BASES: [&str; 2] = ["v:/", "v:https://h/"];

    fn path() -> impl Strategy<Value = String> {
        let segment = prop::sample::select(vec!["a", "b", "ab", "*", "a*", "*b", "**", "a*b", "%61", "%61*", "*?*", "?"]);
        let query = prop::sample::select(vec!["", "", "?a", "?*", "?a*"]);
        (prop::sample::select(BASES.to_vec()), prop::collection::vec(segment, 1..6), query)
            .prop_map(|(base, segments, query)| format!("{base}{}{query}", segments.join("/")))
    }

    fn resource() -> impl Strategy<Value = String> {
        let segment = prop::sample::select(vec!["a", "b", "ab", "aab", "ba", "c", "%61", "%61b", "%2561", "?", "a?b"]);
        let query = prop::sample::select(vec!["", "", "?a", "?ab", "?c"]);
        (prop::sample::select(BASES.to_vec()), prop::collection::vec(segment, 0..6), query)
            .prop_map(|(base, segments, query)| format!("{base}{}{query}", segments.join("/")))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn whatever_a_child_admits_its_parent_admits(outer in path(), inner in path(), requested in resource()) {
            if contains(&outer, &inner) && admits(&inner, &requested) {
                prop_assert!(admits(&outer, &requested), "{} {} {}", outer, inner, requested);
            }
        }

        #[test]
        fn containment_is_a_preorder(a in path(), b in path(), c in path()) {
            prop_assert!(contains(&a, &a));
            if contains(&a, &b) && contains(&b, &c) {
                prop_assert!(contains(&a, &c), "{} {} {}", a, b, c);
            }
        }
    }

    /// Completeness: over all short resources, one contains the other only if `contains` says so; of files, of
    /// URLs with and without a query, and of escapes.
    #[test]
    fn a_pattern_that_admits_no_more_is_contained() {
        for base in BASES {
            let of = |globs: &[&str], depth: usize, queries: &[&str]| -> Vec<String> {
                let mut paths = vec![String::new()];
                let mut all = Vec::new();
                for level in 0..depth {
                    let longer = |path: &String| {
                        globs.iter().map(|glob| format!("{path}{}{glob}", if level == 0 { "" } else { "/" })).collect::<Vec<_>>()
                    };
                    paths = paths.iter().flat_map(longer).collect();
                    all.extend(paths.iter().flat_map(|path| queries.iter().map(move |query| format!("{base}{path}{query}"))));
                }
                all.retain(|action| check(action).is_ok());
                all
            };
            let patterns = of(&["a", "*", "**", "a*", "%61", "*?"], 2, &["", "?*", "?q"]);
            let resources = of(&["", "a", "b", "ab", "zz", "%61", "%61b", "b?"], 3, &["", "?q", "?r"]);
            for inner in &patterns {
                let admitted: Vec<&String> = resources.iter().filter(|resource| admits(inner, resource)).collect();
                for outer in &patterns {
                    let sampled = admitted.iter().all(|resource| admits(outer, resource));
                    assert_eq!(contains(outer, inner), sampled, "{outer} {inner}");
                }
            }
        }
    }
}
