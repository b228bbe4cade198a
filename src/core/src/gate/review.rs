//! Whether people approved: what came along, what the host knows, and what it waits for.

use super::case::Case;
use super::{Answer, Flow, Gate, Question, Refusal, Run, Stage, Stepped};
use crate::approval::{Approval, Review, UnverifiedApproval, Verdict};
use crate::checks;
use crate::crypto::PublicKey;
use crate::decision::{Check, Code, Reason};
use crate::encoding::hex;
use crate::json::Value;
use crate::limits::{MAX_APPROVALS, MAX_LIFETIME_SECONDS};
use crate::statement::{self, Content};
use crate::time::Timestamp;

impl Run {
    /// No approval that there is now can outlast the longest life of one, presented or kept back: until then a
    /// packet issued again with the same content must find its nonce taken.
    fn rely_on_review(&mut self, detail: &str) {
        self.reviews.held_until = self.now.plus_seconds(MAX_LIFETIME_SECONDS.into()).ok();
        self.consulted = true;
        self.pass(Check::HumanReview, detail);
    }
}

/// The approvals of this packet so far.
#[derive(Debug, Default)]
pub(super) struct Reviews {
    /// Bound to this packet, in time, signed with the key they name.
    candidates: Vec<Approval>,
    /// How many were handed over.
    seen: usize,
    /// Why some do not count, for people.
    notes: Vec<String>,
    /// Whether this packet needs a review at all.
    is_needed: bool,
    /// Whether the host's own word was taken.
    is_waived: bool,
    /// Until when the nonce must be remembered, where a review was relied on.
    held_until: Option<Timestamp>,
    /// How many counted when people were asked last.
    waited_with: Option<u32>,
}

impl Reviews {
    pub(super) const fn held_until(&self) -> Option<Timestamp> {
        self.held_until
    }

    /// Who says to have reviewed.
    pub(super) fn claimants(&self) -> impl Iterator<Item = &str> {
        self.candidates.iter().map(|approval| approval.content().body.reviewer.as_str())
    }
}

impl Gate {
    /// A flag that is merely truthy is nothing: only signed approvals count, or the host's own word
    /// (catalogue D01).
    pub(super) fn review(&mut self, run: &mut Run, case: Box<Case>) -> Stepped {
        run.reviews.is_needed = case.content().requires_human_review() || (self.config.review.ai_writes && case.is_ai_write());
        let embedded = case.content().context.iter().find(|(key, _)| key == "human_approval").map(|(_, value)| value.clone());
        let mut items = match embedded {
            Some(Value::Array(items)) => items,
            Some(one) => vec![one],
            None => Vec::new(),
        };
        items.retain(|item| matches!(item, Value::Object(_)));
        if !run.reviews.is_needed && run.request.approvals.is_empty() && items.is_empty() {
            return self.ask_policy(run, case);
        }
        for item in items {
            let read = UnverifiedApproval::read(item, "/packet/context/human_approval", &self.keys);
            self.hand_over(run, &case, read)?;
        }
        let detached = core::mem::take(&mut run.request.approvals);
        self.take_texts(run, &case, &detached)?;
        Ok(Flow::Next(Stage::Reviewers(case)))
    }

    fn take_texts(&mut self, run: &mut Run, case: &Case, texts: &[String]) -> Result<(), Refusal> {
        for text in texts {
            let read = UnverifiedApproval::parse(text.as_bytes(), &self.keys);
            self.hand_over(run, case, read)?;
        }
        Ok(())
    }

    /// Keeps an approval that is one of this packet; of any other says why not.
    fn hand_over(&mut self, run: &mut Run, case: &Case, read: Result<UnverifiedApproval, statement::Error>) -> Result<(), Refusal> {
        run.reviews.seen = run.reviews.seen.saturating_add(1);
        if run.reviews.seen > MAX_APPROVALS {
            return Err(required(format!("more than {MAX_APPROVALS} approvals were handed over")));
        }
        let digest = hex(&case.packet.review_digest());
        let kept = read.and_then(|approval| approval.verify(&mut self.keys)).map_err(|error| error.to_string()).and_then(|approval| {
            let judged = checks::approval(&approval, &case.packet, &digest, self.config.limits, run.now);
            judged.map(|()| approval).map_err(str::to_owned)
        });
        match kept {
            Ok(approval) if run.reviews.candidates.contains(&approval) => {}
            Ok(approval) => run.reviews.candidates.push(approval),
            Err(note) => run.reviews.notes.push(note),
        }
        Ok(())
    }

    pub(super) fn reviewers(&self, run: &mut Run, case: Box<Case>) -> Stepped {
        let agents: Vec<String> = run.reviews.claimants().map(str::to_owned).collect();
        if let Some(question) = self.unknown_agent(run, Check::HumanReview, agents.iter().map(String::as_str))? {
            return Ok(Flow::Ask(question, Stage::Reviewers(case)));
        }
        let valid = self.count(run)?;
        if !run.reviews.is_needed {
            return self.ask_policy(run, case);
        }
        let threshold = self.config.review.threshold;
        if valid >= threshold {
            run.rely_on_review(&format!("{valid} of {threshold} approvals"));
            return self.ask_policy(run, case);
        }
        match run.reviews.waited_with {
            None if self.config.hooks.approvals => {
                let review_digest = hex(&case.packet.review_digest());
                let question = Question::Approval { review_digest, packet_id: case.content().packet_id.clone() };
                Ok(Flow::Ask(question, Stage::Approval(case)))
            }
            // Asked once more only where people have come nearer to it.
            Some(before) if valid <= before => Err(self.not_enough(run, valid)),
            _ => self.ask_people(run, case, valid),
        }
    }

    /// The host's own word for this digest.
    pub(super) fn approval(&self, run: &mut Run, case: Box<Case>) -> Stepped {
        match run.answer.take() {
            Some(Answer::Flag(true)) => {
                run.reviews.is_waived = true;
                run.rely_on_review("approved");
                self.ask_policy(run, case)
            }
            Some(Answer::Failed(_)) => Err(Refusal(Check::HumanReview, Reason::plain(Code::ApprovalUnavailable))),
            _ => {
                let valid = self.count(run)?;
                self.ask_people(run, case, valid)
            }
        }
    }

    fn ask_people(&self, run: &mut Run, case: Box<Case>, valid: u32) -> Stepped {
        if !run.request.on_review {
            return Err(self.not_enough(run, valid));
        }
        run.reviews.waited_with = Some(valid);
        let question = Question::Review {
            review_digest: hex(&case.packet.review_digest()),
            packet_id: case.content().packet_id.clone(),
            valid,
            threshold: self.config.review.threshold,
        };
        Ok(Flow::Ask(question, Stage::Wait(case)))
    }

    /// What people said while no nonce was held.
    pub(super) fn wait(&mut self, run: &mut Run, case: Box<Case>) -> Stepped {
        run.consulted = true;
        match run.answer.take() {
            Some(Answer::Approvals(texts)) => {
                self.take_texts(run, &case, &texts)?;
                // Whom they name may have been revoked while others were waited for.
                run.records.clear();
                Ok(Flow::Next(Stage::Reviewers(case)))
            }
            Some(Answer::Failed(_)) | None => {
                // Nobody answers for a packet that has ended.
                checks::time_window(case.content(), self.config.limits, run.now).map_err(|reason| Refusal(Check::Time, reason))?;
                Err(Refusal(Check::HumanReview, Reason::plain(Code::ApprovalUnavailable)))
            }
            Some(_) => Err(required("the host answered with something that is no signed approval".to_owned())),
        }
    }

    /// How many approve, a reviewer and a key once; any denial that counts refuses.
    fn count(&self, run: &Run) -> Result<u32, Refusal> {
        let mut approved = 0_u32;
        // At most as many as are read, so that searching them one by one is enough.
        let mut counted: Vec<(&str, &PublicKey)> = Vec::new();
        for approval in &run.reviews.candidates {
            let (content, review) = (approval.content(), &approval.content().body);
            if !self.is_reviewer(run, &review.reviewer, &content.public_key) || run.now.micros() >= review.expires_at.micros() {
                continue;
            }
            if review.decision == Verdict::Denied {
                let note = review.note.as_deref().map_or_else(String::new, |note| format!(": {note}"));
                let message = format!("`{}` denied it{note}", review.reviewer);
                return Err(Refusal(Check::HumanReview, Reason::new(Code::HumanReviewDenied, message)));
            }
            if !counted.iter().any(|(person, key)| *person == review.reviewer || **key == content.public_key) {
                approved = approved.saturating_add(1);
            }
            counted.push((&review.reviewer, &content.public_key));
        }
        Ok(approved)
    }

    /// Whose approvals were relied on. What strangers say binds nobody.
    pub(super) fn relied_on<'a>(&'a self, run: &'a Run) -> impl Iterator<Item = &'a Content<Review>> {
        let contents = run.reviews.candidates.iter().map(Approval::content);
        contents.filter(|content| self.is_reviewer(run, &content.body.reviewer, &content.public_key))
    }

    fn is_reviewer(&self, run: &Run, agent: &str, key: &PublicKey) -> bool {
        let listed = &self.config.review.reviewers;
        let is_named = listed.iter().any(|id| id == agent);
        let is_registered = listed.is_empty() && run.record(agent).is_some_and(|record| record.reviewer);
        let is_receiver = self.config.audience.iter().any(|id| id == agent);
        (is_named || is_registered) && !is_receiver && self.trusted(run, agent, key).is_ok()
    }

    /// What was counted still is.
    pub(super) fn judge_reviewers(&self, run: &Run) -> Result<(), Refusal> {
        let valid = self.count(run)?;
        if run.reviews.is_needed && !run.reviews.is_waived && valid < self.config.review.threshold {
            return Err(self.not_enough(run, valid));
        }
        Ok(())
    }

    fn not_enough(&self, run: &Run, valid: u32) -> Refusal {
        let mut message = format!("{valid} of {} approvals", self.config.review.threshold);
        let strangers = run.reviews.candidates.iter().map(|approval| approval.content());
        let strangers = strangers.filter(|content| !self.is_reviewer(run, &content.body.reviewer, &content.public_key));
        let strangers = strangers.map(|content| format!("`{}` is no reviewer with that key here", content.body.reviewer));
        for note in run.reviews.notes.iter().cloned().chain(strangers).take(3) {
            message.push_str("; of one more: ");
            message.push_str(&note);
        }
        required(message)
    }
}

fn required(message: String) -> Refusal {
    Refusal(Check::HumanReview, Reason::new(Code::HumanReviewRequired, message))
}
