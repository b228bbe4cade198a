//! Form and signature of any signed object: no clock, no trust, no store.
//!
//! What is valid here is only well-formed and signed by the key it names. Whose key that is, whether
//! it is in time, for whom, and for the first time, a gate decides.

mod lineage;
mod parts;
mod place;

pub use lineage::{Hop, lineage};
pub use parts::{Check, Part, parts};
pub use place::{json_fault, respelled, token_fault};

use crate::approval::Review;
use crate::attestation::UnverifiedAttestation;
use crate::capability::UnverifiedCapability;
use crate::chain::{self, Envelope};
use crate::crypto::{self, KeyTables};
use crate::decision::{Code, Reason};
use crate::identity::{agent_id, public_key_from_pem};
use crate::json::{FieldError, Fields, Value};
use crate::packet::{Form, UnverifiedPacket};
use crate::revocation::Withdrawal;
use crate::statement::{Body, Content, Unverified};

/// The kinds of signed objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A bare packet.
    Packet,
    /// An envelope with its packet.
    Envelope,
    /// The token of a capability.
    CapabilityToken,
    /// An attestation with its result, reason, key and time.
    Attestation,
    /// A person's signed approval or denial.
    Approval,
    /// A signed revocation.
    Revocation,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Packet, Self::Envelope, Self::CapabilityToken, Self::Attestation, Self::Approval, Self::Revocation];

    /// The name, as the command line uses it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Packet => "packet",
            Self::Envelope => "envelope",
            Self::CapabilityToken => "capability_token",
            Self::Attestation => "attestation",
            Self::Approval => "approval",
            Self::Revocation => "revocation",
        }
    }

    /// The reverse of [`Kind::as_str`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The kind of a text, by its keys; a text that is no JSON object may be a token.
    ///
    /// # Errors
    /// `unknown_kind`, or why the JSON is refused.
    pub fn detect(text: &[u8]) -> Result<Self, Reason> {
        let first = text.iter().find(|b| !b.is_ascii_whitespace());
        if first.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
            return Ok(Self::CapabilityToken);
        }
        let value = chain::parse_limited(text)?;
        let has = |key| value.member(key).is_some();
        if has("packet") {
            Ok(Self::Envelope)
        } else if has("attestation") {
            Ok(Self::Attestation)
        } else if has("packet_id") && has("signature") {
            Ok(Self::Packet)
        } else if value.member("type") == Some(&Review::TYPE.into()) {
            Ok(Self::Approval)
        } else if value.member("type") == Some(&Withdrawal::TYPE.into()) {
            Ok(Self::Revocation)
        } else {
            Err(Reason::plain(Code::UnknownKind))
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The kind that was looked for.
    pub kind: Kind,
    /// Why it is refused, if it is.
    pub refusal: Option<Reason>,
    /// The form that was signed, where there are several.
    pub form: Option<Form>,
    /// Who says to have signed; a claim.
    pub agent_id: Option<String>,
    /// Whether that id is the hash of the key.
    pub id_matches_key: Option<bool>,
    /// The id of the packet, capability or statement.
    pub object_id: Option<String>,
}

/// Checks one text.
///
/// ```
/// use trusthandoff::inspect::{check, Kind};
/// let report = check(Kind::Packet, b"{}");
/// assert_eq!(report.refusal.map(|r| r.code.as_str()), Some("missing_field"));
/// ```
#[must_use]
pub fn check(kind: Kind, text: &[u8]) -> Report {
    let mut report = Report::of(kind);
    let outcome = match kind {
        Kind::Packet | Kind::Envelope => return check_task(kind == Kind::Envelope, text),
        Kind::CapabilityToken => check_token(text, &mut report),
        Kind::Attestation => check_attestation(text, &mut report),
        Kind::Approval => check_statement::<Review>(text, &mut report, |content| &content.body.reviewer),
        Kind::Revocation => check_statement::<Withdrawal>(text, &mut report, |content| &content.body.issuer),
    };
    report.refusal = outcome.err();
    report
}

/// Checks the text of an envelope, or of a bare packet: [`check`] for whoever looks at nothing else.
#[must_use]
pub fn check_task(is_envelope: bool, text: &[u8]) -> Report {
    let mut report = Report::of(if is_envelope { Kind::Envelope } else { Kind::Packet });
    let keys = KeyTables::new(0);
    let read = if is_envelope { Envelope::parse(text, &keys).map(|e| e.packet) } else { chain::parse_packet(text, &keys) };
    report.refusal = read.map_err(Reason::from).and_then(|packet| check_packet(packet, &mut report)).err();
    report
}

fn check_packet(packet: UnverifiedPacket, report: &mut Report) -> Result<(), Reason> {
    let content = packet.claimed();
    report.claim(&content.from_agent, &content.public_key);
    report.object_id = Some(content.packet_id.clone());
    report.form = Some(packet.verify(&mut KeyTables::new(0))?.form());
    Ok(())
}

fn check_token(text: &[u8], report: &mut Report) -> Result<(), Reason> {
    let token = core::str::from_utf8(text).map_err(|error| Reason::new(Code::InvalidUtf8, error.to_string()))?;
    let mut keys = KeyTables::new(0);
    let capability = UnverifiedCapability::decode(token, &keys)?;
    let content = capability.claimed();
    report.claim(&content.issuer_agent, &content.public_key);
    report.object_id = Some(content.capability_id.clone());
    capability.verify(&mut keys)?;
    Ok(())
}

fn check_statement<B: Body>(text: &[u8], report: &mut Report, signer: fn(&Content<B>) -> &String) -> Result<(), Reason> {
    let keys = &mut KeyTables::new(0);
    let statement = Unverified::<B>::parse(text, keys)?;
    let content = statement.claimed();
    report.claim(signer(content), &content.public_key);
    report.object_id = Some(content.id.clone());
    statement.verify(keys)?;
    Ok(())
}

/// `{"attestation", "result", "reason", "public_key_pem", "now_ms"}`.
fn check_attestation(text: &[u8], report: &mut Report) -> Result<(), Reason> {
    let mut fields = Fields::of(chain::parse_limited(text)?, "")?;
    let attestation = fields.required("attestation");
    fields.check()?;
    let attestation = UnverifiedAttestation::read(attestation, "/attestation")?;
    let result = fields.required("result");
    let reason = fields.optional("reason");
    let pem = fields.text("public_key_pem");
    let now = fields.integer("now_ms");
    fields.finish()?;
    for (name, outcome) in [("/result", Some(&result)), ("/reason", reason.as_ref())] {
        if let Some(other) = outcome.filter(|value| !matches!(value, Value::Object(_))) {
            return Err(FieldError::Type { at: name.into(), expected: "an object", found: other.kind() }.into());
        }
    }
    let key = public_key_from_pem(&pem)?;
    report.claim(&attestation.signed_by, &key);
    report.object_id = Some(attestation.packet_id.clone());
    attestation.verify(&result, reason.as_ref(), &key, now.saturating_i128())?;
    Ok(())
}

impl Report {
    const fn of(kind: Kind) -> Self {
        Self { kind, refusal: None, form: None, agent_id: None, id_matches_key: None, object_id: None }
    }

    fn claim(&mut self, agent: &str, key: &crypto::PublicKey) {
        self.agent_id = Some(agent.to_owned());
        self.id_matches_key = Some(agent_id(key) == agent);
    }
}
