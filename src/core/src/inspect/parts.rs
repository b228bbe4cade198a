//! Every signed object that stands in a text, each judged by itself: which of them is broken, where, and
//! which bytes its signature is over.

use super::Kind;
use super::place::{field_of, token_fault, value_fault};
use crate::approval::Review;
use crate::attestation::{UnverifiedAttestation, outcome_bytes};
use crate::capability::UnverifiedCapability;
use crate::chain;
use crate::crypto::{self, KeyTables, PublicKey, Signature, sha256};
use crate::decision::{Code, Reason};
use crate::encoding::{from_base64url, hex};
use crate::identity::{agent_id, public_key_from_pem};
use crate::json::{self, Style, Value, pointer};
use crate::limits::{ATTESTATION_MAX_AGE_MS, ATTESTATION_SKEW_MS, MAX_APPROVALS, MAX_CAPABILITIES, MAX_DEPTH, MAX_STATEMENT_BYTES};
use crate::packet::{Form, Packet, UnverifiedPacket};
use crate::review::Subject;
use crate::revocation::Withdrawal;
use crate::statement::{self, Body, Content, Unverified};

/// One question to a part, and why the answer is no, if it is. After a first no that makes the rest
/// meaningless, the rest is not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was asked: `form`, `signature`, `packet`, `result`, `reason`, `time` or `key`.
    pub name: &'static str,
    /// Why not. Its field points into the received text, of a token into the JSON inside.
    pub refusal: Option<Reason>,
    /// The byte of the value at that field, or of the JSON inside a token, from which on it is wrong.
    pub offset: Option<usize>,
}

/// A signed object that stands in a text, alone or within another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// JSON pointer of its place; empty for the text itself.
    pub at: String,
    /// Never an envelope, which nobody signs.
    pub kind: Kind,
    /// The id of the packet, capability or statement.
    pub id: Option<String>,
    /// Who says to have signed.
    pub signer: Option<String>,
    /// Of the key it names.
    pub fingerprint: Option<String>,
    /// Whether the signer's id is the hash of that key.
    pub id_matches_key: Option<bool>,
    /// The label that the signed bytes begin with; packets and capabilities have none.
    pub label: Option<&'static str>,
    /// The form of a packet that was signed, once that is proven.
    pub form: Option<Form>,
    /// The bytes that are signed, or would have to be; absent where the object cannot be read.
    pub signed: Option<Vec<u8>>,
    /// By which others cite it, once its signature is proven.
    pub digest: Option<String>,
    /// What was asked, in order.
    pub checks: Vec<Check>,
}

/// The signed objects of a text, the one it is first. Of a packet whose form is not proven the bytes are
/// given in `form`, by default the newest one.
///
/// # Errors
/// Why the text as a whole cannot be read.
pub fn parts(kind: Kind, text: &[u8], form: Option<Form>) -> Result<Vec<Part>, Reason> {
    let mut found = Found { parts: Vec::new(), keys: KeyTables::new(0), form };
    if kind == Kind::CapabilityToken {
        let token = core::str::from_utf8(text).map_err(|error| Reason::new(Code::InvalidUtf8, error.to_string()))?;
        found.token(token, "");
        return Ok(found.parts);
    }
    if matches!(kind, Kind::Approval | Kind::Revocation) && text.len() > MAX_STATEMENT_BYTES {
        return Err(statement::Error::TooLarge(text.len()).into());
    }
    let value = chain::parse_limited(text)?;
    match kind {
        Kind::Envelope => found.envelope(&value),
        Kind::Attestation => found.attestation(&value),
        Kind::Approval => drop(found.statement::<Review>(Kind::Approval, value, "", |content| &content.body.reviewer)),
        Kind::Revocation => drop(found.statement::<Withdrawal>(Kind::Revocation, value, "", |content| &content.body.issuer)),
        Kind::Packet | Kind::CapabilityToken => found.packet(value, "", true),
    }
    Ok(found.parts)
}

struct Found {
    parts: Vec<Part>,
    keys: KeyTables,
    form: Option<Form>,
}

impl Found {
    fn envelope(&mut self, value: &Value) {
        let proof = value.member("proof");
        let items = |key| match proof.and_then(|proof| proof.member(key)) {
            Some(Value::Array(items)) => items.as_slice(),
            _ => &[],
        };
        let tokens = items("capabilities");
        if let Some(packet) = value.member("packet") {
            let is_in_proof = tokens.last().is_some_and(|last| packet.member("capability_token") == Some(last));
            self.packet(packet.clone(), "/packet", !is_in_proof);
        }
        // More than any gate reads are not read here either.
        for (i, packet) in items("packets").iter().enumerate().take(usize::try_from(MAX_DEPTH).unwrap_or(usize::MAX)) {
            self.packet(packet.clone(), &format!("/proof/packets/{i}"), false);
        }
        for (i, token) in tokens.iter().enumerate().take(MAX_CAPABILITIES) {
            if let Value::String(token) = token {
                self.token(token, &format!("/proof/capabilities/{i}"));
            }
        }
    }

    fn packet(&mut self, value: Value, at: &str, with_token: bool) {
        let mut part = Part::of(Kind::Packet, at);
        let token = value.member("capability_token").cloned();
        let approvals = value.member("context").and_then(|context| context.member("human_approval")).cloned();
        let own = value.clone();
        let mut proven = None;
        match UnverifiedPacket::read(value, at, &self.keys) {
            Err(error) => part.refuse("form", error.into(), &own),
            Ok(packet) => {
                part.pass("form");
                let content = packet.claimed();
                part.claim(&content.packet_id, &content.from_agent, &content.public_key);
                let (fields, key, signature) = (content.to_value(), content.public_key, packet.signature().to_owned());
                match packet.verify(&mut self.keys) {
                    Err(error) => part.refuse("signature", error.into(), &own),
                    Ok(packet) => {
                        part.pass("signature");
                        part.form = Some(packet.form());
                        part.digest = Some(hex(&packet.digest()));
                        proven = Some(packet);
                    }
                }
                let style = style(self.form.or(part.form).unwrap_or_default(), &fields, &key, &signature);
                part.signed = Some(json::write(&fields, style).into_bytes());
            }
        }
        self.parts.push(part);
        if let Some(Value::String(token)) = token.filter(|_| with_token) {
            self.token(&token, &pointer(at, "capability_token"));
        }
        self.approvals(approvals, &pointer(&pointer(at, "context"), "human_approval"), proven.as_ref());
    }

    fn approvals(&mut self, value: Option<Value>, at: &str, packet: Option<&Packet>) {
        let items = match value {
            Some(Value::Array(items)) => items.into_iter().enumerate().map(|(i, item)| (pointer(at, &i.to_string()), item)).collect(),
            Some(one) => vec![(at.to_owned(), one)],
            None => Vec::new(),
        };
        for (at, item) in items.into_iter().filter(|(_, item)| matches!(item, Value::Object(_))).take(MAX_APPROVALS) {
            let reviewed = self.statement::<Review>(Kind::Approval, item, &at, |content| &content.body.reviewer);
            let (Some(reviewed), Some(packet), Some(part)) = (reviewed, packet, self.parts.last_mut()) else { continue };
            let is_of_this = reviewed.body.review_digest == Subject::of(packet.content()).digest;
            let another =
                Reason::at(Code::HumanReviewRequired, "it reviews another content than this packet's", pointer(&at, "review_digest"));
            part.note("packet", (!is_of_this).then_some(another), None);
        }
    }

    fn statement<B: Body + Clone>(&mut self, kind: Kind, value: Value, at: &str, signer: fn(&Content<B>) -> &String) -> Option<Content<B>> {
        let mut part = Part { label: Some(B::TYPE), ..Part::of(kind, at) };
        let own = value.clone();
        let mut content = None;
        match Unverified::<B>::read(value, at, &self.keys) {
            Err(error) => part.refuse("form", error.into(), &own),
            Ok(statement) => {
                part.pass("form");
                let says = statement.claimed();
                part.claim(&says.id, signer(says), &says.public_key);
                part.signed = Some(says.signing_bytes());
                match statement.verify(&mut self.keys) {
                    Err(error) => part.refuse("signature", error.into(), &own),
                    Ok(signed) => {
                        part.pass("signature");
                        part.digest = Some(hex(&signed.digest()));
                        content = Some(signed.content().clone());
                    }
                }
            }
        }
        self.parts.push(part);
        content
    }

    fn token(&mut self, token: &str, at: &str) {
        let mut part = Part::of(Kind::CapabilityToken, at);
        match UnverifiedCapability::decode(token, &self.keys) {
            Err(error) => {
                let inner = from_base64url(token).ok().and_then(|text| json::parse(&text).ok()).unwrap_or(Value::Null);
                part.refuse("form", error.into(), &inner);
                if let Some(check) = part.checks.last_mut().filter(|check| check.offset.is_none()) {
                    check.offset = token_fault(token).map(|(offset, _)| offset);
                }
            }
            Ok(capability) => {
                part.pass("form");
                let content = capability.claimed();
                part.claim(&content.capability_id, &content.issuer_agent, &content.public_key);
                part.signed = Some(content.signing_bytes());
                let inner = content.to_value();
                match capability.verify(&mut self.keys) {
                    Err(error) => part.refuse("signature", error.into(), &inner),
                    Ok(capability) => {
                        part.pass("signature");
                        part.digest = Some(hex(&capability.digest()));
                    }
                }
            }
        }
        self.parts.push(part);
    }

    /// Each hash and the fingerprint for itself: several can be wrong at once, and each says something else.
    fn attestation(&mut self, value: &Value) {
        let at = "/attestation";
        let mut part = Part { label: Some("TRUSTHANDOFF_EXEC_ATTEST_V3"), ..Part::of(Kind::Attestation, at) };
        let own = value.member("attestation").cloned().unwrap_or(Value::Null);
        match UnverifiedAttestation::read(own.clone(), at) {
            Err(error) => part.refuse("form", error.into(), &own),
            Ok(attestation) => {
                part.pass("form");
                part.id = Some(attestation.packet_id.clone());
                part.signer = Some(attestation.signed_by.clone());
                part.fingerprint = Some(hex(&attestation.agent_pubkey_fingerprint));
                part.signed = Some(attestation.signing_bytes());
                part.outcome("result", value.member("result"), Some(attestation.outcome_hash));
                let reason = value.member("reason").filter(|reason| **reason != Value::Null);
                part.outcome("reason", reason, attestation.reason_hash);
                part.time(value, attestation.timestamp_ms);
                if let Some(Value::String(pem)) = value.member("public_key_pem") {
                    part.attested_by(&attestation, pem, &own);
                }
            }
        }
        self.parts.push(part);
    }
}

impl Part {
    fn of(kind: Kind, at: &str) -> Self {
        Self {
            at: at.to_owned(),
            kind,
            id: None,
            signer: None,
            fingerprint: None,
            id_matches_key: None,
            label: None,
            form: None,
            signed: None,
            digest: None,
            checks: Vec::new(),
        }
    }

    /// Whether nothing was found against it.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.checks.iter().all(|check| check.refusal.is_none())
    }

    fn claim(&mut self, id: &str, signer: &str, key: &PublicKey) {
        self.id = Some(id.to_owned());
        self.signer = Some(signer.to_owned());
        self.fingerprint = Some(key.fingerprint());
        self.id_matches_key = Some(agent_id(key) == signer);
    }

    fn pass(&mut self, name: &'static str) {
        self.note(name, None, None);
    }

    fn note(&mut self, name: &'static str, refusal: Option<Reason>, offset: Option<usize>) {
        self.checks.push(Check { name, refusal, offset });
    }

    /// Notes a refusal with the place of its fault, where there is one; `own` is the object as it was received.
    fn refuse(&mut self, name: &'static str, mut reason: Reason, own: &Value) {
        let mut offset = None;
        if let (None, Some(member)) = (&reason.field, field_of(reason.code)) {
            let path = if self.kind == Kind::CapabilityToken { "" } else { self.at.as_str() };
            reason.field = Some(pointer(path, member));
            if let Some(Value::String(text)) = own.member(member) {
                offset = value_fault(reason.code, text, self.kind == Kind::Attestation);
            }
        }
        self.note(name, Some(reason), offset);
    }

    fn outcome(&mut self, name: &'static str, value: Option<&Value>, stated: Option<[u8; 32]>) {
        let found = match value.map(outcome_bytes).transpose() {
            Ok(bytes) => bytes.map(|bytes| sha256(&[&bytes])),
            Err(error) => {
                let reason = Reason::from(error);
                return self.note(name, Some(Reason::at(reason.code, reason.message, format!("/{name}"))), None);
            }
        };
        // A result that is not at hand contradicts nothing.
        if value.is_none() && name == "result" {
            return;
        }
        let message = || match (found, stated) {
            (Some(found), Some(_)) => format!("the {name} hashes to {}", hex(&found)),
            (Some(_), None) => format!("a {name} is here, and none was attested"),
            (None, _) => format!("a {name} was attested, and none is here"),
        };
        let (code, member) = match name {
            "result" => (Code::OutcomeHashMismatch, "outcome_hash"),
            _ => (Code::ReasonHashMismatch, "reason_hash"),
        };
        let refusal = (found != stated).then(|| Reason::at(code, message(), pointer(&self.at, member)));
        self.note(name, refusal, None);
    }

    fn time(&mut self, bundle: &Value, stated: u64) {
        let Some(Value::Int(now)) = bundle.member("now_ms") else { return };
        let age = now.saturating_i128().saturating_sub(i128::from(stated));
        let refusal = if age < -i128::from(ATTESTATION_SKEW_MS) {
            Some(Reason::at(Code::IssuedInFuture, format!("{} ms after the moment it is judged at", age.saturating_neg()), "/now_ms"))
        } else if age > i128::from(ATTESTATION_MAX_AGE_MS) {
            Some(Reason::at(Code::Expired, format!("{age} ms old at the moment it is judged at"), "/now_ms"))
        } else {
            None
        };
        self.note("time", refusal, None);
    }

    fn attested_by(&mut self, attestation: &UnverifiedAttestation, pem: &str, own: &Value) {
        let key = match public_key_from_pem(pem) {
            Ok(key) => key,
            Err(error) => {
                let reason = Reason::from(error);
                let offset = value_fault(reason.code, pem, false);
                return self.note("key", Some(Reason { field: Some("/public_key_pem".into()), ..reason }), offset);
            }
        };
        self.id_matches_key = Some(agent_id(&key) == attestation.signed_by);
        let fits = sha256(&[key.as_bytes()]) == attestation.agent_pubkey_fingerprint;
        let message = format!("the key hashes to {}", key.fingerprint());
        let field = pointer(&self.at, "agent_pubkey_fingerprint");
        self.note("key", (!fits).then(|| Reason::at(Code::PublicKeyMismatch, message, field)), None);
        let Some(Value::String(text)) = own.member("signature") else { return };
        let signed = attestation.signing_bytes();
        match Signature::from_base64url(text).and_then(|signature| key.verify(&signed, &signature)) {
            Err(error) => self.refuse("signature", error.into(), own),
            Ok(()) => {
                self.pass("signature");
                self.digest = Some(hex(&attestation.digest()));
            }
        }
    }
}

/// The style of a form; of the older one the spelling of floats that the signature is over.
fn style(form: Form, fields: &Value, key: &PublicKey, signature: &str) -> Style {
    let is_over =
        |style| -> Result<(), crypto::Error> { key.verify(json::write(fields, style).as_bytes(), &Signature::from_base64(signature)?) };
    match form {
        Form::V040 => Style::COMPACT,
        Form::V033 if is_over(Style::ARRIVAL_UNSIGNED).is_ok() => Style::ARRIVAL_UNSIGNED,
        Form::V033 => Style::ARRIVAL,
    }
}
