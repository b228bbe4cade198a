//! A. Replay: what the gate asks of a store, and what a store in memory holds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use support::{RESEARCHER, REVIEWED, at, code, drive, envelope, gate_with_every_host, name, packet, planner, right};
use trusthandoff::chain;
use trusthandoff::crypto::{SecretKey, sha256};
use trusthandoff::encoding::hex;
use trusthandoff::gate::{Answer, Config, Failure, Gate, Question, Step};
use trusthandoff::packet::Form;
use trusthandoff::registry::AgentRecord;
use trusthandoff::replay::{NonceStore, Taken};

/// The largest grace and the largest skew that any gate may have, in seconds.
const CAPS: i64 = 60 + 300;

#[test]
fn a04_nothing_is_accepted_before_a_store_has_taken_its_nonce() {
    let mut gate = gate_with_every_host();
    let mut run = gate.begin(envelope(REVIEWED).as_bytes(), at(0));
    for _ in 0..6 {
        let Step::Ask(ask) = gate.advance(&mut run) else { panic!("a question") };
        run.resume(ask.id, right(&ask.question), at(0));
    }
    for _ in 0..3 {
        assert!(matches!(gate.advance(&mut run), Step::Ask(ask) if name(&ask.question) == "nonce"));
    }
}

#[test]
fn a03_and_b15_a_nonce_is_stored_under_the_full_digests_of_key_and_nonce() {
    for nonce in ["n", "th1:*:?/../\u{0}", "é"] {
        let fields = format!(r#"{{"to_agent": "{RESEARCHER}", "intent": "x", "nonce": {}}}"#, serde_json::to_string(nonce).unwrap());
        let mut seen = None;
        drive(&mut gate_with_every_host(), envelope(&fields).as_bytes(), |ask| {
            if let Question::Nonce { .. } = &ask.question {
                seen = Some(ask.question.clone());
            }
            (right(&ask.question), at(0))
        });
        let fingerprint = hex(&sha256(&[planner().public_key().as_bytes()]));
        let expected = Question::Nonce {
            key: format!("th1:{fingerprint}:{}", hex(&sha256(&[nonce.as_bytes()]))),
            expires_at_ms: at(900 + CAPS).millis() + 1,
            now_ms: at(0).millis(),
            issued_at_ms: at(0).millis(),
            nonce: nonce.to_owned(),
            agent_id: trusthandoff::identity::agent_id(&planner().public_key()),
            fingerprint,
        };
        assert_eq!(seen, Some(expected));
    }
}

#[test]
fn a06_a_nonce_is_held_by_the_caps_whatever_this_gate_tolerates_itself() {
    for (grace, skew) in [(0, 0), (0, 30), (60, 300)] {
        let mut config = Config::new(RESEARCHER);
        (config.limits.grace, config.limits.skew) = (grace, skew);
        let mut held = None;
        drive(&mut Gate::new(config).unwrap(), envelope(REVIEWED.replace("true", "false").as_str()).as_bytes(), |ask| {
            if let Question::Nonce { expires_at_ms, .. } = ask.question {
                held = Some(expires_at_ms);
            }
            (right(&ask.question), at(0))
        });
        assert_eq!(held, Some(at(900 + CAPS).millis() + 1), "{grace} {skew}");
    }
}

/// Gates of one receiver share a store; what one admitted none admits again, whatever its grace, with a clock that lags by the skew.
#[test]
fn a06_gates_that_share_a_store_never_accept_a_replay() {
    let (text, mut store) = (envelope(REVIEWED.replace("true", "false").as_str()), NonceStore::new(100));
    let mut handle = |grace: u32, clock: i64| {
        let mut config = Config::new(RESEARCHER);
        (config.limits.grace, config.limits.skew) = (grace, 300);
        let mut gate = Gate::new(config).unwrap();
        let mut run = gate.begin(text.as_bytes(), at(clock));
        loop {
            match gate.advance(&mut run) {
                Step::Done(decision) => return code(&decision),
                Step::Ask(ask) => {
                    let answer = match &ask.question {
                        Question::Nonce { key, fingerprint, expires_at_ms, now_ms, .. } => {
                            Answer::Flag(store.check_and_store(key, fingerprint, *expires_at_ms, *now_ms) == Taken::Stored)
                        }
                        question => right(question),
                    };
                    run.resume(ask.id, answer, at(clock));
                }
            }
        }
    };
    assert_eq!(handle(0, 0), None);
    for ahead in 1..=1_400 {
        // One gate's clock is ahead, and what it asks for makes the store forget; the other lags behind it by five minutes.
        let first = handle(0, ahead);
        assert!(matches!(first, Some("replay_detected" | "expired")), "{first:?} at {ahead}");
        let lagging = handle(60, ahead - 300);
        assert!(matches!(lagging, Some("replay_detected" | "expired" | "issued_in_future")), "{lagging:?} at {ahead}");
    }
}

#[test]
fn a07_of_many_runs_that_wait_for_one_nonce_the_store_lets_one_through() {
    let mut gate = gate_with_every_host();
    let text = envelope(REVIEWED);
    let mut store = NonceStore::new(100);
    let mut waiting: Vec<_> = (0..50).map(|_| gate.begin(text.as_bytes(), at(0))).collect();
    for _ in 0..6 {
        for run in &mut waiting {
            let Step::Ask(ask) = gate.advance(run) else { panic!("a question") };
            run.resume(ask.id, right(&ask.question), at(0));
        }
    }
    let mut accepted = 0;
    for run in waiting.iter_mut().rev() {
        let Step::Ask(ask) = gate.advance(run) else { panic!("a question") };
        let Question::Nonce { key, fingerprint, expires_at_ms, now_ms, .. } = &ask.question else { panic!("the nonce") };
        let fresh = store.check_and_store(key, fingerprint, *expires_at_ms, *now_ms) == Taken::Stored;
        run.resume(ask.id, Answer::Flag(fresh), at(0));
        let Step::Done(decision) = gate.advance(run) else { panic!("a decision") };
        accepted += usize::from(decision.as_str() == "ACCEPT");
    }
    assert_eq!(accepted, 1);
}

#[test]
fn a08_a_call_drops_a_bounded_number_of_expired_nonces_however_many_there_are() {
    let mut store = NonceStore::new(100_000);
    for n in 0..50_000 {
        assert_eq!(store.check_and_store(&n.to_string(), &(n % 8).to_string(), 1_000, 0), Taken::Stored);
    }
    let mut held = store.len();
    for n in 0..2_000 {
        store.check_and_store(&format!("new {n}"), "new", 10_000, 5_000);
        let dropped = held + 1 - store.len();
        assert!(dropped <= 64, "{dropped} in one call");
        held = store.len();
    }
    assert_eq!(held, 2_000, "and all are gone before long");
}

#[test]
fn a05_junk_evicts_no_live_nonce_and_takes_no_more_than_half_the_store() {
    let mut gate = gate_with_every_host();
    let mut store = NonceStore::new(20);
    let mut handle = |secret: &SecretKey, nonce: &str| {
        let fields = format!(r#"{{"to_agent": "{RESEARCHER}", "intent": "x", "nonce": "{nonce}"}}"#);
        let text = chain::envelope_text(&packet(secret, &fields, Form::V040).to_text()).unwrap();
        let decision = drive(&mut gate, text.as_bytes(), |ask| match &ask.question {
            Question::Agent { .. } => (Answer::Agent(Some(AgentRecord::of_key(secret.public_key()))), at(0)),
            Question::Nonce { key, fingerprint, expires_at_ms, now_ms, .. } => {
                let answer = match store.check_and_store(key, fingerprint, *expires_at_ms, *now_ms) {
                    Taken::Full => Answer::Failed(Failure::Full),
                    taken => Answer::Flag(taken == Taken::Stored),
                };
                (answer, at(0))
            }
            question => (right(question), at(0)),
        });
        code(&decision).unwrap_or("ACCEPT")
    };
    let mallory = SecretKey::from_seed(&[3; 32]);
    assert_eq!(handle(&planner(), "victim"), "ACCEPT");
    let junk: Vec<&str> = (0..30).map(|n| handle(&mallory, &format!("junk {n}"))).collect();
    assert_eq!(junk.iter().filter(|code| **code == "ACCEPT").count(), 10);
    assert_eq!(junk.last(), Some(&"replay_store_full"));
    assert_eq!(handle(&planner(), "victim"), "replay_detected");
    assert_eq!(handle(&planner(), "another"), "ACCEPT");
}

/// What a sender's expired nonces free is their number, not its whole share.
#[test]
fn a05_a_sender_gets_back_only_what_has_expired_of_its_share() {
    let mut store = NonceStore::new(10);
    let mut put = |key: &str, expires: i64, now: i64| store.check_and_store(key, "mallory", expires, now);
    for n in 0..5 {
        assert_eq!(put(&format!("{n}"), 1_000 + n, 0), Taken::Stored);
    }
    assert_eq!(put("more", 9_000, 0), Taken::Full);
    // Two have expired.
    for n in 0..2 {
        assert_eq!(put(&format!("new {n}"), 9_000, 1_001), Taken::Stored);
    }
    assert_eq!(put("more", 9_000, 1_001), Taken::Full);
    assert_eq!(put("4", 9_000, 1_001), Taken::Seen);
    assert_eq!(store.len(), 5);
    // All have: the whole share is back, and the store is empty but for the one that is taken.
    assert_eq!(store.check_and_store("last", "mallory", 20_000, 10_000), Taken::Stored);
    assert_eq!((store.len(), store.is_empty(), NonceStore::new(1).is_empty()), (1, false, true));
}
