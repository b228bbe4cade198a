//! JSON as the protocol needs it: a strict parser that keeps key order and number kind, and the
//! writers of every canonical form.
//!
//! Whether a number is an integer or a float is decided by its token (`1` and `1.0` sign
//! differently), a repeated key is an attack (catalogue E02), and integers have any size; so the
//! value model is our own.

mod fields;
mod float;
mod kept;
mod number;
mod parse;
mod raw;
mod texts;
mod write;

pub use fields::{FieldError, Fields, Items};
pub use kept::Raw;
pub use number::{Float, Integer};
pub use parse::{Error, parse, parse_frame, parse_lazily};
pub use raw::Part;
pub(crate) use raw::pieces;
pub use texts::Texts;
pub use write::{Escape, FloatForm, Style, TimeForm, write, write_to};

use crate::time::Timestamp;

/// A JSON value that has lost nothing of its text but white space and spelling of strings.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number written without `.`, `e` or `E`.
    Int(Integer),
    /// A number written with `.`, `e` or `E`.
    Float(Float),
    /// A string of well-formed Unicode.
    String(String),
    /// A point in time of a modelled field. The parser never makes one; each writer spells it its
    /// own way.
    Time(Timestamp),
    /// An array.
    Array(Vec<Value>),
    /// An object; keys are unique and in order of arrival.
    Object(Vec<(String, Value)>),
    /// An array or object that is kept as text. Only [`parse_lazily`] makes them.
    Raw(Raw),
}

impl Value {
    /// The member `key` of an object, if the object is no text.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The member `key` of an object, a text or not.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Self> {
        match self {
            Self::Raw(raw) => raw.member(key),
            made => made.member(key).cloned(),
        }
    }

    /// How many arrays and objects stand within each other here, this one included.
    #[must_use]
    pub fn nesting(&self) -> usize {
        match self {
            Self::Array(items) => 1 + items.iter().map(Self::nesting).max().unwrap_or_default(),
            Self::Object(members) => 1 + members.iter().map(|(_, value)| value.nesting()).max().unwrap_or_default(),
            Self::Raw(raw) => raw.nesting(),
            _ => 0,
        }
    }

    /// What kind of value this is, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a float",
            Self::String(_) => "a string",
            Self::Time(_) => "a datetime",
            Self::Raw(raw) if raw.is_object() => "an object",
            Self::Array(_) | Self::Raw(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::Null, Self::from)
    }
}

impl From<&[String]> for Value {
    fn from(texts: &[String]) -> Self {
        Self::Array(texts.iter().map(|text| Self::from(text.as_str())).collect())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n.into())
    }
}

impl From<Timestamp> for Value {
    fn from(time: Timestamp) -> Self {
        Self::Time(time)
    }
}

impl From<Option<i64>> for Value {
    fn from(n: Option<i64>) -> Self {
        n.map_or(Self::Null, Self::from)
    }
}

impl From<Option<&Integer>> for Value {
    fn from(n: Option<&Integer>) -> Self {
        n.cloned().map_or(Self::Null, Self::Int)
    }
}

impl From<Option<Timestamp>> for Value {
    fn from(time: Option<Timestamp>) -> Self {
        time.map_or(Self::Null, Self::Time)
    }
}

impl From<Option<Self>> for Value {
    fn from(value: Option<Self>) -> Self {
        value.unwrap_or(Self::Null)
    }
}

/// An object that is being made. One call a member: arrays of members would be compiled anew for every
/// length, with the code that makes, moves and frees each.
///
/// ```
/// use trusthandoff::json::{Members, Style, write};
/// let object = Members::new().with("a", "x").with("b", true).object();
/// assert_eq!(write(&object, Style::COMPACT), r#"{"a":"x","b":true}"#);
/// ```
#[derive(Debug, Default)]
pub struct Members(Vec<(String, Value)>);

impl Members {
    /// No members yet.
    #[must_use]
    pub fn new() -> Self {
        // Most have several, and growing moves them.
        Self(Vec::with_capacity(16))
    }

    /// One more member; its key is another than those before.
    pub fn with(&mut self, key: &str, value: impl Into<Value>) -> &mut Self {
        self.0.push((key.to_owned(), value.into()));
        self
    }

    /// The object.
    #[must_use]
    pub fn object(&mut self) -> Value {
        Value::Object(core::mem::take(&mut self.0))
    }
}

/// The members in the order of their keys' code points, which is that of their UTF-8 bytes; UTF-16
/// order (RFC 8785) is another.
#[must_use]
pub fn in_order(members: &[(String, Value)]) -> Vec<&(String, Value)> {
    let mut keys: Vec<parse::Keyed<'_>> = members.iter().enumerate().map(|(i, (key, _))| (key.as_str().into(), i)).collect();
    parse::sort(&mut keys);
    keys.iter().filter_map(|(_, i)| members.get(*i)).collect()
}

/// An object of these members.
#[must_use]
pub fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// The same with nothing of it kept as text.
#[must_use]
pub fn made(value: Value) -> Value {
    match value {
        Value::Raw(raw) => raw.to_value(),
        Value::Object(members) => Value::Object(members.into_iter().map(|(key, value)| (key, made(value))).collect()),
        other => other,
    }
}

/// What is shown of a received key: a message must not repeat a megabyte (the rest is replaced by …).
pub(crate) fn shown(key: &str) -> String {
    if key.len() <= 128 { key.to_owned() } else { key.chars().take(96).chain(['…']).collect() }
}

/// A step of a JSON pointer (RFC 6901 §3) appended to `path`; of a long key its beginning.
#[must_use]
pub fn pointer(path: &str, step: &str) -> String {
    format!("{path}/{}", shown(step).replace('~', "~0").replace('/', "~1"))
}
