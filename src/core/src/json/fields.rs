//! Reads the fields of a modelled object: exact types, nothing missing, nothing unknown.
//!
//! The reference's models coerce (`"1"`, `1.0` and `true` all sign as `1`, catalogue E03) and drop
//! what they do not know (E01); either puts unsigned content under a valid signature.

use super::{Integer, Value, pointer};
use crate::time::{self, Timestamp};

/// What is wrong with a field; `at` is its JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldError {
    /// A required field is absent.
    #[error("the field `{at}` is missing")]
    Missing {
        /// JSON pointer.
        at: String,
    },
    /// A field that the model does not know.
    #[error("the field `{at}` is not known")]
    Unknown {
        /// JSON pointer.
        at: String,
    },
    /// A value of another JSON type.
    #[error("`{at}` must be {expected}, found {found}")]
    Type {
        /// JSON pointer.
        at: String,
        /// What was expected.
        expected: &'static str,
        /// What was found.
        found: &'static str,
    },
    /// A malformed point in time.
    #[error("`{at}`: {error}")]
    Time {
        /// JSON pointer.
        at: String,
        /// What is wrong with it.
        error: time::Error,
    },
}

impl FieldError {
    /// The JSON pointer of the field.
    #[must_use]
    pub fn at(&self) -> &str {
        match self {
            Self::Missing { at } | Self::Unknown { at } | Self::Type { at, .. } | Self::Time { at, .. } => at,
        }
    }
}

/// The members of one object, taken out one by one.
#[derive(Debug)]
pub struct Fields {
    path: String,
    members: Vec<(String, Value)>,
}

impl Fields {
    /// The members of `value`, which stands at the JSON pointer `path`.
    ///
    /// # Errors
    /// [`FieldError::Type`] if it is no object.
    pub fn of(value: Value, path: &str) -> Result<Self, FieldError> {
        match value {
            Value::Object(members) => Ok(Self { path: path.to_owned(), members }),
            other => Err(mismatch(path.to_owned(), "an object", &other)),
        }
    }

    /// The JSON pointer of the field `key`.
    #[must_use]
    pub fn pointer(&self, key: &str) -> String {
        pointer(&self.path, key)
    }

    /// Takes a field, if it is there.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        let index = self.members.iter().position(|(k, _)| k == key)?;
        // The order of what is left matters to nobody: no field is read by position.
        Some(self.members.swap_remove(index).1)
    }

    /// Whether a field is there and has not been taken; null counts.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.members.iter().any(|(k, _)| k == key)
    }

    /// A field that must be there.
    ///
    /// # Errors
    /// [`FieldError::Missing`].
    pub fn required(&mut self, key: &str) -> Result<Value, FieldError> {
        self.take(key).ok_or_else(|| FieldError::Missing { at: self.pointer(key) })
    }

    /// A field that may be absent or null.
    pub fn optional(&mut self, key: &str) -> Option<Value> {
        self.take(key).filter(|value| *value != Value::Null)
    }

    /// A required string.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn text(&mut self, key: &str) -> Result<String, FieldError> {
        let value = self.required(key)?;
        self.as_text(key, value)
    }

    /// A string, or absent or null.
    ///
    /// # Errors
    /// [`FieldError::Type`].
    pub fn optional_text(&mut self, key: &str) -> Result<Option<String>, FieldError> {
        self.optional(key).map(|value| self.as_text(key, value)).transpose()
    }

    /// An integer of any size, or absent or null.
    ///
    /// # Errors
    /// [`FieldError::Type`]; `1.0` and `true` are no integers.
    pub fn optional_integer(&mut self, key: &str) -> Result<Option<Integer>, FieldError> {
        match self.optional(key) {
            None => Ok(None),
            Some(Value::Int(n)) => Ok(Some(n)),
            Some(other) => Err(mismatch(self.pointer(key), "an integer", &other)),
        }
    }

    /// A required integer of any size.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn integer(&mut self, key: &str) -> Result<Integer, FieldError> {
        match self.required(key)? {
            Value::Int(n) => Ok(n),
            other => Err(mismatch(self.pointer(key), "an integer", &other)),
        }
    }

    /// A boolean or null; `absent` where it is not there.
    ///
    /// # Errors
    /// [`FieldError::Type`].
    pub fn nullable_bool(&mut self, key: &str, absent: bool) -> Result<Option<bool>, FieldError> {
        match self.take(key) {
            None => Ok(Some(absent)),
            Some(Value::Null) => Ok(None),
            Some(Value::Bool(b)) => Ok(Some(b)),
            Some(other) => Err(mismatch(self.pointer(key), "a boolean or null", &other)),
        }
    }

    /// A required point in time.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn time(&mut self, key: &str) -> Result<Timestamp, FieldError> {
        let value = self.required(key)?;
        self.as_time(key, value)
    }

    /// A point in time, or absent or null.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn optional_time(&mut self, key: &str) -> Result<Option<Timestamp>, FieldError> {
        self.optional(key).map(|value| self.as_time(key, value)).transpose()
    }

    /// An array of strings; empty where it is absent.
    ///
    /// # Errors
    /// [`FieldError::Type`]; null is no array.
    pub fn texts(&mut self, key: &str) -> Result<Vec<String>, FieldError> {
        let at = self.pointer(key);
        match self.take(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .into_iter()
                .enumerate()
                .map(|(i, item)| match item {
                    Value::String(text) => Ok(text),
                    other => Err(mismatch(pointer(&at, &i.to_string()), "a string", &other)),
                })
                .collect(),
            Some(other) => Err(mismatch(at, "an array of strings", &other)),
        }
    }

    /// A required array of strings.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn required_texts(&mut self, key: &str) -> Result<Vec<String>, FieldError> {
        if self.has(key) { self.texts(key) } else { Err(FieldError::Missing { at: self.pointer(key) }) }
    }

    /// An array of any values; empty where it is absent.
    ///
    /// # Errors
    /// [`FieldError::Type`].
    pub fn array(&mut self, key: &str) -> Result<Vec<Value>, FieldError> {
        match self.take(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok(items),
            Some(other) => Err(mismatch(self.pointer(key), "an array", &other)),
        }
    }

    /// The members of a free-form object; `None` where it is absent.
    ///
    /// # Errors
    /// [`FieldError::Type`].
    pub fn members(&mut self, key: &str) -> Result<Option<Vec<(String, Value)>>, FieldError> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(members)),
            Some(other) => Err(mismatch(self.pointer(key), "an object", &other)),
        }
    }

    /// Like [`Fields::members`], where null is absence too.
    ///
    /// # Errors
    /// [`FieldError::Type`].
    pub fn optional_members(&mut self, key: &str) -> Result<Option<Vec<(String, Value)>>, FieldError> {
        match self.optional(key) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(members)),
            Some(other) => Err(mismatch(self.pointer(key), "an object", &other)),
        }
    }

    /// A nested modelled object that must be there.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn nested(&mut self, key: &str) -> Result<Self, FieldError> {
        let value = self.required(key)?;
        Self::of(value, &self.pointer(key))
    }

    /// A nested modelled object, or absent or null.
    ///
    /// # Errors
    /// [`FieldError::Type`].
    pub fn optional_nested(&mut self, key: &str) -> Result<Option<Self>, FieldError> {
        self.optional(key).map(|value| Self::of(value, &self.pointer(key))).transpose()
    }

    /// Ends the reading: whatever was not taken is unknown (catalogue E01).
    ///
    /// # Errors
    /// [`FieldError::Unknown`].
    pub fn finish(self) -> Result<(), FieldError> {
        match self.members.first() {
            Some((key, _)) => Err(FieldError::Unknown { at: self.pointer(key) }),
            None => Ok(()),
        }
    }

    fn as_text(&self, key: &str, value: Value) -> Result<String, FieldError> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(mismatch(self.pointer(key), "a string", &other)),
        }
    }

    fn as_time(&self, key: &str, value: Value) -> Result<Timestamp, FieldError> {
        match value {
            Value::String(text) => Timestamp::parse(&text).map_err(|error| FieldError::Time { at: self.pointer(key), error }),
            // A number is how the reference's parser also reads a time (catalogue E05): a second
            // spelling of the same moment, not another type of content.
            Value::Int(_) | Value::Float(_) => Err(FieldError::Time { at: self.pointer(key), error: time::Error::Noncanonical }),
            other => Err(mismatch(self.pointer(key), "a datetime", &other)),
        }
    }
}

fn mismatch(at: String, expected: &'static str, found: &Value) -> FieldError {
    FieldError::Type { at, expected, found: found.kind() }
}
