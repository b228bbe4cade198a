//! The fields of a packet, with the reference's names, defaults and TTL resolution (wire §2).

use super::Error;
use crate::crypto::{KeyTables, PublicKey};
use crate::grant::{Constraints, Permissions};
use crate::identity::{public_key_pem, stated_key};
use crate::json::{Fields, Integer, Members, Style, Texts, Value};
use crate::limits::{READ_TTL_SECONDS, WRITE_TTL_SECONDS};
use crate::time::Timestamp;

/// How much harm a task can do; it decides how long its packet lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RiskLevel {
    /// Reads only: 900 s by default.
    Read,
    /// Changes something: 120 s by default.
    Write,
}

impl RiskLevel {
    /// `"read"` or `"write"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// The reverse of [`RiskLevel::as_str`].
    ///
    /// # Errors
    /// [`Error::RiskLevel`] for any other text, the empty one included.
    pub fn from_name(name: &str) -> Result<Self, Error> {
        match name {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            other => Err(Error::RiskLevel(other.chars().take(64).collect())),
        }
    }

    /// The reference's default lifetime, in seconds.
    #[must_use]
    pub const fn default_ttl(self) -> u32 {
        match self {
            Self::Read => READ_TTL_SECONDS,
            Self::Write => WRITE_TTL_SECONDS,
        }
    }
}

/// Where the task comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The workflow that started it all.
    pub origin_workflow: Option<String>,
    /// How many delegations there are by now, this one included, as the sender says.
    pub delegation_depth: Option<Integer>,
}

impl Provenance {
    pub(super) fn read(fields: &mut Fields) -> Self {
        Self { origin_workflow: fields.optional_text("origin_workflow"), delegation_depth: fields.optional_integer("delegation_depth") }
    }

    fn to_value(&self) -> Value {
        Members::new()
            .with("origin_workflow", self.origin_workflow.as_deref())
            .with("delegation_depth", self.delegation_depth.as_ref())
            .object()
    }
}

/// Everything a packet's signature covers. `signature_algo` is always `Ed25519`.
#[derive(Debug, Clone)]
pub struct Content {
    /// Identifier of the packet, unique for its sender.
    pub packet_id: String,
    /// Identifier of the task.
    pub task_id: String,
    /// Who delegates.
    pub from_agent: String,
    /// Who is to do the work: the audience.
    pub to_agent: String,
    /// Start of validity.
    pub issued_at: Timestamp,
    /// End of validity, exclusive.
    pub expires_at: Option<Timestamp>,
    /// Taken exactly once.
    pub nonce: String,
    /// A capability in token form.
    pub capability_token: Option<String>,
    /// What is to be done, for people.
    pub intent: String,
    /// Kind of task.
    pub task_type: Option<String>,
    /// What it is for.
    pub goal: Option<String>,
    /// Free-form input, an object, in order of arrival.
    pub context: Value,
    /// References into shared memory.
    pub memory_refs: Texts,
    /// What the receiver may do.
    pub permissions: Permissions,
    /// What it must respect.
    pub constraints: Option<Constraints>,
    /// Where the task comes from.
    pub provenance: Option<Provenance>,
    /// The sender's key.
    pub public_key: PublicKey,
    /// Risk; present whenever `ttl_seconds` is.
    pub risk_level: Option<RiskLevel>,
    /// Lifetime in seconds; present whenever `risk_level` is, and then `expires_at` is bound to it.
    pub ttl_seconds: Option<Integer>,
    /// Who or what made the payload, if an AI did: an object.
    pub ai_provenance: Option<Value>,
}

impl Content {
    /// The digest that events, receipts and proofs cite, whatever form is signed (SPEC 7.1).
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        super::digest(b"TRUSTHANDOFF_PACKET_V1\0", &self.to_value(), Style::COMPACT)
    }

    /// Reads everything but the signature, which the caller has taken.
    pub(super) fn read(mut fields: Fields, keys: &KeyTables) -> Result<Self, Error> {
        let algorithm = fields.text("signature_algo");
        let key = stated_key(&algorithm, &fields.text("public_key"), keys);
        let risk = fields.optional_text("risk_level");
        let ttl = fields.optional_integer("ttl_seconds");
        let mut content = Self {
            packet_id: fields.text("packet_id"),
            task_id: fields.text("task_id"),
            from_agent: fields.text("from_agent"),
            to_agent: fields.text("to_agent"),
            issued_at: fields.time("issued_at"),
            expires_at: fields.optional_time("expires_at"),
            nonce: fields.text("nonce"),
            capability_token: fields.optional_text("capability_token"),
            intent: fields.text("intent"),
            task_type: fields.optional_text("task_type"),
            goal: fields.optional_text("goal"),
            context: fields.object("context").unwrap_or(Value::Object(Vec::new())),
            memory_refs: fields.list("memory_refs"),
            permissions: fields.nested("permissions", Permissions::read),
            constraints: fields.optional_nested("constraints", Constraints::read),
            provenance: fields.optional_nested("provenance", Provenance::read),
            ai_provenance: fields.optional_object("ai_provenance"),
            // A fault of form is reported before a fault of algorithm or key.
            public_key: fields.finish().map_err(Error::from).and_then(|()| key.map_err(Error::from))?,
            risk_level: None,
            ttl_seconds: None,
        };
        content.resolve_ttl(risk.as_deref(), ttl)?;
        Ok(content)
    }

    /// The reference's rule, which runs while parsing, so that the signed bytes contain its results:
    /// with a risk or a TTL, both are resolved and the expiry is bound to them.
    pub(super) fn resolve_ttl(&mut self, risk: Option<&str>, ttl: Option<Integer>) -> Result<(), Error> {
        if risk.is_none() && ttl.is_none() {
            return Ok(());
        }
        let risk = RiskLevel::from_name(risk.unwrap_or("read"))?;
        let ttl = ttl.unwrap_or_else(|| i64::from(risk.default_ttl()).into());
        let seconds = ttl.saturating_i64();
        if seconds < 1 {
            return Err(Error::Ttl(ttl.to_string()));
        }
        let bound = self.issued_at.plus_seconds(seconds).map_err(Error::Time)?;
        match self.expires_at {
            None => self.expires_at = Some(bound),
            Some(stated) if stated.micros() != bound.micros() => return Err(Error::TtlMismatch(seconds)),
            Some(_) => {}
        }
        self.risk_level = Some(risk);
        self.ttl_seconds = Some(ttl);
        Ok(())
    }

    /// The signed JSON, in the order of the reference's model.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Members::new()
            .with("packet_id", self.packet_id.as_str())
            .with("task_id", self.task_id.as_str())
            .with("from_agent", self.from_agent.as_str())
            .with("to_agent", self.to_agent.as_str())
            .with("issued_at", self.issued_at)
            .with("expires_at", self.expires_at)
            .with("nonce", self.nonce.as_str())
            .with("capability_token", self.capability_token.as_deref())
            .with("intent", self.intent.as_str())
            .with("task_type", self.task_type.as_deref())
            .with("goal", self.goal.as_deref())
            .with("context", self.context.clone())
            .with("memory_refs", &self.memory_refs)
            .with("permissions", self.permissions.to_value())
            .with("constraints", self.constraints.as_ref().map(Constraints::to_value))
            .with("provenance", self.provenance.as_ref().map(Provenance::to_value))
            .with("signature_algo", "Ed25519")
            .with("public_key", public_key_pem(&self.public_key))
            .with("risk_level", self.risk_level.map(RiskLevel::as_str))
            .with("ttl_seconds", self.ttl_seconds.as_ref())
            .with("ai_provenance", self.ai_provenance.clone())
            .object()
    }

    /// Whether a person must approve.
    #[must_use]
    pub fn requires_human_review(&self) -> bool {
        self.constraints.as_ref().and_then(|c| c.requires_human_review).unwrap_or(false)
    }
}
