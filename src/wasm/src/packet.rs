//! Making packets and looking into them.

use js_sys::Array;
use trusthandoff::chain::{self, Lineage};
use trusthandoff::crypto::{KeyTables, PublicKey};
use trusthandoff::decision::{Code, Reason};
use trusthandoff::encoding::hex;
use trusthandoff::json::{self, Value};
use trusthandoff::packet::{Draft, Form, Issuer, Packet, TaskMetadata, UnverifiedPacket};
use trusthandoff::review::{self, Subject};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::capability::{prepared, signature_of};
use crate::convert::{Record, entropy, from_js, moment, to_js};
use crate::error::Refusal;
use crate::identity::{public_key, secret};

#[wasm_bindgen(js_name = preparePacket)]
pub fn prepare_packet(
    fields: &JsValue,
    form: &str,
    agent_id: String,
    key: &JsValue,
    now_ms: f64,
    task: &JsValue,
    parent: Option<Vec<u8>>,
) -> Result<JsValue, Refusal> {
    prepare(from_js(fields)?, form, agent_id, key, now_ms, task, parent)
}

#[wasm_bindgen(js_name = signPacket)]
pub fn sign_packet(
    seed: Vec<u8>,
    fields: &JsValue,
    form: &str,
    agent_id: String,
    now_ms: f64,
    task: &JsValue,
    parent: Option<Vec<u8>>,
) -> Result<JsValue, Refusal> {
    sign(seed, from_js(fields)?, form, agent_id, now_ms, task, parent)
}

/// As `signPacket`, from JSON text, so that no number is lost.
#[wasm_bindgen(js_name = signPacketText)]
pub fn sign_packet_text(seed: Vec<u8>, text: &[u8], form: &str, agent_id: String, now_ms: f64) -> Result<JsValue, Refusal> {
    sign(seed, chain::parse_limited(text)?, form, agent_id, now_ms, &JsValue::UNDEFINED, None)
}

#[wasm_bindgen(js_name = finishPacket)]
pub fn finish_packet(unsigned: &str, form: &str, signature: &[u8]) -> Result<JsValue, Refusal> {
    let draft = Draft::resume(json::parse(unsigned.as_bytes())?)?;
    let signature = signature_of(signature)?;
    let packet = draft.finish(form_of(form)?, signature)?;
    Ok(signed(&packet))
}

#[wasm_bindgen(js_name = envelopeText)]
pub fn envelope_text(packet: &str, parent: Option<Vec<u8>>, tokens: Option<Vec<String>>) -> Result<String, Refusal> {
    let capabilities = tokens.unwrap_or_default();
    Ok(Lineage { parent: parent.as_deref(), capabilities: &capabilities }.envelope_text(packet)?)
}

/// What an accepted text holds, and what proves it, as trees: of the packet what was reviewed. Nothing is verified again.
#[wasm_bindgen(js_name = acceptedView)]
pub fn accepted_view(text: &[u8]) -> Result<JsValue, Refusal> {
    let envelope = chain::Envelope::parse(text, &KeyTables::new(0))?;
    let proof = envelope.proof.unwrap_or_default();
    let own = envelope.packet.claimed().capability_token.clone();
    let tokens: Vec<String> = if proof.capabilities.is_empty() { own.into_iter().collect() } else { proof.capabilities.to_vec() };
    let ancestors: Array = proof.packets.iter().map(|packet| to_js(&packet_value(packet))).collect();
    let content = envelope.packet.claimed();
    Ok(Record::new()
        .with("packet", to_js(&covered_value(&envelope.packet)))
        .with("packet_digest", hex(&content.digest()))
        .with("review_digest", Subject::of(content).digest)
        .with("capability_tokens", tokens.into_iter().map(JsValue::from).collect::<Array>())
        .with("ancestors", ancestors)
        .into())
}

/// What a person is asked about: of a packet or envelope whose signature is valid, what the digest covers.
#[wasm_bindgen(js_name = reviewRequest)]
pub fn review_request(text: &[u8]) -> Result<JsValue, Refusal> {
    let packet = verified(text)?;
    let subject = Subject::of(packet.content());
    Ok(Record::new()
        .with("review_digest", subject.digest.as_str())
        .with("packet_id", packet.content().packet_id.as_str())
        .with("view", to_js(&subject.covered(packet.to_value())))
        .into())
}

/// What a receipt names of a packet whose signature is valid: `[packet_id, digest, to_agent]`.
#[wasm_bindgen]
pub fn attestable(text: &[u8]) -> Result<Vec<String>, Refusal> {
    let packet = verified(text)?;
    let content = packet.content();
    Ok(vec![content.packet_id.clone(), hex(&content.digest()), content.to_agent.clone()])
}

#[wasm_bindgen(js_name = signedTaskMetadata)]
pub fn signed_task_metadata(options: &JsValue) -> Result<JsValue, Refusal> {
    let task = task_metadata(options)?;
    Ok(Record::new()
        .with("risk_level", task.risk_level.as_str())
        .with("ttl_seconds", task.ttl_seconds.map_or(JsValue::UNDEFINED, |s| (s as f64).into()))
        .with("requires_human_review", task.requires_human_review)
        .with("ai_provenance", task.ai_provenance.as_ref().map_or(JsValue::UNDEFINED, to_js))
        .into())
}

fn prepare(
    fields: Value,
    form: &str,
    agent_id: String,
    key: &JsValue,
    now_ms: f64,
    task: &JsValue,
    parent: Option<Vec<u8>>,
) -> Result<JsValue, Refusal> {
    let form = form_of(form)?;
    let draft = draft(fields, agent_id, public_key(key)?, now_ms, task, parent)?;
    Ok(prepared(&draft.to_text(), &draft.signing_bytes(form)))
}

fn sign(
    seed: Vec<u8>,
    fields: Value,
    form: &str,
    agent_id: String,
    now_ms: f64,
    task: &JsValue,
    parent: Option<Vec<u8>>,
) -> Result<JsValue, Refusal> {
    let secret = secret(seed)?;
    let draft = draft(fields, agent_id, secret.public_key(), now_ms, task, parent)?;
    Ok(signed(&draft.sign(form_of(form)?, &secret)?))
}

fn draft(
    fields: Value,
    agent_id: String,
    public_key: PublicKey,
    now_ms: f64,
    task: &JsValue,
    parent: Option<Vec<u8>>,
) -> Result<Draft, Refusal> {
    let issuer = Issuer { agent_id, public_key, entropy: entropy()?, now: moment(now_ms)? };
    let task = if task.is_undefined() { None } else { Some(task_metadata(task)?) };
    let parent = parent.map(|text| read(&text)).transpose()?;
    Ok(Draft::after(parent.as_ref().map(UnverifiedPacket::claimed), fields, &issuer, task.as_ref())?)
}

fn signed(packet: &Packet) -> JsValue {
    Record::new().with("text", packet.to_text()).with("view", to_js(&packet.to_value())).into()
}

fn task_metadata(options: &JsValue) -> Result<TaskMetadata, Refusal> {
    Ok(TaskMetadata::read(from_js(options)?)?)
}

fn form_of(name: &str) -> Result<Form, Refusal> {
    Form::from_name(name).ok_or_else(|| Refusal::new(Code::ConfigInvalid, "`form` must be `0.4.0` or `0.3.3`"))
}

/// What people approve of it, with its times and signature.
fn covered_value(packet: &UnverifiedPacket) -> Value {
    review::covered(packet.claimed(), packet_value(packet))
}

fn packet_value(packet: &UnverifiedPacket) -> Value {
    let mut value = packet.claimed().to_value();
    if let Value::Object(members) = &mut value {
        members.push(("signature".into(), packet.signature().into()));
    }
    value
}

pub(crate) fn verified(text: &[u8]) -> Result<Packet, Refusal> {
    Ok(read(text)?.verify(&mut KeyTables::new(0))?)
}

pub(crate) fn read(text: &[u8]) -> Result<UnverifiedPacket, Refusal> {
    let keys = KeyTables::new(0);
    let packet = match chain::Envelope::parse(text, &keys) {
        Ok(envelope) => envelope.packet,
        Err(_) => chain::parse_packet(text, &keys).map_err(Reason::from)?,
    };
    Ok(packet)
}
