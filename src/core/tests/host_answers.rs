//! What the gate asks of its host, in which order, and what each answer does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use support::{RESEARCHER, REVIEWED, at, code, documented_checks, drive, envelope, gate_with_every_host, name, planner, right};
use trusthandoff::crypto::SecretKey;
use trusthandoff::decision::Check;
use trusthandoff::gate::{Answer, Ask, Config, Failure, Gate, Hooks, Question, Step};
use trusthandoff::registry::{AgentRecord, AgentRegistry, KeyWindow};
use trusthandoff_testkit::fault::Fault;

#[test]
fn the_host_is_asked_in_a_fixed_order_and_the_nonce_is_taken_last() {
    let mut asked = Vec::new();
    let decision = drive(&mut gate_with_every_host(), envelope(REVIEWED).as_bytes(), |ask| {
        asked.push((ask.id, name(&ask.question)));
        (right(&ask.question), at(0))
    });
    assert_eq!(decision.as_str(), "ACCEPT");
    // Whoever was asked may have taken minutes: key and revocation are asked again before the nonce.
    let expected = [(1, "agent"), (2, "revocation"), (3, "approval"), (4, "policy"), (5, "agent"), (6, "revocation"), (7, "nonce")];
    assert_eq!(asked, expected);
}

/// W07, decisions on approvals: what changed while a host was thinking is seen, whatever it was.
#[test]
fn w07_what_is_revoked_while_a_host_thinks_is_refused() {
    let record = |revoked| AgentRecord { revoked_at: revoked, ..AgentRecord::of_key(planner().public_key()) };
    let other = SecretKey::from_seed(&[8; 32]).public_key();
    let run = |again: Answer, kind: &'static str| {
        let mut fault = Fault::at(kind, 2, again);
        let text = envelope(REVIEWED);
        let decision = drive(&mut gate_with_every_host(), text.as_bytes(), |ask| (fault.answer(&ask.question), at(1)));
        decision.reason().map(|reason| reason.code.as_str())
    };
    assert_eq!(run(Answer::Agent(Some(record(Some(at(1))))), "agent"), Some("agent_revoked"));
    assert_eq!(run(Answer::Agent(Some(AgentRecord::of_key(other))), "agent"), Some("public_key_mismatch"));
    assert_eq!(run(Answer::Agent(None), "agent"), Some("agent_unknown"));
    assert_eq!(run(Answer::Failed(Failure::Timeout), "agent"), Some("registry_unavailable"));
    assert_eq!(run(Answer::Failed(Failure::Timeout), "revocation"), Some("revocation_unavailable"));
    assert_eq!(run(Answer::Other, "revocation"), Some("revocation_unavailable"));
    assert_eq!(run(Answer::Agent(Some(record(None))), "agent"), None);
}

/// W07: a registry at hand is looked at again after every answer, so what changes in it while any host is awaited is seen.
#[test]
fn w07_what_changes_in_a_registry_at_hand_while_any_host_is_asked_is_seen() {
    let sender = trusthandoff::identity::agent_id(&planner().public_key());
    let known = |record: AgentRecord| {
        let mut registry = AgentRegistry::default();
        registry.register(&sender, record).unwrap();
        registry
    };
    let now = known(AgentRecord::of_key(planner().public_key()));
    let other = KeyWindow { key: SecretKey::from_seed(&[8; 32]).public_key(), not_before: None, not_after: None };
    let changes = [
        (AgentRegistry::default(), "agent_unknown"),
        (known(AgentRecord { revoked_at: Some(at(0)), ..AgentRecord::of_key(planner().public_key()) }), "agent_revoked"),
        (known(AgentRecord { keys: vec![other], ..AgentRecord::default() }), "public_key_mismatch"),
    ];
    for text in [envelope(REVIEWED), envelope(&REVIEWED.replace("true", "false"))] {
        for (later, expected) in &changes {
            let mut hosts = 0;
            for turn in 0.. {
                let (mut gate, mut asked, mut registry) = (gate_with_every_host(), 0, &now);
                let mut run = gate.begin(text.as_bytes(), at(0));
                let found = loop {
                    run.restate(registry);
                    match gate.advance(&mut run) {
                        Step::Done(decision) => break code(&decision),
                        Step::Ask(Ask { id, question: Question::Agent { agent_id } }) => {
                            run.resume(id, Answer::Agent(registry.resolve(&agent_id).cloned()), at(0));
                        }
                        Step::Ask(ask) => {
                            if asked == turn {
                                registry = later;
                            }
                            asked += 1;
                            run.resume(ask.id, right(&ask.question), at(0));
                        }
                    }
                };
                hosts = asked;
                if turn >= asked {
                    assert_eq!(found, None);
                    break;
                }
                assert_eq!(found, Some(*expected), "changed during question {turn}");
            }
            assert!(hosts >= 3, "revocations, policy and nonce at least");
        }
    }
}

/// W07: what answers from memory is asked for once more, when the nonce is taken.
#[test]
fn w07_revocations_at_hand_are_asked_for_once_more_when_the_nonce_is_taken() {
    let mut config = Config::new(RESEARCHER);
    config.hooks = Hooks { revocations: true, revocations_at_hand: true, ..Hooks::default() };
    for (answer, expected) in
        [(Answer::Flag(false), None), (Answer::Flag(true), Some("agent_revoked")), (Answer::Other, Some("revocation_unavailable"))]
    {
        let mut asked = Vec::new();
        let text = envelope(&REVIEWED.replace("true", "false"));
        let decision = drive(&mut Gate::new(config.clone()).unwrap(), text.as_bytes(), |ask| {
            asked.push(name(&ask.question));
            let is_after = asked.contains(&"nonce") && name(&ask.question) == "revocation";
            (if is_after { answer.clone() } else { right(&ask.question) }, at(0))
        });
        assert_eq!(code(&decision), expected);
        assert_eq!(asked[..4], ["agent", "revocation", "nonce", "revocation"]);
        assert_eq!(decision.findings().iter().any(|finding| finding.check == Check::Replay), expected.is_none());
    }
}

#[test]
fn an_acceptance_has_passed_every_rule_in_the_documented_order() {
    let root = SecretKey::from_seed(&[5; 32]);
    let roots = AgentRecord { roots: vec!["read".into()], ..AgentRecord::of_key(root.public_key()) };
    let fields = format!(
        r#"{{"to_agent": "{RESEARCHER}", "intent": "x", "constraints": {{"requires_human_review": true, "data_boundary": "eu"}}, "capability_token": "{}", "ai_provenance": {{"source": "model"}}}}"#,
        capability(&root),
    );
    let decision = drive(&mut gate_with_every_host(), envelope(&fields).as_bytes(), |ask| match &ask.question {
        Question::Agent { agent_id } if agent_id == "agent:root" => (Answer::Agent(Some(roots.clone())), at(0)),
        question => (right(question), at(0)),
    });
    assert_eq!(decision.as_str(), "ACCEPT", "{:?}", decision.reason());
    let names: Vec<&str> = decision.findings().iter().map(|finding| finding.check.as_str()).collect();
    // Two are of a use only.
    let documented = documented_checks().into_iter().map(|(name, _)| name).filter(|name| !["action", "tool_calls"].contains(name));
    assert_eq!(names, documented.collect::<Vec<&str>>());
    assert_eq!((names.len(), names.first(), names.last()), (21, Some(&"size"), Some(&"replay")));
    assert!(decision.findings().iter().all(|finding| finding.refusal.is_none()));
    assert!(decision.findings().is_sorted_by_key(|finding| finding.check));
}

/// Whatever is refused, the rule it broke is named last, and those before it have passed.
#[test]
fn a_refusal_names_the_rule_it_broke_and_only_those_before_it_as_passed() {
    let genuine = envelope(&REVIEWED.replace("true", "false"));
    let documented: Vec<&str> = documented_checks().into_iter().map(|(name, _)| name).collect();
    let changed = |from: &str, to: &str| {
        let text = genuine.replacen(from, to, 1);
        assert_ne!(text, genuine, "{from}");
        text.into_bytes()
    };
    let cases = [
        ("size", [genuine.as_bytes(), &vec![b' '; 1024 * 1024]].concat()),
        ("encoding", [genuine.as_bytes(), &[0xff]].concat()),
        ("json", genuine.as_bytes()[1..].to_vec()),
        ("fields", changed("\"intent\"", "\"intend\"")),
        ("fields", changed("\"intent\": \"x\"", "\"intent\": \"\"")),
        ("algorithm", changed("\"Ed25519\"", "\"none\"")),
        ("public_key", changed("-----BEGIN PUBLIC", " -----BEGIN PUBLIC")),
        ("ttl", changed("\"ttl_seconds\": 900", "\"ttl_seconds\": 899")),
        ("ttl", changed("\"ttl_seconds\": 900", "\"ttl_seconds\": 0")),
        ("ttl", changed("\"ttl_seconds\": 900", "\"ttl_seconds\": 999999999999999")),
        ("ttl", changed("\"risk_level\": \"read\"", "\"risk_level\": \"critical\"")),
        ("audience", changed("agent:researcher", "agent:writer")),
        ("signature", changed("\"intent\": \"x\"", "\"intent\": \"y\"")),
        ("chain", changed("\"hops\": [], \"packet_ids\": [", "\"hops\": [], \"packet_ids\": [\"another\", ")),
    ];
    for (rule, text) in cases {
        let decision = drive(&mut gate_with_every_host(), &text, |ask| (right(&ask.question), at(0)));
        let found: Vec<&str> = decision.findings().iter().map(|finding| finding.check.as_str()).collect();
        let end = documented.iter().position(|name| *name == rule).expect("a rule") + 1;
        assert_eq!(found, documented[..end], "{:?}", decision.reason());
        let refused: Vec<bool> = decision.findings().iter().map(|finding| finding.refusal.is_some()).collect();
        assert_eq!(refused.iter().filter(|refused| **refused).count(), 1);
        assert_eq!(refused.last(), Some(&true));
    }
}

#[test]
fn a_run_says_what_it_waits_for() {
    let mut gate = gate_with_every_host();
    let mut run = gate.begin(envelope(REVIEWED).as_bytes(), at(0));
    assert_eq!(run.question(), None);
    while let Step::Ask(ask) = gate.advance(&mut run) {
        assert_eq!(run.question(), Some(&ask.question));
        assert!(ask.id < 10);
        run.resume(ask.id, right(&ask.question), at(0));
    }
    assert_eq!(run.question(), None);
}

/// A capability of the root for the planner, who exercises it.
fn capability(root: &SecretKey) -> String {
    let content = trusthandoff::capability::Content {
        capability_id: "cap-1".into(),
        issuer_agent: "agent:root".into(),
        subject_agent: trusthandoff::identity::agent_id(&planner().public_key()),
        delegated_permissions: trusthandoff::grant::Permissions { allowed_actions: vec!["read".to_owned()].into(), max_tool_calls: None },
        constraints: None,
        issued_at: at(0),
        expires_at: at(60),
        parent_capability_id: None,
        public_key: root.public_key(),
    };
    content.sign(root).to_token()
}

#[test]
fn a_wrong_answer_to_any_question_refuses_with_a_code_of_that_question() {
    let key = AgentRecord::of_key(planner().public_key());
    let wrong = |question: &'static str| {
        let failures = [
            Answer::Failed(Failure::Error),
            Answer::Failed(Failure::Timeout),
            Answer::Other,
            Answer::Agent(None),
            Answer::Agent(Some(key.clone())),
        ];
        let flags = [Answer::Flag(true), Answer::Flag(false)];
        let expected = match question {
            "agent" => [
                "registry_unavailable",
                "registry_unavailable",
                "registry_invalid_reply",
                "agent_unknown",
                "ACCEPT",
                "registry_invalid_reply",
                "registry_invalid_reply",
            ],
            "revocation" => [
                "revocation_unavailable",
                "revocation_unavailable",
                "revocation_unavailable",
                "revocation_unavailable",
                "revocation_unavailable",
                "agent_revoked",
                "ACCEPT",
            ],
            "approval" => [
                "approval_unavailable",
                "approval_unavailable",
                "human_review_required",
                "human_review_required",
                "human_review_required",
                "ACCEPT",
                "human_review_required",
            ],
            "policy" => {
                ["policy_unavailable", "policy_unavailable", "policy_denied", "policy_denied", "policy_denied", "ACCEPT", "policy_denied"]
            }
            _ => [
                "replay_store_unavailable",
                "replay_store_unavailable",
                "replay_store_invalid_reply",
                "replay_store_invalid_reply",
                "replay_store_invalid_reply",
                "ACCEPT",
                "replay_detected",
            ],
        };
        failures.into_iter().chain(flags).zip(expected)
    };
    for question in ["agent", "revocation", "approval", "policy", "nonce"] {
        for (answer, expected) in wrong(question) {
            let mut fault = Fault::always(question, answer.clone());
            let text = envelope(REVIEWED);
            let decision = drive(&mut gate_with_every_host(), text.as_bytes(), |ask| (fault.answer(&ask.question), at(0)));
            assert_eq!(code(&decision).unwrap_or(decision.as_str()), expected, "{question}: {answer:?}");
        }
    }
    let full = |question: &'static str| {
        let mut fault = Fault::always(question, Answer::Failed(Failure::Full));
        drive(&mut gate_with_every_host(), envelope(REVIEWED).as_bytes(), |ask| (fault.answer(&ask.question), at(0)))
    };
    assert_eq!(code(&full("nonce")), Some("replay_store_full"));
    assert_eq!(code(&full("policy")), Some("policy_unavailable"));
}

#[test]
fn a_host_that_was_not_asked_for_want_of_room_refuses_with_one_code_whatever_the_question() {
    for question in ["agent", "revocation", "approval", "policy", "nonce"] {
        let mut fault = Fault::always(question, Answer::Failed(Failure::Busy));
        let decision = drive(&mut gate_with_every_host(), envelope(REVIEWED).as_bytes(), |ask| (fault.answer(&ask.question), at(0)));
        assert_eq!(code(&decision), Some("gate_busy"), "{question}");
        let finding = decision.findings().last().map(|finding| (finding.check.as_str(), finding.refusal.is_some()));
        let check = if question == "agent" { "identity" } else { "replay" };
        assert_eq!(finding, Some((check, true)));
        assert!(decision.claimed().is_some_and(|claimed| claimed.is_proven == (question != "agent")));
    }
}

/// An answer that was asked for before the run began is good for the run's beginning only.
#[test]
fn w7_an_answer_from_before_is_asked_for_again_before_the_nonce() {
    for is_shared in [false, true] {
        let mut gate = Gate::new(Config::new("agent:researcher")).expect("a configuration");
        let mut run = gate.begin(envelope(&REVIEWED.replace("true", "false")).as_bytes(), at(0));
        let mut asked = Vec::new();
        while let Step::Ask(ask) = gate.advance(&mut run) {
            if is_shared && asked.is_empty() {
                run.ask_again();
            }
            asked.push(name(&ask.question));
            let key = (asked.len() > 1).then(|| planner().public_key().fingerprint());
            assert_eq!(run.proven_key(), key.as_deref(), "known with the first question after the signature");
            run.resume(ask.id, right(&ask.question), at(0));
        }
        assert_eq!(asked, if is_shared { vec!["agent", "agent", "nonce"] } else { vec!["agent", "nonce"] });
    }
}

/// Where something is revoked, the gate finds out what, and an answer that is none refuses there too.
#[test]
fn whatever_the_host_says_next_what_is_revoked_stays_refused() {
    for (answers, expected) in [(vec![true, true], "agent_revoked"), (vec![true, false], "packet_revoked")] {
        let mut answers = answers.into_iter();
        let decision = drive(&mut gate_with_every_host(), envelope(REVIEWED).as_bytes(), |ask| match ask.question {
            Question::Revocation { .. } => (Answer::Flag(answers.next().expect("an answer")), at(0)),
            _ => (right(&ask.question), at(0)),
        });
        assert_eq!(code(&decision), Some(expected));
    }
    let mut first = true;
    let decision = drive(&mut gate_with_every_host(), envelope(REVIEWED).as_bytes(), |ask| match ask.question {
        Question::Revocation { .. } => (if std::mem::take(&mut first) { Answer::Flag(true) } else { Answer::Other }, at(0)),
        _ => (right(&ask.question), at(0)),
    });
    assert_eq!(code(&decision), Some("revocation_unavailable"));
}

#[test]
fn w10_an_answer_to_another_question_or_a_second_one_changes_nothing() {
    let mut gate = gate_with_every_host();
    let mut run = gate.begin(envelope(REVIEWED).as_bytes(), at(0));
    let mut asked = 0;
    let decision = loop {
        match gate.advance(&mut run) {
            Step::Done(decision) => break decision,
            Step::Ask(ask) => {
                asked += 1;
                assert!(asked < 10, "an answer was not taken");
                for stale in [0, ask.id - 1, ask.id + 1, u32::MAX] {
                    run.resume(stale, right(&ask.question), at(0));
                    assert!(matches!(gate.advance(&mut run), Step::Ask(again) if again == ask), "asked again until answered");
                }
                let is_policy = ask.question == Question::Policy;
                run.resume(ask.id, if is_policy { Answer::Flag(false) } else { right(&ask.question) }, at(0));
                // Too late.
                run.resume(ask.id, right(&ask.question), at(0));
            }
        }
    };
    assert_eq!(code(&decision), Some("policy_denied"));
    assert_eq!(asked, 4);
    for id in 0..10 {
        run.resume(id, Answer::Flag(true), at(0));
        // The end is given once, and nothing comes behind it but refusals.
        assert!(matches!(gate.advance(&mut run), Step::Done(again) if code(&again) == Some("internal_error")));
    }
}

#[test]
fn a_packet_that_expires_while_a_host_thinks_is_refused_and_takes_no_nonce() {
    for slow in ["agent", "revocation", "approval", "policy", "nonce"] {
        let mut asked = Vec::new();
        let decision = drive(&mut gate_with_every_host(), envelope(REVIEWED).as_bytes(), |ask| {
            asked.push(name(&ask.question));
            (right(&ask.question), if name(&ask.question) == slow { at(900) } else { at(0) })
        });
        assert_eq!(code(&decision), Some("expired"), "{slow}");
        assert_eq!(asked.contains(&"nonce"), slow == "nonce", "{slow}");
        assert_eq!(decision.findings().last().map(|finding| finding.check), Some(Check::Time));
    }
}

#[test]
fn w11_a_host_whose_time_goes_back_does_not_revive_a_packet() {
    let decision = drive(&mut gate_with_every_host(), envelope(REVIEWED).as_bytes(), |ask| {
        (right(&ask.question), if name(&ask.question) == "approval" { at(900) } else { at(-3600) })
    });
    assert_eq!(code(&decision), Some("expired"));
}

#[test]
fn w07_a_key_that_ends_or_an_agent_that_is_revoked_while_a_host_thinks_is_refused() {
    let key = planner().public_key();
    let ending = AgentRecord { keys: vec![KeyWindow { key, not_before: None, not_after: Some(at(60)) }], ..AgentRecord::default() };
    let revoked = AgentRecord { revoked_at: Some(at(60)), ..AgentRecord::of_key(key) };
    for (record, expected) in [(ending, "public_key_mismatch"), (revoked, "agent_revoked")] {
        for slow in ["policy", "nonce"] {
            let run = |late: i64| {
                drive(&mut gate_with_every_host(), envelope(REVIEWED).as_bytes(), |ask| match &ask.question {
                    Question::Agent { .. } => (Answer::Agent(Some(record.clone())), at(0)),
                    question => (right(question), if name(question) == slow { at(late) } else { at(0) }),
                })
            };
            assert_eq!(code(&run(60)), Some(expected), "{slow}");
            assert_eq!(run(59).as_str(), "ACCEPT", "{slow}");
        }
    }
}
