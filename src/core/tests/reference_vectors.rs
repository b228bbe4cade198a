//! Every vector of the reference's own signers: bytes compared, verdicts as its releases give them
//! after their own wire, except what is refused here by rule.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::Value;
use trusthandoff::crypto::{KeyTables, PublicKey, SecretKey, Signature, sha256};
use trusthandoff::encoding::hex;
use trusthandoff::inspect::{self, Kind};
use trusthandoff::json::{self, Style};
use trusthandoff::packet::Form;
use trusthandoff::{attestation, capability::UnverifiedCapability, chain::Envelope, identity};

const FILES: [(&str, &str, Style); 3] = [
    ("reference-0.4.0", include_str!("../../../tests/vectors/reference-0.4.0.json"), Style::COMPACT),
    ("reference-0.3.3-pydantic2.12", include_str!("../../../tests/vectors/reference-0.3.3-pydantic2.12.json"), Style::ARRIVAL_UNSIGNED),
    ("reference-0.3.3-pydantic2.14", include_str!("../../../tests/vectors/reference-0.3.3-pydantic2.14.json"), Style::ARRIVAL),
];

/// What is refused here although the reference lets it pass (catalogue D07, E07, E04).
const REFUSED: [(&str, &str); 3] = [("naive", "datetime_naive"), ("deep", "nesting_too_deep"), ("nan", "malformed_json")];

fn items<'a>(file: &'a Value, key: &str) -> &'a [Value] {
    file[key].as_array().expect(key)
}

fn text<'a>(item: &'a Value, key: &str) -> &'a str {
    item[key].as_str().expect(key)
}

#[test]
fn packets_have_the_bytes_and_verdicts_of_the_reference() {
    for (file, content, style) in FILES {
        let vectors: Value = serde_json::from_str(content).expect(file);
        assert_eq!(items(&vectors, "packets").len(), 16);
        for packet in items(&vectors, "packets") {
            let (name, wire) = (text(packet, "name"), text(packet, "wire"));
            let report = inspect::check(Kind::Envelope, wire.as_bytes());
            let code = report.refusal.as_ref().map(|r| r.code.as_str());
            if let Some((_, expected)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
                assert_eq!(code, Some(*expected), "{file} {name}");
                continue;
            }
            let valid = packet["upstream_verifies_after_wire"].as_bool().expect("a verdict");
            assert_eq!(code, if valid { None } else { Some("invalid_signature") }, "{file} {name}");
            let form = if style == Style::COMPACT { Form::V040 } else { Form::V033 };
            assert_eq!(report.form, valid.then_some(form), "{file} {name}");
            if valid {
                let envelope = Envelope::parse(wire.as_bytes(), &KeyTables::new(0)).expect(name);
                let bytes = json::write(&envelope.packet.claimed().to_value(), style);
                assert_eq!(hex(bytes.as_bytes()), text(packet, "signed_payload"), "{file} {name}");
            }
        }
    }
}

#[test]
fn capabilities_have_the_bytes_of_the_reference() {
    for (file, content, _) in FILES {
        let vectors: Value = serde_json::from_str(content).expect(file);
        for capability in items(&vectors, "capabilities") {
            let (name, token) = (text(capability, "name"), text(capability, "token"));
            let read = UnverifiedCapability::decode(token, &KeyTables::new(0)).expect(name);
            assert_eq!(hex(&read.claimed().signing_bytes()), text(capability, "signed_payload"), "{file} {name}");
            let verified = read.verify(&mut KeyTables::new(0)).expect(name);
            assert_eq!(verified.to_token(), token);
            assert_eq!(inspect::check(Kind::CapabilityToken, token.as_bytes()).refusal, None, "{file} {name}");
        }
    }
}

#[test]
fn attestations_have_the_bytes_of_the_reference() {
    for (file, content, _) in FILES {
        let vectors: Value = serde_json::from_str(content).expect(file);
        let keys: Vec<(String, PublicKey)> = items(&vectors, "identities")
            .iter()
            .map(|i| {
                let pem = text(i, "public_key_pem");
                (pem.to_owned(), identity::public_key_from_pem(pem).expect("a key"))
            })
            .collect();
        for vector in items(&vectors, "attestations") {
            let name = text(vector, "name");
            let value = json::parse(text(vector, "json").as_bytes()).expect(name);
            let read = attestation::UnverifiedAttestation::read(value, "").expect(name);
            assert_eq!(hex(&read.signing_bytes()), text(vector, "signed_payload"), "{file} {name}");
            let result = String::from_utf8(base16(text(vector, "result_canonical"))).expect("UTF-8");
            assert_eq!(sha256(&[result.as_bytes()]), read.outcome_hash, "{file} {name}");
            let (pem, key) = keys.iter().find(|(_, key)| sha256(&[key.as_bytes()]) == read.agent_pubkey_fingerprint).expect("the signer");
            let signature = Signature::from_base64url(text(vector, "signature")).expect(name);
            assert_eq!(key.verify(&read.signing_bytes(), &signature), Ok(()), "{file} {name}");
            let check = |now: i64| {
                let bundle = format!(
                    "{{\"attestation\":{},\"result\":{result},\"reason\":null,\"public_key_pem\":{},\"now_ms\":{now}}}",
                    text(vector, "json"),
                    serde_json::to_string(pem).expect("JSON"),
                );
                inspect::check(Kind::Attestation, bundle.as_bytes()).refusal.map(|r| r.code.as_str())
            };
            let made = i64::try_from(read.timestamp_ms).expect("a time");
            if read.reason_hash.is_some() {
                // The vector keeps the hash of its reason, not the reason.
                assert_eq!(check(made), Some("reason_hash_mismatch"));
                continue;
            }
            // Made here from the same inputs, it is the same text: Ed25519 is deterministic.
            let signer = items(&vectors, "identities").iter().find(|i| text(i, "public_key_pem") == pem).expect("the signer");
            let secret = identity::private_key_from_pem(text(signer, "private_key_pem")).expect(file);
            let issuer =
                attestation::Issuer { agent_id: read.signed_by.clone(), public_key: *key, now_ms: read.timestamp_ms, nonce: read.nonce };
            let own = attestation::Draft::new(&read.packet_id, &read.status, &json::parse(result.as_bytes()).expect(name), None, &issuer);
            assert_eq!(own.and_then(|draft| draft.sign(&secret)).expect(name).to_text(), text(vector, "json"), "{file} {name}");
            assert_eq!(check(made), None, "{file} {name}");
            assert_eq!(check(made + 300_000), None);
            assert_eq!(check(made + 300_001), Some("expired"));
            assert_eq!(check(made - 30_000), None);
            assert_eq!(check(made - 30_001), Some("issued_in_future"));
        }
    }
}

#[test]
fn identities_are_those_of_the_reference() {
    for (file, content, _) in FILES {
        let vectors: Value = serde_json::from_str(content).expect(file);
        for agent in items(&vectors, "identities") {
            let secret: SecretKey = identity::private_key_from_pem(text(agent, "private_key_pem")).expect(file);
            assert_eq!(identity::private_key_pem(&secret).as_str(), text(agent, "private_key_pem"));
            assert_eq!(identity::public_key_pem(&secret.public_key()), text(agent, "public_key_pem"));
            assert_eq!(identity::agent_id(&secret.public_key()), text(agent, "agent_id"));
        }
    }
}

fn base16(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hex")).collect()
}
