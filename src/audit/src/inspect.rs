//! Form, signature and lineage of any signed object, and the lines of the command line.

use js_sys::{Array, Uint8Array};
use trusthandoff::capability::UnverifiedCapability;
use trusthandoff::chain;
use trusthandoff::crypto::KeyTables;
use trusthandoff::decision::{Code, Reason};
use trusthandoff::grant::Constraints;
use trusthandoff::inspect::{Hop, Kind, check, lineage};
use trusthandoff::json::{Members, Value};
use trusthandoff::lines::{VerifyLine, check_line as answer_line};
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
