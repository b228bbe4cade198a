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
mod revocation;
mod settle;

pub use ask::{Answer, Ask, Counter, Failure, Question};
pub use config::{Config, ConfigError, Hooks, ReviewPolicy};

use crate::chain::Envelope;
use crate::checks;
use crate::crypto::{KeyTables, PublicKey};
use crate::decision::{Check, Code, Decision, Finding, Notice, Reason, Trail, one_line};
use crate::registry::{AgentRecord, AgentRegistry};
use crate::time::Timestamp;
use crate::work::Work;
use case::Case;
use review::Reviews;
use revocation::RevocationScope;

/// What [`Gate::advance`] came to.
#[derive(Debug, Clone)]
pub enum Step {
    /// The host must answer through [`Run::resume`].
    Ask(Ask),
    /// The decision. Of a [`Purpose::Revalidate`] or [`Purpose::Use`] always a REJECT.
    Done(Box<Decision>),
    /// What was accepted before is still good, until this moment at the latest. Only of a
    /// [`Purpose::Revalidate`] or [`Purpose::Use`].
    Valid(Timestamp),
}

/// What a text is looked at for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Purpose {
    /// To let it through, once.
    #[default]
    Handle,
    /// The same, to be executed under control: constraints that nobody enforces are refused.
    Execute,
    /// It was accepted before: is it still good? Asks for no approval and no policy and takes no nonce.
    Revalidate,
    /// It was accepted before, and this action (`verb`, or `verb:resource`) is about to be taken: is it
    /// permitted, is a tool call left, which is then counted, and is everything still good?
    Use(String),
}

/// What a run is begun with beside the text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// What for.
    pub purpose: Purpose,
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
///         Step::Valid(_) => continue, // only of what was accepted before
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

/// One verification under way.
#[derive(Debug)]
pub struct Run {
    now: Timestamp,
    request: Request,
    stage: Stage,
    pending: Option<Ask>,
    answer: Option<Answer>,
    /// The question that `answer` answers.
    answered: Option<Question>,
    asked: u32,
    trail: Trail,
    /// What the decision may still cost: of the text, of the action asked for, of what the host hands over.
    work: Work,
    /// What the host said of each agent it was asked for.
    /// A few agents: searched one by one, as a second kind of map would be 2 kB of code.
    records: Vec<(String, Option<AgentRecord>)>,
    reviews: Reviews,
    /// Whether a host has been asked since the records were read, and may have taken its time.
    consulted: bool,
    phase: Phase,
}

/// Which time it is that the host is asked for what may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    First,
    /// Hosts took their time, and the nonce has not been asked for.
    Again,
    /// The nonce is taken.
    Taken,
}

/// What a stage needs, it owns; so nothing can be skipped.
#[derive(Debug)]
enum Stage {
    Read(Vec<u8>),
    Sender(Box<Envelope>),
    Verify(Box<Envelope>),
    Ancestors(Box<Case>),
    Capabilities(Box<Case>),
    Issuers(Box<Case>),
    Overlap(Box<Case>),
    Counters(Box<Case>),
    Revocation(Box<Case>, RevocationScope),
    Boundary(Box<Case>),
    Reviewers(Box<Case>),
    Approval(Box<Case>),
    Wait(Box<Case>),
    Policy(Box<Case>),
    Again(Box<Case>),
    Replay(Box<Case>),
    Ended,
}

/// How a stage ended: the next one, or a question first.
enum Flow {
    Next(Stage),
    Ask(Question, Stage),
    Accept(Box<Case>),
    Valid(Box<Case>),
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

    /// Begins with the text as it was received, at the host's present.
    #[must_use]
    pub fn begin_with(&self, text: impl Into<Vec<u8>>, now: Timestamp, request: Request) -> Run {
        let mut text: Vec<u8> = text.into();
        // One byte more than is read is enough to refuse by size.
        text.truncate(crate::limits::MAX_INPUT_BYTES + 1);
        let mut work = Work::of(text.len());
        if let Purpose::Use(action) = &request.purpose {
            work.allow(action.len().min(crate::limits::MAX_REQUEST_BYTES));
        }
        Run {
            now,
            work,
            request,
            stage: Stage::Read(text),
            pending: None,
            answer: None,
            answered: None,
            asked: 0,
            trail: Trail { findings: Vec::with_capacity(20), ..Trail::default() },
            records: Vec::new(),
            reviews: Reviews::default(),
            consulted: false,
            phase: Phase::First,
        }
    }

    /// Goes on until the host must answer or the end stands. Asks the same again until [`Run::resume`] has answered it. The end is given
    /// once: a run that is asked to go on behind it is refused with `internal_error`.
    pub fn advance(&mut self, run: &mut Run) -> Step {
        loop {
            if let (Some(ask), None) = (&run.pending, &run.answer) {
                return Step::Ask(ask.clone());
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
                Ok(Flow::Valid(case)) => return Step::Valid(case.valid_until(self.config.limits).unwrap_or(run.now)),
                Ok(Flow::Accept(case)) => {
                    let until = case.valid_until(self.config.limits).unwrap_or(run.now);
                    return Step::Done(Box::new(Decision::accept(case.accepted(until), core::mem::take(&mut run.trail))));
                }
                Err(Refusal(check, reason)) => {
                    run.trail.findings.push(Finding { check, detail: reason.message.clone(), refusal: Some(reason.clone()) });
                    return Step::Done(Box::new(Decision::reject(reason, core::mem::take(&mut run.trail))));
                }
            }
        }
    }

    fn step(&mut self, run: &mut Run, stage: Stage) -> Stepped {
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
    fn replay(&mut self, run: &mut Run, case: Box<Case>) -> Stepped {
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
    fn unknown_agent<'a>(&self, run: &mut Run, check: Check, agents: impl Iterator<Item = &'a str>) -> Result<Option<Question>, Refusal> {
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
    fn bound(&self, run: &Run, agent: &str, key: &PublicKey) -> Result<(), Reason> {
        if self.config.self_certifying {
            return checks::self_certified(agent, key);
        }
        checks::identity(agent, key, run.record(agent), run.now)
    }

    /// The key speaks for the agent, who is not revoked.
    fn trusted(&self, run: &Run, agent: &str, key: &PublicKey) -> Result<(), Reason> {
        self.bound(run, agent, key)?;
        run.record(agent).map_or(Ok(()), |record| checks::not_revoked(agent, record, run.now))
    }
}

impl Run {
    /// Answers the question `id`. An answer to any other question, or a second one, changes nothing
    /// (catalogue W10). `now` is the host's present, which may only go forward.
    pub fn resume(&mut self, id: u32, answer: Answer, now: Timestamp) {
        if self.pending.as_ref().is_some_and(|ask| ask.id == id) && self.answer.is_none() {
            self.answer = Some(answer);
            self.now = self.now.max(now);
        }
    }

    /// Puts what `registry` says now in the place of what it said when it was asked: for a registry at hand, so that nothing is
    /// missed that changed in it while another host was awaited.
    pub fn restate(&mut self, registry: &AgentRegistry) {
        for (agent, record) in &mut self.records {
            let current = registry.resolve(agent);
            if record.as_ref() != current {
                *record = current.cloned();
            }
        }
    }

    /// The answer that comes next was asked for before this run began: what may have changed since is asked again before the nonce.
    pub const fn ask_again(&mut self) {
        self.consulted = true;
    }

    /// The fingerprint of the sender's key, once the signature has been verified.
    #[must_use]
    pub fn proven_key(&self) -> Option<&str> {
        self.trail.claimed.as_ref().filter(|claimed| claimed.is_proven).map(|claimed| claimed.fingerprint.as_str())
    }

    /// The latest present the host has stated.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// How many units of work the decision has cost so far.
    #[must_use]
    pub const fn work(&self) -> u64 {
        self.work.done()
    }

    /// The open question, if there is one.
    #[must_use]
    pub fn question(&self) -> Option<&Question> {
        self.pending.as_ref().map(|ask| &ask.question)
    }

    /// The agent whose record has just been answered for.
    fn asked_agent(&self) -> Option<&str> {
        match &self.answered {
            Some(Question::Agent { agent_id }) => Some(agent_id),
            _ => None,
        }
    }

    fn know(&mut self, agent: String, record: Option<AgentRecord>) {
        self.records.retain(|(known, _)| *known != agent);
        self.records.push((agent, record));
    }

    /// Everybody is looked up again.
    fn forget_records(&mut self) {
        self.records.clear();
        self.reviews.forget_failures();
    }

    fn record(&self, agent: &str) -> Option<&AgentRecord> {
        self.records.iter().find(|(known, _)| known == agent).and_then(|(_, record)| record.as_ref())
    }

    fn pass(&mut self, check: Check, detail: &str) {
        self.trail.findings.push(Finding { check, refusal: None, detail: one_line(detail.to_owned()) });
    }

    fn notice(&mut self, notice: Notice) {
        if !self.trail.notices.contains(&notice) {
            self.trail.notices.push(notice);
        }
    }

    /// Reading is one step; every rule in it that comes before `end` has passed.
    fn pass_until(&mut self, end: Check) {
        const READING: [Check; 7] =
            [Check::Size, Check::Encoding, Check::Json, Check::Fields, Check::Algorithm, Check::PublicKey, Check::Ttl];
        let done = self.trail.findings.len();
        for check in READING.into_iter().skip(done).take_while(|check| *check < end) {
            self.pass(check, "");
        }
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
