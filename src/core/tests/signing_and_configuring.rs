//! Attacks on the side that signs and configures: nothing is dropped, nothing is signed for another,
//! and there is no setting that is open.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use support::{RESEARCHER, at, envelope, issuer, planner};
use trusthandoff::crypto::{self, SecretKey};
use trusthandoff::decision::Reason;
use trusthandoff::encoding::hex;
use trusthandoff::gate::{Config, Gate};
use trusthandoff::json::{self, Value};
use trusthandoff::packet::{Draft, Error, Form, Packet, TaskMetadata};
use trusthandoff::registry::{AgentRecord, AgentRegistry};
use trusthandoff::review::Subject;
use trusthandoff::{chain, identity, inspect};

fn value(text: &str) -> Value {
    json::parse(text.as_bytes()).expect("JSON")
}

fn draft(fields: &str, task: Option<&TaskMetadata>) -> Result<Draft, Error> {
    Draft::new(value(fields), &issuer(&planner()), task)
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T, Error>) -> (&'static str, Option<String>) {
    let reason = Reason::from(outcome.expect_err("a refusal"));
    (reason.code.as_str(), reason.field)
}

fn signed(draft: Draft) -> Packet {
    let signature = planner().sign(&draft.signing_bytes(Form::V040));
    draft.finish(Form::V040, signature).expect("its own signature")
}

#[test]
fn b13_nobody_signs_as_another_agent_or_with_another_key() {
    let foreign = draft(r#"{"to_agent": "a", "intent": "x", "from_agent": "agent:ceo"}"#, None);
    assert_eq!(refusal(foreign), ("signing_identity_mismatch", Some("/from_agent".into())));
    for field in ["public_key", "signature", "signature_algo"] {
        let given = draft(&format!(r#"{{"to_agent": "a", "intent": "x", "{field}": "y"}}"#), None);
        assert_eq!(refusal(given), ("unknown_field", Some(format!("/{field}"))));
    }
    // A signer elsewhere that holds another key is found out before anything leaves.
    let own = draft(r#"{"to_agent": "a", "intent": "x"}"#, None).expect("a draft");
    let foreign = SecretKey::from_seed(&[2; 32]).sign(&own.signing_bytes(Form::V040));
    assert_eq!(refusal(own.clone().finish(Form::V040, foreign)), ("invalid_signature", None));
    let other_form = planner().sign(&own.signing_bytes(Form::V033));
    assert_eq!(refusal(own.finish(Form::V040, other_form)), ("invalid_signature", None));
}

/// A signer elsewhere gets bytes and gives a signature; what waits in between is the packet itself.
#[test]
fn b13_what_waits_for_a_signer_elsewhere_is_the_packet_that_was_prepared() {
    for form in [Form::V040, Form::V033] {
        assert_eq!(Form::from_name(form.as_str()), Some(form));
        let prepared = draft(r#"{"to_agent": "a", "intent": "é", "context": {"b": 1.0, "a": 1e-7}}"#, None).expect("a draft");
        let resumed = Draft::resume(value(&prepared.to_text())).expect("what was written");
        assert_eq!(resumed.signing_bytes(form), prepared.signing_bytes(form));
        let signature = planner().sign(&prepared.signing_bytes(form));
        let packet = resumed.finish(form, signature).expect("its own signature");
        let read = chain::parse_packet(packet.to_text().as_bytes(), &crypto::KeyTables::new(0)).expect("a packet");
        assert_eq!(read.signature(), trusthandoff::encoding::base64(signature.as_bytes()));
        assert_eq!(read.verify(&mut crypto::KeyTables::new(0)).map(|packet| packet.form()), Ok(form));
    }
    assert_eq!(Form::from_name("0.3.2"), None);
    // What was changed while it waited is refused as anywhere.
    let prepared = draft(r#"{"to_agent": "a", "intent": "x"}"#, None).expect("a draft");
    let emptied = prepared.to_text().replace("\"intent\": \"x\"", "\"intent\": \"\"");
    assert_eq!(refusal(Draft::resume(value(&emptied))).0, "field_invalid");
}

#[test]
fn b13_a_secret_signs_only_for_its_own_key() {
    let own = draft(r#"{"to_agent": "a", "intent": "x"}"#, None).expect("a draft");
    assert_eq!(refusal(own.clone().sign(Form::V040, &SecretKey::from_seed(&[2; 32]))).0, "signing_identity_mismatch");
    let text = own.sign(Form::V040, &planner()).expect("its own key").to_text();
    assert_eq!(inspect::check(inspect::Kind::Packet, text.as_bytes()).refusal, None);
}

#[test]
fn d02_all_metadata_of_a_task_reaches_the_packet() {
    let task = TaskMetadata::read(value(
        r#"{"risk_level": "write", "ttl_seconds": 60, "requires_human_review": true, "ai_provenance": {"source": "model", "a": 1}}"#,
    ))
    .expect("metadata");
    for fields in [
        r#"{"to_agent": "a", "intent": "x"}"#,
        r#"{"to_agent": "a", "intent": "x", "constraints": {"requires_human_review": false, "max_runtime_seconds": 5}}"#,
        r#"{"to_agent": "a", "intent": "x", "risk_level": "write", "ttl_seconds": 60, "ai_provenance": {"a": 1, "source": "model"}}"#,
    ] {
        let packet = signed(draft(fields, Some(&task)).expect(fields));
        let content = packet.content();
        assert_eq!(content.risk_level.map(|risk| risk.as_str()), Some("write"));
        assert_eq!(content.ttl_seconds.as_ref().and_then(json::Integer::to_i64), Some(60));
        assert_eq!(content.expires_at, Some(at(60)));
        assert!(content.requires_human_review());
        let made_by = content.ai_provenance.as_ref();
        let Some(Value::Object(members)) = made_by else { panic!("an object") };
        let keys: Vec<&str> = members.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["a", "source"]);
    }
    let runtime =
        signed(draft(r#"{"to_agent": "a", "intent": "x", "constraints": {"max_runtime_seconds": 5}}"#, Some(&task)).expect("a draft"));
    let kept = runtime.content().constraints.as_ref().and_then(|c| c.max_runtime_seconds.as_ref());
    assert_eq!(kept.and_then(json::Integer::to_i64), Some(5));
}

#[test]
fn d02_a_field_that_contradicts_its_task_is_refused_not_overruled() {
    let task =
        TaskMetadata::read(value(r#"{"risk_level": "write", "ttl_seconds": 60, "ai_provenance": {"source": "model"}}"#)).expect("metadata");
    for (field, given) in [("risk_level", r#""read""#), ("ttl_seconds", "61"), ("ai_provenance", r#"{"source": "human"}"#)] {
        let outcome = draft(&format!(r#"{{"to_agent": "a", "intent": "x", "{field}": {given}}}"#), Some(&task));
        assert_eq!(refusal(outcome), ("task_metadata_conflict", Some(format!("/{field}"))));
    }
}

#[test]
fn d03_and_d16_a_task_of_unknown_risk_or_senseless_metadata_is_refused() {
    for (given, code) in [
        (r#"{"risk_level": "critical"}"#, "unsupported_risk_level"),
        (r#"{"risk_level": ""}"#, "unsupported_risk_level"),
        (r#"{"ttl_seconds": 0}"#, "ttl_invalid"),
        (r#"{"ttl_seconds": -5}"#, "ttl_invalid"),
        (r#"{"ai_provenance": {"source": null}}"#, "invalid_ai_provenance"),
        (r#"{"requires_human_review": "true"}"#, "type_mismatch"),
        (r#"{"requires_review": true}"#, "unknown_field"),
    ] {
        assert_eq!(refusal(TaskMetadata::read(value(given))).0, code, "{given}");
    }
    let task = TaskMetadata::read(value("{}")).expect("metadata");
    assert_eq!((task.risk_level.as_str(), task.requires_human_review), ("read", false));
}

#[test]
fn d14_no_packet_is_signed_that_never_expires() {
    for fields in [
        r#"{"to_agent": "a", "intent": "x"}"#,
        r#"{"to_agent": "a", "intent": "x", "risk_level": null, "ttl_seconds": null, "expires_at": null}"#,
    ] {
        assert_eq!(signed(draft(fields, None).expect("a draft")).content().expires_at, Some(at(900)));
    }
    assert_eq!(
        signed(draft(r#"{"to_agent": "a", "intent": "x", "risk_level": "write"}"#, None).expect("a draft")).content().expires_at,
        Some(at(120))
    );
}

#[test]
fn nothing_is_signed_that_no_gate_would_admit() {
    for (fields, code) in [
        (r#"{"to_agent": "a", "intent": ""}"#.to_owned(), "field_invalid"),
        (format!(r#"{{"to_agent": "a", "intent": "x", "nonce": "{}"}}"#, "n".repeat(257)), "field_invalid"),
        (r#"{"to_agent": "pl\u0430nner", "intent": "x"}"#.to_owned(), "field_invalid"),
        (r#"{"to_agent": "a", "intent": "x", "risk_level": "critical"}"#.to_owned(), "unsupported_risk_level"),
        (r#"{"to_agent": "a", "intent": "x", "ttl_seconds": -5}"#.to_owned(), "ttl_invalid"),
        (r#"{"to_agent": "a", "intent": "x", "ttl_seconds": 1000000000000}"#.to_owned(), "datetime_out_of_range"),
        (r#"{"to_agent": "a", "intent": "x", "expires_at": "2026-03-08T12:15:01Z"}"#.to_owned(), "ttl_policy_mismatch"),
        (r#"{"to_agent": "a", "intent": "x", "ai_provenance": {}}"#.to_owned(), "invalid_ai_provenance"),
        (r#"{"to_agent": "a", "intent": "x", "is_admin": true}"#.to_owned(), "unknown_field"),
        (r#"{"to_agent": "a", "intent": "x", "context": []}"#.to_owned(), "type_mismatch"),
        (r#"{"intent": "x"}"#.to_owned(), "missing_field"),
    ] {
        assert_eq!(refusal(draft(&fields, None)).0, code, "{fields}");
    }
}

/// A relay sorts keys; the older form signs their order.
#[test]
fn e10_what_is_signed_here_survives_a_relay_in_both_forms() {
    let fields = r#"{"to_agent": "a", "intent": "é", "context": {"b": {"d": [{"f": 1, "e": 1e-7}], "c": 2}, "a": 1.0}, "ai_provenance": {"z": 1, "source": "model"}}"#;
    for form in [Form::V040, Form::V033] {
        let own = draft(fields, None).expect("a draft");
        let signature = planner().sign(&own.signing_bytes(form));
        let text = chain::envelope_text(&own.finish(form, signature).expect("its own signature").to_text()).expect("a packet");
        let relayed = json::write(&value(&text), json::Style { spaced: false, ..json::Style::WIRE });
        for text in [text, relayed] {
            let report = inspect::check(inspect::Kind::Envelope, text.as_bytes());
            assert_eq!((report.refusal, report.form), (None, Some(form)));
        }
    }
}

#[test]
fn b10_a_known_agent_gets_no_other_key_by_registering_again() {
    let mut registry = AgentRegistry::default();
    registry.register("agent:a", AgentRecord::of_key(planner().public_key())).expect("a new agent");
    let other = AgentRecord::of_key(SecretKey::from_seed(&[2; 32]).public_key());
    let reason = Reason::from(registry.register("agent:a", other.clone()).expect_err("a conflict"));
    assert_eq!(reason.code.as_str(), "key_conflict");
    registry.revoke("agent:a", at(0)).expect("known");
    assert_eq!(Reason::from(registry.register("agent:a", other).expect_err("a conflict")).code.as_str(), "key_conflict");
    registry.register("agent:a", AgentRecord::of_key(planner().public_key())).expect("the same key");
    assert!(registry.resolve("agent:a").is_some_and(|record| record.is_revoked(at(0))), "and no way back from a revocation");
}

#[test]
fn b06_and_b08_no_registry_holds_a_weak_key_or_one_in_a_second_spelling() {
    let neutral = [&[0x01][..], &[0; 31]].concat();
    let spki = [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], &neutral].concat();
    let weak = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", trusthandoff::encoding::base64(&spki));
    let good = identity::public_key_pem(&planner().public_key());
    for (pem, code) in [
        (weak, "weak_public_key"),
        (good.trim_end().to_owned(), "public_key_encoding_invalid"),
        (good.replace('\n', "\r\n"), "public_key_encoding_invalid"),
    ] {
        let text = serde_json::json!({ "agent:a": pem }).to_string();
        let reason = Reason::from(AgentRegistry::from_json(text.as_bytes()).expect_err("a refusal"));
        assert_eq!((reason.code.as_str(), reason.field.as_deref()), (code, Some("/agent:a")));
    }
    assert!(matches!(crypto::PublicKey::from_bytes(neutral.try_into().unwrap()), Err(crypto::Error::WeakKey)));
}

#[test]
fn c04_and_d12_a_setting_outside_its_range_is_refused_at_construction() {
    type Setting = fn(&mut Config, u32);
    let settings: [(&str, Setting, u32, u32); 6] = [
        ("maxDepth", |config, n| config.max_depth = n, 0, 64),
        ("skewSeconds", |config, n| config.limits.skew = n, 0, 300),
        ("graceSeconds", |config, n| config.limits.grace = n, 0, 60),
        ("ttl.write", |config, n| config.limits.write_ttl = n, 1, 2_592_000),
        ("ttl.read", |config, n| config.limits.read_ttl = n, 1, 2_592_000),
        ("maxLifetimeSeconds", |config, n| config.limits.lifetime = n, 1, 2_592_000),
    ];
    for (option, set, least, most) in settings {
        for n in [0, 1, least, most, most + 1, u32::MAX] {
            let mut config = Config::new(RESEARCHER);
            set(&mut config, n);
            let outcome = Gate::new(config).map(|_| ()).map_err(|error| error.option);
            assert_eq!(outcome, if (least..=most).contains(&n) { Ok(()) } else { Err(option) }, "{option} {n}");
        }
    }
    for audience in [vec![], vec![String::new()], vec![RESEARCHER.to_owned(), "pl\u{430}nner".into()], vec!["a b".into()]] {
        let outcome = Gate::new(Config { audience, ..Config::new(RESEARCHER) });
        assert_eq!(outcome.map(|_| ()).map_err(|error| error.option), Err("audience"));
    }
}

#[test]
fn d01_an_approval_is_bound_to_everything_but_the_times_and_the_approval() {
    let base = r#""to_agent": "a", "intent": "x", "nonce": "n", "packet_id": "p", "task_id": "t", "context": {"k": 1}"#;
    let digest = |fields: &str| Subject::of(signed(draft(fields, None).expect(fields)).content()).digest;
    let own = digest(&format!("{{{base}}}"));
    let later = format!(r#"{{{base}, "issued_at": "2026-03-08T13:00:00Z"}}"#);
    assert_eq!(digest(&later), own);
    for (from, to) in [
        (r#""to_agent": "a""#, r#""to_agent": "b""#),
        (r#""intent": "x""#, r#""intent": "y""#),
        (r#""nonce": "n""#, r#""nonce": "m""#),
        (r#""packet_id": "p""#, r#""packet_id": "q""#),
        (r#"{"k": 1}"#, r#"{"k": 2}"#),
        (r#"{"k": 1}"#, r#"{"k": {"human_approval": 1}}"#),
        (r#"{"k": 1}"#, r#"{"k": 1, "human_approval": "APPROVED"}"#),
        (r#"{"k": 1}"#, r#"{"k": 1}, "risk_level": "write""#),
        (r#"{"k": 1}"#, r#"{"k": 1}, "permissions": {"allowed_actions": ["delete"]}"#),
    ] {
        assert_ne!(digest(&format!("{{{}}}", base.replace(from, to))), own, "{to}");
    }
    // The digest is of the content, whatever form signed it, and of another kind than the packet's own.
    let packet = signed(draft(&format!("{{{base}}}"), None).expect("a draft"));
    let older = support::packet(&planner(), &format!("{{{base}}}"), Form::V033);
    let reviewed = Subject::of(packet.content()).digest;
    assert_eq!((Subject::of(older.content()).digest, older.digest()), (reviewed.clone(), packet.digest()));
    assert_ne!(hex(&packet.digest()), reviewed);
}

#[test]
fn w12_a_secret_shows_in_no_message() {
    let secret = planner();
    let seed = trusthandoff::encoding::hex(&secret.seed()[..]);
    let pem = identity::private_key_pem(&secret);
    assert!(!format!("{secret:?}").contains(&seed));
    let broken = pem.replace("MC4C", "MC5C");
    let error = identity::private_key_from_pem(&broken).expect_err("a broken key").to_string();
    assert!(!error.contains(&pem[30..80]), "{error}");
    assert!(!envelope(r#"{"to_agent": "a", "intent": "x"}"#).contains(&pem[40..80]));
}
