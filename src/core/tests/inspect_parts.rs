//! The signed objects within a text: which one is broken, where, and over which bytes each is signed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::Value;
use trusthandoff::crypto::{PublicKey, SecretKey, Signature};
use trusthandoff::encoding::{base64url, from_base64url, hex};
use trusthandoff::inspect::{Kind, Part, json_fault, parts, respelled, token_fault};
use trusthandoff::limits::MAX_INPUT_BYTES;
use trusthandoff::packet::Form;
use trusthandoff::{capability, chain, identity};
use trusthandoff_testkit::cast::{self, packet, planner};

fn token(issuer: &SecretKey, subject: &str) -> capability::Capability {
    let fields =
        format!(r#"{{"capability_id": "c-{subject}", "subject_agent": "{subject}", "allowed_actions": ["read"], "ttl_seconds": 600}}"#);
    cast::issued(&identity::agent_id(&issuer.public_key()), issuer, &fields).unwrap()
}

/// A researcher's packet after the planner's, with a capability, in the older form.
fn envelope() -> (String, String) {
    let researcher = cast::key("researcher");
    let to = identity::agent_id(&researcher.public_key());
    let right = token(&planner(), &to).to_token();
    let fields =
        |to: &str, more: &str| format!(r#"{{"to_agent": "{to}", "intent": "x", "permissions": {{"allowed_actions": ["read"]}}{more}}}"#);
    let parent = chain::envelope_text(&packet(&planner(), &fields(&to, ""), Form::V040).to_text()).unwrap();
    let more = format!(r#", "capability_token": "{right}", "context": {{"n": 1.5e20}}"#);
    let child = packet(&researcher, &fields("agent:writer", &more), Form::V033).to_text();
    let text = chain::Lineage { parent: Some(parent.as_bytes()), capabilities: &[] }.envelope_text(&child).unwrap();
    (text, right)
}

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn refusals(parts: &[Part]) -> Vec<(&str, &str)> {
    let of = |part: &Part| part.checks.iter().find_map(|check| check.refusal.as_ref()).map_or("", |reason| reason.code.as_str());
    parts.iter().map(|part| (part.at.as_str(), of(part))).collect()
}

#[test]
fn every_signed_object_of_an_envelope_is_judged_by_itself() {
    let (text, right) = envelope();
    let found = parts(Kind::Envelope, text.as_bytes(), None).unwrap();
    let whole = [("/packet", ""), ("/proof/packets/0", ""), ("/proof/capabilities/0", "")];
    assert_eq!(refusals(&found), whole);
    assert_eq!(found[0].form, Some(Form::V033));
    assert!(found.iter().all(|part| part.is_valid() && part.id_matches_key == Some(true) && part.digest.is_some()));

    let bare: Value = serde_json::from_str(&text).unwrap();
    let bare = parts(Kind::Packet, bare["packet"].to_string().as_bytes(), None).unwrap();
    assert_eq!(bare.iter().map(|part| part.at.as_str()).collect::<Vec<_>>(), ["", "/capability_token"]);

    // One of the packets is not what was signed; the others still are.
    let forged = text.replacen("\"max_tool_calls\": null", "\"max_tool_calls\": 7", 2).replacen(
        "\"max_tool_calls\": 7",
        "\"max_tool_calls\": null",
        1,
    );
    assert_ne!(forged, text);
    let found = parts(Kind::Envelope, forged.as_bytes(), None).unwrap();
    assert_eq!(refusals(&found).iter().filter(|(_, code)| *code == "invalid_signature").count(), 1, "{found:?}");

    let other = right.replace('A', "!");
    let found = parts(Kind::CapabilityToken, other.as_bytes(), None).unwrap();
    assert_eq!(found[0].checks[0].offset, other.find('!'));
}

#[test]
fn the_signed_bytes_are_those_that_the_signature_is_over() {
    let (text, right) = envelope();
    let tree: Value = serde_json::from_str(&text).unwrap();
    for part in parts(Kind::Envelope, text.as_bytes(), None).unwrap() {
        let (key, signature) = if part.kind == Kind::CapabilityToken {
            let inner: Value = serde_json::from_slice(&from_base64url(&right).unwrap()).unwrap();
            (inner["public_key"].clone(), inner["signature"].clone())
        } else {
            let own = tree.pointer(&part.at).unwrap();
            (own["public_key"].clone(), own["signature"].clone())
        };
        let key: PublicKey = identity::public_key_from_pem(key.as_str().unwrap()).unwrap();
        key.verify(&part.signed.unwrap(), &Signature::from_base64(signature.as_str().unwrap()).unwrap()).expect(&part.at);
    }
}

#[test]
fn the_signed_bytes_of_the_reference_are_found_in_every_form() {
    for file in [
        include_str!("../../../tests/vectors/reference-0.4.0.json"),
        include_str!("../../../tests/vectors/reference-0.3.3-pydantic2.12.json"),
        include_str!("../../../tests/vectors/reference-0.3.3-pydantic2.14.json"),
    ] {
        let file: Value = serde_json::from_str(file).unwrap();
        let mut seen = 0;
        for case in file["packets"].as_array().unwrap() {
            let (Some(wire), Some(signed)) = (case["wire"].as_str(), case["signed_payload"].as_str()) else { continue };
            let Ok(found) = parts(Kind::Envelope, wire.as_bytes(), None) else { continue };
            if found[0].is_valid() {
                seen += 1;
                assert_eq!(hex(found[0].signed.as_deref().unwrap()), signed, "{}", case["name"]);
            }
        }
        assert!(seen >= 10, "{seen}");
    }
}

#[test]
fn a_broken_packet_has_the_bytes_of_the_form_that_is_asked_for() {
    let text = packet(&planner(), r#"{"to_agent": "agent:r", "intent": "é"}"#, Form::V033).to_text().replace("\\u00e9", "e");
    let signed = |form| String::from_utf8(parts(Kind::Packet, text.as_bytes(), form).unwrap()[0].signed.clone().unwrap()).unwrap();
    assert!(signed(None).starts_with("{\"ai_provenance\""));
    assert!(signed(Some(Form::V033)).starts_with("{\"packet_id\""));
}

#[test]
fn a_spelling_that_is_refused_stands_at_its_byte() {
    for (text, at) in [
        ("{\"a\":1,}", Some(7)),
        ("\u{feff}{}", Some(0)),
        ("{\"a\":-0}", Some(5)),
        ("{\"a\":\"\\ud800\"}", Some(6)),
        ("{}", None),
        (r#"{"a":1,"a":2}"#, None),
    ] {
        assert_eq!(json_fault(text.as_bytes()), at, "{text}");
    }
    assert_eq!(json_fault(b"{\"\xff\"}"), Some(2));
    // What is too large to be read is cut off by whoever hands it in, and not broken there.
    assert_eq!(json_fault(&vec![b'['; MAX_INPUT_BYTES + 1]), None);

    let own = packet(&planner(), r#"{"to_agent": "agent:r", "intent": "x"}"#, Form::V040).to_text();
    let fault = |text: &str| {
        let part = parts(Kind::Packet, text.as_bytes(), None).unwrap().remove(0);
        let check = part.checks.into_iter().find(|check| check.refusal.is_some()).unwrap();
        (check.refusal.unwrap().field.unwrap(), check.offset)
    };
    let tree: Value = serde_json::from_str(&own).unwrap();
    let changed = |member: &str, change: &dyn Fn(&str) -> String| {
        let mut tree = tree.clone();
        tree[member] = change(tree[member].as_str().unwrap()).into();
        tree.to_string()
    };
    assert_eq!(fault(&changed("signature", &|text| text.replacen(&text[20..21], "*", 1))).0, "/signature");
    assert_eq!(fault(&changed("signature", &|text| format!("{}*{}", &text[..20], &text[21..]))), ("/signature".into(), Some(20)));
    assert_eq!(fault(&changed("signature", &|text| format!("{}R==", &text[..85]))), ("/signature".into(), Some(85)));
    assert_eq!(fault(&changed("signature", &|text| text[..40].into())), ("/signature".into(), Some(40)));
    assert_eq!(fault(&changed("public_key", &|text| text.replace('\n', "\r\n"))), ("/public_key".into(), Some(26)));
    assert_eq!(fault(&changed("public_key", &|text| format!("{}.{}", &text[..60], &text[61..]))), ("/public_key".into(), Some(60)));
    assert_eq!(fault(&changed("public_key", &|text| text.trim_end().into())), ("/public_key".into(), Some(112)));
    assert_eq!(fault(&changed("signature_algo", &|_| "none".into())), ("/signature_algo".into(), None));
}

#[test]
fn another_spelling_of_the_same_content_is_found_and_not_refused() {
    let own = packet(&planner(), r#"{"to_agent": "agent:r", "intent": "x"}"#, Form::V040).to_text();
    assert_eq!(respelled(Kind::Packet, own.as_bytes()), None);
    assert_eq!(respelled(Kind::Packet, format!("{own}\n").as_bytes()), None);
    let spaced = own.replace("\"intent\": ", "\"intent\":  ");
    assert_eq!(respelled(Kind::Packet, spaced.as_bytes()), spaced.find("  \"x\"").map(|at| at + 1));
    assert!(parts(Kind::Packet, spaced.as_bytes(), None).unwrap()[0].is_valid());
}

#[test]
fn a_token_that_is_not_the_one_text_of_its_capability_is_pointed_at() {
    let right = token(&planner(), "agent:r").to_token();
    assert_eq!(token_fault(&right), None);
    assert_eq!(token_fault(&format!("{right}=")), Some((right.len(), false)));
    let inner = String::from_utf8(from_base64url(&right).unwrap()).unwrap();
    let spaced = base64url(inner.replacen(',', ", ", 1).as_bytes());
    assert_eq!(token_fault(&spaced), Some((inner.find(',').unwrap() + 1, true)));
    let broken = base64url(inner.replacen(':', "", 1).as_bytes());
    assert_eq!(token_fault(&broken), Some((inner.find(':').unwrap(), true)));
    let part = parts(Kind::CapabilityToken, spaced.as_bytes(), None).unwrap().remove(0);
    assert_eq!(
        (refusals(std::slice::from_ref(&part))[0].1, part.checks[0].offset),
        ("token_noncanonical", inner.find(',').map(|at| at + 1))
    );
}

#[test]
fn each_hash_and_the_fingerprint_of_an_attestation_are_judged_for_themselves() {
    let file: Value = serde_json::from_str(include_str!("../../../tests/vectors/reference-0.4.0.json")).unwrap();
    let case = &file["attestations"][0];
    let result: Value = serde_json::from_slice(&from_hex(case["result_canonical"].as_str().unwrap())).unwrap();
    let attestation: Value = serde_json::from_str(case["json"].as_str().unwrap()).unwrap();
    // As text: a nonce has more digits than this reader of JSON keeps.
    let bundle = |result: &Value, reason: &Value, key: &Value, now: u64| {
        let own = case["json"].as_str().unwrap();
        format!(r#"{{"attestation": {own}, "result": {result}, "reason": {reason}, "public_key_pem": {key}, "now_ms": {now}}}"#)
    };
    let judged = |text: String| -> Vec<(&'static str, &'static str)> {
        let part = parts(Kind::Attestation, text.as_bytes(), None).unwrap().remove(0);
        part.checks.iter().filter_map(|check| check.refusal.as_ref().map(|reason| (check.name, reason.code.as_str()))).collect()
    };
    let keys: Vec<&Value> = file["identities"].as_array().unwrap().iter().map(|identity| &identity["public_key_pem"]).collect();
    let time = attestation["timestamp_ms"].as_u64().unwrap();
    let own = keys.iter().find(|key| judged(bundle(&result, &Value::Null, key, time)).is_empty()).expect("its key");
    assert_eq!(
        judged(bundle(&serde_json::json!({"other": 1}), &serde_json::json!({"other": 1}), own, time + 300_001)),
        [("result", "outcome_hash_mismatch"), ("reason", "reason_hash_mismatch"), ("time", "expired")]
    );
    let other = keys.iter().find(|key| *key != own).unwrap();
    let wrong = judged(bundle(&result, &Value::Null, other, time));
    assert_eq!(wrong, [("key", "public_key_mismatch"), ("signature", "invalid_signature")]);
}
