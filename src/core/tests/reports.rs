//! What a decision and a report of `check` say: what is proven, what is only claimed, and in which words.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use trusthandoff::decision::{Claimed, Code, Decision};
use trusthandoff::encoding::hex;
use trusthandoff::inspect::{Kind, check};
use trusthandoff::packet::Form;
use trusthandoff::{chain, identity};
use trusthandoff_testkit::cast::{self, RESEARCHER, REVIEWED, at, envelope, gate_with_every_host, packet, planner};
use trusthandoff_testkit::{drive, right};

fn decided(text: &str) -> Box<Decision> {
    drive(&mut gate_with_every_host(), text.as_bytes(), |ask| (right(&ask.question), at(0)))
}

#[test]
fn a_decision_tells_what_is_claimed_and_only_an_acceptance_what_is_proven() {
    let fields = format!(r#"{{"to_agent": "{RESEARCHER}", "intent": "x", "packet_id": "p-1"}}"#);
    let own = packet(&planner(), &fields, Form::V040);
    let key = planner().public_key();
    let content = own.content();
    let says = |form: Option<Form>| Claimed {
        packet_id: "p-1".into(),
        task_id: content.task_id.clone(),
        from_agent: identity::agent_id(&key),
        to_agent: RESEARCHER.into(),
        nonce: content.nonce.clone(),
        risk_level: content.risk_level,
        ttl_seconds: content.ttl_seconds.clone(),
        expires_at: content.expires_at,
        fingerprint: key.fingerprint(),
        is_proven: form.is_some(),
        form,
    };
    let text = envelope(&fields);

    let accepted = decided(&text);
    assert_eq!(accepted.claimed(), Some(&says(Some(Form::V040))));
    assert_eq!(accepted.packet_digest(), Some(hex(&own.digest())));
    assert_eq!(accepted.packet().map(trusthandoff::packet::Packet::to_text), Some(own.to_text()));

    let forged = decided(&text.replace("\"intent\": \"x\"", "\"intent\": \"y\""));
    assert_eq!(forged.claimed(), Some(&says(None)));
    assert_eq!((forged.packet_digest(), forged.packet().is_none()), (None, true));

    assert_eq!(decided("{").claimed(), None);
}

#[test]
fn a_report_names_who_says_to_have_signed_and_whether_the_id_is_of_the_key() {
    let own = packet(&planner(), REVIEWED, Form::V033);
    let id = identity::agent_id(&planner().public_key());
    let report = check(Kind::Packet, own.to_text().as_bytes());
    assert_eq!((report.refusal, report.form), (None, Some(Form::V033)));
    assert_eq!(
        (report.agent_id.as_deref(), report.id_matches_key, report.object_id),
        (Some(id.as_str()), Some(true), Some(own.content().packet_id.clone()))
    );

    // Refused, and all the same told whose it claims to be.
    let renamed = own.to_text().replace(&id, "agent:ceo");
    let report = check(Kind::Packet, renamed.as_bytes());
    assert_eq!(report.refusal.map(|reason| reason.code), Some(Code::InvalidSignature));
    assert_eq!((report.agent_id.as_deref(), report.id_matches_key, report.form), (Some("agent:ceo"), Some(false), None));

    let report = check(Kind::Packet, b"{}");
    assert_eq!((report.agent_id, report.id_matches_key, report.object_id), (None, None, None));
}

#[test]
fn the_kind_of_a_text_is_told_by_its_keys() {
    let own = packet(&planner(), REVIEWED, Form::V040);
    let texts = [
        (own.to_text(), Some(Kind::Packet)),
        (chain::envelope_text(&own.to_text()).expect("a packet"), Some(Kind::Envelope)),
        (format!(" \n{}", own.to_text()), Some(Kind::Packet)),
        (r#"{"attestation": {}}"#.into(), Some(Kind::Attestation)),
        ("eyJ9".into(), Some(Kind::CapabilityToken)),
        ("-x".into(), Some(Kind::CapabilityToken)),
        ("_x".into(), Some(Kind::CapabilityToken)),
        (r#"{"packet_id": "p"}"#.into(), None),
        (r#"{"signature": "s"}"#.into(), None),
        ("{}".into(), None),
        ("[]".into(), None),
    ];
    for (text, kind) in texts {
        assert_eq!(Kind::detect(text.as_bytes()).map_err(|reason| reason.code), kind.ok_or(Code::UnknownKind), "{text}");
    }
    assert_eq!(Kind::detect(b"{").map_err(|reason| reason.code), Err(Code::MalformedJson));
    for kind in Kind::ALL {
        assert_eq!(Kind::from_name(kind.as_str()), Some(kind));
    }
}

#[test]
fn a_wrong_type_is_told_by_what_was_expected_and_what_was_found() {
    let text = packet(&planner(), REVIEWED, Form::V040).to_text();
    for (value, found) in
        [("null", "null"), ("true", "a boolean"), ("1", "an integer"), ("1.0", "a float"), ("[]", "an array"), ("{}", "an object")]
    {
        let reason =
            check(Kind::Packet, text.replace("\"intent\": \"x\"", &format!("\"intent\": {value}")).as_bytes()).refusal.expect("a refusal");
        assert_eq!(
            (reason.field.as_deref(), reason.message.as_str()),
            (Some("/intent"), &*format!("`/intent` must be a string, found {found}"))
        );
    }
    let reason = check(Kind::Packet, text.replace("\"context\": {}", "\"context\": \"x\"").as_bytes()).refusal.expect("a refusal");
    assert_eq!(reason.message, "`/context` must be an object, found a string");
    // Pointers escape what would be read as another path (RFC 6901 §3).
    let reason =
        check(Kind::Packet, text.replace("\"context\": {}", "\"a/b~c\": 1, \"context\": {}").as_bytes()).refusal.expect("a refusal");
    assert_eq!((reason.code, reason.field.as_deref()), (Code::UnknownField, Some("/a~1b~0c")));
}

#[test]
fn a_lineage_tells_of_each_hop_what_it_may_do_and_whether_it_proves_that() {
    let [planner, other] = [planner(), cast::key("researcher")];
    let to = identity::agent_id(&other.public_key());
    let fields =
        |to: &str, actions: &str| format!(r#"{{"to_agent": "{to}", "intent": "x", "permissions": {{"allowed_actions": [{actions}]}}}}"#);
    let parent = chain::envelope_text(&packet(&planner, &fields(&to, r#""read", "fetch""#), Form::V040).to_text()).expect("a packet");
    let child = packet(&other, &fields("agent:writer", r#""read""#), Form::V040).to_text();
    let text = chain::Lineage { parent: Some(parent.as_bytes()), capabilities: &[] }.envelope_text(&child).expect("it follows");
    let hops = trusthandoff::inspect::lineage(text.as_bytes()).expect("an envelope");
    assert_eq!(hops.iter().map(|hop| hop.permissions.allowed_actions.to_vec().join(" ")).collect::<Vec<_>>(), ["read fetch", "read"]);
    assert!(hops.iter().all(|hop| hop.refusal.is_none() && hop.id_matches_key && !hop.is_capability));

    let forged = text.replace(r#"["read", "fetch"]"#, r#"["read", "burn"]"#);
    let hops = trusthandoff::inspect::lineage(forged.as_bytes()).expect("an envelope");
    let refused: Vec<_> = hops.iter().map(|hop| hop.refusal.as_ref().map(|reason| reason.code)).collect();
    assert_eq!(refused, [Some(Code::InvalidSignature), None]);
    assert_eq!(trusthandoff::inspect::lineage(b"{}").map_err(|reason| reason.code), Err(Code::MissingField));
}

#[test]
fn statements_are_checked_like_every_signed_object() {
    let secret = planner();
    let issuer = cast::speaker(&identity::agent_id(&secret.public_key()), &secret, at(0), [7; 16]);
    let approval = format!(r#"{{"decision": "DENIED", "review_digest": "{}"}}"#, "ab".repeat(32));
    let approval =
        trusthandoff::approval::draft(cast::fields(&approval), &issuer).and_then(|draft| draft.sign(&secret)).expect("signed").to_text();
    let revocation = cast::fields(r#"{"target": "agent|agent:x", "reason": "lost"}"#);
    let revocation = trusthandoff::revocation::draft(revocation, &issuer).and_then(|draft| draft.sign(&secret)).expect("signed").to_text();
    for (kind, other, text) in [(Kind::Approval, Kind::Revocation, approval), (Kind::Revocation, Kind::Approval, revocation)] {
        assert_eq!(Kind::detect(text.as_bytes()), Ok(kind));
        let report = check(kind, text.as_bytes());
        assert_eq!((report.refusal, report.id_matches_key, report.object_id), (None, Some(true), Some("07".repeat(16))));
        let refused = |kind, text: &str| check(kind, text.as_bytes()).refusal.map(|reason| reason.code);
        assert_eq!(refused(other, &text), Some(Code::FieldInvalid));
        assert_eq!(refused(kind, &text.replace("2026-03-08T12", "2026-03-08T11")), Some(Code::InvalidSignature));
        assert_eq!(refused(kind, &text.replacen('{', "{\"x\":1,", 1)), Some(Code::UnknownField));
    }
}
