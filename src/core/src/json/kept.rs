//! What an array or object that is kept as text is.

use std::sync::Arc;

/// The text of an array or object that has been read before, so that it is well-formed. Two are equal where their texts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raw(Arc<str>);

/// An empty array.
impl Default for Raw {
    fn default() -> Self {
        Self::new("[]")
    }
}

impl Raw {
    /// Of a text that has been read before.
    pub(super) fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is an object, and no array.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.0.starts_with('{')
    }
}
