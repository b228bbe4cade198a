//! Signed statements: approvals and revocations, and what they are about.

use js_sys::{Array, Uint8Array};
use trusthandoff::approval::{self, Review};
use trusthandoff::attestation::Draft;
use trusthandoff::capability::{Capability, UnverifiedCapability};
use trusthandoff::checks;
use trusthandoff::crypto::{KeyTables, PublicKey};
use trusthandoff::decision::{Code, Reason};
use trusthandoff::encoding::hex;
use trusthandoff::gate::Answer;
use trusthandoff::json::{self, Fields, Style, Value};
use trusthandoff::limits::MAX_OVERLAP_SECONDS;
use trusthandoff::registry::AgentRecord;
use trusthandoff::revocation::{self, Revocation, Target, UnverifiedRevocation, Withdrawal};
use trusthandoff::statement::{Body, Content, Issuer, Signed};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::attestation;
use crate::capability::{prepared, signature_of};
use crate::convert::{Record, entropy, from_js, moment, to_js};
use crate::error::Refusal;
use crate::gate;
use crate::identity::{public_key, secret};
use crate::packet::read;
use crate::registry::CoreRegistry;

/// Signs a statement; `kind` is `approval`, `revocation` or `attestation`, here and below.
#[wasm_bindgen(js_name = signStatement)]
pub fn sign_statement(kind: &str, seed: Vec<u8>, fields: &JsValue, agent_id: String, now_ms: f64) -> Result<JsValue, Refusal> {
    let secret = secret(seed)?;
    let fields = from_js(fields)?;
    if kind == "attestation" {
        return Ok(attestation::described(attestation::draft(fields, agent_id, secret.public_key(), now_ms)?.sign(&secret)?.content()));
    }
    let issuer = issuer(agent_id, secret.public_key(), now_ms)?;
    Ok(match kind {
        "revocation" => signed(&revocation::draft(fields, &issuer)?.sign(&secret)?),
        _ => signed(&approval::draft(fields, &issuer)?.sign(&secret)?),
    })
}

#[wasm_bindgen(js_name = prepareStatement)]
pub fn prepare_statement(kind: &str, fields: &JsValue, agent_id: String, key: &JsValue, now_ms: f64) -> Result<JsValue, Refusal> {
    let key = public_key(key)?;
    let fields = from_js(fields)?;
    if kind == "attestation" {
        let draft = attestation::draft(fields, agent_id, key, now_ms)?;
        return Ok(prepared(&draft.to_text(), &draft.signing_bytes()));
    }
    let issuer = issuer(agent_id, key, now_ms)?;
    let (value, bytes) = match kind {
        "revocation" => unsigned(&revocation::draft(fields, &issuer)?),
        _ => unsigned(&approval::draft(fields, &issuer)?),
    };
    Ok(prepared(&json::write(&value, Style::COMPACT), &bytes))
}

#[wasm_bindgen(js_name = finishStatement)]
pub fn finish_statement(kind: &str, unsigned: &str, signature: &[u8]) -> Result<JsValue, Refusal> {
    let signature = signature_of(signature)?;
    let value = json::parse(unsigned.as_bytes())?;
    if kind == "attestation" {
        return Ok(attestation::described(Draft::resume(value)?.finish(signature)?.content()));
    }
    let fields = Fields::of(value, "")?;
    let keys = KeyTables::new(0);
    Ok(match kind {
        "revocation" => signed(&Content::<Withdrawal>::read(fields, &keys)?.finish(signature)?),
        _ => signed(&Content::<Review>::read(fields, &keys)?.finish(signature)?),
    })
}

/// The names under which `by` can revoke something, the narrowest first: `kind` is `packet` (bytes of a packet or envelope),
/// `capability` (an array of its token and those above it, root first), `key` (any public key) or `agent` (its id).
#[wasm_bindgen(js_name = revocationTargets)]
pub fn revocation_targets(kind: &str, about: &JsValue, by: &str) -> Result<Array, Refusal> {
    let targets = match kind {
        "packet" => {
            let bytes = about.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec).unwrap_or_default();
            let packet = read(&bytes)?.verify(&mut KeyTables::new(0))?;
            vec![Target::packet(&packet.content().public_key, &packet.content().packet_id), Target::digest(&packet.digest())]
        }
        "capability" => {
            let tokens = about.dyn_ref::<Array>().cloned().unwrap_or_default();
            let chain = tokens.iter().map(|text| token(&text.as_string().unwrap_or_default())).collect::<Result<Vec<_>, _>>()?;
            let digest = chain.last().map(|capability| Target::digest(&capability.digest()));
            checks::revoked_by(by, &chain).into_iter().chain(digest).collect()
        }
        "key" => vec![Target::key(&public_key(about)?)],
        _ => vec![Target::Agent(about.as_string().unwrap_or_default())],
    };
    Ok(targets.iter().map(|target| JsValue::from(target.to_string())).collect())
}

/// What a revocation revokes, if it is signed with the key it names; whether its signer may was judged before.
#[wasm_bindgen(js_name = signedRevocation)]
pub fn signed_revocation(text: &[u8]) -> Result<String, Refusal> {
    Ok(revocation(text)?.content().body.target.to_string())
}

/// What a revocation revokes, if its signer may where ids certify themselves.
#[wasm_bindgen(js_name = judgeSelfCertified)]
pub fn judge_self_certified(text: &[u8], now_ms: f64) -> Result<String, Refusal> {
    let revocation = revocation(text)?;
    let (key, issuer) = (revocation.content().public_key, &revocation.content().body.issuer);
    let known = checks::self_certified(issuer, &key).is_ok().then(|| AgentRecord::of_key(key));
    judged(&revocation, known.as_ref(), now_ms)
}

#[wasm_bindgen]
impl CoreRegistry {
    /// What a revocation revokes, if its signer may by this registry.
    #[wasm_bindgen(js_name = judgeRevocation)]
    pub fn judge_revocation(&self, text: &[u8], now_ms: f64) -> Result<String, Refusal> {
        let revocation = revocation(text)?;
        judged(&revocation, self.0.resolve(&revocation.content().body.issuer), now_ms)
    }
}

/// What a revocation revokes, if its signer may by what a host replied of `issuer`, whom it names.
#[wasm_bindgen(js_name = judgeResolved)]
pub fn judge_resolved(text: &[u8], reply: &JsValue, now_ms: f64) -> Result<String, Refusal> {
    match gate::agent(reply) {
        Answer::Agent(record) => judged(&revocation(text)?, record.as_ref(), now_ms),
        _ => Err(Reason::plain(Code::RegistryInvalidReply).into()),
    }
}

/// Whether a token may succeed another, which then admits until `until_ms` if it ends before that.
#[wasm_bindgen(js_name = registerOverlap)]
pub fn register_overlap(old: &str, new: &str) -> Result<JsValue, Refusal> {
    let (old, new) = (token(old)?, token(new)?);
    new.succeeds(&old)?;
    let until = old.content().expires_at.plus_seconds(MAX_OVERLAP_SECONDS.into())?;
    #[allow(clippy::cast_precision_loss)]
    let until_ms = until.millis() as f64;
    Ok(Record::new().with("digest", hex(&old.digest())).with("until_ms", until_ms).into())
}

fn revocation(text: &[u8]) -> Result<Revocation, Refusal> {
    let keys = &mut KeyTables::new(0);
    Ok(UnverifiedRevocation::parse(text, keys).and_then(|read| read.verify(keys))?)
}

fn judged(revocation: &Revocation, known: Option<&AgentRecord>, now_ms: f64) -> Result<String, Refusal> {
    checks::revoker(revocation, known, moment(now_ms)?)?;
    Ok(revocation.content().body.target.to_string())
}

fn token(text: &str) -> Result<Capability, Refusal> {
    let mut keys = KeyTables::new(0);
    Ok(UnverifiedCapability::decode(text, &keys).and_then(|read| read.verify(&mut keys))?)
}

fn issuer(agent_id: String, public_key: PublicKey, now_ms: f64) -> Result<Issuer, Refusal> {
    Ok(Issuer { agent_id, public_key, entropy: entropy()?, now: moment(now_ms)? })
}

fn unsigned<B: Body>(content: &Content<B>) -> (Value, Vec<u8>) {
    (content.to_value(), content.signing_bytes())
}

fn signed<B: Body>(statement: &Signed<B>) -> JsValue {
    Record::new().with("text", statement.to_text()).with("view", to_js(&statement.to_value())).into()
}
