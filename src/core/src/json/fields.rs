//! Reads the fields of a modelled object: exact types, nothing missing, nothing unknown.
//!
//! The reference's models coerce (`"1"`, `1.0` and `true` all sign as `1`, catalogue E03) and drop
//! what they do not know (E01); either puts unsigned content under a valid signature.

use super::{Integer, Raw, Texts, Value, pointer};
use crate::encoding::from_hex;
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
    #[error("{} must be {expected}, found {found}", place(at))]
    Type {
        /// JSON pointer.
        at: String,
        /// What was expected.
        expected: &'static str,
        /// What was found.
        found: &'static str,
    },
    /// A value outside its range.
    #[error("{} must be {expected}", place(at))]
    Invalid {
        /// JSON pointer.
        at: String,
        /// What it must be.
        expected: &'static str,
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

/// The place at a JSON pointer, in words.
fn place(at: &str) -> String {
    if at.is_empty() { "the text".to_owned() } else { format!("`{at}`") }
}

impl FieldError {
    /// A value outside its range.
    pub(crate) fn invalid(at: impl Into<String>, expected: &'static str) -> Self {
        Self::Invalid { at: at.into(), expected }
    }

    /// The JSON pointer of the field.
    #[must_use]
    pub fn at(&self) -> &str {
        match self {
            Self::Missing { at } | Self::Unknown { at } | Self::Type { at, .. } | Self::Invalid { at, .. } | Self::Time { at, .. } => at,
        }
    }
}

/// The members of one object, taken out one by one.
///
/// The first fault is kept and reading goes on: what is read after it is a default of no meaning, and
/// [`Fields::check`] or [`Fields::finish`] tells the fault. A model is read in one piece that way, without
/// a way out at each field, of which each costs the code that frees what was read before it.
#[derive(Debug)]
pub struct Fields {
    path: String,
    members: Vec<(String, Value)>,
    fault: Option<FieldError>,
}

impl Fields {
    /// The members of `value`, which stands at the JSON pointer `path`.
    ///
    /// # Errors
    /// [`FieldError::Type`] if it is no object.
    pub fn of(value: Value, path: &str) -> Result<Self, FieldError> {
        let mut fields = Self::at(value, path.to_owned());
        fields.check().map(|()| fields)
    }

    fn at(value: Value, path: String) -> Self {
        let opened = if let Value::Raw(raw) = &value { raw.opened() } else { value };
        let fault = match opened {
            Value::Object(members) => return Self { path, members, fault: None },
            Value::Raw(raw) if raw.is_object() => FieldError::invalid(path.clone(), "an object of at most 64 fields"),
            other => FieldError::Type { at: path.clone(), expected: "an object", found: other.kind() },
        };
        Self { path, members: Vec::new(), fault: Some(fault) }
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

    /// A field that must be there; null where it is not.
    pub fn required(&mut self, key: &str) -> Value {
        self.take(key).unwrap_or_else(|| {
            self.fail(FieldError::Missing { at: self.pointer(key) });
            Value::Null
        })
    }

    /// A field that may be absent or null.
    pub fn optional(&mut self, key: &str) -> Option<Value> {
        self.take(key).filter(|value| *value != Value::Null)
    }

    /// A required string.
    pub fn text(&mut self, key: &str) -> String {
        let value = self.required(key);
        self.as_text(key, value)
    }

    /// A string, or absent or null.
    pub fn optional_text(&mut self, key: &str) -> Option<String> {
        let value = self.optional(key)?;
        let text = self.as_text(key, value);
        self.fault.is_none().then_some(text)
    }

    /// An integer of any size, or absent or null; `1.0` and `true` are no integers.
    pub fn optional_integer(&mut self, key: &str) -> Option<Integer> {
        let value = self.optional(key)?;
        let n = self.as_integer(key, value);
        self.fault.is_none().then_some(n)
    }

    /// A required integer of any size.
    pub fn integer(&mut self, key: &str) -> Integer {
        let value = self.required(key);
        self.as_integer(key, value)
    }

    /// A boolean or null; `absent` where it is not there.
    pub fn nullable_bool(&mut self, key: &str, absent: bool) -> Option<bool> {
        match self.take(key) {
            None => Some(absent),
            Some(Value::Null) => None,
            Some(Value::Bool(b)) => Some(b),
            Some(other) => {
                self.mismatch(key, "a boolean or null", &other);
                None
            }
        }
    }

    /// A boolean; `false` where it is absent or null.
    pub fn flag(&mut self, key: &str) -> bool {
        self.nullable_bool(key, false).unwrap_or(false)
    }

    /// A required SHA-256 in lower-case hexadecimal.
    pub fn digest(&mut self, key: &str) -> [u8; 32] {
        let text = self.text(key);
        self.as_digest(key, &text)
    }

    /// A SHA-256 in lower-case hexadecimal, or absent or null.
    pub fn optional_digest(&mut self, key: &str) -> Option<[u8; 32]> {
        let text = self.optional_text(key)?;
        Some(self.as_digest(key, &text))
    }

    /// A required point in time.
    pub fn time(&mut self, key: &str) -> Timestamp {
        let value = self.required(key);
        self.as_time(key, value)
    }

    /// A point in time, or absent or null.
    pub fn optional_time(&mut self, key: &str) -> Option<Timestamp> {
        let value = self.optional(key)?;
        let time = self.as_time(key, value);
        self.fault.is_none().then_some(time)
    }

    /// A point in time in any spelling of RFC 3339, or absent or null: of what is not signed, or not yet.
    pub fn optional_moment(&mut self, key: &str) -> Option<Timestamp> {
        let value = self.optional(key)?;
        let time = match &value {
            Value::String(text) => Timestamp::parse_rfc3339(text).map_err(|error| self.wrong_time(key, error)).unwrap_or_default(),
            _ => self.as_time(key, value),
        };
        self.fault.is_none().then_some(time)
    }

    /// An array of strings; empty where it is absent. Null is no array.
    pub fn texts(&mut self, key: &str) -> Vec<String> {
        self.list(key).to_vec()
    }

    /// A required array of strings.
    pub fn required_texts(&mut self, key: &str) -> Vec<String> {
        self.required_list(key).to_vec()
    }

    /// As [`Fields::texts`], of any length.
    pub fn list(&mut self, key: &str) -> Texts {
        let read = match self.take(key) {
            None => return Texts::default(),
            Some(list) if list.kind() == "an array" => Texts::of(Raw::list(&list)),
            Some(other) => {
                self.mismatch(key, "an array of strings", &other);
                return Texts::default();
            }
        };
        read.unwrap_or_else(|(i, found)| {
            let at = pointer(&self.pointer(key), &i.to_string());
            self.fail(FieldError::Type { at, expected: "a string", found });
            Texts::default()
        })
    }

    /// As [`Fields::required_texts`], of any length.
    pub fn required_list(&mut self, key: &str) -> Texts {
        if !self.has(key) {
            self.fail(FieldError::Missing { at: self.pointer(key) });
        }
        self.list(key)
    }

    /// An array of any values; empty where it is absent.
    pub fn array(&mut self, key: &str) -> Items {
        match self.take(key) {
            None => Items::of(Vec::new().into_iter()),
            Some(Value::Array(items)) => Items::of(items.into_iter()),
            Some(Value::Raw(raw)) if !raw.is_object() => Items(Source::Text(raw, 0)),
            Some(other) => {
                self.mismatch(key, "an array", &other);
                Items::of(Vec::new().into_iter())
            }
        }
    }

    /// A free-form object; `None` where it is absent.
    pub fn object(&mut self, key: &str) -> Option<Value> {
        let value = self.take(key)?;
        self.as_object(key, value)
    }

    /// Like [`Fields::object`], where null is absence too.
    pub fn optional_object(&mut self, key: &str) -> Option<Value> {
        let value = self.optional(key)?;
        self.as_object(key, value)
    }

    /// A nested modelled object that must be there, of which `read` takes all fields.
    pub fn nested<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let value = self.required(key);
        let mut inner = Self::at(value, self.pointer(key));
        let read = read(&mut inner);
        self.absorb(inner);
        read
    }

    /// A nested modelled object, or absent or null.
    pub fn optional_nested<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let mut inner = self.optional_fields(key)?;
        let read = read(&mut inner);
        self.absorb(inner);
        Some(read)
    }

    /// As [`Fields::optional_nested`], to be read later: only that it is an object is known.
    pub fn optional_fields(&mut self, key: &str) -> Option<Self> {
        let value = self.optional(key)?;
        let mut inner = Self::at(value, self.pointer(key));
        if let Some(fault) = inner.fault.take() {
            self.fail(fault);
        }
        Some(inner)
    }

    /// The modelled objects of an array; none where it is absent.
    pub fn each<T>(&mut self, key: &str, mut read: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let items = self.array(key);
        let at = self.pointer(key);
        let mut all = Vec::new();
        for (i, item) in items.enumerate() {
            // Nothing is read of what nobody will see.
            if self.fault.is_some() {
                break;
            }
            let mut inner = Self::at(item, pointer(&at, &i.to_string()));
            all.push(read(&mut inner));
            self.absorb(inner);
        }
        all.shrink_to_fit();
        all
    }

    /// Notes a fault of the object's own rules.
    pub fn invalid(&mut self, key: &str, expected: &'static str) {
        self.fail(FieldError::Invalid { at: self.pointer(key), expected });
    }

    /// Whether what was read so far has a fault; for rules that stand between two fields.
    ///
    /// # Errors
    /// [`FieldError`], the first one.
    pub fn check(&mut self) -> Result<(), FieldError> {
        self.fault.take().map_or(Ok(()), Err)
    }

    /// Ends the reading: whatever was not taken is unknown (catalogue E01).
    ///
    /// # Errors
    /// [`FieldError`], the first one.
    pub fn finish(mut self) -> Result<(), FieldError> {
        self.end();
        self.check()
    }

    fn end(&mut self) {
        if let Some((key, _)) = self.members.first() {
            let at = self.pointer(key);
            self.fail(FieldError::Unknown { at });
        }
    }

    /// Ends the reading of a nested object.
    fn absorb(&mut self, mut inner: Self) {
        inner.end();
        if let Some(fault) = inner.fault.take() {
            self.fail(fault);
        }
    }

    /// Keeps the first fault.
    fn fail(&mut self, fault: FieldError) {
        self.fault.get_or_insert(fault);
    }

    fn mismatch(&mut self, key: &str, expected: &'static str, found: &Value) {
        self.fail(FieldError::Type { at: self.pointer(key), expected, found: found.kind() });
    }

    fn as_text(&mut self, key: &str, value: Value) -> String {
        match value {
            Value::String(text) => text,
            other => {
                self.mismatch(key, "a string", &other);
                String::new()
            }
        }
    }

    fn as_integer(&mut self, key: &str, value: Value) -> Integer {
        match value {
            Value::Int(n) => n,
            other => {
                self.mismatch(key, "an integer", &other);
                Integer::default()
            }
        }
    }

    fn as_object(&mut self, key: &str, value: Value) -> Option<Value> {
        match value {
            Value::Object(_) => Some(value),
            Value::Raw(raw) if raw.is_object() => Some(Value::Raw(raw)),
            other => {
                self.mismatch(key, "an object", &other);
                None
            }
        }
    }

    fn as_digest(&mut self, key: &str, text: &str) -> [u8; 32] {
        from_hex(text).unwrap_or_else(|_| {
            self.invalid(key, "64 lower-case hexadecimal digits");
            [0; 32]
        })
    }

    fn as_time(&mut self, key: &str, value: Value) -> Timestamp {
        let error = match value {
            Value::String(text) => match Timestamp::parse(&text) {
                Ok(time) => return time,
                Err(error) => error,
            },
            // A number is how the reference's parser also reads a time (catalogue E05): a second
            // spelling of the same moment, not another type of content.
            Value::Int(_) | Value::Float(_) => time::Error::Noncanonical,
            other => {
                self.mismatch(key, "a datetime", &other);
                return Timestamp::default();
            }
        };
        self.wrong_time(key, error);
        Timestamp::default()
    }

    fn wrong_time(&mut self, key: &str, error: time::Error) {
        self.fail(FieldError::Time { at: self.pointer(key), error });
    }
}

/// The values of an array, of which those that are kept as text are made one by one.
#[derive(Debug, Clone)]
pub struct Items(Source);

#[derive(Debug, Clone)]
enum Source {
    Made(std::vec::IntoIter<Value>),
    /// With the place of the next one.
    Text(Raw, usize),
}

impl Items {
    const fn of(items: std::vec::IntoIter<Value>) -> Self {
        Self(Source::Made(items))
    }

    /// How many there are before the first is taken.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Source::Made(items) => items.len(),
            Source::Text(raw, _) => raw.pieces().count(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Iterator for Items {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        match &mut self.0 {
            Source::Made(items) => items.next(),
            Source::Text(raw, at) => raw.next_item(at),
        }
    }
}
