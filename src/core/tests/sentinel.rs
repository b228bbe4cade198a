//! The auditor: what the reference reports it reports too, each attack is found by its trace, and honest traffic
//! gives no occasion.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use support::at;
use trusthandoff::crypto::{SecretKey, sha256};
use trusthandoff::encoding::{base64, hex};
use trusthandoff::json::{self, Value};
use trusthandoff::log::Writer;
use trusthandoff::sentinel::{Chain, Collected, Finding, Options, Rule, Sentinel, Severity, Summary, finding_types, report};
use trusthandoff::statement::Issuer;

/// The line of an event; `n` makes it unique, `seconds` says when, `payload` are further members.
fn line(n: usize, seconds: i64, kind: &str, payload: &str) -> String {
    let comma = if payload.is_empty() { "" } else { ", " };
    format!(
        "{{\"event_id\": \"e-{n}\", \"event_type\": \"{kind}\", \"timestamp\": \"{}\", \"producer_id\": \"agent:researcher\", \
         \"correlation_id\": null, \"idempotency_key\": \"{kind}:e-{n}\"{comma}{payload}}}",
        at(seconds).iso()
    )
}

/// A log, line by line, each a second after the one before.
#[derive(Default)]
struct Log {
    lines: Vec<String>,
    seconds: i64,
}

const SENDER: &str = "\"from_agent\": \"agent:planner\", \"to_agent\": \"agent:researcher\"";

impl Log {
    fn tell(&mut self, kind: &str, payload: &str) -> usize {
        self.seconds += 1;
        self.lines.push(line(self.lines.len(), self.seconds, kind, payload));
        self.lines.len()
    }

    /// Lets `id` through; `more` are further members.
    fn accept(&mut self, id: &str, more: &str) -> usize {
        let (digest, expires) = (hex(&sha256(&[id.as_bytes()])), at(self.seconds + 900).iso());
        let comma = if more.is_empty() { "" } else { ", " };
        self.tell(
            "packet_accepted",
            &format!(
                "\"packet_id\": \"{id}\", \"task_id\": \"t-{id}\", {SENDER}, \"risk_level\": \"read\", \"ttl_seconds\": 900, \
                 \"identity\": \"proven\", \"fingerprint\": \"{FINGERPRINT}\", \"nonce_hash\": \"{}\", \"expires_at\": \"{expires}\", \
                 \"packet_digest\": \"{digest}\", \"ancestors\": []{comma}{more}",
                hex(&sha256(&[b"nonce", id.as_bytes()]))
            ),
        )
    }

    fn refuse(&mut self, id: &str, reason: &str) -> usize {
        self.tell("packet_rejected", &format!("\"packet_id\": \"{id}\", {SENDER}, \"identity\": \"claimed\", \"reason\": \"{reason}\""))
    }

    fn of(&mut self, id: &str, kind: &str, more: &str) -> usize {
        let comma = if more.is_empty() { "" } else { ", " };
        self.tell(kind, &format!("\"packet_id\": \"{id}\"{comma}{more}"))
    }

    /// The task of `id`, from its start to its attestation.
    fn run(&mut self, id: &str, calls: usize) {
        let digest = hex(&sha256(&[id.as_bytes()]));
        self.of(id, "task_started", &format!("\"packet_digest\": \"{digest}\", {SENDER}"));
        for _ in 0..calls {
            self.of(id, "tool_used", "\"action\": \"read\"");
        }
        let outcome = hex(&sha256(&[b"outcome", id.as_bytes()]));
        self.of(id, "task_finished", &format!("\"status\": \"OK\", \"outcome_hash\": \"{outcome}\""));
        self.of(id, "attested", &format!("\"status\": \"OK\", \"outcome_hash\": \"{outcome}\", \"signed_by\": \"agent:researcher\""));
    }

    fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

const FINGERPRINT: &str = "aa0000000000000000000000000000000000000000000000000000000000000a";

fn audited(text: &[u8], options: Options) -> (Vec<Finding>, Summary) {
    let (mut sentinel, mut found) = (Sentinel::new(options), Vec::new());
    sentinel.ingest(text, &mut |finding| found.push(finding));
    sentinel.finish(&mut |finding| found.push(finding));
    (found, sentinel.summary())
}

fn found_in(text: &str) -> Vec<Finding> {
    audited(text.as_bytes(), Options::default()).0
}

fn kinds(found: &[Finding]) -> Vec<&str> {
    found.iter().map(|finding| finding.kind.as_str()).collect()
}

#[test]
fn a_packet_that_tells_how_long_it_lives_is_remembered_an_hour_longer_and_another_one_for_a_day() {
    for (life, minutes, is_known) in
        [("120", 61, true), ("120", 64, false), ("null", 1439, true), ("null", 1442, false), ("-1", 1439, true)]
    {
        let at = |minute: usize| format!("2026-03-{:02}T{:02}:{:02}:00Z", 8 + minute / 1440, minute / 60 % 24, minute % 60);
        let event = |kind: &str, minute: usize, more: &str| {
            format!("{{\"event_type\": \"{kind}\", \"timestamp\": \"{}\", \"packet_id\": \"pk\"{more}}}\n", at(minute))
        };
        let accepted = event("packet_accepted", 0, &format!(", \"ttl_seconds\": {life}"));
        // It takes two lines for the log to come to a time.
        let later = event("task_progress", minutes, "").repeat(2);
        let refused = event("packet_rejected", minutes, ", \"reason\": \"replay_detected\"");
        let found = found_in(&[accepted, later, refused].concat());
        let replay = found.iter().find(|finding| finding.kind == "replay_attempt").expect("a replay");
        let expected: &[u64] = if is_known { &[1, 4] } else { &[4] };
        assert_eq!(replay.lines, expected, "{life} after {minutes} minutes");
    }
}

#[test]
fn a_task_that_takes_longer_than_its_packet_was_good_for_is_still_that_of_an_accepted_one() {
    for hours in [2, 20, 40] {
        let mut log = Log::default();
        log.accept("pk", "");
        log.of("pk", "task_started", SENDER);
        log.seconds += hours * 3600;
        // It takes two lines for the log to come to a time.
        for _ in 0..2 {
            log.tell("task_progress", "");
        }
        log.of("pk", "tool_used", "\"action\": \"read\"");
        log.of("pk", "attested", "\"status\": \"OK\", \"outcome_hash\": \"o\", \"signed_by\": \"agent:researcher\"");
        assert_eq!(kinds(&found_in(&log.text())), Vec::<&str>::new(), "after {hours} hours");
    }
}

#[test]
fn what_the_reference_reports_is_reported_under_its_names() {
    // Lines of its `dump_events_to_jsonl`: raw UTF-8, the payload of each event.
    let log = r#"{"event_id": "0d1f", "event_type": "packet_rejected", "timestamp": "2026-03-08T12:00:00.123456+00:00", "producer_id": "agent:é", "correlation_id": "pk-1", "idempotency_key": "pk-1", "packet_id": "pk-1", "task_id": "t", "from_agent": "agent:é", "to_agent": "b", "reason": "expired", "risk_level": null, "ttl_seconds": null}
{"event_id": "0d20", "event_type": "packet_accepted", "timestamp": "2026-03-08T12:00:00.200000+00:00", "producer_id": "a", "correlation_id": "pk-2", "idempotency_key": "pk-2", "packet_id": "pk-2", "task_id": "t", "from_agent": "a", "to_agent": "b", "risk_level": "read", "ttl_seconds": 900}
{"event_id": "0d21", "event_type": "capability_stale", "timestamp": "2026-03-08T12:00:01+00:00", "producer_id": "unknown", "correlation_id": "cap-1", "idempotency_key": "cap-1", "capability_id": "cap-1", "reason": "revalidation_exception:ValueError:\"x\"\n", "is_revocation_stale": false}

{"event_id": "0d22", "event_type": "token_overlap_used", "timestamp": "2026-03-08T12:00:01+00:00", "producer_id": "unknown", "correlation_id": "pk-3", "idempotency_key": "pk-3", "packet_id": "pk-3", "reason": "expired_but_within_overlap"}
{"event_type": "ai_generated_payload", "packet_id": "pk-3", "source": {"by": ["x"]}, "model": null}
"#;
    let (found, summary) = audited(log.as_bytes(), Options::default());
    let told: Vec<String> = found
        .iter()
        .map(|finding| {
            let members = ["type", "packet_id", "capability_id", "reason", "source", "model"];
            let value = finding.to_value();
            let members = members.iter().filter_map(|name| value.member(name).map(|member| ((*name).to_owned(), member.clone())));
            json::write(&Value::Object(members.collect()), json::Style::ARRIVAL)
        })
        .collect();
    let expected = [
        r#"{"type":"rejected_packet","packet_id":"pk-1","reason":"expired"}"#,
        r#"{"type":"stale_capability","capability_id":"cap-1","reason":"revalidation_exception:ValueError:\"x\"\n"}"#,
        r#"{"type":"overlap_window_used","packet_id":"pk-3","reason":"expired_but_within_overlap"}"#,
        r#"{"type":"ai_generated_payload","packet_id":"pk-3","source":{"by":["x"]},"model":null}"#,
    ];
    assert_eq!(told, expected);
    assert_eq!(found.iter().map(|finding| finding.lines.clone()).collect::<Vec<_>>(), [vec![1], vec![3], vec![5], vec![6]]);
    assert_eq!((summary.lines, summary.unreadable, summary.untimed), (5, 0, 1));
    assert_eq!(found[0].agents, ["agent:é", "b"]);
}

/// A log of what honest agents do, and the same with one thing wrong.
type Pair = (&'static str, fn(&mut Log), fn(&mut Log));

const PAIRS: [Pair; 24] = [
    (
        "replay_attempt",
        |log| {
            log.accept("pk-1", "");
            log.refuse("pk-1", "replay_detected");
        },
        |log| {
            log.accept("pk-1", "");
            log.refuse("pk-2", "expired");
        },
    ),
    (
        "replay_attempt",
        |log| {
            log.accept("pk-1", "");
            log.accept("pk-1", "");
        },
        |log| {
            log.accept("pk-1", "");
            // The same event twice: it was delivered twice, and happened once.
            let again = log.lines[0].clone();
            log.lines.push(again);
        },
    ),
    (
        "packet_id_reused",
        |log| {
            log.accept("pk-1", "");
            log.accept("pk-1", "");
            log.lines[1] = log.lines[1].replace(&hex(&sha256(&[b"pk-1"])), &hex(&sha256(&[b"other"])));
        },
        |log| {
            log.accept("pk-1", "");
            log.accept("pk-2", "");
        },
    ),
    (
        "tampered_packet",
        |log| {
            log.refuse("pk-1", "invalid_signature");
        },
        |log| {
            log.refuse("pk-1", "wrong_audience");
        },
    ),
    (
        "forged_identity",
        |log| {
            log.refuse("pk-1", "public_key_mismatch");
        },
        |log| {
            log.refuse("pk-1", "agent_unknown");
        },
    ),
    (
        "escalation_attempt",
        |log| {
            log.refuse("pk-1", "authority_escalation");
        },
        |log| {
            log.refuse("pk-1", "depth_exceeded");
        },
    ),
    (
        "escalation_attempt",
        |log| {
            log.accept("pk-1", "");
            log.of("pk-1", "action_refused", "\"action\": \"wipe\", \"reason\": \"action_not_permitted\"");
        },
        |log| {
            log.accept("pk-1", "");
            log.of("pk-1", "action_refused", "\"action\": \"read\", \"reason\": \"counter_unavailable\"");
        },
    ),
    (
        "use_after_revocation",
        |log| {
            log.refuse("pk-1", "capability_revoked");
        },
        |log| {
            log.refuse("pk-1", "capability_expired");
        },
    ),
    (
        "use_after_revocation",
        |log| {
            log.tell("revoked", "\"target\": \"agent|agent:planner\", \"reason\": \"key lost\"");
            log.accept("pk-1", "");
        },
        |log| {
            log.accept("pk-1", "");
            log.tell("revoked", "\"target\": \"agent|agent:planner\", \"reason\": \"key lost\"");
        },
    ),
    (
        "use_after_revocation",
        |log| {
            log.accept("pk-1", "");
            log.tell("revoked", &format!("\"target\": \"key|{FINGERPRINT}\""));
            log.of("pk-1", "tool_used", "\"action\": \"read\"");
            log.of("pk-1", "tool_used", "\"action\": \"read\"");
        },
        |log| {
            log.accept("pk-1", "");
            log.tell("revoked", "\"target\": \"key|bb\"");
            log.of("pk-1", "tool_used", "\"action\": \"read\"");
        },
    ),
    (
        "use_after_revocation",
        |log| {
            log.accept("pk-1", "");
            let id = hex(&sha256(&[b"pk-1"]));
            log.tell("revoked", &format!("\"target\": \"packet|{FINGERPRINT}|{id}\""));
            log.of("pk-1", "task_started", "");
            log.of("pk-1", "attested", "\"status\": \"ERROR\"");
        },
        |log| {
            log.accept("pk-1", "");
            // Another sender's packet of that id.
            let id = hex(&sha256(&[b"pk-1"]));
            log.tell("revoked", &format!("\"target\": \"packet|bb|{id}\""));
            log.of("pk-1", "task_started", "");
        },
    ),
    (
        "use_after_revocation",
        |log| {
            log.tell("revoked", "\"target\": \"digest|d1\"");
            log.accept("pk-1", "");
            log.lines[1] = log.lines[1].replace("\"ancestors\": []", "\"ancestors\": [\"d0\", \"d1\"]");
        },
        |log| {
            log.tell("revoked", "\"target\": \"digest|d1\"");
            log.accept("pk-1", "");
            log.lines[1] = log.lines[1].replace("\"ancestors\": []", "\"ancestors\": [\"d0\"]");
        },
    ),
    (
        "use_after_revocation",
        |log| {
            let id = hex(&sha256(&[b"cap-1"]));
            log.tell("revoked", &format!("\"target\": \"capability|aa|{id}\""));
            log.accept("pk-1", "\"capability_id\": \"cap-1\"");
        },
        |log| {
            let id = hex(&sha256(&[b"cap-1"]));
            log.tell("revoked", &format!("\"target\": \"capability|aa|{id}\""));
            log.accept("pk-1", "\"capability_id\": \"cap-2\"");
        },
    ),
    (
        "execution_without_acceptance",
        |log| log.run("pk-1", 2),
        |log| {
            log.accept("pk-1", "");
            log.run("pk-1", 2);
        },
    ),
    (
        "execution_without_acceptance",
        |log| {
            log.accept("pk-1", "");
            log.of("pk-1", "task_started", "\"packet_digest\": \"00\"");
            log.of("pk-1", "attested", "\"status\": \"OK\"");
        },
        |log| {
            log.accept("pk-1", "");
            log.of("pk-1", "task_started", &format!("\"packet_digest\": \"{}\"", hex(&sha256(&[b"pk-1"]))));
        },
    ),
    (
        "execution_without_acceptance",
        |log| {
            log.of("pk-1", "attested", "\"status\": \"OK\", \"outcome_hash\": \"00\"");
        },
        // That something was refused can be attested, and is no execution.
        |log| {
            log.of("pk-1", "attested", "\"status\": \"REJECTED\", \"outcome_hash\": \"00\"");
        },
    ),
    (
        "acceptance_unattested",
        |log| {
            log.accept("pk-0", "");
            log.run("pk-0", 0);
            log.accept("pk-1", "");
            log.of("pk-1", "task_started", "");
            log.of("pk-1", "task_finished", "\"status\": \"OK\", \"outcome_hash\": null");
        },
        |log| {
            log.accept("pk-0", "");
            log.run("pk-0", 0);
            // Still running.
            log.accept("pk-1", "");
            log.of("pk-1", "task_started", "");
        },
    ),
    (
        "acceptance_unattested",
        |log| {
            log.accept("pk-0", "");
            log.run("pk-0", 0);
            log.accept("pk-1", "");
            log.of("pk-1", "task_started", "");
            log.seconds += 900 + 3700;
            log.refuse("pk-2", "expired");
            log.refuse("pk-2", "expired");
        },
        |log| {
            // An agent that never attests was set up without.
            log.accept("pk-1", "");
            log.of("pk-1", "task_started", "");
            log.of("pk-1", "task_finished", "\"status\": \"OK\", \"outcome_hash\": null");
            log.seconds += 900 + 3700;
            log.refuse("pk-2", "expired");
            log.refuse("pk-2", "expired");
        },
    ),
    (
        "result_mismatch",
        |log| {
            log.accept("pk-1", "");
            log.run("pk-1", 0);
            let last = log.lines.pop().unwrap();
            let outcome = hex(&sha256(&[b"outcome", b"pk-1"]));
            log.lines.push(last.replace(&outcome, FINGERPRINT));
        },
        |log| {
            log.accept("pk-1", "");
            log.run("pk-1", 0);
        },
    ),
    (
        "review_bypassed",
        |log| {
            log.accept("pk-1", "\"requires_human_review\": true");
        },
        |log| {
            log.of("pk-1", "review_requested", "\"review_digest\": \"00\"");
            log.of("pk-1", "review_decided", "\"review_digest\": \"00\", \"decision\": \"APPROVED\", \"reason\": null");
            log.accept("pk-1", "\"requires_human_review\": true");
        },
    ),
    (
        "review_bypassed",
        |log| {
            log.accept("pk-1", "");
            log.of("pk-1", "review_decided", "\"decision\": \"DENIED\"");
            log.of("pk-1", "task_started", "");
            log.of("pk-1", "tool_used", "");
            log.of("pk-1", "attested", "\"status\": \"OK\"");
        },
        |log| {
            log.of("pk-1", "review_decided", "\"decision\": \"DENIED\"");
            log.refuse("pk-1", "human_review_denied");
            // They were asked again.
            log.of("pk-1", "review_decided", "\"decision\": \"APPROVED\"");
            log.accept("pk-1", "\"requires_human_review\": true");
            log.of("pk-1", "task_started", "");
        },
    ),
    (
        "budget_overrun",
        |log| {
            log.accept("pk-1", "\"max_tool_calls\": 2");
            log.run("pk-1", 3);
        },
        |log| {
            log.accept("pk-1", "\"max_tool_calls\": 2");
            log.run("pk-1", 2);
            log.accept("pk-2", "\"max_tool_calls\": null");
            log.run("pk-2", 4);
            log.accept("pk-3", "\"max_tool_calls\": 99999999999999999999");
            log.run("pk-3", 4);
        },
    ),
    (
        "clock_anomaly",
        |log| {
            log.accept("pk-1", "");
            log.seconds -= 60;
            log.accept("pk-2", "");
        },
        |log| {
            log.accept("pk-1", "");
            log.seconds -= 4;
            log.accept("pk-2", "");
            // A long weekend.
            log.seconds += 4 * 86_400;
            log.accept("pk-3", "");
        },
    ),
    (
        "clock_anomaly",
        |log| {
            log.seconds += 1;
            log.accept("pk-1", "");
            let late = at(log.seconds - 62).iso();
            log.lines[0] = log.lines[0].replace(&at(log.seconds + 899).iso(), &late);
        },
        |log| {
            log.accept("pk-1", "");
        },
    ),
];

/// What is told of refusals anyway.
fn beyond<'a>(found: &[&'a str]) -> Vec<&'a str> {
    found.iter().copied().filter(|kind| *kind != "rejected_packet").collect()
}

#[test]
fn each_attack_is_found_once_and_its_honest_twin_gives_no_occasion() {
    for (i, (kind, attack, honest)) in PAIRS.into_iter().enumerate() {
        for (name, tell, expected) in [("attack", attack, vec![kind]), ("honest", honest, vec![])] {
            let mut log = Log::default();
            tell(&mut log);
            let found = found_in(&log.text());
            assert_eq!(beyond(&kinds(&found)), expected, "{i} {kind} {name}: {found:#?}\n{}", log.text());
            for finding in found {
                assert!(!finding.lines.is_empty() && finding.lines.iter().all(|n| (1..=log.lines.len() as u64).contains(n)), "{finding:?}");
                assert!(finding.lines.is_sorted() && !finding.sentence.is_empty() && !finding.advice.is_empty(), "{finding:?}");
            }
        }
    }
}

#[test]
fn evidence_names_the_lines_that_contradict_each_other() {
    let mut log = Log::default();
    log.accept("pk-0", "");
    log.accept("pk-1", "");
    log.refuse("pk-1", "replay_detected");
    // The nonce of the first packet under another id.
    log.refuse("pk-9", "replay_detected");
    let nonce = hex(&sha256(&[b"nonce", b"pk-0"]));
    log.lines[3] =
        log.lines[3].replace("\"reason\"", &format!("\"fingerprint\": \"{FINGERPRINT}\", \"nonce_hash\": \"{nonce}\", \"reason\""));
    log.tell("revoked", "\"target\": \"agent|agent:planner\"");
    log.of("pk-1", "tool_used", "");
    let found = found_in(&log.text());
    let of = |kind: &str| found.iter().filter(|finding| finding.kind == kind).map(|finding| finding.lines.clone()).collect::<Vec<_>>();
    assert_eq!(of("replay_attempt"), [[2, 3], [1, 4]]);
    assert_eq!(of("use_after_revocation"), [[2, 5, 6]]);
    let used = found.iter().find(|finding| finding.kind == "use_after_revocation").unwrap();
    assert_eq!((used.severity, used.packets.as_slice(), used.at), (Severity::Critical, &["pk-1".to_owned()][..], Some(at(6))));
}

#[test]
fn a_line_far_ahead_is_told_as_such_and_ends_nothing_early() {
    let mut log = Log::default();
    log.accept("pk-0", "");
    log.run("pk-0", 0);
    log.accept("pk-1", "");
    log.of("pk-1", "task_started", "");
    log.seconds += 400 * 86_400;
    log.refuse("pk-2", "expired");
    log.seconds -= 400 * 86_400;
    log.of("pk-1", "tool_used", "");
    log.of("pk-1", "tool_used", "");
    let found = found_in(&log.text());
    assert_eq!(beyond(&kinds(&found)), ["clock_anomaly"]);
    assert_eq!(found[1].lines, [7, 8]);
    assert!(found[1].sentence.contains("Line 7 ") && found[1].sentence.contains("more than a day ahead"), "{}", found[1].sentence);
}

#[test]
fn honest_traffic_that_only_looks_odd_gives_no_occasion() {
    let stories: [fn(&mut Log); 4] = [
        // Two logs in one file: the revocation stands before what happened before it.
        |log| {
            log.tell("revoked", "\"target\": \"agent|agent:planner\"");
            log.lines[0] = log.lines[0].replace("agent:researcher", "agent:admin").replace(&at(1).iso(), &at(100).iso());
            log.accept("pk-1", "");
        },
        // People answer at once, and the packet lives for long.
        |log| {
            log.of("pk-1", "review_decided", "\"decision\": \"APPROVED\"");
            log.accept("pk-1", "\"requires_human_review\": true");
            log.lines[1] = log.lines[1].replace(&at(901).iso(), &at(3 * 86_400).iso());
            (0..20).for_each(|_| {
                log.seconds += 12_000;
                log.tell("x", "");
            });
            log.run("pk-1", 1);
        },
        // Names that run into each other are different names.
        |log| {
            for (id, fingerprint, nonce) in [("pk-1", "a", "bc"), ("pk-2", "ab", "c")] {
                log.tell(
                    "packet_accepted",
                    &format!("\"packet_id\": \"{id}\", \"fingerprint\": \"{fingerprint}\", \"nonce_hash\": \"{nonce}\""),
                );
            }
        },
        // A line that is told by two stores in turn.
        |log| {
            log.accept("pk-1", "");
            log.run("pk-1", 1);
            log.accept("pk-2", "");
            let again = log.lines[0].clone();
            log.lines.push(again.replace(&at(1).iso(), &at(7).iso()));
        },
    ];
    for (i, story) in stories.into_iter().enumerate() {
        let mut log = Log::default();
        story(&mut log);
        assert_eq!(found_in(&log.text()), [], "{i}");
    }
}

#[test]
fn of_two_packets_with_one_id_nothing_is_said_that_may_be_the_others() {
    let mut log = Log::default();
    let (first, second) = (hex(&sha256(&[b"pk-1"])), hex(&sha256(&[b"other"])));
    log.accept("pk-1", "\"max_tool_calls\": 1");
    log.accept("pk-1", "\"max_tool_calls\": 2");
    log.run("pk-1", 1);
    log.run("pk-1", 2);
    let outcomes = |line: &String| line.replace(&hex(&sha256(&[b"outcome", b"pk-1"])), FINGERPRINT).replace(&first, &second);
    log.lines = log.lines.iter().enumerate().map(|(i, line)| if i == 1 || i > 5 { outcomes(line) } else { line.clone() }).collect();
    assert_eq!(kinds(&found_in(&log.text())), ["packet_id_reused"]);
    log.of("pk-1", "tool_used", "");
    assert_eq!(kinds(&found_in(&log.text())), ["packet_id_reused", "budget_overrun"]);
}

#[test]
fn a_finding_repeats_no_megabyte() {
    let long = "é".repeat(500_000);
    let mut log = Log::default();
    log.tell(
        "packet_rejected",
        &format!("\"packet_id\": \"{long}\", \"from_agent\": \"{long}\", \"reason\": \"{long}\", \"model\": [\"{long}\"]"),
    );
    log.of(&long, "task_started", "");
    let found = found_in(&log.text());
    assert_eq!(kinds(&found), ["rejected_packet", "execution_without_acceptance"]);
    for finding in found {
        let text = json::write(&finding.to_value(), json::Style::ARRIVAL);
        assert!(text.len() < 5000 && text.contains('…'), "{text}");
    }
}

#[test]
fn many_refusals_in_one_go_are_one_finding() {
    let mut log = Log::default();
    let mut expected = Vec::new();
    for _ in 0..3 {
        let first = log.refuse("pk", "expired") as u64;
        (0..39).for_each(|n| {
            log.refuse(&format!("pk-{n}"), "expired");
        });
        expected.push([first, log.lines.len() as u64]);
        log.seconds += 600;
    }
    // Twenty are not yet too many, and others' are counted for others.
    (0..20).for_each(|n| {
        log.refuse(&format!("pk-{n}"), "expired");
    });
    (0..20).for_each(|n| {
        log.refuse(&format!("pk-{n}"), "expired");
    });
    let end = log.lines.len();
    log.lines[end - 20..].iter_mut().for_each(|line| *line = line.replace("agent:planner", "agent:other"));
    let (found, _) = audited(log.text().as_bytes(), Options { types: vec!["burst".into()], ..Options::default() });
    assert_eq!(found.iter().map(|finding| finding.lines.clone()).collect::<Vec<_>>(), expected);
    assert_eq!(
        (found[0].agents.as_slice(), found[0].to_value().member("count")),
        (&["agent:planner".to_owned()][..], Some(&Value::Int(40_i64.into())))
    );
}

#[test]
fn a_task_that_tries_what_was_refused_again_and_again_is_told_once_and_one_that_is_refused_now_and_then_is_not() {
    for (kind, seconds, is_told) in [("budget_exhausted", 0, true), ("action_refused", 0, true), ("budget_exhausted", 5, false)] {
        let mut log = Log::default();
        log.accept("pk-1", "");
        log.of("pk-1", "task_started", SENDER);
        for _ in 0..30 {
            log.seconds += seconds;
            log.of("pk-1", kind, "\"action\": \"read\", \"reason\": \"budget_exceeded\"");
        }
        let (found, _) = audited(log.text().as_bytes(), Options { types: vec!["burst".into()], ..Options::default() });
        let told: Vec<_> = found.iter().map(|finding| (finding.packets.as_slice(), finding.lines.as_slice())).collect();
        let expected = [(&["pk-1".to_owned()][..], &[3, 32][..])];
        assert_eq!(told, if is_told { &expected[..] } else { &[] }, "{kind}");
    }
}

/// Ten thousand honest handoffs, of which some need a review, some are refused for honest reasons and none is alike.
fn honest(log: &mut Log, prefix: &str, handoffs: usize) {
    for n in 0..handoffs {
        let id = format!("{prefix}-{n}");
        match n % 50 {
            7 => {
                log.refuse(&id, "expired");
            }
            13 => {
                log.of(&id, "review_requested", "\"review_digest\": \"00\"");
                log.seconds += 30;
                log.of(&id, "review_decided", "\"review_digest\": \"00\", \"decision\": \"APPROVED\", \"reason\": null");
                log.accept(&id, "\"max_tool_calls\": 3, \"requires_human_review\": true");
                log.run(&id, 3);
            }
            _ => {
                log.accept(&id, "\"max_tool_calls\": 3, \"requires_human_review\": false");
                log.run(&id, n % 4);
            }
        }
    }
}

#[test]
fn ten_thousand_honest_handoffs_give_no_occasion() {
    let mut log = Log::default();
    honest(&mut log, "pk", 10_000);
    let (found, summary) = audited(log.text().as_bytes(), Options::default());
    assert_eq!(beyond(&kinds(&found)), Vec::<&str>::new());
    assert_eq!((found.len(), summary.lines as usize, summary.full_since, summary.running_tasks), (200, log.lines.len(), None, 0));
    // What is over is forgotten: this log takes a day.
    assert!(summary.entries < 5_000, "{}", summary.entries);
}

#[test]
fn every_attack_within_ten_thousand_honest_handoffs_is_found_and_nothing_else() {
    let mut log = Log::default();
    let mut expected: BTreeMap<&str, usize> = BTreeMap::new();
    for (i, (kind, attack, _)) in PAIRS.into_iter().enumerate() {
        honest_of(&mut log, i, 10_000 / PAIRS.len());
        let mut trace = Log { lines: Vec::new(), seconds: log.seconds };
        attack(&mut trace);
        *expected.entry(kind).or_default() += 1;
        // Each incident has ids, agents and keys of its own, as in life; what is revoked must not hit the honest.
        let fingerprint = format!("{i:064}");
        let (hashed, own) = (hex(&sha256(&[b"pk-1"])), hex(&sha256(&[format!("bad-{i}-1").as_bytes()])));
        let renamed = |line: &String| {
            let line = line.replace("pk-", &format!("bad-{i}-")).replace("agent:planner", &format!("agent:bad-{i}"));
            line.replace(FINGERPRINT, &fingerprint).replace(&hashed, &own).replace("\"e-", &format!("\"e-{i}-"))
        };
        log.lines.extend(trace.lines.iter().map(renamed));
        log.seconds = log.seconds.max(trace.seconds);
    }
    honest_of(&mut log, PAIRS.len(), 100);
    log.seconds += 5000;
    honest_of(&mut log, PAIRS.len() + 1, 2);
    let (found, _) = audited(log.text().as_bytes(), Options::default());
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    beyond(&kinds(&found)).into_iter().for_each(|kind| *counted.entry(kind).or_default() += 1);
    assert_eq!(counted, expected);
}

fn honest_of(log: &mut Log, i: usize, handoffs: usize) {
    let mut part = Log { lines: Vec::new(), seconds: log.seconds };
    honest(&mut part, &format!("pk-{i}"), handoffs);
    log.lines.extend(part.lines.iter().map(|line| line.replace("\"e-", &format!("\"e-h{i}-"))));
    log.seconds = part.seconds;
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_read_on() {
    let good = line(1, 1, "packet_rejected", "\"packet_id\": \"pk-1\", \"reason\": \"expired\"");
    for (bad, is_told) in [
        ("", false),
        ("  \t", false),
        ("{", true),
        ("[]", true),
        ("7", true),
        ("{\"a\": 1}", true),
        ("{\"event_type\": 7}", true),
        ("{\"event_type\": \"x\", \"event_type\": \"y\"}", true),
        ("{\"event_type\": \"x\", \"a\": {\"b\": 1, \"b\": 2}}", true),
        ("{\"event_type\": \"x\", \"z\": 1, \"z\": 2}", true),
        ("{\"event_type\": \"x\", \"z\": 01}", true),
        ("{\"event_type\": \"x\", \"z\": tru}", true),
        ("{\"event_type\": \"x\", \"z\": \"\\x\"}", true),
        ("{\"event_type\": \"x\", \"z\": \"\t\"}", true),
        ("{\"event_type\": \"x\",}", true),
        ("{\"event_type\": \"x\"} {}", true),
        ("{\"event_type\": \"x\", \"z\": NaN}", true),
        ("{\"event_type\": \"x\", \"z\": [1, {\"y\": []}, \"\\ud83d\\ude00\"], \"\\u007a\\u007a\": 1e400, \"e\": {}}", false),
        ("{\"event_type\": \"x\", \"z\": -0, \"y\": -1.5E+3, \"w\": [ ], \"v\": [true , null]} \r", false),
    ] {
        let (found, summary) = audited(format!("{bad}\n{good}\n{bad}").as_bytes(), Options::default());
        let expected: &[&str] = if is_told { &["unreadable_line", "rejected_packet", "unreadable_line"] } else { &["rejected_packet"] };
        assert_eq!(kinds(&found), expected, "{bad}");
        assert_eq!((summary.unreadable, found.last().unwrap().lines[0]), if is_told { (2, 3) } else { (0, 2) }, "{bad}");
    }
    // Not UTF-8, and longer than anything that is kept.
    let mut text = b"\xff{}\n".to_vec();
    text.extend(vec![b'x'; 17 * 1024 * 1024]);
    text.push(b'\n');
    text.extend(good.as_bytes());
    let (found, _) = audited(&text, Options::default());
    assert_eq!(kinds(&found), ["unreadable_line", "unreadable_line", "rejected_packet"]);
    assert!(found[1].sentence.contains("16 MiB"));
}

#[test]
fn odd_spellings_of_one_event_are_one_event() {
    let plain = "{\"event_type\": \"packet_rejected\", \"packet_id\": \"pk-é\", \"reason\": \"invalid_signature\"}";
    let expected = found_in(plain);
    assert_eq!(kinds(&expected), ["rejected_packet", "tampered_packet"]);
    for odd in [
        "{\"event\\u005ftype\": \"packet_rejected\", \"packet_id\": \"pk-é\", \"reason\": \"invalid_signature\"}",
        "{\"reason\":\"invalid\\u005fsignature\",\"packet_id\":\"pk-\\u00e9\",\"event_type\":\"packet\\u005frejected\"}",
        " { \"x\" : { \"y\" : [ { } ] } , \"event_type\":\"packet_rejected\", \"packet_id\": \"pk-é\" , \"reason\": \"invalid_signature\" } ",
    ] {
        assert_eq!(found_in(odd), expected, "{odd}");
    }
}

#[test]
fn filters_hide_findings_and_change_none() {
    let mut log = Log::default();
    log.tell("revoked", "\"target\": \"agent|agent:planner\"");
    log.refuse("pk-0", "invalid_signature");
    log.accept("pk-1", "");
    let with = |options: Options| audited(log.text().as_bytes(), options).0.into_iter().map(|finding| finding.kind).collect::<Vec<_>>();
    assert_eq!(with(Options::default()), ["rejected_packet", "tampered_packet", "use_after_revocation"]);
    assert_eq!(with(Options { min_severity: Severity::High, ..Options::default() }), ["tampered_packet", "use_after_revocation"]);
    assert_eq!(with(Options { types: vec!["tampered_packet".into()], ..Options::default() }), ["tampered_packet"]);
    // What was revoked before is known all the same.
    assert_eq!(with(Options { since: Some(at(3)), ..Options::default() }), ["use_after_revocation"]);
}

#[test]
fn what_is_remembered_stays_below_its_cap_and_the_summary_says_when_it_was_reached() {
    let mut log = Log::default();
    for n in 0..1000 {
        log.accept(&format!("pk-{n}"), "");
        log.seconds -= 1;
    }
    log.run("pk-0", 1);
    log.run("pk-999", 1);
    // Strangers fill only what is kept for strangers.
    for n in 0..1000 {
        log.refuse(&format!("pk-{n}"), "expired");
        let last = log.lines.last_mut().unwrap();
        *last = last.replace("agent:planner", &format!("agent:{n}"));
        log.seconds -= 1;
    }
    let (found, summary) = audited(log.text().as_bytes(), Options { max_entries: 200, ..Options::default() });
    assert!(summary.entries <= 200, "{}", summary.entries);
    assert!(summary.full_since.is_some_and(|line| line < 100) && summary.forgotten > 800, "{summary:?}");
    // Of `pk-0` little more is known than that it was accepted, so nobody is accused; `pk-999` is remembered.
    assert_eq!(beyond(&kinds(&found)), Vec::<&str>::new());
    let (_, whole) = audited(log.text().as_bytes(), Options::default());
    assert_eq!((whole.full_since, whole.forgotten, whole.undecided), (None, 0, 0));
}

#[test]
fn a_type_that_nothing_finds_is_refused_and_one_that_is_found_is_not() {
    let known = finding_types(&[]);
    for (kind, attack, _) in PAIRS {
        let mut log = Log::default();
        attack(&mut log);
        for finding in found_in(&log.text()) {
            assert!(known.contains(&finding.kind), "{} of {kind}", finding.kind);
        }
    }
    let asked = |name: &str, rules: Vec<Rule>| Options { types: vec!["burst".into(), name.into()], rules, ..Options::default() }.check();
    let own = Rule::parse(br#"[{"type": "own", "severity": "low", "event_type": "x", "sentence": "x."}]"#).expect("a rule");
    assert_eq!(asked("own", own), Ok(()));
    let refused = asked("own", Vec::new()).expect_err("nothing finds it");
    assert!(refused.to_string().starts_with("nothing finds `own`; there are acceptance_unattested, ai_generated_payload, "), "{refused}");
    assert!(known.iter().all(|kind| refused.to_string().contains(kind.as_str())));
}

#[test]
fn what_is_only_counted_is_counted_like_what_is_told() {
    let mut log = Log::default();
    for n in 0..50 {
        log.refuse(&format!("pk-{n}"), "invalid_signature");
    }
    let (all, told) = audited(log.text().as_bytes(), Options::default());
    let (few, counted) = audited(log.text().as_bytes(), Options { most_of_a_kind: 7, ..Options::default() });
    assert_eq!(told, counted);
    assert_eq!((all.len(), few.len()), (101, 15));
    assert!(few.iter().all(|finding| all.contains(finding)));
}

#[test]
fn rules_of_ones_own_are_data() {
    let rules = br#"[{"type": "night_deploy", "severity": "high", "event_type": ["tool_used", "tool_used"], "where": {"action": ["deploy", "wipe"]},
                      "sentence": "{packet_id} did {action}.", "advice": "Wake somebody."},
                     {"type": "busy", "severity": "info", "event_type": "tool_used", "per": "packet_id", "more_than": 2, "within_seconds": 10,
                      "sentence": "{count} calls of {packet_id}."},
                     {"type": "odd", "severity": "low", "event_type": "x", "where": {"n": [7, true, null]}, "sentence": "odd"}]"#;
    let mut log = Log::default();
    log.accept("pk-1", "");
    for action in ["read", "deploy", "read", "read"] {
        log.of("pk-1", "tool_used", &format!("\"action\": \"{action}\""));
    }
    for n in ["7", "8", "true", "false", "null", "\"7\""] {
        log.tell("x", &format!("\"n\": {n}"));
    }
    log.tell("x", "");
    let options = Options { rules: Rule::parse(rules).unwrap(), ..Options::default() };
    let (found, _) = audited(log.text().as_bytes(), options);
    let told: Vec<(&str, &str, &[u64])> = found.iter().map(|f| (f.kind.as_str(), f.sentence.as_str(), f.lines.as_slice())).collect();
    assert_eq!(
        told,
        [
            ("night_deploy", "pk-1 did deploy.", &[3][..]),
            ("odd", "odd", &[6]),
            ("odd", "odd", &[8]),
            ("odd", "odd", &[10]),
            ("odd", "odd", &[12]),
            ("busy", "4 calls of pk-1.", &[2, 5]),
        ]
    );
    assert_eq!(found[0].severity, Severity::High);

    let rule = |members: &str| format!("[{{\"type\": \"a\", \"severity\": \"low\", \"event_type\": \"x\", \"sentence\": \"s\"{members}}}]");
    assert!(Rule::parse(rule("").as_bytes()).is_ok());
    for (text, says) in [
        (rule(", \"wehre\": {}"), "/0/wehre"),
        (rule(", \"per\": \"from_agent\""), "/0/more_than"),
        (rule(", \"more_than\": 5"), "/0/within_seconds"),
        (rule(", \"within_seconds\": 5"), "/0/more_than"),
        (rule(", \"more_than\": 0, \"within_seconds\": 5"), "/0/more_than"),
        (rule(", \"more_than\": 1, \"within_seconds\": 86401"), "/0/within_seconds"),
        (rule(", \"where\": {\"a\": \"b\"}"), "/0/where"),
        (rule(", \"where\": {\"a\": [[]]}"), "/0/where"),
        (rule("").replace("\"low\"", "\"grave\""), "/0/severity"),
        (rule("").replace("\"a\"", "\"A b\""), "/0/type"),
        (rule("").replace("\"x\"", "[]"), "/0/event_type"),
        (rule("").replace("\"sentence\"", "\"sentences\""), "/0/sentence"),
        ("{}".into(), "array"),
        ("[7]".into(), "/0"),
        ("[".into(), "malformed JSON"),
    ] {
        let error = Rule::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
}

fn chained(lines: usize) -> (Vec<String>, SecretKey) {
    let (mut writer, keeper) = (Writer::new("log-1"), SecretKey::from_seed(&[77; 32]));
    let mut log = Log::default();
    honest(&mut log, "pk", lines);
    let mut written: Vec<String> = log.lines.iter().map(|line| writer.append(&json::parse(line.as_bytes()).unwrap())).collect();
    let issuer = Issuer { agent_id: "agent:researcher".into(), public_key: keeper.public_key(), now: at(log.seconds), entropy: [1; 16] };
    let sealed = writer.seal(at(log.seconds), "agent:researcher").draft(&issuer).and_then(|draft| draft.sign(&keeper)).unwrap();
    written.push(writer.append_checkpoint(&sealed).unwrap());
    (written, keeper)
}

#[test]
fn a_chained_log_is_verified_while_it_is_read() {
    let (lines, keeper) = chained(50);
    let text = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let (found, summary) = audited(text(&lines).as_bytes(), Options { trusted: vec![keeper.public_key()], ..Options::default() });
    let log = summary.log.expect("verified");
    assert_eq!((beyond(&kinds(&found)), log.is_whole(), log.unsealed(), log.checkpoints), (vec![], true, 0, 1));

    let mut altered = lines.clone();
    let at = altered.iter().position(|line| line.contains("agent:planner")).unwrap() + 20;
    altered[at] = altered[at].replace("agent:researcher", "agent:researched");
    let (found, summary) = audited(text(&altered).as_bytes(), Options::default());
    let broken: Vec<_> = found.iter().filter(|finding| finding.kind == "log_break").collect();
    assert_eq!(
        (broken.len(), broken[0].severity, broken[0].lines.as_slice()),
        (1, Severity::Critical, &[at as u64 + 1, at as u64 + 2][..])
    );
    assert!(!summary.log.unwrap().is_whole());

    // A log that carries no hashes is no chained log, unless it was said to be one.
    let mut plain = Log::default();
    honest(&mut plain, "pk", 2);
    let (found, summary) = audited(plain.text().as_bytes(), Options::default());
    assert_eq!((found.len(), summary.log), (0, None));
    let (found, _) = audited(plain.text().as_bytes(), Options { chain: Chain::Verify, ..Options::default() });
    assert_eq!(found.len(), plain.lines.len());
    let (found, summary) = audited(text(&altered).as_bytes(), Options { chain: Chain::Ignore, ..Options::default() });
    assert_eq!((kinds(&found).contains(&"log_break"), summary.log), (false, None));
    // An unfinished last line is no break, and still read.
    let (found, summary) = audited(format!("{}{{\"event_type\"", text(&lines)).as_bytes(), Options::default());
    assert_eq!((kinds(&found).contains(&"log_break"), summary.log.unwrap().tail), (false, 13));
    assert_eq!(kinds(&found).last(), Some(&"unreadable_line"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn how_a_log_is_cut_into_pieces_does_not_matter(sizes in prop::collection::vec(1_usize..700, 1..40), seed in any::<[u8; 16]>()) {
        let mut log = Log::default();
        for (_, attack, _) in PAIRS {
            attack(&mut log);
        }
        let text = format!("{}\n\u{fffd}{{\n{}", log.text(), log.lines[0]);
        let whole = audited(text.as_bytes(), Options::default());
        let (mut sentinel, mut found) = (Sentinel::new(Options { seed, ..Options::default() }), Vec::new());
        let (mut rest, mut sizes) = (text.as_bytes(), sizes.into_iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(sizes.next().unwrap().min(rest.len()));
            sentinel.ingest(piece, &mut |finding| found.push(finding));
            rest = after;
        }
        sentinel.finish(&mut |finding| found.push(finding));
        prop_assert_eq!((found, sentinel.summary()), whole);
    }

    /// What the shapes of lines before, or reading in one pass, make easy must find what the parser finds: here a member that
    /// is an object keeps every line from it.
    #[test]
    fn a_line_read_in_one_pass_gives_what_the_parser_gives(
        edits in prop::collection::vec((0_usize..30, 0_usize..600, any::<u8>(), 0_u8..3), 0..12),
        spaces in prop::collection::vec(0_usize..30, 0..3),
        order in any::<prop::sample::Index>(),
    ) {
        let mut log = Log::default();
        let (_, attack, _) = PAIRS[order.index(PAIRS.len())];
        honest(&mut log, "a", 3);
        attack(&mut log);
        let mut lines: Vec<Vec<u8>> = log.lines.iter().map(|line| line.clone().into_bytes()).collect();
        let count = lines.len();
        for (line, at, byte, how) in edits {
            let line = &mut lines[line % count];
            let at = at % line.len();
            match how {
                0 if byte != b'\n' => line[at] = byte,
                1 if byte != b'\n' => line.insert(at, byte),
                _ => { line.remove(at); }
            }
        }
        for line in spaces {
            let spaced = String::from_utf8_lossy(&lines[line % count]).replace("\": ", "\" :\t").replace(", ", " ,");
            lines[line % count] = spaced.into_bytes();
        }
        let of = |lines: &[Vec<u8>]| audited(&lines.concat(), Options { chain: Chain::Ignore, ..Options::default() });
        let ended = |line: &Vec<u8>| [line, &b"\n"[..]].concat();
        let plain: Vec<Vec<u8>> = lines.iter().map(ended).collect();
        let odd: Vec<Vec<u8>> = lines.iter().map(|line| match line.strip_suffix(b"}") {
            Some(open) => ended(&[open, b", \"odd\": {\"a\": 1}}"].concat()),
            None => ended(line),
        }).collect();
        let (by_shape, by_parser) = (of(&plain), of(&odd));
        let told = |found: &[Finding]| found.iter().map(|f| if f.kind == "unreadable_line" { format!("{:?}", f.lines) } else { format!("{f:?}") }).collect::<Vec<_>>();
        prop_assert_eq!(told(&by_shape.0), told(&by_parser.0));
        prop_assert_eq!(by_shape.1, by_parser.1);
    }

    /// The same of a chained log: whoever reads a line for the verifier changes no verdict.
    #[test]
    fn a_chain_is_judged_alike_whoever_reads_its_lines(
        edits in prop::collection::vec((0_usize..12, 0_usize..600, any::<u8>(), 0_u8..3), 0..4),
    ) {
        let (texts, secret) = chained(10);
        let mut lines: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
        let count = lines.len();
        for (line, at, byte, how) in edits {
            let line = &mut lines[line % count];
            let at = at % line.len();
            match how {
                0 if byte != b'\n' => line[at] = byte,
                1 if byte != b'\n' => line.insert(at, byte),
                _ => { line.remove(at); }
            }
        }
        // The rules as they are written: a JSON object, a well-formed hash, the hash of the line before.
        let mut expected = Vec::new();
        let mut before = [0; 32];
        for (n, line) in (1..).zip(&lines) {
            match json::parse(line) {
                Ok(value @ Value::Object(_)) => match value.member("prev") {
                    Some(Value::String(text)) if trusthandoff::encoding::from_hex::<32>(text) == Ok(before) => {}
                    Some(Value::String(text)) if trusthandoff::encoding::from_hex::<32>(text).is_ok() => expected.push((n, "chain_broken")),
                    _ => expected.push((n, "no_hash")),
                },
                _ => expected.push((n, "no_event")),
            }
            before = sha256(&[line]);
        }
        let mut verifier = trusthandoff::log::Verifier::new(&[secret.public_key()], None);
        lines.iter().for_each(|line| verifier.push(line));
        let report = verifier.finish(&[]);
        let links: Vec<_> = report.breaks.iter().map(|b| (b.to, b.fault.as_str())).filter(|(_, fault)| !fault.starts_with("checkpoint")).collect();
        prop_assert_eq!(links, expected);
        let text: Vec<u8> = lines.iter().flat_map(|line| [line, &b"\n"[..]].concat()).collect();
        let (_, summary) = audited(&text, Options { chain: Chain::Verify, trusted: vec![secret.public_key()], ..Options::default() });
        prop_assert_eq!(summary.log, Some(report));
    }

    #[test]
    fn any_bytes_are_read_and_what_the_parser_refuses_is_unreadable(
        at in 0_usize..400,
        byte in any::<u8>(),
        is_inserted in any::<bool>(),
    ) {
        let mut log = Log::default();
        log.accept("pk-1", "\"s\": \"\\u00e9 \\\\ \\n\", \"n\": [1.5e+3, -0, null], \"o\": {\"a\": {}}");
        let mut bytes = log.lines[0].clone().into_bytes();
        let at = at % bytes.len();
        if is_inserted { bytes.insert(at, byte) } else { bytes[at] = byte }
        prop_assume!(byte != b'\n');
        let (found, summary) = audited(&bytes, Options::default());
        let is_event = match json::parse_frame(&bytes) {
            Ok((_, Some(json::Error::DuplicateKey { .. }))) | Err(_) => false,
            Ok((value, _)) => matches!(value.member("event_type"), Some(Value::String(_))),
        };
        prop_assert_eq!(summary.unreadable == 0, is_event, "{:?} {:?}", String::from_utf8_lossy(&bytes), found);
    }
}

fn collected(text: &str) -> Collected {
    let (mut sentinel, mut collected) = (Sentinel::new(Options::default()), Collected::default());
    sentinel.ingest(text.as_bytes(), &mut |finding| collected.push(finding));
    sentinel.finish(&mut |finding| collected.push(finding));
    collected.summary = Some(sentinel.summary());
    collected
}

#[test]
fn a_report_repeats_nothing_that_could_act_where_it_is_shown() {
    let hostile = "</td></table><script>alert(1)</script><img src=x onerror=alert(2)>\\\"'&\\u001b[2J\\u202e\\u2028";
    let payload =
        format!("\"packet_id\": \"{hostile}\", \"from_agent\": \"{hostile}\", \"to_agent\": \"{hostile}\", \"reason\": \"{hostile}\"");
    let mut log = Log::default();
    log.tell("packet_rejected", &payload);
    log.tell("packet_accepted", &payload);
    log.tell("packet_accepted", "\"packet_id\": \"p\", \"from_agent\": \"b\", \"to_agent\": \"c\"");
    log.tell(hostile, "");
    let collected = collected(&log.text());
    let page = report::html(&collected);
    assert_eq!((page.matches("<script>").count(), page.matches("</table>").count(), page.matches("<img").count()), (1, 1, 0));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("&quot;&#39;&amp;\\u{1b}[2J\\u{202e}\\u{2028}"));
    for text in [&page, &report::text(&collected, false, 80)] {
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{2028}']));
    }

    // The page runs its own script and style only, and asks nobody for anything.
    let between = |from: &str, to: &str| page.split(from).nth(1).and_then(|rest| rest.split(to).next()).unwrap();
    let policy = between("Content-Security-Policy\" content=\"", "\"");
    assert!(policy.starts_with("default-src 'none'; "));
    for (name, text) in [("script-src", between("<script>", "</script>")), ("style-src", between("<style>", "</style>"))] {
        assert!(policy.contains(&format!("{name} 'sha256-{}'", base64(&sha256(&[text.as_bytes()])))), "{name}");
    }
    assert!(!page.contains("http:") && !page.contains("https:") && !page.contains(" style=") && !page.contains(" onclick"));
    for part in ["<svg", "What happened when", "Who handed over to whom", "id=\"kind\"", "rejected_packet"] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn a_report_is_a_page_whatever_the_log_and_counts_what_it_does_not_show() {
    let mut log = Log::default();
    (0..1500).for_each(|n| {
        log.refuse(&format!("pk-{n}"), "expired");
    });
    let mut collected = collected(&log.text());
    collected.findings.iter_mut().for_each(|finding| finding.lines.push(1));
    assert_eq!(collected.findings.iter().filter(|finding| finding.kind == "rejected_packet").count(), 1000);
    for (width, most) in [(0, 80), (1, 40), (40, 40), (60, 60), (80, 80), (1000, 1000)] {
        let text = report::text(&collected, false, width);
        assert!(text.lines().count() <= 24 && text.lines().all(|line| line.chars().count() <= most), "{text}");
        assert!(text.contains("LOW      1500 rejected_packet") && text.contains("MEDIUM      1 burst"), "{text}");
        assert!(text.find("burst") < text.find("rejected_packet"), "{text}");
    }
    // Refusals of one sender at one gate are one row.
    let page = report::html(&collected);
    assert!(page.contains("1000 of 1500 rejected_packet (low)") && page.matches("data-kind=\"rejected_packet\"").count() == 1, "{page}");
    let coloured = report::text(&collected, true, 60);
    assert!(coloured.contains("\u{1b}[33m"));
    assert!(report::text(&Collected::default(), false, 80).contains("Nothing was found."));
}

#[test]
fn a_page_ends_with_its_rows_before_it_is_too_large() {
    let mut log = Log::default();
    for kind in 0..20 {
        let more = format!("\"packet_id\": \"{}\", {SENDER}", "\\u202e".repeat(80));
        (0..300).for_each(|_| {
            log.tell(&format!("kind_{kind}"), &more);
        });
    }
    let rule = |kind: usize| {
        format!(
            "{{\"type\": \"kind_{kind}\", \"severity\": \"high\", \"event_type\": \"kind_{kind}\", \"sentence\": \"{{packet_id}} {{packet_id}}.\"}}"
        )
    };
    let rules = format!("[{}]", (0..20).map(rule).collect::<Vec<_>>().join(","));
    let options = Options { rules: Rule::parse(rules.as_bytes()).unwrap(), ..Options::default() };
    let (mut sentinel, mut collected) = (Sentinel::new(options), Collected::default());
    sentinel.ingest(log.text().as_bytes(), &mut |finding| collected.push(finding));
    sentinel.finish(&mut |finding| collected.push(finding));
    collected.summary = Some(sentinel.summary());
    let page = report::html(&collected);
    assert!(page.len() < 2_000_000 && page.contains("of 300 kind_"), "{}", page.len());
}

#[test]
fn a_thousand_cheap_findings_hide_no_grave_one_of_their_kind() {
    let mut log = Log::default();
    log.accept("pk-1", "");
    (0..1200).for_each(|_| {
        log.refuse("pk-1", "replay_detected");
    });
    log.accept("pk-1", "");
    let twice = "The packet pk-1 was accepted twice";
    let (found, summary) = audited(log.text().as_bytes(), Options::default());
    assert!(found.iter().any(|finding| finding.severity == Severity::Critical && finding.sentence.contains(twice)));
    let counts = summary.to_value().member("findings").and_then(|kinds| kinds.member("replay_attempt").cloned());
    assert_eq!(counts, Some(Value::Int(1201_i64.into())));
    let collected = collected(&log.text());
    let text = report::text(&collected, false, 100);
    assert!(text.contains("CRITICAL    1 replay_attempt") && text.contains("MEDIUM   1200 replay_attempt"), "{text}");
    assert!(text.find("CRITICAL") < text.find("MEDIUM"));
    assert!(report::html(&collected).contains(twice));
}

#[test]
fn files_are_one_log_whose_lines_are_named_by_their_files() {
    let mut log = Log::default();
    log.accept("pk-1", "");
    log.accept("pk-1", "");
    let (mut sentinel, mut collected) = (Sentinel::new(Options::default()), Collected::default());
    for (name, line) in ["a.jsonl", "b\u{1b}.jsonl"].into_iter().zip(&log.lines) {
        sentinel.enter(name);
        // The last line was never finished, and ends with its file.
        sentinel.ingest(line.as_bytes(), &mut |finding| collected.push(finding));
    }
    sentinel.finish(&mut |finding| collected.push(finding));
    (collected.summary, collected.sources) = (Some(sentinel.summary()), sentinel.sources().clone());
    assert_eq!(collected.findings[0].lines, [1, 2]);
    let places = json::write(collected.findings[0].to_value_in(sentinel.sources()).member("places").unwrap(), json::Style::ARRIVAL);
    assert_eq!(places, "[\"a.jsonl:1\",\"b\\u001b.jsonl:1\"]");
    for shown in [report::text(&collected, false, 80), report::html(&collected)] {
        assert!(shown.contains("a.jsonl:1, b\\u{1b}.jsonl:1") && !shown.contains('\u{1b}'), "{shown}");
    }
}
