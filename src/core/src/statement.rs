//! The signed objects of our own: a label that no other object's bytes can begin with, then the
//! sorted ASCII JSON of every field but the signature.
//!
//! All carry `type`, `id`, `issued_at`, `signature_algo`, `public_key` and `signature` beside the
//! fields of their kind. `type` is the label, so that one text is valid as one kind only.

use crate::crypto::{self, KeyTables, PublicKey, SecretKey, Signature, sha256};
use crate::encoding::{base64, hex};
use crate::identity::{is_public_key_pem, public_key_pem, stated_key};
use crate::json::{self, FieldError, Fields, Style, Value};
use crate::limits::{MAX_ID_BYTES, MAX_STATEMENT_BYTES};
use crate::time::{self, Timestamp};

/// Why a statement is refused, apart from what a receiver must know besides.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Longer than [`MAX_STATEMENT_BYTES`].
    #[error("a statement of {0} bytes; at most {MAX_STATEMENT_BYTES} are read")]
    TooLarge(usize),
    /// The JSON is refused.
    #[error(transparent)]
    Json(#[from] json::Error),
    /// A field is missing, unknown or of the wrong type.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// Algorithm, key or signature is refused.
    #[error(transparent)]
    Crypto(#[from] crypto::Error),
    /// A time beyond the calendar.
    #[error(transparent)]
    Time(#[from] time::Error),
    /// An expiry that is not the start and the TTL.
    #[error("`expires_at` is not `issued_at` and {0} s, the TTL; state one of them")]
    TtlMismatch(i64),
    /// Signed with another key than the one it names.
    #[error("the signer does not hold the key that the statement names")]
    Signer,
}

/// What one kind of statement says beyond the common fields.
pub trait Body: Sized {
    /// The label of the signed bytes without its zero byte, and the value of `type`.
    const TYPE: &'static str;

    /// Takes the fields of the kind.
    fn read(fields: &mut Fields) -> Self;

    /// The fields of the kind as JSON.
    fn members(&self) -> Vec<(&'static str, Value)>;
}

/// Who states, when, and under which fresh randomness.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// The id of the agent or person.
    pub agent_id: String,
    /// The key it will be signed with.
    pub public_key: PublicKey,
    /// Now; the value of `issued_at`.
    pub now: Timestamp,
    /// 16 random bytes for `id` where the fields name none.
    pub entropy: [u8; 16],
}

/// Everything the signature covers. `signature_algo` is always `Ed25519`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content<B> {
    /// Identifier of the statement.
    pub id: String,
    /// When it was made.
    pub issued_at: Timestamp,
    /// The key it is signed with.
    pub public_key: PublicKey,
    /// What it says.
    pub body: B,
}

impl<B: Body> Content<B> {
    /// A statement that waits for its signature; `id` is random where it is `None`.
    ///
    /// # Errors
    /// [`FieldError::Invalid`].
    pub fn new(id: Option<String>, body: B, issuer: &Issuer) -> Result<Self, Error> {
        let id = id.unwrap_or_else(|| hex(&issuer.entropy));
        check_id(&id)?;
        Ok(Self { id, issued_at: issuer.now, public_key: issuer.public_key, body })
    }

    /// The JSON that is signed.
    #[must_use]
    pub fn to_value(&self) -> Value {
        to_value(B::TYPE, &self.id, self.issued_at, &self.public_key, self.body.members())
    }

    /// The bytes that are signed: label, zero byte, JSON.
    #[must_use]
    pub fn signing_bytes(&self) -> Vec<u8> {
        labelled(B::TYPE, &self.to_value())
    }

    /// Signs with a secret at hand, which must be that of the statement's key.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub fn sign(self, secret: &SecretKey) -> Result<Signed<B>, Error> {
        if secret.public_key() != self.public_key {
            return Err(Error::Signer);
        }
        let signature = secret.sign(&self.signing_bytes());
        Ok(Signed { content: self, signature })
    }

    /// Puts a signature made elsewhere in, if it is one of these bytes by the statement's key.
    ///
    /// # Errors
    /// [`crypto::Error::Invalid`].
    pub fn finish(self, signature: Signature) -> Result<Signed<B>, Error> {
        self.public_key.verify(&self.signing_bytes(), &signature)?;
        Ok(Signed { content: self, signature })
    }

    /// Reads what [`Content::to_value`] gives, for a signer elsewhere.
    ///
    /// # Errors
    /// [`Error`] for the first fault.
    pub fn read(mut fields: Fields, keys: &KeyTables) -> Result<Self, Error> {
        let (id, issued_at, key) = common(&mut fields, B::TYPE, keys);
        let body = B::read(&mut fields);
        // A fault of form is reported before a fault of algorithm or key.
        fields.finish()?;
        let public_key = key?;
        check_id(&id)?;
        Ok(Self { id, issued_at, public_key, body })
    }
}

/// Reads a body by itself.
///
/// # Errors
/// [`FieldError`] for the first fault.
pub(crate) fn body<B: Body>(members: Value) -> Result<B, FieldError> {
    let mut fields = Fields::of(members, "")?;
    let body = B::read(&mut fields);
    fields.finish().map(|()| body)
}

/// The body of a value that has the form of such a statement: members, types, ranges, spellings. Neither key nor signature has
/// been tried.
pub(crate) fn form<B: Body>(value: Value) -> Option<B> {
    let mut fields = Fields::of(value, "").ok()?;
    let is_spelt = fields.text("type") == B::TYPE
        && fields.text("signature_algo") == "Ed25519"
        && is_public_key_pem(&fields.text("public_key"))
        && Signature::from_base64(&fields.text("signature")).is_ok()
        && check_id(&fields.text("id")).is_ok();
    fields.time("issued_at");
    let body = B::read(&mut fields);
    fields.finish().ok().filter(|()| is_spelt).map(|()| body)
}

// What follows knows nothing of the body, so that it is compiled once and not once a kind.

fn common(fields: &mut Fields, kind: &'static str, keys: &KeyTables) -> (String, Timestamp, Result<PublicKey, crypto::Error>) {
    if fields.text("type") != kind {
        fields.invalid("type", kind);
    }
    let key = stated_key(&fields.text("signature_algo"), &fields.text("public_key"), keys);
    (fields.text("id"), fields.time("issued_at"), key)
}

fn to_value(kind: &str, id: &str, issued_at: Timestamp, key: &PublicKey, body: Vec<(&'static str, Value)>) -> Value {
    let common = [
        ("type", Value::from(kind)),
        ("id", id.into()),
        ("issued_at", Value::Time(issued_at)),
        ("signature_algo", "Ed25519".into()),
        ("public_key", Value::String(public_key_pem(key))),
    ];
    Value::Object(common.into_iter().chain(body).map(|(key, value)| (key.to_owned(), value)).collect())
}

fn labelled(kind: &str, value: &Value) -> Vec<u8> {
    [kind, "\0", &json::write(value, Style::COMPACT)].concat().into_bytes()
}

fn verified(key: &PublicKey, bytes: &[u8], signature: &str, keys: &mut KeyTables) -> Result<Signature, crypto::Error> {
    let signature = Signature::from_base64(signature)?;
    keys.verify(key, bytes, &signature)?;
    Ok(signature)
}

/// A statement as received. Nothing is proven yet.
#[derive(Debug, Clone)]
pub struct Unverified<B> {
    content: Content<B>,
    signature: String,
}

impl<B: Body> Unverified<B> {
    /// Reads the text of a statement.
    ///
    /// # Errors
    /// [`Error`] for the first fault.
    pub fn parse(text: &[u8], keys: &KeyTables) -> Result<Self, Error> {
        if text.len() > MAX_STATEMENT_BYTES {
            return Err(Error::TooLarge(text.len()));
        }
        Self::read(json::parse(text)?, "", keys)
    }

    /// Reads a statement that stands at the JSON pointer `path`.
    ///
    /// # Errors
    /// [`Error`] for the first fault.
    pub fn read(value: Value, path: &str, keys: &KeyTables) -> Result<Self, Error> {
        let mut fields = Fields::of(value, path)?;
        let signature = fields.text("signature");
        Ok(Self { content: Content::read(fields, keys)?, signature })
    }

    /// What it says.
    #[must_use]
    pub const fn claimed(&self) -> &Content<B> {
        &self.content
    }

    /// Verifies the signature under the key the statement names.
    ///
    /// # Errors
    /// [`crypto::Error`].
    pub fn verify(self, keys: &mut KeyTables) -> Result<Signed<B>, Error> {
        let signature = verified(&self.content.public_key, &self.content.signing_bytes(), &self.signature, keys)?;
        Ok(Signed { content: self.content, signature })
    }
}

/// A statement whose signature has been verified under the key it names. Whose key that is, a
/// registry must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<B> {
    content: Content<B>,
    signature: Signature,
}

impl<B: Body> Signed<B> {
    /// The signed content.
    #[must_use]
    pub const fn content(&self) -> &Content<B> {
        &self.content
    }

    /// The statement as a JSON value, signature included.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut value = self.content.to_value();
        if let Value::Object(members) = &mut value {
            members.push(("signature".into(), Value::String(base64(self.signature.as_bytes()))));
        }
        value
    }

    /// The text that travels.
    #[must_use]
    pub fn to_text(&self) -> String {
        json::write(&self.to_value(), Style::COMPACT)
    }

    /// The digest that others cite it by: SHA-256 of the signed bytes.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        sha256(&[&self.content.signing_bytes()])
    }
}

fn check_id(id: &str) -> Result<(), Error> {
    if (1..=MAX_ID_BYTES).contains(&id.len()) { Ok(()) } else { Err(FieldError::invalid("/id", "1 to 256 bytes").into()) }
}
