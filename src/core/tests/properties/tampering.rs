//! Whatever is changed of what was signed refuses it; whatever else is changed leaves the content as it was.

use std::sync::LazyLock;

use proptest::prelude::*;
use trusthandoff::chain::{self, Envelope};
use trusthandoff::crypto::KeyTables;
use trusthandoff::json::{self, Style};
use trusthandoff::packet::{Form, Packet};

use super::encodings::{edited, stray};
use super::support::{packet, planner};

const FIELDS: &str = r#"{"to_agent": "agent:researcher", "intent": "Summarize é 😀 \" \\ \u0001", "risk_level": "write", "goal": null,
    "context": {"a": [1, 1.5, 1e-7, -0.0, true, null, 123456789012345678901234567890], "z": {"é": "\u007f"}}, "memory_refs": ["m"],
    "permissions": {"allowed_actions": ["read", "fetch:https://a.example/**"], "max_tool_calls": 3},
    "constraints": {"max_runtime_seconds": 60, "data_boundary": "eu", "requires_human_review": true},
    "provenance": {"origin_workflow": "w", "delegation_depth": 2}, "ai_provenance": {"source": "model"}}"#;

const FORMS: [(Form, Style); 2] = [(Form::V040, Style::COMPACT), (Form::V033, Style::ARRIVAL)];

static PACKETS: LazyLock<[(Packet, Style); 2]> = LazyLock::new(|| FORMS.map(|(form, style)| (packet(&planner(), FIELDS, form), style)));

/// What a received text proves to have been signed, if it proves anything.
fn proven(text: &[u8]) -> Option<String> {
    let mut keys = KeyTables::new(0);
    let packet = Envelope::parse(text, &keys).ok()?.packet.verify(&mut keys).ok()?;
    let style = if packet.form() == Form::V040 { Style::COMPACT } else { Style::ARRIVAL };
    Some(json::write(&packet.content().to_value(), style))
}

#[test]
fn every_single_bit_of_the_signed_bytes_counts() {
    let key = planner().public_key();
    for (packet, style) in PACKETS.iter() {
        let signed = json::write(&packet.content().to_value(), *style).into_bytes();
        let signature = planner().sign(&signed);
        let mut tables = KeyTables::new(1);
        for _ in 0..2 {
            assert_eq!(tables.verify(&key, &signed, &signature), Ok(()));
        }
        for bit in 0..signed.len() * 8 {
            let mut changed = signed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(tables.verify(&key, &changed, &signature).is_err(), "bit {bit}");
        }
    }
}

/// The text that travels, in three layouts: where a flipped bit leaves a text that verifies, it is
/// another spelling of the same content.
#[test]
fn every_single_bit_of_the_wire_refuses_or_changes_no_content() {
    let mut spellings = 0;
    for (packet, own) in PACKETS.iter() {
        let content = json::write(&packet.content().to_value(), *own);
        for style in [Style::WIRE, Style { sorted: false, ..Style::COMPACT }, Style { escape: json::Escape::Utf8, ..Style::WIRE }] {
            // The packet alone: the chain is not signed.
            let text = json::write(&packet.to_value(), style);
            let chain = json::parse(chain::envelope_text(&packet.to_text()).unwrap().as_bytes()).unwrap();
            let chain = json::write(chain.member("chain").unwrap(), Style::WIRE);
            let wire = |packet: &[u8]| [b"{\"packet\": ", packet, b", \"chain\": ", chain.as_bytes(), b"}"].concat();
            assert_eq!(proven(&wire(text.as_bytes())).as_ref(), Some(&content));
            for bit in 0..text.len() * 8 {
                let mut changed = text.clone().into_bytes();
                changed[bit / 8] ^= 1 << (bit % 8);
                if let Some(found) = proven(&wire(&changed)) {
                    assert_eq!(found, content, "bit {bit}");
                    spellings += 1;
                }
            }
        }
    }
    // `\u00e9` and `\u00E9`, a space and nothing else: so the test does see texts that still verify.
    assert!(spellings > 0);
}

#[test]
fn every_single_bit_of_a_signature_counts() {
    for (packet, _) in PACKETS.iter() {
        let text = chain::envelope_text(&packet.to_text()).unwrap();
        let signature = packet.to_value().member("signature").map(|value| json::write(value, Style::WIRE)).unwrap();
        let at = text.find(&signature).expect("the signature");
        for bit in 0..signature.len() * 8 {
            let mut changed = text.clone().into_bytes();
            changed[at + bit / 8] ^= 1 << (bit % 8);
            assert_eq!(proven(&changed), None, "bit {bit}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5_000) })]

    #[test]
    fn a_character_changed_anywhere_refuses_or_changes_no_content(which in 0..2_usize, at in any::<usize>(), with in stray(), how in any::<u8>()) {
        let (packet, style) = &PACKETS[which];
        let changed = edited(&chain::envelope_text(&packet.to_text()).unwrap(), at, with, how);
        if let Some(found) = proven(changed.as_bytes()) {
            prop_assert_eq!(found, json::write(&packet.content().to_value(), *style));
        }
    }
}
