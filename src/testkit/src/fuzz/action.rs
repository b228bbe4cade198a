//! Containment of actions against brute force.
//!
//! The input is lines: a pattern, another one, and requests. What `contains` says of the two is held against what `admits`
//! says of single requests, the given ones and those that the inner pattern spells out; and what `admits` says, where both
//! texts are plain, against a matcher that tries everything.

use trusthandoff::action::{admits, check, check_requested, contains};

/// Patterns beyond these are not spelled out: there would be too many requests, or the comparison may give up first.
const MAX_WILDCARDS: usize = 3;
const MAX_SEGMENTS: usize = 6;

/// The law, of any bytes.
///
/// # Panics
/// Where it is broken.
pub fn law(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else { return };
    let mut lines = text.split('\n');
    let (outer, inner) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let mut requests: Vec<String> = lines.take(8).chain([outer, inner]).map(str::to_owned).collect();
    let is_contained = contains(outer, inner);

    assert!(contains(outer, outer), "equal texts are within one another");
    assert!(admits(inner, inner) || check_requested(inner).is_err(), "what is granted is admitted");

    let spelled = spelled_out(inner, outer);
    requests.extend(spelled.iter().flatten().cloned());
    let mut beyond = None;
    for request in &requests {
        let (by_outer, by_inner) = (admits(outer, request), admits(inner, request));
        for (pattern, is_admitted) in [(outer, by_outer), (inner, by_inner)] {
            assert!(!is_admitted || is_judged(pattern, request), "`{pattern}` admits `{request}`, which has no one meaning");
            if let Some(expected) = matched(pattern, request) {
                assert_eq!(is_admitted, expected, "`{pattern}` and `{request}`");
            }
        }
        if by_inner && !by_outer && check_requested(request).is_ok() {
            beyond = Some(request);
        }
    }
    if let Some(request) = beyond {
        assert!(!is_contained, "`{outer}` contains `{inner}`, which alone admits `{request}`");
    }
    let Some(spelled) = spelled else { return };
    let mut meant = spelled.iter().filter(|request| check_requested(request).is_ok()).peekable();
    let is_nothing = meant.peek().is_none();
    assert!(meant.all(|request| admits(inner, request)), "`{inner}` does not admit what it spells out");
    if !is_contained && beyond.is_none() {
        assert!(is_nothing, "`{outer}` does not contain `{inner}` and admits whatever that spells out");
    }
}

/// Texts that are equal, of a plain verb, or of one meaning each.
fn is_judged(pattern: &str, request: &str) -> bool {
    pattern == request || !pattern.contains(':') || (check(pattern).is_ok() && check_requested(request).is_ok())
}

/// Requests within a pattern, enough to show each way of leaving another one: every `*` nothing, or a character that
/// neither pattern names; every `**` none to a few segments of it. None for a pattern that is not spelled out.
fn spelled_out(pattern: &str, other: &str) -> Option<Vec<String>> {
    let (verb, resource) = pattern.split_once(':')?;
    let is_small = |text: &str| text.matches('*').count() <= MAX_WILDCARDS && text.split('/').count() <= MAX_SEGMENTS;
    // What decodes to something else, and a `**` that is no segment, are spelled out otherwise.
    let is_plain = |text: &str| !text.contains('%') && !text.split_once('?').is_some_and(|(_, rest)| rest.contains("**"));
    if ![pattern, other].into_iter().all(|text| check(text).is_ok() && is_small(text) && is_plain(text)) {
        return None;
    }
    let fresh = ('a'..='z').find(|letter| !pattern.contains(*letter) && !other.contains(*letter))?;
    let many: Vec<String> = (0..=MAX_SEGMENTS + 1).map(|n| vec![fresh.to_string(); n].join("/")).collect();
    let mut requests = Vec::new();
    spell(format!("{verb}:"), resource, &[String::new(), fresh.to_string()], &many, &mut requests);
    if resource.ends_with("**") {
        requests.extend(requests.clone().iter().map(|request| format!("{request}?{fresh}")));
    }
    // Where a `*` is nothing, `a:/*/b` would spell out a URL, which is another resource than a path.
    requests.retain(|request| request.contains("://") == resource.contains("://"));
    Some(requests)
}

fn spell(text: String, rest: &str, few: &[String], many: &[String], requests: &mut Vec<String>) {
    let Some((before, after)) = rest.split_once('*') else { return requests.push(text + rest) };
    let text = text + before;
    let whole = after.strip_prefix('*').filter(|after| text.ends_with(['/', ':']) && (after.is_empty() || after.starts_with('/')));
    let Some(after) = whole else {
        return few.iter().for_each(|choice| spell(format!("{text}{choice}"), after, few, many, requests));
    };
    for choice in many {
        // Where no segment is, its separator is not either.
        let after = if choice.is_empty() { after.strip_prefix('/').unwrap_or(after) } else { after };
        spell(format!("{text}{choice}"), after, few, many, requests);
    }
}

/// Whether the pattern matches the request as the specification (10.4) has it, tried every way. None where one of them is
/// not plain: then what it means is a matter of more than matching.
fn matched(pattern: &str, request: &str) -> Option<bool> {
    if pattern == request || request.contains('*') || check(pattern).is_err() || check_requested(request).is_err() {
        return None;
    }
    let (pattern, request) = (Plain::read(pattern)?, Plain::read(request)?);
    let covers_query = pattern.path.last() == Some(&"**") && pattern.query.is_none();
    let is_query = match (pattern.query, request.query) {
        (Some(glob), Some(query)) => globs(glob.as_bytes(), query.as_bytes()),
        (None, Some(_)) => covers_query,
        (Some(_), None) => false,
        (None, None) => true,
    };
    Some(pattern.head == request.head && is_query && segments(&pattern.path, &request.path))
}

/// An action without escapes, and without a `?` but that of a URL with a path.
struct Plain<'a> {
    /// Verb, scheme, host and port.
    head: &'a str,
    path: Vec<&'a str>,
    query: Option<&'a str>,
}

impl<'a> Plain<'a> {
    fn read(action: &'a str) -> Option<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/:*?.-_=".contains(c);
        let (verb, resource) = action.split_once(':')?;
        if !action.chars().all(plain) || action.matches('*').count() > MAX_WILDCARDS || action.len() > 64 {
            return None;
        }
        let Some((scheme, rest)) = resource.split_once("://") else {
            let (head, path) = action.split_at(verb.len() + 1);
            return (!path.contains('?')).then(|| Self { head, path: path.split('/').collect(), query: None });
        };
        let start = verb.len() + 1 + scheme.len() + 3 + rest.find('/')?;
        let (head, rest) = action.split_at(start);
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        (!head.contains('?')).then(|| Self { head, path: path.split('/').collect(), query })
    }
}

fn segments(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**"], _) => !path.is_empty(),
        (["**", rest @ ..], _) => (0..=path.len()).any(|n| segments(rest, &path[n..])),
        ([glob, rest @ ..], [segment, others @ ..]) => globs(glob.as_bytes(), segment.as_bytes()) && segments(rest, others),
        _ => false,
    }
}

fn globs(glob: &[u8], text: &[u8]) -> bool {
    match (glob, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|n| globs(rest, &text[n..])),
        ([a, rest @ ..], [b, others @ ..]) => a == b && globs(rest, others),
        _ => false,
    }
}
