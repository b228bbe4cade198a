//! A verification under way: what is known so far, and what was asked last.

use core::ops::{Deref, DerefMut};

use super::ask::{Answer, Ask, Question};
use super::case::Case;
use super::reviews::Reviews;
use super::revocation::RevocationScope;
use super::{Refusal, Request};
use crate::chain::Envelope;
use crate::decision::{Check, Decision, Finding, Notice, Trail, one_line};
use crate::packet::Packet;
use crate::registry::{AgentRecord, AgentRegistry};
use crate::time::Timestamp;
use crate::work::Work;

/// A text that asks to be let through, once: [`Gate::begin`](super::Gate::begin).
#[derive(Debug)]
pub struct Run(pub(super) Verification);

/// A text that was accepted before and is asked about again: [`Gate::recheck`](super::Gate::recheck).
#[derive(Debug)]
pub struct Recheck(pub(super) Verification);

impl Deref for Run {
    type Target = Verification;

    fn deref(&self) -> &Verification {
        &self.0
    }
}

impl DerefMut for Run {
    fn deref_mut(&mut self) -> &mut Verification {
        &mut self.0
    }
}

impl Deref for Recheck {
    type Target = Verification;

    fn deref(&self) -> &Verification {
        &self.0
    }
}

impl DerefMut for Recheck {
    fn deref_mut(&mut self) -> &mut Verification {
        &mut self.0
    }
}

/// A verification under way: what [`Run`] and [`Recheck`] have in common.
#[derive(Debug)]
pub struct Verification {
    pub(super) now: Timestamp,
    pub(super) purpose: Purpose,
    pub(super) request: Request,
    pub(super) stage: Stage,
    pub(super) pending: Option<Ask>,
    pub(super) answer: Option<Answer>,
    /// The question that `answer` answers.
    pub(super) answered: Option<Question>,
    pub(super) asked: u32,
    pub(super) trail: Trail,
    /// What the decision may still cost: of the text, of the action asked for, of what the host hands over.
    pub(super) work: Work,
    /// What the host said of each agent it was asked for.
    /// A few agents: searched one by one, as a second kind of map would be 2 kB of code.
    pub(super) records: Vec<(String, Option<AgentRecord>)>,
    pub(super) reviews: Reviews,
    /// Whether a host has been asked since the records were read, and may have taken its time.
    pub(super) consulted: bool,
    pub(super) phase: Phase,
}

/// Which time it is that the host is asked for what may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    First,
    /// Hosts took their time, and the nonce has not been asked for.
    Again,
    /// The nonce is taken.
    Taken,
}

/// What a stage needs, it owns; so nothing can be skipped.
#[derive(Debug)]
pub(super) enum Stage {
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

impl Stage {
    fn case(&self) -> Option<&Case> {
        match self {
            Self::Ancestors(case)
            | Self::Capabilities(case)
            | Self::Issuers(case)
            | Self::Overlap(case)
            | Self::Counters(case)
            | Self::Revocation(case, _)
            | Self::Boundary(case)
            | Self::Reviewers(case)
            | Self::Approval(case)
            | Self::Wait(case)
            | Self::Policy(case)
            | Self::Again(case)
            | Self::Replay(case) => Some(case),
            Self::Read(_) | Self::Sender(_) | Self::Verify(_) | Self::Ended => None,
        }
    }
}

/// What a text is looked at for.
#[derive(Debug)]
pub(super) enum Purpose {
    Admit,
    Recheck,
    Use(String),
}

impl Verification {
    pub(super) fn new(mut text: Vec<u8>, now: Timestamp, purpose: Purpose, request: Request) -> Self {
        // One byte more than is read is enough to refuse by size.
        text.truncate(crate::limits::MAX_INPUT_BYTES + 1);
        let mut work = Work::of(text.len());
        if let Purpose::Use(action) = &purpose {
            work.allow(action.len().min(crate::limits::MAX_REQUEST_BYTES));
        }
        Self {
            now,
            work,
            purpose,
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

    /// The packet, once its signature has been verified and until the end.
    #[must_use]
    pub fn packet(&self) -> Option<&Packet> {
        self.stage.case().map(|case| &case.packet)
    }

    /// What people approve of it, in lower-case hexadecimal; empty where nobody was looked for.
    #[must_use]
    pub fn review_digest(&self) -> &str {
        &self.reviews.digest
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
    pub(super) fn asked_agent(&self) -> Option<&str> {
        match &self.answered {
            Some(Question::Agent { agent_id }) => Some(agent_id),
            _ => None,
        }
    }

    pub(super) fn know(&mut self, agent: String, record: Option<AgentRecord>) {
        self.records.retain(|(known, _)| *known != agent);
        self.records.push((agent, record));
    }

    /// Everybody is looked up again.
    pub(super) fn forget_records(&mut self) {
        self.records.clear();
        self.reviews.forget_failures();
    }

    pub(super) fn record(&self, agent: &str) -> Option<&AgentRecord> {
        self.records.iter().find(|(known, _)| known == agent).and_then(|(_, record)| record.as_ref())
    }

    pub(super) fn pass(&mut self, check: Check, detail: &str) {
        self.trail.findings.push(Finding { check, refusal: None, detail: one_line(detail.to_owned()) });
    }

    pub(super) fn notice(&mut self, notice: Notice) {
        if !self.trail.notices.contains(&notice) {
            self.trail.notices.push(notice);
        }
    }

    /// Reading is one step; every rule in it that comes before `end` has passed.
    pub(super) fn pass_until(&mut self, end: Check) {
        const READING: [Check; 7] =
            [Check::Size, Check::Encoding, Check::Json, Check::Fields, Check::Algorithm, Check::PublicKey, Check::Ttl];
        let done = self.trail.findings.len();
        for check in READING.into_iter().skip(done).take_while(|check| *check < end) {
            self.pass(check, "");
        }
    }

    /// The decision that a refusal ends it with.
    pub(super) fn refused(&mut self, Refusal(check, reason): Refusal) -> Box<Decision> {
        self.trail.findings.push(Finding { check, detail: reason.message.clone(), refusal: Some(reason.clone()) });
        Box::new(Decision::reject(reason, core::mem::take(&mut self.trail)))
    }
}
