//! The signed task packet: model, both signed forms, and its digest.
//!
//! [`UnverifiedPacket`] is what a text says; [`Packet`] is what its signature proves. Only
//! [`UnverifiedPacket::verify`] and [`Draft::finish`] make the latter.

mod draft;
mod model;

pub use draft::{Draft, Issuer, TaskMetadata};
pub(crate) use draft::{check_ai_provenance, check_content, check_nesting};
pub use model::{Content, Provenance, RiskLevel};

use core::cell::Cell;

use crate::crypto::{self, Hasher, KeyTables, Signature};
use crate::encoding::base64;
use crate::json::{self, FieldError, Fields, Style, Value};
use crate::limits::{MAX_INPUT_BYTES, MAX_PACKET_NESTING};
use crate::time;

/// The byte form that was signed (wire §1). Older releases leave review, risk and TTL unsigned and
/// are never accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Form {
    /// Sorted, ASCII: releases 0.3.4 and 0.4.0.
    #[default]
    V040,
    /// Model order, UTF-8: release 0.3.3.
    V033,
}

impl Form {
    /// `"0.4.0"` or `"0.3.3"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V040 => "0.4.0",
            Self::V033 => "0.3.3",
        }
    }

    /// The reverse of [`Form::as_str`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::V040, Self::V033].into_iter().find(|form| form.as_str() == name)
    }
}

/// Why a packet is refused, apart from all that a receiver must know besides.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A field is missing, unknown or of the wrong type.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The key or the signature is refused.
    #[error(transparent)]
    Crypto(#[from] crypto::Error),
    /// `risk_level` is neither `read` nor `write` (catalogue D03, D15).
    #[error("`risk_level` must be `read` or `write`, found `{0}`")]
    RiskLevel(String),
    /// `ttl_seconds` is not positive (catalogue D16).
    #[error("`ttl_seconds` must be at least 1, found {0}")]
    Ttl(String),
    /// `expires_at` is not `issued_at` plus the packet's own TTL.
    #[error("`expires_at` is not `issued_at` plus {0} seconds")]
    TtlMismatch(i64),
    /// A time that the calendar of the protocol does not hold.
    #[error("`issued_at` plus `ttl_seconds`: {0}")]
    Time(time::Error),
    /// Permissions or constraints that no gate would act on.
    #[error(transparent)]
    Unfit(#[from] crate::grant::Unfit),
    /// `ai_provenance` has no `source` that is a non-empty string (catalogue D10).
    #[error("`{0}` must have a `source` that is a non-empty string")]
    AiProvenance(String),
    /// A packet is signed by the agent it is from, with that agent's own key (catalogue B13).
    #[error("the packet is from `{from}`, but the signer is `{signer}`")]
    SigningIdentity {
        /// What the fields say.
        from: String,
        /// Who signs.
        signer: String,
    },
    /// A field contradicts the metadata of the task it is signed for (catalogue D02).
    #[error("`{0}` contradicts the metadata of the task")]
    TaskMetadata(&'static str),
    /// So deep that no gate could read it in its envelope.
    #[error("`{0}` nests the packet deeper than {MAX_PACKET_NESTING} levels; an envelope of it could not be read")]
    TooDeep(&'static str),
    /// Longer than any text that is read, also without white space.
    #[error("a packet of {0} bytes; at most {MAX_INPUT_BYTES} are read")]
    TooLarge(usize),
}

/// A packet as received: well-formed, with a usable key, its TTL resolved. Nothing is proven yet.
#[derive(Debug, Clone)]
pub struct UnverifiedPacket {
    content: Content,
    signature: String,
}

impl UnverifiedPacket {
    /// Reads a packet that stands at the JSON pointer `path`.
    ///
    /// # Errors
    /// [`Error`] for the first fault in this order: fields and types, algorithm, key, TTL.
    pub fn read(value: Value, path: &str, keys: &KeyTables) -> Result<Self, Error> {
        let mut fields = Fields::of(value, path)?;
        let signature = fields.text("signature");
        let content = Content::read(fields, keys)?;
        Ok(Self { content, signature })
    }

    /// What the packet says.
    #[must_use]
    pub const fn claimed(&self) -> &Content {
        &self.content
    }

    /// The text of its signature, as received.
    #[must_use]
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// Verifies the signature: the 0.4.0 form first, then 0.3.3, whose float spelling depends on a
    /// library version of the signer and is tried both ways only if there is such a float.
    ///
    /// # Errors
    /// [`crypto::Error::SignatureEncoding`] or [`crypto::Error::Invalid`].
    pub fn verify(self, keys: &mut KeyTables) -> Result<Packet, Error> {
        let signature = Signature::from_base64(&self.signature)?;
        let value = self.content.to_value();
        let key = self.content.public_key;
        let has_plus = Cell::new(false);
        let mut fits = |style| keys.verify_written(&key, &|sink| has_plus.set(json::write_to(&value, style, sink)), &signature).is_ok();
        let form = if fits(Style::COMPACT) {
            Form::V040
        } else if fits(Style::ARRIVAL) || (has_plus.get() && fits(Style::ARRIVAL_UNSIGNED)) {
            Form::V033
        } else {
            return Err(crypto::Error::Invalid.into());
        };
        Ok(Packet { content: self.content, signature, form })
    }
}

/// A packet whose signature has been verified under the key it names. Whose key that is, a registry
/// must say.
#[derive(Debug, Clone)]
pub struct Packet {
    content: Content,
    signature: Signature,
    form: Form,
}

impl Packet {
    /// The signed content.
    #[must_use]
    pub const fn content(&self) -> &Content {
        &self.content
    }

    /// The form that was signed.
    #[must_use]
    pub const fn form(&self) -> Form {
        self.form
    }

    /// The packet as a JSON value, signature included.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut value = self.content.to_value();
        if let Value::Object(members) = &mut value {
            members.push(("signature".into(), Value::String(base64(self.signature.as_bytes()))));
        }
        value
    }

    /// The text that travels: what the reference's own wire writer gives.
    #[must_use]
    pub fn to_text(&self) -> String {
        json::write(&self.to_value(), Style::WIRE)
    }

    /// The digest that events, receipts and proofs cite, whatever form was signed.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.content.digest()
    }
}

/// SHA-256 of `label` and of `value` as `style` writes it.
pub(crate) fn digest(label: &[u8], value: &Value, style: Style) -> [u8; 32] {
    let mut hash = Hasher::default();
    hash.push(label);
    json::write_to(value, style, &mut |piece| hash.push(piece));
    hash.finish()
}
