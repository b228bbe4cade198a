//! Making a packet: fields in, bytes to sign out, signature in, packet out. The secret may live
//! anywhere.

use super::{Content, Error, Form, Packet, Provenance, RiskLevel};
use crate::crypto::{PublicKey, SecretKey, Signature};
use crate::encoding::hex;
use crate::grant::{Constraints, Permissions};
use crate::identity::check_agent_id;
use crate::json::{self, FieldError, Fields, Style, Value};
use crate::limits::{MAX_ACTIONS, MAX_ID_BYTES, MAX_INPUT_BYTES, MAX_INTENT_BYTES, MAX_PACKET_NESTING, SIGNATURE_MEMBER_BYTES};
use crate::time::Timestamp;

/// Who signs, when, and under which fresh randomness. The core draws none itself.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// The id the packet is from.
    pub agent_id: String,
    /// The key it will be signed with.
    pub public_key: PublicKey,
    /// Now; the default of `issued_at`.
    pub now: Timestamp,
    /// 48 random bytes for `packet_id`, `task_id` and `nonce` where the fields name none.
    pub entropy: [u8; 48],
}

/// What a task declares of itself; it carries over into every packet signed for the task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskMetadata {
    /// How much harm it can do.
    pub risk_level: RiskLevel,
    /// Lifetime of its packets in seconds; the risk's default where `None`.
    pub ttl_seconds: Option<i64>,
    /// Whether a person must approve each packet.
    pub requires_human_review: bool,
    /// Who or what makes its payloads, if an AI does.
    pub ai_provenance: Option<Value>,
}

impl TaskMetadata {
    /// Reads `{risk_level, ttl_seconds, requires_human_review, ai_provenance}`, all optional.
    ///
    /// # Errors
    /// [`Error`]; an unknown risk is refused, never taken for `read` (catalogue D03).
    pub fn read(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value, "")?;
        let risk_level = RiskLevel::from_name(fields.optional_text("risk_level").as_deref().unwrap_or("read"))?;
        let ttl = fields.optional_integer("ttl_seconds");
        fields.check()?;
        let ttl_seconds = ttl.map(|n| n.to_i64().filter(|s| *s >= 1).ok_or_else(|| Error::Ttl(n.to_string()))).transpose()?;
        let requires_human_review = fields.nullable_bool("requires_human_review", false).unwrap_or(false);
        let ai_provenance = fields.optional_object("ai_provenance");
        fields.finish()?;
        check_ai_provenance(ai_provenance.as_ref(), "/ai_provenance")?;
        Ok(Self { risk_level, ttl_seconds, requires_human_review, ai_provenance })
    }
}

/// A packet that waits for its signature.
///
/// ```
/// use trusthandoff::crypto::SecretKey;
/// use trusthandoff::json::parse;
/// use trusthandoff::packet::{Draft, Form, Issuer};
/// use trusthandoff::{identity, time::Timestamp};
///
/// let secret = SecretKey::from_seed(&[7; 32]);
/// let key = secret.public_key();
/// let issuer = Issuer {
///     agent_id: identity::agent_id(&key),
///     public_key: key,
///     now: Timestamp::parse("2026-03-08T12:00:00Z")?,
///     entropy: [9; 48],
/// };
/// let fields = parse(br#"{"to_agent": "agent:researcher", "intent": "Summarize"}"#)?;
/// let draft = Draft::new(fields, &issuer, None)?;
/// let signature = secret.sign(&draft.signing_bytes(Form::V040));
/// let packet = draft.finish(Form::V040, signature)?;
/// assert_eq!(packet.content().expires_at, Some(Timestamp::parse("2026-03-08T12:15:00Z")?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Draft {
    content: Content,
}

impl Draft {
    /// Fills in what `fields` leave open: ids and nonce from the entropy, `issued_at` now, the risk
    /// of the task or `read`, the expiry that follows. Keys of free-form objects are sorted, because
    /// the 0.3.3 form signs their order and every relay sorts them.
    ///
    /// # Errors
    /// [`Error`] for whatever a gate would refuse by itself, for a sender other than the signer, and
    /// for a field that contradicts the task.
    pub fn new(fields: Value, issuer: &Issuer, task: Option<&TaskMetadata>) -> Result<Self, Error> {
        Self::after(None, fields, issuer, task)
    }

    /// As [`Draft::new`] for work that comes from the accepted packet `parent`: what the fields leave open
    /// stays within it. Its limit of tool calls, each of its constraints and AI provenance are carried on, the packet ends no later, and states
    /// its depth.
    ///
    /// # Errors
    /// [`Error`] as for [`Draft::new`], and [`Error::Ttl`] if less than a second of the parent is left.
    pub fn after(parent: Option<&Content>, fields: Value, issuer: &Issuer, task: Option<&TaskMetadata>) -> Result<Self, Error> {
        let mut fields = Fields::of(fields, "")?;
        let from = fields.optional_text("from_agent").unwrap_or_else(|| issuer.agent_id.clone());
        if from != issuer.agent_id {
            return Err(Error::SigningIdentity { from, signer: issuer.agent_id.clone() });
        }
        let (packet_entropy, rest) = issuer.entropy.split_at(16);
        let (task_entropy, nonce_entropy) = rest.split_at(16);
        let mut risk = fields.optional_text("risk_level");
        let mut ttl = fields.optional_integer("ttl_seconds");
        let mut content = Content {
            packet_id: fields.optional_text("packet_id").unwrap_or_else(|| format!("pk-{}", hex(packet_entropy))),
            task_id: fields.optional_text("task_id").unwrap_or_else(|| format!("task-{}", hex(task_entropy))),
            from_agent: from,
            to_agent: fields.text("to_agent"),
            issued_at: fields.optional_moment("issued_at").unwrap_or(issuer.now),
            expires_at: fields.optional_moment("expires_at"),
            nonce: fields.optional_text("nonce").unwrap_or_else(|| hex(nonce_entropy)),
            capability_token: fields.optional_text("capability_token"),
            intent: fields.text("intent"),
            task_type: fields.optional_text("task_type"),
            goal: fields.optional_text("goal"),
            context: sorted(&fields.optional_object("context").unwrap_or(Value::Object(Vec::new()))),
            memory_refs: fields.list("memory_refs"),
            permissions: fields.optional_nested("permissions", Permissions::read).unwrap_or_default(),
            constraints: {
                let outer = parent.and_then(|parent| parent.constraints.as_ref());
                Constraints::drafted(&mut fields, outer).or_else(|| outer.cloned())
            },
            provenance: fields.optional_nested("provenance", Provenance::read),
            public_key: issuer.public_key,
            risk_level: None,
            ttl_seconds: None,
            ai_provenance: fields.optional_object("ai_provenance").as_ref().map(sorted),
        };
        fields.finish()?;
        if let Some(task) = task {
            apply_task(task, &mut risk, &mut ttl, &mut content)?;
        }
        if let Some(parent) = parent {
            stay_within(parent, risk.as_deref(), &mut ttl, &mut content)?;
        }
        content.resolve_ttl(Some(risk.as_deref().unwrap_or("read")), ttl)?;
        check_signable(&content)?;
        check_ai_provenance(content.ai_provenance.as_ref(), "/ai_provenance")?;
        check_nesting(&content)?;
        let draft = Self { content };
        // Whoever sends it may leave out the white space, so that does not count.
        let length = draft.signing_bytes(Form::V040).len() + SIGNATURE_MEMBER_BYTES;
        if length > MAX_INPUT_BYTES { Err(Error::TooLarge(length)) } else { Ok(draft) }
    }

    /// The bytes to sign.
    #[must_use]
    pub fn signing_bytes(&self, form: Form) -> Vec<u8> {
        signing_bytes(&self.content, form)
    }

    /// The packet without its signature, for a signer elsewhere; [`Draft::resume`] reads it back.
    #[must_use]
    pub fn to_text(&self) -> String {
        json::write(&self.content.to_value(), Style::WIRE)
    }

    /// Reads what [`Draft::to_text`] wrote.
    ///
    /// # Errors
    /// [`Error`] as for a received packet.
    pub fn resume(value: Value) -> Result<Self, Error> {
        let content = Content::read(Fields::of(value, "")?, &crate::crypto::KeyTables::new(0))?;
        check_signable(&content)?;
        Ok(Self { content })
    }

    /// Signs with a secret at hand, which must be that of the packet's key.
    ///
    /// # Errors
    /// [`Error::SigningIdentity`].
    pub fn sign(self, form: Form, secret: &SecretKey) -> Result<Packet, Error> {
        let signer = secret.public_key();
        if signer != self.content.public_key {
            return Err(Error::SigningIdentity { from: self.content.from_agent, signer: crate::identity::agent_id(&signer) });
        }
        let signature = secret.sign(&self.signing_bytes(form));
        Ok(Packet { content: self.content, signature, form })
    }

    /// Puts the signature in, if it is one of these bytes by the packet's own key.
    ///
    /// # Errors
    /// [`crate::crypto::Error::Invalid`].
    pub fn finish(self, form: Form, signature: Signature) -> Result<Packet, Error> {
        self.content.public_key.verify(&self.signing_bytes(form), &signature)?;
        Ok(Packet { content: self.content, signature, form })
    }
}

fn signing_bytes(content: &Content, form: Form) -> Vec<u8> {
    let style = match form {
        Form::V040 => Style::COMPACT,
        Form::V033 => Style::ARRIVAL,
    };
    json::write(&content.to_value(), style).into_bytes()
}

/// Carries all metadata of the task over, or fails; none is dropped (catalogue D02).
fn apply_task(task: &TaskMetadata, risk: &mut Option<String>, ttl: &mut Option<json::Integer>, content: &mut Content) -> Result<(), Error> {
    if risk.as_deref().is_some_and(|stated| stated != task.risk_level.as_str()) {
        return Err(Error::TaskMetadata("risk_level"));
    }
    *risk = Some(task.risk_level.as_str().to_owned());
    if let Some(seconds) = task.ttl_seconds {
        if ttl.as_ref().is_some_and(|stated| stated.to_i64() != Some(seconds)) {
            return Err(Error::TaskMetadata("ttl_seconds"));
        }
        *ttl = Some(seconds.into());
    }
    if task.requires_human_review {
        let constraints = content.constraints.get_or_insert(Constraints {
            max_runtime_seconds: None,
            data_boundary: None,
            requires_human_review: Some(true),
        });
        constraints.requires_human_review = Some(true);
    }
    if let Some(made_by) = &task.ai_provenance {
        let made_by = sorted(made_by);
        if content.ai_provenance.as_ref().is_some_and(|stated| *stated != made_by) {
            return Err(Error::TaskMetadata("ai_provenance"));
        }
        content.ai_provenance = Some(made_by);
    }
    Ok(())
}

/// What is left open is as in the parent.
fn stay_within(parent: &Content, risk: Option<&str>, ttl: &mut Option<json::Integer>, content: &mut Content) -> Result<(), Error> {
    if content.permissions.max_tool_calls.is_none() {
        content.permissions.max_tool_calls.clone_from(&parent.permissions.max_tool_calls);
    }
    if content.ai_provenance.is_none() {
        content.ai_provenance = parent.ai_provenance.as_ref().map(sorted);
    }
    // Signed, or whoever passes the packet on could cut off what it comes from: a strict gate compares.
    let provenance = content.provenance.get_or_insert_with(|| Provenance {
        origin_workflow: parent.provenance.as_ref().and_then(|from| from.origin_workflow.clone()),
        delegation_depth: None,
    });
    if provenance.delegation_depth.is_none() {
        let before = parent.provenance.as_ref().and_then(|from| from.delegation_depth.as_ref());
        let before = before.map_or(1, json::Integer::saturating_i64).max(1);
        provenance.delegation_depth = Some(before.saturating_add(1).into());
    }
    if let (None, None, Some(end)) = (&ttl, content.expires_at, parent.expires_at) {
        let left = end.micros().saturating_sub(content.issued_at.micros()).div_euclid(1_000_000);
        *ttl = Some(left.min(RiskLevel::from_name(risk.unwrap_or("read"))?.default_ttl().into()).into());
    }
    Ok(())
}

/// What no gate would act on is not signed; what others signed is still read.
fn check_signable(content: &Content) -> Result<(), Error> {
    check_content(content, "")?;
    content.permissions.check("/permissions")?;
    Ok(content.constraints.as_ref().map_or(Ok(()), |constraints| constraints.check("/constraints"))?)
}

/// The rules of a gate that need nothing but the packet: lengths of ids, printable agent ids, the
/// form of AI provenance (catalogue B11, B12, D10). `path` is where the packet stands.
///
/// # Errors
/// [`FieldError::Invalid`] with the JSON pointer of the field.
pub(crate) fn check_content(content: &Content, path: &str) -> Result<(), Error> {
    let invalid = |field: &str, expected| Error::Field(FieldError::invalid(json::pointer(path, field), expected));
    for (field, text, most, expected) in [
        ("packet_id", &content.packet_id, MAX_ID_BYTES, "1 to 256 bytes"),
        ("nonce", &content.nonce, MAX_ID_BYTES, "1 to 256 bytes"),
        ("intent", &content.intent, MAX_INTENT_BYTES, "1 to 65536 bytes"),
    ] {
        if text.is_empty() || text.len() > most {
            return Err(invalid(field, expected));
        }
    }
    if content.permissions.allowed_actions.len() > MAX_ACTIONS {
        let at = json::pointer(&json::pointer(path, "permissions"), "allowed_actions");
        return Err(FieldError::invalid(at, "at most 256 actions").into());
    }
    for (field, id) in [("from_agent", &content.from_agent), ("to_agent", &content.to_agent)] {
        check_agent_id(id).map_err(|_| invalid(field, "1 to 256 printable ASCII characters"))?;
    }
    Ok(())
}

/// What no receiver could read is neither signed nor sent.
///
/// # Errors
/// [`Error::TooDeep`] with the name of the field.
pub(crate) fn check_nesting(content: &Content) -> Result<(), Error> {
    let free_form = [("context", Some(&content.context)), ("ai_provenance", content.ai_provenance.as_ref())];
    for (field, value) in free_form {
        // The packet is around it.
        if value.is_some_and(|value| value.nesting() + 1 > MAX_PACKET_NESTING) {
            return Err(Error::TooDeep(field));
        }
    }
    Ok(())
}

/// `source` must be a non-empty string; absence of provenance proves nothing (catalogue D10).
///
/// # Errors
/// [`FieldError::Invalid`].
pub(crate) fn check_ai_provenance(made_by: Option<&Value>, at: &str) -> Result<(), Error> {
    let Some(made_by) = made_by else { return Ok(()) };
    match made_by.get("source") {
        Some(Value::String(source)) if !source.is_empty() => Ok(()),
        _ => Err(Error::AiProvenance(at.to_owned())),
    }
}

/// The same with the keys of all its objects in order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(json::in_order(members).into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Raw(raw) => sorted(&raw.to_value()),
        other => other.clone(),
    }
}
