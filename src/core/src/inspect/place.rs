//! Where in a text a fault stands, as far as that can be said. A signature that fails says only that
//! something is another than it was; a spelling that is refused stands at a byte.

use super::Kind;
use crate::capability::Content;
use crate::chain;
use crate::crypto::KeyTables;
use crate::decision::Code;
use crate::encoding::from_base64url;
use crate::json::{self, Fields, Style, Value};

/// Text before the 44 characters that tell one key from another, and behind them.
const PEM_HEAD: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA";
const PEM_TAIL: &str = "=\n-----END PUBLIC KEY-----\n";

/// The byte at which a text stops being strict JSON. A key that stands twice has no single place, and what is
/// longer than anything that is read is not read here either.
#[must_use]
pub fn json_fault(text: &[u8]) -> Option<usize> {
    let chain::Error::Json(fault) = chain::parse_limited(text).err()? else { return None };
    match fault {
        json::Error::Utf8(at)
        | json::Error::Malformed { at, .. }
        | json::Error::TooDeep(at)
        | json::Error::IntegerTooLarge(at)
        | json::Error::NotFinite(at)
        | json::Error::NegativeZero(at)
        | json::Error::Surrogate(at) => Some(at),
        json::Error::DuplicateKey { .. } => None,
    }
}

/// The first byte at which `text` is another spelling than the writer of `style` gives for the same
/// content: white space, order of keys, escapes, floats. A signature covers the content only. An attestation
/// is checked in a frame of its own, which has no one writer.
#[must_use]
pub fn respelled(kind: Kind, text: &[u8]) -> Option<usize> {
    let style = match kind {
        Kind::Packet | Kind::Envelope => Style::WIRE,
        Kind::Approval | Kind::Revocation => Style::COMPACT,
        Kind::CapabilityToken | Kind::Attestation => return None,
    };
    let value = chain::parse_limited(text).ok()?;
    first_difference(text.trim_ascii_end(), json::write(&value, style).as_bytes())
}

/// The byte at which a token stops being the one text of its capability, and whether that byte is one of
/// the JSON inside.
#[must_use]
pub fn token_fault(token: &str) -> Option<(usize, bool)> {
    let Ok(text) = from_base64url(token) else {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        return Some((token.bytes().position(|b| !is_plain(b)).unwrap_or(token.len().saturating_sub(1)), false));
    };
    json_fault(&text).or_else(|| first_difference(&text, canonical(&text)?.as_bytes())).map(|at| (at, true))
}

/// The JSON of a token as its writer gives it; nothing where it is no capability.
fn canonical(text: &[u8]) -> Option<String> {
    let mut fields = Fields::of(json::parse(text).ok()?, "").ok()?;
    let signature = fields.text("signature");
    let mut value = Content::read(fields, &KeyTables::new(0)).ok()?.to_value();
    if let Value::Object(members) = &mut value {
        members.push(("signature".into(), Value::String(signature)));
    }
    Some(json::write(&value, Style::COMPACT))
}

/// The member of a signed object that a code speaks of, where its message names none.
pub(super) const fn field_of(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::SignatureEncodingInvalid => "signature",
        Code::PublicKeyEncodingInvalid | Code::WeakPublicKey => "public_key",
        Code::UnsupportedAlgorithm => "signature_algo",
        Code::UnsupportedRiskLevel => "risk_level",
        Code::TtlInvalid => "ttl_seconds",
        Code::TtlPolicyMismatch => "expires_at",
        _ => return None,
    })
}

/// The byte at which the value of a signature or key stops being canonical.
pub(super) fn value_fault(code: Code, value: &str, is_url: bool) -> Option<usize> {
    match code {
        Code::SignatureEncodingInvalid => Some(signature_fault(value, is_url)),
        Code::PublicKeyEncodingInvalid => key_fault(value),
        _ => None,
    }
}

fn signature_fault(value: &str, is_url: bool) -> usize {
    let plain = |b: u8| b.is_ascii_alphanumeric() || if is_url { matches!(b, b'-' | b'_') } else { matches!(b, b'+' | b'/') };
    let foreign = value.bytes().take(86).position(|b| !plain(b));
    // 86 characters hold 64 bytes and four spare bits in the last one; then padding, or nothing.
    let whole = if is_url { 86 } else { 88 };
    foreign.unwrap_or(if value.len() == whole { 85 } else { value.len().min(86) })
}

fn key_fault(pem: &str) -> Option<usize> {
    let inner = PEM_HEAD.len()..PEM_HEAD.len() + 43;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let head = first_difference(pem.as_bytes().get(..inner.start).unwrap_or(pem.as_bytes()), PEM_HEAD.as_bytes());
    let body = || pem.bytes().enumerate().find(|(at, b)| inner.contains(at) && !plain(*b)).map(|(at, _)| at);
    let tail = || first_difference(pem.as_bytes().get(inner.end..).unwrap_or_default(), PEM_TAIL.as_bytes()).map(|at| inner.end + at);
    head.or_else(body).or_else(tail)
}

fn first_difference(a: &[u8], b: &[u8]) -> Option<usize> {
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    (same < a.len() || same < b.len()).then_some(same)
}
