//! Making an attestation: what ran and what came of it in, bytes to sign out, signature in.

use super::{Attestation, Error, STATUSES, UnverifiedAttestation, outcome_hash};
use crate::crypto::{PublicKey, SecretKey, Signature, sha256};
use crate::encoding::{base64url, hex};
use crate::identity::check_agent_id;
use crate::json::{self, FieldError, Fields, Style, Value};
use crate::limits::{ATTESTATION_EPOCH_MS, MAX_ID_BYTES};

/// Who attests, when, and under which fresh randomness.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// The id of the agent that ran the task.
    pub agent_id: String,
    /// The key it will be signed with.
    pub public_key: PublicKey,
    /// Now, in milliseconds since 1970.
    pub now_ms: u64,
    /// 128 random bits.
    pub nonce: u128,
}

/// An attestation that waits for its signature.
///
/// ```
/// use trusthandoff::attestation::{Draft, Issuer};
/// use trusthandoff::crypto::SecretKey;
/// use trusthandoff::json::parse;
///
/// let secret = SecretKey::from_seed(&[7; 32]);
/// let issuer = Issuer { agent_id: "agent:researcher".into(), public_key: secret.public_key(), now_ms: 1_772_971_200_000, nonce: 9 };
/// let attestation = Draft::new("pk-1", "OK", &parse(br#"{"pages": 3}"#)?, None, &issuer)?.sign(&secret)?;
/// assert!(attestation.to_text().starts_with(r#"{"packet_id":"pk-1","status":"OK""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Draft {
    content: UnverifiedAttestation,
    public_key: PublicKey,
}

impl Draft {
    /// An attestation that the task of `packet_id` ended in `status` with `result`, for `reason`.
    ///
    /// # Errors
    /// [`Error::Outcome`] for a result or reason that cannot be attested, [`FieldError::Invalid`] for a field
    /// that no verifier admits.
    pub fn new(packet_id: &str, status: &str, result: &Value, reason: Option<&Value>, issuer: &Issuer) -> Result<Self, Error> {
        let invalid = |at: &str, expected| Err(FieldError::invalid(at, expected).into());
        if !(1..=MAX_ID_BYTES).contains(&packet_id.len()) {
            return invalid("/packet_id", "1 to 256 bytes");
        }
        if !STATUSES.contains(&status) {
            return invalid("/status", "OK, ERROR, PARTIAL, REJECTED or TIMEOUT");
        }
        if check_agent_id(&issuer.agent_id).is_err() {
            return invalid("/signed_by", "1 to 256 printable ASCII characters");
        }
        if issuer.now_ms < ATTESTATION_EPOCH_MS {
            return invalid("/timestamp_ms", "a time since 2020");
        }
        let content = UnverifiedAttestation {
            packet_id: packet_id.to_owned(),
            status: status.to_owned(),
            outcome_hash: outcome_hash(result)?,
            nonce: issuer.nonce,
            timestamp_ms: issuer.now_ms,
            signed_by: issuer.agent_id.clone(),
            agent_pubkey_fingerprint: sha256(&[issuer.public_key.as_bytes()]),
            reason_hash: reason.map(outcome_hash).transpose()?,
            signature: String::new(),
        };
        Ok(Self { content, public_key: issuer.public_key })
    }

    /// The bytes to sign.
    #[must_use]
    pub fn signing_bytes(&self) -> Vec<u8> {
        self.content.signing_bytes()
    }

    /// The draft as text, while its bytes are signed elsewhere.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut value = self.content.to_value();
        if let Value::Object(members) = &mut value {
            members.push(("public_key".into(), Value::String(hex(self.public_key.as_bytes()))));
        }
        json::write(&value, Style::ARRIVAL)
    }

    /// The draft whose text [`Draft::to_text`] gave.
    ///
    /// # Errors
    /// [`Error::Field`], or [`Error::Crypto`] for a key that is none.
    pub fn resume(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value, "")?;
        let (content, key) = (UnverifiedAttestation::take(&mut fields), fields.digest("public_key"));
        fields.finish()?;
        Ok(Self { content, public_key: PublicKey::from_bytes(key)? })
    }

    /// Signs with a secret at hand, which must be that of the issuer's key.
    ///
    /// # Errors
    /// [`Error::Fingerprint`].
    pub fn sign(self, secret: &SecretKey) -> Result<Attestation, Error> {
        if secret.public_key() != self.public_key {
            return Err(Error::Fingerprint);
        }
        let signature = secret.sign(&self.signing_bytes());
        Ok(self.with(signature))
    }

    /// Puts a signature made elsewhere in, if it is one of these bytes by the issuer's key.
    ///
    /// # Errors
    /// [`crate::crypto::Error::Invalid`].
    pub fn finish(self, signature: Signature) -> Result<Attestation, Error> {
        self.public_key.verify(&self.signing_bytes(), &signature)?;
        Ok(self.with(signature))
    }

    fn with(self, signature: Signature) -> Attestation {
        Attestation(UnverifiedAttestation { signature: base64url(signature.as_bytes()), ..self.content })
    }
}

impl Attestation {
    /// As [`UnverifiedAttestation::to_value`].
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.content().to_value()
    }

    /// As [`UnverifiedAttestation::to_text`].
    #[must_use]
    pub fn to_text(&self) -> String {
        self.content().to_text()
    }

    /// As [`UnverifiedAttestation::digest`].
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.content().digest()
    }
}
