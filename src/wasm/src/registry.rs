//! The registry in memory.

use js_sys::Array;
use trusthandoff::crypto::PublicKey;
use trusthandoff::decision::{Code, Reason};
use trusthandoff::json::{Fields, Value};
use trusthandoff::registry::{AgentRegistry, KeyWindow, Role, Roles};
use trusthandoff::time::Timestamp;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::{from_js, moment, to_js};
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
        let details = details_of(public_key(key)?, details);
        let (window, roles) = details.map_err(|reason| Refusal::from(Reason { code: Code::ConfigInvalid, ..reason }))?;
        Ok(self.0.admit(agent_id, window, roles)?)
    }

    pub fn rotate(&mut self, agent_id: &str, key: &JsValue, overlap_seconds: u32, now_ms: f64) -> Result<(), Refusal> {
        let now = moment(now_ms)?;
        Ok(self.0.rotate(agent_id, public_key(key)?, overlap_seconds, now)?)
    }

    pub fn revoke(&mut self, agent_id: &str, now_ms: f64) -> Result<(), Refusal> {
        let now = moment(now_ms)?;
        Ok(self.0.revoke(agent_id, now)?)
    }

    /// `role` is `roots`, `reviewer` or `revoker`.
    pub fn withdraw(&mut self, agent_id: &str, role: &str) -> Result<(), Refusal> {
        let role = match role {
            "roots" => Role::Roots,
            "reviewer" => Role::Reviewer,
            "revoker" => Role::Revoker,
            _ => return Err(Refusal::new(Code::ConfigInvalid, format!("the role must be `roots`, `reviewer` or `revoker`, not `{role}`"))),
        };
        Ok(self.0.withdraw(agent_id, role)?)
    }

    pub fn remove(&mut self, agent_id: &str) -> bool {
        self.0.remove(agent_id)
    }

    pub fn reload(&mut self, text: &str) -> Result<(), Refusal> {
        Ok(self.0.reload(text.as_bytes())?)
    }

    pub fn has(&self, agent_id: &str) -> bool {
        self.0.resolve(agent_id).is_some()
    }

    /// The record as a registry file has it, or undefined.
    pub fn get(&self, agent_id: &str) -> JsValue {
        self.0.resolve(agent_id).map_or(JsValue::UNDEFINED, |record| to_js(&record.to_value()))
    }

    pub fn list(&self) -> Array {
        self.0.ids().map(JsValue::from).collect()
    }
}

/// One key with `{roots, not_before, not_after, reviewer, revoker}`, times in milliseconds.
fn details_of(key: PublicKey, details: &JsValue) -> Result<(KeyWindow, Roles), Reason> {
    let mut fields = Fields::of(from_js(details)?, "")?;
    let window = KeyWindow { key, not_before: time(&mut fields, "not_before")?, not_after: time(&mut fields, "not_after")? };
    let roots = fields.has("roots").then(|| fields.texts("roots"));
    let [reviewer, revoker] = ["reviewer", "revoker"].map(|role| fields.has(role).then(|| fields.flag(role)));
    fields.finish()?;
    Ok((window, Roles { roots, reviewer, revoker }))
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
