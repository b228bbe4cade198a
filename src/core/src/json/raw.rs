//! Arrays and objects kept as the text they are: what nobody looks into costs no tree, and what was signed elsewhere is passed on as it
//! is and never written again.

use std::borrow::Cow;

use super::parse::{Brackets, Parser};
use super::{Raw, Style, Value, write};

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

    /// The array whose text this is but for its last bracket, made of texts that have been read before.
    pub(crate) fn of_items(mut items: String) -> Self {
        items.push(']');
        Self::new(&items)
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
        pieces(self.as_str())
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

/// As [`Raw::pieces`], of a text that has been read before; nothing of one that is no array and no object.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
    Pieces::of(Parser::known(text, 0))
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
}

impl<'a> Iterator for Pieces<'a> {
    type Item = (Cow<'a, str>, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let parser = &mut self.parser;
        let is_open = |parser: &mut Parser<'_>| parser.take(if self.is_object { b'{' } else { b'[' });
        if core::mem::replace(&mut self.is_first, false) && !is_open(parser) {
            return None;
        }
        if !parser.goes_on(if self.is_object { b'}' } else { b']' }) {
            return None;
        }
        let key = if self.is_object { parser.key().ok()? } else { Cow::Borrowed("") };
        Some((key, parser.past().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_is_given_as_it_stands() {
        let pieces = |text: &str| -> Vec<(String, String)> {
            Raw::new(text).pieces().map(|(key, piece)| (key.into_owned(), piece.to_owned())).collect()
        };
        let text = r#"{ "a" : {"x": "}\"," , "y":[1, 2 ]} , "b\u00e9":"\ud83d\ude00","c":-0.0e0 }"#;
        let expected = [("a", r#"{"x": "}\"," , "y":[1, 2 ]}"#), ("b\u{e9}", r#""\ud83d\ude00""#), ("c", "-0.0e0")];
        assert_eq!(pieces(text), expected.map(|(key, raw)| (key.to_owned(), raw.to_owned())));
        let items: Vec<String> = pieces(r#"[ {"a":1} ,[ ],"]"]"#).into_iter().map(|(_, item)| item).collect();
        assert_eq!(items, [r#"{"a":1}"#, "[ ]", "\"]\""]);
        assert_eq!(pieces("[]").len() + pieces("{ }").len(), 0);
    }

    #[test]
    fn a_member_is_put_in_the_place_of_another_or_taken_away() {
        let raw = Raw::new(r#"{"a": [1, 2], "b\u00e9": "x"}"#);
        let replaced = |key: &str, value: Option<&str>| raw.replaced(key, value.map(Value::from).as_ref()).as_str().to_owned();
        assert_eq!(replaced("a", Some("é")), "{\"b\u{e9}\":\"x\",\"a\":\"é\"}");
        assert_eq!(replaced("b\u{e9}", None), r#"{"a":[1, 2]}"#);
        assert_eq!(Raw::new(r#"{"a":1}"#).replaced("a", None).as_str(), "{}");
    }
}
