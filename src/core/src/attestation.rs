//! Execution attestations: form, hashes, freshness and signature (wire §6).

mod draft;

pub use draft::{Draft, Issuer};

use crate::crypto::{self, PublicKey, Signature, sha256};
use crate::encoding::hex;
use crate::json::{self, FieldError, Fields, Members, Style, Value};
use crate::limits::{ATTESTATION_MAX_AGE_MS, ATTESTATION_SKEW_MS, MAX_OUTCOME_BYTES, MAX_OUTCOME_DEPTH};

/// The statuses an attestation may state.
pub const STATUSES: [&str; 5] = ["OK", "ERROR", "PARTIAL", "REJECTED", "TIMEOUT"];

/// Keys that no outcome may have at its top level (as in the reference).
const RESERVED: [&str; 3] = ["packet_id", "attestation", "__control__"];

const LABEL: &[u8] = b"TRUSTHANDOFF_EXEC_ATTEST_V3\0\x01";

/// Why an attestation is refused, apart from what a receiver must know besides.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A field is missing, unknown or of the wrong type.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A result or reason that cannot be attested (catalogue G06, G07, G14).
    #[error(
        "an attested outcome is an object without floats, at most {MAX_OUTCOME_DEPTH} levels deep and {MAX_OUTCOME_BYTES} bytes long, and has no reserved key"
    )]
    Outcome,
    /// The result is not the attested one.
    #[error("the result does not hash to `outcome_hash`")]
    OutcomeHash,
    /// The reason is not the attested one.
    #[error("the reason does not hash to `reason_hash`")]
    ReasonHash,
    /// Older than [`ATTESTATION_MAX_AGE_MS`].
    #[error("the attestation is {0} ms old")]
    Stale(i128),
    /// Further in the future than [`ATTESTATION_SKEW_MS`].
    #[error("the attestation lies {0} ms in the future")]
    Future(i128),
    /// The key is not the one whose fingerprint is stated.
    #[error("the key does not hash to `agent_pubkey_fingerprint`")]
    Fingerprint,
    /// Key or signature is refused.
    #[error(transparent)]
    Crypto(#[from] crypto::Error),
}

/// An attestation as received. Nothing is proven yet. `signed_by` is not covered by the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnverifiedAttestation {
    /// The packet whose task ran.
    pub packet_id: String,
    /// One of [`STATUSES`].
    pub status: String,
    /// SHA-256 of the canonical result.
    pub outcome_hash: [u8; 32],
    /// 128 random bits.
    pub nonce: u128,
    /// Milliseconds since 1970.
    pub timestamp_ms: u64,
    /// Who says to have signed; proven only through a registry (catalogue G02).
    pub signed_by: String,
    /// SHA-256 of the signer's raw key.
    pub agent_pubkey_fingerprint: [u8; 32],
    /// SHA-256 of the canonical reason.
    pub reason_hash: Option<[u8; 32]>,
    signature: String,
}

impl UnverifiedAttestation {
    /// Reads an attestation that stands at the JSON pointer `path`.
    ///
    /// # Errors
    /// [`Error::Field`].
    pub fn read(value: Value, path: &str) -> Result<Self, Error> {
        let mut fields = Fields::of(value, path)?;
        let read = Self::take(&mut fields);
        fields.finish()?;
        Ok(read)
    }

    fn take(fields: &mut Fields) -> Self {
        Self {
            packet_id: fields.text("packet_id"),
            status: status(fields),
            outcome_hash: fields.digest("outcome_hash"),
            nonce: integer(fields, "nonce", u128::MAX, "an integer from 0 to 2^128 - 1"),
            timestamp_ms: timestamp(fields),
            signed_by: fields.text("signed_by"),
            agent_pubkey_fingerprint: fields.digest("agent_pubkey_fingerprint"),
            reason_hash: fields.optional_digest("reason_hash"),
            signature: fields.text("signature"),
        }
    }

    /// The attestation as JSON, in the order of the reference's model.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let digits = |n: u128| Value::Int(n.into());
        Members::new()
            .with("packet_id", self.packet_id.as_str())
            .with("status", self.status.as_str())
            .with("outcome_hash", hex(&self.outcome_hash))
            .with("nonce", digits(self.nonce))
            .with("timestamp_ms", digits(self.timestamp_ms.into()))
            .with("signed_by", self.signed_by.as_str())
            .with("agent_pubkey_fingerprint", hex(&self.agent_pubkey_fingerprint))
            .with("signature", self.signature.as_str())
            .with("reason_hash", self.reason_hash.map(|hash| Value::String(hex(&hash))))
            .object()
    }

    /// The text that travels: what the reference's own writer gives.
    #[must_use]
    pub fn to_text(&self) -> String {
        json::write(&self.to_value(), Style::ARRIVAL)
    }

    /// The digest that others cite it by: SHA-256 of the signed bytes.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        sha256(&[&self.signing_bytes()])
    }

    /// The name under which a store remembers that it was taken, and the moment from which it would be
    /// stale anyway: an attestation answers one question once (catalogue G05).
    #[must_use]
    pub fn replay_key(&self) -> (String, u64) {
        let nonce = sha256(&[b"attestation:", self.nonce.to_string().as_bytes()]);
        let key = ["th1:", &hex(&self.agent_pubkey_fingerprint), ":", &hex(&nonce)].concat();
        (key, self.timestamp_ms.saturating_add(ATTESTATION_MAX_AGE_MS.unsigned_abs() + 1))
    }

    /// The bytes that are signed: each field behind its length, so that none can run into the next.
    #[must_use]
    pub fn signing_bytes(&self) -> Vec<u8> {
        let (nonce, timestamp) = (self.nonce.to_be_bytes(), self.timestamp_ms.to_be_bytes());
        let fields: [&[u8]; 6] =
            [self.packet_id.as_bytes(), &self.outcome_hash, self.status.as_bytes(), &nonce, &timestamp, &self.agent_pubkey_fingerprint];
        let mut out = LABEL.to_vec();
        for field in fields.into_iter().chain(self.reason_hash.as_ref().map(|hash| &hash[..])) {
            // An input is at most 1 MiB long.
            out.extend_from_slice(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend_from_slice(field);
        }
        out
    }

    /// Verifies against the result, the reason, the key and the time, in the reference's order.
    ///
    /// # Errors
    /// [`Error`] for the first that does not fit.
    pub fn verify(self, result: &Value, reason: Option<&Value>, key: &PublicKey, now_ms: i128) -> Result<Attestation, Error> {
        self.fits(result, reason)?;
        self.is_fresh(now_ms)?;
        self.proven(key)
    }

    /// As [`UnverifiedAttestation::verify`], years later: freshness protects against replay, and an audit
    /// asks about the past (catalogue G16).
    ///
    /// # Errors
    /// [`Error`] for the first that does not fit.
    pub fn verify_archived(self, result: &Value, reason: Option<&Value>, key: &PublicKey) -> Result<Attestation, Error> {
        self.fits(result, reason)?;
        self.proven(key)
    }

    fn fits(&self, result: &Value, reason: Option<&Value>) -> Result<(), Error> {
        if outcome_hash(result)? != self.outcome_hash {
            return Err(Error::OutcomeHash);
        }
        if reason.map(outcome_hash).transpose()? == self.reason_hash { Ok(()) } else { Err(Error::ReasonHash) }
    }

    fn is_fresh(&self, now_ms: i128) -> Result<(), Error> {
        // A timestamp may have all 64 bits: saturating into them would make any two late times equal.
        let age = now_ms.saturating_sub(i128::from(self.timestamp_ms));
        if age < -i128::from(ATTESTATION_SKEW_MS) {
            return Err(Error::Future(age.saturating_neg()));
        }
        if age > i128::from(ATTESTATION_MAX_AGE_MS) {
            return Err(Error::Stale(age));
        }
        Ok(())
    }

    fn proven(self, key: &PublicKey) -> Result<Attestation, Error> {
        if sha256(&[key.as_bytes()]) != self.agent_pubkey_fingerprint {
            return Err(Error::Fingerprint);
        }
        let signature = Signature::from_base64url(&self.signature)?;
        key.verify(&self.signing_bytes(), &signature)?;
        Ok(Attestation(self))
    }
}

/// An attestation that fits its result, reason, key and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation(UnverifiedAttestation);

impl Attestation {
    /// What was attested.
    #[must_use]
    pub const fn content(&self) -> &UnverifiedAttestation {
        &self.0
    }
}

/// The bytes of a result or reason that are hashed.
///
/// # Errors
/// [`Error::Outcome`].
pub fn outcome_bytes(outcome: &Value) -> Result<Vec<u8>, Error> {
    let Value::Object(members) = outcome else { return Err(Error::Outcome) };
    if members.iter().any(|(key, _)| RESERVED.contains(&key.as_str())) || !attestable(outcome, 0) {
        return Err(Error::Outcome);
    }
    let bytes = json::write(outcome, Style::OUTCOME).into_bytes();
    if bytes.len() > MAX_OUTCOME_BYTES { Err(Error::Outcome) } else { Ok(bytes) }
}

fn outcome_hash(outcome: &Value) -> Result<[u8; 32], Error> {
    Ok(sha256(&[&outcome_bytes(outcome)?]))
}

fn attestable(value: &Value, depth: usize) -> bool {
    depth <= MAX_OUTCOME_DEPTH
        && match value {
            Value::Float(_) => false,
            Value::Array(items) => items.iter().all(|item| attestable(item, depth + 1)),
            Value::Object(members) => members.iter().all(|(_, member)| attestable(member, depth + 1)),
            _ => true,
        }
}

fn status(fields: &mut Fields) -> String {
    let status = fields.text("status");
    if !STATUSES.contains(&status.as_str()) {
        fields.invalid("status", "OK, ERROR, PARTIAL, REJECTED or TIMEOUT");
    }
    status
}

fn timestamp(fields: &mut Fields) -> u64 {
    u64::try_from(integer(fields, "timestamp_ms", u64::MAX.into(), "an integer from 0 to 2^64 - 1")).unwrap_or(0)
}

fn integer(fields: &mut Fields, key: &str, most: u128, expected: &'static str) -> u128 {
    fields.integer(key).to_u128().filter(|n| *n <= most).unwrap_or_else(|| {
        fields.invalid(key, expected);
        0
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn an_outcome_is_an_object_of_exact_values() {
        let nested = |n: usize| format!("{{\"k\":{}1{}}}", "[".repeat(n), "]".repeat(n));
        for (text, fits) in [
            ("{}".to_owned(), true),
            (r#"{"a":[1,true,null,"é"],"b":{"packet_id":1}}"#.to_owned(), true),
            (nested(99), true),
            (nested(100), false),
            (r#"{"a":[1.0]}"#.to_owned(), false),
            (r#"{"packet_id":1}"#.to_owned(), false),
            (r#"{"attestation":1}"#.to_owned(), false),
            (r#"{"__control__":1}"#.to_owned(), false),
            ("[]".to_owned(), false),
            ("null".to_owned(), false),
            (format!("{{\"k\":\"{}\"}}", "x".repeat(MAX_OUTCOME_BYTES - 8)), true),
            (format!("{{\"k\":\"{}\"}}", "x".repeat(MAX_OUTCOME_BYTES - 7)), false),
        ] {
            let value = parse(text.as_bytes()).expect("JSON");
            assert_eq!(outcome_bytes(&value).is_ok(), fits, "{}", text.get(..60).unwrap_or(&text));
        }
    }
}
