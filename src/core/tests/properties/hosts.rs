//! No order, error or delay of a host's answers turns a refusal into an acceptance.

use proptest::collection::vec;
use proptest::prelude::*;
use trusthandoff::crypto::SecretKey;
use trusthandoff::gate::{Answer, Failure, Question, Step};
use trusthandoff::registry::AgentRecord;

use super::support::{REVIEWED, at, envelope, gate_with_every_host, planner, right};

/// One thing a host does: an answer to the open question or another one, at some time.
#[derive(Debug, Clone)]
struct Act {
    /// Added to the open question's number; mostly none.
    astray: u32,
    answer: Reply,
    seconds: i64,
}

#[derive(Debug, Clone)]
enum Reply {
    Right,
    Given(Answer),
}

fn reply() -> impl Strategy<Value = Reply> {
    let other = AgentRecord::of_key(SecretKey::from_seed(&[8; 32]).public_key());
    let revoked = AgentRecord { revoked_at: Some(at(-1)), ..AgentRecord::of_key(planner().public_key()) };
    let given = prop_oneof![
        Just(Answer::Flag(true)),
        Just(Answer::Flag(false)),
        Just(Answer::Other),
        Just(Answer::Agent(None)),
        Just(Answer::Agent(Some(other))),
        Just(Answer::Agent(Some(revoked))),
        Just(Answer::Agent(Some(AgentRecord::default()))),
        Just(Answer::Failed(Failure::Error)),
        Just(Answer::Failed(Failure::Timeout)),
        Just(Answer::Failed(Failure::Full)),
    ];
    prop_oneof![6 => Just(Reply::Right), 1 => given.prop_map(Reply::Given)]
}

fn act() -> impl Strategy<Value = Act> {
    (
        prop_oneof![3 => Just(0_u32), 1 => 1..4_u32, 1 => (u32::MAX - 3)..=u32::MAX],
        reply(),
        prop_oneof![6 => -60..100_i64, 1 => 100..2000_i64],
    )
        .prop_map(|(astray, answer, seconds)| Act { astray, answer, seconds })
}

/// Whether this answer lets a genuine packet pass this question.
fn lets_pass(question: &Question, answer: &Answer) -> bool {
    *answer == right(question)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) })]

    #[test]
    fn a_packet_is_accepted_only_where_the_first_answer_to_every_question_was_right(acts in vec(act(), 0..16), tampered in any::<bool>()) {
        let text = envelope(REVIEWED);
        let text = if tampered { text.replace("\"intent\": \"x\"", "\"intent\": \"y\"") } else { text };
        let mut gate = gate_with_every_host();
        let mut run = gate.begin(text.as_bytes(), at(0));
        let mut acts = acts.into_iter();
        let (mut all_right, mut now, mut answered) = (true, 0, Vec::new());
        let outcome = loop {
            match gate.advance(&mut run) {
                Step::Done(decision) => break Some(decision),
                Step::Ask(ask) => {
                    let Some(act) = acts.next() else { break None };
                    let answer = match act.answer {
                        Reply::Right => right(&ask.question),
                        Reply::Given(answer) => answer,
                    };
                    let id = ask.id.wrapping_add(act.astray);
                    // Twice: only the first can count.
                    run.resume(id, answer.clone(), at(act.seconds));
                    run.resume(id, right(&ask.question), at(0));
                    if id == ask.id {
                        all_right &= lets_pass(&ask.question, &answer);
                        now = now.max(act.seconds);
                        answered.push(ask.question);
                    }
                }
            }
        };
        match outcome {
            None => {}
            Some(decision) if decision.as_str() == "ACCEPT" => {
                prop_assert!(all_right && !tampered && now < 900, "{answered:?} at {now}");
                prop_assert_eq!(answered.len(), 7);
            }
            Some(decision) => {
                prop_assert!(!all_right || tampered || now >= 900, "{:?}", decision.reason());
                // And nothing afterwards changes it.
                for id in 0..8 {
                    run.resume(id, Answer::Flag(true), at(0));
                }
                let still_refused = matches!(gate.advance(&mut run), Step::Done(again) if again.as_str() == "REJECT");
                prop_assert!(still_refused);
            }
        }
    }

    /// Runs of one gate do not see each other's answers.
    #[test]
    fn answers_to_one_run_decide_no_other(order in vec(0..3_usize, 15..40)) {
        let mut gate = gate_with_every_host();
        let texts = [envelope(REVIEWED), envelope(REVIEWED).replace("\"intent\": \"x\"", "\"intent\": \"y\""), envelope(&REVIEWED.replace("researcher", "writer"))];
        let mut runs: Vec<_> = texts.iter().map(|text| gate.begin(text.as_bytes(), at(0))).collect();
        let mut codes = ["waiting"; 3];
        for n in order.into_iter().chain((0..3).cycle().take(24)) {
            match gate.advance(&mut runs[n]) {
                Step::Ask(ask) => runs[n].resume(ask.id, right(&ask.question), at(0)),
                Step::Done(decision) if codes[n] == "waiting" => codes[n] = decision.reason().map_or("ACCEPT", |reason| reason.code.as_str()),
                Step::Done(again) => prop_assert_eq!(again.as_str(), "REJECT", "the end is given once"),
            }
        }
        prop_assert_eq!(codes, ["ACCEPT", "invalid_signature", "wrong_audience"]);
    }
}
