//! What is told of decisions, and whose word it was.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use trusthandoff::event::{Kind, Stamp, of_decision, uuid};
use trusthandoff::gate::{Answer, Question};
use trusthandoff::json::Value;
use trusthandoff_testkit::{RESEARCHER, REVIEWED, at, drive, envelope, gate_with_every_host, right};

fn told(text: &str, refuse: bool) -> Vec<Value> {
    let decision = drive(&mut gate_with_every_host(), text.as_bytes(), |ask| {
        (if refuse && matches!(ask.question, Question::Policy) { Answer::Flag(false) } else { right(&ask.question) }, at(0))
    });
    let mut id = 0;
    of_decision(&decision, || {
        id += 1;
        Stamp { id: format!("e-{id}"), at: at(1), producer: RESEARCHER.into() }
    })
}

fn text<'a>(event: &'a Value, name: &str) -> Option<&'a str> {
    match event.member(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

#[test]
fn h01_an_event_says_whether_its_sender_was_proven_or_only_claimed() {
    let genuine = envelope(REVIEWED);
    for (wire, refuse, kind, identity, reason) in [
        (genuine.clone(), false, "packet_accepted", "proven", None),
        (genuine.clone(), true, "packet_rejected", "proven", Some("policy_denied")),
        (genuine.replace("\"intent\": \"x\"", "\"intent\": \"y\""), false, "packet_rejected", "claimed", Some("invalid_signature")),
        ("{}".into(), false, "packet_rejected", "claimed", Some("missing_field")),
    ] {
        let events = told(&wire, refuse);
        let last = events.last().expect("the decision");
        assert_eq!((text(last, "event_type"), text(last, "identity"), text(last, "reason")), (Some(kind), Some(identity), reason));
        // Who tells is the gate, whoever says to have sent it.
        assert_eq!(text(last, "producer_id"), Some(RESEARCHER));
        assert_eq!(text(last, "packet_digest").is_some(), kind == "packet_accepted");
        assert_eq!(text(last, "correlation_id"), text(last, "packet_id"));
    }
}

#[test]
fn h01_no_two_events_share_an_idempotency_key() {
    let ai = REVIEWED.replacen('{', r#"{"ai_provenance": {"source": "model", "model": "m-1"}, "#, 1);
    let events = told(&envelope(&ai), false);
    assert_eq!(
        events.iter().map(|event| text(event, "event_type").unwrap()).collect::<Vec<_>>(),
        ["ai_generated_payload", "packet_accepted"]
    );
    assert_eq!((text(&events[0], "source"), text(&events[0], "model")), (Some("model"), Some("m-1")));
    let refused = told(&envelope(&ai), true);
    assert_eq!(refused.len(), 1, "what was refused proves nothing of its payload");
    let keys: std::collections::BTreeSet<_> = events.iter().chain(&refused).map(|event| text(event, "idempotency_key").unwrap()).collect();
    assert_eq!(keys.len(), 3);
    for kind in Kind::ALL {
        assert_eq!(Kind::from_name(kind.as_str()), Some(kind));
    }
}

#[test]
fn h03_what_is_refused_writes_no_megabyte_into_a_log() {
    let long = "é".repeat(100_000);
    for wire in [
        envelope(REVIEWED).replace("\"packet_id\": \"", &format!("\"packet_id\": \"{long}")),
        envelope(REVIEWED).replace("\"packet\": {", &format!("\"packet\": {{\"{long}\": 1, ")),
    ] {
        let events = told(&wire, false);
        assert_eq!(text(&events[0], "event_type"), Some("packet_rejected"));
        assert!(trusthandoff::json::write(&events[0], trusthandoff::json::Style::OUTCOME).len() < 10_000);
    }
}

#[test]
fn an_event_has_a_uuid_of_version_4() {
    assert_eq!(uuid(0), "00000000-0000-4000-8000-000000000000");
    assert_eq!(uuid(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    assert_ne!(uuid(1), uuid(2));
}
