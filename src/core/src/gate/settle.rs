//! What the host is asked once everything local holds, and again after it took its time.

use super::case::Case;
use super::revocation::{RevocationScope, revocation_keys};
use super::run::{Phase, Purpose, Stage, Verification};
use super::{Answer, Flow, Gate, Question, Refusal, Stepped};
use crate::checks;
use crate::crypto::sha256;
use crate::decision::{Check, Code, Reason};
use crate::encoding::hex;
use crate::limits::{MAX_GRACE_SECONDS, MAX_SKEW_SECONDS};
use crate::time::Timestamp;

impl Gate {
    pub(super) fn ask_revocation(&mut self, run: &mut Verification, case: Box<Case>) -> Stepped {
        if !self.config.hooks.revocations {
            return self.nothing_revoked(run, case);
        }
        Ok(self.revocation_question(run, case, RevocationScope::All))
    }

    fn revocation_question(&self, run: &Verification, case: Box<Case>, scope: RevocationScope) -> Flow {
        let reviewers = self.relied_on(run, &case).into_iter().map(crate::approval::Approval::content);
        let reviewers: Vec<_> = reviewers.map(|content| (content.body.reviewer.as_str(), &content.public_key)).collect();
        let keys = revocation_keys(&case, &reviewers, scope);
        Flow::Ask(Question::Revocation { keys }, Stage::Revocation(case, scope))
    }

    /// One question in the good case. Only where something is revoked, further ones find out what.
    pub(super) fn revocation(&mut self, run: &mut Verification, case: Box<Case>, scope: RevocationScope) -> Stepped {
        let refuse = |code| Refusal(Check::Revocation, Reason::plain(code));
        // Only literal `false` is not revoked (catalogue F23).
        let revoked = match run.answer.take() {
            Some(Answer::Flag(revoked)) => revoked,
            _ => return Err(refuse(Code::RevocationUnavailable)),
        };
        let next = match (scope, revoked) {
            (RevocationScope::All, false) => {
                if run.phase == Phase::First {
                    run.pass(Check::Revocation, "");
                }
                return self.nothing_revoked(run, case);
            }
            (RevocationScope::All, true) => RevocationScope::Agents,
            (RevocationScope::Agents, true) => return Err(refuse(Code::AgentRevoked)),
            (RevocationScope::Agents, false) if !case.links.is_empty() => RevocationScope::Capabilities,
            (RevocationScope::Capabilities, true) => return Err(refuse(Code::CapabilityRevoked)),
            (RevocationScope::Agents | RevocationScope::Capabilities, false) => return Err(refuse(Code::PacketRevoked)),
        };
        Ok(self.revocation_question(run, case, next))
    }

    fn nothing_revoked(&mut self, run: &mut Verification, case: Box<Case>) -> Stepped {
        match run.phase {
            Phase::First => self.constraints(run, case),
            Phase::Again => self.finish(run, case),
            Phase::Taken => self.replay(run, case),
        }
    }

    /// Constraints that the host must enforce. Whoever executes refuses what nobody enforces
    /// (catalogue F21); whoever only lets through reads them from the packet.
    fn constraints(&mut self, run: &mut Verification, case: Box<Case>) -> Stepped {
        let refuse = |code, message: String, field| Refusal(Check::Constraints, Reason::at(code, message, field));
        if !matches!(run.purpose, Purpose::Admit) {
            return self.settle(run, case);
        }
        let executes = run.request.execute;
        let Some(constraints) = &case.content().constraints else { return self.review(run, case) };
        if executes && constraints.max_runtime_seconds.as_ref().is_some_and(|most| most.saturating_i64() < 1) {
            let message = "the task may not run at all".to_owned();
            return Err(refuse(Code::MaxRuntimeExceeded, message, "/packet/constraints/max_runtime_seconds"));
        }
        match &constraints.data_boundary {
            Some(boundary) if self.config.hooks.boundary => {
                let question = Question::Boundary { boundary: boundary.clone() };
                Ok(Flow::Ask(question, Stage::Boundary(case)))
            }
            Some(_) if executes => {
                let message = "nobody here enforces a data boundary".to_owned();
                Err(refuse(Code::ConstraintUnsupported, message, "/packet/constraints/data_boundary"))
            }
            _ => self.review(run, case),
        }
    }

    pub(super) fn boundary(&mut self, run: &mut Verification, case: Box<Case>) -> Stepped {
        if run.answer.take() != Some(Answer::Flag(true)) {
            let message = "the data boundary is not one that is kept to here";
            let reason = Reason::at(Code::ConstraintUnsupported, message, "/packet/constraints/data_boundary");
            return Err(Refusal(Check::Constraints, reason));
        }
        run.consulted = true;
        run.pass(Check::Constraints, "the data boundary is kept to");
        self.review(run, case)
    }

    pub(super) fn ask_policy(&self, run: &mut Verification, case: Box<Case>) -> Stepped {
        if self.config.hooks.policy || run.request.policy {
            return Ok(Flow::Ask(Question::Policy, Stage::Policy(case)));
        }
        self.settle(run, case)
    }

    pub(super) fn policy(&self, run: &mut Verification, case: Box<Case>) -> Stepped {
        let refuse = |code| Refusal(Check::Policy, Reason::plain(code));
        match run.answer.take() {
            Some(Answer::Flag(true)) => run.pass(Check::Policy, "allowed"),
            Some(Answer::Failed(_)) => return Err(refuse(Code::PolicyUnavailable)),
            _ => return Err(refuse(Code::PolicyDenied)),
        }
        run.consulted = true;
        self.settle(run, case)
    }

    /// A host that was asked may have taken minutes, a person most of all. Whose key it is and whether
    /// anything is revoked is asked again before the nonce is.
    pub(super) fn settle(&self, run: &mut Verification, case: Box<Case>) -> Stepped {
        if !run.consulted {
            return self.finish(run, case);
        }
        run.phase = Phase::Again;
        run.forget_records();
        Ok(Flow::Next(Stage::Again(case)))
    }

    pub(super) fn again(&mut self, run: &mut Verification, case: Box<Case>) -> Stepped {
        let mut agents: Vec<String> = case.packets().map(|packet| packet.content().from_agent.clone()).collect();
        agents.extend(case.capabilities().map(|capability| capability.content().issuer_agent.clone()));
        // The rule that a failing host stops is that of the agent it was asked for.
        let check = match run.asked_agent() {
            Some(agent) if agent == case.content().from_agent => Check::Identity,
            Some(agent) if case.ancestors.iter().any(|packet| packet.content().from_agent == agent) => Check::Chain,
            Some(agent) if case.capabilities().any(|capability| capability.content().issuer_agent == agent) => Check::Capability,
            _ => Check::HumanReview,
        };
        let is_reviewer = run.asked_agent().is_some_and(|agent| !agents.iter().any(|known| known == agent));
        let question = if is_reviewer { None } else { self.unknown_agent(run, check, agents.iter().map(String::as_str))? };
        if let Some(question) = question.or_else(|| self.unknown_reviewer(run, &case)) {
            return Ok(Flow::Ask(question, Stage::Again(case)));
        }
        self.judge_everyone(run, &case)?;
        self.ask_revocation(run, case)
    }

    /// Nothing is left to ask but the nonce.
    fn finish(&self, run: &mut Verification, case: Box<Case>) -> Stepped {
        self.still_valid(run, &case)?;
        if !matches!(run.purpose, Purpose::Admit) {
            return Ok(Flow::Valid(case));
        }
        let content = case.content();
        let approvals = self.relied_on(run, &case).into_iter().map(|approval| approval.content().issued_at);
        let issued = approvals.chain(run.reviews.relied_since()).map(Timestamp::millis).fold(content.issued_at.millis(), i64::min);
        // An approval outlasts a re-issued packet of the same content, and so must the nonce.
        let until = [content.expires_at.map(kept_until), run.reviews.held_until().map(kept_until)].into_iter().flatten().max();
        let fingerprint = content.public_key.fingerprint();
        let question = Question::Nonce {
            key: format!("th1:{fingerprint}:{}", hex(&sha256(&[content.nonce.as_bytes()]))),
            expires_at_ms: until.unwrap_or(i64::MAX),
            now_ms: run.now.millis(),
            issued_at_ms: issued,
            nonce: content.nonce.clone(),
            agent_id: content.from_agent.clone(),
            fingerprint,
        };
        Ok(Flow::Ask(question, Stage::Replay(case)))
    }

    /// Time has passed since it was looked at first.
    pub(super) fn still_valid(&self, run: &mut Verification, case: &Case) -> Result<(), Refusal> {
        let limits = self.config.limits;
        for link in &case.links {
            checks::capability_window(&link.capability, limits, link.extension(), run.now)
                .map_err(|reason| Refusal(Check::Capability, reason))?;
        }
        checks::time_window(case.content(), limits, run.now).map_err(|reason| Refusal(Check::Time, reason))?;
        self.judge_everyone(run, case)
    }

    /// Everyone whose word was taken is still who it was.
    fn judge_everyone(&self, run: &mut Verification, case: &Case) -> Result<(), Refusal> {
        let content = case.content();
        self.judge_sender(run, &content.from_agent, &content.public_key)?;
        self.judge_ancestors(run, case)?;
        self.judge_issuers(run, case)?;
        self.judge_reviewers(run, case)
    }
}

/// Until when what ends at `end` must be remembered, in milliseconds: as long as any gate could admit it that shares the store,
/// with the largest grace there is and a clock that lags by the largest skew. This gate's own options do not count.
pub(super) fn kept_until(end: Timestamp) -> i64 {
    let kept = i64::from(MAX_GRACE_SECONDS + MAX_SKEW_SECONDS).saturating_mul(1_000);
    end.millis().saturating_add(1).saturating_add(kept)
}
