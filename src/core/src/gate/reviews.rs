//! What people have said of a packet so far.

use crate::approval::{Approval, Verdict};
use crate::crypto::PublicKey;
use crate::decision::Reason;
use crate::limits::{MAX_LIFETIME_SECONDS, MAX_SKEW_SECONDS};
use crate::time::Timestamp;

/// The approvals of this packet so far.
#[derive(Debug, Default)]
pub(super) struct Reviews {
    /// What they approve, in lower-case hexadecimal.
    pub(super) digest: String,
    /// Bound to this packet, in time, signed with the key they name, by whoever may be a reviewer.
    pub(super) candidates: Vec<Approval>,
    /// How many texts more are looked at.
    pub(super) room: usize,
    /// Why some do not count, for people.
    pub(super) notes: Vec<String>,
    /// Whether this packet needs a review at all.
    pub(super) is_needed: bool,
    /// Whether the host's own word was taken.
    pub(super) is_waived: bool,
    /// Until when the nonce must be remembered, where a review was relied on.
    pub(super) held_until: Option<Timestamp>,
    /// How many counted when people were asked last.
    pub(super) waited_with: Option<u32>,
    /// The receiver's ids that the host was asked for, and the keys that it holds under them.
    pub(super) own: Vec<String>,
    pub(super) own_keys: Vec<PublicKey>,
    /// Agents that could not be looked up, and why.
    pub(super) unreachable: Vec<(String, Reason)>,
}

impl Reviews {
    pub(super) const fn held_until(&self) -> Option<Timestamp> {
        self.held_until
    }

    /// They are looked up again.
    pub(super) fn forget_failures(&mut self) {
        self.unreachable.clear();
    }

    pub(super) fn said(&self, decision: Verdict) -> impl Iterator<Item = &Approval> {
        self.candidates.iter().filter(move |approval| approval.content().body.decision == decision)
    }

    /// Since when the host's own word may hold, which names no time: as long as any approval.
    pub(super) fn relied_since(&self) -> Option<Timestamp> {
        let held_until = self.held_until.filter(|_| self.is_waived)?;
        held_until.plus_seconds(-2 * i64::from(MAX_LIFETIME_SECONDS + MAX_SKEW_SECONDS)).ok()
    }
}
