//! Who takes part: identities that are the same in every run, and what they sign.

use trusthandoff::approval;
use trusthandoff::capability::{self, Capability};
use trusthandoff::chain::envelope_text;
use trusthandoff::crypto::{SecretKey, sha256};
use trusthandoff::gate::{Config, Gate, Hooks};
use trusthandoff::identity;
use trusthandoff::json::{self, Value};
use trusthandoff::packet::{Draft, Form, Issuer, Packet};
use trusthandoff::review::Subject;
use trusthandoff::statement;
use trusthandoff::time::Timestamp;

/// The receiver.
pub const RESEARCHER: &str = "agent:researcher";

/// Fields of a packet for which a gate asks every question there is: it requires review.
pub const REVIEWED: &str = r#"{"to_agent": "agent:researcher", "intent": "x", "constraints": {"requires_human_review": true}}"#;

/// The key of whoever has this name.
#[must_use]
pub fn key(name: &str) -> SecretKey {
    SecretKey::from_seed(&sha256(&[b"cast:", name.as_bytes()]))
}

/// The key of the sender. Its agent id is the hash of the key.
#[must_use]
pub fn planner() -> SecretKey {
    key("planner")
}

/// 2026-03-08T12:00:00Z and seconds.
#[must_use]
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::parse("2026-03-08T12:00:00Z").and_then(|now| now.plus_seconds(seconds)).expect("a time")
}

/// Fields, as JSON text.
#[must_use]
pub fn fields(text: &str) -> Value {
    json::parse(text.as_bytes()).expect("JSON")
}

/// Who signs packets with this key, under the id that is its hash.
#[must_use]
pub fn issuer(secret: &SecretKey) -> Issuer {
    named_issuer(&identity::agent_id(&secret.public_key()), secret, [9; 48])
}

/// Who signs packets with this key under this id. `entropy` becomes ids and nonce where the fields state none.
#[must_use]
pub fn named_issuer(agent: &str, secret: &SecretKey, entropy: [u8; 48]) -> Issuer {
    Issuer { agent_id: agent.into(), public_key: secret.public_key(), now: at(0), entropy }
}

/// A packet of these fields, signed with `secret`.
#[must_use]
pub fn packet(secret: &SecretKey, text: &str, form: Form) -> Packet {
    let draft = Draft::new(fields(text), &issuer(secret), None).expect("a packet");
    draft.sign(form, secret).expect("its own key")
}

/// A packet of these fields by an agent whose id is its name, with ids and a nonce of its own.
#[must_use]
pub fn packet_by(agent: &str, text: &str) -> Packet {
    let digest = sha256(&[agent.as_bytes(), text.as_bytes()]);
    let entropy = core::array::from_fn(|i| digest[i % 32]);
    let draft = Draft::new(fields(text), &named_issuer(agent, &key(agent), entropy), None).expect("a packet");
    draft.sign(Form::V040, &key(agent)).expect("its own key")
}

/// The envelope of a packet of the planner.
#[must_use]
pub fn envelope(text: &str) -> String {
    envelope_text(&packet(&planner(), text, Form::V040).to_text()).expect("an envelope")
}

/// Who signs this capability with this key under this id.
fn capability_issuer(agent: &str, secret: &SecretKey, text: &str) -> capability::Issuer {
    let digest = sha256(&[agent.as_bytes(), text.as_bytes()]);
    capability::Issuer { agent_id: agent.into(), public_key: secret.public_key(), now: at(0), entropy: core::array::from_fn(|i| digest[i]) }
}

/// A capability that `agent` issues with `secret`.
///
/// # Errors
/// Those of [`capability::Draft::issue`].
pub fn issued(agent: &str, secret: &SecretKey, text: &str) -> Result<Capability, capability::Error> {
    capability::Draft::issue(fields(text), &capability_issuer(agent, secret, text))?.sign(secret)
}

/// A narrower capability that `agent`, who holds `parent`, makes with `secret`.
///
/// # Errors
/// Those of [`capability::Draft::attenuate`].
pub fn narrowed(parent: &Capability, agent: &str, secret: &SecretKey, text: &str) -> Result<Capability, capability::Error> {
    capability::Draft::attenuate(parent, fields(text), &capability_issuer(agent, secret, text))?.sign(secret)
}

/// Who signs statements with this key under this id.
#[must_use]
pub fn speaker(agent: &str, secret: &SecretKey, now: Timestamp, entropy: [u8; 16]) -> statement::Issuer {
    statement::Issuer { agent_id: agent.into(), public_key: secret.public_key(), now, entropy }
}

/// What `reviewer` says of a packet, signed with `secret` a second after it was issued; `more` are further fields.
#[must_use]
pub fn review(secret: &SecretKey, reviewer: &str, packet: &Packet, more: &str) -> String {
    let issuer = speaker(reviewer, secret, at(1), [3; 16]);
    let text = format!(r#"{{"review_digest": "{}", {more}}}"#, Subject::of(packet.content()).digest);
    approval::draft(fields(&text), &issuer).and_then(|draft| draft.sign(secret)).expect(more).to_text()
}

/// A gate whose host can answer everything.
#[must_use]
pub fn gate_with_every_host() -> Gate {
    let hooks = Hooks { approvals: true, policy: true, revocations: true, overlap: true, boundary: true, ..Hooks::default() };
    Gate::new(Config { hooks, ..Config::new(RESEARCHER) }).expect("a configuration")
}
