//! From the errors of the modules below to the one table.

use super::Code;
use crate::grant::{Excess, Unfit};
use crate::json::{self, FieldError};
use crate::work::Exhausted;
use crate::{attestation, capability, chain, crypto, identity, packet, registry, statement, time};

/// A code, a sentence for people, and the field it concerns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Reason {
    /// The stable code.
    pub code: Code,
    /// One sentence, lower case, without key material.
    pub message: String,
    /// JSON pointer (RFC 6901) into the text that was refused.
    pub field: Option<String>,
}

impl Reason {
    /// A reason that concerns no single field.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: one_line(message.into()), field: None }
    }

    /// A reason that concerns the field at the JSON pointer `field`.
    #[must_use]
    pub fn at(code: Code, message: impl Into<String>, field: impl Into<String>) -> Self {
        Self { code, message: one_line(message.into()), field: Some(field.into()) }
    }

    /// The same with the code's own meaning as message.
    #[must_use]
    pub fn plain(code: Code) -> Self {
        Self::new(code, code.meaning())
    }
}

/// Control characters and line separators spelt out: what is received stands in messages, and must not
/// write lines of its own into a log or move a terminal's cursor.
pub(crate) fn one_line(text: String) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if !text.contains(breaks) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if breaks(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

fn time_code(error: time::Error) -> Code {
    match error {
        time::Error::Noncanonical => Code::DatetimeNoncanonical,
        time::Error::Naive => Code::DatetimeNaive,
        time::Error::OutOfRange => Code::DatetimeOutOfRange,
    }
}

fn crypto_code(error: crypto::Error) -> Code {
    match error {
        crypto::Error::Algorithm => Code::UnsupportedAlgorithm,
        crypto::Error::KeyEncoding => Code::PublicKeyEncodingInvalid,
        crypto::Error::WeakKey => Code::WeakPublicKey,
        crypto::Error::SignatureEncoding => Code::SignatureEncodingInvalid,
        crypto::Error::Invalid => Code::InvalidSignature,
    }
}

impl From<time::Error> for Reason {
    fn from(error: time::Error) -> Self {
        Self::new(time_code(error), error.to_string())
    }
}

impl From<crypto::Error> for Reason {
    fn from(error: crypto::Error) -> Self {
        Self::new(crypto_code(error), error.to_string())
    }
}

impl From<json::Error> for Reason {
    fn from(error: json::Error) -> Self {
        let code = match error {
            json::Error::Utf8(_) => Code::InvalidUtf8,
            json::Error::Malformed { .. } => Code::MalformedJson,
            json::Error::DuplicateKey { .. } => Code::DuplicateKey,
            json::Error::TooDeep(_) => Code::NestingTooDeep,
            json::Error::IntegerTooLarge(_) => Code::NumberTooLarge,
            json::Error::NotFinite(_) => Code::NumberNotFinite,
            json::Error::NegativeZero(_) => Code::NumberNoncanonical,
            json::Error::Surrogate(_) => Code::InvalidUnicode,
        };
        Self::new(code, error.to_string())
    }
}

impl From<FieldError> for Reason {
    fn from(error: FieldError) -> Self {
        let code = match &error {
            FieldError::Missing { .. } => Code::MissingField,
            FieldError::Unknown { .. } => Code::UnknownField,
            FieldError::Type { .. } => Code::TypeMismatch,
            FieldError::Invalid { .. } => Code::FieldInvalid,
            FieldError::Time { error, .. } => time_code(*error),
        };
        Self::at(code, error.to_string(), error.at())
    }
}

impl From<identity::Error> for Reason {
    fn from(error: identity::Error) -> Self {
        let code = match &error {
            identity::Error::Key(key) => crypto_code(*key),
            identity::Error::PrivateKey | identity::Error::ForeignPublicKey => Code::PrivateKeyInvalid,
            identity::Error::Jwk => Code::PublicKeyEncodingInvalid,
            identity::Error::AgentId => Code::AgentIdInvalid,
        };
        Self::new(code, error.to_string())
    }
}

impl From<packet::Error> for Reason {
    fn from(error: packet::Error) -> Self {
        let message = error.to_string();
        match error {
            packet::Error::Field(field) => field.into(),
            packet::Error::Crypto(crypto) => crypto.into(),
            packet::Error::RiskLevel(_) => Self::new(Code::UnsupportedRiskLevel, message),
            packet::Error::Ttl(_) => Self::new(Code::TtlInvalid, message),
            packet::Error::TtlMismatch(_) => Self::new(Code::TtlPolicyMismatch, message),
            packet::Error::Time(error) => Self::new(time_code(error), message),
            packet::Error::Unfit(unfit) => unfit.into(),
            packet::Error::AiProvenance(at) => Self::at(Code::InvalidAiProvenance, message, at),
            packet::Error::SigningIdentity { .. } => Self::at(Code::SigningIdentityMismatch, message, "/from_agent"),
            packet::Error::TooDeep(field) => Self::at(Code::NestingTooDeep, message, format!("/{field}")),
            packet::Error::TooLarge(_) => Self::new(Code::InputTooLarge, message),
            packet::Error::TaskMetadata(field) => Self::at(Code::TaskMetadataConflict, message, format!("/{field}")),
        }
    }
}

impl From<chain::Error> for Reason {
    fn from(error: chain::Error) -> Self {
        match error {
            chain::Error::TooLarge(_) => Self::new(Code::InputTooLarge, error.to_string()),
            chain::Error::Json(json) => json.into(),
            chain::Error::Field(field) => field.into(),
            chain::Error::Packet(packet) => packet.into(),
            chain::Error::TooDeep(_) => Self::at(Code::DepthExceeded, error.to_string(), "/proof/packets"),
            chain::Error::Broken(broken) => broken.into(),
            chain::Error::Unproven(_) => Self::new(Code::ChainUnproven, error.to_string()),
            chain::Error::Capability(_) => Self::new(Code::ParentMissing, error.to_string()),
            chain::Error::NoToken => Self::new(Code::CapabilityChainInvalid, error.to_string()),
            chain::Error::Token(token) => token.into(),
        }
    }
}

impl From<chain::Broken> for Reason {
    fn from(broken: chain::Broken) -> Self {
        let message = broken.to_string();
        match broken {
            chain::Broken::Sender { .. } => Self::new(Code::ChainMismatch, message),
            chain::Broken::Excess(excess) => excess.into(),
            chain::Broken::Outlives => Self::new(Code::AuthorityEscalation, message),
            chain::Broken::AiProvenance => Self::new(Code::InvalidAiProvenance, message),
        }
    }
}

impl From<statement::Error> for Reason {
    fn from(error: statement::Error) -> Self {
        let message = error.to_string();
        match error {
            statement::Error::TooLarge(_) => Self::new(Code::InputTooLarge, message),
            statement::Error::Json(json) => json.into(),
            statement::Error::Field(field) => field.into(),
            statement::Error::Crypto(crypto) => crypto.into(),
            statement::Error::Time(time) => time.into(),
            statement::Error::TtlMismatch(_) => Self::at(Code::TtlPolicyMismatch, message, "/expires_at"),
            statement::Error::Signer => Self::new(Code::SigningIdentityMismatch, message),
        }
    }
}

impl From<capability::Error> for Reason {
    fn from(error: capability::Error) -> Self {
        match error {
            capability::Error::TooLarge(_) => Self::new(Code::InputTooLarge, error.to_string()),
            capability::Error::Noncanonical => Self::new(Code::TokenNoncanonical, error.to_string()),
            capability::Error::Json(json) => json.into(),
            capability::Error::Field(field) => field.into(),
            capability::Error::Crypto(crypto) => crypto.into(),
            capability::Error::Unfit(unfit) => unfit.into(),
            capability::Error::Time(time) => time.into(),
            capability::Error::TtlMismatch(_) => Self::at(Code::TtlPolicyMismatch, error.to_string(), "/expires_at"),
            capability::Error::Excess(excess) => excess.into(),
            capability::Error::Outlives => Self::new(Code::AuthorityEscalation, error.to_string()),
            capability::Error::Orphan(_) => Self::new(Code::ParentMissing, error.to_string()),
            capability::Error::Successor => Self::new(Code::OverlapInvalid, error.to_string()),
            capability::Error::Unlinked(_) => Self::new(Code::CapabilityChainInvalid, error.to_string()),
            capability::Error::Signer => Self::new(Code::SigningIdentityMismatch, error.to_string()),
        }
    }
}

impl From<Unfit> for Reason {
    fn from(unfit: Unfit) -> Self {
        let message = unfit.to_string();
        match unfit {
            Unfit::Action { at, .. } => Self::at(Code::ActionInvalid, message, at),
            Unfit::Field(field) => field.into(),
        }
    }
}

impl From<Excess> for Reason {
    fn from(excess: Excess) -> Self {
        let code = match excess {
            Excess::Constraint(_) => Code::ConstraintRelaxed,
            Excess::Undecided(_) => Code::WorkExceeded,
            _ => Code::AuthorityEscalation,
        };
        Self::new(code, excess.to_string())
    }
}

impl From<Exhausted> for Reason {
    fn from(exhausted: Exhausted) -> Self {
        Self::new(Code::WorkExceeded, exhausted.to_string())
    }
}

impl From<attestation::Error> for Reason {
    fn from(error: attestation::Error) -> Self {
        let message = error.to_string();
        match error {
            attestation::Error::Field(field) => field.into(),
            attestation::Error::Crypto(crypto) => crypto.into(),
            attestation::Error::Outcome => Self::new(Code::ResultInvalid, message),
            attestation::Error::OutcomeHash => Self::new(Code::OutcomeHashMismatch, message),
            attestation::Error::ReasonHash => Self::new(Code::ReasonHashMismatch, message),
            attestation::Error::Stale(_) => Self::new(Code::Expired, message),
            attestation::Error::Future(_) => Self::new(Code::IssuedInFuture, message),
            attestation::Error::Fingerprint => Self::new(Code::PublicKeyMismatch, message),
        }
    }
}

impl From<registry::Error> for Reason {
    fn from(error: registry::Error) -> Self {
        let message = error.to_string();
        match error {
            registry::Error::Json(json) => json.into(),
            registry::Error::Field(field) => field.into(),
            registry::Error::Identity { at, error } => Self::at(Self::from(error).code, message, at),
            registry::Error::KeyConflict(_) => Self::new(Code::KeyConflict, message),
            registry::Error::Unknown(_) => Self::new(Code::AgentUnknown, message),
            registry::Error::Overlap(_) => Self::new(Code::ConfigInvalid, message),
            registry::Error::Time(time) => time.into(),
        }
    }
}
