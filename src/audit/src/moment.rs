//! Times as texts.

use trusthandoff::time::Timestamp;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::Refusal;

#[wasm_bindgen(js_name = parseTime)]
#[allow(clippy::cast_precision_loss)]
pub fn parse_time(text: &str) -> Result<f64, Refusal> {
    Ok(Timestamp::parse_rfc3339(text)?.micros() as f64 / 1000.0)
}
