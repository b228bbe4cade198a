//! Capability tokens: form, signature and text. A token is what travels; the capability is what it
//! says (wire §5).

mod draft;

pub use draft::{Draft, Issuer};

use crate::crypto::{self, KeyTables, PublicKey, SecretKey, Signature, sha256};
use crate::encoding::{base64, base64url, from_base64url, from_hex, hex};
use crate::grant::{Constraints, Excess, Permissions, Unfit, constraints_within};
use crate::identity::{public_key_pem, stated_key};
use crate::json::{self, FieldError, Fields, Members, Style, Value, shown};
use crate::limits::{MAX_CAPABILITIES, MAX_TOKEN_BYTES};
use crate::time::{self, Timestamp};
use crate::work::Work;

/// Why a token is refused, apart from what a receiver must know besides.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Longer than [`MAX_TOKEN_BYTES`].
    #[error("a capability token of {0} bytes; at most {MAX_TOKEN_BYTES} are read")]
    TooLarge(usize),
    /// Not canonical base64url without padding, or not the text that encoding the capability again
    /// gives (catalogue F16).
    #[error("the token is not the one canonical text of its capability")]
    Noncanonical,
    /// The JSON inside is refused.
    #[error(transparent)]
    Json(#[from] json::Error),
    /// A field is missing, unknown or of the wrong type.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// Algorithm, key or signature is refused.
    #[error(transparent)]
    Crypto(#[from] crypto::Error),
    /// What no gate would act on.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// A time beyond the calendar.
    #[error(transparent)]
    Time(time::Error),
    /// An expiry that is not the start and the TTL.
    #[error("`expires_at` is not `issued_at` and {0} s, the `ttl_seconds`; state one of them")]
    TtlMismatch(i64),
    /// More than the parent grants (catalogue F06, F07, F08).
    #[error(transparent)]
    Excess(#[from] Excess),
    /// Outside the parent's time.
    #[error("the capability is valid when its parent is not")]
    Outlives,
    /// A capability that narrows another one, which was not presented (catalogue F05).
    #[error("the capability narrows `{0}`, which was not presented")]
    Orphan(String),
    /// Not what may take an ending capability's place (catalogue D09).
    #[error("a token succeeds another one of the same issuer, issuer key and subject only, and is another text")]
    Successor,
    /// Not a child of this parent.
    #[error("the capability does not follow from its parent: {0}")]
    Unlinked(&'static str),
    /// Signed with another key than the issuer's.
    #[error("the signer does not hold the issuer's key")]
    Signer,
}

/// Everything a capability's signature covers. `signature_algo` is always `Ed25519`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Identifier, unique for its issuer's key.
    pub capability_id: String,
    /// Who grants.
    pub issuer_agent: String,
    /// Who is granted.
    pub subject_agent: String,
    /// What is granted.
    pub delegated_permissions: Permissions,
    /// Under which constraints.
    pub constraints: Option<Constraints>,
    /// Start of validity.
    pub issued_at: Timestamp,
    /// End of validity, exclusive.
    pub expires_at: Timestamp,
    /// The capability this one narrows.
    pub parent_capability_id: Option<String>,
    /// The issuer's key.
    pub public_key: PublicKey,
}

impl Content {
    pub(crate) fn read(mut fields: Fields, keys: &KeyTables) -> Result<Self, Error> {
        let key = stated_key(&fields.text("signature_algo"), &fields.text("public_key"), keys);
        Ok(Self {
            capability_id: fields.text("capability_id"),
            issuer_agent: fields.text("issuer_agent"),
            subject_agent: fields.text("subject_agent"),
            delegated_permissions: fields.nested("delegated_permissions", Permissions::read),
            constraints: fields.optional_nested("constraints", Constraints::read),
            issued_at: fields.time("issued_at"),
            expires_at: fields.time("expires_at"),
            parent_capability_id: fields.optional_text("parent_capability_id"),
            // A fault of form is reported before a fault of algorithm or key.
            public_key: fields.finish().map_err(Error::from).and_then(|()| key.map_err(Error::from))?,
        })
    }

    /// The signed JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Members::new()
            .with("capability_id", self.capability_id.as_str())
            .with("issuer_agent", self.issuer_agent.as_str())
            .with("subject_agent", self.subject_agent.as_str())
            .with("delegated_permissions", self.delegated_permissions.to_value())
            .with("constraints", self.constraints.as_ref().map(Constraints::to_value))
            .with("issued_at", self.issued_at)
            .with("expires_at", self.expires_at)
            .with("parent_capability_id", self.parent_capability_id.as_deref())
            .with("signature_algo", "Ed25519")
            .with("public_key", public_key_pem(&self.public_key))
            .object()
    }

    /// The bytes that are signed.
    #[must_use]
    pub fn signing_bytes(&self) -> Vec<u8> {
        json::write(&self.to_value(), Style::CAPABILITY).into_bytes()
    }

    /// Signs with the issuer's own key; the public key follows from the secret (catalogue F09). Whether
    /// a gate would admit it is not asked; [`Draft`] asks.
    #[must_use]
    pub fn sign(mut self, secret: &SecretKey) -> Capability {
        self.public_key = secret.public_key();
        let signature = secret.sign(&self.signing_bytes());
        Capability { content: self, signature }
    }

    /// Follows from `parent` and grants nothing beyond it, on any axis: the one rule of attenuation,
    /// when a capability is made and when a chain is judged (catalogue F25).
    ///
    /// # Errors
    /// [`Error::Unlinked`], [`Error::Excess`] or [`Error::Outlives`].
    pub fn within(&self, parent: &Self, work: &mut Work) -> Result<(), Error> {
        if self.parent_capability_id.as_ref() != Some(&parent.capability_id) {
            return Err(Error::Unlinked("it names another parent"));
        }
        if named_parent(&self.capability_id).is_some_and(|digest| digest != parent.digest()) {
            return Err(Error::Unlinked("it was made of another capability with the id of this one"));
        }
        if self.issuer_agent != parent.subject_agent {
            return Err(Error::Unlinked("its issuer is not the parent's subject"));
        }
        self.delegated_permissions.within(&parent.delegated_permissions, work)?;
        if self.issued_at.micros() < parent.issued_at.micros() || self.expires_at.micros() > parent.expires_at.micros() {
            return Err(Error::Outlives);
        }
        Ok(constraints_within(self.constraints.as_ref(), parent.constraints.as_ref())?)
    }

    fn digest(&self) -> [u8; 32] {
        sha256(&[&self.signing_bytes()])
    }

    fn to_token(&self, signature: &str) -> String {
        let mut value = self.to_value();
        if let Value::Object(members) = &mut value {
            members.push(("signature".into(), signature.into()));
        }
        base64url(json::write(&value, Style::COMPACT).as_bytes())
    }
}

/// An id for a child of `parent`. It names the parent's content, so that no other capability under the parent's id can take its
/// place: not a wider one, and not the next one after that was revoked by its digest.
fn child_id(parent: &Content, entropy: &[u8; 16]) -> String {
    format!("cap-{}-{}", hex(entropy), hex(&parent.digest()))
}

/// The digest of the parent, where an id is of the form that [`child_id`] gives.
fn named_parent(id: &str) -> Option<[u8; 32]> {
    let (entropy, digest) = id.strip_prefix("cap-")?.split_once('-')?;
    from_hex::<16>(entropy).and_then(|_| from_hex(digest)).ok()
}

/// Whether `chain`, root first, is one: at most [`MAX_CAPABILITIES`], ids unique, the first without
/// parent, each following from the one before it (catalogue F05, F11, F25).
///
/// # Errors
/// [`Error::Unlinked`], [`Error::Orphan`], or what [`Content::within`] gives.
pub fn check_chain(chain: &[&Content], work: &mut Work) -> Result<(), Error> {
    if chain.len() > MAX_CAPABILITIES {
        return Err(Error::Unlinked("more than 16 capabilities"));
    }
    let repeats = |i: usize, id: &str| chain.iter().skip(i + 1).any(|later| later.capability_id == id);
    if chain.iter().enumerate().any(|(i, content)| repeats(i, &content.capability_id)) {
        return Err(Error::Unlinked("an id stands twice"));
    }
    if let Some(parent) = chain.first().and_then(|first| first.parent_capability_id.as_ref()) {
        let is_inside = chain.iter().any(|content| content.capability_id == *parent);
        return Err(if is_inside { Error::Unlinked("the first narrows one of its own chain") } else { Error::Orphan(shown(parent)) });
    }
    for pair in chain.windows(2) {
        if let [outer, inner] = pair {
            inner.within(outer, work)?;
        }
    }
    Ok(())
}

/// A capability as its token says. Nothing is proven yet.
#[derive(Debug, Clone)]
pub struct UnverifiedCapability {
    content: Content,
    signature: String,
}

impl UnverifiedCapability {
    /// Decodes a token.
    ///
    /// # Errors
    /// [`Error`] for anything but the one text that encoding the capability again gives.
    pub fn decode(token: &str, keys: &KeyTables) -> Result<Self, Error> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Error::TooLarge(token.len()));
        }
        let text = from_base64url(token).map_err(|_| Error::Noncanonical)?;
        let mut fields = Fields::of(json::parse(&text)?, "")?;
        let signature = fields.text("signature");
        let content = Content::read(fields, keys)?;
        if content.to_token(&signature) == token { Ok(Self { content, signature }) } else { Err(Error::Noncanonical) }
    }

    /// What the token says.
    #[must_use]
    pub const fn claimed(&self) -> &Content {
        &self.content
    }

    /// Verifies the signature under the key the token names.
    ///
    /// # Errors
    /// [`crypto::Error`].
    pub fn verify(self, keys: &mut KeyTables) -> Result<Capability, Error> {
        let signature = Signature::from_base64(&self.signature)?;
        keys.verify(&self.content.public_key, &self.content.signing_bytes(), &signature)?;
        Ok(Capability { content: self.content, signature })
    }
}

/// A capability whose signature has been verified under the key it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    content: Content,
    signature: Signature,
}

impl Capability {
    /// The signed content.
    #[must_use]
    pub const fn content(&self) -> &Content {
        &self.content
    }

    /// The token: the text that travels.
    #[must_use]
    pub fn to_token(&self) -> String {
        self.content.to_token(&base64(self.signature.as_bytes()))
    }

    /// May take the place of `old`, which then admits a little longer: the same issuer, key and subject
    /// say something else (catalogue D09).
    ///
    /// # Errors
    /// [`Error::Successor`].
    pub fn succeeds(&self, old: &Self) -> Result<(), Error> {
        let (new, old) = (&self.content, &old.content);
        let is_same = new.public_key == old.public_key && new.issuer_agent == old.issuer_agent && new.subject_agent == old.subject_agent;
        if is_same && new != old { Ok(()) } else { Err(Error::Successor) }
    }

    /// The digest by which this very content is revoked, under whatever id (catalogue F18).
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.content.digest()
    }
}
