//! Strict text encodings: one spelling for each value, everything else refused.
//!
//! Lenient decoders let an attacker write one signature in unlimited ways (catalogue B07, F16) and
//! one key under many agent ids (B08).

use base64ct::{Base64UrlUnpadded, Encoding as _};
use zeroize::Zeroizing;

/// What is wrong with an encoded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A character outside the alphabet, wrong length, padding or spare bits.
    #[error("not the canonical encoding")]
    Noncanonical,
}

/// Standard base64 with padding (RFC 4648 §4).
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    let mut out = vec![b'='; bytes.len().div_ceil(3) * 4];
    // Long enough, so it cannot fail.
    let _ = Base64UrlUnpadded::encode(bytes, &mut out);
    out.iter_mut().for_each(|b| *b = other_alphabet(*b));
    String::from_utf8(out).unwrap_or_default()
}

/// URL-safe base64 without padding (RFC 4648 §5).
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Reads exactly what [`base64`] writes: padding present, no white space, spare bits zero.
///
/// # Errors
/// [`Error::Noncanonical`] for anything else.
pub fn from_base64(text: &str) -> Result<Vec<u8>, Error> {
    let body = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - body.len() > 2 {
        return Err(Error::Noncanonical);
    }
    decode(&Zeroizing::new(body.bytes().map(other_alphabet).collect::<Vec<u8>>()))
}

/// Reads exactly what [`base64url`] writes.
///
/// # Errors
/// [`Error::Noncanonical`] for anything else.
pub fn from_base64url(text: &str) -> Result<Vec<u8>, Error> {
    decode(text.as_bytes())
}

fn decode(text: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = vec![0; text.len() * 3 / 4];
    match Base64UrlUnpadded::decode(text, &mut out) {
        Ok(_) => Ok(out),
        Err(_) => Err(Error::Noncanonical),
    }
}

/// A character of one base64 alphabet as that of the other, and back: `+` and `-`, `/` and `_` change
/// places, so what belongs to the wrong alphabet stays refused. One codec serves both; keys pass
/// through here, so nothing branches on a character.
const fn other_alphabet(c: u8) -> u8 {
    const fn equal(a: u8, b: u8) -> u8 {
        (((a ^ b) as u16).wrapping_sub(1) >> 8) as u8
    }
    c ^ (b'+' ^ b'-') & (equal(c, b'+') | equal(c, b'-')) ^ (b'/' ^ b'_') & (equal(c, b'/') | equal(c, b'_'))
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// Reads exactly `N` bytes of lower-case hexadecimal.
///
/// # Errors
/// [`Error::Noncanonical`] for anything else, upper case included.
pub fn from_hex<const N: usize>(text: &str) -> Result<[u8; N], Error> {
    let mut out = [0; N];
    match base16ct::lower::decode(text, &mut out) {
        Ok(bytes) if bytes.len() == N => Ok(out),
        _ => Err(Error::Noncanonical),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648 §10.
    const RFC: [(&str, &str); 7] =
        [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")];

    #[test]
    fn the_vectors_of_rfc_4648_hold_both_ways() {
        for (plain, encoded) in RFC {
            assert_eq!(base64(plain.as_bytes()), encoded);
            assert_eq!(from_base64(encoded).as_deref(), Ok(plain.as_bytes()));
            let url = encoded.trim_end_matches('=');
            assert_eq!(base64url(plain.as_bytes()), url);
            assert_eq!(from_base64url(url).as_deref(), Ok(plain.as_bytes()));
        }
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
        assert_eq!(base64(&[0xfb, 0xff]), "+/8=");
    }

    #[test]
    fn a_second_base64_spelling_is_refused() {
        for text in
            ["Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8", "Zg==\n", " Zg==", "Z g==", "Zg==Zg==", "Zm9v=", "====", "=", "Z===", "-_8="]
        {
            assert_eq!(from_base64(text), Err(Error::Noncanonical), "{text:?}");
        }
        for text in ["Zg==", "Zh", "Z", "Zm9vY", "+/8", "Zg\n"] {
            assert_eq!(from_base64url(text), Err(Error::Noncanonical), "{text:?}");
        }
    }

    #[test]
    fn hex_is_lower_case_and_of_one_length() {
        assert_eq!(hex(&[0, 0xab, 0xff]), "00abff");
        assert_eq!(from_hex::<3>("00abff"), Ok([0, 0xab, 0xff]));
        for text in ["00ABFF", "00abf", "00abff0", "00abfg", "", "00abffé"] {
            assert_eq!(from_hex::<3>(text), Err(Error::Noncanonical), "{text}");
        }
    }
}
