//! What an envelope says it comes from, hop by hop, and which of it its signatures prove.

use crate::capability::{self, UnverifiedCapability};
use crate::chain::{Envelope, follows};
use crate::crypto::{KeyTables, PublicKey};
use crate::decision::{Code, Reason};
use crate::grant::{Constraints, Permissions};
use crate::identity::agent_id;
use crate::limits::{MAX_CAPABILITIES, MAX_DEPTH};
use crate::packet::{Packet, UnverifiedPacket};
use crate::time::Timestamp;

/// One packet or capability of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Whether it is a capability and no packet.
    pub is_capability: bool,
    /// Its id.
    pub id: String,
    /// Who signed.
    pub from: String,
    /// For whom.
    pub to: String,
    /// Whether the signer's id is the hash of the key.
    pub id_matches_key: bool,
    /// What it permits.
    pub permissions: Permissions,
    /// Under which constraints.
    pub constraints: Option<Constraints>,
    /// End of validity.
    pub expires_at: Option<Timestamp>,
    /// Why it proves nothing, if so: its own fault, or that it does not follow from the one before.
    pub refusal: Option<Reason>,
}

/// The packets of an envelope, oldest first, the last one being its own; then its capabilities, root
/// first. No clock, no trust, no store.
///
/// # Errors
/// Why the envelope cannot be read, or `depth_exceeded` for more than any gate admits.
pub fn lineage(text: &[u8]) -> Result<Vec<Hop>, Reason> {
    let keys = &mut KeyTables::new(0);
    let Envelope { packet, proof, .. } = Envelope::parse(text, keys)?;
    let proof = proof.unwrap_or_default();
    if proof.packets.len() >= usize::try_from(MAX_DEPTH).unwrap_or(usize::MAX) || proof.capabilities.len() > MAX_CAPABILITIES {
        return Err(Reason::plain(Code::DepthExceeded));
    }
    let tokens =
        if proof.capabilities.is_empty() { packet.claimed().capability_token.iter().cloned().collect() } else { proof.capabilities };
    let mut hops = Vec::new();
    let mut before: Option<Packet> = None;
    for packet in proof.packets.into_iter().chain([packet]) {
        let (hop, proven) = packet_hop(packet, before.as_ref(), keys);
        hops.push(hop);
        before = proven;
    }
    let mut above: Option<capability::Content> = None;
    for token in tokens {
        let read = UnverifiedCapability::decode(&token, keys)?;
        let content = read.claimed().clone();
        let verified = read.verify(keys).map(|_| ()).and_then(|()| match &above {
            Some(parent) => content.within(parent),
            None => capability::check_chain(&[&content]),
        });
        hops.push(Hop {
            is_capability: true,
            id: content.capability_id.clone(),
            from: content.issuer_agent.clone(),
            to: content.subject_agent.clone(),
            id_matches_key: is_own(&content.issuer_agent, &content.public_key),
            permissions: content.delegated_permissions.clone(),
            constraints: content.constraints.clone(),
            expires_at: Some(content.expires_at),
            refusal: verified.err().map(Reason::from),
        });
        above = Some(content);
    }
    Ok(hops)
}

fn packet_hop(packet: UnverifiedPacket, before: Option<&Packet>, keys: &mut KeyTables) -> (Hop, Option<Packet>) {
    let content = packet.claimed();
    let mut hop = Hop {
        is_capability: false,
        id: content.packet_id.clone(),
        from: content.from_agent.clone(),
        to: content.to_agent.clone(),
        id_matches_key: is_own(&content.from_agent, &content.public_key),
        permissions: content.permissions.clone(),
        constraints: content.constraints.clone(),
        expires_at: content.expires_at,
        refusal: None,
    };
    let proven = packet.verify(keys).map_err(Reason::from);
    let follows = proven.as_ref().map_err(Clone::clone).and_then(|proven| match before {
        Some(parent) => follows(parent.content(), proven.content()).map_err(Reason::from),
        None => Ok(()),
    });
    hop.refusal = follows.err();
    (hop, proven.ok())
}

fn is_own(agent: &str, key: &PublicKey) -> bool {
    agent_id(key) == agent
}
