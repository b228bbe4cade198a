//! Form, signature and lineage of any signed object, and the lines of the command line.

use js_sys::{Array, Uint8Array};
use trusthandoff::capability::UnverifiedCapability;
use trusthandoff::chain;
use trusthandoff::crypto::KeyTables;
use trusthandoff::decision::{Code, Reason};
use trusthandoff::grant::Constraints;
use trusthandoff::inspect::{Hop, Kind, check, json_fault, lineage, parts, respelled};
use trusthandoff::json::{Members, Value};
use trusthandoff::lines::{VerifyLine, check_line as answer_line};
use trusthandoff::packet::Form;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::{Record, to_js};
use crate::error::Refusal;
use crate::report::{found, report};

#[wasm_bindgen(js_name = checkObject)]
pub fn check_object(kind: Option<String>, text: &[u8]) -> JsValue {
    let kind = match kind {
        Some(name) => Kind::from_name(&name).ok_or_else(|| Reason::plain(Code::UnknownKind)),
        None => Kind::detect(text),
    };
    match kind {
        Ok(kind) => report(&check(kind, text)),
        Err(reason) => found(None, Some(&reason), None),
    }
}

#[wasm_bindgen(js_name = objectView)]
pub fn object_view(kind: &str, text: &[u8]) -> Result<JsValue, Refusal> {
    if kind == Kind::CapabilityToken.as_str() {
        let token = core::str::from_utf8(text).map_err(|error| Refusal::new(Code::InvalidUtf8, error.to_string()))?;
        let capability = UnverifiedCapability::decode(token, &KeyTables::new(0))?;
        return Ok(to_js(&capability.claimed().to_value()));
    }
    Ok(to_js(&chain::parse_limited(text)?))
}

/// The signed objects of a text, each with what was asked of it.
#[wasm_bindgen(js_name = partsView)]
pub fn parts_view(kind: &str, text: &[u8]) -> Result<JsValue, Refusal> {
    let bytes = |offset: Option<usize>| offset.and_then(|at| i64::try_from(at).ok());
    let kind = Kind::from_name(kind).ok_or_else(|| Reason::plain(Code::UnknownKind))?;
    let listed = parts(kind, text, None)?.into_iter().map(|part| {
        let checks = part.checks.iter().map(|check| {
            let refusal = check.refusal.as_ref();
            Members::new()
                .with("check", check.name)
                .with("code", refusal.map(|reason| reason.code.as_str()))
                .with("reason", refusal.map(|reason| reason.message.as_str()))
                .with("field", refusal.and_then(|reason| reason.field.as_deref()))
                .with("offset", bytes(check.offset))
                .object()
        });
        Members::new()
            .with("at", part.at.as_str())
            .with("kind", part.kind.as_str())
            .with("objectId", part.id.as_deref())
            .with("agentId", part.signer.as_deref())
            .with("fingerprint", part.fingerprint.as_deref())
            .with("idMatchesKey", part.id_matches_key.map(Value::Bool))
            .with("label", part.label)
            .with("form", part.form.map(Form::as_str))
            .with("digest", part.digest.as_deref())
            .with("valid", part.is_valid())
            .with("checks", Value::Array(checks.collect()))
            .object()
    });
    Ok(to_js(&Value::Array(listed.collect())))
}

/// Where the text is no strict JSON, and where it is another spelling than a writer's of the same content.
#[wasm_bindgen(js_name = textPlaces)]
#[allow(clippy::cast_precision_loss)]
pub fn text_places(kind: Option<String>, text: &[u8]) -> JsValue {
    let kind = kind.and_then(|name| Kind::from_name(&name));
    let place = |offset: Option<usize>| offset.map_or(JsValue::NULL, |at| JsValue::from_f64(at as f64));
    let broken = if kind == Some(Kind::CapabilityToken) { None } else { json_fault(text) };
    Record::new().with("offset", place(broken)).with("respelled", place(kind.and_then(|kind| respelled(kind, text)))).into()
}

/// What the signature of the part at `at` is over; nothing where that cannot be read, or nothing is there.
#[wasm_bindgen(js_name = signedBytes)]
pub fn signed_bytes(kind: &str, text: &[u8], at: Option<String>, form: Option<String>) -> Result<JsValue, Refusal> {
    let form = form.map(|name| Form::from_name(&name).ok_or_else(|| Reason::new(Code::ConfigInvalid, "`form` must be `0.4.0` or `0.3.3`")));
    let kind = Kind::from_name(kind).ok_or_else(|| Reason::plain(Code::UnknownKind))?;
    let mut listed = parts(kind, text, form.transpose()?)?.into_iter();
    let part = match at {
        Some(at) => listed.find(|part| part.at == at),
        None => listed.next(),
    };
    Ok(part.and_then(|part| part.signed).map_or(JsValue::NULL, |signed| Uint8Array::from(signed.as_slice()).into()))
}

/// The hops of an envelope, each with what it may do and whether it proves that.
#[wasm_bindgen(js_name = lineageView)]
pub fn lineage_view(text: &[u8]) -> Result<JsValue, Refusal> {
    let hop = |hop: Hop| {
        Members::new()
            .with("kind", if hop.is_capability { "capability_token" } else { "packet" })
            .with("id", hop.id.as_str())
            .with("from_agent", hop.from.as_str())
            .with("to_agent", hop.to.as_str())
            .with("id_matches_key", hop.id_matches_key)
            .with("permissions", hop.permissions.to_value())
            .with("constraints", hop.constraints.as_ref().map(Constraints::to_value))
            .with("expires_at", hop.expires_at)
            .with("code", hop.refusal.as_ref().map(|reason| reason.code.as_str()))
            .with("reason", hop.refusal.as_ref().map(|reason| reason.message.as_str()))
            .object()
    };
    let hops = lineage(text)?.into_iter().map(hop).collect();
    Ok(to_js(&Value::Array(hops)))
}

#[wasm_bindgen(js_name = checkLine)]
pub fn check_line(line: &[u8]) -> JsValue {
    let (answer, refused) = answer_line(line);
    Record::new().with("line", answer).with("refused", refused).into()
}

#[wasm_bindgen(js_name = verifyLine)]
pub fn verify_line(line: &[u8]) -> JsValue {
    let VerifyLine { id, request } = VerifyLine::read(line);
    let (code, request) = match request {
        Ok(request) => (JsValue::NULL, Some(request)),
        Err(code) => (code.as_str().into(), None),
    };
    let (text, now, approvals) = request.map_or((None, None, None), |r| (Some(r.text), r.now, r.approvals));
    Record::new()
        .with("id", id)
        .with("code", code)
        .with("text", text.map_or(JsValue::NULL, |text| Uint8Array::from(text.as_bytes()).into()))
        .with("now_ms", now.map_or(JsValue::NULL, |now| to_ms(now.micros()).into()))
        .with("approvals", approvals.map_or(JsValue::NULL, |all| all.into_iter().map(JsValue::from).collect::<Array>().into()))
        .into()
}

#[allow(clippy::cast_precision_loss)]
fn to_ms(micros: i64) -> f64 {
    micros as f64 / 1000.0
}
