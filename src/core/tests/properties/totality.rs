//! Whatever is received, everything that reads it answers; nothing panics.

use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;
use trusthandoff::capability::UnverifiedCapability;
use trusthandoff::chain;
use trusthandoff::crypto::KeyTables;
use trusthandoff::decision::Code;
use trusthandoff::gate::{Config, Gate};
use trusthandoff::inspect::{self, Kind};
use trusthandoff::json::{Style, Value, parse, write};
use trusthandoff::lines::{VerifyLine, check_line};
use trusthandoff::packet::{Form, TaskMetadata};
use trusthandoff::registry::{AgentRecord, AgentRegistry};
use trusthandoff::time::Timestamp;

use super::support::{RESEARCHER, at, drive, packet, planner, right};
use super::values::text;

/// Genuine texts of every kind, to be spoilt.
static GENUINE: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let fields =
        r#"{"to_agent": "agent:researcher", "intent": "x", "context": {"a": [1.5, {"b": "é"}]}, "ai_provenance": {"source": "m"}}"#;
    let packet = packet(&planner(), fields, Form::V040);
    let envelope = chain::envelope_text(&packet.to_text()).unwrap();
    let file: serde_json::Value = serde_json::from_str(include_str!("../../../../tests/vectors/reference-0.4.0.json")).unwrap();
    let text = |kind: &str, field: &str| file[kind][0][field].as_str().unwrap().to_owned();
    let attestation = format!(
        r#"{{"attestation":{},"result":{{"a":1}},"reason":null,"public_key_pem":{},"now_ms":1772971200000}}"#,
        text("attestations", "json"),
        serde_json::to_string(&text("identities", "public_key_pem")).unwrap(),
    );
    let line =
        serde_json::json!({ "id": 1, "kind": "envelope", "text": envelope, "now": "2026-03-08T12:00:00Z", "approvals": [{}] }).to_string();
    let registry = serde_json::json!({ "agent:a": { "keys": [{ "public_key_pem": text("identities", "public_key_pem"), "not_before": null }], "roots": ["read"] } }).to_string();
    [envelope, packet.to_text(), text("packets", "wire"), text("capabilities", "token"), attestation, line, registry]
        .map(String::into_bytes)
        .to_vec()
});

/// Everything that reads received bytes. A refusal has a code of the one table and one line of text.
fn read_everywhere(bytes: &[u8]) -> Result<(), TestCaseError> {
    let keys = KeyTables::new(0);
    let kinds = Kind::ALL.into_iter().chain(Kind::detect(bytes));
    for kind in kinds {
        let report = inspect::check(kind, bytes);
        let is_valid = report.refusal.is_none();
        if let Some(reason) = report.refusal {
            prop_assert!(Code::ALL.contains(&reason.code));
            prop_assert!(!reason.message.contains(char::is_control), "{:?}", reason.message);
        }
        prop_assert!(inspect::respelled(kind, bytes).is_none_or(|at| at <= bytes.len()));
        // What is valid has itself as its first part.
        let parts = inspect::parts(kind, bytes, None).unwrap_or_default();
        prop_assert!(!is_valid || parts.first().is_some_and(inspect::Part::is_valid), "{kind:?} {parts:?}");
    }
    let (answer, refused) = check_line(bytes);
    prop_assert!(parse(answer.as_bytes()).is_ok() && !answer.contains('\n'));
    prop_assert!(!answer.contains("true") || !refused || answer.contains("\"valid\": false"));
    let line = VerifyLine::read(bytes);
    prop_assert!(parse(line.id.as_bytes()).is_ok());
    let _ = AgentRegistry::from_json(bytes);
    if let Ok(value) = parse(bytes) {
        let _ = AgentRecord::read(value.clone(), "");
        let _ = TaskMetadata::read(value);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = UnverifiedCapability::decode(text, &keys);
        let _ = Timestamp::parse(text);
        let _ = Timestamp::parse_rfc3339(text);
        let _ = trusthandoff::identity::public_key_from_pem(text);
        let _ = trusthandoff::identity::private_key_from_pem(text);
    }
    let mut gate = Gate::new(Config::new(RESEARCHER)).unwrap();
    let decision = drive(&mut gate, bytes, |ask| (right(&ask.question), at(0)));
    prop_assert!(decision.reason().is_none_or(|reason| Code::ALL.contains(&reason.code)));
    prop_assert_eq!(decision.packet().is_some(), decision.as_str() == "ACCEPT");
    prop_assert!(decision.findings().iter().all(|finding| !finding.detail.contains(char::is_control)));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_500) })]

    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..300)) {
        read_everywhere(&bytes)?;
    }

    #[test]
    fn any_text_of_json_characters_is_answered(text in "[\\[\\]{}:,\"\\\\u0-9eE.+\\-a-f \\ntrlsn]{0,120}") {
        read_everywhere(text.as_bytes())?;
    }

    #[test]
    fn spoilt_genuine_texts_are_answered(which in any::<prop::sample::Index>(), spoils in vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..5)) {
        let mut bytes = which.get(&GENUINE).clone();
        for (at, with, how) in spoils {
            let at = at.index(bytes.len().max(1));
            match how {
                0 if at < bytes.len() => bytes[at] = with,
                1 if at < bytes.len() => drop(bytes.remove(at)),
                2 => bytes.truncate(at),
                _ => bytes.insert(at, with),
            }
        }
        read_everywhere(&bytes)?;
    }

    /// Whole values swapped for others keep the text well-formed, so that the readers of fields are met.
    #[test]
    fn genuine_texts_with_other_values_are_answered(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), value in super::values::value(), key in text()) {
        let bytes = which.get(&GENUINE);
        if let Ok(mut whole) = parse(bytes) {
            let count = count(&whole);
            replace(&mut whole, &mut at.index(count), &value, &key);
            let text = write(&whole, Style::WIRE);
            read_everywhere(text.as_bytes())?;
        }
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.iter().map(|(_, member)| count(member)).sum(),
        _ => 0,
    }
}

/// Replaces the value at a place, counted depth first; an object there gains a key instead.
fn replace(value: &mut Value, place: &mut usize, by: &Value, key: &str) {
    if *place == 0 {
        match value {
            Value::Object(members) if members.iter().all(|(known, _)| known != key) && members.len() % 2 == 1 => {
                members.push((key.to_owned(), by.clone()))
            }
            other => *other = by.clone(),
        }
        *place = usize::MAX;
        return;
    }
    *place -= 1;
    let inner: Box<dyn Iterator<Item = &mut Value>> = match value {
        Value::Array(items) => Box::new(items.iter_mut()),
        Value::Object(members) => Box::new(members.iter_mut().map(|(_, member)| member)),
        _ => return,
    };
    for item in inner {
        replace(item, place, by, key);
        if *place == usize::MAX {
            return;
        }
    }
}
