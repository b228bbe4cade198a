//! What the machine can judge of a text by itself: reading, signatures, times, the chain.

use super::case::Case;
use super::run::{Purpose, Stage, Verification};
use super::{Flow, Gate, Refusal, Stepped};
use crate::chain::{self, Envelope};
use crate::checks;
use crate::decision::{Check, Claimed};
use crate::json;
use crate::limits::WORK_OF_SIGNATURE;
use crate::packet::{self, RiskLevel};

impl Gate {
    pub(super) fn read(&self, run: &mut Verification, text: &[u8]) -> Stepped {
        run.work.spend(text.len()).map_err(|error| Refusal(Check::Size, error.into()))?;
        let envelope = Envelope::parse(text, &self.keys).map_err(|error| {
            let check = parse_check(&error);
            run.pass_until(check);
            Refusal(check, error.into())
        })?;
        let content = envelope.packet.claimed();
        run.trail.claimed = Some(Claimed::of(content));
        run.pass_until(Check::Fields);
        checks::fields(content).map_err(|reason| Refusal(Check::Fields, reason))?;
        run.pass_until(Check::Identity);
        Ok(Flow::Next(Stage::Sender(Box::new(envelope))))
    }

    pub(super) fn sender(&self, run: &mut Verification, envelope: Box<Envelope>) -> Stepped {
        let content = envelope.packet.claimed();
        let (agent, key) = (content.from_agent.clone(), content.public_key);
        if let Some(question) = self.unknown_agent(run, Check::Identity, [agent.as_str()].into_iter())? {
            return Ok(Flow::Ask(question, Stage::Sender(envelope)));
        }
        self.judge_sender(run, &agent, &key)?;
        run.pass(Check::Identity, if self.config.self_certifying { "the id is the hash of the key" } else { &agent });
        if !self.config.self_certifying {
            run.pass(Check::AgentRevocation, "");
        }
        Ok(Flow::Next(Stage::Verify(envelope)))
    }

    pub(super) fn judge_sender(&self, run: &Verification, agent: &str, key: &crate::crypto::PublicKey) -> Result<(), Refusal> {
        self.bound(run, agent, key).map_err(|reason| Refusal(Check::Identity, reason))?;
        self.trusted(run, agent, key).map_err(|reason| Refusal(Check::AgentRevocation, reason))
    }

    pub(super) fn verify(&mut self, run: &mut Verification, envelope: Envelope) -> Stepped {
        let refuse = |check| move |reason| Refusal(check, reason);
        let Envelope { packet, chain, proof } = envelope;
        checks::audience(&packet.claimed().to_agent, &self.config.audience).map_err(refuse(Check::Audience))?;
        run.pass(Check::Audience, &packet.claimed().to_agent);
        run.work.spend(WORK_OF_SIGNATURE).map_err(|error| Refusal(Check::Signature, error.into()))?;
        let packet = packet.verify(&mut self.keys).map_err(|error| Refusal(Check::Signature, error.into()))?;
        run.pass(Check::Signature, packet.form().as_str());
        if let Some(claimed) = &mut run.trail.claimed {
            claimed.form = Some(packet.form());
            claimed.is_proven = true;
        }
        let content = packet.content();
        let (limits, strict) = (self.config.limits, self.config.strict);
        checks::time_window(content, limits, run.now).map_err(refuse(Check::Time))?;
        run.pass(Check::Time, "");
        checks::ttl_policy(content, limits, strict).map_err(refuse(Check::TtlPolicy))?;
        run.pass(Check::TtlPolicy, content.risk_level.map_or("", RiskLevel::as_str));
        checks::chain(&chain, proof.as_ref(), content, self.config.max_depth, strict, &mut run.work).map_err(refuse(Check::Chain))?;
        let proof = proof.unwrap_or_default();
        let ancestors =
            checks::ancestors(proof.packets, content, limits, run.now, &mut self.keys, &mut run.work).map_err(refuse(Check::Chain))?;
        let case = Case { packet, ancestors, tokens: proof.capabilities.to_vec(), links: Vec::new() };
        Ok(Flow::Next(Stage::Ancestors(Box::new(case))))
    }

    /// Rules that need nothing but the packet, once all that it rests on is proven.
    pub(super) fn admissible(&mut self, run: &mut Verification, case: Box<Case>) -> Stepped {
        let content = case.content();
        if let Purpose::Use(action) = &run.purpose {
            let action = action.clone();
            checks::permitted(content, &action, &mut run.work).map_err(|reason| Refusal(Check::Action, reason))?;
            run.pass(Check::Action, &action);
        }
        checks::ai_provenance(content).map_err(|reason| Refusal(Check::AiProvenance, reason))?;
        run.pass(Check::AiProvenance, if content.ai_provenance.is_some() { "made by an AI" } else { "none stated" });
        if matches!(run.purpose, Purpose::Use(_)) {
            return self.ask_counters(run, case);
        }
        self.ask_revocation(run, case)
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
