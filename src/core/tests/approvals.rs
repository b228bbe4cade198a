//! Approvals by people: whose word counts for which packet, and how long (catalogue D01).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use support::{RESEARCHER, at, code, issuer, planner};
use trusthandoff::approval;
use trusthandoff::chain::envelope_text;
use trusthandoff::crypto::SecretKey;
use trusthandoff::decision::{Check, Decision};
use trusthandoff::gate::{Answer, Config, Failure, Gate, Hooks, Question, Request, ReviewPolicy, Step};
use trusthandoff::json::{self, Style};
use trusthandoff::packet::{Form, Packet};
use trusthandoff::registry::AgentRecord;
use trusthandoff::review::Subject;
use trusthandoff::statement::Issuer;
use trusthandoff::time::Timestamp;

const WRITE: &str =
    r#"{"to_agent": "agent:researcher", "intent": "pay", "risk_level": "write", "constraints": {"requires_human_review": true}}"#;

fn person(name: &str) -> SecretKey {
    let seed = ["ana", "ben", "eve", "zoe"].iter().position(|known| *known == name).expect("known");
    SecretKey::from_seed(&[u8::try_from(seed).expect("small") + 50; 32])
}

fn packet() -> Packet {
    support::packet(&planner(), WRITE, Form::V040)
}

fn said(secret: &SecretKey, agent: &str, packet: &Packet, more: &str) -> String {
    let issuer = Issuer { agent_id: agent.into(), public_key: secret.public_key(), now: at(1), entropy: [3; 16] };
    let fields = format!(r#"{{"review_digest": "{}", {more}}}"#, Subject::of(packet.content()).digest);
    approval::draft(json::parse(fields.as_bytes()).unwrap(), &issuer).and_then(|draft| draft.sign(secret)).expect(more).to_text()
}

fn approved(name: &str) -> String {
    said(&person(name), name, &packet(), r#""decision": "APPROVED""#)
}

fn denied(name: &str) -> String {
    said(&person(name), name, &packet(), r#""decision": "DENIED", "note": "not today""#)
}

/// A host that knows the people. Ana, Ben and Zoe review; Eve does not.
struct Host {
    config: Config,
    request: Request,
    now: Timestamp,
    /// What people answer each time they are asked, and when.
    replies: Vec<(Answer, Timestamp)>,
    approves: bool,
    gone: Option<&'static str>,
    /// Agents of whom nobody answers.
    failing: Vec<&'static str>,
    /// Whose keys an agent holds beside its own.
    shared: Vec<(&'static str, SecretKey)>,
    asked: Vec<Question>,
}

impl Host {
    fn new(threshold: u32, approvals: &[String]) -> Self {
        let review = ReviewPolicy { threshold, ..ReviewPolicy::default() };
        Self {
            config: Config { review, ..Config::new(RESEARCHER) },
            request: Request { approvals: approvals.to_vec(), ..Request::default() },
            now: at(2),
            replies: Vec::new(),
            approves: false,
            gone: None,
            failing: Vec::new(),
            shared: Vec::new(),
            asked: Vec::new(),
        }
    }

    fn waiting(threshold: u32, replies: Vec<(Answer, Timestamp)>) -> Self {
        let mut host = Self::new(threshold, &[]);
        host.request.on_review = true;
        host.replies = replies;
        host
    }

    fn handle(&mut self, packet: &Packet) -> Box<Decision> {
        let mut gate = Gate::new(self.config.clone()).expect("a configuration");
        let text = envelope_text(&packet.to_text()).expect("an envelope");
        let mut run = gate.begin_with(text.as_bytes(), self.now, self.request.clone());
        loop {
            match gate.advance(&mut run) {
                Step::Done(decision) => return decision,
                Step::Ask(ask) => {
                    let answer = match &ask.question {
                        Question::Agent { agent_id } if self.failing.contains(&agent_id.as_str()) => Answer::Failed(Failure::Timeout),
                        Question::Agent { agent_id } => {
                            Answer::Agent(self.record(agent_id).map(|record| self.with_shared(agent_id, record)))
                        }
                        Question::Approval { .. } => Answer::Flag(self.approves),
                        Question::Review { .. } => {
                            assert!(!self.asked.iter().any(|q| matches!(q, Question::Nonce { .. })), "no nonce while it waits");
                            let (answer, now) = if self.replies.is_empty() { (Answer::Other, self.now) } else { self.replies.remove(0) };
                            self.now = now;
                            answer
                        }
                        Question::Revocation { .. } => Answer::Flag(false),
                        _ => Answer::Flag(true),
                    };
                    self.asked.push(ask.question);
                    run.resume(ask.id, answer, self.now);
                }
            }
        }
    }

    fn record(&self, agent: &str) -> Option<AgentRecord> {
        if agent == issuer(&planner()).agent_id {
            return Some(AgentRecord { reviewer: true, ..AgentRecord::of_key(planner().public_key()) });
        }
        if agent == RESEARCHER {
            return Some(AgentRecord { reviewer: true, ..AgentRecord::of_key(person("zoe").public_key()) });
        }
        let revoked_at =
            self.asked.iter().any(|q| matches!(q, Question::Review { .. })).then_some(()).and(self.gone).filter(|n| *n == agent);
        let record = AgentRecord { reviewer: agent != "eve", ..AgentRecord::of_key(person(agent).public_key()) };
        Some(AgentRecord { revoked_at: revoked_at.map(|_| at(0)), ..record })
    }

    fn with_shared(&self, agent: &str, mut record: AgentRecord) -> AgentRecord {
        for (_, secret) in self.shared.iter().filter(|(name, _)| *name == agent) {
            record.keys.extend(AgentRecord::of_key(secret.public_key()).keys);
        }
        record
    }

    fn looked_up(&self, agent: &str) -> bool {
        self.asked.iter().any(|question| matches!(question, Question::Agent { agent_id } if agent_id == agent))
    }

    /// Until when the nonce is to be held, and when the earliest was issued of what it rests on.
    fn nonce(&self) -> Option<(i64, i64)> {
        self.asked.iter().find_map(|question| match question {
            Question::Nonce { expires_at_ms, issued_at_ms, .. } => Some((*expires_at_ms, *issued_at_ms)),
            _ => None,
        })
    }
}

fn texts(texts: &[String]) -> Answer {
    Answer::Approvals(texts.to_vec())
}

#[test]
fn d01_only_the_signed_word_of_a_reviewer_for_this_very_packet_counts() {
    let other = support::packet(&planner(), &WRITE.replace("pay", "pay more"), Form::V040);
    let sender = issuer(&planner()).agent_id;
    let yes = r#""decision": "APPROVED""#;
    let cases: Vec<(&str, Vec<String>, Option<&str>)> = vec![
        ("of a reviewer", vec![approved("ana")], None),
        ("nothing", vec![], Some("human_review_required")),
        ("denied", vec![denied("ana")], Some("human_review_denied")),
        ("approved and denied", vec![approved("ana"), denied("ben")], Some("human_review_denied")),
        ("denied by a stranger", vec![approved("ana"), denied("eve")], None),
        ("of a stranger", vec![approved("eve")], Some("human_review_required")),
        ("forged: another key", vec![said(&person("eve"), "ana", &packet(), yes)], Some("human_review_required")),
        ("forged: another text", vec![approved("ana").replace("ana", "ben")], Some("human_review_required")),
        ("made from a denial", vec![denied("ana").replace("DENIED", "APPROVED")], Some("human_review_required")),
        ("for another packet", vec![said(&person("ana"), "ana", &other, yes)], Some("human_review_required")),
        ("of the sender", vec![said(&planner(), &sender, &packet(), yes)], Some("human_review_required")),
        ("of the receiver", vec![said(&person("zoe"), RESEARCHER, &packet(), yes)], Some("human_review_required")),
        ("of the sender's key", vec![said(&planner(), "ana", &packet(), yes)], Some("human_review_required")),
        ("expired", vec![said(&person("ana"), "ana", &packet(), &format!("{yes}, \"ttl_seconds\": 1"))], Some("human_review_required")),
        ("no statement", vec!["true".into(), "{}".into(), "APPROVED".into()], Some("human_review_required")),
        ("more than are looked at, the first is enough", [vec![approved("ana")], vec!["x".into(); 64]].concat(), None),
        ("beyond what is looked at", [vec!["x".into(); 64], vec![approved("ana")]].concat(), Some("human_review_required")),
    ];
    for (name, approvals, expected) in cases {
        let decision = Host::new(1, &approvals).handle(&packet());
        assert_eq!(code(&decision), expected, "{name}");
        assert!(decision.findings().iter().any(|finding| finding.check == Check::HumanReview), "{name}");
    }
}

#[test]
fn m_of_n_reviewers_count_once_each() {
    let again = said(&person("ana"), "ana", &packet(), r#""decision": "APPROVED", "id": "another""#);
    for (threshold, approvals, expected) in [
        (2, vec![approved("ana"), approved("ben")], None),
        (2, vec![approved("ana"), approved("ben"), approved("zoe")], None),
        (2, vec![approved("ana"), approved("ana"), again], Some("human_review_required")),
        (2, vec![approved("ana"), approved("eve")], Some("human_review_required")),
        (3, vec![approved("ana"), approved("ben")], Some("human_review_required")),
    ] {
        assert_eq!(code(&Host::new(threshold, &approvals).handle(&packet())), expected, "{threshold} of {}", approvals.len());
    }
    let listed = |reviewers: &[&str], approval: &str| {
        let mut host = Host::new(1, &[approved(approval)]);
        host.config.review.reviewers = reviewers.iter().map(ToString::to_string).collect();
        code(&host.handle(&packet()))
    };
    assert_eq!(listed(&["eve"], "eve"), None, "named by the gate, whatever the registry says");
    assert_eq!(listed(&["eve"], "ana"), Some("human_review_required"));
}

#[test]
fn an_approval_travels_inside_the_packet_too_and_a_flag_is_nothing() {
    let inside = |value: &str| {
        let fields = WRITE.replacen('{', &format!(r#"{{"context": {{"human_approval": {value}, "sum": 7}}, "#), 1);
        support::packet(&planner(), &fields, Form::V040)
    };
    let plain = inside("[]");
    let yes = |name: &str| said(&person(name), name, &plain, r#""decision": "APPROVED""#);
    for (threshold, value, expected) in [
        (1, yes("ana"), None),
        (2, format!("[{}, {}]", yes("ana"), yes("ben")), None),
        (2, format!("[{}]", yes("ana")), Some("human_review_required")),
        (1, said(&person("ana"), "ana", &plain, r#""decision": "DENIED""#), Some("human_review_denied")),
        (1, "true".to_owned(), Some("human_review_required")),
        (1, "\"APPROVED\"".to_owned(), Some("human_review_required")),
        (1, r#"{"approved": true, "by": "ana"}"#.to_owned(), Some("human_review_required")),
        (1, format!("[[{}]]", yes("ana")), Some("human_review_required")),
    ] {
        let decision = Host::new(threshold, &[]).handle(&inside(&value));
        assert_eq!(code(&decision), expected, "{value}");
    }
}

#[test]
fn a_gate_that_waits_for_people_takes_no_nonce_meanwhile() {
    let later = at(60);
    let half = || (texts(&[approved("ana")]), later);
    let cases = vec![
        (1, vec![half()], None, 1),
        (2, vec![half(), (texts(&[approved("ben")]), later)], None, 2),
        (2, vec![(texts(&[approved("ana"), approved("ben")]), later)], None, 1),
        (2, vec![half(), half()], Some("human_review_required"), 2),
        (1, vec![(texts(&[]), later)], Some("human_review_required"), 1),
        (1, vec![(texts(&[approved("eve")]), later)], Some("human_review_required"), 1),
        (2, vec![half(), (texts(&[denied("ben")]), later)], Some("human_review_denied"), 2),
        (1, vec![(Answer::Failed(Failure::Timeout), later)], Some("approval_unavailable"), 1),
        (1, vec![(Answer::Failed(Failure::Error), later)], Some("approval_unavailable"), 1),
        (1, vec![(Answer::Flag(true), later)], Some("human_review_required"), 1),
        (1, vec![(Answer::Other, later)], Some("human_review_required"), 1),
        (1, vec![(texts(&[approved("ana")]), at(120))], Some("expired"), 1),
    ];
    for (threshold, replies, expected, asked) in cases {
        let mut host = Host::waiting(threshold, replies.clone());
        assert_eq!(code(&host.handle(&packet())), expected, "{replies:?}");
        assert_eq!(host.asked.iter().filter(|q| matches!(q, Question::Review { .. })).count(), asked, "{replies:?}");
        assert_eq!(host.nonce().is_some(), expected.is_none(), "{replies:?}");
    }
    // Who approved first may be trusted no more when the second does.
    let mut host = Host::waiting(2, vec![half(), (texts(&[approved("ben")]), later)]);
    host.gone = Some("ana");
    assert_eq!(code(&host.handle(&packet())), Some("human_review_required"));
}

#[test]
fn an_approval_outlasts_a_packet_issued_again_and_so_does_the_nonce() {
    let again = support::packet(&planner(), &WRITE.replacen('{', r#"{"issued_at": "2026-03-08T12:10:00Z", "#, 1), Form::V040);
    let mut host = Host::new(1, &[approved("ana")]);
    host.now = at(601);
    assert_eq!(code(&host.handle(&again)), None);
    // As long as any approval can hold that was given by now, also one that was kept back.
    let longest = 30 * 86_400 + 300;
    assert_eq!(host.nonce(), Some((at(601 + longest + 60 + 300).millis() + 1, at(1).millis())));
    let mut own = Host::new(1, &[]);
    own.config.hooks = Hooks { approvals: true, ..Hooks::default() };
    own.approves = true;
    assert_eq!(code(&own.handle(&packet())), None);
    // The host's own word says not since when: it may be as old as any approval.
    assert_eq!(own.nonce(), Some((at(2 + longest + 60 + 300).millis() + 1, at(2 - longest).millis())));
}

#[test]
fn a_store_is_told_when_the_earliest_of_packet_and_approvals_was_issued() {
    let later = support::packet(&planner(), &WRITE.replacen('{', r#"{"issued_at": "2026-03-08T12:01:00Z", "#, 1), Form::V040);
    let issued = |approvals: &[String], packet: &Packet| {
        let mut host = Host::new(1, approvals);
        host.now = at(61);
        assert_eq!(code(&host.handle(packet)), None);
        host.nonce().map(|(_, issued)| issued)
    };
    assert_eq!(issued(&[approved("ana"), approved("ben")], &later), Some(at(1).millis()), "an old approval of what is issued again");
    assert_eq!(issued(&[approved("ana")], &packet()), Some(at(0).millis()));
    let free = support::packet(&planner(), &WRITE.replace("true", "false"), Form::V040);
    assert_eq!(issued(&[], &free), Some(at(0).millis()));
    let stranger = said(&person("eve"), "eve", &free, r#""decision": "APPROVED""#);
    assert_eq!(issued(&[stranger], &free), Some(at(0).millis()));
}

#[test]
fn an_approval_handed_over_without_need_can_still_deny() {
    let free = support::packet(&planner(), &WRITE.replace("true", "false"), Form::V040);
    for (decision, expected) in [("APPROVED", None), ("DENIED", Some("human_review_denied"))] {
        let statement = said(&person("ana"), "ana", &free, &format!(r#""decision": "{decision}""#));
        assert_eq!(code(&Host::new(1, &[statement]).handle(&free)), expected);
    }
}

#[test]
fn an_approval_has_one_kind_and_no_more_fields_than_it_signs() {
    let genuine = json::parse(approved("ana").as_bytes()).unwrap();
    let with = |key: &str, value: &str| {
        let mut changed = genuine.clone();
        let json::Value::Object(members) = &mut changed else { panic!("an object") };
        members.retain(|(name, _)| name != key);
        members.push((key.to_owned(), json::parse(value.as_bytes()).unwrap()));
        json::write(&changed, Style::COMPACT)
    };
    for (key, value) in [
        ("type", "\"TRUSTHANDOFF_REVOCATION_V1\""),
        ("is_admin", "true"),
        ("review_digest", "\"AB\""),
        ("decision", "\"approved\""),
        ("decision", "true"),
        ("reviewer", "\"\""),
        ("id", "\"\""),
        ("note", "7"),
        ("signature_algo", "\"none\""),
        ("expires_at", "\"2026-03-08 13:00:01Z\""),
    ] {
        assert_eq!(code(&Host::new(1, &[with(key, value)]).handle(&packet())), Some("human_review_required"), "{key} {value}");
    }
    let mut long = Host::new(1, &[with("note", &format!("\"{}\"", "x".repeat(5000)))]);
    assert_eq!(code(&long.handle(&packet())), Some("human_review_required"));
}

#[test]
fn a_stranger_costs_no_look_up_and_sinks_nothing() {
    let strangers = vec![approved("eve"), denied("eve")];
    for approvals in [[vec![approved("ana")], strangers.clone()].concat(), [strangers, vec![approved("ana")]].concat()] {
        let mut host = Host::new(1, &approvals);
        host.config.review.reviewers = vec!["ana".into()];
        host.failing = vec!["eve", RESEARCHER];
        assert_eq!(code(&host.handle(&packet())), None);
        assert!(!host.looked_up("eve"), "whom the gate does not name it does not look up");
    }
    // Where the registry says who reviews, one who cannot be looked up is missing, and no more.
    for (approvals, threshold, expected) in [
        (vec![approved("eve"), approved("ana")], 1, None),
        (vec![approved("ana"), approved("eve")], 1, None),
        (vec![approved("eve"), approved("ana")], 2, Some("registry_unavailable")),
        (vec![approved("ana"), denied("eve")], 1, Some("registry_unavailable")),
    ] {
        let mut host = Host::new(threshold, &approvals);
        host.failing = vec!["eve"];
        assert_eq!(code(&host.handle(&packet())), expected, "{threshold}");
    }
    let mut host = Host::waiting(1, vec![(texts(&[approved("ana")]), at(3))]);
    host.request.approvals = [vec![approved("eve")], vec!["x".into(); 63]].concat();
    host.failing = vec!["eve"];
    assert_eq!(code(&host.handle(&packet())), None, "people can answer, whatever came along");
}

#[test]
fn a_key_under_two_ids_is_one_person_in_every_order() {
    let by = |key: &str, name: &str| said(&person(key), name, &packet(), r#""decision": "APPROVED""#);
    let words = [by("ana", "ana"), by("ana", "ben"), by("ben", "ben")];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut host = Host::new(2, &order.map(|i| words[i].clone()));
        host.shared = vec![("ben", person("ana"))];
        assert_eq!(code(&host.handle(&packet())), Some("human_review_required"), "{order:?}");
    }
}

#[test]
fn sender_and_receiver_review_nothing_under_any_id_or_key_they_hold() {
    let with_shared = |shared: Vec<(&'static str, SecretKey)>, word: String| {
        let mut host = Host::new(1, &[word]);
        host.shared = shared;
        code(&host.handle(&packet()))
    };
    let by_zoe = said(&person("zoe"), "ana", &packet(), r#""decision": "APPROVED""#);
    assert_eq!(with_shared(vec![], approved("ana")), None);
    let required = Some("human_review_required");
    assert_eq!(with_shared(vec![("ana", planner())], approved("ana")), required, "an id with the key that signed the packet");
    assert_eq!(with_shared(vec![("ana", person("zoe"))], by_zoe), required, "the receiver's key under another id");
    assert_eq!(with_shared(vec![("ana", person("zoe"))], approved("ana")), required, "an id with a key of the receiver");
    assert_eq!(with_shared(vec![(RESEARCHER, person("ana"))], approved("ana")), required, "a key that the receiver holds too");
}

#[test]
fn a_decision_names_whose_word_it_rests_on() {
    let names =
        |decision: &Decision| -> Vec<String> { decision.reviews().iter().map(|word| word.content().body.reviewer.clone()).collect() };
    let both = Host::new(2, &[approved("ana"), approved("eve"), approved("ben")]).handle(&packet());
    assert_eq!((code(&both), names(&both)), (None, vec!["ana".to_owned(), "ben".to_owned()]));
    let refused = Host::new(2, &[approved("ana"), denied("ben")]).handle(&packet());
    assert_eq!(names(&refused), ["ben"]);
    let short = Host::new(2, &[approved("ana")]).handle(&packet());
    assert_eq!(names(&short), [""; 0]);
}
