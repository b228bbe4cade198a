//! Who is behind each ancestor and each capability, what they may originate, and what is left of it.

use super::case::{Case, Life, Link};
use super::run::{Stage, Verification};
use super::settle::kept_until;
use super::{Answer, Flow, Gate, Question, Refusal, Stepped};
use crate::capability::Capability;
use crate::checks;
use crate::crypto::KeyTables;
use crate::decision::{Check, Code, Notice, Reason};
use crate::encoding::hex;
use crate::limits::MAX_OVERLAP_SECONDS;
use crate::packet::Packet;
use crate::registry::AgentRecord;
use crate::time::Timestamp;

impl Gate {
    pub(super) fn ancestors(&self, run: &mut Verification, case: Box<Case>) -> Stepped {
        let agents = case.ancestors.iter().map(|packet| packet.content().from_agent.as_str());
        if let Some(question) = self.unknown_agent(run, Check::Chain, agents)? {
            return Ok(Flow::Ask(question, Stage::Ancestors(case)));
        }
        self.judge_ancestors(run, &case)?;
        let proven = case.ancestors.len();
        run.pass(Check::Chain, &if proven == 0 { String::new() } else { format!("{proven} earlier proven") });
        Ok(Flow::Next(Stage::Capabilities(case)))
    }

    pub(super) fn judge_ancestors(&self, run: &Verification, case: &Case) -> Result<(), Refusal> {
        for (i, content) in case.ancestors.iter().map(Packet::content).enumerate() {
            self.trusted(run, &content.from_agent, &content.public_key)
                .map_err(|reason| Refusal(Check::Chain, checks::ancestor_at(i)(reason)))?;
        }
        Ok(())
    }

    /// Everything about the capabilities that needs nobody else.
    pub(super) fn capabilities(&mut self, run: &mut Verification, mut case: Box<Case>) -> Stepped {
        let refuse = |reason| Refusal(Check::Capability, reason);
        let tokens = Some(core::mem::take(&mut case.tokens));
        let tokens = checks::presented(case.content(), tokens).map_err(refuse)?;
        let capabilities = checks::capabilities(&tokens, &mut self.keys, &mut run.work).map_err(refuse)?;
        if capabilities.is_empty() && self.config.require_capability {
            return Err(refuse(Reason::at(Code::CapabilityMissing, Code::CapabilityMissing.meaning(), "/packet/capability_token")));
        }
        for capability in capabilities {
            let life = self.life(&capability, run.now).map_err(refuse)?;
            case.links.push(Link { capability, life, successor: None });
        }
        if let Some(Link { capability: leaf, .. }) = case.links.last() {
            checks::capability_subject(leaf, case.content()).map_err(refuse)?;
            checks::within_capability(case.content(), leaf, &mut run.work).map_err(refuse)?;
        }
        Ok(Flow::Next(Stage::Issuers(case)))
    }

    fn life(&self, capability: &Capability, now: Timestamp) -> Result<Life, Reason> {
        let window = |extension| checks::capability_window(capability, self.config.limits, extension, now);
        match window(0) {
            Ok(()) => Ok(Life::Own),
            Err(reason) if reason.code == Code::CapabilityExpired && self.config.hooks.overlap => {
                window(MAX_OVERLAP_SECONDS).map(|()| Life::Ended)
            }
            Err(reason) => Err(reason),
        }
    }

    pub(super) fn issuers(&self, run: &mut Verification, case: Box<Case>) -> Stepped {
        let agents = case.capabilities().map(|capability| capability.content().issuer_agent.as_str());
        if let Some(question) = self.unknown_agent(run, Check::Capability, agents)? {
            return Ok(Flow::Ask(question, Stage::Issuers(case)));
        }
        self.judge_issuers(run, &case)?;
        Ok(Flow::Next(Stage::Overlap(case)))
    }

    /// Each issuer holds the key it signed with and is trusted; the first may originate what it grants
    /// (catalogue F04).
    pub(super) fn judge_issuers(&self, run: &mut Verification, case: &Case) -> Result<(), Refusal> {
        let refuse = |reason| Refusal(Check::Capability, reason);
        for content in case.capabilities().map(Capability::content) {
            self.bound(run, &content.issuer_agent, &content.public_key).map_err(refuse)?;
            if run.record(&content.issuer_agent).is_some_and(|record| record.is_revoked(run.now)) {
                return Err(refuse(Reason::plain(Code::CapabilityRevoked)));
            }
        }
        let Some(root) = case.capabilities().next() else { return Ok(()) };
        // Nobody is a root by its own word: without a registry no capability is trusted.
        let nobody = AgentRecord::default();
        let issuer = run.records.iter().find(|(known, _)| *known == root.content().issuer_agent).and_then(|(_, record)| record.as_ref());
        checks::trusted_root(root, issuer.unwrap_or(&nobody), &mut run.work).map_err(refuse)
    }

    /// A capability that has just ended admits a little longer if the host names another one that takes
    /// its place (catalogue D09). What the host says is judged here.
    pub(super) fn overlap(&mut self, run: &mut Verification, mut case: Box<Case>) -> Stepped {
        let refuse = |code| Refusal(Check::Capability, Reason::plain(code));
        let limits = self.config.limits;
        let ended = case.links.iter_mut().find(|link| link.life == Life::Ended);
        let Some(link) = ended else {
            if let Some(leaf) = case.capabilities().last() {
                run.pass(Check::Capability, &leaf.content().capability_id);
            }
            return self.admissible(run, case);
        };
        match run.answer.take() {
            None => {
                let digest = hex(&link.capability.digest());
                return Ok(Flow::Ask(Question::Overlap { digest }, Stage::Overlap(case)));
            }
            Some(Answer::Token(Some(token))) => {
                run.work.allow(token.len());
                let next = checks::capability_token(&token, "", &mut KeyTables::new(0), &mut run.work)
                    .map_err(|_| refuse(Code::OverlapInvalid))?;
                next.succeeds(&link.capability).map_err(|error| Refusal(Check::Capability, error.into()))?;
                checks::capability_window(&next, limits, 0, run.now).map_err(|reason| Refusal(Check::Capability, reason))?;
                link.life = Life::Extended;
                link.successor = Some(next);
                run.notice(Notice::TokenOverlapUsed);
                run.consulted = true;
            }
            Some(Answer::Token(None)) => return Err(refuse(Code::CapabilityExpired)),
            Some(_) => return Err(refuse(Code::OverlapUnavailable)),
        }
        Ok(Flow::Next(Stage::Overlap(case)))
    }

    pub(super) fn ask_counters(&mut self, run: &mut Verification, case: Box<Case>) -> Stepped {
        let counters = case.counters();
        if counters.iter().any(|counter| counter.limit < 1) {
            return Err(Refusal(Check::ToolCalls, Reason::plain(Code::ToolCallsExhausted)));
        }
        if counters.is_empty() {
            run.pass(Check::ToolCalls, "no limit");
            return self.ask_revocation(run, case);
        }
        let expires_at_ms = case.counted_until().map_or(i64::MAX, kept_until);
        let issued_at_ms = case.counted_since().map_or(i64::MIN, Timestamp::millis);
        let question = Question::Counters { counters, expires_at_ms, now_ms: run.now.millis(), issued_at_ms };
        Ok(Flow::Ask(question, Stage::Counters(case)))
    }

    /// One atomic step of the host counts under every limit there is, or under none (catalogue F13).
    pub(super) fn counters(&mut self, run: &mut Verification, case: Box<Case>) -> Stepped {
        let refuse = |code| Refusal(Check::ToolCalls, Reason::plain(code));
        match run.answer.take() {
            Some(Answer::Flag(true)) => run.pass(Check::ToolCalls, "counted"),
            Some(Answer::Flag(false)) => return Err(refuse(Code::ToolCallsExhausted)),
            Some(Answer::Failed(super::Failure::Full)) => return Err(refuse(Code::CounterStoreFull)),
            Some(Answer::Failed(_)) | None => return Err(refuse(Code::CounterUnavailable)),
            Some(_) => return Err(refuse(Code::CounterInvalidReply)),
        }
        run.consulted = true;
        self.settle(run, case)
    }
}
