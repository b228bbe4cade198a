//! The gate's machine.

use js_sys::Array;
use serde::Deserialize;
use trusthandoff::decision::{Code, Decision, Reason};
use trusthandoff::gate::{Answer, Ask, Config, Failure, Gate, Hooks, Question, Run, Step};
use trusthandoff::packet::Form;
use trusthandoff::registry::AgentRecord;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::{from_js, moment, optional, record};
use crate::error::Refusal;
use crate::registry::CoreRegistry;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    audience: Vec<String>,
    self_certifying: bool,
    max_depth: Option<u32>,
    ttl_write: Option<u32>,
    ttl_read: Option<u32>,
    max_lifetime_seconds: Option<u32>,
    skew_seconds: Option<u32>,
    grace_seconds: Option<u32>,
    strict: bool,
    hooks: HookOptions,
}

#[derive(Deserialize)]
struct HookOptions {
    approvals: bool,
    policy: bool,
    revocations: bool,
}

#[wasm_bindgen]
pub struct CoreGate(Gate);

#[wasm_bindgen]
impl CoreGate {
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue) -> Result<Self, JsValue> {
        let invalid = |message: String| Refusal::new(Code::ConfigInvalid, message);
        let options: Options = serde_wasm_bindgen::from_value(options).map_err(|error| invalid(error.to_string()))?;
        let mut config = Config::new("");
        let limits = &mut config.limits;
        limits.write_ttl = options.ttl_write.unwrap_or(limits.write_ttl);
        limits.read_ttl = options.ttl_read.unwrap_or(limits.read_ttl);
        limits.lifetime = options.max_lifetime_seconds.unwrap_or(limits.lifetime);
        limits.skew = options.skew_seconds.unwrap_or(limits.skew);
        limits.grace = options.grace_seconds.unwrap_or(limits.grace);
        config.audience = options.audience;
        config.self_certifying = options.self_certifying;
        config.max_depth = options.max_depth.unwrap_or(config.max_depth);
        config.strict = options.strict;
        let HookOptions { approvals, policy, revocations } = options.hooks;
        config.hooks = Hooks { approvals, policy, revocations };
        let gate = Gate::new(config).map_err(|error| Refusal::from(Reason::at(Code::ConfigInvalid, error.to_string(), error.option)))?;
        Ok(Self(gate))
    }

    pub fn begin(&self, text: &[u8], now_ms: f64) -> Result<CoreRun, JsValue> {
        Ok(CoreRun(self.0.begin(text, moment(now_ms).map_err(Refusal::from)?)))
    }
}

#[wasm_bindgen]
pub struct CoreRun(Run);

#[wasm_bindgen]
impl CoreRun {
    pub fn advance(&mut self, gate: &mut CoreGate) -> JsValue {
        match gate.0.advance(&mut self.0) {
            Step::Done(decision) => record([("done", describe(&decision))]),
            Step::Ask(ask) => question(ask),
        }
    }

    /// As `advance`, with agents looked up in a registry of this instance.
    #[wasm_bindgen(js_name = advanceWith)]
    pub fn advance_with(&mut self, gate: &mut CoreGate, registry: &CoreRegistry) -> JsValue {
        loop {
            match gate.0.advance(&mut self.0) {
                Step::Ask(Ask { id, question: Question::Agent { agent_id } }) => {
                    let record = registry.0.resolve(&agent_id).cloned();
                    let now = self.0.now();
                    self.0.resume(id, Answer::Agent(record), now);
                }
                Step::Ask(ask) => return question(ask),
                Step::Done(decision) => return record([("done", describe(&decision))]),
            }
        }
    }

    /// Gives the host's reply as it is; what it means is decided here and in the core only.
    pub fn resume(&mut self, id: u32, reply: &JsValue, now_ms: f64) -> Result<(), JsValue> {
        let answer = if self.0.asks_for_agent() { agent(reply) } else { reply.as_bool().map_or(Answer::Other, Answer::Flag) };
        self.0.resume(id, answer, moment(now_ms).map_err(Refusal::from)?);
        Ok(())
    }

    pub fn fail(&mut self, id: u32, failure: &str, now_ms: f64) -> Result<(), JsValue> {
        let failure = match failure {
            "full" => Failure::Full,
            "timeout" => Failure::Timeout,
            _ => Failure::Error,
        };
        self.0.resume(id, Answer::Failed(failure), moment(now_ms).map_err(Refusal::from)?);
        Ok(())
    }
}

/// Nothing known of an agent is `null` or `undefined`; anything that is no record is a wrong reply.
fn agent(reply: &JsValue) -> Answer {
    if reply.is_null() || reply.is_undefined() {
        return Answer::Agent(None);
    }
    let read = from_js(reply).ok().and_then(|value| AgentRecord::read(value, "").ok());
    read.map_or(Answer::Other, |record| Answer::Agent(Some(record)))
}

fn question(Ask { id, question }: Ask) -> JsValue {
    let id = ("id", JsValue::from(id));
    #[allow(clippy::cast_precision_loss)]
    match question {
        Question::Agent { agent_id } => record([("ask", "agent".into()), id, ("agent_id", agent_id.into())]),
        Question::Revocation { keys } => {
            let keys = keys.into_iter().map(JsValue::from).collect::<Array>();
            record([("ask", "revocation".into()), id, ("keys", keys.into())])
        }
        Question::Approval { review_digest, packet_id } => {
            record([("ask", "approval".into()), id, ("review_digest", review_digest.into()), ("packet_id", packet_id.into())])
        }
        Question::Nonce { key, expires_at_ms, now_ms, nonce, agent_id, fingerprint } => record([
            ("ask", "nonce".into()),
            id,
            ("key", key.into()),
            ("expires_at_ms", (expires_at_ms as f64).into()),
            ("now_ms", (now_ms as f64).into()),
            ("nonce", nonce.into()),
            ("agent_id", agent_id.into()),
            ("fingerprint", fingerprint.into()),
        ]),
        _ => record([("ask", "policy".into()), id]),
    }
}

fn describe(decision: &Decision) -> JsValue {
    let reason = decision.reason();
    let claimed = decision.claimed();
    let packet = decision.packet();
    let checks = decision.findings().iter().map(|finding| {
        record([
            ("check", finding.check.as_str().into()),
            ("outcome", if finding.refusal.is_some() { "fail" } else { "pass" }.into()),
            ("detail", finding.detail.as_str().into()),
        ])
    });
    #[allow(clippy::cast_precision_loss)]
    let expires = packet.and_then(|p| p.content().expires_at).map_or(JsValue::NULL, |end| (end.micros() as f64 / 1000.0).into());
    record([
        ("decision", decision.as_str().into()),
        ("code", optional(reason.map(|r| r.code.as_str()))),
        ("reason", optional(reason.map(|r| r.message.as_str()))),
        ("field", optional(reason.and_then(|r| r.field.as_deref()))),
        ("packet_id", optional(claimed.map(|c| c.packet_id.as_str()))),
        ("form", optional(packet.map(|p| Form::as_str(p.form())))),
        ("agent_id", optional(claimed.map(|c| c.from_agent.as_str()))),
        ("fingerprint", optional(claimed.map(|c| c.fingerprint.as_str()))),
        ("expires_at_ms", expires),
        ("checks", checks.collect::<Array>().into()),
    ])
}
