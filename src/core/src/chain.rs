//! The envelope that carries a packet, and the chain it claims to have come along.
//!
//! The chain is not signed. It is a hint that can make a gate stricter and never more lenient
//! (catalogue C01).

use crate::crypto::KeyTables;
use crate::grant::Permissions;
use crate::json::{self, FieldError, Fields, Style, Value, object};
use crate::limits::MAX_INPUT_BYTES;
use crate::packet::{self, UnverifiedPacket};

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
    /// The packet inside is refused.
    #[error(transparent)]
    Packet(#[from] packet::Error),
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
    pub packet_ids: Vec<String>,
    /// Their senders.
    pub agents: Vec<String>,
    /// What each was permitted.
    pub hops: Vec<Hop>,
}

impl DelegationChain {
    fn read(mut fields: Fields) -> Result<Self, FieldError> {
        let at = fields.pointer("hops");
        let chain = Self {
            packet_ids: fields.required_texts("packet_ids")?,
            agents: fields.required_texts("agents")?,
            hops: fields
                .array("hops")?
                .into_iter()
                .enumerate()
                .map(|(i, value)| {
                    let mut hop = Fields::of(value, &json::pointer(&at, &i.to_string()))?;
                    let read = Hop {
                        agent_id: hop.text("agent_id")?,
                        delegated_permissions: Permissions::read(hop.nested("delegated_permissions")?)?,
                    };
                    hop.finish().map(|()| read)
                })
                .collect::<Result<_, _>>()?,
        };
        fields.finish().map(|()| chain)
    }

    fn to_value(&self) -> Value {
        let hops = self.hops.iter().map(|hop| {
            object([("agent_id", hop.agent_id.as_str().into()), ("delegated_permissions", hop.delegated_permissions.to_value())])
        });
        object([
            ("packet_ids", self.packet_ids.as_slice().into()),
            ("agents", self.agents.as_slice().into()),
            ("hops", Value::Array(hops.collect())),
        ])
    }
}

/// An envelope as received. Nothing is proven yet.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The packet inside.
    pub packet: UnverifiedPacket,
    /// The chain it claims.
    pub chain: DelegationChain,
}

impl Envelope {
    /// Reads the text of an envelope.
    ///
    /// # Errors
    /// [`Error`] for the first fault.
    pub fn parse(text: &[u8], keys: &KeyTables) -> Result<Self, Error> {
        let mut fields = Fields::of(parse_limited(text)?, "")?;
        let packet = fields.required("packet")?;
        let chain = DelegationChain::read(fields.nested("chain")?)?;
        fields.finish()?;
        Ok(Self { packet: UnverifiedPacket::read(packet, "/packet", keys)?, chain })
    }
}

/// Reads the text of a bare packet.
///
/// # Errors
/// [`Error`] for the first fault.
pub fn parse_packet(text: &[u8], keys: &KeyTables) -> Result<UnverifiedPacket, Error> {
    Ok(UnverifiedPacket::read(parse_limited(text)?, "", keys)?)
}

/// Refuses by size before it parses.
///
/// # Errors
/// [`Error::TooLarge`] or [`Error::Json`].
pub fn parse_limited(text: &[u8]) -> Result<Value, Error> {
    if text.len() > MAX_INPUT_BYTES { Err(Error::TooLarge(text.len())) } else { Ok(json::parse(text)?) }
}

/// The envelope of a packet that starts a chain. `text` is the packet as it was signed or received,
/// and stands in the envelope as it is: the 0.3.3 form signs the order of its keys. Around the text of
/// [`Packet::to_text`] it is what the reference's own wire writer gives.
///
/// # Errors
/// [`Error`] if `text` is no packet with a valid signature.
pub fn envelope_text(text: &str) -> Result<String, Error> {
    let packet = parse_packet(text.as_bytes(), &KeyTables::new(0))?.verify(&mut KeyTables::new(0))?;
    let content = packet.content();
    let chain = DelegationChain { packet_ids: vec![content.packet_id.clone()], agents: vec![content.from_agent.clone()], hops: Vec::new() };
    Ok(format!("{{\"chain\": {}, \"packet\": {}}}", json::write(&chain.to_value(), Style::WIRE), text.trim_ascii()))
}
