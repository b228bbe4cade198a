//! Attestations: made, signed elsewhere, and accepted only for the packet, status and agent that somebody expects.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use trusthandoff::attestation::{Attestation, Draft, Issuer, STATUSES, UnverifiedAttestation};
use trusthandoff::checks::{self, Expected};
use trusthandoff::crypto::SecretKey;
use trusthandoff::decision::Code;
use trusthandoff::json::{Value, parse};
use trusthandoff::registry::{AgentRecord, AgentRegistry};
use trusthandoff::time::Timestamp;
use trusthandoff_testkit::{RESEARCHER, at};

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn result() -> Value {
    parse(br#"{"pages":3}"#).unwrap()
}

fn attested_at(secret: &SecretKey, status: &str, seconds: i64) -> UnverifiedAttestation {
    let now_ms = u64::try_from(at(seconds).millis()).unwrap();
    let issuer = Issuer { agent_id: RESEARCHER.into(), public_key: secret.public_key(), now_ms, nonce: u128::MAX };
    let made = Draft::new("pk-1", status, &result(), None, &issuer).unwrap().sign(secret).unwrap();
    UnverifiedAttestation::read(parse(made.to_text().as_bytes()).unwrap(), "").unwrap()
}

fn attested() -> UnverifiedAttestation {
    attested_at(&secret(2), "OK", 0)
}

fn changed(change: impl FnOnce(&mut UnverifiedAttestation)) -> UnverifiedAttestation {
    let mut content = attested();
    change(&mut content);
    content
}

fn expected() -> Expected {
    Expected { packet_id: "pk-1".into(), statuses: vec!["OK".into()], agent_id: Some(RESEARCHER.into()), now: Some(at(1)) }
}

fn judged(read: UnverifiedAttestation, signer: Option<&AgentRecord>, expected: &Expected) -> Result<Attestation, Code> {
    checks::attestation(read, &result(), None, signer, expected).map_err(|reason| reason.code)
}

fn record() -> AgentRecord {
    AgentRecord::of_key(secret(2).public_key())
}

#[test]
fn g04_the_attestation_of_another_packet_or_another_end_is_none() {
    assert!(judged(attested(), Some(&record()), &expected()).is_ok());
    let other = Expected { packet_id: "pk-2".into(), ..expected() };
    assert_eq!(judged(attested(), Some(&record()), &other), Err(Code::AttestationPacketMismatch));
    for status in STATUSES {
        let read = attested_at(&secret(2), status, 0);
        let good = judged(read.clone(), Some(&record()), &expected()).map(|_| status);
        assert_eq!(good, if status == "OK" { Ok(status) } else { Err(Code::AttestationStatus) });
        let any = Expected { statuses: STATUSES.map(str::to_owned).into(), ..expected() };
        assert!(judged(read, Some(&record()), &any).is_ok());
    }
    let none = Expected { statuses: vec![], ..expected() };
    assert_eq!(judged(attested(), Some(&record()), &none), Err(Code::AttestationStatus));
}

#[test]
fn g02_g09_who_signed_is_known_by_the_key_and_never_by_the_name() {
    let mismatch = Err(Code::AttestationSignerMismatch);
    assert_eq!(judged(attested(), None, &expected()), mismatch, "an agent that nobody knows");
    assert_eq!(judged(attested(), Some(&AgentRecord::of_key(secret(3).public_key())), &expected()), mismatch, "an agent with another key");
    let ceo = changed(|content| content.signed_by = "agent:ceo".into());
    assert!(
        judged(ceo.clone(), Some(&record()), &Expected { agent_id: None, ..expected() }).is_ok(),
        "a registry that binds the key to it"
    );
    assert_eq!(judged(ceo, Some(&record()), &expected()), mismatch, "another agent than the one that was to run it");
    let forged = changed(|content| content.nonce = 1);
    assert_eq!(judged(forged, Some(&record()), &expected()), Err(Code::InvalidSignature));
}

#[test]
fn a_key_attests_only_in_the_time_in_which_its_agent_held_it() {
    let mut registry = AgentRegistry::default();
    registry.register(RESEARCHER, record()).unwrap();
    registry.rotate(RESEARCHER, secret(4).public_key(), 30, at(0)).unwrap();
    let archived = Expected { now: None, ..expected() };
    let signed = |seed, seconds| judged(attested_at(&secret(seed), "OK", seconds), registry.resolve(RESEARCHER), &archived).err();
    assert_eq!(signed(2, 29), None);
    assert_eq!(signed(2, 30), Some(Code::AttestationSignerMismatch), "the old key after its overlap");
    assert_eq!(signed(4, -1), Some(Code::AttestationSignerMismatch), "the new key before it was given");
    assert_eq!(signed(4, 0), None);
}

#[test]
fn a_revoked_agent_attests_nothing_any_more_and_its_archive_stands() {
    let revoked = AgentRecord { revoked_at: Some(at(10)), ..record() };
    let fresh = |seconds, now| judged(attested_at(&secret(2), "OK", seconds), Some(&revoked), &Expected { now, ..expected() }).err();
    assert_eq!(fresh(0, Some(at(9))), None);
    assert_eq!(fresh(0, Some(at(10))), Some(Code::AttestationSignerMismatch));
    assert_eq!(fresh(9, None), None);
    assert_eq!(fresh(10, None), Some(Code::AttestationSignerMismatch));
}

#[test]
fn g16_an_archive_asks_for_everything_but_freshness() {
    let late = Expected { now: Some(at(301)), ..expected() };
    assert_eq!(judged(attested(), Some(&record()), &late), Err(Code::Expired));
    let early = Expected { now: Some(at(-31)), ..expected() };
    assert_eq!(judged(attested(), Some(&record()), &early), Err(Code::IssuedInFuture));
    assert!(judged(attested(), Some(&record()), &Expected { now: None, ..expected() }).is_ok());
    let beyond = changed(|content| content.timestamp_ms = u64::MAX);
    assert_eq!(judged(beyond, Some(&record()), &Expected { now: None, ..expected() }), Err(Code::DatetimeOutOfRange));
}

#[test]
fn a_draft_survives_the_way_to_a_signer_and_takes_no_other_signature() {
    let key = secret(2);
    let now_ms = u64::try_from(at(0).millis()).unwrap();
    let issuer = Issuer { agent_id: RESEARCHER.into(), public_key: key.public_key(), now_ms, nonce: 7 };
    let draft = Draft::new("pk-1", "PARTIAL", &result(), Some(&result()), &issuer).unwrap();
    let resumed = || Draft::resume(parse(draft.to_text().as_bytes()).unwrap()).unwrap();
    assert_eq!(resumed().signing_bytes(), draft.signing_bytes());
    let made = resumed().finish(key.sign(&draft.signing_bytes())).unwrap();
    assert_eq!(made, draft.clone().sign(&key).unwrap());
    assert!(resumed().finish(secret(3).sign(&draft.signing_bytes())).is_err());
    assert!(Draft::resume(made.to_value()).is_err(), "an attestation without its key is no draft");
}

#[test]
fn g05_an_attestation_is_remembered_until_it_would_be_stale_anyway() {
    let (key, end) = attested().replay_key();
    let (other, _) = changed(|content| content.nonce = 1).replay_key();
    assert_ne!(key, other);
    assert!(key.starts_with(&format!("th1:{}:", secret(2).public_key().fingerprint())));
    let moment = |ms: u64| Some(Timestamp::from_micros(i64::try_from(ms).unwrap() * 1000).unwrap());
    assert_eq!(judged(attested(), Some(&record()), &Expected { now: moment(end), ..expected() }), Err(Code::Expired));
    assert!(judged(attested(), Some(&record()), &Expected { now: moment(end - 1), ..expected() }).is_ok());
}
