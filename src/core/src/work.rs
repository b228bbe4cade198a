//! What a decision may cost: one budget, counted in units of about the work of scanning one byte.
//!
//! A text is read in time linear in its length. What it may ask for beyond that (grants held against
//! each other, signatures) is paid out of a budget that grows with its length, so that no text
//! is slower than a few times the slowest genuine one of its size.

use crate::limits::{WORK_AT_LEAST, WORK_BYTES, WORK_PER_BYTE};

/// The budget is used up: what has not been decided by then is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("judging it takes more work than a text of its size may cost")]
pub struct Exhausted;

/// A budget of units, and how many were spent.
#[derive(Debug, Clone)]
pub struct Work {
    left: u64,
    done: u64,
}

impl Work {
    /// What a text of `bytes` may cost.
    ///
    /// ```
    /// use trusthandoff::work::Work;
    /// let mut work = Work::of(1_000);
    /// assert!(work.spend(1_000).is_ok());
    /// assert!(work.spend(usize::MAX).is_err());
    /// assert!(work.spend(1).is_err(), "nothing is left");
    /// ```
    #[must_use]
    pub fn of(bytes: usize) -> Self {
        let mut work = Self { left: WORK_AT_LEAST, done: 0 };
        work.allow(bytes.min(WORK_BYTES));
        work
    }

    /// As much more as `bytes` of another text may cost, which came later or from the host.
    pub fn allow(&mut self, bytes: usize) {
        self.left = self.left.saturating_add(units(bytes).saturating_mul(WORK_PER_BYTE));
    }

    /// Takes `units` from the budget.
    ///
    /// # Errors
    /// [`Exhausted`] where fewer are left; then none is.
    pub fn spend(&mut self, cost: usize) -> Result<(), Exhausted> {
        let cost = units(cost);
        let enough = cost <= self.left;
        let cost = cost.min(self.left);
        self.left -= cost;
        self.done = self.done.saturating_add(cost);
        if enough { Ok(()) } else { Err(Exhausted) }
    }

    /// How many units were spent.
    #[must_use]
    pub const fn done(&self) -> u64 {
        self.done
    }
}

fn units(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
