//! Authority along a chain: proven packets, capabilities from their root, overlap, and what is asked
//! again while work runs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeMap;

use support::{at, code};
use trusthandoff::capability::{self, Capability};
use trusthandoff::chain::{Lineage, envelope_text};
use trusthandoff::decision::Notice;
use trusthandoff::encoding::hex;
use trusthandoff::gate::{Answer, Config, Counter, Gate, Hooks, Question};
use trusthandoff::json::{self, Value};
use trusthandoff::packet::{Draft, Form, Issuer};
use trusthandoff::registry::AgentRecord;
use trusthandoff::revocation::Target;
use trusthandoff::time::Timestamp;
use trusthandoff::work::Work;
use trusthandoff_testkit::cast::{self, key, packet_by as signed};
use trusthandoff_testkit::driver::{Purpose, Request};
use trusthandoff_testkit::{End, run};

const CAST: [&str; 5] = ["root", "planner", "researcher", "writer", "printer"];

fn first(from: &str, fields: &str) -> String {
    envelope_text(&signed(from, fields).to_text()).expect("an envelope")
}

fn next(parent: &str, from: &str, fields: &str) -> Result<String, String> {
    let lineage = Lineage { parent: Some(parent.as_bytes()), capabilities: &[] };
    lineage
        .envelope_text(&signed(from, fields).to_text())
        .map_err(|error| trusthandoff::decision::Reason::from(error).code.as_str().to_owned())
}

/// A packet to the next agent, with a context of so many arrays.
fn deep(from: &str, to: &str, arrays: usize) -> Result<String, String> {
    let secret = key(from);
    let issuer = Issuer { agent_id: from.into(), public_key: secret.public_key(), now: at(0), entropy: [9; 48] };
    let context = format!("{}{}", "[".repeat(arrays), "]".repeat(arrays));
    let fields = format!(r#"{{"to_agent": "{to}", "intent": "x", "context": {{"k": {context}}}}}"#);
    let draft = Draft::new(json::parse_lazily(fields.as_bytes(), 8).expect("JSON"), &issuer, None);
    draft.and_then(|draft| draft.sign(Form::V040, &secret)).map(|packet| packet.to_text()).map_err(|error| error.to_string())
}

fn issued(by: &str, fields: &str) -> Capability {
    cast::issued(by, &key(by), fields).expect(fields)
}

fn narrowed(parent: &Capability, by: &str, fields: &str) -> Result<Capability, capability::Error> {
    cast::narrowed(parent, by, &key(by), fields)
}

/// A host with a registry of the cast, in which `root` may originate reading and fetching.
struct Host {
    config: Config,
    records: BTreeMap<String, AgentRecord>,
    revoked: Vec<String>,
    successor: Option<String>,
    counts: BTreeMap<String, i64>,
    now: Timestamp,
    asked: Vec<Question>,
}

impl Host {
    fn of(audience: &str) -> Self {
        let record = |name: &&str| (name.to_string(), AgentRecord::of_key(key(name).public_key()));
        let mut records: BTreeMap<String, AgentRecord> = CAST.iter().map(record).collect();
        records.get_mut("root").expect("of the cast").roots = vec!["read".into(), "fetch".into()];
        let config =
            Config { hooks: Hooks { revocations: true, overlap: true, ..Hooks::default() }, strict: true, ..Config::new(audience) };
        Self { config, records, revoked: Vec::new(), successor: None, counts: BTreeMap::new(), now: at(1), asked: Vec::new() }
    }

    fn run(&mut self, text: &str, purpose: Purpose) -> End {
        let mut gate = Gate::new(self.config.clone()).expect("a configuration");
        let (request, now) = (Request { purpose, ..Request::default() }, self.now);
        run(&mut gate, text.as_bytes(), request, now, |ask| {
            self.asked.push(ask.question.clone());
            (self.answer(&ask.question), self.now)
        })
    }

    fn handle(&mut self, text: &str) -> Option<&'static str> {
        self.run(text, Purpose::Handle).code()
    }

    fn answer(&mut self, question: &Question) -> Answer {
        match question {
            Question::Agent { agent_id } => Answer::Agent(self.records.get(agent_id).cloned()),
            Question::Revocation { keys } => Answer::Flag(keys.iter().any(|key| self.revoked.contains(key))),
            Question::Overlap { .. } => Answer::Token(self.successor.clone()),
            Question::Counters { counters, .. } => Answer::Flag(self.reserve(counters)),
            _ => Answer::Flag(true),
        }
    }

    /// Until when counters are to be held, and when the earliest was issued of what they count for.
    fn counted(&self) -> Option<(i64, i64)> {
        self.asked.iter().find_map(|question| match question {
            Question::Counters { expires_at_ms, issued_at_ms, .. } => Some((*expires_at_ms, *issued_at_ms)),
            _ => None,
        })
    }

    fn reserve(&mut self, counters: &[Counter]) -> bool {
        let is_left = |counter: &Counter| self.counts.get(&counter.key).copied().unwrap_or(0) < counter.limit;
        let all = counters.iter().all(is_left);
        if all {
            counters.iter().for_each(|counter| *self.counts.entry(counter.key.clone()).or_insert(0) += 1);
        }
        all
    }
}

const FIRST: &str = r#"{"packet_id": "p1", "to_agent": "researcher", "intent": "a", "permissions": {"allowed_actions": ["read", "fetch"], "max_tool_calls": 5},
    "constraints": {"max_runtime_seconds": 60, "data_boundary": "eu", "requires_human_review": false}}"#;
const SECOND: &str = r#"{"packet_id": "p2", "to_agent": "writer", "intent": "b", "permissions": {"allowed_actions": ["read"], "max_tool_calls": 3},
    "constraints": {"max_runtime_seconds": 30, "data_boundary": "eu"}}"#;
const THIRD: &str = r#"{"packet_id": "p3", "to_agent": "printer", "intent": "c", "permissions": {"allowed_actions": ["read:/docs/*"], "max_tool_calls": 1},
    "constraints": {"max_runtime_seconds": 30, "data_boundary": "eu"}}"#;

fn three_hops() -> [String; 3] {
    let one = first("planner", FIRST);
    let two = next(&one, "researcher", SECOND).expect("it follows");
    let three = next(&two, "writer", THIRD).expect("it follows");
    [one, two, three]
}

/// The text with one value changed in its tree.
fn edited(text: &str, edit: impl FnOnce(&mut serde_json::Value)) -> String {
    let mut tree: serde_json::Value = serde_json::from_str(text).expect("JSON");
    edit(&mut tree);
    tree.to_string()
}

#[test]
fn a_chain_of_three_is_proven_to_a_strict_gate() {
    let [_, _, three] = three_hops();
    let decision = Host::of("printer").run(&three, Purpose::Handle).decision();
    assert_eq!(code(&decision), None);
    let accepted = decision.accepted().expect("accepted");
    assert_eq!(accepted.ancestors.iter().map(|p| p.content().packet_id.as_str()).collect::<Vec<_>>(), ["p1", "p2"]);
    assert_eq!(accepted.valid_until, at(900));
    // Without its proof it is nobody's word.
    let bare = edited(&three, |tree| drop(tree.as_object_mut().unwrap().remove("proof")));
    assert_eq!(Host::of("printer").handle(&bare), Some("chain_unproven"));
    let mut lenient = Host::of("printer");
    lenient.config.strict = false;
    assert_eq!(lenient.handle(&bare), None);
}

#[test]
fn c02_whatever_is_wrong_with_an_earlier_hop_refuses_the_last() {
    let [one, two, three] = three_hops();
    let forged = signed("writer", FIRST).to_text();
    type Edit<'a> = Box<dyn FnOnce(&mut serde_json::Value) + 'a>;
    let cases: Vec<(&str, Edit<'_>)> = vec![
        ("invalid_signature", Box::new(|t| t["proof"]["packets"][0]["intent"] = "z".into())),
        ("chain_mismatch", Box::new(|t| drop(t["proof"]["packets"].as_array_mut().unwrap().remove(0)))),
        ("chain_mismatch", Box::new(|t| t["proof"]["packets"].as_array_mut().unwrap().reverse())),
        ("chain_mismatch", Box::new(|t| t["chain"]["packet_ids"][0] = "p0".into())),
        ("chain_mismatch", Box::new(|t| t["chain"]["agents"][0] = "root".into())),
        ("chain_mismatch", Box::new(|t| t["proof"]["packets"] = serde_json::json!([]))),
        ("chain_mismatch", Box::new(|t| t["proof"]["packets"][0] = serde_json::from_str(&forged).unwrap())),
        ("unknown_field", Box::new(|t| t["proof"]["more"] = true.into())),
        ("type_mismatch", Box::new(|t| t["proof"]["capabilities"] = "x".into())),
        ("capability_chain_invalid", Box::new(|t| t["proof"]["capabilities"] = serde_json::json!(["x"]))),
        ("depth_exceeded", Box::new(|t| t["proof"]["packets"] = vec![serde_json::Value::Null; 65].into())),
    ];
    for (expected, edit) in cases {
        assert_eq!(Host::of("printer").handle(&edited(&three, edit)), Some(expected));
    }
    // Nor is it enough that two chains are sound each for itself.
    let elsewhere = first("planner", &FIRST.replace("researcher", "printer"));
    let spliced = edited(&two, |tree| {
        let other: serde_json::Value = serde_json::from_str(&elsewhere).unwrap();
        tree["proof"]["packets"][0] = other["packet"].clone();
    });
    assert_eq!(Host::of("writer").handle(&spliced), Some("chain_mismatch"));
    assert_eq!(Host::of("researcher").handle(&one), None);
}

#[test]
fn c02_a_hop_that_widens_is_neither_made_nor_admitted() {
    let one = first("planner", FIRST);
    let wider = [
        ("authority_escalation", SECOND.replace(r#"["read"]"#, r#"["read", "delete"]"#)),
        ("authority_escalation", SECOND.replace(r#""max_tool_calls": 3"#, r#""max_tool_calls": null"#)),
        ("authority_escalation", SECOND.replace(r#""max_tool_calls": 3"#, r#""max_tool_calls": 6"#)),
        ("constraint_relaxed", SECOND.replace(r#""max_runtime_seconds": 30"#, r#""max_runtime_seconds": 61"#)),
        ("constraint_relaxed", SECOND.replace("eu", "us")),
        ("authority_escalation", SECOND.replacen('{', r#"{"issued_at": "2026-03-08T12:00:01Z", "#, 1)),
        ("chain_mismatch", SECOND.to_owned()),
    ];
    for (expected, fields) in wider {
        let from = if expected == "chain_mismatch" { "writer" } else { "researcher" };
        let fields = if from == "writer" { fields.replace("writer", "printer") } else { fields };
        assert_eq!(next(&one, from, &fields), Err(expected.to_owned()), "{fields}");
        // As an attacker would, who is not held back by this crate.
        let packet: serde_json::Value = serde_json::from_str(&signed(from, &fields).to_text()).unwrap();
        let parent: serde_json::Value = serde_json::from_str(&one).unwrap();
        let text = serde_json::json!({
            "packet": packet,
            "chain": {"packet_ids": ["p1", "p2"], "agents": ["planner", from]},
            "proof": {"packets": [parent["packet"]], "capabilities": []},
        });
        let audience = packet["to_agent"].as_str().unwrap();
        assert_eq!(Host::of(audience).handle(&text.to_string()), Some(expected), "{fields}");
    }
}

#[test]
fn taint_of_ai_made_work_is_not_lost_on_the_way() {
    let one = first("planner", &FIRST.replacen('{', r#"{"ai_provenance": {"source": "model"}, "#, 1));
    assert_eq!(next(&one, "researcher", SECOND), Err("invalid_ai_provenance".into()));
    let says_so = SECOND.replacen('{', r#"{"risk_level": "write", "ai_provenance": {"source": "model"}, "#, 1);
    let two = next(&one, "researcher", &says_so).expect("it follows");
    assert_eq!(Host::of("writer").handle(&two), None);
    let mut wary = Host::of("writer");
    wary.config.review.ai_writes = true;
    assert_eq!(wary.handle(&two), Some("human_review_required"));
}

#[test]
fn an_earlier_sender_who_is_unknown_revoked_or_has_another_key_refuses_the_last() {
    let [_, _, three] = three_hops();
    for (expected, change) in [
        ("agent_unknown", None),
        ("public_key_mismatch", Some(AgentRecord::of_key(key("root").public_key()))),
        ("agent_revoked", Some(AgentRecord { revoked_at: Some(at(0)), ..AgentRecord::of_key(key("planner").public_key()) })),
    ] {
        let mut host = Host::of("printer");
        host.records.remove("planner");
        host.records.extend(change.map(|record| ("planner".to_owned(), record)));
        let decision = host.run(&three, Purpose::Handle).decision();
        assert_eq!(code(&decision), Some(expected));
        assert_eq!(decision.reason().and_then(|reason| reason.field.as_deref()), Some("/proof/packets/0"));
    }
}

#[test]
fn f05_what_is_revoked_above_falls_below() {
    let [one, _, three] = three_hops();
    let earlier = signed("planner", FIRST);
    let sha = |id: &str| Target::packet(&key("planner").public_key(), id).to_string();
    for (expected, name) in [
        ("agent_revoked", "agent|planner".to_owned()),
        ("agent_revoked", Target::key(&key("researcher").public_key()).to_string()),
        ("packet_revoked", sha("p1")),
        ("packet_revoked", Target::digest(&earlier.digest()).to_string()),
    ] {
        let mut host = Host::of("printer");
        host.revoked.push(name.clone());
        assert_eq!(host.handle(&three), Some(expected), "{name}");
    }
    assert!(one.contains("p1"));
}

#[test]
fn a_chain_that_nobody_proved_cannot_be_carried_on() {
    let [_, two, _] = three_hops();
    let bare = edited(&two, |tree| drop(tree.as_object_mut().unwrap().remove("proof")));
    assert_eq!(next(&bare, "writer", THIRD), Err("chain_unproven".into()));
}

#[test]
fn received_texts_are_passed_on_as_they_stand() {
    let spaced = first("planner", FIRST).replacen("\"intent\": \"a\"", "\"intent\" :  \"a\"", 1).replacen("{\"chain\"", "{  \"chain\"", 1);
    let two = next(&spaced, "researcher", SECOND).expect("it follows");
    let three = next(&two, "writer", THIRD).expect("it follows");
    assert!(three.contains("\"intent\" :  \"a\""));
    assert_eq!(Host::of("printer").handle(&three), None);
}

/// Capabilities: `root` issues for `planner`, who narrows for `researcher`, who is handed the task.
struct Rights {
    root: Capability,
    leaf: Capability,
}

fn rights() -> Rights {
    let root =
        issued("root", r#"{"capability_id": "c1", "subject_agent": "planner", "allowed_actions": ["read", "fetch"], "max_tool_calls": 2}"#);
    let leaf = narrowed(&root, "planner", r#"{"capability_id": "c2", "subject_agent": "researcher", "allowed_actions": ["read"]}"#)
        .expect("narrower");
    Rights { root, leaf }
}

fn task(id: &str, token: &str) -> String {
    format!(
        r#"{{"packet_id": "{id}", "nonce": "{id}", "to_agent": "researcher", "intent": "a", "capability_token": "{token}",
        "permissions": {{"allowed_actions": ["read:/docs/*"], "max_tool_calls": 2}}}}"#
    )
}

fn handed_on(rights: &Rights, id: &str) -> String {
    let text = signed("planner", &task(id, &rights.leaf.to_token())).to_text();
    let tokens = [rights.root.to_token()];
    Lineage { parent: None, capabilities: &tokens }.envelope_text(&text).expect("an envelope")
}

#[test]
fn a_capability_is_proven_from_its_root() {
    let decision = Host::of("researcher").run(&handed_on(&rights(), "p1"), Purpose::Handle).decision();
    assert_eq!(code(&decision), None);
    let ids: Vec<_> = decision.accepted().unwrap().capabilities.iter().map(|c| c.content().capability_id.clone()).collect();
    assert_eq!(ids, ["c1", "c2"]);
}

#[test]
fn capabilities_for_a_packet_that_carries_none_are_not_dropped_in_silence() {
    let tokens = [rights().root.to_token()];
    let lineage = Lineage { parent: None, capabilities: &tokens };
    assert_eq!(lineage.envelope_text(&signed("planner", FIRST).to_text()), Err(trusthandoff::chain::Error::NoToken));
}

#[test]
fn f04_f05_f11_a_chain_of_capabilities_that_is_none_is_refused() {
    let Rights { root, leaf } = rights();
    let text = handed_on(&rights(), "p1");
    let with = |tokens: Vec<String>| edited(&text, |tree| tree["proof"]["capabilities"] = tokens.into());
    let other = issued("root", r#"{"capability_id": "c1", "subject_agent": "planner", "allowed_actions": ["read"], "max_tool_calls": 9}"#);
    let foreign =
        issued("writer", r#"{"capability_id": "c1", "subject_agent": "planner", "allowed_actions": ["read"], "max_tool_calls": 2}"#);
    let (root, leaf) = (root.to_token(), leaf.to_token());
    for (expected, tokens) in [
        ("parent_missing", vec![]),
        ("parent_missing", vec![leaf.clone()]),
        ("capability_chain_invalid", vec![root.clone()]),
        ("capability_chain_invalid", vec![leaf.clone(), root.clone()]),
        ("capability_chain_invalid", vec![root.clone(), root.clone(), leaf.clone()]),
        ("capability_chain_invalid", vec![leaf.clone(), leaf.clone()]),
        ("capability_chain_invalid", vec![leaf.clone(); 200]),
        ("untrusted_root", vec![foreign.to_token(), leaf.clone()]),
        ("capability_invalid", vec!["e30".into(), leaf.clone()]),
    ] {
        assert_eq!(Host::of("researcher").handle(&with(tokens.clone())), Some(expected), "{}", tokens.len());
    }
    // A parent of the same id that grants enough is a parent: its issuer said so.
    assert_eq!(Host::of("researcher").handle(&with(vec![other.to_token(), leaf])), None);
}

#[test]
fn c01_a_long_chain_of_capabilities_counts_as_depth() {
    let mut chain =
        vec![issued("root", r#"{"capability_id": "c0", "subject_agent": "planner", "allowed_actions": ["read"], "max_tool_calls": 2}"#)];
    for i in 1..17 {
        let fields = format!(r#"{{"capability_id": "c{i}", "subject_agent": "planner", "allowed_actions": ["read"]}}"#);
        let child = narrowed(&chain[i - 1], "planner", &fields).expect("as wide");
        chain.push(child);
    }
    let text = |length: usize| {
        let packet = signed("planner", &task("p1", &chain[length - 1].to_token())).to_text();
        let tokens: Vec<String> = chain.iter().take(length).map(Capability::to_token).collect();
        Lineage { parent: None, capabilities: &tokens }.envelope_text(&packet).expect("an envelope")
    };
    let mut host = Host::of("researcher");
    // Each is the planner's own, who exercises the last.
    assert_eq!(host.handle(&text(5)), None);
    assert_eq!(host.handle(&text(6)), Some("depth_exceeded"));
    host.config.max_depth = 64;
    assert_eq!(host.handle(&text(16)), None);
    assert_eq!(host.handle(&text(17)), Some("capability_chain_invalid"));
}

#[test]
fn f18_every_link_can_be_revoked() {
    let Rights { root, leaf } = rights();
    for (expected, name) in [
        ("capability_revoked", Target::capability(&key("root").public_key(), "c1").to_string()),
        ("capability_revoked", Target::capability(&key("planner").public_key(), "c2").to_string()),
        ("capability_revoked", Target::digest(&root.digest()).to_string()),
        ("capability_revoked", Target::digest(&leaf.digest()).to_string()),
        ("capability_revoked", "agent|root".to_owned()),
        ("agent_revoked", "agent|planner".to_owned()),
    ] {
        let mut host = Host::of("researcher");
        host.revoked.push(name.clone());
        assert_eq!(host.handle(&handed_on(&rights(), "p1")), Some(expected), "{name}");
    }
    // Another issuer's capability of the same id is another capability.
    let mut host = Host::of("researcher");
    host.revoked.push(Target::capability(&key("writer").public_key(), "c1").to_string());
    assert_eq!(host.handle(&handed_on(&rights(), "p1")), None);
}

#[test]
fn d09_an_ended_capability_admits_for_the_overlap_if_another_takes_its_place() {
    let fields = |id: &str, ttl: i64| {
        format!(
            r#"{{"capability_id": "{id}", "subject_agent": "planner", "allowed_actions": ["read"], "max_tool_calls": 2, "ttl_seconds": {ttl}}}"#
        )
    };
    let old = issued("root", &fields("old", 60));
    let text = first("planner", &task("p1", &old.to_token()));
    let new = issued("root", &fields("new", 600));
    let cases = [
        (59, None, None, false),
        (60, None, Some("capability_expired"), false),
        (60, Some(new.to_token()), None, true),
        (89, Some(new.to_token()), None, true),
        (90, Some(new.to_token()), Some("capability_expired"), false),
        (61, Some(old.to_token()), Some("overlap_invalid"), false),
        (61, Some("junk".into()), Some("overlap_invalid"), false),
        (61, Some(issued("root", &fields("also-old", 60)).to_token()), Some("capability_expired"), false),
        (61, Some(issued("writer", &fields("new", 600)).to_token()), Some("overlap_invalid"), false),
        (61, Some(issued("root", &fields("new", 600).replace("planner", "writer")).to_token()), Some("overlap_invalid"), false),
    ];
    for (seconds, successor, expected, overlapped) in cases {
        let mut host = Host::of("researcher");
        (host.now, host.successor) = (at(seconds), successor);
        let decision = host.run(&text, Purpose::Handle).decision();
        assert_eq!(code(&decision), expected, "at {seconds}");
        assert_eq!(decision.notices().contains(&Notice::TokenOverlapUsed) && code(&decision).is_none(), overlapped);
    }
    // What has taken its place must be good itself.
    let mut host = Host::of("researcher");
    (host.now, host.successor) = (at(61), Some(new.to_token()));
    host.revoked.push(Target::digest(&new.digest()).to_string());
    assert_eq!(host.handle(&text), Some("capability_revoked"));
    // An expired packet stays expired, whatever takes the place of its capability.
    let mut host = Host::of("researcher");
    (host.now, host.successor) = (at(901), Some(new.to_token()));
    assert_eq!(host.handle(&text), Some("expired"));
}

#[test]
fn what_was_accepted_is_asked_about_again_without_nonce_policy_or_review() {
    let text = handed_on(&rights(), "p1");
    let mut host = Host::of("researcher");
    host.config.hooks.policy = true;
    let End::Valid(until) = host.run(&text, Purpose::Revalidate) else { panic!("valid") };
    assert_eq!(until, at(900));
    assert!(!host.asked.iter().any(|question| matches!(question, Question::Nonce { .. } | Question::Policy)));
    host.revoked.push("agent|root".into());
    assert_eq!(host.run(&text, Purpose::Revalidate).code(), Some("capability_revoked"));
    host.revoked.clear();
    host.records.get_mut("planner").unwrap().revoked_at = Some(at(0));
    assert_eq!(host.run(&text, Purpose::Revalidate).code(), Some("agent_revoked"));
    let mut late = Host::of("researcher");
    late.now = at(900);
    assert_eq!(late.run(&text, Purpose::Revalidate).code(), Some("expired"));
}

#[test]
fn b05_only_what_the_packet_permits_may_be_done() {
    let text = handed_on(&rights(), "p1");
    for (action, expected) in [
        ("read:/docs/a", None),
        ("read:/docs/*", None),
        ("read", Some("action_not_permitted")),
        ("read:/docs/../etc", Some("action_not_permitted")),
        ("read:/docs/a/b", Some("action_not_permitted")),
        ("fetch:https://example.com/", Some("action_not_permitted")),
        ("", Some("action_not_permitted")),
    ] {
        let mut host = Host::of("researcher");
        assert_eq!(host.run(&text, Purpose::Use(action.into())).code(), expected, "{action}");
        let counted = host.asked.iter().any(|question| matches!(question, Question::Counters { .. }));
        assert_eq!(counted, expected.is_none(), "what is not permitted costs nothing");
    }
}

#[test]
fn f13_siblings_share_what_their_parent_may_spend() {
    let rights = rights();
    let (a, b) = (handed_on(&rights, "p1"), handed_on(&rights, "p2"));
    let mut host = Host::of("researcher");
    let spent: Vec<_> = (0..51).map(|i| host.run(if i % 2 == 0 { &a } else { &b }, Purpose::Use("read:/docs/a".into())).code()).collect();
    assert_eq!(spent.iter().filter(|code| code.is_none()).count(), 2);
    assert!(spent.iter().skip(2).all(|code| *code == Some("tool_calls_exhausted")));
    // The root's, the leaf's and each packet's own.
    assert_eq!(host.counts.len(), 4);
    assert_eq!(host.counts.values().sum::<i64>(), 2 + 2 + 1 + 1);
}

#[test]
fn f13_packets_before_count_too_and_none_is_left_of_nothing() {
    let one = first("planner", FIRST);
    let two = next(&one, "researcher", SECOND).expect("it follows");
    let mut host = Host::of("writer");
    host.config.hooks.boundary = true;
    let codes: Vec<_> = (0..4).map(|_| host.run(&two, Purpose::Use("read".into())).code()).collect();
    assert_eq!(codes, [None, None, None, Some("tool_calls_exhausted")]);
    assert_eq!(host.counts.len(), 2);
    let none = first("planner", &FIRST.replace("\"max_tool_calls\": 5", "\"max_tool_calls\": 0"));
    let mut host = Host::of("researcher");
    assert_eq!(host.run(&none, Purpose::Use("read".into())).code(), Some("tool_calls_exhausted"));
    assert!(!host.asked.iter().any(|question| matches!(question, Question::Counters { .. })));
}

#[test]
fn f13_a_budget_is_remembered_through_the_overlap() {
    let fields = |id: &str, ttl: i64| {
        format!(
            r#"{{"capability_id": "{id}", "subject_agent": "planner", "allowed_actions": ["read"], "max_tool_calls": 2, "ttl_seconds": {ttl}}}"#
        )
    };
    let text = first("planner", &task("p1", &issued("root", &fields("old", 1800)).to_token()));
    let mut host = Host::of("researcher");
    host.config.limits.skew = 0;
    assert_eq!(host.run(&text, Purpose::Use("read:/docs/a".into())).code(), None);
    // By the caps: a gate with other options may share the store.
    assert_eq!(host.counted(), Some((at(1800 + 30 + 60 + 300).millis() + 1, at(0).millis())));
}

#[test]
fn f13_a_store_is_told_when_the_earliest_of_what_it_counts_for_was_issued() {
    let since = |limit: &str| {
        let old = issued(
            "root",
            &format!(r#"{{"capability_id": "old", "subject_agent": "planner", "allowed_actions": ["read"]{limit}, "ttl_seconds": 1800}}"#),
        );
        let text = first("planner", &task("p1", &old.to_token()).replacen('{', r#"{"issued_at": "2026-03-08T12:00:30Z", "#, 1));
        let mut host = Host::of("researcher");
        host.now = at(31);
        assert_eq!(host.run(&text, Purpose::Use("read:/docs/a".into())).code(), None);
        host.counted().map(|(_, issued)| issued)
    };
    assert_eq!(since(r#", "max_tool_calls": 2"#), Some(at(0).millis()));
    assert_eq!(since(""), Some(at(30).millis()), "what has no limit has no counter");
}

#[test]
fn f24_a_revocation_is_seen_at_the_moment_of_use() {
    let text = handed_on(&rights(), "p1");
    let mut host = Host::of("researcher");
    host.revoked.push(Target::digest(&rights().leaf.digest()).to_string());
    assert_eq!(host.run(&text, Purpose::Use("read:/docs/a".into())).code(), Some("capability_revoked"));
    let asked = |name: fn(&Question) -> bool| host.asked.iter().position(name).expect("asked");
    assert!(asked(|q| matches!(q, Question::Counters { .. })) < asked(|q| matches!(q, Question::Revocation { .. })));
}

#[test]
fn f21_what_nobody_enforces_is_not_executed() {
    let one = first("planner", FIRST);
    let mut host = Host::of("researcher");
    assert_eq!(host.run(&one, Purpose::Handle).code(), None, "who only lets through reads it from the packet");
    assert_eq!(host.run(&one, Purpose::Execute).code(), Some("constraint_unsupported"));
    host.config.hooks.boundary = true;
    assert_eq!(host.run(&one, Purpose::Execute).code(), None);
    assert!(host.asked.contains(&Question::Boundary { boundary: "eu".into() }));
    let never = first("planner", &FIRST.replace("\"max_runtime_seconds\": 60", "\"max_runtime_seconds\": 0"));
    assert_eq!(host.run(&never, Purpose::Execute).code(), Some("max_runtime_exceeded"));
}

#[test]
fn a_revocation_key_has_one_text() {
    let (fingerprint, digest) = (key("root").public_key().fingerprint(), hex(&[7; 32]));
    for text in [
        "agent|root".to_owned(),
        format!("key|{fingerprint}"),
        format!("packet|{fingerprint}|{digest}"),
        format!("capability|{fingerprint}|{digest}"),
        format!("below|{digest}|{fingerprint}|{digest}"),
        format!("digest|{digest}"),
    ] {
        assert_eq!(Target::parse(&text).map(|target| target.to_string()), Some(text));
    }
    for text in ["", "agent|", "agent|a b", "key|x", "packet|x|y", "below|x|y|z", "digest|AB", "issuer|root", "key"] {
        assert_eq!(Target::parse(text), None, "{text}");
    }
    let _: Value = json::parse(b"{}").expect("JSON");
}

/// What a host answers to one question, whatever it answers to the others.
fn with_answer(text: &str, purpose: &Purpose, answer: &Answer, is_asked: fn(&Question) -> bool, seconds: i64) -> Option<&'static str> {
    let mut host = Host::of("researcher");
    (host.config.hooks.boundary, host.now) = (true, at(seconds));
    let mut gate = Gate::new(host.config.clone()).expect("a configuration");
    let request = Request { purpose: purpose.clone(), ..Request::default() };
    let end = run(&mut gate, text.as_bytes(), request, host.now, |ask| {
        let given = if is_asked(&ask.question) { answer.clone() } else { host.answer(&ask.question) };
        (given, at(seconds))
    });
    end.code()
}

#[test]
fn f20_f23_only_the_right_kind_of_answer_counts() {
    use trusthandoff::gate::Failure;
    let wrong = [
        Answer::Failed(Failure::Error),
        Answer::Failed(Failure::Timeout),
        Answer::Failed(Failure::Full),
        Answer::Other,
        Answer::Flag(false),
        Answer::Agent(None),
        Answer::Approvals(vec!["true".into()]),
        Answer::Token(None),
    ];
    let bounded = first("planner", FIRST);
    let (failed, full) = ("counter_unavailable", "counter_store_full");
    let bad = "counter_invalid_reply";
    let counters = [failed, failed, full, bad, "tool_calls_exhausted", bad, bad, bad];
    for (answer, expected) in wrong.iter().zip(counters) {
        let found = with_answer(&bounded, &Purpose::Use("read".into()), answer, |q| matches!(q, Question::Counters { .. }), 1);
        assert_eq!(found, Some(expected), "{answer:?}");
    }
    for answer in &wrong {
        let found = with_answer(&bounded, &Purpose::Execute, answer, |q| matches!(q, Question::Boundary { .. }), 1);
        assert_eq!(found, Some("constraint_unsupported"), "{answer:?}");
    }
    let ending = issued("root", r#"{"subject_agent": "planner", "allowed_actions": ["read"], "max_tool_calls": 2, "ttl_seconds": 60}"#);
    let text = first("planner", &task("p1", &ending.to_token()));
    for answer in &wrong {
        let expected = if *answer == Answer::Token(None) { "capability_expired" } else { "overlap_unavailable" };
        let found = with_answer(&text, &Purpose::Handle, answer, |q| matches!(q, Question::Overlap { .. }), 61);
        assert_eq!(found, Some(expected), "{answer:?}");
    }
}

#[test]
fn what_a_packet_after_another_leaves_open_stays_within_it() {
    let parent = signed("planner", &FIRST.replacen('{', r#"{"ai_provenance": {"source": "model"}, "ttl_seconds": 100, "#, 1));
    let after = |seconds: i64, fields: &str| {
        let secret = key("researcher");
        let issuer = Issuer { agent_id: "researcher".into(), public_key: secret.public_key(), now: at(seconds), entropy: [5; 48] };
        let draft = Draft::after(Some(parent.content()), json::parse(fields.as_bytes()).expect("JSON"), &issuer, None)?;
        draft.sign(Form::V040, &secret)
    };
    let brief = r#"{"to_agent": "writer", "intent": "b", "permissions": {"allowed_actions": ["read"], "max_tool_calls": 1}}"#;
    for seconds in [0, 40, 99] {
        let child = after(seconds, brief).expect("a packet");
        assert_eq!(child.content().expires_at, Some(at(100)), "{seconds}");
        assert_eq!(trusthandoff::chain::follows(parent.content(), child.content(), &mut Work::of(0)), Ok(()));
    }
    assert!(after(100, brief).is_err(), "nothing is left of the parent");
    // What is stated is taken at its word, and does not follow.
    let longer = after(40, &brief.replacen('{', r#"{"ttl_seconds": 61, "#, 1)).expect("a packet");
    assert!(trusthandoff::chain::follows(parent.content(), longer.content(), &mut Work::of(0)).is_err());
    let write = after(0, &brief.replacen('{', r#"{"risk_level": "write", "#, 1)).expect("a packet");
    assert_eq!(write.content().expires_at, Some(at(100)));
}

/// E20: 126 levels are signed, an envelope is read 128 levels deep, and a packet is read in a proof as deep as in its own envelope.
#[test]
fn whatever_one_receiver_reads_can_be_handed_on_to_the_next() {
    assert!(deep("planner", "researcher", 125).is_err_and(|error| error.contains("`context`")));
    let packet = deep("planner", "researcher", 124).expect("a packet");
    let mut parent = envelope_text(&packet).expect("an envelope");
    // A packet as deep as its envelope allows, whoever signed it.
    let deepest = |arrays: usize| {
        let (open, close) = ("[".repeat(arrays), "]".repeat(arrays));
        packet.replace(&"[".repeat(124), &open).replace(&"]".repeat(124), &close)
    };
    for (arrays, fits) in [(124, true), (125, true), (126, false)] {
        let own = format!(r#"{{"chain": {{"packet_ids": [], "agents": [], "hops": []}}, "packet": {}}}"#, deepest(arrays));
        let proof = |packet: &str| parent.replacen('{', &format!(r#"{{"proof": {{"capabilities": [], "packets": [{packet}]}}, "#), 1);
        for text in [own, proof(&deepest(arrays))] {
            let read = trusthandoff::chain::Envelope::parse(text.as_bytes(), &trusthandoff::crypto::KeyTables::new(0));
            assert_eq!(read.is_ok(), fits, "{arrays}");
        }
        // Only the packets of a proof reach so deep.
        for (from, to) in
            [("\"packets\": [{", "\"packets\": {\"x\": [{"), ("\"capabilities\": []", &format!("\"capabilities\": {}", deep_array(127)))]
        {
            let text = proof(&deepest(124)).replacen(from, to, 1);
            assert!(trusthandoff::chain::parse_limited(text.as_bytes()).is_err(), "{to}");
        }
    }
    for (from, to) in [("researcher", "writer"), ("writer", "printer")] {
        let child = deep(from, to, 124).expect("a packet");
        let lineage = Lineage { parent: Some(parent.as_bytes()), capabilities: &[] };
        parent = lineage.envelope_text(&child).expect("an envelope");
        assert_eq!(trusthandoff::chain::Envelope::parse(parent.as_bytes(), &trusthandoff::crypto::KeyTables::new(0)).map(|_| ()), Ok(()));
        let value = trusthandoff::chain::parse_limited(parent.as_bytes()).expect("a value");
        let packets = value.member("proof").and_then(|proof| proof.member("packets"));
        assert!(matches!(packets, Some(json::Value::Array(_))), "what is inspected is made as a whole");
    }
}

fn deep_array(levels: usize) -> String {
    format!("{}{}", "[".repeat(levels), "]".repeat(levels))
}
