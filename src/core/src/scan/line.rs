//! The members of one line.

use std::borrow::Cow;

use super::name::Name;
use crate::json::{self, Value};

/// Unknown members beyond which a line is left to the parser, which looks for repeated keys by sorting.
const MANY: usize = 64;

/// From where to where in a line.
pub(super) type Place = (usize, usize);

/// Where the members of a line stand.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// Values by [`Name`]; empty where there is none, which no JSON value is.
    pub(super) known: [Place; Name::COUNT],
    /// Keys and values.
    pub(super) others: Vec<(Place, Place)>,
}

impl Default for Places {
    fn default() -> Self {
        Self { known: [(0, 0); Name::COUNT], others: Vec::new() }
    }
}

impl Places {
    /// Forgets all of them, and the room that a line of many took.
    #[inline(always)]
    pub(super) fn clear(&mut self) {
        self.known.fill((0, 0));
        self.others.clear();
        self.others.shrink_to(MANY);
    }

    /// Takes in a member that stands in the line once.
    #[inline(always)]
    pub(super) fn put(&mut self, name: Option<Name>, key: Place, value: Place) {
        match name {
            Some(name) => {
                if let Some(place) = self.known.get_mut(name as usize) {
                    *place = value;
                }
            }
            None => self.others.push((key, value)),
        }
    }

    /// Whether another member, with the key that stands at `key` of `text`, can be taken in.
    pub(super) fn has_room(&self, text: &[u8], key: Place, name: Option<Name>) -> bool {
        match name {
            Some(name) => self.known.get(name as usize) == Some(&(0, 0)),
            None => self.others.len() < MANY && !self.others.iter().any(|(other, _)| text.get(other.0..other.1) == text.get(key.0..key.1)),
        }
    }
}

/// The members of a line, each as its bytes stand there. They are UTF-8.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    /// The line, and perhaps what stands behind it.
    pub(super) text: &'a [u8],
    pub(super) places: &'a Places,
    /// Whether it is certain that [`json::parse`] reads the line as an object.
    pub(super) is_plain: bool,
    /// Whether any string in it is spelled with escapes.
    pub(super) has_escapes: bool,
}

impl<'a> Line<'a> {
    #[inline(always)]
    fn at(&self, place: Place) -> &'a [u8] {
        self.text.get(place.0..place.1).unwrap_or_default()
    }

    /// The bytes of a value; empty where there is none.
    #[inline(always)]
    pub(crate) fn raw(&self, name: Name) -> &'a [u8] {
        self.places.known.get(name as usize).map_or(&[], |place| self.at(*place))
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
            None => {
                self.places.others.iter().find(|(other, _)| self.at(*other) == key.as_bytes()).map_or(&[], |(_, value)| self.at(*value))
            }
        }
    }

    /// Whether it is certain that [`json::parse`] reads the line as an object.
    pub(crate) const fn is_plain(&self) -> bool {
        self.is_plain
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
