//! Percent encodings, taken off until none is left.

use std::borrow::Cow;

use super::Error;

/// The text behind every `%XX` and `%uXXXX`, however often one is hidden in another. One pass: what is
/// decoded is put where it stood and may complete the next escape, so that each step shortens the text.
/// A `%` that begins no escape stands for itself.
///
/// # Errors
/// [`Error::Ambiguous`] where the bytes are no UTF-8 (overlong spellings are none).
pub(super) fn decoded(text: &str) -> Result<Cow<'_, str>, Error> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    for byte in text.bytes() {
        out.push(byte);
        while let Some((length, byte)) = escape_at_end(&out) {
            out.truncate(out.len().saturating_sub(length));
            match u8::try_from(byte) {
                Ok(byte) if length == 3 => out.push(byte),
                _ => {
                    let c = char::from_u32(byte).ok_or(NOT_UTF8)?;
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
        }
    }
    String::from_utf8(out).map(Cow::Owned).map_err(|_| NOT_UTF8)
}

const NOT_UTF8: Error = Error::Ambiguous("encoded bytes that are no UTF-8");

/// The length of the escape that `out` ends with, and what it stands for.
fn escape_at_end(out: &[u8]) -> Option<(usize, u32)> {
    let value = |digits: &[u8]| digits.iter().try_fold(0_u32, |sum, digit| Some(sum << 4 | char::from(*digit).to_digit(16)?));
    match out {
        [.., b'%', a, b] => value(&[*a, *b]).map(|byte| (3, byte)),
        [.., b'%', b'u' | b'U', a, b, c, d] => value(&[*a, *b, *c, *d]).map(|unit| (6, unit)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_is_taken_off_however_often_it_is_hidden() {
        for (text, expected) in [
            ("a", "a"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("%2e", "."),
            ("%2E%2f", "./"),
            ("%252e", "."),
            ("%25%32%65", "."),
            ("%%32%65", "."),
            ("%2%65", "."),
            ("%25252525252e", "."),
            ("%u002e%U002F", "./"),
            ("%u0025%u0032e", "."),
            ("%25u002e", "."),
            ("r%C3%A9sum%c3%a9", "résumé"),
            ("r%u00e9sum%25C3%25A9", "résumé"),
            ("100%25", "100%"),
        ] {
            assert_eq!(decoded(text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["%c0%ae", "%e0%80%ae", "%ff", "%C3", "%A9a", "r%E9sum", "%ud800", "%25c0%25ae"] {
            assert_eq!(decoded(text), Err(NOT_UTF8), "{text}");
        }
    }

    #[test]
    fn what_is_decoded_once_more_is_the_same() {
        for text in ["%25".repeat(50), "%2525%2532%2565".to_owned(), format!("%{}", "25".repeat(4000)), "%%%%2e2e".to_owned()] {
            let once = decoded(&text).unwrap();
            assert_eq!(decoded(&once).unwrap(), once, "{text}");
        }
    }
}
