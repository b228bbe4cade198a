//! What is kept of one packet.

use super::finding::Finding;
use crate::json::Value;

/// What has been seen of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks(u32);

impl Marks {
    pub(super) const STARTED: Self = Self(1);
    pub(super) const FINISHED: Self = Self(1 << 1);
    pub(super) const ATTESTED: Self = Self(1 << 2);
    pub(super) const UNATTESTED: Self = Self(1 << 3);
    /// Two packets of one receiver carry this id.
    pub(super) const SHARED: Self = Self(1 << 4);
    /// Another receiver has a packet of this id too.
    pub(super) const SPLIT: Self = Self(1 << 5);
    /// It was forgotten in between, and little is known of it.
    pub(super) const REVIVED: Self = Self(1 << 6);
    pub(super) const REFUSED: Self = Self(1 << 7);
    pub(super) const TOLD_UNACCEPTED: Self = Self(1 << 8);
    pub(super) const TOLD_REVOKED: Self = Self(1 << 9);
    pub(super) const TOLD_BUDGET: Self = Self(1 << 10);
    pub(super) const TOLD_REVIEW: Self = Self(1 << 11);
    pub(super) const TOLD_OVER: Self = Self(1 << 12);
    pub(super) const TOLD_REPEATED: Self = Self(1 << 13);
    pub(super) const TOLD_OUTCOME: Self = Self(1 << 14);
    /// It was accepted again, and that its task was run again for that is told.
    pub(super) const TOLD_AGAIN: Self = Self(1 << 15);
    /// A run after the first one goes on.
    pub(super) const RUNS_AGAIN: Self = Self(1 << 16);

    pub(super) const NONE: Self = Self(0);

    pub(super) const fn has(self, mark: Self) -> bool {
        self.0 & mark.0 != 0
    }

    pub(super) fn set(&mut self, mark: Self) {
        self.0 |= mark.0;
    }

    pub(super) fn clear(&mut self, mark: Self) {
        self.0 &= !mark.0;
    }

    /// Sets a mark; whether it was not set before.
    pub(super) fn first(&mut self, mark: Self) -> bool {
        let is_first = !self.has(mark);
        self.set(mark);
        is_first
    }
}

/// What is kept of a task whose outcome nobody has attested yet.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) packet: String,
    pub(super) agents: Vec<String>,
    /// Who tells of it, as a member of what is found.
    pub(super) gate: Option<(&'static str, Value)>,
    pub(super) line: u64,
    pub(super) at: i64,
    /// The hashed name of who tells of it.
    pub(super) producer: u64,
}

/// A finding that later lines may explain.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) finding: Finding,
    /// The hashed name of who told what it rests on.
    pub(super) producer: u64,
    pub(super) line: u64,
    pub(super) at: Option<i64>,
    pub(super) is_start: bool,
}

/// Findings of one packet that wait: for its acceptance, for the word of people, for whether who used a tool may do so.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) unaccepted: Option<Waiting>,
    pub(super) unreviewed: Option<Waiting>,
    pub(super) foreign: Option<Waiting>,
}

impl Held {
    pub(super) fn len(&self) -> usize {
        [&self.unaccepted, &self.unreviewed, &self.foreign].into_iter().filter(|waiting| waiting.is_some()).count()
    }
}

/// What ends a task, in the order of its telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    Ended,
    Stale,
    Revoked,
}

/// A moment, and the line that tells of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    pub(super) line: u64,
    pub(super) at: Option<i64>,
}

/// What people said, as a gate told it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) producer: u64,
    /// The hashed digest of what they saw.
    pub(super) digest: u64,
    pub(super) is_yes: bool,
    pub(super) told: Told,
}

/// What is kept of a packet. Hashes and lines are 0 where there are none.
#[derive(Debug)]
pub(super) struct Entry {
    /// The hashed id of the packet; 0 of a place that is free.
    pub(super) id: u64,
    /// The line of its acceptance.
    pub(super) accepted: u64,
    /// The hashed name of its sender, under which it can be revoked.
    pub(super) agent: u64,
    /// The lower half of the hashed name of who accepted it.
    pub(super) acceptor: u32,
    /// The minute from which on it may be forgotten.
    pub(super) end: u32,
    pub(super) more: Option<Box<More>>,
    pub(super) marks: Marks,
}

/// What not every log tells of a packet, apart from the rest: the smaller that is, the faster it is found.
#[derive(Debug)]
pub(super) struct More {
    /// Further hashed names under which it can be revoked: of its sender's key, its digest, its capability.
    pub(super) key: u64,
    pub(super) digest: u64,
    pub(super) capability: u64,
    /// The packets before it, and the hashed names under which its capabilities can be revoked.
    pub(super) ancestors: Option<Box<[u64]>>,
    pub(super) lineage: Option<Box<[u64]>>,
    pub(super) actions: Option<Box<[String]>>,
    pub(super) nonce: u64,
    /// To whom it is.
    pub(super) to: u64,
    /// The line of its latest further acceptance, and for how many of those no run was told yet.
    pub(super) again: u64,
    pub(super) unused: u32,
    pub(super) accepted_at: Option<i64>,
    pub(super) expires: Option<i64>,
    /// The hashed digest that people were to see.
    pub(super) review: u64,
    /// The latest words of people.
    pub(super) words: Vec<Word>,
    /// The hashed outcome and status, and the lines that told them first.
    pub(super) outcome: Option<(u64, u64)>,
    pub(super) status: Option<(u64, u64)>,
    pub(super) open: Option<Box<Open>>,
    pub(super) held: Option<Box<Held>>,
    /// Who told how its task ended.
    pub(super) finisher: u64,
    pub(super) over: Option<(Why, Told)>,
    pub(super) spent: Option<Told>,
    pub(super) last_use: Option<Told>,
    pub(super) used: u32,
    /// Calls of the packets that follow from it.
    pub(super) below: u32,
    pub(super) limit: u32,
}

impl More {
    const NONE: Self = Self {
        key: 0,
        digest: 0,
        capability: 0,
        ancestors: None,
        lineage: None,
        actions: None,
        nonce: 0,
        to: 0,
        again: 0,
        unused: 0,
        accepted_at: None,
        expires: None,
        review: 0,
        words: Vec::new(),
        outcome: None,
        status: None,
        open: None,
        held: None,
        finisher: 0,
        over: None,
        spent: None,
        last_use: None,
        used: 0,
        below: 0,
        limit: u32::MAX,
    };
}

impl Entry {
    pub(super) const FREE: Self = Self { id: 0, accepted: 0, agent: 0, acceptor: 0, end: 0, more: None, marks: Marks::NONE };

    /// What more there is.
    pub(super) fn more(&self) -> &More {
        static NONE: More = More::NONE;
        self.more.as_deref().unwrap_or(&NONE)
    }

    /// What more there is, to be added to.
    pub(super) fn more_mut(&mut self) -> &mut More {
        self.more.get_or_insert_with(|| Box::new(More::NONE))
    }

    pub(super) fn accept(&mut self, line: u64, producer: u64) {
        (self.accepted, self.acceptor) = (line, producer as u32);
    }

    /// Whether somebody else than `producer` accepted it, as far as that is known.
    pub(super) const fn is_anothers(&self, producer: u64) -> bool {
        self.acceptor != 0 && producer != 0 && self.acceptor != producer as u32
    }

    /// Whether its task was begun and nobody has told yet that it ended.
    pub(super) fn is_running(&self) -> bool {
        self.more().open.is_some() && !self.marks.has(Marks::FINISHED)
    }

    /// Ends what has to be known when nobody attests the outcome.
    pub(super) fn close(&mut self) -> Option<Box<Open>> {
        self.more.as_mut().and_then(|more| more.open.take())
    }

    /// Whether something waits.
    pub(super) fn waits(&self) -> bool {
        self.more().held.is_some()
    }

    /// Takes out what waits.
    pub(super) fn release(&mut self) -> Option<Box<Held>> {
        self.more.as_mut().and_then(|more| more.held.take())
    }

    /// What is over of the packet, to be told of.
    pub(super) fn ended(&mut self) -> Ended {
        let (open, held) = (self.close(), self.release());
        Ended { accepted: self.accepted, marks: self.marks, finisher: self.more().finisher, open, held }
    }

    /// What is over of the packet. Its place is free then, and nothing of it was moved.
    pub(super) fn end(&mut self) -> Ended {
        let ended = self.ended();
        *self = Self::FREE;
        ended
    }
}

/// What matters of a packet that is over.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) accepted: u64,
    pub(super) marks: Marks,
    pub(super) finisher: u64,
    pub(super) open: Option<Box<Open>>,
    pub(super) held: Option<Box<Held>>,
}
