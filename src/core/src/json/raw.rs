//! The texts of members and items as they stand in a received text: what was signed elsewhere is
//! passed on as it is and never written again.

use super::Value;
use super::parse::{Error, Parser};
use crate::limits::PROOF_NESTING;

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
    collect(text, b'{', |parser| {
        let Value::String(key) = parser.value()? else { return Err(parser.malformed("a key in double quotes")) };
        parser.skip_space();
        parser.expect(b':', "`:`")?;
        parser.skip_space();
        Ok(key)
    })
}

/// The items of the array that `text` is, each as its text.
///
/// # Errors
/// [`Error`] if `text` is no JSON array.
pub fn raw_items(text: &str) -> Result<Vec<&str>, Error> {
    Ok(collect(text, b'[', |_| Ok(String::new()))?.into_iter().map(|(_, item)| item).collect())
}

/// What stands between the brackets that begin with `open`, each value behind what `label` reads.
fn collect<'a>(text: &'a str, open: u8, label: fn(&mut Parser<'a>) -> Result<String, Error>) -> Result<Vec<(String, &'a str)>, Error> {
    // What stands here has been read before, as deep as it may be.
    let mut parser = Parser::new(text, false).deeper(PROOF_NESTING);
    let mut found = Vec::new();
    parser.skip_space();
    parser.expect(open, "an opening bracket")?;
    parser.skip_space();
    // `{` and `}`, `[` and `]` stand two places apart.
    let close = open.saturating_add(2);
    if parser.take(close) {
        return Ok(found);
    }
    loop {
        parser.skip_space();
        let label = label(&mut parser)?;
        let start = parser.at;
        parser.value()?;
        found.push((label, text.get(start..parser.at).unwrap_or_default()));
        parser.skip_space();
        if parser.take(close) {
            return Ok(found);
        }
        parser.expect(b',', "`,` or a closing bracket")?;
    }
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
