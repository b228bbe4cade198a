//! The members of one line.

use std::borrow::Cow;

use super::name::Name;
use crate::json::{self, Value};

/// Unknown members beyond which a line is left to the parser, which looks for repeated keys by sorting.
const MANY: usize = 64;

/// The members of a line, each as its bytes stand there. They are UTF-8.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    /// By [`Name`]; empty where there is none, which no JSON value is.
    known: [&'a [u8]; Name::COUNT],
    others: Vec<(&'a [u8], &'a [u8])>,
    /// Whether it is certain that [`json::parse`] reads the line as an object.
    pub(super) is_plain: bool,
    /// Whether any string in it is spelled with escapes.
    pub(super) has_escapes: bool,
}

impl<'a> Line<'a> {
    pub(crate) const EMPTY: Self = Self { known: [&[]; Name::COUNT], others: Vec::new(), is_plain: true, has_escapes: false };

    /// The bytes of a value; empty where there is none.
    #[inline(always)]
    pub(crate) fn raw(&self, name: Name) -> &'a [u8] {
        self.known.get(name as usize).copied().unwrap_or_default()
    }

    /// A member that is a string.
    pub(crate) fn text(&self, name: Name) -> Option<Cow<'a, str>> {
        text_of(self.raw(name))
    }

    /// The bytes of a member that is a string.
    #[inline]
    pub(crate) fn bytes(&self, name: Name) -> Option<Cow<'a, [u8]>> {
        let raw = self.raw(name);
        match raw {
            [b'"', inner @ .., b'"'] if !self.has_escapes => Some(Cow::Borrowed(inner)),
            _ => bytes_of(raw),
        }
    }

    /// The bytes of the value of any member; empty where there is none.
    pub(crate) fn member(&self, key: &str) -> &'a [u8] {
        match Name::find(key.as_bytes()) {
            Some(name) => self.raw(name),
            None => self.others.iter().find(|(other, _)| *other == key.as_bytes()).map_or(&[], |(_, raw)| raw),
        }
    }

    /// Whether it is certain that [`json::parse`] reads the line as an object.
    pub(crate) const fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Takes in a known member that stands in the line once.
    #[inline(always)]
    pub(super) fn put(&mut self, name: Name, raw: &'a [u8]) {
        if let Some(slot) = self.known.get_mut(name as usize) {
            *slot = raw;
        }
    }

    /// Takes in another member that stands in the line once.
    pub(super) fn put_other(&mut self, key: &'a [u8], raw: &'a [u8]) {
        self.others.push((key, raw));
    }

    /// Whether another member of this key can be taken in.
    pub(super) fn has_room(&self, key: &[u8], name: Option<Name>) -> bool {
        match name {
            Some(name) => self.raw(name).is_empty(),
            None => self.others.len() < MANY && !self.others.iter().any(|(other, _)| *other == key),
        }
    }
}

/// The string whose JSON text `raw` is.
pub(crate) fn text_of(raw: &[u8]) -> Option<Cow<'_, str>> {
    match bytes_of(raw)? {
        Cow::Borrowed(bytes) => core::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

/// The bytes of the string whose JSON text `raw` is.
#[inline]
fn bytes_of(raw: &[u8]) -> Option<Cow<'_, [u8]>> {
    let [b'"', inner @ .., b'"'] = raw else { return None };
    if !inner.contains(&b'\\') {
        return Some(Cow::Borrowed(inner));
    }
    match json::parse_frame(raw) {
        Ok((Value::String(text), _)) => Some(Cow::Owned(text.into_bytes())),
        _ => None,
    }
}
