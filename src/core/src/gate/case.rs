//! What a run has proven by itself: the packet, the packets it comes from, the capabilities it rests
//! on.

use super::ask::Counter;
use crate::capability::Capability;
use crate::checks::TimeLimits;
use crate::decision::Accepted;
use crate::limits::MAX_OVERLAP_SECONDS;
use crate::packet::{Content, Packet, RiskLevel};
use crate::revocation::Target;
use crate::time::Timestamp;

/// A packet whose signature has been verified, with what it rests on.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) packet: Packet,
    /// The packets before it, oldest first.
    pub(super) ancestors: Vec<Packet>,
    /// What its capability is to be proven with.
    pub(super) tokens: Vec<String>,
    /// What was proven with them, root first.
    pub(super) links: Vec<Link>,
}

/// A capability, and how long it admits.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) capability: Capability,
    pub(super) life: Life,
    /// What has taken its place.
    pub(super) successor: Option<Capability>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// To its own end.
    Own,
    /// It has ended, and another one may have taken its place.
    Ended,
    /// Another one has taken its place; it admits for the overlap.
    Extended,
}

impl Link {
    pub(super) const fn extension(&self) -> u32 {
        match self.life {
            Life::Own => 0,
            Life::Ended | Life::Extended => MAX_OVERLAP_SECONDS,
        }
    }
}

impl Case {
    pub(super) const fn content(&self) -> &Content {
        self.packet.content()
    }

    /// The packet and those before it.
    pub(super) fn packets(&self) -> impl Iterator<Item = &Packet> {
        self.ancestors.iter().chain([&self.packet])
    }

    /// The capabilities, and those that prolong one.
    pub(super) fn relied_on(&self) -> impl Iterator<Item = &Capability> {
        self.capabilities().chain(self.links.iter().filter_map(|link| link.successor.as_ref()))
    }

    pub(super) fn capabilities(&self) -> impl Iterator<Item = &Capability> {
        self.links.iter().map(|link| &link.capability)
    }

    /// Work that an AI made, here or before, and that is not said to read only, here and before: taint and
    /// risk follow the chain, and what states no risk is none the less one.
    pub(super) fn is_ai_write(&self) -> bool {
        let contents = || self.packets().map(Packet::content);
        contents().any(|content| content.ai_provenance.is_some()) && contents().any(|content| content.risk_level != Some(RiskLevel::Read))
    }

    /// The end of what it all rests on; none without an expiry, which no packet here lacks.
    pub(super) fn valid_until(&self, limits: TimeLimits) -> Option<Timestamp> {
        let later = |end: Timestamp, seconds: u32| end.plus_seconds(seconds.into()).unwrap_or(end);
        let packet = self.content().expires_at.map(|end| later(end, limits.grace));
        let links = self.links.iter().map(|link| later(link.capability.content().expires_at, link.extension()));
        links.chain(packet).min()
    }

    /// One more tool call counts under every limit there is: of the packet, of each packet before it and
    /// of each capability, so that siblings share what their parent has (catalogue F13).
    pub(super) fn counters(&self) -> Vec<Counter> {
        let of_packets = self.packets().map(Packet::content).map(|c| (&c.permissions, Target::packet(&c.public_key, &c.packet_id)));
        let of_capabilities = self.capabilities().map(Capability::content);
        let of_capabilities = of_capabilities.map(|c| (&c.delegated_permissions, Target::capability(&c.public_key, &c.capability_id)));
        let limit = |most: &crate::json::Integer| most.saturating_i64();
        of_packets
            .chain(of_capabilities)
            .filter_map(|(granted, target)| {
                granted.max_tool_calls.as_ref().map(|most| Counter { key: target.to_string(), limit: limit(most) })
            })
            .collect()
    }

    /// When the earliest of what has a counter was issued.
    pub(super) fn counted_since(&self) -> Option<Timestamp> {
        let packets = self.packets().map(Packet::content).map(|c| (&c.permissions, c.issued_at));
        let capabilities = self.capabilities().map(Capability::content).map(|c| (&c.delegated_permissions, c.issued_at));
        packets.chain(capabilities).filter(|(granted, _)| granted.max_tool_calls.is_some()).map(|(_, issued_at)| issued_at).min()
    }

    /// The latest end of anything it rests on, overlap included: until then its counters are needed, or a
    /// spent budget would start afresh.
    pub(super) fn counted_until(&self) -> Option<Timestamp> {
        let packets = self.packets().filter_map(|packet| packet.content().expires_at);
        let end = packets.chain(self.capabilities().map(|capability| capability.content().expires_at)).max()?;
        Some(end.plus_seconds(MAX_OVERLAP_SECONDS.into()).unwrap_or(end))
    }

    pub(super) fn accepted(self, valid_until: Timestamp) -> Accepted {
        let capabilities = self.links.into_iter().map(|link| link.capability).collect();
        Accepted { packet: self.packet, ancestors: self.ancestors, capabilities, valid_until }
    }
}
