//! A gate run to its end over the answers of a host.

use trusthandoff::decision::Decision;
use trusthandoff::gate::{Answer, Ask, Gate, Question, Request, Step};
use trusthandoff::registry::AgentRecord;
use trusthandoff::time::Timestamp;

use crate::cast::{at, planner};

/// More questions than a gate asks of any text: twice of each of 64 packets, 16 issuers and 64 reviewers, and some dozens.
pub const MAX_QUESTIONS: usize = 400;

/// How a run ended.
#[derive(Debug)]
pub enum End {
    /// Decided.
    Decided(Box<Decision>),
    /// What was accepted before is good until then.
    Valid(Timestamp),
}

impl End {
    /// The code of the refusal, if it is one.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Decided(decision) => code(decision),
            Self::Valid(_) => None,
        }
    }

    /// The decision.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn decision(self) -> Box<Decision> {
        match self {
            Self::Decided(decision) => decision,
            Self::Valid(_) => panic!("nothing was accepted before"),
        }
    }
}

/// Runs a text through a gate; `host` answers each question and says what time it is then.
///
/// # Panics
/// Where the gate asks without end.
pub fn run(gate: &mut Gate, text: &[u8], request: Request, now: Timestamp, mut host: impl FnMut(&Ask) -> (Answer, Timestamp)) -> End {
    let mut run = gate.begin_with(text, now, request);
    for _ in 0..MAX_QUESTIONS {
        match gate.advance(&mut run) {
            Step::Done(decision) => return End::Decided(decision),
            Step::Valid(until) => return End::Valid(until),
            Step::Ask(ask) => {
                let (answer, now) = host(&ask);
                run.resume(ask.id, answer, now);
            }
        }
    }
    panic!("a gate asks a bounded number of questions");
}

/// Runs a text through a gate that is to let it through, from the time at which the cast signs.
pub fn drive(gate: &mut Gate, text: &[u8], host: impl FnMut(&Ask) -> (Answer, Timestamp)) -> Box<Decision> {
    run(gate, text, Request::default(), at(0), host).decision()
}

/// What a host in order answers of a packet of the planner.
#[must_use]
pub fn right(question: &Question) -> Answer {
    match question {
        Question::Agent { .. } => Answer::Agent(Some(AgentRecord::of_key(planner().public_key()))),
        Question::Revocation { .. } => Answer::Flag(false),
        _ => Answer::Flag(true),
    }
}

/// What a question is about.
#[must_use]
pub fn name(question: &Question) -> &'static str {
    match question {
        Question::Agent { .. } => "agent",
        Question::Revocation { .. } => "revocation",
        Question::Approval { .. } => "approval",
        Question::Review { .. } => "review",
        Question::Overlap { .. } => "overlap",
        Question::Boundary { .. } => "boundary",
        Question::Counters { .. } => "counters",
        Question::Policy => "policy",
        Question::Nonce { .. } => "nonce",
        _ => "another",
    }
}

/// The code of a refusal.
#[must_use]
pub fn code(decision: &Decision) -> Option<&'static str> {
    decision.reason().map(|reason| reason.code.as_str())
}
