//! Under which names a host may have revoked any of what is about to be trusted.

use super::case::Case;
use crate::capability::Capability;
use crate::crypto::PublicKey;
use crate::revocation::Target;

/// Everything at once first; where something is revoked, what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RevocationScope {
    All,
    Agents,
    Capabilities,
}

/// The packet, its ancestors and every capability above it: what is revoked takes all that comes from
/// it along (catalogue F05). `others` are further agents whose word was taken.
pub(super) fn revocation_keys(case: &Case, others: &[(&str, &PublicKey)], scope: RevocationScope) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    let mut add = |target: Target| {
        let key = target.to_string();
        if !keys.contains(&key) {
            keys.push(key);
        }
    };
    let mut agent = |id: &str, key: &PublicKey| {
        add(Target::Agent(id.to_owned()));
        add(Target::key(key));
    };
    if scope != RevocationScope::Capabilities {
        for packet in case.packets() {
            agent(&packet.content().from_agent, &packet.content().public_key);
        }
        for (id, key) in others {
            agent(id, key);
        }
    }
    if scope == RevocationScope::All {
        for packet in case.packets() {
            add(Target::packet(&packet.content().public_key, &packet.content().packet_id));
            add(Target::digest(&packet.digest()));
        }
    }
    if scope != RevocationScope::Agents {
        for capability in case.relied_on() {
            let content = capability.content();
            add(Target::capability(&content.public_key, &content.capability_id));
            add(Target::digest(&capability.digest()));
            add(Target::Agent(content.issuer_agent.clone()));
            add(Target::key(&content.public_key));
        }
        // Who issued one of them may have revoked any below it.
        for (i, link) in case.links.iter().enumerate() {
            for above in case.capabilities().take(i).map(Capability::content) {
                for below in [Some(&link.capability), link.successor.as_ref()].into_iter().flatten().map(Capability::content) {
                    add(Target::below(&above.issuer_agent, &below.public_key, &below.capability_id));
                }
            }
        }
    }
    keys
}
