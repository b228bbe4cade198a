//! Putting a packet into an envelope: alone, or with the proof of what it comes from.

use super::{DelegationChain, Envelope, Error, follows, parse_packet};
use crate::capability::UnverifiedCapability;
use crate::crypto::KeyTables;
use crate::json::{self, Style, Texts, Value, pieces};
use crate::limits::MAX_INPUT_BYTES;
use crate::packet::{Packet, check_nesting};
use crate::work::Work;

/// What a packet comes from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lineage<'a> {
    /// The envelope that the sender accepted before, as it was received.
    pub parent: Option<&'a [u8]>,
    /// The tokens that the packet's own capability narrows, root first; the packet's own may end them.
    /// Empty where the parent brought them.
    pub capabilities: &'a [String],
}

impl Lineage<'_> {
    /// The envelope of a packet. `text` is the packet as it was signed or received, and stands in the
    /// envelope as it is, as does what is taken from the parent: the 0.3.3 form signs the order of keys.
    ///
    /// # Errors
    /// [`Error`] if `text` is no packet with a valid signature, or if it does not follow from its parent.
    pub fn envelope_text(self, text: &str) -> Result<String, Error> {
        let packet = parse_packet(text.as_bytes(), &KeyTables::new(0))?.verify(&mut KeyTables::new(0))?;
        check_nesting(packet.content())?;
        let parent = self.parent.map(Parent::read).transpose()?;
        let mut chain = DelegationChain::default();
        if let Some(parent) = &parent {
            follows(parent.envelope.packet.claimed(), packet.content(), &mut Work::of(text.len()))?;
            chain = DelegationChain { hops: Vec::new(), ..parent.envelope.chain.clone() };
        }
        chain.packet_ids = with(&chain.packet_ids, &packet.content().packet_id);
        chain.agents = with(&chain.agents, &packet.content().from_agent);
        let capabilities = presented(&packet, parent.as_ref(), self.capabilities)?;
        let mut out = format!("{{\"chain\": {}, \"packet\": {}", json::write(&chain.to_value(), Style::WIRE), text.trim_ascii());
        if parent.is_some() || capabilities.len() > 1 {
            let packets = parent.map(Parent::into_packets).unwrap_or_default().join(", ");
            let tokens = json::write(&Value::from(capabilities.as_slice()), Style::WIRE);
            out.push_str(&format!(", \"proof\": {{\"capabilities\": {tokens}, \"packets\": [{packets}]}}"));
        }
        out.push('}');
        // What is too long for every gate is not made.
        if out.len() > MAX_INPUT_BYTES { Err(Error::TooLarge(out.len())) } else { Ok(out) }
    }
}

/// The envelope of a packet that starts a chain. Around the text of [`Packet::to_text`] it is what the
/// reference's own wire writer gives.
///
/// # Errors
/// [`Error`] if `text` is no packet with a valid signature.
pub fn envelope_text(text: &str) -> Result<String, Error> {
    Lineage::default().envelope_text(text)
}

fn with(list: &Texts, last: &str) -> Texts {
    let mut all = list.to_vec();
    all.push(last.to_owned());
    all.into()
}

/// The envelope before, with the texts that are passed on.
struct Parent<'a> {
    envelope: Envelope,
    packet: &'a str,
    earlier: Vec<&'a str>,
}

impl<'a> Parent<'a> {
    fn read(text: &'a [u8]) -> Result<Self, Error> {
        let envelope = Envelope::parse(text, &KeyTables::new(0))?;
        // It has just been read, so it is UTF-8.
        let text = core::str::from_utf8(text).unwrap_or_default();
        let packet = member(text, "packet").unwrap_or_default();
        let packets = member(text, "proof").and_then(|proof| member(proof, "packets"));
        let earlier: Vec<&str> = packets.into_iter().flat_map(pieces).map(|(_, packet)| packet).collect();
        let hops = envelope.chain.agents.len();
        if hops == earlier.len() + 1 { Ok(Self { envelope, packet, earlier }) } else { Err(Error::Unproven(hops)) }
    }

    fn into_packets(mut self) -> Vec<&'a str> {
        self.earlier.push(self.packet);
        self.earlier
    }
}

/// The text of a member of an object, if it is one.
fn member<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    pieces(text).find(|(name, _)| name == key).map(|(_, value)| value)
}

/// The tokens from the root to the packet's own.
fn presented(packet: &Packet, parent: Option<&Parent<'_>>, given: &[String]) -> Result<Vec<String>, Error> {
    let keys = KeyTables::new(0);
    let Some(own) = packet.content().capability_token.clone() else {
        return if given.is_empty() { Ok(Vec::new()) } else { Err(Error::NoToken) };
    };
    let Some(wanted) = UnverifiedCapability::decode(&own, &keys)?.claimed().parent_capability_id.clone() else { return Ok(vec![own]) };
    let brought = parent.map_or_else(Vec::new, |parent| {
        let proven = parent.envelope.proof.as_ref().map(|proof| proof.capabilities.to_vec()).unwrap_or_default();
        if proven.is_empty() { parent.envelope.packet.claimed().capability_token.iter().cloned().collect() } else { proven }
    });
    for tokens in [given, &brought] {
        let mut chain = Vec::new();
        for token in tokens.iter().filter(|token| **token != own) {
            chain.push(token.clone());
            if UnverifiedCapability::decode(token, &keys)?.claimed().capability_id == wanted {
                chain.push(own);
                return Ok(chain);
            }
        }
    }
    Err(Error::Capability(wanted))
}
