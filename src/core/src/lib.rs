//! # trusthandoff
//!
//! Provable task handoffs between agents. A delegation is an Ed25519-signed, time-bounded packet; a
//! receiving [`gate`] checks it against everything it knows and takes its nonce exactly once.
//!
//! This crate is the protocol and nothing else: it reads no clock, draws no randomness and does no
//! I/O. Time, entropy and storage belong to the host and arrive as values.
//!
//! ```
//! use trusthandoff::crypto::SecretKey;
//! use trusthandoff::gate::{Answer, Config, Gate, Question, Step};
//! use trusthandoff::packet::{Draft, Form, Issuer};
//! use trusthandoff::registry::AgentRecord;
//! use trusthandoff::replay::{NonceStore, Taken};
//! use trusthandoff::{chain, identity, json, time::Timestamp};
//!
//! // The planner signs.
//! let now = Timestamp::parse("2026-03-08T12:00:00Z")?;
//! let secret = SecretKey::from_seed(&[7; 32]);
//! let key = secret.public_key();
//! let issuer = Issuer { agent_id: identity::agent_id(&key), public_key: key, now, entropy: [9; 48] };
//! let fields = json::parse(br#"{"to_agent": "agent:researcher", "intent": "Summarize the findings"}"#)?;
//! let draft = Draft::new(fields, &issuer, None)?;
//! let signature = secret.sign(&draft.signing_bytes(Form::V040));
//! let wire = chain::envelope_text(&draft.finish(Form::V040, signature)?.to_text())?;
//!
//! // The researcher lets it through, once.
//! let mut gate = Gate::new(Config::new("agent:researcher"))?;
//! let mut nonces = NonceStore::new(1000);
//! let mut handle = |wire: &str| {
//!     let mut run = gate.begin(wire.as_bytes(), now);
//!     loop {
//!         match gate.advance(&mut run) {
//!             Step::Done(decision) => break decision,
//!             Step::Ask(ask) => {
//!                 let answer = match &ask.question {
//!                     Question::Agent { .. } => Answer::Agent(Some(AgentRecord::of_key(key))),
//!                     Question::Nonce { key, fingerprint, expires_at_ms, now_ms, .. } => {
//!                         Answer::Flag(nonces.check_and_store(key, fingerprint, *expires_at_ms, *now_ms) == Taken::Stored)
//!                     }
//!                     _ => Answer::Other,
//!                 };
//!                 run.resume(ask.id, answer, now);
//!             }
//!         }
//!     }
//! };
//! assert_eq!(handle(&wire).as_str(), "ACCEPT");
//! assert_eq!(handle(&wire).reason().map(|r| r.code.as_str()), Some("replay_detected"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod action;
pub mod approval;
pub mod attestation;
pub mod capability;
pub mod chain;
pub mod checks;
pub mod crypto;
pub mod decision;
pub mod encoding;
pub mod event;
pub mod gate;
pub mod grant;
pub mod identity;
pub mod inspect;
pub mod json;
pub mod limits;
pub mod lines;
pub mod log;
pub mod packet;
pub mod registry;
pub mod replay;
pub mod review;
pub mod revocation;
mod scan;
pub mod sentinel;
pub mod statement;
pub mod time;
pub mod work;
