//! Arrays and objects kept as the text they are: what nobody looks into costs no tree, and what was signed elsewhere is passed on as it
//! is and never written again.

use std::borrow::Cow;

use super::parse::{Brackets, Error, Parser};
use super::{Raw, Style, Value, write};
use crate::limits::PROOF_NESTING;

/// A part of a [`Raw`], in the order of the text.
#[derive(Debug, Clone, PartialEq)]
pub enum Part<'a> {
    /// `{` or, where `false`, `[`.
    Open(bool),
    /// The key of the member whose value comes next.
    Key(Cow<'a, str>),
    /// A value that is neither.
    Scalar(Value),
    /// The bracket that ends the innermost array or object.
    Close,
}

impl Raw {
    /// An array as it is, and of any other value the array of it alone.
    #[must_use]
    pub fn list(value: &Value) -> Self {
        match value {
            Value::Raw(raw) if !raw.is_object() => raw.clone(),
            Value::Array(_) => Self::new(&write(value, Style::ARRIVAL)),
            other => Self::new(&["[", &write(other, Style::ARRIVAL), "]"].concat()),
        }
    }

    /// The array of these texts, each of which has been read before; `None` if there is none.
    pub(crate) fn of_items<'a>(items: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut out = String::new();
        for item in items {
            out.push_str(if out.is_empty() { "[" } else { "," });
            out.push_str(item);
        }
        out.push(']');
        (out.len() > 1).then(|| Self::new(&out))
    }

    /// The whole of it as a tree, which may take fifty times the memory of the text.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.made(usize::MAX)
    }

    /// An object with what stands in it as text; itself where it has more than [`crate::limits::MAX_FIELDS`] members.
    pub(super) fn opened(&self) -> Value {
        self.made(1)
    }

    fn made(&self, depth: usize) -> Value {
        Parser::known(self.as_str(), depth).document().unwrap_or(Value::Null)
    }

    /// The item of an array that stands at `at`, which goes on to the next.
    pub(super) fn next_item(&self, at: &mut usize) -> Option<Value> {
        let mut pieces = Pieces::of(Parser::known(self.as_str(), 0));
        pieces.is_first = *at == 0;
        pieces.parser.at = *at;
        let item = pieces.next();
        *at = pieces.parser.at;
        item.map(|(_, text)| value_of(text))
    }

    /// The members of an object or the items of an array, whose keys are empty; each with its text.
    pub fn pieces(&self) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
        Pieces::of(Parser::known(self.as_str(), 0))
    }

    /// The member `key` of an object.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<Value> {
        self.pieces().find(|(name, _)| self.is_object() && name == key).map(|(_, text)| value_of(text))
    }

    /// The object with `value` as the member `key`, which then is its last, or without it.
    #[must_use]
    pub fn replaced(&self, key: &str, value: Option<&Value>) -> Self {
        let mut out = String::with_capacity(self.as_str().len());
        for (name, text) in self.pieces().filter(|(name, _)| name != key) {
            push_member(&mut out, &name, text);
        }
        if let Some(value) = value {
            push_member(&mut out, key, &write(value, Style::ARRIVAL));
        }
        out.insert_str(0, if out.is_empty() { "{" } else { "" });
        out.push('}');
        Self::new(&out)
    }

    /// How many arrays and objects stand within each other here, this one included.
    pub(super) fn nesting(&self) -> usize {
        let (mut depth, mut most) = (0_usize, 0);
        for (bracket, _) in Brackets::from(self.as_str(), 0) {
            depth = if matches!(bracket, b'{' | b'[') { depth + 1 } else { depth.saturating_sub(1) };
            most = most.max(depth);
        }
        most
    }

    /// All of it, part by part: one pass, whatever stands in it.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let (mut parser, mut open) = (Parser::known(self.as_str(), usize::MAX), Vec::new());
        let mut is_value = true;
        core::iter::from_fn(move || {
            parser.skip_space();
            while parser.take(b',') {
                parser.skip_space();
            }
            let byte = parser.peek()?;
            if matches!(byte, b'}' | b']') {
                parser.at += 1;
                open.pop();
                is_value = open.last() != Some(&true);
                return Some(Part::Close);
            }
            if !is_value {
                is_value = true;
                return parser.key().ok().map(Part::Key);
            }
            let is_object = byte == b'{';
            if is_object || byte == b'[' {
                parser.at += 1;
                open.push(is_object);
                is_value = !is_object;
                return Some(Part::Open(is_object));
            }
            is_value = open.last() != Some(&true);
            parser.value().ok().map(Part::Scalar)
        })
    }
}

fn push_member(out: &mut String, key: &str, text: &str) {
    out.push_str(if out.is_empty() { "{" } else { "," });
    out.push_str(&write(&key.into(), Style::ARRIVAL));
    out.push(':');
    out.push_str(text);
}

/// The value that a text is which has been read before.
fn value_of(text: &str) -> Value {
    Parser::known(text, 0).document().unwrap_or(Value::Null)
}

/// What stands between two brackets.
struct Pieces<'a> {
    parser: Parser<'a>,
    is_object: bool,
    is_first: bool,
}

impl<'a> Pieces<'a> {
    fn of(mut parser: Parser<'a>) -> Self {
        parser.skip_space();
        Self { is_object: parser.peek() == Some(b'{'), is_first: true, parser }
    }

    fn next_piece(&mut self) -> Result<Option<(Cow<'a, str>, &'a str)>, Error> {
        let parser = &mut self.parser;
        // `{` and `}`, `[` and `]` stand two places apart.
        let (open, close) = if self.is_object { (b'{', b'}') } else { (b'[', b']') };
        let is_first = core::mem::replace(&mut self.is_first, false);
        if is_first {
            parser.expect(open, "an opening bracket")?;
        }
        parser.skip_space();
        if parser.take(close) {
            return Ok(None);
        }
        if !is_first {
            parser.expect(b',', "`,` or a closing bracket")?;
            parser.skip_space();
        }
        let key = if self.is_object { parser.key()? } else { Cow::Borrowed("") };
        parser.past().map(|text| Some((key, text)))
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = (Cow<'a, str>, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        self.next_piece().ok().flatten()
    }
}

/// The members of the object that `text` is, each with the text of its value.
///
/// # Errors
/// [`Error`] if `text` is no JSON object.
///
/// ```
/// use trusthandoff::json::raw_members;
/// assert_eq!(raw_members(r#"{"b": 1.50, "a": [ ]}"#)?, [("b".to_owned(), "1.50"), ("a".to_owned(), "[ ]")]);
/// # Ok::<(), trusthandoff::json::Error>(())
/// ```
pub fn raw_members(text: &str) -> Result<Vec<(String, &str)>, Error> {
    collect(text, true)
}

/// The items of the array that `text` is, each as its text.
///
/// # Errors
/// [`Error`] if `text` is no JSON array.
pub fn raw_items(text: &str) -> Result<Vec<&str>, Error> {
    Ok(collect(text, false)?.into_iter().map(|(_, item)| item).collect())
}

fn collect(text: &str, is_object: bool) -> Result<Vec<(String, &str)>, Error> {
    // What stands here has been read before, as deep as it may be.
    let mut pieces = Pieces { is_object, ..Pieces::of(Parser::new(text, false).deeper(PROOF_NESTING)) };
    let mut found = Vec::new();
    while let Some((key, text)) = pieces.next_piece()? {
        found.push((key.into_owned(), text));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_is_given_as_it_stands() {
        let text = r#" { "a" : {"x": "}\"," , "y":[1, 2 ]} , "b\u00e9":"\ud83d\ude00","c":-0.0e0 } "#;
        let members = raw_members(text).expect("an object");
        let expected = [("a", r#"{"x": "}\"," , "y":[1, 2 ]}"#), ("b\u{e9}", r#""\ud83d\ude00""#), ("c", "-0.0e0")];
        assert_eq!(members, expected.map(|(key, raw)| (key.to_owned(), raw)));
        assert_eq!(raw_items(r#"[ {"a":1} ,[ ],"]"]"#).expect("an array"), [r#"{"a":1}"#, "[ ]", "\"]\""]);
        assert_eq!(raw_items("[]").expect("an array").len() + raw_members("{ }").expect("an object").len(), 0);
        for text in ["", "7", "[1", "[1 2]", "{\"a\"}", "{1:2}", "[}", "{]"] {
            assert!(raw_items(text).is_err() && raw_members(text).is_err(), "{text}");
        }
    }
}
