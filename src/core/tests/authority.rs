//! What a capability grants and demands, when it is made and when a packet carries it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use proptest::prelude::*;
use support::{RESEARCHER, at, code, drive, envelope, planner, right};
use trusthandoff::action;
use trusthandoff::capability::{Capability, Draft, Issuer};
use trusthandoff::crypto::{KeyTables, SecretKey};
use trusthandoff::decision::Reason;
use trusthandoff::gate::{Answer, Config, Gate, Question};
use trusthandoff::registry::AgentRecord;
use trusthandoff::work::Work;
use trusthandoff::{capability::UnverifiedCapability, identity, json};

fn root() -> SecretKey {
    SecretKey::from_seed(&[5; 32])
}

fn by(id: &str, secret: &SecretKey) -> Issuer {
    Issuer { agent_id: id.into(), public_key: secret.public_key(), now: at(0), entropy: [9; 16] }
}

fn parse(fields: &str) -> json::Value {
    json::parse(fields.as_bytes()).expect("JSON")
}

/// A capability of `agent:root` for the planner.
fn issued(fields: &str) -> Capability {
    let subject = identity::agent_id(&planner().public_key());
    let fields = format!("{{\"subject_agent\": \"{subject}\", {fields}}}");
    Draft::issue(parse(&fields), &by("agent:root", &root())).unwrap().sign(&root()).unwrap()
}

fn attenuated(parent: &Capability, fields: &str) -> Result<Capability, &'static str> {
    let planner_id = identity::agent_id(&planner().public_key());
    let fields = format!("{{\"subject_agent\": \"{RESEARCHER}\", {fields}}}");
    let draft = Draft::attenuate(parent, parse(&fields), &by(&planner_id, &planner()));
    draft.and_then(|draft| draft.sign(&planner())).map_err(|error| Reason::from(error).code.as_str())
}

/// The gate's code for a packet that carries this token.
fn carried(token: &Capability, packet: &str) -> Option<&'static str> {
    let roots = AgentRecord { roots: vec!["read".into(), "fetch".into()], ..AgentRecord::of_key(root().public_key()) };
    let fields = format!(r#"{{"to_agent": "{RESEARCHER}", "intent": "x", "capability_token": "{}", {packet}}}"#, token.to_token());
    let decision = drive(&mut Gate::new(Config::new(RESEARCHER)).unwrap(), envelope(&fields).as_bytes(), |ask| match &ask.question {
        Question::Agent { agent_id } if agent_id == "agent:root" => (Answer::Agent(Some(roots.clone())), at(0)),
        question => (right(question), at(0)),
    });
    code(&decision)
}

/// F18: a child's id names its parent's content, so none of the same id takes the parent's place.
#[test]
fn f18_a_child_follows_from_the_very_capability_it_was_made_of() {
    let [one, two] =
        ["60", "61"].map(|ttl| issued(&format!(r#""capability_id": "cap-1", "allowed_actions": ["read"], "ttl_seconds": {ttl}"#)));
    let child = attenuated(&one, r#""allowed_actions": ["read"], "ttl_seconds": 30"#).expect("narrower");
    assert!(child.content().within(one.content(), &mut Work::of(0)).is_ok());
    let refused = child.content().within(two.content(), &mut Work::of(0)).map_err(|error| Reason::from(error).code.as_str());
    assert_eq!(refused, Err("capability_chain_invalid"));
    // An id of the issuer's own choice binds to the id only.
    let named = attenuated(&one, r#""capability_id": "cap-2", "allowed_actions": ["read"], "ttl_seconds": 30"#).expect("narrower");
    assert!(named.content().within(two.content(), &mut Work::of(0)).is_ok());
}

#[test]
fn a_packet_stays_within_the_capability_it_carries_on_every_axis() {
    let token = issued(
        r#""allowed_actions": ["read:/docs/**", "fetch"], "max_tool_calls": 3,
           "constraints": {"max_runtime_seconds": 60, "data_boundary": "eu", "requires_human_review": false}"#,
    );
    let packet = |actions: &str, calls: &str, runtime: &str, boundary: &str| {
        format!(
            r#""permissions": {{"allowed_actions": [{actions}], "max_tool_calls": {calls}}},
               "constraints": {{"max_runtime_seconds": {runtime}, "data_boundary": {boundary}}}"#
        )
    };
    assert_eq!(carried(&token, &packet(r#""read:/docs/a", "fetch:https://a.example/**""#, "3", "60", "\"eu\"")), None);
    for (actions, calls, runtime, boundary, expected) in [
        (r#""read""#, "3", "60", "\"eu\"", "authority_escalation"),
        (r#""delete""#, "3", "60", "\"eu\"", "authority_escalation"),
        (r#""fetch""#, "4", "60", "\"eu\"", "authority_escalation"),
        (r#""fetch""#, "null", "60", "\"eu\"", "authority_escalation"),
        (r#""fetch""#, "3", "61", "\"eu\"", "constraint_relaxed"),
        (r#""fetch""#, "3", "null", "\"eu\"", "constraint_relaxed"),
        (r#""fetch""#, "3", "60", "\"us\"", "constraint_relaxed"),
        (r#""fetch""#, "3", "60", "null", "constraint_relaxed"),
    ] {
        assert_eq!(carried(&token, &packet(actions, calls, runtime, boundary)), Some(expected), "{actions} {calls} {runtime} {boundary}");
    }
    let reviewed = issued(r#""allowed_actions": ["read"], "constraints": {"requires_human_review": true}"#);
    assert_eq!(carried(&reviewed, r#""constraints": {"requires_human_review": false}"#), Some("constraint_relaxed"));
    assert_eq!(
        carried(&issued(r#""allowed_actions": ["pay"]"#), r#""intent": "x""#.replace("intent", "goal").as_str()),
        Some("untrusted_root")
    );
}

#[test]
fn a_holder_narrows_a_capability_without_its_issuer_and_never_widens_it() {
    let parent = issued(
        r#""allowed_actions": ["read:/docs/**"], "max_tool_calls": 3, "ttl_seconds": 600,
           "constraints": {"max_runtime_seconds": 60, "data_boundary": "eu", "requires_human_review": true}"#,
    );
    let child = attenuated(&parent, r#""allowed_actions": ["read:/docs/a/*"]"#).expect("narrower");
    assert_eq!(child.content().delegated_permissions.max_tool_calls, parent.content().delegated_permissions.max_tool_calls);
    assert_eq!(child.content().constraints, parent.content().constraints);
    assert_eq!(child.content().expires_at, parent.content().expires_at);
    assert_eq!(child.content().parent_capability_id.as_deref(), Some(parent.content().capability_id.as_str()));
    // F09: signed and verified with the holder's own key.
    let read = UnverifiedCapability::decode(&child.to_token(), &KeyTables::new(0)).unwrap();
    assert_eq!(read.verify(&mut KeyTables::new(0)).unwrap().content().public_key, planner().public_key());

    for (fields, expected) in [
        (r#""allowed_actions": ["read"]"#, "authority_escalation"),
        (r#""allowed_actions": ["read:/docs/a", "write:/docs/a"]"#, "authority_escalation"),
        (r#""allowed_actions": ["read:/docs/a"], "max_tool_calls": 4"#, "authority_escalation"),
        (r#""allowed_actions": ["read:/docs/a"], "max_tool_calls": null"#, "authority_escalation"),
        (r#""allowed_actions": ["read:/docs/a"], "ttl_seconds": 601"#, "authority_escalation"),
        (r#""allowed_actions": ["read:/docs/a"], "issued_at": "2026-03-08T11:59:59Z""#, "authority_escalation"),
        (r#""allowed_actions": ["read:/docs/a"], "constraints": null"#, "constraint_relaxed"),
        (
            r#""allowed_actions": ["read:/docs/a"], "constraints": {"max_runtime_seconds": 61, "data_boundary": "eu", "requires_human_review": true}"#,
            "constraint_relaxed",
        ),
        (
            r#""allowed_actions": ["read:/docs/a"], "constraints": {"max_runtime_seconds": 60, "data_boundary": "eu", "requires_human_review": false}"#,
            "constraint_relaxed",
        ),
        (r#""allowed_actions": ["read:/docs/../a"]"#, "action_invalid"),
        (r#""allowed_actions": []  , "parent_capability_id": "x""#, "unknown_field"),
        (r#""allowed_actions": [], "ttl_seconds": 0"#, "field_invalid"),
        (r#""allowed_actions": [], "capability_id": """#, "field_invalid"),
    ] {
        assert_eq!(attenuated(&parent, fields).map(|_| ()), Err(expected), "{fields}");
    }
    let stranger = Draft::attenuate(&parent, parse(r#"{"subject_agent": "x", "allowed_actions": []}"#), &by("agent:stranger", &root()));
    assert_eq!(stranger.map(|_| ()).map_err(|error| Reason::from(error).code.as_str()), Err("capability_chain_invalid"));
}

#[test]
fn another_key_than_the_issuers_signs_nothing() {
    let draft = || Draft::issue(parse(r#"{"subject_agent": "x", "allowed_actions": ["read"]}"#), &by("agent:root", &root())).unwrap();
    assert_eq!(draft().sign(&planner()).map_err(|e| Reason::from(e).code.as_str()).map(|_| ()), Err("signing_identity_mismatch"));
    let foreign = planner().sign(&draft().signing_bytes());
    assert_eq!(draft().finish(foreign).map_err(|e| Reason::from(e).code.as_str()).map(|_| ()), Err("invalid_signature"));
    assert!(draft().finish(root().sign(&draft().signing_bytes())).is_ok());
}

#[test]
fn a_strict_gate_admits_no_hops_that_nobody_has_proven() {
    let own = identity::agent_id(&planner().public_key());
    let text = |agents: &str, depth: &str| {
        let fields = format!(r#"{{"to_agent": "{RESEARCHER}", "intent": "x", "provenance": {{"delegation_depth": {depth}}}}}"#);
        envelope(&fields).replace(&format!("\"agents\": [\"{own}\"]"), &format!("\"agents\": [{agents}]"))
    };
    let several = |text: String| text.replace("\"packet_ids\": [", "\"packet_ids\": [\"pk-0\", ");
    let decide = |text: &str, strict| {
        let mut gate = Gate::new(Config { strict, ..Config::new(RESEARCHER) }).unwrap();
        code(&drive(&mut gate, text.as_bytes(), |ask| (right(&ask.question), at(0))))
    };
    let one = text(&format!("\"{own}\""), "1");
    let two = several(text(&format!("\"agent:origin\", \"{own}\""), "1"));
    let relayed = several(text(&format!("\"{own}\", \"{own}\""), "1"));
    let deep = text(&format!("\"{own}\""), "2");
    for (text, strict, expected) in [
        (&one, true, None),
        (&relayed, true, None),
        (&two, false, None),
        (&two, true, Some("chain_unproven")),
        (&deep, false, None),
        (&deep, true, Some("chain_unproven")),
    ] {
        assert_eq!(decide(text, strict), expected, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    /// Whatever is made from a parent is within it on every axis; whatever is not is refused.
    #[test]
    fn a_child_is_made_only_within_its_parent(
        outer in prop::collection::vec(prop::sample::select(vec!["read", "read:/a/*", "read:/**", "write"]), 0..3),
        inner in prop::collection::vec(prop::sample::select(vec!["read", "read:/a/*", "read:/a/b", "write:/x", "pay"]), 0..3),
        limits in (prop::option::of(0..4_u8), prop::option::of(0..4_u8)),
    ) {
        let list = |actions: &[&str]| actions.iter().map(|a| format!("\"{a}\"")).collect::<Vec<_>>().join(",");
        let limit = |n: Option<u8>| n.map_or("null".to_owned(), |n| n.to_string());
        let parent = issued(&format!(r#""allowed_actions": [{}], "max_tool_calls": {}"#, list(&outer), limit(limits.0)));
        let child = attenuated(&parent, &format!(r#""allowed_actions": [{}], "max_tool_calls": {}"#, list(&inner), limit(limits.1)));
        let actions_fit = inner.iter().all(|i| outer.iter().any(|o| action::contains(o, i)));
        let limit_fits = limits.0.is_none_or(|outer| limits.1.is_some_and(|inner| inner <= outer));
        prop_assert_eq!(child.is_ok(), actions_fit && limit_fits);
    }
}
