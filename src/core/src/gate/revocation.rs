//! Under which names a host may have revoked something.

use super::Proven;
use crate::crypto::sha256;
use crate::encoding::hex;

/// Everything at once first; where something is revoked, what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RevocationScope {
    All,
    Agents,
    Capabilities,
}

/// The names under which a host may have revoked any of what is about to be trusted.
pub(super) fn revocation_keys(proven: &Proven, scope: RevocationScope) -> Vec<String> {
    let content = proven.packet.content();
    let fp = content.public_key.fingerprint();
    let id_digest = |id: &str| hex(&sha256(&[id.as_bytes()]));
    let mut agents = vec![format!("agent|{}", content.from_agent), format!("key|{fp}")];
    let mut capabilities = Vec::new();
    if let Some(capability) = &proven.capability {
        let content = capability.content();
        let issuer = content.public_key.fingerprint();
        capabilities.push(format!("capability|{issuer}|{}", id_digest(&content.capability_id)));
        capabilities.push(format!("digest|{}", hex(&capability.digest())));
        capabilities.push(format!("agent|{}", content.issuer_agent));
        capabilities.push(format!("key|{issuer}"));
    }
    match scope {
        RevocationScope::Agents => agents,
        RevocationScope::Capabilities => capabilities,
        RevocationScope::All => {
            agents.push(format!("packet|{fp}|{}", id_digest(&content.packet_id)));
            agents.push(format!("digest|{}", hex(&proven.packet.digest())));
            for key in capabilities {
                if !agents.contains(&key) {
                    agents.push(key);
                }
            }
            agents
        }
    }
}
