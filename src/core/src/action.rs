//! Scoped actions: `verb`, or `verb:pattern`, which binds the resource too.
//!
//! A pattern's segments split at `/`. `*` stands for any characters inside one segment, `**` for
//! any number of whole segments; at the end it stands for at least one and covers the query too.
//! Scheme, host and port of a URL are literal. What a text means is decided on the text as it
//! stands: whatever a server might decode or normalise into something else is refused.

use crate::limits::{MAX_ACTION_BYTES, MAX_ACTION_WILDCARDS};

/// Why a text is no scoped action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Longer than [`MAX_ACTION_BYTES`] or with more than [`MAX_ACTION_WILDCARDS`] wildcards.
    #[error("an action has at most {MAX_ACTION_BYTES} bytes and {MAX_ACTION_WILDCARDS} wildcards")]
    TooLarge,
    /// No verb before the `:`.
    #[error("an action starts with a verb")]
    Verb,
    /// User info, backslash, fragment, control character, dot segment, empty inner segment, encoded
    /// separator, or a wildcard where none can be.
    #[error("the resource has a part that could be read in two ways: {0}")]
    Ambiguous(&'static str),
}

/// Whether the granted action `granted` admits the requested one, which names a resource and is no
/// pattern. Byte-equal texts always do; a plain verb admits every resource of that verb.
///
/// ```
/// use trusthandoff::action::admits;
/// assert!(admits("fetch:https://api.example.com/**", "fetch:https://api.example.com/v1/users?page=2"));
/// assert!(!admits("fetch:https://api.example.com/**", "fetch:https://api.example.com@evil.example/v1"));
/// assert!(admits("read", "read:/docs/a"));
/// assert!(!admits("read:/docs/*", "read:/docs/../etc"));
/// ```
#[must_use]
pub fn admits(granted: &str, requested: &str) -> bool {
    if granted == requested || is_verb_of(granted, requested) {
        return true;
    }
    let (Ok(granted), Ok(requested)) = (Scoped::parse(granted, true), Scoped::parse(requested, false)) else { return false };
    granted.contains(&requested, &mut { MAX_STEPS })
}

/// Whether everything that `inner` admits is admitted by `outer`. Decided exactly, not by samples.
///
/// ```
/// use trusthandoff::action::contains;
/// assert!(contains("read:/docs/**", "read:/docs/*/notes-*"));
/// assert!(!contains("read:/docs/*", "read:/docs/**"));
/// assert!(!contains("read:/docs/*", "read"));
/// ```
#[must_use]
pub fn contains(outer: &str, inner: &str) -> bool {
    if outer == inner || is_verb_of(outer, inner) {
        return true;
    }
    let (Ok(outer), Ok(inner)) = (Scoped::parse(outer, true), Scoped::parse(inner, true)) else { return false };
    outer.contains(&inner, &mut { MAX_STEPS })
}

/// The first of `inner` that none of `outer` contains. The work is bounded: patterns made to be slow
/// to compare count as not contained.
#[must_use]
pub fn first_beyond<'a>(inner: &'a [String], outer: &[String]) -> Option<&'a str> {
    let patterns: Vec<Scoped<'_>> = outer.iter().filter_map(|granted| Scoped::parse(granted, true).ok()).collect();
    let mut steps = MAX_STEPS;
    let mut is_within = |action: &str| {
        outer.iter().any(|granted| granted == action || is_verb_of(granted, action))
            || Scoped::parse(action, true).is_ok_and(|action| patterns.iter().any(|granted| granted.contains(&action, &mut steps)))
    };
    inner.iter().map(String::as_str).find(|action| !is_within(action))
}

/// Whether a text can be granted: a plain verb, or a verb with a pattern of one meaning.
///
/// # Errors
/// [`Error`].
pub fn check(action: &str) -> Result<(), Error> {
    if action.len() > MAX_ACTION_BYTES {
        return Err(Error::TooLarge);
    }
    match action.split_once(':') {
        None if action.is_empty() => Err(Error::Verb),
        None => Ok(()),
        Some(_) => Scoped::parse(action, true).map(|_| ()),
    }
}

/// Whether an action can be requested: a plain verb, or a verb with a resource of one meaning.
///
/// # Errors
/// [`Error`].
pub fn check_requested(action: &str) -> Result<(), Error> {
    match action.split_once(':') {
        None if action.is_empty() => Err(Error::Verb),
        None => Ok(()),
        Some(_) => Scoped::parse(action, false).map(|_| ()),
    }
}

fn is_verb_of(verb: &str, action: &str) -> bool {
    !verb.contains(':') && action.split_once(':').is_some_and(|(v, _)| v == verb)
}

/// One place of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Segment<'a> {
    /// A segment that this glob matches; `*` is any characters.
    One(&'a str),
    /// Any number of segments, none included.
    Many,
}

/// What may follow the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Query<'a> {
    /// No query.
    None,
    /// A query that this glob matches.
    Glob(&'a str),
    /// None or any.
    Any,
}

/// A verb with a resource or a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Scoped<'a> {
    verb: &'a str,
    /// Scheme and authority of a URL; empty for other resources.
    origin: &'a str,
    path: Vec<Segment<'a>>,
    query: Query<'a>,
}

/// Places of a path at which a match may stand, one bit each.
type States = u128;
/// Most places of a pattern: every one and the end have a bit.
const MAX_PLACES: usize = 127;
/// Most steps of one comparison of grants, each of a microsecond or two. A chain that nobody signed
/// must not keep a gate busy.
const MAX_STEPS: u32 = 10_000;

impl<'a> Scoped<'a> {
    fn parse(action: &'a str, is_pattern: bool) -> Result<Self, Error> {
        let (verb, resource) = action.split_once(':').ok_or(Error::Verb)?;
        if verb.is_empty() {
            return Err(Error::Verb);
        }
        // A resource may be longer than what can be granted; it is still bounded by what carries it.
        if is_pattern && (action.len() > MAX_ACTION_BYTES || resource.matches('*').count() > MAX_ACTION_WILDCARDS) {
            return Err(Error::TooLarge);
        }
        refuse_ambiguous(resource)?;
        let (path, query) = resource.split_once('?').map_or((resource, None), |(path, query)| (path, Some(query)));
        let (origin, path) = split_origin(path)?;
        let mut segments: Vec<Segment<'a>> = Vec::new();
        let mut texts = path.split('/').peekable();
        let mut position = 0_usize;
        let mut covers_query = false;
        while let Some(text) = texts.next() {
            let is_last = texts.peek().is_none();
            let is_inner = position > 0 && !is_last;
            if is_dots(text) || (text.is_empty() && is_inner) {
                return Err(Error::Ambiguous("a dot segment or an empty one"));
            }
            match text {
                "**" if is_pattern => {
                    if is_last {
                        segments.push(Segment::One("*"));
                        covers_query = true;
                    }
                    segments.push(Segment::Many);
                }
                _ if is_pattern && text.contains("**") => return Err(Error::Ambiguous("`**` is a segment of its own")),
                _ => segments.push(Segment::One(text)),
            }
            position += 1;
        }
        let query = match query {
            None if covers_query => Query::Any,
            None => Query::None,
            Some(glob) => Query::Glob(glob),
        };
        if is_pattern && segments.len() > MAX_PLACES {
            return Err(Error::TooLarge);
        }
        Ok(Self { verb, origin, path: segments, query })
    }

    /// Everything of `inner` is of `self`.
    fn contains(&self, inner: &Self, steps: &mut u32) -> bool {
        let query = match (self.query, inner.query) {
            (Query::Any, _) | (Query::None, Query::None) => true,
            (Query::Glob(outer), Query::Glob(glob)) => glob_contains(outer, glob),
            _ => false,
        };
        query && self.verb == inner.verb && self.origin == inner.origin && self.path_contains(inner, steps)
    }

    /// Both paths are run side by side, over every path of `inner` that matters. For a segment with
    /// wildcards that is one with characters nobody names: whatever matches it, matches any other.
    /// For `Many` it is none, one, two … such segments, until the states repeat.
    fn path_contains(&self, inner: &Self, steps: &mut u32) -> bool {
        let mut seen: Vec<(usize, States)> = Vec::new();
        let mut open = vec![(0, self.closure(1))];
        while let Some((position, states)) = open.pop() {
            *steps = steps.saturating_sub(1);
            if states == 0 || *steps == 0 {
                return false;
            }
            match inner.path.get(position) {
                None if states >> self.path.len() & 1 == 0 => return false,
                None => {}
                Some(Segment::One(glob)) => open.push((position + 1, self.step(states, |own| glob_contains(own, glob)))),
                Some(Segment::Many) if seen.contains(&(position, states)) => {}
                Some(Segment::Many) => {
                    seen.push((position, states));
                    open.push((position + 1, states));
                    open.push((position, self.step(states, |own| own == "*")));
                }
            }
        }
        true
    }

    /// The states after one segment that the globs satisfying `matches` match.
    fn step(&self, states: States, matches: impl Fn(&str) -> bool) -> States {
        let mut next = 0;
        for (i, segment) in self.path.iter().enumerate() {
            if states >> i & 1 == 1 {
                match segment {
                    Segment::Many => next |= 1 << i,
                    Segment::One(own) if matches(own) => next |= 1 << (i + 1),
                    Segment::One(_) => {}
                }
            }
        }
        self.closure(next)
    }

    /// `Many` may stand for nothing.
    fn closure(&self, mut states: States) -> States {
        for (i, segment) in self.path.iter().enumerate() {
            if *segment == Segment::Many && states >> i & 1 == 1 {
                states |= 1 << (i + 1);
            }
        }
        states
    }
}

/// Whether the glob `outer` matches whatever `inner` does, a text without wildcards included. A `*`
/// of `inner` is a character that nobody names: only a `*` matches it, and what that `*` matches may
/// then be anything.
fn glob_contains(outer: &str, inner: &str) -> bool {
    let (mut outer, mut inner) = (outer.as_bytes(), inner.as_bytes());
    // Where to go on when the last `*` takes one more character.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (outer.split_first(), inner.split_first()) {
            (Some((b'*', rest)), _) => {
                retry = Some((rest, inner));
                outer = rest;
            }
            (Some((a, rest_a)), Some((b, rest_b))) if a == b => (outer, inner) = (rest_a, rest_b),
            (None, None) => return true,
            _ => match retry.and_then(|(rest, tried)| tried.split_first().map(|(_, next)| (rest, next))) {
                Some((rest, next)) => {
                    retry = Some((rest, next));
                    (outer, inner) = (rest, next);
                }
                None => return false,
            },
        }
    }
}

/// Scheme and authority of a URL, and what follows.
fn split_origin(resource: &str) -> Result<(&str, &str), Error> {
    let Some((scheme, rest)) = resource.split_once("://").filter(|(scheme, _)| !scheme.contains('/')) else { return Ok(("", resource)) };
    let authority = rest.split('/').next().unwrap_or(rest);
    let (origin, path) = resource.split_at_checked(scheme.len() + 3 + authority.len()).unwrap_or((resource, ""));
    if scheme.is_empty() || authority.is_empty() || authority.contains('@') {
        return Err(Error::Ambiguous("user info, or no host"));
    }
    let is_literal = origin.chars().all(|c| !c.is_uppercase() && !c.is_whitespace() && c != '*');
    if is_literal { Ok((origin, path)) } else { Err(Error::Ambiguous("scheme, host and port are literal and lower-case")) }
}

/// Schemes whose URLs are read with an authority even where `//` is missing (WHATWG URL, special schemes).
const SPECIAL_SCHEMES: [&str; 6] = ["http", "https", "ws", "wss", "ftp", "file"];

fn refuse_ambiguous(resource: &str) -> Result<(), Error> {
    if resource.chars().any(|c| c.is_control() || matches!(c, '\\' | '#') || (c.is_whitespace() && c != ' ')) {
        return Err(Error::Ambiguous("a control character, white space, backslash or fragment"));
    }
    if resource.starts_with(' ') || resource.ends_with(' ') {
        return Err(Error::Ambiguous("white space at its end"));
    }
    // What decodes twice is decoded here, too.
    let mut lower = resource.to_ascii_lowercase();
    while lower.contains("%25") {
        lower = lower.replace("%25", "%");
    }
    if ["%2e", "%2f", "%5c"].iter().any(|encoded| lower.contains(encoded)) {
        return Err(Error::Ambiguous("an encoded dot or separator"));
    }
    let scheme = lower.split_once(':').filter(|(scheme, _)| SPECIAL_SCHEMES.contains(scheme));
    if scheme.is_some_and(|(_, rest)| !rest.starts_with("//")) {
        return Err(Error::Ambiguous("a URL without `//`"));
    }
    Ok(())
}

/// Whether some server takes a segment for `.` or `..`: without its parameters, or without what trails.
fn is_dots(segment: &str) -> bool {
    let name = segment.split(';').next().unwrap_or(segment);
    let trimmed = name.trim_end_matches(' ');
    !name.is_empty() && !trimmed.is_empty() && trimmed.bytes().all(|b| b == b'.')
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
            ("read:/docs/*", "read:/docs/a?x=1", false),
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

    #[test]
    fn a_pattern_without_host_admits_no_url_in_disguise() {
        for requested in
            ["fetch:https:evil.example/x", "fetch:https:/evil.example/x", "fetch:HTTPS:evil.example/x", "fetch:file:/etc/passwd"]
        {
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
            ("read:/*", "read:/x?y=1", false),
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
        for action in ["", ":x", "read:/a/../b", "read:/a**", "fetch:https://*.example/x", "read:/a//b", "read:a#b"] {
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

    fn path() -> impl Strategy<Value = String> {
        let segment = prop::sample::select(vec!["a", "b", "ab", "*", "a*", "*b", "**", "a*b"]);
        (prop::collection::vec(segment, 1..6), prop::sample::select(vec!["", "?a", "?*", "?a*"]))
            .prop_map(|(segments, query)| format!("v:/{}{query}", segments.join("/")))
    }

    fn resource() -> impl Strategy<Value = String> {
        let segment = prop::sample::select(vec!["a", "b", "ab", "aab", "ba", "c"]);
        (prop::collection::vec(segment, 0..6), prop::sample::select(vec!["", "", "?a", "?ab", "?c"]))
            .prop_map(|(segments, query)| format!("v:/{}{query}", segments.join("/")))
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

    /// Completeness: over all short resources, one contains the other only if `contains` says so.
    #[test]
    fn a_pattern_that_admits_no_more_is_contained() {
        let globs = ["a", "*", "**", "a*"];
        let mut patterns = Vec::new();
        for first in globs {
            patterns.push(format!("v:/{first}"));
            for second in globs {
                patterns.push(format!("v:/{first}/{second}"));
            }
        }
        let texts = ["", "a", "b", "ab", "zz"];
        let mut resources = vec!["v:/".to_owned()];
        for a in texts {
            for query in ["", "?q"] {
                resources.push(format!("v:/{a}{query}"));
                for b in texts {
                    resources.push(format!("v:/{a}/{b}{query}"));
                    for c in texts {
                        resources.push(format!("v:/{a}/{b}/{c}{query}"));
                    }
                }
            }
        }
        for outer in &patterns {
            for inner in &patterns {
                let sampled = resources.iter().filter(|r| admits(inner, r)).all(|r| admits(outer, r));
                assert_eq!(contains(outer, inner), sampled, "{outer} {inner}");
            }
        }
    }
}
