//! The gate's machine.

use js_sys::Array;
use trusthandoff::approval::Approval;
use trusthandoff::decision::{Code, Decision, Reason};
use trusthandoff::encoding::hex;
use trusthandoff::event::{Stamp, is_plain, of_accepted, of_decision, uuid};
use trusthandoff::gate::{
    Answer, Ask, Config, Counter, Failure, Gate, Hooks, Question, Recheck, Request, ReviewPolicy, Run, Standing, Step, Verification,
};
use trusthandoff::json::{Fields, Members, Style, Value, write};
use trusthandoff::packet::{Form, Packet};
use trusthandoff::registry::AgentRecord;
use trusthandoff::review::covered;
use trusthandoff::time::Timestamp;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::convert::{entropy, from_js, moment, to_js};
use crate::error::Refusal;
use crate::packet::verified;
use crate::registry::CoreRegistry;

/// The largest integer that a JavaScript number holds without loss.
const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

#[wasm_bindgen]
pub struct CoreGate(Gate);

#[wasm_bindgen]
impl CoreGate {
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue) -> Result<Self, Refusal> {
        let config = config(options).map_err(|reason| Refusal::from(Reason { code: Code::ConfigInvalid, ..reason }))?;
        let gate = Gate::new(config).map_err(|error| Refusal::from(Reason::at(Code::ConfigInvalid, error.to_string(), error.option)))?;
        Ok(Self(gate))
    }

    pub fn begin(&self, text: Vec<u8>, now_ms: f64, request: &JsValue) -> Result<CoreRun, Refusal> {
        let now = moment(now_ms)?;
        let begun = if request.is_undefined() { Begun::Run(self.0.begin(text, now)) } else { begun(&self.0, text, now, request)? };
        Ok(CoreRun { begun, decision: None })
    }
}

/// A text that asks to be let through, or that was and is asked about again.
enum Begun {
    Run(Run),
    Recheck(Recheck),
}

impl Begun {
    fn verification(&self) -> &Verification {
        match self {
            Self::Run(run) => run,
            Self::Recheck(recheck) => recheck,
        }
    }

    fn verification_mut(&mut self) -> &mut Verification {
        match self {
            Self::Run(run) => run,
            Self::Recheck(recheck) => recheck,
        }
    }

    fn advance(&mut self, gate: &mut Gate) -> Advanced {
        match self {
            Self::Run(run) => match gate.advance(run) {
                Step::Ask(ask) => Advanced::Ask(ask),
                Step::Done(decision) => Advanced::Decided(decision),
            },
            Self::Recheck(recheck) => match gate.advance_recheck(recheck) {
                Standing::Ask(ask) => Advanced::Ask(ask),
                Standing::Refused(decision) => Advanced::Decided(decision),
                Standing::Valid(until) => Advanced::Valid(until),
            },
        }
    }
}

/// What either came to.
enum Advanced {
    Ask(Ask),
    Decided(Box<Decision>),
    Valid(Timestamp),
}

#[wasm_bindgen]
pub struct CoreRun {
    begun: Begun,
    /// What it came to, once it has.
    decision: Option<Box<Decision>>,
}

#[wasm_bindgen]
impl CoreRun {
    pub fn advance(&mut self, gate: &mut CoreGate) -> String {
        let advanced = self.begun.advance(&mut gate.0);
        self.told(advanced)
    }

    /// As `advance`, with agents looked up in a registry of this instance.
    #[wasm_bindgen(js_name = advanceWith)]
    pub fn advance_with(&mut self, gate: &mut CoreGate, registry: &CoreRegistry) -> String {
        self.begun.verification_mut().restate(&registry.0);
        loop {
            match self.begun.advance(&mut gate.0) {
                Advanced::Ask(Ask { id, question: Question::Agent { agent_id } }) => {
                    let record = registry.0.resolve(&agent_id).cloned();
                    let run = self.begun.verification_mut();
                    run.resume(id, Answer::Agent(record), run.now());
                }
                advanced => return self.told(advanced),
            }
        }
    }

    /// Gives the host's reply as it is; what it means is decided here and in the core only.
    pub fn resume(&mut self, id: u32, reply: &JsValue, now_ms: f64) -> Result<(), Refusal> {
        let reply = match self.begun.verification().question() {
            Some(Question::Agent { .. }) => agent(reply),
            Some(Question::Overlap { .. }) => token(reply),
            Some(Question::Review { .. }) => approvals(reply),
            _ => reply.as_bool().map_or(Answer::Other, Answer::Flag),
        };
        self.begun.verification_mut().resume(id, reply, moment(now_ms)?);
        Ok(())
    }

    pub fn fail(&mut self, id: u32, failure: &str, now_ms: f64) -> Result<(), Refusal> {
        let failure = match failure {
            "full" => Failure::Full,
            "timeout" => Failure::Timeout,
            "late" => Failure::Late,
            "busy" => Failure::Busy,
            _ => Failure::Error,
        };
        self.begun.verification_mut().resume(id, Answer::Failed(failure), moment(now_ms)?);
        Ok(())
    }

    #[wasm_bindgen(js_name = askAgain)]
    pub fn ask_again(&mut self) {
        self.begun.verification_mut().ask_again();
    }

    #[wasm_bindgen(js_name = provenKey)]
    pub fn proven_key(&self) -> String {
        self.begun.verification().proven_key().unwrap_or_default().to_owned()
    }

    /// What people approve of the packet that was verified, with its times and signature: what is asked about, or what was accepted.
    /// `undefined` where there is none.
    pub fn view(&self) -> JsValue {
        let accepted = self.decision.as_ref().and_then(|decision| decision.packet());
        accepted
            .or_else(|| self.begun.verification().packet())
            .map_or(JsValue::UNDEFINED, |packet| to_js(&covered(packet.content(), packet.to_value())))
    }

    /// What people were asked to approve, or would have been; empty where nobody was looked for.
    #[wasm_bindgen(js_name = reviewDigest)]
    pub fn review_digest(&self) -> String {
        self.begun.verification().review_digest().to_owned()
    }

    /// What the decision gives occasion to tell, one event a line.
    pub fn events(&self, producer: &str, now_ms: f64) -> Result<String, Refusal> {
        let mut stamp = stamps(producer, now_ms)?;
        let events = self.decision.as_ref().map(|decision| of_decision(decision, &mut stamp)).unwrap_or_default();
        Ok(events.iter().map(|event| write(event, Style::ARRIVAL) + "\n").collect())
    }
}

/// The event of a text that was accepted, of a decision that was `plain`.
#[wasm_bindgen(js_name = acceptedEvent)]
pub fn accepted_event(text: &[u8], producer: &str, now_ms: f64) -> Result<String, Refusal> {
    Ok(write(&of_accepted(&verified(text)?, stamps(producer, now_ms)?()), Style::ARRIVAL))
}

/// Stamps of this moment, each with an id of its own.
fn stamps(producer: &str, now_ms: f64) -> Result<impl FnMut() -> Stamp, Refusal> {
    let (at, mut id) = (moment(now_ms)?, u128::from_be_bytes(entropy()?));
    Ok(move || {
        id = id.wrapping_add(1);
        Stamp { id: uuid(id), at, producer: producer.to_owned() }
    })
}

impl CoreRun {
    fn told(&mut self, advanced: Advanced) -> String {
        match advanced {
            Advanced::Ask(ask) => question(ask),
            Advanced::Decided(decision) => {
                let text = answer(&decision);
                self.decision = Some(decision);
                text
            }
            Advanced::Valid(until) => write(
                &Members::new().with("valid", Members::new().with("valid_until_ms", until.millis()).object()).object(),
                Style::OUTCOME,
            ),
        }
    }
}

/// Nothing known of an agent is `null` or `undefined`; anything that is no record is a wrong reply.
pub(crate) fn agent(reply: &JsValue) -> Answer {
    if reply.is_null() || reply.is_undefined() {
        return Answer::Agent(None);
    }
    let read = from_js(reply).ok().and_then(|value| AgentRecord::read(value, "").ok());
    read.map_or(Answer::Other, |record| Answer::Agent(Some(record)))
}

/// No successor is `null` or `undefined`.
fn token(reply: &JsValue) -> Answer {
    if reply.is_null() || reply.is_undefined() {
        return Answer::Token(None);
    }
    reply.as_string().map_or(Answer::Other, |text| Answer::Token(Some(text)))
}

/// One signed approval, several, or none.
fn approvals(reply: &JsValue) -> Answer {
    if reply.is_null() || reply.is_undefined() {
        return Answer::Approvals(Vec::new());
    }
    if let Some(text) = reply.as_string() {
        return Answer::Approvals(vec![text]);
    }
    let texts = reply.dyn_ref::<Array>().and_then(|items| items.iter().map(|item| item.as_string()).collect());
    texts.map_or(Answer::Other, Answer::Approvals)
}

fn begun(gate: &Gate, text: Vec<u8>, now: Timestamp, options: &JsValue) -> Result<Begun, Reason> {
    let mut fields = Fields::of(from_js(options)?, "")?;
    let (action, purpose) = (fields.optional_text("action"), fields.optional_text("purpose"));
    let mut request = Request {
        execute: false,
        approvals: fields.texts("approvals"),
        on_review: fields.flag("on_review"),
        policy: fields.flag("policy"),
    };
    fields.finish()?;
    Ok(match (purpose.as_deref(), action) {
        (Some("revalidate"), None) => Begun::Recheck(gate.recheck(text, now)),
        (Some("use"), Some(action)) => Begun::Recheck(gate.recheck_use(text, now, action)),
        (purpose @ (None | Some("handle" | "execute")), None) => {
            request.execute = purpose == Some("execute");
            Begun::Run(gate.begin_with(text, now, request))
        }
        _ => return Err(Reason::at(Code::ConfigInvalid, "unknown `purpose`", "purpose")),
    })
}

/// What stands between the machine and its host travels as one JSON text: a crossing a field costs
/// more than all the checks together.
fn question(Ask { id, question }: Ask) -> String {
    let mut asked = Members::new();
    let ask = match &question {
        Question::Agent { agent_id } => {
            asked.with("agent_id", agent_id.as_str());
            "agent"
        }
        Question::Revocation { keys } => {
            asked.with("keys", keys.as_slice());
            "revocation"
        }
        Question::Approval { review_digest, packet_id } => {
            asked.with("review_digest", review_digest.as_str()).with("packet_id", packet_id.as_str());
            "approval"
        }
        Question::Review { review_digest, packet_id, valid, threshold, expires_at_ms } => {
            asked.with("review_digest", review_digest.as_str()).with("packet_id", packet_id.as_str());
            asked.with("valid", i64::from(*valid)).with("threshold", i64::from(*threshold)).with("expires_at_ms", *expires_at_ms);
            "review"
        }
        Question::Overlap { digest } => {
            asked.with("digest", digest.as_str());
            "overlap"
        }
        Question::Boundary { boundary } => {
            asked.with("boundary", boundary.as_str());
            "boundary"
        }
        Question::Counters { counters, expires_at_ms, now_ms, issued_at_ms } => {
            let each = |c: &Counter| Members::new().with("key", c.key.as_str()).with("limit", c.limit.min(MAX_SAFE_INTEGER)).object();
            asked.with("counters", Value::Array(counters.iter().map(each).collect()));
            asked.with("expires_at_ms", *expires_at_ms).with("now_ms", *now_ms).with("issued_at_ms", *issued_at_ms);
            "counters"
        }
        Question::Nonce { key, expires_at_ms, now_ms, issued_at_ms, nonce, agent_id, fingerprint } => {
            asked.with("key", key.as_str()).with("expires_at_ms", *expires_at_ms);
            asked.with("now_ms", *now_ms).with("issued_at_ms", *issued_at_ms);
            asked.with("nonce", nonce.as_str()).with("agent_id", agent_id.as_str()).with("fingerprint", fingerprint.as_str());
            "nonce"
        }
        _ => "policy",
    };
    write(&asked.with("ask", ask).with("id", i64::from(id)).object(), Style::OUTCOME)
}

fn answer(decision: &Decision) -> String {
    let reason = decision.reason();
    let claimed = decision.claimed();
    let content = decision.packet().map(Packet::content);
    let millis = |end: Option<Timestamp>| end.map(Timestamp::millis);
    let runtime = content.and_then(|c| c.constraints.as_ref()).and_then(|c| c.max_runtime_seconds.as_ref());
    let runtime = runtime.map(|most| most.saturating_i64().saturating_mul(1000).clamp(0, MAX_SAFE_INTEGER));
    let notices: Vec<String> = decision.notices().iter().map(|notice| notice.as_str().to_owned()).collect();
    let done = Members::new()
        .with("decision", decision.as_str())
        .with("code", reason.map(|r| r.code.as_str()))
        .with("reason", reason.map(|r| r.message.as_str()))
        .with("field", reason.and_then(|r| r.field.as_deref()))
        .with("packet_id", claimed.map(|c| c.packet_id.as_str()))
        .with("form", claimed.and_then(|c| c.form).map(Form::as_str))
        .with("agent_id", claimed.map(|c| c.from_agent.as_str()))
        .with("fingerprint", claimed.map(|c| c.fingerprint.as_str()))
        .with("expires_at_ms", millis(content.and_then(|c| c.expires_at)))
        .with("valid_until_ms", millis(decision.accepted().map(|accepted| accepted.valid_until)))
        .with("max_runtime_ms", runtime)
        .with("notices", notices.as_slice())
        .with("reviews", Value::Array(decision.reviews().iter().map(review_of).collect()))
        .with("plain", is_plain(decision))
        .object();
    let mut answer = write(&Members::new().with("done", done).object(), Style::OUTCOME);
    // The checks are read only when somebody asks for them, so they follow as plain lines. No finding
    // holds a control character.
    for finding in decision.findings() {
        let outcome = if finding.refusal.is_some() { "fail" } else { "pass" };
        for part in ["\n", finding.check.as_str(), "\t", outcome, "\t", &finding.detail] {
            answer.push_str(part);
        }
    }
    answer
}

/// Whose word decided, and under which digest others find it.
fn review_of(approval: &Approval) -> Value {
    let content = approval.content();
    Members::new()
        .with("decision", content.body.decision.as_str())
        .with("reviewer", content.body.reviewer.as_str())
        .with("fingerprint", content.public_key.fingerprint())
        .with("note", content.body.note.as_deref())
        .with("digest", hex(&approval.digest()))
        .object()
}

/// The options, where an absent one has its default.
fn config(options: &JsValue) -> Result<Config, Reason> {
    let mut fields = Fields::of(from_js(options)?, "")?;
    let mut config = Config::new("");
    let limits = &mut config.limits;
    for (name, slot) in [
        ("ttl_write", &mut limits.write_ttl),
        ("ttl_read", &mut limits.read_ttl),
        ("max_lifetime_seconds", &mut limits.lifetime),
        ("max_capability_seconds", &mut limits.capability),
        ("skew_seconds", &mut limits.skew),
        ("grace_seconds", &mut limits.grace),
        ("max_depth", &mut config.max_depth),
    ] {
        if let Some(n) = fields.optional_integer(name) {
            // Beyond `u32` is beyond every range, which the gate checks.
            *slot = u32::try_from(n.saturating_i64()).unwrap_or(u32::MAX);
        }
    }
    config.audience = fields.required_texts("audience");
    config.self_certifying = fields.flag("self_certifying");
    config.strict = fields.flag("strict");
    config.require_capability = fields.flag("require_capability");
    config.hooks = fields.nested("hooks", |hooks| Hooks {
        approvals: hooks.flag("approvals"),
        policy: hooks.flag("policy"),
        revocations: hooks.flag("revocations"),
        revocations_at_hand: hooks.flag("revocations_at_hand"),
        overlap: hooks.flag("overlap"),
        boundary: hooks.flag("boundary"),
    });
    if let Some(review) = fields.optional_nested("review", review) {
        config.review = review;
    }
    fields.finish()?;
    Ok(config)
}

fn review(fields: &mut Fields) -> ReviewPolicy {
    ReviewPolicy {
        threshold: fields.optional_integer("threshold").map_or(1, |n| u32::try_from(n.saturating_i64()).unwrap_or(u32::MAX)),
        reviewers: fields.texts("reviewers"),
        ai_writes: fields.flag("ai_writes"),
    }
}
