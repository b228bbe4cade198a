//! A signed word that something is trusted no more, and the names under which anything is revoked.

use core::fmt;

use crate::crypto::{PublicKey, sha256};
use crate::encoding::{from_hex, hex};
use crate::identity::check_agent_id;
use crate::json::{Fields, Value, object};
use crate::limits::MAX_NOTE_BYTES;
use crate::statement::{self, Error, Issuer};

/// A revocation as received.
pub type UnverifiedRevocation = statement::Unverified<Withdrawal>;
/// A revocation whose signature has been verified under the key it names.
pub type Revocation = statement::Signed<Withdrawal>;

/// What is revoked. Its text is the revocation key that a gate asks its host for. Ids are scoped by
/// the key that gave them, so nobody revokes another's (catalogue F18).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// An agent with all its keys, by its id.
    Agent(String),
    /// A key, by its fingerprint.
    Key(String),
    /// A packet: fingerprint of the sender's key and SHA-256 of the packet's id.
    Packet(String, String),
    /// A capability: fingerprint of the issuer's key and SHA-256 of the capability's id.
    Capability(String, String),
    /// A capability where it stands below one that an agent issued: SHA-256 of that agent's id, fingerprint of the capability's issuer
    /// and SHA-256 of the capability's id. A capability does not say which one it comes from, a chain of them does: so who is above
    /// is known only where a chain is judged.
    Below(String, String, String),
    /// A packet or capability by its digest, whatever its id.
    Digest(String),
}

impl Target {
    /// The key `key`.
    #[must_use]
    pub fn key(key: &PublicKey) -> Self {
        Self::Key(key.fingerprint())
    }

    /// The packet `packet_id` of the sender's key `key`.
    #[must_use]
    pub fn packet(key: &PublicKey, packet_id: &str) -> Self {
        Self::Packet(key.fingerprint(), hex(&sha256(&[packet_id.as_bytes()])))
    }

    /// The capability `capability_id` of the issuer's key `key`.
    #[must_use]
    pub fn capability(key: &PublicKey, capability_id: &str) -> Self {
        Self::Capability(key.fingerprint(), hex(&sha256(&[capability_id.as_bytes()])))
    }

    /// The capability `capability_id` of the issuer's key `key`, where it stands below one that `agent` issued.
    #[must_use]
    pub fn below(agent: &str, key: &PublicKey, capability_id: &str) -> Self {
        Self::Below(hex(&sha256(&[agent.as_bytes()])), key.fingerprint(), hex(&sha256(&[capability_id.as_bytes()])))
    }

    /// The object of this digest.
    #[must_use]
    pub fn digest(digest: &[u8; 32]) -> Self {
        Self::Digest(hex(digest))
    }

    /// The reverse of its text.
    ///
    /// ```
    /// use trusthandoff::revocation::Target;
    /// assert_eq!(Target::parse("agent|agent:planner"), Some(Target::Agent("agent:planner".into())));
    /// assert_eq!(Target::parse("agent|"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_digest = |text: &str| from_hex::<32>(text).is_ok();
        let (kind, rest) = text.split_once('|')?;
        match (kind, rest.split_once('|')) {
            ("agent", _) if check_agent_id(rest).is_ok() => Some(Self::Agent(rest.to_owned())),
            ("key", None) if is_digest(rest) => Some(Self::Key(rest.to_owned())),
            ("digest", None) if is_digest(rest) => Some(Self::Digest(rest.to_owned())),
            ("packet", Some((key, id))) if is_digest(key) && is_digest(id) => Some(Self::Packet(key.to_owned(), id.to_owned())),
            ("capability", Some((key, id))) if is_digest(key) && is_digest(id) => Some(Self::Capability(key.to_owned(), id.to_owned())),
            ("below", Some((agent, rest))) => {
                let (key, id) = rest.split_once('|').filter(|(key, id)| is_digest(agent) && is_digest(key) && is_digest(id))?;
                Some(Self::Below(agent.to_owned(), key.to_owned(), id.to_owned()))
            }
            _ => None,
        }
    }

    /// Whether `agent` may revoke this by the name alone: itself, and what stands below what it issued.
    #[must_use]
    pub fn is_of_agent(&self, agent: &str) -> bool {
        match self {
            Self::Agent(id) => id == agent,
            Self::Below(above, ..) => *above == hex(&sha256(&[agent.as_bytes()])),
            _ => false,
        }
    }

    /// Whether the holder of `key` may revoke this by the name alone: what it signed itself, and the
    /// key itself.
    #[must_use]
    pub fn is_of(&self, key: &PublicKey) -> bool {
        match self {
            Self::Key(fingerprint) | Self::Packet(fingerprint, _) | Self::Capability(fingerprint, _) => *fingerprint == key.fingerprint(),
            Self::Agent(_) | Self::Below(..) | Self::Digest(_) => false,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent(id) => write!(f, "agent|{id}"),
            Self::Key(key) => write!(f, "key|{key}"),
            Self::Packet(key, id) => write!(f, "packet|{key}|{id}"),
            Self::Capability(key, id) => write!(f, "capability|{key}|{id}"),
            Self::Below(agent, key, id) => write!(f, "below|{agent}|{key}|{id}"),
            Self::Digest(digest) => write!(f, "digest|{digest}"),
        }
    }
}

/// What a revocation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// The id of who revokes.
    pub issuer: String,
    /// What is revoked.
    pub target: Target,
    /// Why.
    pub reason: Option<String>,
}

impl statement::Body for Withdrawal {
    const TYPE: &'static str = "TRUSTHANDOFF_REVOCATION_V1";

    fn read(fields: &mut Fields) -> Self {
        let issuer = fields.text("issuer");
        if check_agent_id(&issuer).is_err() {
            fields.invalid("issuer", "1 to 256 printable ASCII characters");
        }
        let target = fields.text("target");
        let target = Target::parse(&target).unwrap_or_else(|| {
            fields.invalid("target", "a revocation key");
            Target::Agent(target)
        });
        let reason = fields.optional_text("reason");
        if reason.as_ref().is_some_and(|reason| reason.len() > MAX_NOTE_BYTES) {
            fields.invalid("reason", "at most 4096 bytes");
        }
        Self { issuer, target, reason }
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("issuer", self.issuer.as_str().into()),
            ("target", Value::String(self.target.to_string())),
            ("reason", self.reason.as_deref().into()),
        ]
    }
}

/// A revocation that waits for its signature. `fields`: `target`, and optionally `reason` and `id`.
///
/// ```
/// use trusthandoff::crypto::SecretKey;
/// use trusthandoff::revocation::{self, Target};
/// use trusthandoff::statement::Issuer;
/// use trusthandoff::{json, time::Timestamp};
///
/// let secret = SecretKey::from_seed(&[7; 32]);
/// let now = Timestamp::parse("2026-03-08T12:00:00Z")?;
/// let issuer = Issuer { agent_id: "agent:planner".into(), public_key: secret.public_key(), now, entropy: [9; 16] };
/// let fields = json::parse(br#"{"target": "agent|agent:planner", "reason": "key lost"}"#)?;
/// let revocation = revocation::draft(fields, &issuer)?.sign(&secret)?;
/// assert_eq!(revocation.content().body.target, Target::Agent("agent:planner".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error`].
pub fn draft(fields: Value, issuer: &Issuer) -> Result<statement::Content<Withdrawal>, Error> {
    let mut fields = Fields::of(fields, "")?;
    let id = fields.optional_text("id");
    let members = [
        ("issuer", issuer.agent_id.as_str().into()),
        ("target", fields.required("target")),
        ("reason", fields.take("reason").unwrap_or(Value::Null)),
    ];
    fields.finish()?;
    statement::Content::new(id, statement::body(object(members))?, issuer)
}
