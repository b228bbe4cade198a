//! Form and signature of any signed object, and the lines of the command line.

use js_sys::{Array, Uint8Array};
use trusthandoff::capability::UnverifiedCapability;
use trusthandoff::chain;
use trusthandoff::crypto::KeyTables;
use trusthandoff::decision::{Code, Reason};
use trusthandoff::grant::Constraints;
use trusthandoff::inspect::{Hop, Kind, Report, check, lineage};
use trusthandoff::json::{Members, Value};
use trusthandoff::lines::{VerifyLine, check_line as answer_line};
use trusthandoff::packet::Form;
use trusthandoff::time::Timestamp;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::{Record, optional, to_js};
use crate::error::Refusal;

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
        .with("now_ms", now.map_or(JsValue::NULL, |now| to_ms(now).into()))
        .with("approvals", approvals.map_or(JsValue::NULL, |all| all.into_iter().map(JsValue::from).collect::<Array>().into()))
        .into()
}

#[wasm_bindgen(js_name = parseTime)]
pub fn parse_time(text: &str) -> Result<f64, Refusal> {
    Ok(to_ms(Timestamp::parse_rfc3339(text)?))
}

#[wasm_bindgen(js_name = reasonCodes)]
pub fn reason_codes() -> Array {
    Code::ALL.iter().map(|code| JsValue::from(Record::new().with("code", code.as_str()).with("meaning", code.meaning()))).collect()
}

#[allow(clippy::cast_precision_loss)]
fn to_ms(time: Timestamp) -> f64 {
    time.micros() as f64 / 1000.0
}

fn report(report: &Report) -> JsValue {
    let object = found(Some(report.kind), report.refusal.as_ref(), report.form);
    for (key, value) in [
        ("agent_id", optional(report.agent_id.as_deref())),
        ("id_matches_key", report.id_matches_key.map_or(JsValue::NULL, JsValue::from)),
        ("packet_id", optional(report.object_id.as_deref())),
    ] {
        // Defining a member of an object made here cannot fail.
        let _ = js_sys::Reflect::set(&object, &key.into(), &value);
    }
    object
}

fn found(kind: Option<Kind>, refusal: Option<&Reason>, form: Option<Form>) -> JsValue {
    Record::new()
        .with("kind", optional(kind.map(Kind::as_str)))
        .with("valid", refusal.is_none())
        .with("code", optional(refusal.map(|r| r.code.as_str())))
        .with("reason", optional(refusal.map(|r| r.message.as_str())))
        .with("field", optional(refusal.and_then(|r| r.field.as_deref())))
        .with("form", optional(form.map(Form::as_str)))
        .with("agent_id", JsValue::NULL)
        .with("id_matches_key", JsValue::NULL)
        .with("packet_id", JsValue::NULL)
        .into()
}
