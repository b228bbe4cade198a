//! Keys in and out.

use js_sys::Uint8Array;
use trusthandoff::crypto::{PublicKey, SecretKey};
use trusthandoff::decision::Code;
use trusthandoff::identity::{self, Jwk};
use trusthandoff::json::Fields;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use zeroize::Zeroizing;

use crate::convert::{Record, fill, from_js};
use crate::error::Refusal;

type Seed = Zeroizing<[u8; 32]>;

#[wasm_bindgen(js_name = generateSeed)]
pub fn generate_seed() -> Result<Uint8Array, Refusal> {
    let mut seed = Seed::default();
    fill(&mut seed[..])?;
    Ok(Uint8Array::from(&seed[..]))
}

#[wasm_bindgen(js_name = identityOf)]
pub fn identity_of(seed: Vec<u8>) -> Result<JsValue, Refusal> {
    Ok(describe(&secret(seed)?.public_key()))
}

#[wasm_bindgen(js_name = publicKeyOf)]
pub fn public_key_of(key: &JsValue) -> Result<JsValue, Refusal> {
    Ok(describe(&public_key(key)?))
}

#[wasm_bindgen(js_name = seedOf)]
pub fn seed_of(key: &JsValue) -> Result<Uint8Array, Refusal> {
    let secret = if let Some(pem) = key.as_string() {
        identity::private_key_from_pem(&Zeroizing::new(pem))?
    } else if let Some(raw) = key.dyn_ref::<Uint8Array>() {
        secret(raw.to_vec())?
    } else {
        jwk(key)?.private_key()?
    };
    Ok(Uint8Array::from(&secret.seed()[..]))
}

#[wasm_bindgen(js_name = privateKeyPem)]
pub fn private_key_pem(seed: Vec<u8>) -> Result<JsValue, Refusal> {
    Ok(JsValue::from_str(&identity::private_key_pem(&secret(seed)?)))
}

#[wasm_bindgen(js_name = privateKeyJwk)]
pub fn private_key_jwk(seed: Vec<u8>) -> Result<JsValue, Refusal> {
    Ok(describe_jwk(&Jwk::private(&secret(seed)?)))
}

#[wasm_bindgen(js_name = publicKeyJwk)]
pub fn public_key_jwk(key: &JsValue) -> Result<JsValue, Refusal> {
    Ok(describe_jwk(&Jwk::public(&public_key(key)?)))
}

/// A key as PEM, raw bytes or JSON web key.
pub(crate) fn public_key(key: &JsValue) -> Result<PublicKey, Refusal> {
    if let Some(pem) = key.as_string() {
        return Ok(identity::public_key_from_pem(&pem)?);
    }
    match key.dyn_ref::<Uint8Array>() {
        Some(raw) => {
            let bytes =
                raw.to_vec().try_into().map_err(|_| Refusal::new(Code::PublicKeyEncodingInvalid, "a raw public key has 32 bytes"))?;
            Ok(PublicKey::from_bytes(bytes)?)
        }
        None => Ok(jwk(key)?.public_key()?),
    }
}

pub(crate) fn secret(seed: Vec<u8>) -> Result<SecretKey, Refusal> {
    let seed = Zeroizing::new(seed);
    let bytes = Zeroizing::new(
        <[u8; 32]>::try_from(&seed[..]).map_err(|_| Refusal::new(Code::PrivateKeyInvalid, "a raw private key has 32 bytes"))?,
    );
    Ok(SecretKey::from_seed(&bytes))
}

fn jwk(key: &JsValue) -> Result<Jwk, Refusal> {
    let read = |value| {
        let mut fields = Fields::of(value, "").ok()?;
        let jwk = Jwk { kty: fields.text("kty"), crv: fields.text("crv"), x: fields.text("x"), d: fields.optional_text("d") };
        // What else a JSON web key may say is nothing to us.
        fields.check().ok().map(|()| jwk)
    };
    Ok(from_js(key).ok().and_then(read).ok_or(identity::Error::Jwk)?)
}

fn describe(key: &PublicKey) -> JsValue {
    Record::new()
        .with("agent_id", identity::agent_id(key))
        .with("public_key_pem", identity::public_key_pem(key))
        .with("public_key", Uint8Array::from(&key.as_bytes()[..]))
        .with("fingerprint", key.fingerprint())
        .into()
}

fn describe_jwk(jwk: &Jwk) -> JsValue {
    let record = Record::new().with("kty", jwk.kty.as_str()).with("crv", jwk.crv.as_str()).with("x", jwk.x.as_str());
    match &jwk.d {
        Some(seed) => record.with("d", seed.as_str()).into(),
        None => record.into(),
    }
}
