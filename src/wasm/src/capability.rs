//! Making capabilities and looking into their tokens.

use js_sys::{Array, Uint8Array};
use trusthandoff::capability::{Capability, Draft, Issuer, check_chain};
use trusthandoff::checks;
use trusthandoff::crypto::{KeyTables, PublicKey, Signature};
use trusthandoff::decision::{Code, Reason};
use trusthandoff::encoding::hex;
use trusthandoff::json;
use trusthandoff::limits::MAX_TOKEN_BYTES;
use trusthandoff::work::Work;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::{Record, entropy, from_js, moment, to_js};
use crate::error::Refusal;
use crate::identity::{public_key, secret};

/// `parent` is the token to narrow, or undefined for a capability that starts a chain.
#[wasm_bindgen(js_name = signCapability)]
pub fn sign_capability(seed: Vec<u8>, parent: Option<String>, fields: &JsValue, agent_id: String, now_ms: f64) -> Result<JsValue, Refusal> {
    let secret = secret(seed)?;
    let draft = draft(parent.as_deref(), fields, agent_id, secret.public_key(), now_ms)?;
    Ok(described(&draft.sign(&secret)?))
}

#[wasm_bindgen(js_name = prepareCapability)]
pub fn prepare_capability(
    parent: Option<String>,
    fields: &JsValue,
    agent_id: String,
    key: &JsValue,
    now_ms: f64,
) -> Result<JsValue, Refusal> {
    let draft = draft(parent.as_deref(), fields, agent_id, public_key(key)?, now_ms)?;
    Ok(prepared(&draft.to_text(), &draft.signing_bytes()))
}

#[wasm_bindgen(js_name = finishCapability)]
pub fn finish_capability(unsigned: &str, signature: &[u8]) -> Result<JsValue, Refusal> {
    let draft = Draft::resume(json::parse(unsigned.as_bytes())?)?;
    Ok(described(&draft.finish(signature_of(signature)?)?))
}

/// The last of `tokens`: each of them verified, and one chain, root first, if there are several.
#[wasm_bindgen(js_name = capabilityView)]
pub fn capability_view(tokens: &Array) -> Result<JsValue, Refusal> {
    let chain = tokens.iter().map(|token| verified(&token.as_string().unwrap_or_default())).collect::<Result<Vec<_>, _>>()?;
    if chain.len() > 1 {
        let mut work = Work::of(chain.len().saturating_mul(MAX_TOKEN_BYTES));
        check_chain(&chain.iter().map(Capability::content).collect::<Vec<_>>(), &mut work)?;
    }
    let last = chain.last().ok_or_else(|| Refusal::new(Code::CapabilityInvalid, "no token"))?;
    Ok(described(last))
}

/// What a signer elsewhere is given to sign, and what its signature is put into.
pub(crate) fn prepared(unsigned: &str, signing_bytes: &[u8]) -> JsValue {
    Record::new().with("unsigned", unsigned).with("signing_bytes", Uint8Array::from(signing_bytes)).into()
}

pub(crate) fn signature_of(bytes: &[u8]) -> Result<Signature, Refusal> {
    let bytes = bytes.try_into().map_err(|_| Refusal::new(Code::SignatureEncodingInvalid, "an Ed25519 signature has 64 bytes"))?;
    Ok(Signature::from_bytes(bytes))
}

fn draft(parent: Option<&str>, fields: &JsValue, agent_id: String, public_key: PublicKey, now_ms: f64) -> Result<Draft, Refusal> {
    let issuer = Issuer { agent_id, public_key, entropy: entropy()?, now: moment(now_ms)? };
    let fields = from_js(fields)?;
    Ok(match parent {
        Some(token) => Draft::attenuate(&verified(token)?, fields, &issuer)?,
        None => Draft::issue(fields, &issuer)?,
    })
}

/// A token by itself is no field of a packet, whatever a gate would say of it.
fn verified(token: &str) -> Result<Capability, Refusal> {
    let read = checks::capability_token(token, "", &mut KeyTables::new(0), &mut Work::of(token.len()));
    Ok(read.map_err(|reason| Reason { field: None, ..reason })?)
}

fn described(capability: &Capability) -> JsValue {
    Record::new()
        .with("token", capability.to_token())
        .with("view", to_js(&capability.content().to_value()))
        .with("digest", hex(&capability.digest()))
        .into()
}
