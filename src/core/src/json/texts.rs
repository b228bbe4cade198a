//! Lists of strings, kept as the JSON array that they stand in.

use std::borrow::Cow;

use super::parse::Parser;
use super::{Raw, Style, Value, write};

/// A list of strings. It takes the memory of its JSON text, where a [`Vec`] of short strings takes ten times that.
///
/// ```
/// use trusthandoff::json::Texts;
/// let texts = Texts::from(vec!["read".to_owned(), "é".to_owned()]);
/// assert_eq!((texts.len(), texts.iter().last().as_deref()), (2, Some("é")));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Texts {
    raw: Raw,
    count: usize,
}

impl Texts {
    /// Of an array; the place and the kind of the first item that is no string otherwise.
    pub(super) fn of(raw: Raw) -> Result<Self, (usize, &'static str)> {
        let mut count = 0;
        for (_, text) in raw.pieces() {
            if !text.starts_with('"') {
                return Err((count, Parser::known(text, 0).document().as_ref().map_or("", Value::kind)));
            }
            count += 1;
        }
        Ok(Self { raw, count })
    }

    /// How many.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.raw.pieces().map(|(_, text)| Parser::known(text, 0).string().unwrap_or_default())
    }

    /// All of them.
    #[must_use]
    pub fn to_vec(&self) -> Vec<String> {
        self.iter().map(Cow::into_owned).collect()
    }
}

impl PartialEq for Texts {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count && self.iter().eq(other.iter())
    }
}

impl Eq for Texts {}

impl From<Vec<String>> for Texts {
    fn from(texts: Vec<String>) -> Self {
        let count = texts.len();
        Self { raw: Raw::new(&write(&Value::from(texts.as_slice()), Style::ARRIVAL)), count }
    }
}

impl From<&Texts> for Value {
    fn from(texts: &Texts) -> Self {
        Self::Raw(texts.raw.clone())
    }
}
