//! Cast, packets and a host that answers as told.

#![allow(dead_code)]

use trusthandoff::crypto::SecretKey;
use trusthandoff::decision::Decision;
use trusthandoff::gate::{Answer, Ask, Config, Gate, Hooks, Question, Step};
use trusthandoff::packet::{Draft, Form, Issuer, Packet};
use trusthandoff::registry::AgentRecord;
use trusthandoff::time::Timestamp;
use trusthandoff::{chain, identity, json};

pub(crate) const RESEARCHER: &str = "agent:researcher";

pub(crate) fn planner() -> SecretKey {
    SecretKey::from_seed(&[1; 32])
}

/// 2026-03-08T12:00:00Z and seconds.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::parse("2026-03-08T12:00:00Z").and_then(|now| now.plus_seconds(seconds)).expect("a time")
}

pub(crate) fn issuer(secret: &SecretKey) -> Issuer {
    let public_key = secret.public_key();
    Issuer { agent_id: identity::agent_id(&public_key), public_key, now: at(0), entropy: [9; 48] }
}

/// A packet of `fields`, JSON text, signed by `secret`.
pub(crate) fn packet(secret: &SecretKey, fields: &str, form: Form) -> Packet {
    let draft = Draft::new(json::parse(fields.as_bytes()).expect("JSON"), &issuer(secret), None).expect("a packet");
    let signature = secret.sign(&draft.signing_bytes(form));
    draft.finish(form, signature).expect("its own signature")
}

pub(crate) fn envelope(fields: &str) -> String {
    chain::envelope_text(&packet(&planner(), fields, Form::V040).to_text()).unwrap()
}

/// Asks every question there is: it requires review.
pub(crate) const REVIEWED: &str = r#"{"to_agent": "agent:researcher", "intent": "x", "constraints": {"requires_human_review": true}}"#;

/// A gate whose host can answer everything.
pub(crate) fn gate_with_every_host() -> Gate {
    let hooks = Hooks { approvals: true, policy: true, revocations: true, overlap: true, boundary: true };
    Gate::new(Config { hooks, ..Config::new(RESEARCHER) }).expect("a configuration")
}

/// What a host in order answers.
pub(crate) fn right(question: &Question) -> Answer {
    match question {
        Question::Agent { .. } => Answer::Agent(Some(AgentRecord::of_key(planner().public_key()))),
        Question::Revocation { .. } => Answer::Flag(false),
        _ => Answer::Flag(true),
    }
}

/// What a question is about.
pub(crate) fn name(question: &Question) -> &'static str {
    match question {
        Question::Agent { .. } => "agent",
        Question::Revocation { .. } => "revocation",
        Question::Approval { .. } => "approval",
        Question::Policy => "policy",
        Question::Nonce { .. } => "nonce",
        _ => "another",
    }
}

/// Drives a run to its end; `host` answers each question and says what time it is.
pub(crate) fn drive(gate: &mut Gate, text: &[u8], mut host: impl FnMut(&Ask) -> (Answer, Timestamp)) -> Box<Decision> {
    let mut run = gate.begin(text, at(0));
    for _ in 0..20 {
        match gate.advance(&mut run) {
            Step::Done(decision) => return decision,
            Step::Valid(_) => panic!("nothing was accepted before"),
            Step::Ask(ask) => {
                let (answer, now) = host(&ask);
                run.resume(ask.id, answer, now);
            }
        }
    }
    panic!("a gate asks a bounded number of questions");
}

/// The table of checks in the specification: each name and the codes it may refuse with, in order.
pub(crate) fn documented_checks() -> Vec<(&'static str, Vec<&'static str>)> {
    let spec = include_str!("../../../../docs/SPEC.md");
    let section = spec.split("### 10.2 Checks, in order").nth(1).expect("the section").split("\n### ").next().expect("its text");
    let quoted = |cell: &'static str| -> Vec<&'static str> { cell.split('`').skip(1).step_by(2).collect() };
    section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
            let [name, .., codes] = cells[..] else { panic!("{line}") };
            (quoted(name)[0], quoted(codes))
        })
        .collect()
}

pub(crate) fn code(decision: &Decision) -> Option<&'static str> {
    decision.reason().map(|reason| reason.code.as_str())
}
