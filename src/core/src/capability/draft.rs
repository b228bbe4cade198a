//! Making a capability: issued by a root, or attenuated by its holder without the issuer.

use super::{Capability, Content, Error, child_id};
use crate::crypto::{KeyTables, PublicKey, SecretKey, Signature};
use crate::encoding::hex;
use crate::grant::{Constraints, Permissions};
use crate::identity::check_agent_id;
use crate::json::{self, FieldError, Fields, Style, Value};
use crate::limits::{DEFAULT_CAPABILITY_SECONDS, MAX_CAPABILITY_LIFE_SECONDS, MAX_ID_BYTES, MAX_TOKEN_BYTES, SIGNATURE_MEMBER_BYTES};
use crate::time::Timestamp;
use crate::work::Work;

/// Who signs, when, and under which fresh randomness.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// The id the capability is issued by.
    pub agent_id: String,
    /// The key it will be signed with.
    pub public_key: PublicKey,
    /// Now; the default of `issued_at`.
    pub now: Timestamp,
    /// 16 random bytes for `capability_id` where the fields name none.
    pub entropy: [u8; 16],
}

/// A capability that waits for its signature.
///
/// ```
/// use trusthandoff::capability::{Draft, Issuer};
/// use trusthandoff::crypto::SecretKey;
/// use trusthandoff::{json, time::Timestamp};
///
/// let now = Timestamp::parse("2026-03-08T12:00:00Z")?;
/// let [planner, researcher] = [[1; 32], [2; 32]].map(|seed| SecretKey::from_seed(&seed));
/// let by = |id: &str, key: &SecretKey| Issuer { agent_id: id.into(), public_key: key.public_key(), now, entropy: [9; 16] };
/// let root = Draft::issue(
///     json::parse(br#"{"subject_agent": "researcher", "allowed_actions": ["read", "fetch:https://api.example.com/**"]}"#)?,
///     &by("planner", &planner),
/// )?;
/// let root = root.sign(&planner)?;
/// let narrower = json::parse(br#"{"subject_agent": "writer", "allowed_actions": ["read:/docs/*"]}"#)?;
/// assert!(Draft::attenuate(&root, narrower, &by("researcher", &researcher)).is_ok());
/// let wider = json::parse(br#"{"subject_agent": "writer", "allowed_actions": ["delete"]}"#)?;
/// assert!(Draft::attenuate(&root, wider, &by("researcher", &researcher)).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Draft {
    content: Content,
}

impl Draft {
    /// A capability that starts a chain. `fields`: `subject_agent`, `allowed_actions`, and optionally
    /// `capability_id`, `max_tool_calls`, `constraints`, `issued_at`, `expires_at` or `ttl_seconds`
    /// (one hour by default; where both are stated, they agree). Times are RFC 3339.
    ///
    /// # Errors
    /// [`Error`].
    pub fn issue(fields: Value, issuer: &Issuer) -> Result<Self, Error> {
        Self::read(fields, issuer, None)
    }

    /// A narrower capability, signed by the subject of `parent` with its own key (catalogue F09). What
    /// the fields leave open is as in the parent, each constraint by itself; an explicit null asks for no limit.
    ///
    /// # Errors
    /// [`Error`] for anything that `parent` does not grant.
    pub fn attenuate(parent: &Capability, fields: Value, issuer: &Issuer) -> Result<Self, Error> {
        let draft = Self::read(fields, issuer, Some(parent.content()))?;
        let bytes = |content: &Content| content.delegated_permissions.allowed_actions.iter().map(|action| action.len()).sum::<usize>();
        draft.content.within(parent.content(), &mut Work::of(bytes(&draft.content).saturating_add(bytes(parent.content()))))?;
        Ok(draft)
    }

    fn read(fields: Value, issuer: &Issuer, parent: Option<&Content>) -> Result<Self, Error> {
        let mut fields = Fields::of(fields, "")?;
        // Clocks differ: what is narrowed just after it was issued does not start before it.
        let earliest = parent.map_or(issuer.now, |parent| issuer.now.max(parent.issued_at));
        let issued_at = fields.optional_moment("issued_at").unwrap_or(earliest);
        let ttl = fields.optional_integer("ttl_seconds").map(|ttl| ttl.saturating_i64());
        let stated = fields.optional_moment("expires_at");
        fields.check()?;
        let after = |seconds| issued_at.plus_seconds(seconds).map_err(Error::Time);
        let expires_at = match (stated, ttl, parent) {
            (Some(stated), Some(ttl), _) if after(ttl)?.micros() != stated.micros() => return Err(Error::TtlMismatch(ttl)),
            (Some(stated), ..) => stated,
            (None, Some(ttl), _) => after(ttl)?,
            (None, None, Some(parent)) => parent.expires_at,
            (None, None, None) => after(DEFAULT_CAPABILITY_SECONDS.into())?,
        };
        let max_tool_calls = match (fields.has("max_tool_calls"), parent) {
            (false, Some(parent)) => parent.delegated_permissions.max_tool_calls.clone(),
            _ => fields.optional_integer("max_tool_calls"),
        };
        let constraints = match (fields.has("constraints"), parent) {
            (false, Some(parent)) => parent.constraints.clone(),
            _ => Constraints::drafted(&mut fields, parent.and_then(|parent| parent.constraints.as_ref())),
        };
        let content = Content {
            capability_id: fields.optional_text("capability_id").unwrap_or_else(|| match parent {
                Some(parent) => child_id(parent, &issuer.entropy),
                None => format!("cap-{}", hex(&issuer.entropy)),
            }),
            issuer_agent: issuer.agent_id.clone(),
            subject_agent: fields.text("subject_agent"),
            delegated_permissions: Permissions { allowed_actions: fields.required_list("allowed_actions"), max_tool_calls },
            constraints,
            issued_at,
            expires_at,
            parent_capability_id: parent.map(|parent| parent.capability_id.clone()),
            public_key: issuer.public_key,
        };
        fields.finish()?;
        check(&content)?;
        Ok(Self { content })
    }

    /// The capability without its signature, for a signer elsewhere; [`Draft::resume`] reads it back.
    #[must_use]
    pub fn to_text(&self) -> String {
        json::write(&self.content.to_value(), Style::COMPACT)
    }

    /// Reads what [`Draft::to_text`] wrote. What it narrows is not asked again.
    ///
    /// # Errors
    /// [`Error`] for what no gate would admit.
    pub fn resume(value: Value) -> Result<Self, Error> {
        let content = Content::read(Fields::of(value, "")?, &KeyTables::new(0))?;
        check(&content)?;
        Ok(Self { content })
    }

    /// The bytes to sign.
    #[must_use]
    pub fn signing_bytes(&self) -> Vec<u8> {
        self.content.signing_bytes()
    }

    /// Signs with a secret at hand, which must be that of the issuer's key.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub fn sign(self, secret: &SecretKey) -> Result<Capability, Error> {
        if secret.public_key() == self.content.public_key { Ok(self.content.sign(secret)) } else { Err(Error::Signer) }
    }

    /// Puts a signature made elsewhere in, if it is one of these bytes by the issuer's key.
    ///
    /// # Errors
    /// [`crate::crypto::Error::Invalid`].
    pub fn finish(self, signature: Signature) -> Result<Capability, Error> {
        self.content.public_key.verify(&self.signing_bytes(), &signature)?;
        Ok(Capability { content: self.content, signature })
    }
}

/// What no gate would admit is not signed.
fn check(content: &Content) -> Result<(), Error> {
    let invalid = |at: &str, expected| Err(FieldError::invalid(at, expected).into());
    if !(1..=MAX_ID_BYTES).contains(&content.capability_id.len()) {
        return invalid("/capability_id", "1 to 256 bytes");
    }
    if check_agent_id(&content.issuer_agent).is_err() || check_agent_id(&content.subject_agent).is_err() {
        return invalid("/subject_agent", "1 to 256 printable ASCII characters");
    }
    if content.expires_at.micros() <= content.issued_at.micros() {
        return invalid("/expires_at", "later than `issued_at`");
    }
    if content.expires_at.micros().saturating_sub(content.issued_at.micros()) > i64::from(MAX_CAPABILITY_LIFE_SECONDS) * 1_000_000 {
        return invalid("/expires_at", "within ten years of `issued_at`");
    }
    content.delegated_permissions.check("")?;
    let length = json::write(&content.to_value(), Style::COMPACT).len() + SIGNATURE_MEMBER_BYTES;
    let length = length.saturating_mul(4).div_ceil(3);
    if length > MAX_TOKEN_BYTES {
        return Err(Error::TooLarge(length));
    }
    Ok(content.constraints.as_ref().map_or(Ok(()), |constraints| constraints.check("/constraints"))?)
}
