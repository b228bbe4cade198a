//! Writing a log.

use trusthandoff::decision::Code;
use trusthandoff::event::Stamp;
use trusthandoff::json::{Fields, Value};
use trusthandoff::log::{Link, Writer};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::checkpoint::{seal_text, verified};
use crate::convert::{entropy, from_js, moment};
use crate::error::Refusal;
use crate::lines::Lines;
use crate::log::{link_of, number, size_of};

#[wasm_bindgen]
pub struct AuditLogWriter {
    writer: Writer,
    lines: Lines,
}

#[wasm_bindgen]
impl AuditLogWriter {
    #[wasm_bindgen(constructor)]
    pub fn new(log_id: &str) -> Self {
        Self { writer: Writer::new(log_id), lines: Lines::default() }
    }

    /// Takes in a piece of the log as it stands.
    #[wasm_bindgen(js_name = takeIn)]
    pub fn take_in(&mut self, chunk: &[u8]) {
        self.lines.push(chunk, |line| self.writer.take_in(line));
    }

    /// What stood after the last newline. It is no line, and not asked for again.
    #[wasm_bindgen(js_name = takeTail)]
    pub fn take_tail(&mut self) -> Vec<u8> {
        let tail = self.lines.rest().to_vec();
        self.lines = Lines::default();
        tail
    }

    /// The line of an event, without its newline.
    pub fn append(&mut self, event: &JsValue) -> Result<String, Refusal> {
        match from_js(event)? {
            event @ Value::Object(_) => Ok(self.writer.append(&event)),
            other => Err(Refusal::new(Code::TypeMismatch, format!("an event must be an object, not {}", other.kind()))),
        }
    }

    /// The line that tells that `cut` was cut off.
    pub fn recover(&mut self, cut: &[u8], producer: String, now_ms: f64) -> Result<String, Refusal> {
        let stamp = Stamp { id: uuid(entropy()?), at: moment(now_ms)?, producer };
        Ok(self.writer.append_recovery(cut, stamp))
    }

    /// The first line of a log that goes on with the one of this id, size and root; nothing where there is a line already.
    #[wasm_bindgen(js_name = appendLink)]
    pub fn append_link(&mut self, before: &JsValue, producer: String, now_ms: f64) -> Result<Option<String>, Refusal> {
        let mut fields = Fields::of(from_js(before)?, "")?;
        let log_id = fields.text("logId");
        let (size, root) = (size_of(&mut fields, "size"), fields.digest("root"));
        fields.finish()?;
        let stamp = Stamp { id: uuid(entropy()?), at: moment(now_ms)?, producer };
        Ok(self.writer.append_link(&Link { log_id, size, root }, stamp))
    }

    /// This log as it stands, for the one that goes on with it.
    pub fn link(&self) -> JsValue {
        link_of(&self.writer.link())
    }

    /// What a checkpoint would state now, for `signCheckpoint` and `prepareCheckpoint`.
    pub fn seal(&self, producer: &str, now_ms: f64) -> Result<String, Refusal> {
        Ok(seal_text(&self.writer.seal(moment(now_ms)?, producer)))
    }

    /// The line of a checkpoint, or nothing where it states another state than that of now.
    #[wasm_bindgen(js_name = appendCheckpoint)]
    pub fn append_checkpoint(&mut self, text: &str) -> Result<Option<String>, Refusal> {
        Ok(self.writer.append_checkpoint(&verified(text.as_bytes())?))
    }

    pub fn size(&self) -> f64 {
        number(self.writer.size())
    }
}

/// Random bytes as a UUID of version 4 (RFC 9562 §5.4).
fn uuid(mut bytes: [u8; 16]) -> String {
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
    *version = (*version & 0x0f) | 0x40;
    *variant = (*variant & 0x3f) | 0x80;
    let dash = |at| if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
    bytes.iter().enumerate().map(|(at, byte)| format!("{}{byte:02x}", dash(at))).collect()
}
