//! The registry in memory.

use serde::Deserialize;
use trusthandoff::decision::Code;
use trusthandoff::registry::{AgentRecord, AgentRegistry, KeyWindow};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::moment;
use crate::error::Refusal;
use crate::identity::public_key;

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Details {
    roots: Vec<String>,
    not_before: Option<f64>,
    not_after: Option<f64>,
    reviewer: bool,
    revoker: bool,
}

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
    pub fn from_json(text: &str) -> Result<Self, JsValue> {
        Ok(Self(AgentRegistry::from_json(text.as_bytes()).map_err(Refusal::from)?))
    }

    #[wasm_bindgen(js_name = toJson)]
    pub fn to_json(&self) -> String {
        self.0.to_json()
    }

    pub fn register(&mut self, agent_id: &str, key: &JsValue, details: JsValue, now_ms: f64) -> Result<(), JsValue> {
        moment(now_ms).map_err(Refusal::from)?;
        let details: Details =
            serde_wasm_bindgen::from_value(details).map_err(|error| Refusal::new(Code::ConfigInvalid, error.to_string()))?;
        let at = |ms: Option<f64>| ms.map(moment).transpose().map_err(Refusal::from);
        let window = KeyWindow { key: public_key(key)?, not_before: at(details.not_before)?, not_after: at(details.not_after)? };
        let record = AgentRecord {
            keys: vec![window],
            roots: details.roots,
            reviewer: details.reviewer,
            revoker: details.revoker,
            revoked_at: None,
        };
        Ok(self.0.register(agent_id, record).map_err(Refusal::from)?)
    }

    pub fn rotate(&mut self, agent_id: &str, key: &JsValue, overlap_seconds: u32, now_ms: f64) -> Result<(), JsValue> {
        let now = moment(now_ms).map_err(Refusal::from)?;
        Ok(self.0.rotate(agent_id, public_key(key)?, overlap_seconds, now).map_err(Refusal::from)?)
    }

    pub fn revoke(&mut self, agent_id: &str, now_ms: f64) -> Result<(), JsValue> {
        let now = moment(now_ms).map_err(Refusal::from)?;
        Ok(self.0.revoke(agent_id, now).map_err(Refusal::from)?)
    }

    pub fn has(&self, agent_id: &str) -> bool {
        self.0.resolve(agent_id).is_some()
    }
}
