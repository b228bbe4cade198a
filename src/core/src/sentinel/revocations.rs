//! What was revoked, and what rests on it.

use super::entry::{Entry, Marks, More};
use super::event::Event;
use super::finding::Finding;
use super::keys::SKEW;
use super::names::{Map, Names};
use super::told::{REVOKED, UNCLEAR};
use crate::crypto::sha256;
use crate::encoding::hex;
use crate::scan::Name;

#[derive(Debug, Clone, Copy)]
struct Revocation {
    line: u64,
    at: Option<i64>,
}

#[derive(Debug)]
pub(super) struct Revocations {
    revoked: Map<Revocation>,
    /// Capabilities under which packets were accepted that do not tell where those come from, with the first line.
    capabilities: Map<u64>,
    /// A capability was revoked that no packet named.
    stranger: Option<Revocation>,
    max: usize,
    /// Whether a packet was revoked by its id, so that ids have to be hashed.
    has_packet_ids: bool,
    pub(super) is_full: bool,
}

impl Revocations {
    pub(super) fn new(max: usize) -> Self {
        let (revoked, capabilities) = (Map::default(), Map::default());
        Self { revoked, capabilities, stranger: None, max, has_packet_ids: false, is_full: false }
    }

    pub(super) fn len(&self) -> usize {
        self.revoked.len().saturating_add(self.capabilities.len())
    }

    #[inline(never)]
    pub(super) fn revoke(&mut self, names: &Names, event: Event<'_>) {
        let Some(target) = event.line.text(Name::Target) else { return };
        let Some(name) = name_of(names, &target) else { return };
        self.has_packet_ids |= target.starts_with("packet|");
        let revocation = Revocation { line: event.number, at: event.at };
        if target.starts_with("capability|") && !self.capabilities.contains_key(&name) {
            self.stranger = Some(revocation);
        }
        if self.revoked.len() >= self.max {
            self.is_full = true;
            return;
        }
        // Each gate tells of it. It counts from the earliest time that one of them tells.
        let known = self.revoked.entry(name).or_insert(revocation);
        known.at = known.at.zip(revocation.at).map(|(known, at)| known.min(at));
    }

    /// A packet was accepted under a capability; where it comes from is told or not.
    pub(super) fn accepted(&mut self, entry: &Entry, event: Event<'_>, out: &mut Vec<Finding>) {
        let More { capability, lineage, .. } = entry.more();
        if *capability == 0 || lineage.is_some() {
            return;
        }
        let first = self.capabilities.get(capability).copied();
        if first.is_none() && self.capabilities.len() < self.max {
            self.capabilities.insert(*capability, event.number);
        }
        if let Some((stranger, first)) = self.stranger.zip(first)
            && first < stranger.line
            && !entry.marks.has(Marks::TOLD_REVOKED)
        {
            let sentence = format!(
                "The packet {} was accepted under a capability of which the log does not tell where it comes from, after one had been revoked in line {}.",
                event.packet(),
                stranger.line
            );
            out.push(event.told(UNCLEAR, &[stranger.line, event.number], sentence));
        }
    }

    /// Tells, once a packet, that something of it was revoked before.
    pub(super) fn check(&self, names: &Names, entry: &mut Entry, id: &[u8], what: &str, event: Event<'_>, out: &mut Vec<Finding>) {
        if self.revoked.is_empty() || entry.marks.has(Marks::TOLD_REVOKED) {
            return;
        }
        let More { key, digest, capability, ancestors, lineage, .. } = entry.more();
        let mut under =
            vec![(entry.agent, "its sender"), (*key, "the key of its sender"), (*digest, "the packet"), (*capability, "its capability")];
        under.extend(ancestors.iter().flatten().map(|digest| (*digest, "a packet before it")));
        under.extend(lineage.iter().flatten().map(|name| (*name, "its capability")));
        if self.has_packet_ids && *key != 0 {
            under.push((scoped(names, *key, &hex(&sha256(&[id]))), "the packet"));
        }
        // What stands behind it in the log came behind it, unless clocks say that it came long before.
        let is_before = |revoked: &Revocation| revoked.at.zip(event.at).is_none_or(|(revoked, at)| revoked.saturating_sub(SKEW) < at);
        let found = under.into_iter().find_map(|(name, of)| self.revoked.get(&name).filter(|r| is_before(r)).map(|r| (r.line, of)));
        if let Some((line, of)) = found {
            entry.marks.set(Marks::TOLD_REVOKED);
            let accepted = entry.accepted;
            let sentence =
                format!("The packet {} {what} in line {} although {of} had been revoked in line {line}.", event.packet(), event.number);
            out.push(event.told(REVOKED, &[line, accepted, event.number], sentence));
        }
    }
}

/// The hashed name of what is revoked.
pub(super) fn name_of(names: &Names, target: &str) -> Option<u64> {
    let (kind, rest) = target.split_once('|')?;
    Some(match (kind, rest.split_once('|')) {
        ("packet", Some((fingerprint, id))) => scoped(names, names.of(&[b"key", fingerprint.as_bytes()]), id),
        // Not every event names a capability with its issuer.
        ("capability", Some((_, id))) => names.of(&[b"capability", id.as_bytes()]),
        _ => names.of(&[kind.as_bytes(), rest.as_bytes()]),
    })
}

/// The hashed name of a capability by its id.
pub(super) fn capability(names: &Names, id: &[u8]) -> u64 {
    names.of(&[b"capability", hex(&sha256(&[id])).as_bytes()])
}

/// A packet that is revoked by its id is that of one key.
fn scoped(names: &Names, key: u64, id: &str) -> u64 {
    names.of(&[b"packet", &key.to_le_bytes(), id.as_bytes()])
}
