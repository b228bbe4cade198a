//! The verification machine: the only place that puts the rules in order and asks the host.
//!
//! It does no I/O. [`Gate::advance`] returns what it needs to know ([`Step::Ask`]) and is resumed
//! with the answer, so that a map, a Redis round trip and a test that injects faults all drive the
//! same machine. An answer of the wrong kind, a failure or none in time ends in REJECT.

mod ask;
mod authority;
mod case;
mod config;
mod local;
mod review;
mod reviews;
mod revocation;
mod run;
mod settle;

pub use ask::{Answer, Ask, Counter, Failure, Question};
pub use config::{Config, ConfigError, Hooks, ReviewPolicy};
use run::{Phase, Purpose, Stage};
pub use run::{Recheck, Run, Verification};

use crate::checks;
use crate::crypto::{KeyTables, PublicKey};
use crate::decision::{Check, Code, Decision, Reason};
use crate::registry::AgentRecord;
use crate::time::Timestamp;
use case::Case;

/// What [`Gate::advance`] came to.
#[derive(Debug, Clone)]
pub enum Step {
    /// The host must answer through [`Verification::resume`].
    Ask(Ask),
    /// The decision.
    Done(Box<Decision>),
}

/// What [`Gate::advance_recheck`] came to.
#[derive(Debug, Clone)]
pub enum Standing {
    /// The host must answer through [`Verification::resume`].
    Ask(Ask),
    /// What was accepted before is not good any more, or not for this use: a REJECT.
    Refused(Box<Decision>),
    /// It is still good, until this moment at the latest.
    Valid(Timestamp),
}

/// What a run is begun with beside the text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// Whether the task is executed under control: constraints that nobody enforces are refused.
    pub execute: bool,
    /// Signed approvals that came beside the envelope.
    pub approvals: Vec<String>,
    /// Whether the host waits for people: [`Question::Review`].
    pub on_review: bool,
    /// Whether the host asks for a policy for this run even if the gate has none.
    pub policy: bool,
}

/// A gate: its configuration, and the key tables it has built. One gate serves any number of runs.
///
/// ```
/// use trusthandoff::gate::{Answer, Config, Gate, Question, Step};
/// use trusthandoff::time::Timestamp;
///
/// let mut gate = Gate::new(Config::new("agent:researcher"))?;
/// let now = Timestamp::parse("2026-03-08T12:00:00Z")?;
/// let mut run = gate.begin(b"not an envelope", now);
/// let decision = loop {
///     match gate.advance(&mut run) {
///         Step::Ask(ask) => {
///             let answer = match ask.question {
///                 Question::Nonce { .. } => Answer::Flag(true), // taken in the host's store
///                 _ => Answer::Agent(None),
///             };
///             run.resume(ask.id, answer, now);
///         }
///         Step::Done(decision) => break decision,
///     }
/// };
/// assert_eq!(decision.as_str(), "REJECT");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Gate {
    config: Config,
    keys: KeyTables,
}

/// How a stage ended: the next one, or a question first.
enum Flow {
    Next(Stage),
    Ask(Question, Stage),
    Accept(Box<Case>),
    Valid(Box<Case>),
}

/// What a verification came to.
enum Outcome {
    Ask(Ask),
    Accept(Box<Case>),
    Valid(Box<Case>),
    Refused(Refusal),
}

/// A refusal and the rule it comes from.
struct Refusal(Check, Reason);

type Stepped = Result<Flow, Refusal>;

impl Gate {
    /// A gate with this configuration.
    ///
    /// # Errors
    /// [`ConfigError`] for a value outside its range; there is no default that is open.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self { config, keys: KeyTables::new(crate::limits::MAX_KEY_TABLES) })
    }

    /// Begins with the text as it was received, at the host's present, to let it through once.
    #[must_use]
    pub fn begin(&self, text: impl Into<Vec<u8>>, now: Timestamp) -> Run {
        self.begin_with(text, now, Request::default())
    }

    /// As [`Gate::begin`], with what came beside the text and what the host offers.
    #[must_use]
    pub fn begin_with(&self, text: impl Into<Vec<u8>>, now: Timestamp, request: Request) -> Run {
        Run(Verification::new(text.into(), now, Purpose::Admit, request))
    }

    /// Asks whether a text that was accepted before is still good. No approval and no policy is asked for, and no nonce taken.
    ///
    /// ```
    /// use trusthandoff::gate::{Answer, Config, Gate, Standing};
    /// use trusthandoff::time::Timestamp;
    ///
    /// let mut gate = Gate::new(Config::new("agent:researcher"))?;
    /// let now = Timestamp::parse("2026-03-08T12:00:00Z")?;
    /// let mut recheck = gate.recheck(b"not an envelope", now);
    /// let valid_until = loop {
    ///     match gate.advance_recheck(&mut recheck) {
    ///         Standing::Ask(ask) => recheck.resume(ask.id, Answer::Agent(None), now),
    ///         Standing::Refused(_) => break None,
    ///         Standing::Valid(until) => break Some(until),
    ///     }
    /// };
    /// assert_eq!(valid_until, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn recheck(&self, text: impl Into<Vec<u8>>, now: Timestamp) -> Recheck {
        Recheck(Verification::new(text.into(), now, Purpose::Recheck, Request::default()))
    }

    /// The same, where this action (`verb`, or `verb:resource`) is about to be taken: also whether it is permitted and a tool call is
    /// left, which is then counted.
    #[must_use]
    pub fn recheck_use(&self, text: impl Into<Vec<u8>>, now: Timestamp, action: String) -> Recheck {
        Recheck(Verification::new(text.into(), now, Purpose::Use(action), Request::default()))
    }

    /// Goes on until the host must answer or the end stands. Asks the same again until [`Verification::resume`] has answered it. The end
    /// is given once: a run that is asked to go on behind it is refused with `internal_error`.
    pub fn advance(&mut self, run: &mut Run) -> Step {
        let run = &mut run.0;
        match self.proceed(run) {
            Outcome::Ask(ask) => Step::Ask(ask),
            Outcome::Accept(case) => {
                let until = case.valid_until(self.config.limits).unwrap_or(run.now);
                Step::Done(Box::new(Decision::accept(case.accepted(until), core::mem::take(&mut run.trail))))
            }
            Outcome::Valid(_) => Step::Done(run.refused(Refusal(Check::Replay, Reason::plain(Code::InternalError)))),
            Outcome::Refused(refusal) => Step::Done(run.refused(refusal)),
        }
    }

    /// As [`Gate::advance`].
    pub fn advance_recheck(&mut self, recheck: &mut Recheck) -> Standing {
        let run = &mut recheck.0;
        match self.proceed(run) {
            Outcome::Ask(ask) => Standing::Ask(ask),
            Outcome::Valid(case) => Standing::Valid(case.valid_until(self.config.limits).unwrap_or(run.now)),
            Outcome::Accept(_) => Standing::Refused(run.refused(Refusal(Check::Replay, Reason::plain(Code::InternalError)))),
            Outcome::Refused(refusal) => Standing::Refused(run.refused(refusal)),
        }
    }

    fn proceed(&mut self, run: &mut Verification) -> Outcome {
        loop {
            if let (Some(ask), None) = (&run.pending, &run.answer) {
                return Outcome::Ask(ask.clone());
            }
            run.answered = run.pending.take().map(|ask| ask.question);
            let stage = core::mem::replace(&mut run.stage, Stage::Ended);
            let stepped = if matches!(run.answer, Some(Answer::Failed(Failure::Busy))) {
                // What was not asked would have been for another rule each time; who waits is known by then, or not.
                let check = if run.proven_key().is_some() { Check::Replay } else { Check::Identity };
                Err(Refusal(check, Reason::plain(Code::GateBusy)))
            } else {
                self.step(run, stage)
            };
            match stepped {
                Ok(Flow::Next(stage)) => run.stage = stage,
                Ok(Flow::Ask(question, stage)) => {
                    run.stage = stage;
                    run.asked = run.asked.saturating_add(1);
                    run.pending = Some(Ask { id: run.asked, question });
                }
                Ok(Flow::Accept(case)) => return Outcome::Accept(case),
                Ok(Flow::Valid(case)) => return Outcome::Valid(case),
                Err(refusal) => return Outcome::Refused(refusal),
            }
        }
    }

    fn step(&mut self, run: &mut Verification, stage: Stage) -> Stepped {
        match stage {
            Stage::Read(text) => self.read(run, &text),
            Stage::Sender(envelope) => self.sender(run, envelope),
            Stage::Verify(envelope) => self.verify(run, *envelope),
            Stage::Ancestors(case) => self.ancestors(run, case),
            Stage::Capabilities(case) => self.capabilities(run, case),
            Stage::Issuers(case) => self.issuers(run, case),
            Stage::Overlap(case) => self.overlap(run, case),
            Stage::Counters(case) => self.counters(run, case),
            Stage::Revocation(case, scope) => self.revocation(run, case, scope),
            Stage::Boundary(case) => self.boundary(run, case),
            Stage::Reviewers(case) => self.reviewers(run, case),
            Stage::Approval(case) => self.approval(run, case),
            Stage::Wait(case) => self.wait(run, case),
            Stage::Policy(case) => self.policy(run, case),
            Stage::Again(case) => self.again(run, case),
            Stage::Replay(case) => self.replay(run, case),
            Stage::Ended => Err(Refusal(Check::Replay, Reason::plain(Code::InternalError))),
        }
    }

    /// The nonce has been asked for last, so nothing unauthorised can burn one (catalogue A01).
    fn replay(&mut self, run: &mut Verification, case: Box<Case>) -> Stepped {
        if run.phase != Phase::Taken {
            nonce_taken(run.answer.take())?;
            run.phase = Phase::Taken;
            if self.config.hooks.revocations_at_hand {
                return self.ask_revocation(run, case);
            }
        }
        self.still_valid(run, &case)?;
        run.pass(Check::Replay, "taken");
        Ok(Flow::Accept(case))
    }

    /// The first of these agents whose record the host has not stated, after taking in what it has
    /// just answered. Where ids certify themselves, nobody is asked for.
    fn unknown_agent<'a>(
        &self,
        run: &mut Verification,
        check: Check,
        agents: impl Iterator<Item = &'a str>,
    ) -> Result<Option<Question>, Refusal> {
        if let Some(Question::Agent { agent_id }) = run.answered.take() {
            let record = agent_answer(run.answer.take()).map_err(|reason| Refusal(check, reason))?;
            run.know(agent_id, record);
        }
        if self.config.self_certifying {
            return Ok(None);
        }
        let mut agents = agents;
        let unknown = agents.find(|agent| !run.records.iter().any(|(known, _)| known == agent));
        Ok(unknown.map(|agent| Question::Agent { agent_id: agent.to_owned() }))
    }

    /// The key speaks for the agent now.
    fn bound(&self, run: &Verification, agent: &str, key: &PublicKey) -> Result<(), Reason> {
        if self.config.self_certifying {
            return checks::self_certified(agent, key);
        }
        checks::identity(agent, key, run.record(agent), run.now)
    }

    /// The key speaks for the agent, who is not revoked.
    fn trusted(&self, run: &Verification, agent: &str, key: &PublicKey) -> Result<(), Reason> {
        self.bound(run, agent, key)?;
        run.record(agent).map_or(Ok(()), |record| checks::not_revoked(agent, record, run.now))
    }
}

fn agent_answer(answer: Option<Answer>) -> Result<Option<AgentRecord>, Reason> {
    match answer {
        Some(Answer::Agent(record)) => Ok(record),
        Some(Answer::Failed(_)) | None => Err(Reason::plain(Code::RegistryUnavailable)),
        Some(_) => Err(Reason::plain(Code::RegistryInvalidReply)),
    }
}

/// The store took the nonce for this very run.
fn nonce_taken(answer: Option<Answer>) -> Result<(), Refusal> {
    let refuse = |code| Refusal(Check::Replay, Reason::plain(code));
    match answer {
        Some(Answer::Flag(true)) => Ok(()),
        Some(Answer::Flag(false)) => Err(refuse(Code::ReplayDetected)),
        Some(Answer::Failed(Failure::Late)) => {
            let message = "nonce_answer_was_late: the store took it at an earlier try, and its answer came too late; sign a new packet";
            Err(Refusal(Check::Replay, Reason::new(Code::ReplayDetected, message)))
        }
        Some(Answer::Failed(Failure::Full)) => Err(refuse(Code::ReplayStoreFull)),
        Some(Answer::Failed(_)) | None => Err(refuse(Code::ReplayStoreUnavailable)),
        Some(_) => Err(refuse(Code::ReplayStoreInvalidReply)),
    }
}
