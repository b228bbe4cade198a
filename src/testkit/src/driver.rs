//! A gate run to its end over the answers of a host.

use std::ops::{ControlFlow, DerefMut};
use trusthandoff::decision::Decision;

use trusthandoff::gate::{self, Answer, Ask, Gate, Question, Standing, Step, Verification};
use trusthandoff::registry::AgentRecord;
use trusthandoff::time::Timestamp;

use crate::cast::{at, planner};

/// More questions than a gate asks of any text: twice of each of 64 packets, 16 issuers and 64 reviewers, and some dozens.
pub const MAX_QUESTIONS: usize = 400;

/// What a text is handed to a gate for.
#[derive(Debug, Clone, Default)]
pub enum Purpose {
    /// To be let through, once.
    #[default]
    Handle,
    /// The same, to be executed under control.
    Execute,
    /// It was accepted before.
    Revalidate,
    /// It was accepted before, and this action is about to be taken.
    Use(String),
}

/// What a text is handed over with.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// What for.
    pub purpose: Purpose,
    /// Signed approvals that came beside the envelope.
    pub approvals: Vec<String>,
    /// Whether the host waits for people.
    pub on_review: bool,
    /// Whether the host asks for a policy for this run.
    pub policy: bool,
}

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
pub fn run(gate: &mut Gate, text: &[u8], request: Request, now: Timestamp, host: impl FnMut(&Ask) -> (Answer, Timestamp)) -> End {
    measured(gate, text, request, now, host).0
}

/// The same, with the units of work that it took.
///
/// # Panics
/// Where the gate asks without end.
pub fn measured(
    gate: &mut Gate,
    text: &[u8],
    request: Request,
    now: Timestamp,
    mut host: impl FnMut(&Ask) -> (Answer, Timestamp),
) -> (End, u64) {
    let Request { purpose, approvals, on_review, policy } = request;
    let admit = |execute| gate::Request { execute, approvals, on_review, policy };
    let begun = match purpose {
        Purpose::Handle => Ok(gate.begin_with(text, now, admit(false))),
        Purpose::Execute => Ok(gate.begin_with(text, now, admit(true))),
        Purpose::Revalidate => Err(gate.recheck(text, now)),
        Purpose::Use(action) => Err(gate.recheck_use(text, now, action)),
    };
    match begun {
        Ok(mut run) => {
            let end = to_end(&mut run, &mut host, |run| match gate.advance(run) {
                Step::Ask(ask) => ControlFlow::Continue(ask),
                Step::Done(decision) => ControlFlow::Break(End::Decided(decision)),
            });
            (end, run.work())
        }
        Err(mut recheck) => {
            let end = to_end(&mut recheck, &mut host, |recheck| match gate.advance_recheck(recheck) {
                Standing::Ask(ask) => ControlFlow::Continue(ask),
                Standing::Refused(decision) => ControlFlow::Break(End::Decided(decision)),
                Standing::Valid(until) => ControlFlow::Break(End::Valid(until)),
            });
            (end, recheck.work())
        }
    }
}

fn to_end<R: DerefMut<Target = Verification>>(
    run: &mut R,
    host: &mut impl FnMut(&Ask) -> (Answer, Timestamp),
    mut advance: impl FnMut(&mut R) -> ControlFlow<End, Ask>,
) -> End {
    for _ in 0..MAX_QUESTIONS {
        match advance(run) {
            ControlFlow::Break(end) => return end,
            ControlFlow::Continue(ask) => {
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
