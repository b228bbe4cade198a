//! The attack vectors (`tests/vectors/attacks.json`), and the receiver they are handed to.

use std::collections::BTreeMap;

use crate::driver::Request;
use serde_json::Value as Json;
use trusthandoff::gate::{Answer, Config, Counter, Failure, Gate, Question};
use trusthandoff::registry::AgentRegistry;
use trusthandoff::replay::{NonceStore, Taken};
use trusthandoff::time::Timestamp;

use crate::driver::{End, run};

/// The file.
#[must_use]
pub fn attacks() -> Json {
    serde_json::from_str(include_str!("../../../tests/vectors/attacks.json")).expect("the vectors")
}

/// A text of the file: itself, its place among the shared ones, or its pieces.
#[must_use]
pub fn bytes(text: &Json, shared: &Json) -> Vec<u8> {
    match text {
        Json::String(text) => text.as_bytes().to_vec(),
        Json::Number(place) => bytes(&shared[usize::try_from(place.as_u64().expect("a place")).expect("fits")], shared),
        Json::Array(pieces) => pieces.iter().flat_map(|piece| bytes(piece, shared)).collect(),
        Json::Object(piece) => match piece.get("hex") {
            Some(hex) => base16ct::lower::decode_vec(hex.as_str().expect("text")).expect("hexadecimal"),
            None => {
                let times = usize::try_from(piece["times"].as_u64().expect("a number")).expect("fits");
                piece["repeat"].as_str().expect("text").repeat(times).into_bytes()
            }
        },
        _ => panic!("no text"),
    }
}

fn strings(list: &Json) -> Vec<String> {
    list.as_array().expect("a list").iter().map(|item| item.as_str().expect("text").to_owned()).collect()
}

/// How a receiver of the file is set up, and what its host answers.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `gate` of the file with that of a case over it.
    pub given: Json,
    /// The gate's.
    pub config: Config,
    /// The host's.
    pub registry: AgentRegistry,
}

impl Settings {
    /// `given` over the defaults of the file.
    #[must_use]
    pub fn new(defaults: &Json, given: &Json) -> Self {
        let mut settings = defaults.clone();
        for (name, value) in given.as_object().into_iter().flatten() {
            settings[name] = value.clone();
        }
        let registry = AgentRegistry::from_json(settings["registry"].as_str().expect("a registry").as_bytes()).expect("a registry");
        Self { config: config(&settings), registry, given: settings }
    }

    /// What the host says that keeps no account of nonces and tool calls.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Answer {
        let listed = |list: &Json, item: &str| list.as_array().into_iter().flatten().any(|listed| listed == item);
        let given = &self.given;
        match question {
            Question::Agent { agent_id } => Answer::Agent(self.registry.resolve(agent_id).cloned()),
            Question::Revocation { keys } => Answer::Flag(keys.iter().any(|key| listed(&given["revoked"], key))),
            Question::Approval { review_digest, .. } => Answer::Flag(listed(&given["approved"], review_digest)),
            Question::Overlap { digest } => Answer::Token(given["overlap"][digest].as_str().map(str::to_owned)),
            Question::Boundary { boundary } => Answer::Flag(listed(&given["boundary"], boundary)),
            Question::Policy => Answer::Flag(given["policy"] == true),
            _ => Answer::Other,
        }
    }
}

fn config(settings: &Json) -> Config {
    let mut config = Config::new("agent:nobody");
    let limits = &mut config.limits;
    for (name, slot) in [
        ("max_depth", &mut config.max_depth),
        ("ttl_read", &mut limits.read_ttl),
        ("ttl_write", &mut limits.write_ttl),
        ("max_lifetime_seconds", &mut limits.lifetime),
        ("skew_seconds", &mut limits.skew),
        ("grace_seconds", &mut limits.grace),
        ("threshold", &mut config.review.threshold),
    ] {
        if let Some(number) = settings[name].as_u64() {
            *slot = u32::try_from(number).expect("fits");
        }
    }
    config.audience = strings(&settings["audience"]);
    config.self_certifying = settings["self_certifying"] == true;
    config.strict = settings["strict"] == true;
    config.require_capability = settings["require_capability"] == true;
    config.hooks.approvals = settings["approved"].is_array();
    config.hooks.policy = settings["policy"].is_boolean();
    config.hooks.revocations = settings["revoked"].is_array();
    config.hooks.overlap = settings["overlap"].is_object();
    config.hooks.boundary = settings["boundary"].is_array();
    config.review.ai_writes = settings["ai_writes"] == true;
    if settings["reviewers"].is_array() {
        config.review.reviewers = strings(&settings["reviewers"]);
    }
    config
}

/// A gate with its store and the host around it.
#[derive(Debug)]
pub struct Receiver {
    /// How it is set up.
    pub settings: Settings,
    /// The nonces it has taken.
    pub store: NonceStore,
    /// How often it said ACCEPT.
    pub accepted: usize,
    gate: Gate,
    counted: BTreeMap<String, i64>,
}

impl Receiver {
    /// `given` over the defaults of the file.
    #[must_use]
    pub fn new(defaults: &Json, given: &Json) -> Self {
        let settings = Settings::new(defaults, given);
        let gate = Gate::new(settings.config.clone()).expect("a configuration");
        Self { settings, store: NonceStore::new(100), accepted: 0, gate, counted: BTreeMap::new() }
    }

    /// Hands a text over.
    pub fn receive(&mut self, text: &[u8], request: Request, now: Timestamp) -> End {
        let Self { settings, store, gate, counted, .. } = self;
        let end = run(gate, text, request, now, |ask| (answer(settings, store, counted, &ask.question), now));
        self.accepted += usize::from(matches!(&end, End::Decided(decision) if decision.packet().is_some()));
        end
    }
}

fn answer(settings: &Settings, store: &mut NonceStore, counted: &mut BTreeMap<String, i64>, question: &Question) -> Answer {
    let fixed = match question {
        Question::Counters { .. } => &settings.given["counters"],
        Question::Nonce { .. } => &settings.given["nonces"],
        _ => return settings.answer(question),
    };
    match (fixed, question) {
        (Json::Bool(fixed), _) => Answer::Flag(*fixed),
        (Json::String(_), _) => Answer::Failed(Failure::Full),
        (_, Question::Counters { counters, .. }) => Answer::Flag(count(counted, counters)),
        (_, Question::Nonce { key, fingerprint, expires_at_ms, now_ms, .. }) => {
            match store.check_and_store(key, fingerprint, *expires_at_ms, *now_ms) {
                Taken::Full => Answer::Failed(Failure::Full),
                taken => Answer::Flag(taken == Taken::Stored),
            }
        }
        _ => Answer::Other,
    }
}

/// Under all of these keys, or under none.
pub fn count(counted: &mut BTreeMap<String, i64>, counters: &[Counter]) -> bool {
    let is_left = counters.iter().all(|counter| counted.get(&counter.key).copied().unwrap_or_default() < counter.limit);
    if is_left {
        for counter in counters {
            *counted.entry(counter.key.clone()).or_default() += 1;
        }
    }
    is_left
}
