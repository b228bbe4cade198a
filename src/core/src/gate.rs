//! The verification machine: the only place that puts the rules in order and asks the host.
//!
//! It does no I/O. [`Gate::advance`] returns what it needs to know ([`Step::Ask`]) and is resumed
//! with the answer, so that a map, a Redis round trip and a test that injects faults all drive the
//! same machine. An answer of the wrong kind, a failure or none in time ends in REJECT.

mod ask;
mod config;
mod revocation;

pub use ask::{Answer, Ask, Failure, Question};
pub use config::{Config, ConfigError, Hooks};

use revocation::{RevocationScope, revocation_keys};

use crate::capability::Capability;
use crate::chain::{self, DelegationChain, Envelope};
use crate::checks;
use crate::crypto::{KeyTables, sha256};
use crate::decision::{Check, Claimed, Code, Decision, Finding, Reason, one_line};
use crate::encoding::hex;
use crate::json;
use crate::packet::{self, Content, Packet, UnverifiedPacket};
use crate::registry::AgentRecord;
use crate::time::Timestamp;

/// What [`Gate::advance`] came to.
#[derive(Debug, Clone)]
pub enum Step {
    /// The host must answer through [`Run::resume`].
    Ask(Ask),
    /// The decision.
    Done(Box<Decision>),
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

/// One verification under way.
#[derive(Debug)]
pub struct Run {
    now: Timestamp,
    stage: Stage,
    pending: Option<Ask>,
    answer: Option<Answer>,
    asked: u32,
    findings: Vec<Finding>,
    claimed: Option<Claimed>,
    sender: Option<AgentRecord>,
    issuer: Option<AgentRecord>,
    /// Whether a host has been asked since the records were read, and may have taken its time.
    consulted: bool,
    /// Whether what may have changed meanwhile is being asked again.
    settling: bool,
    decided: Option<Box<Decision>>,
}

/// What a stage needs, it owns; so nothing can be skipped.
#[derive(Debug)]
enum Stage {
    Read(Vec<u8>),
    Sender(UnverifiedPacket, DelegationChain),
    Verify(UnverifiedPacket, DelegationChain),
    Issuer(Box<Proven>),
    Capability(Box<Proven>),
    Revocation(Box<Proven>, RevocationScope),
    Review(Box<Proven>),
    Policy(Box<Proven>),
    SenderAgain(Box<Proven>),
    IssuerAgain(Box<Proven>),
    Replay(Box<Proven>),
    Decided,
}

/// A packet whose local checks have passed, with the capability it carries.
#[derive(Debug)]
struct Proven {
    packet: Packet,
    capability: Option<Capability>,
}

/// How a stage ended: the next one, or a question first.
enum Flow {
    Next(Stage),
    Ask(Question, Stage),
    Accept(Box<Proven>),
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

    /// Begins with the text as it was received, at the host's present.
    #[must_use]
    pub fn begin(&self, text: &[u8], now: Timestamp) -> Run {
        Run {
            now,
            // One byte more than is read is enough to refuse by size.
            stage: Stage::Read(text.get(..crate::limits::MAX_INPUT_BYTES + 1).unwrap_or(text).to_vec()),
            pending: None,
            answer: None,
            asked: 0,
            findings: Vec::with_capacity(20),
            claimed: None,
            sender: None,
            issuer: None,
            consulted: false,
            settling: false,
            decided: None,
        }
    }

    /// Goes on until the host must answer or the decision stands. Asks the same again until
    /// [`Run::resume`] has answered it.
    pub fn advance(&mut self, run: &mut Run) -> Step {
        loop {
            if let Some(decision) = &run.decided {
                return Step::Done(decision.clone());
            }
            if let (Some(ask), None) = (&run.pending, &run.answer) {
                return Step::Ask(ask.clone());
            }
            run.pending = None;
            let stage = core::mem::replace(&mut run.stage, Stage::Decided);
            let decision = match self.step(run, stage) {
                Ok(Flow::Next(stage)) => {
                    run.stage = stage;
                    continue;
                }
                Ok(Flow::Ask(question, stage)) => {
                    run.stage = stage;
                    run.asked = run.asked.saturating_add(1);
                    run.pending = Some(Ask { id: run.asked, question });
                    continue;
                }
                Ok(Flow::Accept(proven)) => Decision::accept(proven.packet, core::mem::take(&mut run.findings), run.claimed.take()),
                Err(Refusal(check, reason)) => {
                    run.findings.push(Finding { check, detail: reason.message.clone(), refusal: Some(reason.clone()) });
                    Decision::reject(reason, core::mem::take(&mut run.findings), run.claimed.take())
                }
            };
            run.decided = Some(Box::new(decision));
        }
    }

    fn step(&mut self, run: &mut Run, stage: Stage) -> Stepped {
        match stage {
            Stage::Read(text) => self.read(run, &text),
            Stage::Sender(packet, chain) => sender(run, packet, chain),
            Stage::Verify(packet, chain) => self.verify(run, packet, &chain),
            Stage::Issuer(proven) => issuer(run, proven),
            Stage::Capability(proven) => self.capability(run, proven),
            Stage::Revocation(proven, scope) => self.revocation(run, proven, scope),
            Stage::Review(proven) => self.review(run, proven),
            Stage::Policy(proven) => self.policy(run, proven),
            Stage::SenderAgain(proven) => self.sender_again(run, proven),
            Stage::IssuerAgain(proven) => {
                judge_issuer(run, &proven)?;
                self.revocation_again(run, proven)
            }
            Stage::Replay(proven) => self.replay(run, proven),
            Stage::Decided => Err(Refusal(Check::Replay, Reason::plain(Code::InternalError))),
        }
    }

    fn read(&self, run: &mut Run, text: &[u8]) -> Stepped {
        let Envelope { packet, chain } = Envelope::parse(text, &self.keys).map_err(|error| {
            let check = parse_check(&error);
            run.pass_until(check);
            Refusal(check, error.into())
        })?;
        let content = packet.claimed();
        run.claimed = Some(Claimed {
            packet_id: content.packet_id.clone(),
            from_agent: content.from_agent.clone(),
            fingerprint: content.public_key.fingerprint(),
            form: None,
        });
        run.pass_until(Check::Fields);
        checks::fields(content).map_err(|reason| Refusal(Check::Fields, reason))?;
        run.pass_until(Check::Identity);
        if self.config.self_certifying {
            checks::self_certified(&content.from_agent, &content.public_key).map_err(|reason| Refusal(Check::Identity, reason))?;
            run.pass(Check::Identity, "the id is the hash of the key");
            return Ok(Flow::Next(Stage::Verify(packet, chain)));
        }
        let question = Question::Agent { agent_id: content.from_agent.clone() };
        Ok(Flow::Ask(question, Stage::Sender(packet, chain)))
    }

    fn verify(&mut self, run: &mut Run, packet: UnverifiedPacket, chain: &DelegationChain) -> Stepped {
        let refuse = |check| move |reason| Refusal(check, reason);
        checks::audience(&packet.claimed().to_agent, &self.config.audience).map_err(refuse(Check::Audience))?;
        run.pass(Check::Audience, &packet.claimed().to_agent);
        let packet = packet.verify(&mut self.keys).map_err(|error| Refusal(Check::Signature, error.into()))?;
        run.pass(Check::Signature, packet.form().as_str());
        if let Some(claimed) = &mut run.claimed {
            claimed.form = Some(packet.form());
        }
        let content = packet.content();
        let limits = self.config.limits;
        checks::time_window(content, limits, run.now).map_err(refuse(Check::Time))?;
        run.pass(Check::Time, "");
        checks::ttl_policy(content, limits, self.config.strict).map_err(refuse(Check::TtlPolicy))?;
        run.pass(Check::TtlPolicy, content.risk_level.map_or("", packet::RiskLevel::as_str));
        checks::chain(chain, content, self.config.max_depth, self.config.strict).map_err(refuse(Check::Chain))?;
        run.pass(Check::Chain, "");
        let capability = match content.capability_token.as_deref() {
            None => None,
            Some(token) => Some(checks::capability_token(token, &mut self.keys).map_err(refuse(Check::Capability))?),
        };
        let proven = Box::new(Proven { packet, capability });
        match &proven.capability {
            None => Ok(Flow::Next(Stage::Capability(proven))),
            Some(capability) if self.config.self_certifying => {
                let content = capability.content();
                checks::self_certified(&content.issuer_agent, &content.public_key).map_err(refuse(Check::Capability))?;
                Ok(Flow::Next(Stage::Capability(proven)))
            }
            Some(capability) => {
                let question = Question::Agent { agent_id: capability.content().issuer_agent.clone() };
                Ok(Flow::Ask(question, Stage::Issuer(proven)))
            }
        }
    }

    fn capability(&mut self, run: &mut Run, proven: Box<Proven>) -> Stepped {
        if let Some(capability) = &proven.capability {
            let refuse = |reason| Refusal(Check::Capability, reason);
            let packet = proven.packet.content();
            checks::capability_window(capability, self.config.limits, run.now).map_err(refuse)?;
            checks::capability_subject(capability, run.sender.as_ref(), packet, run.now).map_err(refuse)?;
            if capability.content().parent_capability_id.is_some() {
                return Err(refuse(Reason::plain(Code::ParentMissing)));
            }
            if run.issuer.is_none() {
                // Nobody is a root by its own word: without a registry no capability is trusted.
                checks::trusted_root(capability, &AgentRecord::default()).map_err(refuse)?;
            }
            checks::within_capability(packet, capability).map_err(refuse)?;
            run.pass(Check::Capability, &capability.content().capability_id);
        }
        checks::ai_provenance(proven.packet.content()).map_err(|reason| Refusal(Check::AiProvenance, reason))?;
        run.pass(Check::AiProvenance, if proven.packet.content().ai_provenance.is_some() { "made by an AI" } else { "none stated" });
        if !self.config.hooks.revocations {
            return Ok(Flow::Next(Stage::Review(proven)));
        }
        let keys = revocation_keys(&proven, RevocationScope::All);
        Ok(Flow::Ask(Question::Revocation { keys }, Stage::Revocation(proven, RevocationScope::All)))
    }

    /// One question in the good case. Only where something is revoked, further ones find out what.
    fn revocation(&mut self, run: &mut Run, proven: Box<Proven>, scope: RevocationScope) -> Stepped {
        let refuse = |code| Refusal(Check::Revocation, Reason::plain(code));
        // Only literal `false` is not revoked (catalogue F23).
        let revoked = match run.answer.take() {
            Some(Answer::Flag(revoked)) => revoked,
            _ => return Err(refuse(Code::RevocationUnavailable)),
        };
        run.consulted = true;
        let next = match (scope, revoked) {
            (RevocationScope::All, false) if run.settling => return self.ask_nonce(run, proven),
            (RevocationScope::All, false) => {
                run.pass(Check::Revocation, "");
                return Ok(Flow::Next(Stage::Review(proven)));
            }
            (RevocationScope::All, true) => RevocationScope::Agents,
            (RevocationScope::Agents, true) => return Err(refuse(Code::AgentRevoked)),
            (RevocationScope::Agents, false) if proven.capability.is_some() => RevocationScope::Capabilities,
            (RevocationScope::Capabilities, true) => return Err(refuse(Code::CapabilityRevoked)),
            (RevocationScope::Agents | RevocationScope::Capabilities, false) => return Err(refuse(Code::PacketRevoked)),
        };
        let keys = revocation_keys(&proven, next);
        Ok(Flow::Ask(Question::Revocation { keys }, Stage::Revocation(proven, next)))
    }

    fn review(&mut self, run: &mut Run, proven: Box<Proven>) -> Stepped {
        let refuse = |code| Refusal(Check::HumanReview, Reason::plain(code));
        if !proven.packet.content().requires_human_review() {
            return self.ask_policy(run, proven);
        }
        // Whatever the packet says of its own approval is the requester's word (catalogue D01).
        if !self.config.hooks.approvals {
            return Err(refuse(Code::HumanReviewRequired));
        }
        match run.answer.take() {
            None => {
                let question = Question::Approval {
                    review_digest: hex(&proven.packet.review_digest()),
                    packet_id: proven.packet.content().packet_id.clone(),
                };
                Ok(Flow::Ask(question, Stage::Review(proven)))
            }
            Some(Answer::Flag(true)) => {
                run.consulted = true;
                run.pass(Check::HumanReview, "approved");
                self.ask_policy(run, proven)
            }
            Some(Answer::Failed(_)) => Err(refuse(Code::ApprovalUnavailable)),
            Some(_) => Err(refuse(Code::HumanReviewRequired)),
        }
    }

    fn ask_policy(&self, run: &mut Run, proven: Box<Proven>) -> Stepped {
        if self.config.hooks.policy {
            return Ok(Flow::Ask(Question::Policy, Stage::Policy(proven)));
        }
        self.settle(run, proven)
    }

    fn policy(&mut self, run: &mut Run, proven: Box<Proven>) -> Stepped {
        let refuse = |code| Refusal(Check::Policy, Reason::plain(code));
        match run.answer.take() {
            Some(Answer::Flag(true)) => run.pass(Check::Policy, "allowed"),
            Some(Answer::Failed(_)) => return Err(refuse(Code::PolicyUnavailable)),
            _ => return Err(refuse(Code::PolicyDenied)),
        }
        run.consulted = true;
        self.settle(run, proven)
    }

    /// A host that was asked may have taken minutes, a person most of all. Whose key it is and whether
    /// anything is revoked is asked again before the nonce is.
    fn settle(&self, run: &mut Run, proven: Box<Proven>) -> Stepped {
        if !run.consulted {
            return self.ask_nonce(run, proven);
        }
        if self.config.self_certifying {
            return self.revocation_again(run, proven);
        }
        let question = Question::Agent { agent_id: proven.packet.content().from_agent.clone() };
        Ok(Flow::Ask(question, Stage::SenderAgain(proven)))
    }

    fn sender_again(&self, run: &mut Run, proven: Box<Proven>) -> Stepped {
        run.sender = Some(judge_sender(run, proven.packet.content())?);
        match &proven.capability {
            Some(capability) => {
                let question = Question::Agent { agent_id: capability.content().issuer_agent.clone() };
                Ok(Flow::Ask(question, Stage::IssuerAgain(proven)))
            }
            None => self.revocation_again(run, proven),
        }
    }

    fn revocation_again(&self, run: &mut Run, proven: Box<Proven>) -> Stepped {
        if !self.config.hooks.revocations {
            return self.ask_nonce(run, proven);
        }
        run.settling = true;
        let keys = revocation_keys(&proven, RevocationScope::All);
        Ok(Flow::Ask(Question::Revocation { keys }, Stage::Revocation(proven, RevocationScope::All)))
    }

    fn ask_nonce(&self, run: &mut Run, proven: Box<Proven>) -> Stepped {
        let content = proven.packet.content();
        self.still_valid(run, &proven)?;
        let limits = self.config.limits;
        let kept = i64::from(limits.grace).saturating_add(limits.skew.into()).saturating_mul(1_000);
        let expires_at_ms = content.expires_at.map_or(i64::MAX, |end| end.millis().saturating_add(1).saturating_add(kept));
        let fingerprint = content.public_key.fingerprint();
        let question = Question::Nonce {
            key: format!("th1:{fingerprint}:{}", hex(&sha256(&[content.nonce.as_bytes()]))),
            expires_at_ms,
            now_ms: run.now.millis(),
            nonce: content.nonce.clone(),
            agent_id: content.from_agent.clone(),
            fingerprint,
        };
        Ok(Flow::Ask(question, Stage::Replay(proven)))
    }

    /// The nonce has been asked for last, so nothing unauthorised can burn one (catalogue A01).
    fn replay(&mut self, run: &mut Run, proven: Box<Proven>) -> Stepped {
        let refuse = |code| Refusal(Check::Replay, Reason::plain(code));
        match run.answer.take() {
            Some(Answer::Flag(true)) => {}
            Some(Answer::Flag(false)) => return Err(refuse(Code::ReplayDetected)),
            Some(Answer::Failed(Failure::Full)) => return Err(refuse(Code::ReplayStoreFull)),
            Some(Answer::Failed(_)) | None => return Err(refuse(Code::ReplayStoreUnavailable)),
            Some(_) => return Err(refuse(Code::ReplayStoreInvalidReply)),
        }
        self.still_valid(run, &proven)?;
        run.pass(Check::Replay, "taken");
        Ok(Flow::Accept(proven))
    }

    /// Time has passed since it was looked at first.
    fn still_valid(&self, run: &Run, proven: &Proven) -> Result<(), Refusal> {
        let content = proven.packet.content();
        if let Some(capability) = &proven.capability {
            checks::capability_window(capability, self.config.limits, run.now).map_err(|reason| Refusal(Check::Capability, reason))?;
        }
        checks::time_window(content, self.config.limits, run.now).map_err(|reason| Refusal(Check::Time, reason))?;
        if let Some(record) = &run.sender {
            checks::not_revoked(&content.from_agent, record, run.now).map_err(|reason| Refusal(Check::AgentRevocation, reason))?;
            checks::identity(&content.from_agent, &content.public_key, Some(record), run.now)
                .map_err(|reason| Refusal(Check::Identity, reason))?;
        }
        Ok(())
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

    /// The latest present the host has stated.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether the open question is one for an agent's record.
    #[must_use]
    pub fn asks_for_agent(&self) -> bool {
        matches!(self.pending, Some(Ask { question: Question::Agent { .. }, .. }))
    }

    fn pass(&mut self, check: Check, detail: &str) {
        self.findings.push(Finding { check, refusal: None, detail: one_line(detail.to_owned()) });
    }

    /// Reading is one step; every rule in it that comes before `end` has passed.
    fn pass_until(&mut self, end: Check) {
        const READING: [Check; 7] =
            [Check::Size, Check::Encoding, Check::Json, Check::Fields, Check::Algorithm, Check::PublicKey, Check::Ttl];
        let done = self.findings.len();
        for check in READING.into_iter().skip(done).take_while(|check| *check < end) {
            self.pass(check, "");
        }
    }
}

fn sender(run: &mut Run, packet: UnverifiedPacket, chain: DelegationChain) -> Stepped {
    let record = judge_sender(run, packet.claimed())?;
    run.pass(Check::Identity, &packet.claimed().from_agent);
    run.pass(Check::AgentRevocation, "");
    run.sender = Some(record);
    Ok(Flow::Next(Stage::Verify(packet, chain)))
}

/// What the host says of the sender, if it binds the packet's key and nothing is revoked.
fn judge_sender(run: &mut Run, content: &Content) -> Result<AgentRecord, Refusal> {
    let refuse = |check| move |reason| Refusal(check, reason);
    let record = agent_answer(run.answer.take()).map_err(refuse(Check::Identity))?;
    let agent = &content.from_agent;
    checks::identity(agent, &content.public_key, record.as_ref(), run.now).map_err(refuse(Check::Identity))?;
    let record = record.unwrap_or_default();
    checks::not_revoked(agent, &record, run.now).map_err(refuse(Check::AgentRevocation))?;
    Ok(record)
}

fn issuer(run: &mut Run, proven: Box<Proven>) -> Stepped {
    judge_issuer(run, &proven)?;
    Ok(Flow::Next(Stage::Capability(proven)))
}

/// The same of the capability's issuer, who may also have lost what it was a root for.
fn judge_issuer(run: &mut Run, proven: &Proven) -> Result<(), Refusal> {
    let refuse = |reason| Refusal(Check::Capability, reason);
    let record = agent_answer(run.answer.take()).map_err(refuse)?;
    let Some(capability) = &proven.capability else { return Ok(()) };
    let content = capability.content();
    checks::identity(&content.issuer_agent, &content.public_key, record.as_ref(), run.now).map_err(refuse)?;
    let record = record.unwrap_or_default();
    if record.is_revoked(run.now) {
        return Err(refuse(Reason::plain(Code::CapabilityRevoked)));
    }
    checks::trusted_root(capability, &record).map_err(refuse)?;
    run.issuer = Some(record);
    Ok(())
}

fn agent_answer(answer: Option<Answer>) -> Result<Option<AgentRecord>, Reason> {
    match answer {
        Some(Answer::Agent(record)) => Ok(record),
        Some(Answer::Failed(_)) | None => Err(Reason::plain(Code::RegistryUnavailable)),
        Some(_) => Err(Reason::plain(Code::RegistryInvalidReply)),
    }
}

/// Which rule a fault of reading belongs to.
fn parse_check(error: &chain::Error) -> Check {
    match error {
        chain::Error::TooLarge(_) => Check::Size,
        chain::Error::Json(json::Error::Utf8(_)) => Check::Encoding,
        chain::Error::Json(_) => Check::Json,
        chain::Error::Packet(packet::Error::Crypto(crate::crypto::Error::Algorithm)) => Check::Algorithm,
        chain::Error::Packet(packet::Error::Crypto(_)) => Check::PublicKey,
        chain::Error::Packet(
            packet::Error::RiskLevel(_) | packet::Error::Ttl(_) | packet::Error::TtlMismatch(_) | packet::Error::Time { .. },
        ) => Check::Ttl,
        _ => Check::Fields,
    }
}
