//! What an envelope says it comes from, hop by hop, and which of it its signatures prove.

use crate::capability::{Capability, check_chain};
use crate::chain::{Envelope, follows};
use crate::checks;
use crate::crypto::{KeyTables, PublicKey};
use crate::decision::{Code, Reason};
use crate::grant::{Constraints, Permissions};
use crate::identity::agent_id;
use crate::limits::{MAX_CAPABILITIES, MAX_DEPTH};
use crate::packet::{Packet, UnverifiedPacket};
use crate::time::Timestamp;
use crate::work::Work;

/// One packet or capability of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hop {
    /// Whether it is a capability and no packet.
    pub is_capability: bool,
    /// Its id; empty, as all the rest, where it cannot be read.
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
/// first. The rules are those of a gate that need nothing but the text: no clock, no trust, no store.
///
/// # Errors
/// Why the envelope cannot be read, or `depth_exceeded` for more than any gate admits.
pub fn lineage(text: &[u8]) -> Result<Vec<Hop>, Reason> {
    let (keys, work) = (&mut KeyTables::new(0), &mut Work::of(text.len()));
    let Envelope { packet, chain, proof } = Envelope::parse(text, keys)?;
    let listed = checks::chain(&chain, proof.as_ref(), packet.claimed(), MAX_DEPTH, false, work).err();
    let proof = proof.unwrap_or_default();
    if proof.capabilities.len() > MAX_CAPABILITIES {
        return Err(Reason::plain(Code::CapabilityChainInvalid));
    }
    let own = packet.claimed().clone();
    let mut hops = Vec::new();
    let mut before: Option<Packet> = None;
    for packet in proof.packets.into_iter().chain([packet]) {
        let (hop, proven) = packet_hop(packet, before.as_ref(), keys, work);
        hops.push(hop);
        before = proven;
    }
    if let Some(last) = hops.last_mut() {
        last.refusal = last.refusal.take().or(listed);
    }
    let mut tokens = proof.capabilities.to_vec();
    // Of another capability than the packet's nothing is proven, however sound its chain is.
    let mut fault = checks::presented(&own, Some(tokens.clone())).map(|presented| tokens = presented).err();
    let mut above = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        let is_leaf = i + 1 == tokens.len();
        let mut hop = match checks::capability_token(token, &format!("/proof/capabilities/{i}"), keys, work) {
            Ok(capability) => {
                above.push(capability);
                let contents: Vec<_> = above.iter().map(Capability::content).collect();
                let hop = above.last().map(capability_hop).unwrap_or_default();
                let leaf = above.last().filter(|_| is_leaf);
                let linked = check_chain(&contents, &mut Work::of(text.len())).map_err(Reason::from);
                let fits = leaf.map_or(Ok(()), |leaf| {
                    checks::capability_subject(leaf, &own).and_then(|()| checks::within_capability(&own, leaf, work))
                });
                Hop { refusal: linked.and(fits).err(), ..hop }
            }
            Err(reason) => Hop { refusal: Some(reason), is_capability: true, ..Hop::default() },
        };
        if is_leaf {
            hop.refusal = hop.refusal.or(fault.take());
        }
        hops.push(hop);
    }
    Ok(hops)
}

fn capability_hop(capability: &Capability) -> Hop {
    let content = capability.content();
    Hop {
        is_capability: true,
        id: content.capability_id.clone(),
        from: content.issuer_agent.clone(),
        to: content.subject_agent.clone(),
        id_matches_key: is_own(&content.issuer_agent, &content.public_key),
        permissions: content.delegated_permissions.clone(),
        constraints: content.constraints.clone(),
        expires_at: Some(content.expires_at),
        refusal: None,
    }
}

fn packet_hop(packet: UnverifiedPacket, before: Option<&Packet>, keys: &mut KeyTables, work: &mut Work) -> (Hop, Option<Packet>) {
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
        Some(parent) => follows(parent.content(), proven.content(), work).map_err(Reason::from),
        None => Ok(()),
    });
    hop.refusal = follows.err();
    (hop, proven.ok())
}

fn is_own(agent: &str, key: &PublicKey) -> bool {
    agent_id(key) == agent
}
