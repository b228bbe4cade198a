//! The registry in memory.

use trusthandoff::crypto::PublicKey;
use trusthandoff::decision::{Code, Reason};
use trusthandoff::json::{Fields, Value};
use trusthandoff::registry::{AgentRecord, AgentRegistry, KeyWindow};
use trusthandoff::time::Timestamp;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::{from_js, moment};
use crate::error::Refusal;
use crate::identity::public_key;

#[wasm_bindgen]
#[derive(Default)]
pub struct CoreRegistry(pub(crate) AgentRegistry);

#[wasm_bindgen]
impl CoreRegistry {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    #[wasm_bindgen(js_name = fromJson)]
    pub fn from_json(text: &str) -> Result<Self, Refusal> {
        Ok(Self(AgentRegistry::from_json(text.as_bytes())?))
    }

    #[wasm_bindgen(js_name = toJson)]
    pub fn to_json(&self) -> String {
        self.0.to_json()
    }

    pub fn register(&mut self, agent_id: &str, key: &JsValue, details: &JsValue, now_ms: f64) -> Result<(), Refusal> {
        moment(now_ms)?;
        let record = record(public_key(key)?, details).map_err(|reason| Refusal::from(Reason { code: Code::ConfigInvalid, ..reason }))?;
        Ok(self.0.register(agent_id, record)?)
    }

    pub fn rotate(&mut self, agent_id: &str, key: &JsValue, overlap_seconds: u32, now_ms: f64) -> Result<(), Refusal> {
        let now = moment(now_ms)?;
        Ok(self.0.rotate(agent_id, public_key(key)?, overlap_seconds, now)?)
    }

    pub fn revoke(&mut self, agent_id: &str, now_ms: f64) -> Result<(), Refusal> {
        let now = moment(now_ms)?;
        Ok(self.0.revoke(agent_id, now)?)
    }

    pub fn has(&self, agent_id: &str) -> bool {
        self.0.resolve(agent_id).is_some()
    }
}

/// One key with `{roots, not_before, not_after, reviewer, revoker}`, times in milliseconds.
fn record(key: PublicKey, details: &JsValue) -> Result<AgentRecord, Reason> {
    let mut fields = Fields::of(from_js(details)?, "")?;
    let window = KeyWindow { key, not_before: time(&mut fields, "not_before")?, not_after: time(&mut fields, "not_after")? };
    let record = AgentRecord {
        keys: vec![window],
        roots: fields.texts("roots"),
        reviewer: fields.flag("reviewer"),
        revoker: fields.flag("revoker"),
        revoked_at: None,
    };
    fields.finish()?;
    Ok(record)
}

fn time(fields: &mut Fields, name: &str) -> Result<Option<Timestamp>, Reason> {
    match fields.optional(name) {
        None => Ok(None),
        #[allow(clippy::cast_precision_loss)]
        Some(Value::Int(ms)) => moment(ms.saturating_i64() as f64).map(Some),
        Some(Value::Float(ms)) => moment(ms.value()).map(Some),
        Some(_) => Err(Reason::at(Code::ConfigInvalid, format!("`{name}` must be milliseconds since 1970"), name)),
    }
}
