//! Form and signature of packets, and small facts.

use js_sys::Array;
use trusthandoff::chain;
use trusthandoff::decision::Code;
use trusthandoff::inspect::check_task;
use trusthandoff::time::Timestamp;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert::{Record, to_js};
use crate::error::Refusal;
use crate::report::report;

#[wasm_bindgen(js_name = checkTask)]
pub fn check_task_text(is_envelope: bool, text: &[u8]) -> JsValue {
    report(&check_task(is_envelope, text))
}

/// A JSON text as a tree.
#[wasm_bindgen(js_name = objectView)]
pub fn object_view(text: &[u8]) -> Result<JsValue, Refusal> {
    Ok(to_js(&chain::parse_limited(text)?))
}

#[wasm_bindgen(js_name = parseTime)]
#[allow(clippy::cast_precision_loss)]
pub fn parse_time(text: &str) -> Result<f64, Refusal> {
    Ok(Timestamp::parse_rfc3339(text)?.micros() as f64 / 1000.0)
}

#[wasm_bindgen(js_name = reasonCodes)]
pub fn reason_codes() -> Array {
    Code::ALL.iter().map(|code| JsValue::from(Record::new().with("code", code.as_str()).with("meaning", code.meaning()))).collect()
}
