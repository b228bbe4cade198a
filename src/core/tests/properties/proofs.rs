//! An envelope with its proof: whatever is changed anywhere in it refuses it, or changes nothing that was accepted.

use std::sync::LazyLock;

use proptest::prelude::*;
use trusthandoff::capability::Capability;
use trusthandoff::chain::{Envelope, Lineage};
use trusthandoff::crypto::KeyTables;
use trusthandoff::decision::Accepted;
use trusthandoff::gate::{Answer, Config, Gate, Question};
use trusthandoff::packet::{Draft, Form};
use trusthandoff::registry::AgentRecord;
use trusthandoff::{identity, json};

use super::encodings::{edited, stray};
use super::support::cast::{RESEARCHER, at, fields, issued, key, named_issuer, narrowed};
use super::support::drive;

/// Who hands on to whom: the first is the root of the capabilities.
const CAST: [&str; 3] = ["root", "director", "planner"];

fn id(name: &str) -> String {
    identity::agent_id(&key(name).public_key())
}

/// Three packets and three capabilities, each from one agent of the cast to the next and to the receiver in the end.
static ENVELOPE: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::new();
    let mut held: Option<Capability> = None;
    let mut tokens = Vec::new();
    for (hop, name) in CAST.into_iter().enumerate() {
        let (by, left) = (key(name), 9 - hop);
        let to = CAST.get(hop + 1).map_or(RESEARCHER.to_owned(), |next| id(next));
        let grant = format!(r#"{{"subject_agent": "{to}", "allowed_actions": ["read:/é/**"], "max_tool_calls": {left}}}"#);
        let granted = match &held {
            None => issued(&id(name), &by, &grant),
            Some(parent) => narrowed(parent, &id(name), &by, &grant),
        };
        let granted = granted.expect("a capability");
        tokens.push(granted.to_token());
        let task = format!(
            r#"{{"to_agent": "{to}", "intent": "hop {hop} \" \\ 😀", "capability_token": "{}", "context": {{"n": [1, 1.5e-7]}},
            "permissions": {{"allowed_actions": ["read:/é/**"], "max_tool_calls": {left}}}, "ai_provenance": {{"source": "model"}}}}"#,
            granted.to_token()
        );
        held = Some(granted);
        let parent = (hop > 0).then(|| Envelope::parse(text.as_bytes(), &KeyTables::new(0)).expect("an envelope").packet.claimed().clone());
        let form = if hop == 1 { Form::V033 } else { Form::V040 };
        let packet = Draft::after(parent.as_ref(), fields(&task), &named_issuer(&id(name), &by, [left as u8; 48]), None)
            .and_then(|draft| draft.sign(form, &by))
            .expect("a packet");
        let lineage = Lineage { parent: (hop > 0).then_some(text.as_bytes()), capabilities: &tokens };
        text = lineage.envelope_text(&packet.to_text()).expect("it follows");
    }
    text
});

/// What is accepted of it, unchanged.
static GENUINE: LazyLock<String> = LazyLock::new(|| accepted(&ENVELOPE).expect("it is genuine"));

/// What a strict gate accepts of a text, written out.
fn accepted(text: &str) -> Option<String> {
    let mut gate = Gate::new(Config { strict: true, ..Config::new(RESEARCHER) }).expect("a configuration");
    let decision = drive(&mut gate, text.as_bytes(), |ask| match &ask.question {
        Question::Agent { agent_id } => {
            let known = CAST.into_iter().find(|name| id(name) == *agent_id);
            let roots = if known == Some(CAST[0]) { vec!["read".to_owned()] } else { Vec::new() };
            (Answer::Agent(known.map(|name| AgentRecord { roots, ..AgentRecord::of_key(key(name).public_key()) })), at(1))
        }
        _ => (Answer::Flag(true), at(1)),
    });
    decision.accepted().map(written)
}

fn written(accepted: &Accepted) -> String {
    let packets = accepted.ancestors.iter().chain([&accepted.packet]).map(|packet| json::write(&packet.to_value(), json::Style::ARRIVAL));
    let tokens = accepted.capabilities.iter().map(Capability::to_token);
    packets.chain(tokens).collect::<Vec<_>>().join("\n")
}

#[test]
fn three_packets_and_three_capabilities_are_accepted_as_they_are() {
    assert_eq!(GENUINE.lines().count(), 6);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5_000) })]

    #[test]
    fn a_character_changed_anywhere_in_a_proof_refuses_or_changes_nothing(at in any::<usize>(), with in stray(), how in any::<u8>()) {
        if let Some(found) = accepted(&edited(&ENVELOPE, at, with, how)) {
            prop_assert_eq!(&found, &*GENUINE);
        }
    }

    /// From one place in it to another.
    #[test]
    fn a_part_of_a_proof_left_out_or_repeated_refuses_or_changes_nothing(from in any::<usize>(), length in 1..3000_usize, repeats in any::<bool>()) {
        let characters: Vec<char> = ENVELOPE.chars().collect();
        let from = from % characters.len();
        let to = (from + length).min(characters.len());
        let (until, on) = if repeats { (to, from) } else { (from, to) };
        let text: String = characters[..until].iter().chain(&characters[on..]).collect();
        if let Some(found) = accepted(&text) {
            prop_assert_eq!(&found, &*GENUINE);
        }
    }
}
