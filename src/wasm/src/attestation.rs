//! Attestations: what ran, what came of it, and whether it is the one that somebody expects.

use trusthandoff::attestation::{Draft, Issuer, UnverifiedAttestation};
use trusthandoff::chain;
use trusthandoff::checks::{self, Expected};
use trusthandoff::crypto::PublicKey;
use trusthandoff::decision::Reason;
use trusthandoff::encoding::hex;
use trusthandoff::identity::{agent_id, public_key_from_pem};
use trusthandoff::json::{Fields, Value};
use trusthandoff::registry::{AgentRecord, AgentRegistry};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::{Record, entropy, from_js, moment, to_js};
use crate::error::Refusal;
use crate::registry::CoreRegistry;

/// Of `{packet_id, status, result, reason}`.
pub(crate) fn draft(fields: Value, agent_id: String, public_key: PublicKey, now_ms: f64) -> Result<Draft, Refusal> {
    let now_ms = u64::try_from(moment(now_ms)?.millis()).unwrap_or(0);
    let mut fields = Fields::of(fields, "")?;
    let (packet_id, status) = (fields.text("packet_id"), fields.text("status"));
    let outcomes = outcomes(fields)?;
    let issuer = Issuer { agent_id, public_key, now_ms, nonce: u128::from_be_bytes(entropy()?) };
    Ok(Draft::new(&packet_id, &status, &outcomes.0, outcomes.1.as_ref(), &issuer)?)
}

/// What an attestation says, proven or not.
#[wasm_bindgen(js_name = attestationView)]
pub fn attestation_view(text: &[u8]) -> Result<JsValue, Refusal> {
    Ok(described(&UnverifiedAttestation::read(chain::parse_limited(text)?, "")?))
}

/// Of `{packet_id, statuses, agent_id, now_ms, result, reason}` and `public_key_pem`, which is then the
/// agent's only key.
#[wasm_bindgen(js_name = verifyAttestation)]
pub fn verify_attestation(text: &[u8], expected: &JsValue) -> Result<JsValue, Refusal> {
    judge(text, expected, &AgentRegistry::default())
}

#[wasm_bindgen]
impl CoreRegistry {
    /// As the function, with the agent looked up here.
    #[wasm_bindgen(js_name = verifyAttestation)]
    pub fn verify_attestation(&self, text: &[u8], expected: &JsValue) -> Result<JsValue, Refusal> {
        judge(text, expected, &self.0)
    }
}

fn judge(text: &[u8], expected: &JsValue, registry: &AgentRegistry) -> Result<JsValue, Refusal> {
    let mut fields = Fields::of(from_js(expected)?, "")?;
    let key = fields.optional_text("public_key_pem");
    let now = fields.optional_integer("now_ms");
    let mut expected = Expected {
        packet_id: fields.text("packet_id"),
        statuses: fields.required_texts("statuses"),
        agent_id: fields.optional_text("agent_id"),
        #[allow(clippy::cast_precision_loss)]
        now: now.map(|ms| moment(ms.saturating_i64() as f64)).transpose()?,
    };
    let (result, reason) = outcomes(fields)?;
    let read = UnverifiedAttestation::read(chain::parse_limited(text)?, "")?;
    let own;
    let signer = match key {
        None => registry.resolve(&read.signed_by),
        Some(pem) => {
            let key = public_key_from_pem(&pem)?;
            // A key without a name has the one that follows from it.
            expected.agent_id.get_or_insert_with(|| agent_id(&key));
            own = AgentRecord::of_key(key);
            Some(&own)
        }
    };
    Ok(described(checks::attestation(read, &result, reason.as_ref(), signer, &expected)?.content()))
}

/// Result and reason: as values, or as the JSON text that was exchanged, so that no number is lost.
fn outcomes(mut fields: Fields) -> Result<(Value, Option<Value>), Refusal> {
    let (result, reason) = (fields.required("result"), fields.optional("reason"));
    fields.finish()?;
    Ok((outcome(result)?, reason.map(outcome).transpose()?))
}

fn outcome(value: Value) -> Result<Value, Reason> {
    match value {
        Value::String(text) => Ok(chain::parse_limited(text.as_bytes())?),
        value => Ok(value),
    }
}

#[allow(clippy::cast_precision_loss)]
pub(crate) fn described(content: &UnverifiedAttestation) -> JsValue {
    let (replay_key, end) = content.replay_key();
    Record::new()
        .with("text", content.to_text())
        .with("view", to_js(&content.to_value()))
        .with("digest", hex(&content.digest()))
        .with("replay_key", replay_key)
        .with("replay_until_ms", end as f64)
        .into()
}
