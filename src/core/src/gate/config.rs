//! The configuration of a gate: typed, checked once, never taken from the environment.

use crate::checks::TimeLimits;
use crate::identity::check_agent_id;
use crate::limits::{
    DEFAULT_CAPABILITY_LIFE_SECONDS, DEFAULT_DEPTH, DEFAULT_LIFETIME_SECONDS, DEFAULT_SKEW_SECONDS, MAX_CAPABILITY_LIFE_SECONDS, MAX_DEPTH,
    MAX_GRACE_SECONDS, MAX_LIFETIME_SECONDS, MAX_SKEW_SECONDS, MAX_THRESHOLD, READ_TTL_SECONDS, WRITE_TTL_SECONDS,
};

/// A value outside its range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{option}` must be {expected}")]
pub struct ConfigError {
    /// The option.
    pub option: &'static str,
    /// What it must be.
    pub expected: &'static str,
}

/// Which questions the host can answer. What it cannot is refused where it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hooks {
    /// Approvals by people.
    pub approvals: bool,
    /// A policy of its own.
    pub policy: bool,
    /// Revocations.
    pub revocations: bool,
    /// Whether it answers for them at once, from its own memory: they are asked for again when the nonce has been taken.
    pub revocations_at_hand: bool,
    /// Which token takes the place of one that has ended.
    pub overlap: bool,
    /// Which data boundaries are kept to.
    pub boundary: bool,
}

/// Whose signed approvals count, and when one is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewPolicy {
    /// The reviewers; where empty, whoever the registry calls one.
    pub reviewers: Vec<String>,
    /// How many must approve, 1 to 64.
    pub threshold: u32,
    /// Whether write packets of AI-made work need a review even if they do not ask for one.
    pub ai_writes: bool,
}

impl Default for ReviewPolicy {
    fn default() -> Self {
        Self { reviewers: Vec::new(), threshold: 1, ai_writes: false }
    }
}

/// Who the receiver is and what it tolerates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The receiver's own ids; at least one.
    pub audience: Vec<String>,
    /// Whether any key is trusted whose hash the agent id is; the host is then not asked for agents.
    pub self_certifying: bool,
    /// Most delegations, 0 to 64.
    pub max_depth: u32,
    /// Lifetimes and tolerances.
    pub limits: TimeLimits,
    /// Whether a risk level is required.
    pub strict: bool,
    /// Whether a packet must carry a capability for what it asks. Else one that carries none is held to its own
    /// permissions only.
    pub require_capability: bool,
    /// What the host can answer.
    pub hooks: Hooks,
    /// Whose approvals count.
    pub review: ReviewPolicy,
}

impl Config {
    /// The defaults for the receiver `audience`.
    #[must_use]
    pub fn new(audience: &str) -> Self {
        Self {
            audience: vec![audience.to_owned()],
            self_certifying: false,
            max_depth: DEFAULT_DEPTH,
            limits: TimeLimits {
                skew: DEFAULT_SKEW_SECONDS,
                grace: 0,
                write_ttl: WRITE_TTL_SECONDS,
                read_ttl: READ_TTL_SECONDS,
                lifetime: DEFAULT_LIFETIME_SECONDS,
                capability: DEFAULT_CAPABILITY_LIFE_SECONDS,
            },
            strict: false,
            require_capability: false,
            hooks: Hooks::default(),
            review: ReviewPolicy::default(),
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let within = |ok: bool, option, expected| if ok { Ok(()) } else { Err(ConfigError { option, expected }) };
        let limits = self.limits;
        let named = !self.audience.is_empty() && self.audience.iter().all(|id| check_agent_id(id).is_ok());
        within(named, "audience", "one or more agent ids of printable ASCII characters")?;
        within(self.max_depth <= MAX_DEPTH, "maxDepth", "an integer from 0 to 64")?;
        within(limits.skew <= MAX_SKEW_SECONDS, "skewSeconds", "an integer from 0 to 300")?;
        within(limits.grace <= MAX_GRACE_SECONDS, "graceSeconds", "an integer from 0 to 60")?;
        let review = &self.review;
        let known = review.reviewers.iter().all(|id| check_agent_id(id).is_ok());
        within(known, "review.reviewers", "agent ids of printable ASCII characters")?;
        within((1..=MAX_THRESHOLD).contains(&review.threshold), "review.threshold", "an integer from 1 to 64")?;
        let enough = usize::try_from(review.threshold).unwrap_or(usize::MAX);
        let mut people: Vec<&String> = Vec::new();
        for reviewer in &review.reviewers {
            if people.len() < enough && !people.contains(&reviewer) {
                people.push(reviewer);
            }
        }
        let reachable = people.is_empty() || people.len() >= enough;
        within(reachable, "review.threshold", "at most the number of reviewers")?;
        let life = 1..=MAX_LIFETIME_SECONDS;
        within(life.contains(&limits.write_ttl), "ttl.write", "an integer from 1 to 2592000")?;
        within(life.contains(&limits.read_ttl), "ttl.read", "an integer from 1 to 2592000")?;
        within(life.contains(&limits.lifetime), "maxLifetimeSeconds", "an integer from 1 to 2592000")?;
        let life = 1..=MAX_CAPABILITY_LIFE_SECONDS;
        within(life.contains(&limits.capability), "maxCapabilitySeconds", "an integer from 1 to 315360000")
    }
}
