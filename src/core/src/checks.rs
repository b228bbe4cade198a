//! One pure function per rule: values in, `Result<(), Reason>` out. The gate puts them in order.

use crate::capability::{Capability, UnverifiedCapability};
use crate::chain::DelegationChain;
use crate::crypto::{self, KeyTables};
use crate::decision::{Code, Reason};
use crate::grant::{Excess, Permissions, actions_within, constraints_within};
use crate::identity;
use crate::json;
use crate::limits::MAX_ACTIONS;
use crate::packet::{self, Content};
use crate::registry::AgentRecord;
use crate::time::Timestamp;

/// How long things may live, and how far clocks may differ. All in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimits {
    /// Clock difference allowed at issuance.
    pub skew: u32,
    /// How long after its expiry a packet is still admitted.
    pub grace: u32,
    /// Longest TTL of a write packet.
    pub write_ttl: u32,
    /// Longest TTL of a read packet.
    pub read_ttl: u32,
    /// Longest life of any packet.
    pub lifetime: u32,
}

/// Lengths and alphabets of a packet's fields (catalogue B11, B12).
///
/// # Errors
/// `field_invalid` with the field.
pub fn fields(content: &Content) -> Result<(), Reason> {
    packet::check_content(content, "/packet").map_err(Reason::from)
}

/// Comparing grants takes time in the product of their lengths.
fn few_actions(permissions: &Permissions, at: impl Into<String>) -> Result<(), Reason> {
    if permissions.allowed_actions.len() <= MAX_ACTIONS {
        return Ok(());
    }
    Err(Reason::at(Code::FieldInvalid, format!("more than {MAX_ACTIONS} actions in one grant"), at))
}

/// The key is bound to the sender: by the registry's record, or by the id itself where the receiver
/// chose to trust any key whose hash the id is (catalogue B01, B02).
///
/// # Errors
/// `agent_unknown` or `public_key_mismatch`.
pub fn identity(agent: &str, key: &crypto::PublicKey, record: Option<&AgentRecord>, now: Timestamp) -> Result<(), Reason> {
    match record {
        None => Err(Reason::new(Code::AgentUnknown, format!("no registry entry for `{agent}`"))),
        Some(record) if record.binds(key, now) => Ok(()),
        Some(_) => Err(Reason::new(Code::PublicKeyMismatch, format!("the key is not one that `{agent}` holds now"))),
    }
}

/// The binding of a self-certifying id.
///
/// # Errors
/// `agent_id_mismatch`.
pub fn self_certified(agent: &str, key: &crypto::PublicKey) -> Result<(), Reason> {
    let own = identity::agent_id(key);
    if own == agent {
        Ok(())
    } else {
        Err(Reason::new(Code::AgentIdMismatch, format!("`{agent}` is not the hash of the key, which is `{own}`")))
    }
}

/// The agent is not revoked (catalogue B10).
///
/// # Errors
/// `agent_revoked`.
pub fn not_revoked(agent: &str, record: &AgentRecord, now: Timestamp) -> Result<(), Reason> {
    if record.is_revoked(now) { Err(Reason::new(Code::AgentRevoked, format!("`{agent}` is revoked"))) } else { Ok(()) }
}

/// The packet is for one of the receiver's own ids (catalogue B03).
///
/// # Errors
/// `wrong_audience`.
pub fn audience(to_agent: &str, own: &[String]) -> Result<(), Reason> {
    if own.iter().any(|id| id == to_agent) {
        return Ok(());
    }
    Err(Reason::at(Code::WrongAudience, format!("the packet is for `{to_agent}`"), "/packet/to_agent"))
}

/// Valid from `issued_at` − skew to `expires_at` + grace, the end excluded (catalogue D06, D12,
/// D13).
///
/// # Errors
/// `expiry_missing`, `malformed_time_window`, `issued_in_future` or `expired`.
pub fn time_window(content: &Content, limits: TimeLimits, now: Timestamp) -> Result<(), Reason> {
    let expires = content.expires_at.ok_or_else(|| Reason::at(Code::ExpiryMissing, "the packet never expires", "/packet/expires_at"))?;
    let issued = content.issued_at;
    if issued.micros() > expires.micros() {
        return Err(Reason::new(Code::MalformedTimeWindow, format!("issued {} and expired {}", issued.zulu(), expires.zulu())));
    }
    if issued.micros().saturating_sub(seconds(limits.skew)) > now.micros() {
        return Err(Reason::new(Code::IssuedInFuture, format!("issued {}, and now is {}", issued.zulu(), now.zulu())));
    }
    if now.micros() >= expires.micros().saturating_add(seconds(limits.grace)) {
        return Err(Reason::new(Code::Expired, format!("expired {}, and now is {}", expires.zulu(), now.zulu())));
    }
    Ok(())
}

/// The receiver's table is a maximum, whatever TTL the sender bound into the packet (catalogue D04,
/// D05, D11). A strict gate wants a risk level.
///
/// # Errors
/// `risk_level_required`, `ttl_policy_mismatch` or `lifetime_exceeded`.
pub fn ttl_policy(content: &Content, limits: TimeLimits, strict: bool) -> Result<(), Reason> {
    match (content.risk_level, &content.ttl_seconds) {
        (Some(risk), Some(ttl)) => {
            let most = match risk {
                packet::RiskLevel::Read => limits.read_ttl,
                packet::RiskLevel::Write => limits.write_ttl,
            };
            if ttl.saturating_i64() > most.into() {
                let message = format!("a {} packet may live {most} s here, this one lives {ttl} s", risk.as_str());
                return Err(Reason::at(Code::TtlPolicyMismatch, message, "/packet/ttl_seconds"));
            }
        }
        _ if strict => return Err(Reason::at(Code::RiskLevelRequired, "a risk level is required here", "/packet/risk_level")),
        _ => {}
    }
    let life = content.expires_at.map_or(i64::MAX, |end| end.micros().saturating_sub(content.issued_at.micros()));
    if life > seconds(limits.lifetime) {
        let message = format!("a packet may live {} s here, this one lives {} s", limits.lifetime, life / 1_000_000);
        return Err(Reason::at(Code::LifetimeExceeded, message, "/packet/expires_at"));
    }
    Ok(())
}

/// Depth, consistency, loops and narrowing of the claimed chain. It is unsigned, so it can only make
/// the gate stricter (catalogue C01, C02, C03).
///
/// # Errors
/// `depth_exceeded`, `chain_mismatch`, `chain_unproven`, `loop_detected` or `authority_escalation`.
pub fn chain(chain: &DelegationChain, content: &Content, max_depth: u32, strict: bool) -> Result<(), Reason> {
    let stated = content.provenance.as_ref().and_then(|p| p.delegation_depth.as_ref()).map_or(0, json::Integer::saturating_i64);
    let listed = i64::try_from(chain.packet_ids.len().max(chain.agents.len()).max(chain.hops.len())).unwrap_or(i64::MAX);
    let depth = stated.max(listed);
    if depth > max_depth.into() {
        return Err(Reason::new(Code::DepthExceeded, format!("{depth} delegations; at most {max_depth} are admitted")));
    }
    if chain.agents.len() != chain.packet_ids.len() {
        return Err(Reason::at(Code::ChainMismatch, "`agents` and `packet_ids` differ in length", "/chain/agents"));
    }
    if chain.agents.last() != Some(&content.from_agent) {
        return Err(Reason::at(Code::ChainMismatch, "the last of `agents` is not the sender", "/chain/agents"));
    }
    // The reference appends the same agent again when it relays its own packet.
    let mut passed = chain.agents.clone();
    passed.dedup();
    // Nobody signed the hops before this one.
    if strict && (passed.len() > 1 || stated > 1) {
        return Err(Reason::at(Code::ChainUnproven, "several hops, and no proof of the earlier ones", "/chain"));
    }
    // The depth above bounds how many there are.
    let repeats = passed.iter().enumerate().any(|(i, agent)| passed.iter().skip(i + 1).any(|later| later == agent));
    if repeats || passed.contains(&content.to_agent) {
        return Err(Reason::at(Code::LoopDetected, "the task returns to an agent it has passed", "/chain/agents"));
    }
    for (i, hop) in chain.hops.iter().enumerate() {
        few_actions(&hop.delegated_permissions, format!("/chain/hops/{i}/delegated_permissions/allowed_actions"))?;
    }
    for (i, pair) in chain.hops.windows(2).enumerate() {
        if let [outer, inner] = pair {
            let at = format!("/chain/hops/{}", i + 1);
            let inside = inner.delegated_permissions.within(&outer.delegated_permissions);
            inside.map_err(|excess| Reason::at(Code::AuthorityEscalation, excess.to_string(), at))?;
        }
    }
    Ok(())
}

/// Reads a packet's capability token and verifies its signature (catalogue F01, F15, F16, F19).
///
/// # Errors
/// `capability_invalid`, `token_noncanonical`, `capability_signature_invalid` or what is wrong with
/// its key.
pub fn capability_token(token: &str, keys: &mut KeyTables) -> Result<Capability, Reason> {
    let at = |reason: Reason| Reason { field: Some("/packet/capability_token".into()), ..reason };
    let read = UnverifiedCapability::decode(token, keys).map_err(|error| match Reason::from(error) {
        reason if matches!(reason.code, Code::InputTooLarge | Code::TokenNoncanonical) => at(reason),
        reason => at(Reason::new(Code::CapabilityInvalid, format!("the capability cannot be read: {reason}"))),
    })?;
    few_actions(&read.claimed().delegated_permissions, "/packet/capability_token")?;
    read.verify(keys).map_err(|error| at(Reason::new(Code::CapabilitySignatureInvalid, error.to_string())))
}

/// The time window of a capability (catalogue F02, F03).
///
/// # Errors
/// `malformed_time_window`, `capability_not_yet_valid` or `capability_expired`.
pub fn capability_window(capability: &Capability, limits: TimeLimits, now: Timestamp) -> Result<(), Reason> {
    let content = capability.content();
    if content.issued_at.micros() > content.expires_at.micros() {
        return Err(Reason::new(Code::MalformedTimeWindow, "the capability ends before it starts"));
    }
    if content.issued_at.micros().saturating_sub(seconds(limits.skew)) > now.micros() {
        return Err(Reason::new(Code::CapabilityNotYetValid, format!("the capability starts {}", content.issued_at.zulu())));
    }
    if now.micros() >= content.expires_at.micros() {
        return Err(Reason::new(Code::CapabilityExpired, format!("the capability ended {}", content.expires_at.zulu())));
    }
    Ok(())
}

/// The capability is handed on by its issuer to the receiver, or exercised by its subject, in either
/// case with the packet's own key (catalogue F12: a stolen token is worth nothing).
///
/// # Errors
/// `capability_subject_mismatch`.
pub fn capability_subject(capability: &Capability, subject: Option<&AgentRecord>, packet: &Content, now: Timestamp) -> Result<(), Reason> {
    let content = capability.content();
    let handed_on =
        content.issuer_agent == packet.from_agent && content.public_key == packet.public_key && content.subject_agent == packet.to_agent;
    // The packet's key has been bound to `from_agent` before; `subject` is that agent's record.
    let exercised = content.subject_agent == packet.from_agent && subject.is_none_or(|record| record.binds(&packet.public_key, now));
    if handed_on || exercised { Ok(()) } else { Err(Reason::plain(Code::CapabilitySubjectMismatch)) }
}

/// The issuer of the first capability may originate these actions (catalogue F04).
///
/// # Errors
/// `untrusted_root`.
pub fn trusted_root(capability: &Capability, issuer: &AgentRecord) -> Result<(), Reason> {
    let content = capability.content();
    actions_within(&content.delegated_permissions.allowed_actions, &issuer.roots).map_err(|excess| {
        let message = format!("`{}` is no root for this: {excess}", content.issuer_agent);
        Reason::at(Code::UntrustedRoot, message, "/packet/capability_token")
    })
}

/// What the packet permits, the capability it carries grants; what the capability demands, the packet
/// demands (catalogue F06, F07).
///
/// # Errors
/// `authority_escalation` or `constraint_relaxed`.
pub fn within_capability(packet: &Content, capability: &Capability) -> Result<(), Reason> {
    let granted = capability.content();
    let at = |field: &str, excess: Excess| Reason { field: Some(field.to_owned()), ..excess.into() };
    packet.permissions.within(&granted.delegated_permissions).map_err(|excess| match excess {
        Excess::ToolCalls => at("/packet/permissions/max_tool_calls", excess),
        _ => at("/packet/permissions/allowed_actions", excess),
    })?;
    constraints_within(packet.constraints.as_ref(), granted.constraints.as_ref()).map_err(|excess| at("/packet/constraints", excess))
}

/// AI provenance names its source (catalogue D10).
///
/// # Errors
/// `invalid_ai_provenance`.
pub fn ai_provenance(content: &Content) -> Result<(), Reason> {
    packet::check_ai_provenance(content.ai_provenance.as_deref(), "/packet/ai_provenance").map_err(Reason::from)
}

fn seconds(n: u32) -> i64 {
    i64::from(n) * 1_000_000
}
