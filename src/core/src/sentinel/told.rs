//! The table of what is found over several events: its name, how much it matters and what to do.

use super::finding::Severity;

/// What a finding over several events is called, how much it matters and what to do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told(pub(super) &'static str, pub(super) Severity, pub(super) &'static str);

pub(super) const REPLAY_REFUSED: Told = Told(
    "replay_attempt",
    Severity::Medium,
    "Nothing was done twice. See who still has the packet: its sender by a retry, or somebody on the way.",
);
pub(super) const RETRIED: Told =
    Told("replay_attempt", Severity::Low, "Nothing was done twice. A sender that got no answer sends again; so may somebody on the way.");
pub(super) const REPLAY_ACCEPTED: Told = Told(
    "replay_attempt",
    Severity::Critical,
    "The nonce store forgot, or two gates do not share one. See what was done twice, and keep nonces where every gate of this agent sees them.",
);
pub(super) const ID_REUSED: Told =
    Told("packet_id_reused", Severity::Medium, "Events of the two cannot be told apart. The second sender chose the id of another packet.");
pub(super) const REVOKED: Told = Told(
    "use_after_revocation",
    Severity::Critical,
    "The gate did not learn of the revocation. See what was done, and connect its revocation list.",
);
pub(super) const UNACCEPTED: Told = Told(
    "execution_without_acceptance",
    Severity::Critical,
    "Something ran that no gate let through, or its acceptance was taken out of the log. Find out what started it.",
);
pub(super) const REPEATED: Told = Told(
    "execution_repeated",
    Severity::Critical,
    "A packet is for one run. See what was done twice, and what let it run again: a worker queue that delivers more than once must hand each packet to the gate, and gates of one agent must share their nonces.",
);
pub(super) const OVER: Told = Told(
    "use_after_end",
    Severity::High,
    "Something still holds a task that is over. See what it did after that, and end what kept it running.",
);
pub(super) const UNATTESTED: Told = Told(
    "acceptance_unattested",
    Severity::Medium,
    "Nobody can prove what came out. Ask the agent for the attestation; if there is none, treat the outcome as unknown.",
);
pub(super) const BROKEN_OFF: Told = Told(
    "acceptance_unattested",
    Severity::Low,
    "Its process was stopped, or still hangs. See how far the task came before it is given again.",
);
pub(super) const MISMATCH: Told = Told(
    "result_mismatch",
    Severity::Critical,
    "What was attested is not what the task gave. Do not use the result before that is explained.",
);
pub(super) const UNREVIEWED: Told = Told(
    "review_bypassed",
    Severity::Critical,
    "An action that people had to allow went on without them. Stop it, and see how it passed the gate.",
);
pub(super) const OVERRUN: Told = Told(
    "budget_overrun",
    Severity::High,
    "More calls were made than granted. See the counter store of that agent, and what the further calls did.",
);
pub(super) const EXCEEDED: Told = Told(
    "delegation_exceeded",
    Severity::Critical,
    "A gate let an agent hand on more than it had. See what was done with it, and why that gate did not hold the child against its parent.",
);
pub(super) const WRONG_RECEIVER: Told = Told(
    "wrong_receiver",
    Severity::Critical,
    "The packet was meant for another agent, which may have taken it too. See how it came there, and the `audience` of that gate.",
);
pub(super) const UNPROVEN: Told = Told(
    "unproven_acceptance",
    Severity::Critical,
    "Anybody may have sent it. Find out which gate lets through what nobody has proven, and what was done.",
);
pub(super) const OLD_KEY: Told = Told(
    "key_conflict",
    Severity::High,
    "Whoever holds that key acts in the name of the agent. Withdraw the key at that gate, and see what it signed.",
);
pub(super) const NEW_KEY: Told = Told(
    "key_conflict",
    Severity::Low,
    "If its owner has changed the key, have the registry tell of it; otherwise find out who registered it.",
);
pub(super) const UNCLEAR: Told = Told(
    "unclear_event",
    Severity::Low,
    "It was read as if it said nothing of that. See what wrote it, and have it write the fields of the specification.",
);

/// All of them.
const ALL: [Told; 19] = [
    REPLAY_REFUSED,
    RETRIED,
    REPLAY_ACCEPTED,
    ID_REUSED,
    REVOKED,
    UNACCEPTED,
    REPEATED,
    OVER,
    UNATTESTED,
    BROKEN_OFF,
    MISMATCH,
    UNREVIEWED,
    OVERRUN,
    EXCEEDED,
    WRONG_RECEIVER,
    UNPROVEN,
    OLD_KEY,
    NEW_KEY,
    UNCLEAR,
];

/// The names of what is found beside what rules describe.
pub(super) fn types() -> impl Iterator<Item = &'static str> {
    ALL.into_iter().map(|Told(kind, ..)| kind).chain(["clock_anomaly", "log_break", "unreadable_line"])
}
