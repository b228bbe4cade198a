//! From an envelope to a decision: whoever signs nothing is let through nowhere.
//!
//! The attack vectors are what an attacker has seen: genuine texts and forged ones. The input says what is made of them
//! (other values, parts of other texts, other bytes), how the gate is set up, and what its host answers. Input that
//! begins with `{` is the envelope itself. Nothing here can sign, and every nonce that was ever signed has been taken, so:
//!
//! - there is no ACCEPT;
//! - a nonce is asked for, and what was accepted before is called good, only of a packet that was signed as it stands,
//!   for this receiver, not expired, and with a proof of packets and capabilities that were signed as they stand;
//! - a gate asks a bounded number of questions, and says in one line of bounded length why it refuses.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::driver::{Purpose, Request};
use arbitrary::{Arbitrary, Unstructured};
use trusthandoff::capability::UnverifiedCapability;
use trusthandoff::chain::{Envelope, parse_packet};
use trusthandoff::crypto::{KeyTables, PublicKey, sha256};
use trusthandoff::decision::{Code, Decision};
use trusthandoff::encoding::{from_base64, from_base64url};
use trusthandoff::gate::{Answer, Config, Gate, Question};
use trusthandoff::json::{self, Style, Value};
use trusthandoff::packet::{Content, UnverifiedPacket};
use trusthandoff::time::Timestamp;

use crate::driver::{End, run};
use crate::fault::FAILURES;
use crate::fuzz::edit::{Edit, Spoil, edited, spoilt};
use crate::vectors::{self, Settings};

/// Longest text of the vectors that is taken up; the longer ones are about size.
const MAX_TEXT: usize = 16 * 1024;

/// One handing over of the vectors.
struct Scene {
    settings: usize,
    text: usize,
    approvals: Vec<String>,
    now: Timestamp,
    uses: Vec<String>,
}

/// All that was seen.
struct Seen {
    settings: Vec<Settings>,
    texts: Vec<Vec<u8>>,
    scenes: Vec<Scene>,
    /// Approvals and tokens.
    statements: Vec<String>,
    /// The agents of the registry of the file.
    agents: Vec<String>,
    /// Digests of what was signed, as packets.
    signed: BTreeSet<[u8; 32]>,
    /// Tokens that were signed.
    tokens: BTreeSet<String>,
}

static SEEN: LazyLock<Seen> = LazyLock::new(seen);

fn seen() -> Seen {
    let file = vectors::attacks();
    let mut seen = Seen {
        settings: vec![Settings::new(&file["gate"], &serde_json::Value::Null)],
        texts: Vec::new(),
        scenes: Vec::new(),
        statements: Vec::new(),
        agents: Vec::new(),
        signed: BTreeSet::new(),
        tokens: BTreeSet::new(),
    };
    let registry: serde_json::Value = serde_json::from_str(file["gate"]["registry"].as_str().expect("a registry")).expect("JSON");
    seen.agents.extend(registry.as_object().expect("agents").keys().cloned());
    for case in file["cases"].as_array().expect("cases") {
        let steps = case["attack"].as_array().into_iter().flatten().chain([&case["twin"]]).filter(|step| step.get("check").is_none());
        for step in steps.filter(|step| step.get("send").is_some()) {
            let text = vectors::bytes(&step["send"], &file["texts"]);
            if text.len() > MAX_TEXT {
                continue;
            }
            let given = if step["gate"].is_null() { &case["gate"] } else { &step["gate"] };
            let now = [&step["now"], &case["now"], &file["now"]].into_iter().find_map(serde_json::Value::as_str).expect("a time");
            let approvals = step["approvals"].as_array().into_iter().flatten();
            let approvals: Vec<String> =
                approvals.filter_map(|text| String::from_utf8(vectors::bytes(text, &file["texts"])).ok()).collect();
            let uses = step["uses"].as_array().into_iter().flatten().filter_map(|pair| pair[0].as_str().map(str::to_owned)).collect();
            seen.learn(&text);
            seen.statements.extend(approvals.iter().filter(|text| text.len() < MAX_TEXT).cloned());
            let settings = Settings::new(&file["gate"], given);
            let overlap = settings.given["overlap"].as_object().into_iter().flatten().filter_map(|(_, token)| token.as_str());
            overlap.for_each(|token| seen.learn_token(token));
            let place = seen.settings.iter().position(|known| known.given == settings.given);
            let place = place.unwrap_or_else(|| {
                seen.settings.push(settings);
                seen.settings.len() - 1
            });
            seen.scenes.push(Scene {
                settings: place,
                text: seen.texts.len(),
                approvals,
                now: Timestamp::parse(now).expect("a time"),
                uses,
            });
            seen.texts.push(text);
        }
    }
    seen.statements.extend(seen.tokens.iter().cloned());
    seen
}

impl Seen {
    /// What of a text was signed, wherever in it.
    fn learn(&mut self, text: &[u8]) {
        if let Ok(value) = json::parse(text) {
            self.learn_value(&value);
        }
    }

    fn learn_value(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.learn_token(text),
            Value::Array(items) => items.iter().for_each(|item| self.learn_value(item)),
            Value::Object(members) => {
                if let Ok(packet) = parse_packet(json::write(value, Style::ARRIVAL).as_bytes(), &KeyTables::new(0)) {
                    let (content, signature) = (packet.claimed(), packet.signature());
                    let forms =
                        [Style::COMPACT, Style::ARRIVAL, Style::ARRIVAL_UNSIGNED].map(|style| json::write(&content.to_value(), style));
                    if forms.iter().any(|form| is_signature(&content.public_key, form.as_bytes(), signature)) {
                        self.signed.insert(digest(content));
                    }
                }
                members.iter().for_each(|(_, member)| self.learn_value(member));
            }
            _ => {}
        }
    }

    fn learn_token(&mut self, text: &str) {
        let Ok(token) = UnverifiedCapability::decode(text, &KeyTables::new(0)) else { return };
        let value = from_base64url(text).ok().and_then(|text| json::parse(&text).ok());
        let Some(Value::String(signature)) = value.as_ref().and_then(|value| value.member("signature")) else { return };
        if is_signature(&token.claimed().public_key, &token.claimed().signing_bytes(), signature) {
            self.tokens.insert(text.to_owned());
        }
    }

    fn scene(&self, at: u16) -> &Scene {
        &self.scenes[usize::from(at) % self.scenes.len()]
    }

    fn statement(&self, at: u16) -> String {
        self.statements[usize::from(at) % self.statements.len()].clone()
    }
}

/// Asked of the library, not of the core, which is what is judged here.
fn is_signature(key: &PublicKey, message: &[u8], signature: &str) -> bool {
    let signature = from_base64(signature).ok().and_then(|bytes| ed25519_dalek::Signature::from_slice(&bytes).ok());
    let key = ed25519_dalek::VerifyingKey::from_bytes(key.as_bytes()).ok();
    key.zip(signature).is_some_and(|(key, signature)| key.verify_strict(message, &signature).is_ok())
}

/// Of the content, in whichever form it was signed.
fn digest(content: &Content) -> [u8; 32] {
    sha256(&[json::write(&content.to_value(), Style::COMPACT).as_bytes()])
}

/// What is made of what was seen.
#[derive(Debug, Arbitrary)]
struct Attempt {
    scene: u16,
    aim: Aim,
    /// After the time of the scene.
    seconds: i16,
    /// One bit a setting that is turned round.
    turned: u16,
    edits: Vec<Edit>,
    layout: u8,
    spoils: Vec<Spoil>,
    approvals: Vec<u16>,
    replies: Vec<Reply>,
}

#[derive(Debug, Arbitrary)]
enum Aim {
    Handle,
    Execute,
    Revalidate,
    Use(u8),
    UseOf(String),
}

/// What the host answers to a question.
#[derive(Debug, Arbitrary)]
enum Reply {
    /// As the settings say.
    AsSet,
    Flag(bool),
    Unknown,
    /// The record of another agent, changed.
    Agent {
        which: u8,
        revoked: bool,
        powers: bool,
        keyless: bool,
    },
    Approvals(Vec<u16>),
    Token(u16),
    Other,
    Failed(u8),
}

impl Reply {
    fn answer(&self, seen: &Seen, settings: &Settings, question: &Question, now: Timestamp) -> Answer {
        match self {
            Self::AsSet => settings.answer(question),
            Self::Flag(flag) => Answer::Flag(*flag),
            Self::Unknown => Answer::Agent(None),
            Self::Agent { which, revoked, powers, keyless } => {
                let agent = &seen.agents[usize::from(*which) % seen.agents.len()];
                Answer::Agent(seen.settings[0].registry.resolve(agent).cloned().map(|mut record| {
                    record.revoked_at = if *revoked { Some(now) } else { record.revoked_at };
                    record.reviewer |= powers;
                    record.roots.extend(powers.then(|| "read".to_owned()));
                    record.keys.retain(|_| !keyless);
                    record
                }))
            }
            Self::Approvals(texts) => Answer::Approvals(texts.iter().map(|at| seen.statement(*at)).collect()),
            Self::Token(at) => Answer::Token(if *at == 0 { None } else { Some(seen.statement(*at)) }),
            Self::Other => Answer::Other,
            Self::Failed(how) => Answer::Failed(FAILURES[usize::from(*how) % FAILURES.len()]),
        }
    }
}

/// The law, of any bytes.
///
/// # Panics
/// Where it is broken.
pub fn law(bytes: &[u8]) {
    let seen = &*SEEN;
    if bytes.first() == Some(&b'{') {
        let scene = &seen.scenes[0];
        return hand_over(seen, &seen.settings[0], bytes, Request::default(), scene.now, &[]);
    }
    let Ok(attempt) = Attempt::arbitrary_take_rest(Unstructured::new(bytes)) else { return };
    let scene = seen.scene(attempt.scene);
    let mut settings = seen.settings[scene.settings].clone();
    turn(&mut settings.config, attempt.turned);
    let text = attempt.text(seen, scene);
    let purpose = match attempt.aim {
        Aim::Handle => Purpose::Handle,
        Aim::Execute => Purpose::Execute,
        Aim::Revalidate => Purpose::Revalidate,
        Aim::Use(at) => Purpose::Use(scene.uses.get(usize::from(at)).map_or_else(|| "read".to_owned(), String::clone)),
        Aim::UseOf(action) => Purpose::Use(action),
    };
    let mut approvals = scene.approvals.clone();
    approvals.extend(attempt.approvals.iter().map(|at| seen.statement(*at)));
    let request = Request { purpose, approvals, on_review: attempt.turned & 1 << 15 != 0, policy: attempt.turned & 1 << 14 != 0 };
    let now = scene.now.plus_seconds(attempt.seconds.into()).unwrap_or(scene.now);
    hand_over(seen, &settings, &text, request, now, &attempt.replies);
}

/// The input that hands over what the vectors hand over at one place, so many seconds later and otherwise as it stands.
#[must_use]
pub fn untouched(scene: u16, seconds: i16) -> Vec<u8> {
    // As `Attempt` is read: the scene, `Aim::Handle`, the seconds; of the rest nothing.
    [&scene.to_le_bytes()[..], &[0; 4], &seconds.to_le_bytes()].concat()
}

impl Attempt {
    fn text(&self, seen: &Seen, scene: &Scene) -> Vec<u8> {
        let text = &seen.texts[scene.text];
        let text = match json::parse(text) {
            Ok(value) if !self.edits.is_empty() => {
                let other = |at: u16| json::parse(&seen.texts[seen.scene(at).text]).unwrap_or(Value::Null);
                let style = [Style::WIRE, Style::ARRIVAL, Style::COMPACT][usize::from(self.layout) % 3];
                json::write(&edited(value, &self.edits, other), style).into_bytes()
            }
            _ => text.clone(),
        };
        spoilt(text, &self.spoils)
    }
}

fn turn(config: &mut Config, bits: u16) {
    let (hooks, review) = (&mut config.hooks, &mut config.review);
    let flags = [
        &mut config.self_certifying,
        &mut config.strict,
        &mut config.require_capability,
        &mut hooks.approvals,
        &mut hooks.policy,
        &mut hooks.revocations,
        &mut hooks.overlap,
        &mut hooks.boundary,
        &mut review.ai_writes,
    ];
    for (n, flag) in flags.into_iter().enumerate() {
        *flag ^= bits >> n & 1 == 1;
    }
}

fn hand_over(seen: &Seen, settings: &Settings, text: &[u8], request: Request, now: Timestamp, replies: &[Reply]) {
    // A threshold that the reviewers of a scene cannot reach is no configuration.
    let Ok(mut gate) = Gate::new(settings.config.clone()) else { return };
    let mut replies = replies.iter();
    let end = run(&mut gate, text, request, now, |ask| {
        let answer = match &ask.question {
            Question::Nonce { .. } => {
                assert_signed(seen, &settings.config, text, now);
                // It has been taken before, whatever else the host says.
                replies.next().map_or(Answer::Flag(false), |reply| reply.answer(seen, settings, &ask.question, now))
            }
            question => replies.next().unwrap_or(&Reply::AsSet).answer(seen, settings, question, now),
        };
        let is_granted = matches!(ask.question, Question::Nonce { .. }) && answer == Answer::Flag(true);
        (if is_granted { Answer::Flag(false) } else { answer }, now)
    });
    match end {
        End::Decided(decision) => assert_refused(&decision),
        End::Valid(_) => assert_signed(seen, &settings.config, text, now),
    }
}

fn assert_refused(decision: &Decision) {
    assert_eq!(decision.as_str(), "REJECT");
    let reason = decision.reason().expect("a reason");
    assert!(Code::ALL.contains(&reason.code));
    assert!(!reason.message.contains(char::is_control) && reason.message.len() < 4096, "{:?}", reason.message);
    assert!(decision.findings().iter().all(|finding| !finding.detail.contains(char::is_control) && finding.detail.len() < 4096));
    let (_, passed) = decision.findings().split_last().expect("the rule it broke");
    assert!(passed.is_sorted_by_key(|finding| finding.check), "the rules have one order");
}

/// Everything in it that needs a signature has one, and it is for this gate and not over.
fn assert_signed(seen: &Seen, config: &Config, text: &[u8], now: Timestamp) {
    let envelope = Envelope::parse(text, &KeyTables::new(0)).expect("an envelope");
    let is_signed = |packet: &UnverifiedPacket| seen.signed.contains(&digest(packet.claimed()));
    let content = envelope.packet.claimed();
    assert!(is_signed(&envelope.packet), "nobody signed this packet");
    assert!(config.audience.contains(&content.to_agent), "it is for another receiver");
    let end = content.expires_at.and_then(|end| end.plus_seconds(config.limits.grace.into()).ok()).expect("an end");
    assert!(now < end, "it is over");
    let proof = envelope.proof.unwrap_or_default();
    assert!(proof.packets.iter().all(is_signed), "nobody signed a packet of the proof");
    let tokens = proof.capabilities.iter().map(Cow::into_owned).chain(content.capability_token.clone());
    assert!(tokens.into_iter().all(|token| seen.tokens.contains(&token)), "nobody signed a token");
}
