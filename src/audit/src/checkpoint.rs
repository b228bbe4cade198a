//! Checkpoints and the keys they count under.

use js_sys::{Array, Uint8Array};
use trusthandoff::crypto::{KeyTables, PublicKey, SecretKey, Signature};
use trusthandoff::decision::Code;
use trusthandoff::identity::public_key_from_pem;
use trusthandoff::json::{self, Fields, Style, Value};
use trusthandoff::log::{Checkpoint, Seal, UnverifiedCheckpoint};
use trusthandoff::statement::{Body, Content, Issuer};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use zeroize::Zeroizing;

use crate::convert::{Record, entropy, to_js};
use crate::error::Refusal;

/// What a checkpoint states, once its signature is verified and its key is among `keys`; any key where there are none.
#[wasm_bindgen(js_name = checkpointView)]
pub fn checkpoint_view(text: &[u8], keys: &Array) -> Result<JsValue, Refusal> {
    let checkpoint = verified(text)?;
    let trusted = public_keys(keys)?;
    if !trusted.is_empty() && !trusted.contains(&checkpoint.content().public_key) {
        return Err(Refusal::new(Code::PublicKeyMismatch, "the checkpoint is signed with a key that is not among `keys`"));
    }
    Ok(to_js(&checkpoint.to_value()))
}

/// Signs what a writer states, as `seal` gives it.
#[wasm_bindgen(js_name = signCheckpoint)]
pub fn sign_checkpoint(seal: &str, seed: Vec<u8>) -> Result<String, Refusal> {
    let secret = secret(seed)?;
    Ok(draft(seal, secret.public_key())?.sign(&secret)?.to_text())
}

#[wasm_bindgen(js_name = prepareCheckpoint)]
pub fn prepare_checkpoint(seal: &str, key: &[u8]) -> Result<JsValue, Refusal> {
    let content = draft(seal, raw_key(key)?)?;
    let unsigned = json::write(&content.to_value(), Style::COMPACT);
    Ok(Record::new().with("unsigned", unsigned).with("signing_bytes", Uint8Array::from(&content.signing_bytes()[..])).into())
}

#[wasm_bindgen(js_name = finishCheckpoint)]
pub fn finish_checkpoint(unsigned: &str, signature: &[u8]) -> Result<String, Refusal> {
    let signature = signature.try_into().map_err(|_| Refusal::new(Code::SignatureEncodingInvalid, "an Ed25519 signature has 64 bytes"))?;
    let fields = Fields::of(json::parse(unsigned.as_bytes())?, "")?;
    let content = Content::<Seal>::read(fields, &KeyTables::new(0))?;
    Ok(content.finish(Signature::from_bytes(signature))?.to_text())
}

/// A checkpoint whose signature fits the key it names.
pub(crate) fn verified(text: &[u8]) -> Result<Checkpoint, Refusal> {
    let mut keys = KeyTables::new(0);
    Ok(UnverifiedCheckpoint::parse(text, &keys).and_then(|read| read.verify(&mut keys))?)
}

/// Each as PEM or raw bytes.
pub(crate) fn public_keys(keys: &Array) -> Result<Vec<PublicKey>, Refusal> {
    let read = |key: JsValue| match key.as_string() {
        Some(pem) => Ok(public_key_from_pem(&pem)?),
        None => raw_key(&key.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec).unwrap_or_default()),
    };
    keys.iter().map(read).collect()
}

/// The members of a seal as text, which [`draft`] reads.
pub(crate) fn seal_text(seal: &Seal) -> String {
    let members = seal.members().into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    json::write(&Value::Object(members), Style::COMPACT)
}

fn draft(seal: &str, key: PublicKey) -> Result<Content<Seal>, Refusal> {
    let mut fields = Fields::of(json::parse(seal.as_bytes())?, "")?;
    let seal = Seal::read(&mut fields);
    fields.finish()?;
    let issuer = Issuer { agent_id: seal.producer.clone(), public_key: key, now: seal.timestamp, entropy: entropy()? };
    Ok(seal.draft(&issuer)?)
}

pub(crate) fn raw_key(bytes: &[u8]) -> Result<PublicKey, Refusal> {
    let bytes = bytes.try_into().map_err(|_| Refusal::new(Code::PublicKeyEncodingInvalid, "a raw public key has 32 bytes"))?;
    Ok(PublicKey::from_bytes(bytes)?)
}

fn secret(seed: Vec<u8>) -> Result<SecretKey, Refusal> {
    let seed = Zeroizing::new(seed);
    let wrong = |_| Refusal::new(Code::PrivateKeyInvalid, "a raw private key has 32 bytes");
    let bytes = Zeroizing::new(<[u8; 32]>::try_from(&seed[..]).map_err(wrong)?);
    Ok(SecretKey::from_seed(&bytes))
}
