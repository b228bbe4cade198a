//! The envelope that carries a packet, the chain it claims to have come along, and the proof of it.
//!
//! The chain is not signed. It is a hint that can make a gate stricter and never more lenient
//! (catalogue C01). The proof consists of the signed packets and capabilities themselves.

mod assembly;

pub use assembly::{Lineage, envelope_text};

use crate::capability;
use crate::crypto::KeyTables;
use crate::grant::{Excess, Permissions, constraints_within};
use crate::json::{self, FieldError, Fields, Members, Texts, Value};
use crate::limits::{MAX_DEPTH, MAX_INPUT_BYTES, MAX_NESTING, PROOF_NESTING};
use crate::packet::{self, Content, UnverifiedPacket};
use crate::work::Work;

/// Why an envelope is refused, apart from what a receiver must know besides.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Longer than [`MAX_INPUT_BYTES`]; nothing has been parsed (catalogue E13).
    #[error("{0} bytes; at most {MAX_INPUT_BYTES} are read")]
    TooLarge(usize),
    /// The JSON is refused.
    #[error(transparent)]
    Json(#[from] json::Error),
    /// A field is missing, unknown or of the wrong type.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The packet inside, or one of its proof, is refused.
    #[error(transparent)]
    Packet(#[from] packet::Error),
    /// A proof of more packets than any gate admits; none of them has been read.
    #[error("a proof of {0} packets; at most {MAX_DEPTH} delegations are admitted")]
    TooDeep(usize),
    /// The packet does not follow from the one it is to be sent after.
    #[error("the packet does not follow from its parent: {0}")]
    Broken(#[from] Broken),
    /// The parent came along several hops that nobody proved, so neither can its child.
    #[error("the parent came along {0} hops and brought no proof of the earlier ones")]
    Unproven(usize),
    /// The capabilities that the packet's token narrows are not at hand.
    #[error("the packet's capability narrows `{0}`, which neither the parent nor the given capabilities hold")]
    Capability(String),
    /// Capabilities are at hand for a packet that carries none.
    #[error("capabilities are given for a packet that carries no `capability_token`")]
    NoToken,
    /// The packet's token cannot be read.
    #[error("the packet's capability token: {0}")]
    Token(#[from] capability::Error),
}

/// How a packet fails to follow from the one before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// The parent was for another agent than the one who sends on.
    #[error("it is from `{from}`, but the packet before it was for `{to}`")]
    Sender {
        /// The sender of the child.
        from: String,
        /// The receiver of the parent.
        to: String,
    },
    /// More than the parent permits, or under weaker constraints.
    #[error(transparent)]
    Excess(#[from] Excess),
    /// Valid when the parent is not any more.
    #[error("it outlives the packet before it")]
    Outlives,
    /// Of AI-made work, and does not say so.
    #[error("it comes from AI-made work and states no AI provenance")]
    AiProvenance,
}

/// What every hop of a proven chain keeps to: sent on by its receiver, permissions and constraints only
/// narrow, no child outlives its parent, and AI provenance is not lost.
///
/// # Errors
/// [`Broken`] for the first of them.
pub fn follows(parent: &Content, child: &Content, work: &mut Work) -> Result<(), Broken> {
    if parent.to_agent != child.from_agent {
        return Err(Broken::Sender { from: child.from_agent.clone(), to: parent.to_agent.clone() });
    }
    child.permissions.within(&parent.permissions, work)?;
    constraints_within(child.constraints.as_ref(), parent.constraints.as_ref())?;
    let outlives = parent.expires_at.is_some_and(|end| child.expires_at.is_none_or(|own| own.micros() > end.micros()));
    if outlives {
        return Err(Broken::Outlives);
    }
    if parent.ai_provenance.is_some() && child.ai_provenance.is_none() {
        return Err(Broken::AiProvenance);
    }
    Ok(())
}

/// One step of a chain, as claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Who received.
    pub agent_id: String,
    /// What it was permitted.
    pub delegated_permissions: Permissions,
}

/// The way a task took, as claimed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DelegationChain {
    /// Packets, oldest first.
    pub packet_ids: Texts,
    /// Their senders.
    pub agents: Texts,
    /// What each was permitted.
    pub hops: Vec<Hop>,
}

impl DelegationChain {
    fn read(fields: &mut Fields) -> Self {
        Self {
            packet_ids: fields.required_list("packet_ids"),
            agents: fields.required_list("agents"),
            hops: fields.each("hops", |hop| Hop {
                agent_id: hop.text("agent_id"),
                delegated_permissions: hop.nested("delegated_permissions", Permissions::read),
            }),
        }
    }

    fn to_value(&self) -> Value {
        let hops = self.hops.iter().map(|hop| {
            Members::new()
                .with("agent_id", hop.agent_id.as_str())
                .with("delegated_permissions", hop.delegated_permissions.to_value())
                .object()
        });
        Members::new().with("packet_ids", &self.packet_ids).with("agents", &self.agents).with("hops", Value::Array(hops.collect())).object()
    }
}

/// What an envelope presents in support of its chain. Nothing is proven yet.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// The packets before this one, oldest first.
    pub packets: Vec<UnverifiedPacket>,
    /// Capability tokens, root first; the last one is the packet's own.
    pub capabilities: Texts,
}

impl Proof {
    fn read(mut fields: Fields, keys: &KeyTables) -> Result<Self, Error> {
        let at = fields.pointer("packets");
        let (packets, capabilities) = (fields.array("packets"), fields.list("capabilities"));
        fields.finish()?;
        // Each costs a key to decode, and nothing is proven yet.
        let count = packets.len();
        if count > usize::try_from(MAX_DEPTH).unwrap_or(usize::MAX) {
            return Err(Error::TooDeep(count));
        }
        let mut proof = Self { packets: Vec::new(), capabilities };
        for (i, value) in packets.enumerate() {
            proof.packets.push(UnverifiedPacket::read(value, &json::pointer(&at, &i.to_string()), keys)?);
        }
        Ok(proof)
    }
}

/// An envelope as received. Nothing is proven yet.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The packet inside.
    pub packet: UnverifiedPacket,
    /// The chain it claims.
    pub chain: DelegationChain,
    /// What it presents in support.
    pub proof: Option<Proof>,
}

impl Envelope {
    /// Reads the text of an envelope.
    ///
    /// # Errors
    /// [`Error`] for the first fault.
    pub fn parse(text: &[u8], keys: &KeyTables) -> Result<Self, Error> {
        let mut fields = Fields::of(limited(text, |text| json::parse_lazily(text, 0))?, "")?;
        let packet = fields.required("packet");
        let chain = fields.nested("chain", DelegationChain::read);
        let proof = fields.optional_fields("proof");
        fields.finish()?;
        let packet = UnverifiedPacket::read(packet, "/packet", keys)?;
        Ok(Self { packet, chain, proof: proof.map(|proof| Proof::read(proof, keys)).transpose()? })
    }
}

/// Reads the text of a bare packet.
///
/// # Errors
/// [`Error`] for the first fault.
pub fn parse_packet(text: &[u8], keys: &KeyTables) -> Result<UnverifiedPacket, Error> {
    Ok(UnverifiedPacket::read(limited(text, |text| json::parse_lazily(text, 0))?, "", keys)?)
}

/// Refuses by size before it parses.
///
/// # Errors
/// [`Error::TooLarge`] or [`Error::Json`].
pub fn parse_limited(text: &[u8]) -> Result<Value, Error> {
    limited(text, json::parse).map(json::made)
}

fn limited(text: &[u8], read: fn(&[u8]) -> Result<Value, json::Error>) -> Result<Value, Error> {
    if text.len() > MAX_INPUT_BYTES {
        return Err(Error::TooLarge(text.len()));
    }
    match read(text) {
        Err(fault @ json::Error::TooDeep(_)) => parse_deep_proof(text).ok_or(Error::Json(fault)),
        read => Ok(read?),
    }
}

/// An envelope whose proof reaches deeper than any other text: a packet may be as deep there as in its own envelope.
fn parse_deep_proof(text: &[u8]) -> Option<Value> {
    let value = json::parse_lazily(text, PROOF_NESTING).ok()?;
    let (Value::Object(members), Some(Value::Object(proof))) = (&value, value.member("proof")) else { return None };
    let within = |members: &[(String, Value)], but: &str, around: usize| {
        members.iter().all(|(key, value)| key == but || value.nesting() + around <= MAX_NESTING)
    };
    (within(members, "proof", 1) && within(proof, "packets", 2)).then_some(value)
}
