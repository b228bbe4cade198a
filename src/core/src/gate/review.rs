//! Whether people approved: what came along, what the host knows, and what it waits for.

use super::case::Case;
use super::run::{Stage, Verification};
use super::{Answer, Flow, Gate, Question, Refusal, Stepped, agent_answer};
use crate::approval::{Approval, Review, UnverifiedApproval, Verdict};
use crate::checks;
use crate::crypto::{KeyTables, PublicKey};
use crate::decision::{Check, Code, Reason};
use crate::limits::{MAX_APPROVALS, MAX_LIFETIME_SECONDS, MAX_SKEW_SECONDS, MAX_STATEMENT_BYTES, WORK_OF_SIGNATURE};
use crate::review::{self, Subject};
use crate::statement::{self, Content};

impl Verification {
    /// No approval that there is now can outlast the longest life of one, presented or kept back: until then a
    /// packet issued again with the same content must find its nonce taken.
    fn rely_on_review(&mut self, detail: &str) {
        // Whoever signed one may have a clock that is ahead by the largest skew.
        self.reviews.held_until = self.now.plus_seconds(i64::from(MAX_LIFETIME_SECONDS + MAX_SKEW_SECONDS)).ok();
        self.consulted = true;
        self.pass(Check::HumanReview, detail);
    }
}

impl Gate {
    /// A flag that is merely truthy is nothing: only signed approvals count, or the host's own word
    /// (catalogue D01).
    pub(super) fn review(&mut self, run: &mut Verification, case: Box<Case>) -> Stepped {
        run.reviews.is_needed = case.content().requires_human_review() || (self.config.review.ai_writes && case.is_ai_write());
        if !run.reviews.is_needed && run.request.approvals.is_empty() && !review::may_carry(case.content()) {
            return self.ask_policy(run, case);
        }
        let subject = Subject::of(case.content());
        run.reviews.digest = subject.digest;
        run.reviews.room = MAX_APPROVALS;
        for item in subject.approvals {
            self.hand_over(run, &case, |keys| UnverifiedApproval::read(item, "/packet/context/human_approval", keys));
        }
        let detached = core::mem::take(&mut run.request.approvals);
        self.take_texts(run, &case, &detached);
        Ok(Flow::Next(Stage::Reviewers(case)))
    }

    fn take_texts(&mut self, run: &mut Verification, case: &Case, texts: &[String]) {
        for text in texts {
            run.work.allow(text.len().min(MAX_STATEMENT_BYTES));
            self.hand_over(run, case, |keys| UnverifiedApproval::parse(text.as_bytes(), keys));
        }
    }

    /// Keeps an approval that is one of this packet; of any other says why not. Whoever is no reviewer costs neither a
    /// verification nor a look-up.
    fn hand_over(
        &mut self,
        run: &mut Verification,
        case: &Case,
        read: impl FnOnce(&KeyTables) -> Result<UnverifiedApproval, statement::Error>,
    ) {
        let Some(room) = run.reviews.room.checked_sub(1) else { return };
        run.reviews.room = room;
        let kept = read(&self.keys).map_err(|error| error.to_string()).and_then(|approval| {
            let reviewer = &approval.claimed().body.reviewer;
            if !self.may_review(reviewer) {
                return Err(format!("`{reviewer}` is no reviewer here"));
            }
            // What is an approval is long enough to pay for its signature.
            run.work.spend(WORK_OF_SIGNATURE).map_err(|error| error.to_string())?;
            let approval = approval.verify(&mut self.keys).map_err(|error| error.to_string())?;
            let judged = checks::approval(&approval, &case.packet, &run.reviews.digest, self.config.limits, run.now);
            judged.map(|()| approval).map_err(str::to_owned)
        });
        match kept {
            Ok(approval) if run.reviews.candidates.contains(&approval) => {}
            Ok(approval) => run.reviews.candidates.push(approval),
            Err(note) => run.reviews.notes.push(note),
        }
    }

    pub(super) fn reviewers(&self, run: &mut Verification, case: Box<Case>) -> Stepped {
        if let Some(question) = self.unknown_reviewer(run, &case) {
            return Ok(Flow::Ask(question, Stage::Reviewers(case)));
        }
        let valid = self.count(run, &case)?;
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
                let question =
                    Question::Approval { review_digest: run.reviews.digest.clone(), packet_id: case.content().packet_id.clone() };
                Ok(Flow::Ask(question, Stage::Approval(case)))
            }
            // Asked once more only where people have come nearer to it.
            Some(before) if valid <= before => Err(self.not_enough(run, &case, valid)),
            _ => self.ask_people(run, case, valid),
        }
    }

    /// The next agent to be looked up: whoever denied, then whoever approved until that is enough. Of one who cannot be looked up the
    /// word is missing, and no more, so that strangers sink nothing.
    pub(super) fn unknown_reviewer(&self, run: &mut Verification, case: &Case) -> Option<Question> {
        if let Some(Question::Agent { agent_id }) = run.answered.take() {
            let answer = agent_answer(run.answer.take());
            if self.config.audience.contains(&agent_id) && !run.reviews.own.contains(&agent_id) {
                // Who the host does not know holds no key that it could know.
                run.reviews.own_keys.extend(answer.ok().flatten().into_iter().flat_map(|record| record.keys).map(|window| window.key));
                run.reviews.own.push(agent_id);
            } else {
                match answer {
                    Ok(record) => run.know(agent_id, record),
                    Err(reason) => run.reviews.unreachable.push((agent_id, reason)),
                }
            }
        }
        if self.config.self_certifying || run.reviews.candidates.is_empty() {
            return None;
        }
        let reviews = &run.reviews;
        let own = self.config.audience.iter().find(|id| !reviews.own.contains(id));
        let missing = |approval: &&Approval| {
            let id = &approval.content().body.reviewer;
            !run.records.iter().any(|(known, _)| known == id) && !reviews.unreachable.iter().any(|(failed, _)| failed == id)
        };
        let is_short = reviews.is_needed && !reviews.is_waived && people(&self.counting(run, case)) < self.config.review.threshold;
        let approvals = reviews.said(Verdict::Approved).filter(|_| is_short);
        let reviewer = reviews.said(Verdict::Denied).chain(approvals).find(missing).map(|approval| &approval.content().body.reviewer);
        // Whose keys are the receiver's is known before anybody's word counts.
        own.or(reviewer).map(|agent_id| Question::Agent { agent_id: agent_id.clone() })
    }

    /// The host's own word for this digest.
    pub(super) fn approval(&self, run: &mut Verification, case: Box<Case>) -> Stepped {
        match run.answer.take() {
            Some(Answer::Flag(true)) => {
                run.reviews.is_waived = true;
                run.rely_on_review("approved");
                self.ask_policy(run, case)
            }
            Some(Answer::Failed(_)) => Err(Refusal(Check::HumanReview, Reason::plain(Code::ApprovalUnavailable))),
            _ => {
                let valid = self.count(run, &case)?;
                self.ask_people(run, case, valid)
            }
        }
    }

    fn ask_people(&self, run: &mut Verification, case: Box<Case>, valid: u32) -> Stepped {
        if !run.request.on_review {
            return Err(self.not_enough(run, &case, valid));
        }
        if run.reviews.waited_with.replace(valid).is_none() {
            // What came along does not use up what people may answer.
            run.reviews.room = MAX_APPROVALS;
        }
        let question = Question::Review {
            review_digest: run.reviews.digest.clone(),
            packet_id: case.content().packet_id.clone(),
            valid,
            threshold: self.config.review.threshold,
            expires_at_ms: case.content().expires_at.unwrap_or(run.now).millis(),
        };
        Ok(Flow::Ask(question, Stage::Wait(case)))
    }

    /// What people said while no nonce was held.
    pub(super) fn wait(&mut self, run: &mut Verification, case: Box<Case>) -> Stepped {
        run.consulted = true;
        match run.answer.take() {
            Some(Answer::Approvals(texts)) => {
                self.take_texts(run, &case, &texts);
                // Whom they name may have been revoked while others were waited for.
                run.forget_records();
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

    /// How many people approve; any denial that counts refuses, and so does one of which nobody could say whether it counts.
    fn count(&self, run: &mut Verification, case: &Case) -> Result<u32, Refusal> {
        let counts = |approval: &&Approval| self.counts(run, case, approval.content());
        if let Some(denial) = run.reviews.said(Verdict::Denied).find(counts) {
            let review = &denial.content().body;
            let note = review.note.as_deref().map_or_else(String::new, |note| format!(": {note}"));
            let reason = Reason::new(Code::HumanReviewDenied, format!("`{}` denied it{note}", review.reviewer));
            run.trail.reviews = vec![denial.clone()];
            return Err(Refusal(Check::HumanReview, reason));
        }
        let unheard = run.reviews.said(Verdict::Denied).find_map(|denial| run.failed_look_up(denial));
        unheard.map_or_else(|| Ok(people(&self.counting(run, case))), |reason| Err(Refusal(Check::HumanReview, reason)))
    }

    /// The approvals that count now.
    fn counting<'a>(&self, run: &'a Verification, case: &Case) -> Vec<&'a Approval> {
        run.reviews.said(Verdict::Approved).filter(|approval| self.counts(run, case, approval.content())).collect()
    }

    /// Whose approvals are relied on. What strangers say binds nobody.
    pub(super) fn relied_on<'a>(&self, run: &'a Verification, case: &Case) -> Vec<&'a Approval> {
        if run.reviews.is_needed && !run.reviews.is_waived { self.counting(run, case) } else { Vec::new() }
    }

    /// Whether an agent of this name can be a reviewer at all.
    fn may_review(&self, agent: &str) -> bool {
        let listed = &self.config.review.reviewers;
        (listed.is_empty() || listed.iter().any(|id| id == agent)) && !self.config.audience.iter().any(|id| id == agent)
    }

    /// The word of a reviewer that is in time. Sender and receiver review nothing, under whatever id or key they are known.
    fn counts(&self, run: &Verification, case: &Case, content: &Content<Review>) -> bool {
        let (agent, key) = (&content.body.reviewer, &content.public_key);
        let record = run.record(agent);
        let is_reviewer = !self.config.review.reviewers.is_empty() || record.is_some_and(|record| record.reviewer);
        let sender = case.content();
        let senders = run.record(&sender.from_agent).into_iter().flat_map(|record| &record.keys).map(|window| &window.key);
        let parties: Vec<&PublicKey> = senders.chain([&sender.public_key]).chain(&run.reviews.own_keys).collect();
        let mut held = record.into_iter().flat_map(|record| &record.keys).map(|window| &window.key).chain([key]);
        is_reviewer
            && run.now.micros() < content.body.expires_at.micros()
            && !held.any(|key| parties.contains(&key))
            && self.trusted(run, agent, key).is_ok()
    }

    /// What was counted still is; what the decision rests on.
    pub(super) fn judge_reviewers(&self, run: &mut Verification, case: &Case) -> Result<(), Refusal> {
        let valid = self.count(run, case)?;
        if run.reviews.is_needed && !run.reviews.is_waived && valid < self.config.review.threshold {
            return Err(self.not_enough(run, case, valid));
        }
        run.trail.reviews = self.relied_on(run, case).into_iter().cloned().collect();
        Ok(())
    }

    fn not_enough(&self, run: &Verification, case: &Case, valid: u32) -> Refusal {
        if let Some(reason) = run.reviews.said(Verdict::Approved).find_map(|approval| run.failed_look_up(approval)) {
            return Refusal(Check::HumanReview, reason);
        }
        let mut message = format!("{valid} of {} approvals", self.config.review.threshold);
        let strangers = run.reviews.candidates.iter().map(Approval::content).filter(|content| !self.counts(run, case, content));
        let strangers = strangers.map(|content| format!("`{}` is no reviewer with that key here", content.body.reviewer));
        for note in run.reviews.notes.iter().cloned().chain(strangers).take(3) {
            message.push_str("; of one more: ");
            message.push_str(&note);
        }
        required(message)
    }
}

impl Verification {
    /// Why nobody could say whether this counts, if that is so.
    fn failed_look_up(&self, approval: &Approval) -> Option<Reason> {
        let reviewer = &approval.content().body.reviewer;
        self.reviews.unreachable.iter().find(|(agent, _)| agent == reviewer).map(|(_, reason)| reason.clone())
    }
}

/// How many people stand behind these: whoever shares an id or a key is one of them, in whatever order they came.
fn people(approvals: &[&Approval]) -> u32 {
    let mut groups: Vec<Vec<&Content<Review>>> = Vec::new();
    for content in approvals.iter().map(|approval| approval.content()) {
        let is_same = |other: &&Content<Review>| other.body.reviewer == content.body.reviewer || other.public_key == content.public_key;
        let (same, mut others): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group.iter().any(is_same));
        others.push(same.into_iter().flatten().chain([content]).collect());
        groups = others;
    }
    u32::try_from(groups.len()).unwrap_or(u32::MAX)
}

fn required(message: String) -> Refusal {
    Refusal(Check::HumanReview, Reason::new(Code::HumanReviewRequired, message))
}
