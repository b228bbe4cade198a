//! One scoped action: read, judged, and held against another.

use std::borrow::Cow;

use super::Error;
use super::decode::decoded;
use super::glob::glob_contains;
use super::spelling::{is_blank, is_forbidden, is_like_dots};
use crate::limits::MAX_ACTION_WILDCARDS;
use crate::work::{Exhausted, Work};

/// A text as it is written and as whoever takes off its escapes reads it. It is matched in both: a grant
/// must hold for a server that decodes and for a file system that does not.
#[derive(Debug)]
struct Glob<'a> {
    written: &'a str,
    decoded: Cow<'a, str>,
}

impl<'a> Glob<'a> {
    fn read(written: &'a str) -> Result<Self, Error> {
        Ok(Self { written, decoded: decoded(written)? })
    }

    fn contains(&self, inner: &Self, work: &mut Work) -> Result<bool, Exhausted> {
        let is_plain = matches!((&self.decoded, &inner.decoded), (Cow::Borrowed(_), Cow::Borrowed(_)));
        let matches = |outer: &str, inner: &str, work: &mut Work| {
            work.spend(outer.len() / 8 + 1)?;
            // Most are told apart by how they begin, which costs little.
            match outer.split_once('*') {
                Some((first, _)) if inner.starts_with(first) => work.spend(inner.len())?,
                Some(_) => return Ok(false),
                None => {}
            }
            Ok(glob_contains(outer, inner))
        };
        Ok(matches(self.written, inner.written, work)? && (is_plain || matches(&self.decoded, &inner.decoded, work)?))
    }

    fn is_any(&self) -> bool {
        self.written == "*"
    }
}

/// One place of a path.
#[derive(Debug)]
enum Segment<'a> {
    /// A segment that this glob matches.
    One(Glob<'a>),
    /// Any number of segments, none included.
    Many,
}

/// What may follow the path of a URL.
#[derive(Debug)]
enum Query<'a> {
    None,
    Glob(Glob<'a>),
    /// None or any.
    Any,
}

/// A verb with a resource or a pattern for resources.
#[derive(Debug)]
pub(super) struct Pattern<'a> {
    verb: &'a str,
    /// Scheme and authority of a URL; empty for other resources.
    origin: &'a str,
    path: Vec<Segment<'a>>,
    query: Query<'a>,
    /// The segments without wildcards, one bit each: what lacks one of them is told apart at once.
    literals: u64,
    /// Where `Many` stands in the path, of the first places that have a bit.
    many: States,
    /// Whether it stands nowhere.
    is_fixed: bool,
}

/// Places of a path at which a match may stand, one bit each.
type States = u128;
/// Most places of a pattern: every one and the end have a bit.
const MAX_PLACES: usize = 127;

impl<'a> Pattern<'a> {
    /// # Errors
    /// [`Error`] for what is no action of one meaning.
    pub(super) fn read(action: &'a str) -> Result<Self, Error> {
        let (verb, resource) = action.split_once(':').ok_or(Error::Verb)?;
        if verb.is_empty() {
            return Err(Error::Verb);
        }
        if resource.bytes().filter(|b| *b == b'*').count() > MAX_ACTION_WILDCARDS {
            return Err(Error::TooLarge);
        }
        if verb.chars().any(is_forbidden) {
            return Err(CONTROL);
        }
        if resource.starts_with(' ') {
            return Err(SPACE);
        }
        let (origin, path) = split_origin(resource)?;
        // Elsewhere a `?` is a character of a name, and what follows it a part of the path.
        let (path, query) = match path.split_once('?') {
            Some((path, query)) if !origin.is_empty() => (path, Some(query)),
            _ => (path, None),
        };
        let mut pattern = Self { verb, origin, path: Vec::new(), query: Query::None, literals: 0, many: 0, is_fixed: true };
        pattern.read_path(path)?;
        if let Some(query) = query {
            pattern.query = Query::Glob(read_query(query)?);
        }
        Ok(pattern)
    }

    fn read_path(&mut self, path: &'a str) -> Result<(), Error> {
        let mut texts = path.split('/').peekable();
        let mut is_first = true;
        while let Some(text) = texts.next() {
            let is_last = texts.peek().is_none();
            if text == "**" {
                if is_last {
                    self.path.push(Segment::One(Glob::read("*")?));
                    self.query = if self.origin.is_empty() { Query::None } else { Query::Any };
                }
                // Two in a row are one.
                if !matches!(self.path.last(), Some(Segment::Many)) {
                    self.many |= 1_u128.checked_shl(u32::try_from(self.path.len()).unwrap_or(u32::MAX)).unwrap_or(0);
                    self.path.push(Segment::Many);
                    self.is_fixed = false;
                }
            } else {
                let segment = self.read_segment(text, is_first, is_last)?;
                if !text.contains('*') {
                    self.literals |= bit_of(text);
                }
                self.path.push(Segment::One(segment));
            }
            is_first = false;
        }
        Ok(())
    }

    fn read_segment(&self, text: &'a str, is_first: bool, is_last: bool) -> Result<Glob<'a>, Error> {
        let glob = Glob::read(text)?;
        let name = &*glob.decoded;
        let is_url = !self.origin.is_empty();
        if name.chars().any(|c| is_forbidden(c) || (c.is_whitespace() && c != ' ')) {
            return Err(CONTROL);
        }
        if name.contains(['\\', '#']) || name.contains('/') || (is_url && name.contains('?')) {
            return Err(Error::Ambiguous("a backslash, a fragment or an encoded separator"));
        }
        if name.contains("**") {
            return Err(Error::Ambiguous("`**` is a segment of its own"));
        }
        if is_last && name.ends_with(' ') {
            return Err(SPACE);
        }
        if is_like_dots(name) || (!is_first && !is_last && is_blank(name)) {
            return Err(Error::Ambiguous("a dot segment or an empty one"));
        }
        let scheme = name.split_once(':').filter(|_| is_first && !is_url).map(|(scheme, _)| scheme);
        if scheme.is_some_and(|scheme| SPECIAL_SCHEMES.iter().any(|special| special.eq_ignore_ascii_case(scheme))) {
            return Err(Error::Ambiguous("a URL without `//`"));
        }
        Ok(glob)
    }

    /// Everything of `inner` is of `self`, which is a pattern that can be granted.
    pub(super) fn contains(&self, inner: &Self, work: &mut Work) -> Result<bool, Exhausted> {
        work.spend(2)?;
        if self.literals & !inner.literals != 0 || self.verb != inner.verb || self.origin != inner.origin || self.path.len() > MAX_PLACES {
            return Ok(false);
        }
        let query = match (&self.query, &inner.query) {
            (Query::Any, _) | (Query::None, Query::None) => true,
            (Query::Glob(outer), Query::Glob(inner)) => outer.contains(inner, work)?,
            _ => false,
        };
        Ok(query && self.path_contains(inner, work)?)
    }

    fn path_contains(&self, inner: &Self, work: &mut Work) -> Result<bool, Exhausted> {
        let (mut from_start, mut from_end) = (self.path.iter().zip(&inner.path), self.path.iter().rev().zip(inner.path.iter().rev()));
        // Up to the first `Many` of either, each segment stands against the one of its place.
        for pairs in [&mut from_end as &mut dyn Iterator<Item = _>, &mut from_start] {
            for pair in pairs {
                match pair {
                    (Segment::One(outer), Segment::One(inner)) if outer.contains(inner, work)? => {}
                    (Segment::One(_), Segment::One(_)) => return Ok(false),
                    _ => break,
                }
            }
        }
        if self.is_fixed && inner.is_fixed { Ok(self.path.len() == inner.path.len()) } else { self.run_through(inner, work) }
    }

    /// Both paths are run side by side, over every path of `inner` that matters. For a segment with
    /// wildcards that is one with characters nobody names: whatever matches it, matches any other.
    /// For `Many` it is none, one, two … such segments, until the states repeat.
    fn run_through(&self, inner: &Self, work: &mut Work) -> Result<bool, Exhausted> {
        let mut seen: Vec<(usize, States)> = Vec::new();
        let mut open = vec![(0, self.closure(1))];
        while let Some((position, states)) = open.pop() {
            work.spend(STEP)?;
            if states == 0 {
                return Ok(false);
            }
            match inner.path.get(position) {
                None if states >> self.path.len() & 1 == 0 => return Ok(false),
                None => {}
                Some(Segment::One(glob)) => open.push((position + 1, self.step(states, work, |own, work| own.contains(glob, work))?)),
                Some(Segment::Many) => {
                    work.spend(seen.len())?;
                    if !seen.contains(&(position, states)) {
                        seen.push((position, states));
                        open.push((position + 1, states));
                        open.push((position, self.step(states, work, |own, _| Ok(own.is_any()))?));
                    }
                }
            }
        }
        Ok(true)
    }

    /// The states after one segment that the globs satisfying `matches` match.
    fn step(
        &self,
        states: States,
        work: &mut Work,
        matches: impl Fn(&Glob<'a>, &mut Work) -> Result<bool, Exhausted>,
    ) -> Result<States, Exhausted> {
        let (mut next, mut rest) = (0, states);
        while let Some(segment) = self.path.get(rest.trailing_zeros() as usize) {
            work.spend(STEP)?;
            let state = rest & rest.wrapping_neg();
            rest ^= state;
            match segment {
                Segment::Many => next |= state,
                Segment::One(own) if matches(own, work)? => next |= state << 1,
                Segment::One(_) => {}
            }
        }
        Ok(self.closure(next))
    }

    /// `Many` may stand for nothing; there are no two in a row.
    const fn closure(&self, states: States) -> States {
        states | (states & self.many) << 1
    }
}

/// Units of one step from a place of a path, or to it.
const STEP: usize = 20;

const CONTROL: Error = Error::Ambiguous("a control character, or white space other than a space");
const SPACE: Error = Error::Ambiguous("white space at its end");

/// The query of a URL is data: dots and separators mean nothing there.
fn read_query(text: &str) -> Result<Glob<'_>, Error> {
    let query = Glob::read(text)?;
    if query.decoded.chars().any(|c| is_forbidden(c) || (c.is_whitespace() && c != ' ')) {
        return Err(CONTROL);
    }
    if text.contains(['\\', '#']) {
        return Err(Error::Ambiguous("a backslash or a fragment"));
    }
    if query.decoded.ends_with(' ') { Err(SPACE) } else { Ok(query) }
}

/// Scheme and authority of a URL, and what follows.
fn split_origin(resource: &str) -> Result<(&str, &str), Error> {
    let is_scheme = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let Some((scheme, rest)) = resource.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else { return Ok(("", resource)) };
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let (origin, path) = resource.split_at_checked(scheme.len() + 3 + authority.len()).unwrap_or((resource, ""));
    if scheme.is_empty() || authority.is_empty() || authority.contains('@') {
        return Err(Error::Ambiguous("user info, or no host"));
    }
    let is_literal = |c: char| !c.is_uppercase() && !c.is_whitespace() && !is_forbidden(c) && !matches!(c, '*' | '%' | '\\' | '#');
    if origin.chars().all(is_literal) {
        Ok((origin, path))
    } else {
        Err(Error::Ambiguous("scheme, host and port are literal and lower-case"))
    }
}

/// Schemes whose URLs are read with an authority even where `//` is missing (WHATWG URL, special schemes).
const SPECIAL_SCHEMES: [&str; 6] = ["http", "https", "ws", "wss", "ftp", "file"];

fn bit_of(segment: &str) -> u64 {
    1 << (segment.bytes().fold(0_u32, |sum, b| sum.wrapping_mul(31).wrapping_add(b.into())) & 63)
}
