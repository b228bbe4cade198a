//! One pure function per rule: values in, `Result<(), Reason>` out. The gate puts them in order.

use crate::action::{self, Grants};
use crate::approval::Approval;
use crate::attestation::{Attestation, UnverifiedAttestation};
use crate::capability::{Capability, UnverifiedCapability, check_chain};
use crate::chain::{DelegationChain, Proof, follows};
use crate::crypto::{self, KeyTables, sha256};
use crate::decision::{Code, Reason};
use crate::grant::{Excess, Permissions, actions_within, constraints_within};
use crate::identity;
use crate::json;
use crate::limits::{MAX_ACTIONS, MAX_CAPABILITIES, MAX_LIFETIME_SECONDS, WORK_OF_SIGNATURE};
use crate::packet::{self, Content, Packet, UnverifiedPacket};
use crate::registry::AgentRecord;
use crate::revocation::{Revocation, Target};
use crate::time::Timestamp;
use crate::work::Work;

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
    /// Longest life of any capability.
    pub capability: u32,
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
/// the gate stricter (catalogue C01, C02, C03); beside a proof it lists what the proof proves.
///
/// # Errors
/// `capability_chain_invalid`, `depth_exceeded`, `chain_mismatch`, `chain_unproven`, `loop_detected`,
/// `authority_escalation` or `work_exceeded`.
pub fn chain(
    chain: &DelegationChain,
    proof: Option<&Proof>,
    content: &Content,
    max_depth: u32,
    strict: bool,
    work: &mut Work,
) -> Result<(), Reason> {
    let capabilities = proof.map_or(0, |proof| proof.capabilities.len());
    if capabilities > MAX_CAPABILITIES {
        let message = format!("{capabilities} capabilities; at most {MAX_CAPABILITIES} are admitted");
        return Err(Reason::at(Code::CapabilityChainInvalid, message, "/proof/capabilities"));
    }
    let stated = content.provenance.as_ref().and_then(|p| p.delegation_depth.as_ref()).map_or(0, json::Integer::saturating_i64);
    let proven = proof.map_or(1, |proof| proof.packets.len().saturating_add(1));
    let listed = [chain.packet_ids.len(), chain.agents.len(), chain.hops.len(), capabilities, proven].into_iter().max().unwrap_or(0);
    let depth = stated.max(i64::try_from(listed).unwrap_or(i64::MAX));
    if i64::try_from(capabilities).unwrap_or(i64::MAX) > max_depth.into() {
        let message = format!("{capabilities} capabilities; at most {max_depth} delegations are admitted");
        return Err(Reason::at(Code::DepthExceeded, message, "/proof/capabilities"));
    }
    if depth > max_depth.into() {
        return Err(Reason::new(Code::DepthExceeded, format!("{depth} delegations; at most {max_depth} are admitted")));
    }
    if chain.agents.len() != chain.packet_ids.len() {
        return Err(Reason::at(Code::ChainMismatch, "`agents` and `packet_ids` differ in length", "/chain/agents"));
    }
    // The depth above bounds how many there are.
    let mut passed = chain.agents.to_vec();
    if passed.last() != Some(&content.from_agent) {
        return Err(Reason::at(Code::ChainMismatch, "the last of `agents` is not the sender", "/chain/agents"));
    }
    if let Some(proof) = proof {
        lists_the_proof(chain, proof, content)?;
    }
    // The reference appends the same agent again when it relays its own packet.
    passed.dedup();
    // Nobody signed the hops before the proven ones.
    let claimed = stated.max(i64::try_from(passed.len().max(chain.hops.len())).unwrap_or(i64::MAX));
    if strict && claimed > i64::try_from(proven).unwrap_or(i64::MAX) {
        return Err(Reason::at(Code::ChainUnproven, "several hops, and no proof of the earlier ones", "/chain"));
    }
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
            let inside = inner.delegated_permissions.within(&outer.delegated_permissions, work);
            inside.map_err(|excess| Reason { field: Some(at), ..excess.into() })?;
        }
    }
    Ok(())
}

fn lists_the_proof(chain: &DelegationChain, proof: &Proof, content: &Content) -> Result<(), Reason> {
    let contents = || proof.packets.iter().map(UnverifiedPacket::claimed).chain([content]);
    if !contents().map(|c| c.packet_id.as_str()).eq(chain.packet_ids.iter()) {
        return Err(Reason::at(Code::ChainMismatch, "`packet_ids` lists other packets than are proven", "/chain/packet_ids"));
    }
    if !contents().map(|c| c.from_agent.as_str()).eq(chain.agents.iter()) {
        return Err(Reason::at(Code::ChainMismatch, "`agents` lists other agents than are proven", "/chain/agents"));
    }
    Ok(())
}

/// Proves the packets before `content`: fields, signature and time of each, and that each next one
/// follows from it.
///
/// # Errors
/// The code of the rule that one of them breaks, with its place in the proof.
pub fn ancestors(
    packets: Vec<UnverifiedPacket>,
    content: &Content,
    limits: TimeLimits,
    now: Timestamp,
    keys: &mut KeyTables,
    work: &mut Work,
) -> Result<Vec<Packet>, Reason> {
    let mut proven: Vec<Packet> = Vec::with_capacity(packets.len());
    for (i, packet) in packets.into_iter().enumerate() {
        let at = ancestor_at(i);
        packet::check_content(packet.claimed(), &format!("/proof/packets/{i}")).map_err(Reason::from)?;
        work.spend(WORK_OF_SIGNATURE)?;
        let packet = packet.verify(keys).map_err(|error| at(error.into()))?;
        time_window(packet.content(), limits, now).map_err(&at)?;
        ai_provenance(packet.content()).map_err(&at)?;
        proven.push(packet);
    }
    let children = proven.iter().skip(1).map(Packet::content).chain([content]);
    for (i, (parent, child)) in proven.iter().zip(children).enumerate() {
        follows(parent.content(), child, work).map_err(|broken| ancestor_at(i)(broken.into()))?;
    }
    Ok(proven)
}

/// Says of a refusal that it concerns the ancestor number `i`.
pub fn ancestor_at(i: usize) -> impl Fn(Reason) -> Reason {
    move |reason| Reason { field: Some(format!("/proof/packets/{i}")), ..reason }
}

/// The tokens that prove the packet's capability, root first: those presented, whose last is the packet's
/// own, or the packet's own alone.
///
/// # Errors
/// `capability_chain_invalid`.
pub fn presented(content: &Content, proof: Option<Vec<String>>) -> Result<Vec<String>, Reason> {
    let own: Vec<String> = content.capability_token.iter().cloned().collect();
    match proof {
        Some(tokens) if !tokens.is_empty() => {
            if tokens.last() == own.last() {
                Ok(tokens)
            } else {
                let message = "the last capability of the proof is not the packet's own";
                Err(Reason::at(Code::CapabilityChainInvalid, message, "/proof/capabilities"))
            }
        }
        _ => Ok(own),
    }
}

/// Reads a chain of tokens, verifies each signature and that each follows from the one before it
/// (catalogue F01, F05, F07, F11, F15, F16, F19).
///
/// # Errors
/// `capability_invalid`, `token_noncanonical`, `capability_signature_invalid`, `parent_missing`,
/// `capability_chain_invalid`, `authority_escalation`, `constraint_relaxed` or `work_exceeded`.
pub fn capabilities(tokens: &[String], keys: &mut KeyTables, work: &mut Work) -> Result<Vec<Capability>, Reason> {
    let last = tokens.len().saturating_sub(1);
    let mut chain = Vec::with_capacity(tokens.len());
    for (i, token) in tokens.iter().enumerate() {
        let at = if i == last { "/packet/capability_token".to_owned() } else { format!("/proof/capabilities/{i}") };
        chain.push(capability_token(token, &at, keys, work)?);
    }
    let contents: Vec<_> = chain.iter().map(Capability::content).collect();
    check_chain(&contents, work).map_err(|error| Reason { field: Some("/packet/capability_token".into()), ..error.into() })?;
    Ok(chain)
}

/// Reads one token, which stands at the JSON pointer `at`, and verifies its signature.
///
/// # Errors
/// `capability_invalid`, `input_too_large`, `token_noncanonical`, `field_invalid`, `work_exceeded` or
/// `capability_signature_invalid`.
pub fn capability_token(token: &str, at: &str, keys: &mut KeyTables, work: &mut Work) -> Result<Capability, Reason> {
    let at = |reason: Reason| Reason { field: Some(at.to_owned()), ..reason };
    let read = UnverifiedCapability::decode(token, keys).map_err(|error| match Reason::from(error) {
        reason if matches!(reason.code, Code::InputTooLarge | Code::TokenNoncanonical) => at(reason),
        reason => at(Reason::new(Code::CapabilityInvalid, format!("the capability cannot be read: {reason}"))),
    })?;
    few_actions(&read.claimed().delegated_permissions, "").map_err(at)?;
    // What is a capability is long enough to pay for its signature.
    work.spend(WORK_OF_SIGNATURE)?;
    read.verify(keys).map_err(|error| at(Reason::new(Code::CapabilitySignatureInvalid, error.to_string())))
}

/// The time window of a capability (catalogue F02, F03). `extension` is how many seconds beyond its end
/// it still admits.
///
/// # Errors
/// `malformed_time_window`, `capability_not_yet_valid`, `capability_expired` or `lifetime_exceeded`.
pub fn capability_window(capability: &Capability, limits: TimeLimits, extension: u32, now: Timestamp) -> Result<(), Reason> {
    let content = capability.content();
    if content.issued_at.micros() > content.expires_at.micros() {
        return Err(Reason::new(Code::MalformedTimeWindow, "the capability ends before it starts"));
    }
    if content.issued_at.micros().saturating_sub(seconds(limits.skew)) > now.micros() {
        return Err(Reason::new(Code::CapabilityNotYetValid, format!("the capability starts {}", content.issued_at.zulu())));
    }
    if now.micros() >= content.expires_at.micros().saturating_add(seconds(extension)) {
        return Err(Reason::new(Code::CapabilityExpired, format!("the capability ended {}", content.expires_at.zulu())));
    }
    let life = content.expires_at.micros().saturating_sub(content.issued_at.micros());
    if life > seconds(limits.capability) {
        let message = format!("a capability may live {} s here, this one lives {} s", limits.capability, life / 1_000_000);
        return Err(Reason::at(Code::LifetimeExceeded, message, "/packet/capability_token"));
    }
    Ok(())
}

/// The capability is handed on by its issuer to the receiver, or exercised by its subject, in either
/// case with the packet's own key (catalogue F12: a stolen token is worth nothing).
///
/// # Errors
/// `capability_subject_mismatch`.
pub fn capability_subject(capability: &Capability, packet: &Content) -> Result<(), Reason> {
    let content = capability.content();
    let handed_on =
        content.issuer_agent == packet.from_agent && content.public_key == packet.public_key && content.subject_agent == packet.to_agent;
    // The packet's key is bound to `from_agent` by another rule.
    let exercised = content.subject_agent == packet.from_agent;
    if handed_on || exercised { Ok(()) } else { Err(Reason::plain(Code::CapabilitySubjectMismatch)) }
}

/// The issuer of the first capability may originate these actions (catalogue F04).
///
/// # Errors
/// `untrusted_root` or `work_exceeded`.
pub fn trusted_root(capability: &Capability, issuer: &AgentRecord, work: &mut Work) -> Result<(), Reason> {
    let content = capability.content();
    // The receiver's own list, as long as it likes.
    work.allow(issuer.roots.iter().map(String::len).sum());
    actions_within(&content.delegated_permissions.allowed_actions, &issuer.roots, work).map_err(|excess| {
        if let Excess::Undecided(exhausted) = excess {
            return exhausted.into();
        }
        let message = format!("`{}` is no root for this: {excess}", content.issuer_agent);
        Reason::at(Code::UntrustedRoot, message, "/packet/capability_token")
    })
}

/// What the packet permits, the capability it carries grants; what the capability demands, the packet
/// demands (catalogue F06, F07).
///
/// # Errors
/// `authority_escalation`, `constraint_relaxed` or `work_exceeded`.
pub fn within_capability(packet: &Content, capability: &Capability, work: &mut Work) -> Result<(), Reason> {
    let granted = capability.content();
    let at = |field: &str, excess: Excess| Reason { field: Some(field.to_owned()), ..excess.into() };
    packet.permissions.within(&granted.delegated_permissions, work).map_err(|excess| match excess {
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
    packet::check_ai_provenance(content.ai_provenance.as_ref(), "/packet/ai_provenance").map_err(Reason::from)
}

/// The action is one that the packet permits (catalogue B05).
///
/// # Errors
/// `action_not_permitted` or `work_exceeded`.
pub fn permitted(content: &Content, action: &str, work: &mut Work) -> Result<(), Reason> {
    if Grants::new(&content.permissions.allowed_actions.to_vec(), work)?.admit(action, work)? {
        return Ok(());
    }
    let shown: String = action.chars().take(256).collect();
    // Why a pattern that looks as if it admitted this does not.
    let why = action::check_requested(action).map_or_else(|error| format!(": {error}"), |()| String::new());
    Err(Reason::new(Code::ActionNotPermitted, format!("the packet does not permit `{shown}`{why}")))
}

/// The approval is one of this packet, in time, by a third party; whose word counts, a registry says.
/// The error says in a few words why it does not count.
///
/// # Errors
/// A phrase, not a code: an approval that does not count is no approval.
pub fn approval(approval: &Approval, packet: &Packet, digest: &str, limits: TimeLimits, now: Timestamp) -> Result<(), &'static str> {
    let (content, review) = (approval.content(), &approval.content().body);
    let packet = packet.content();
    if review.review_digest != digest {
        return Err("it is for another packet");
    }
    let life = review.expires_at.micros().saturating_sub(content.issued_at.micros());
    if life > seconds(MAX_LIFETIME_SECONDS) {
        return Err("it is valid for more than thirty days");
    }
    if content.issued_at.micros().saturating_sub(seconds(limits.skew)) > now.micros() {
        return Err("it lies in the future");
    }
    if now.micros() >= review.expires_at.micros() {
        return Err("it has expired");
    }
    if [&packet.from_agent, &packet.to_agent].contains(&&review.reviewer) || content.public_key == packet.public_key {
        return Err("sender and receiver do not review their own work");
    }
    Ok(())
}

/// The name under which `agent` revokes the last of `chain`, capabilities root first: as its own, or, where it issued one above, as
/// what stands below that.
#[must_use]
pub fn revoked_by(agent: &str, chain: &[Capability]) -> Option<Target> {
    let (last, above) = chain.split_last()?;
    let content = last.content();
    let is_above = content.issuer_agent != agent && above.iter().any(|capability| capability.content().issuer_agent == agent);
    Some(if is_above {
        Target::below(agent, &content.public_key, &content.capability_id)
    } else {
        Target::capability(&content.public_key, &content.capability_id)
    })
}

/// The signer may revoke the target: what it signed or holds itself, its own agent, what stands below a capability of its agent, or
/// anything as a revoker of the registry. `record` is what is known of the agent it says to be.
///
/// # Errors
/// `revocation_invalid`.
pub fn revoker(revocation: &Revocation, record: Option<&AgentRecord>, now: Timestamp) -> Result<(), Reason> {
    let (key, withdrawal) = (&revocation.content().public_key, &revocation.content().body);
    let target = &withdrawal.target;
    let may = record.is_some_and(|record| {
        // Also with a key that was lost since: what it signed itself, it may take back at any time.
        let was_held = record.keys.iter().any(|window| window.key == *key);
        let is_held = record.binds(key, now) && !record.is_revoked(now);
        let is_own = target.is_of_agent(&withdrawal.issuer) || record.keys.iter().any(|window| target.is_of(&window.key));
        (was_held && target.is_of(key)) || (is_held && (is_own || record.revoker))
    });
    if may {
        return Ok(());
    }
    Err(Reason::new(Code::RevocationInvalid, format!("`{}` may not revoke `{}`", withdrawal.issuer, withdrawal.target)))
}

/// Of what, how it ended and by whom somebody expects an attestation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// The packet whose task ran.
    pub packet_id: String,
    /// The statuses that are good enough.
    pub statuses: Vec<String>,
    /// The agent that was to run it, which is the receiver of the packet; anybody, where `None`.
    pub agent_id: Option<String>,
    /// The present; `None` in an archive, where freshness is not asked for.
    pub now: Option<Timestamp>,
}

/// The attestation is the expected one, and the agent it names, of which `signer` is known, held the key
/// that signed it (catalogue G02, G04, G09). `signed_by` is covered by no signature: only through the
/// key does it mean anything.
///
/// # Errors
/// `attestation_packet_mismatch`, `attestation_status`, `attestation_signer_mismatch`, or why
/// [`UnverifiedAttestation::verify`] refuses it.
pub fn attestation(
    read: UnverifiedAttestation,
    result: &json::Value,
    reason: Option<&json::Value>,
    signer: Option<&AgentRecord>,
    expected: &Expected,
) -> Result<Attestation, Reason> {
    if read.packet_id != expected.packet_id {
        return Err(Reason::plain(Code::AttestationPacketMismatch));
    }
    if !expected.statuses.contains(&read.status) {
        return Err(Reason::plain(Code::AttestationStatus));
    }
    let millis = i64::try_from(read.timestamp_ms).unwrap_or(i64::MAX);
    let then = Timestamp::from_micros(millis.saturating_mul(1000))?;
    let signer = signer.filter(|_| expected.agent_id.as_ref().is_none_or(|agent| *agent == read.signed_by));
    // In time also where nobody asks for freshness: what an agent attested before it was revoked stands.
    let signer = signer.filter(|record| !record.is_revoked(then) && !expected.now.is_some_and(|now| record.is_revoked(now)));
    let held = signer.and_then(|record| {
        let stated = |key: &&crypto::PublicKey| sha256(&[key.as_bytes()]) == read.agent_pubkey_fingerprint;
        record.keys.iter().map(|window| &window.key).find(stated).filter(|key| record.binds(key, then))
    });
    let key = held.ok_or_else(|| Reason::plain(Code::AttestationSignerMismatch))?;
    Ok(match expected.now {
        Some(now) => read.verify(result, reason, key, now.millis().into())?,
        None => read.verify_archived(result, reason, key)?,
    })
}

fn seconds(n: u32) -> i64 {
    i64::from(n) * 1_000_000
}
