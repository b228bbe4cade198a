//! Which key speaks for which agent, as accepted packets and told rotations show it.

use super::clock::{DAY, SECOND};
use super::event::Event;
use super::finding::Finding;
use super::names::{BoxMap, Names};
use super::told::{NEW_KEY, OLD_KEY};
use crate::scan::Name;

/// How far the clocks of two hosts may be apart.
pub(super) const SKEW: i64 = 30 * SECOND;

/// How long an old key is taken after a rotation that tells nothing of it.
const OVERLAP: i64 = 30 * SECOND;

/// Most keys of one agent that are told apart.
const MOST: usize = 8;

#[derive(Debug, Default)]
struct Agent {
    /// Hashed fingerprints with which it was accepted, each with the first line; the latest one last.
    seen: Vec<(u64, u64)>,
    changed_at: Option<i64>,
    rotation: Option<Rotation>,
    /// A key that was told of.
    told: u64,
}

#[derive(Debug, Clone, Copy)]
struct Rotation {
    key: u64,
    at: Option<i64>,
    line: u64,
    overlap: i64,
}

#[derive(Debug)]
pub(super) struct Keys {
    agents: BoxMap<Agent>,
    max: usize,
    pub(super) is_full: bool,
}

impl Keys {
    pub(super) fn new(max: usize) -> Self {
        Self { agents: BoxMap::default(), max, is_full: false }
    }

    pub(super) fn len(&self) -> usize {
        self.agents.len()
    }

    fn agent(&mut self, agent: u64) -> Option<&mut Agent> {
        if self.agents.len() >= self.max && !self.agents.contains_key(&agent) {
            self.is_full = true;
            return None;
        }
        Some(self.agents.entry(agent).or_default())
    }

    /// An agent has another key. Each gate tells of it, some of them late.
    pub(super) fn rotated(&mut self, names: &Names, event: Event<'_>) {
        let Some(id) = event.line.bytes(Name::AgentId) else { return };
        let key = event.hashed(names, "key", Name::Fingerprint);
        let Some(agent) = self.agent(names.of(&[b"agent", &id])).filter(|_| key != 0) else { return };
        let is_older = agent.rotation.is_some_and(|known| known.at.zip(event.at).is_some_and(|(known, at)| at < known));
        if is_older || agent.rotation.is_some_and(|known| known.key == key) {
            return;
        }
        let overlap = core::str::from_utf8(event.line.raw(Name::OverlapSeconds)).ok().and_then(|text| text.parse().ok());
        let overlap = overlap.map_or(OVERLAP, |seconds: u32| i64::from(seconds) * SECOND);
        agent.rotation = Some(Rotation { key, at: event.at, line: event.number, overlap });
    }

    /// A packet of `event.from` was accepted with `key`.
    pub(super) fn accepted(&mut self, key: u64, event: Event<'_>, out: &mut Vec<Finding>) {
        if event.from == 0 || key == 0 {
            return;
        }
        let Some(agent) = self.agent(event.from) else { return };
        let of_agent = || event.shown(Name::FromAgent);
        if let Some(rotation) = agent.rotation {
            let end = rotation.at.map(|at| at.saturating_add(rotation.overlap).saturating_add(SKEW));
            let is_over = end.zip(event.at).is_none_or(|(end, at)| at > end);
            if key != rotation.key && is_over && agent.told != key {
                agent.told = key;
                let sentence = format!(
                    "The packet {} was accepted with a key of {} that is not the one which took its place in line {}.",
                    event.packet(),
                    of_agent(),
                    rotation.line
                );
                out.push(event.told(OLD_KEY, &[rotation.line, event.number], sentence));
            }
            return;
        }
        let Some((latest, before)) = agent.seen.last().copied() else {
            agent.seen.push((key, event.number));
            return;
        };
        if key == latest {
            return;
        }
        let returned = agent.seen.iter().position(|(seen, _)| *seen == key);
        let is_soon = agent.changed_at.zip(event.at).is_some_and(|(changed, at)| at.saturating_sub(changed) < DAY);
        agent.changed_at = event.at;
        let first = returned.map_or(event.number, |place| agent.seen.remove(place).1);
        if agent.seen.len() < MOST {
            agent.seen.push((key, first));
        }
        let is_many = returned.is_some() || agent.seen.len() > 2 && is_soon;
        if is_many && agent.told == u64::MAX {
            return;
        }
        let (told, why) = if is_many { (OLD_KEY, "several keys in turn") } else { (NEW_KEY, "another key") };
        if is_many {
            agent.told = u64::MAX;
        }
        let sentence =
            format!("Packets of {} were accepted with {why}, lines {before} and {}, and no rotation is told.", of_agent(), event.number);
        out.push(event.told(told, &[before, event.number], sentence));
    }
}
