//! Writing a log.

use js_sys::{Array, Uint8Array};
use trusthandoff::decision::Code;
use trusthandoff::event::Stamp;
use trusthandoff::json::{Fields, Value};
use trusthandoff::log::{Link, Opening, Writer};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::checkpoint::{public_keys, raw_key, seal_text, verified};
use crate::convert::{entropy, from_js, moment};
use crate::error::Refusal;
use crate::lines::{Lines, Read};
use crate::log::{link_of, number, size_of, unsealed};

#[wasm_bindgen]
pub struct AuditLogWriter {
    writer: Writer,
    stored: Option<Writer>,
    /// While lines that stand in the log are taken in.
    opening: Option<Opening>,
    lines: Lines,
}

#[wasm_bindgen]
impl AuditLogWriter {
    #[wasm_bindgen(constructor)]
    pub fn new(log_id: &str) -> Self {
        Self { writer: Writer::new(log_id), stored: None, opening: None, lines: Lines::default() }
    }

    /// Names the keeper's own keys and, as bytes, the newest checkpoint that is kept beside the log; `null` where none is there,
    /// `undefined` where nobody looked.
    pub fn expect(&mut self, own: &Array, kept: &JsValue) -> Result<(), Refusal> {
        let own = public_keys(own)?;
        let opening = self.opening.get_or_insert_with(|| Opening::of(self.writer.clone()));
        opening.own(own);
        if !kept.is_undefined() {
            opening.expect(kept.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec).as_deref());
        }
        Ok(())
    }

    /// Takes in a piece of the log as it stands.
    #[wasm_bindgen(js_name = takeIn)]
    pub fn take_in(&mut self, chunk: &[u8]) {
        let opening = self.opening.get_or_insert_with(|| Opening::of(self.writer.clone()));
        self.lines.push(chunk, |line| match line {
            Read::Whole(line) => opening.push(line),
            Read::Long(line) => opening.push_long(*line),
        });
    }

    /// Whether what was taken in is a chained log, or nothing at all.
    #[wasm_bindgen(js_name = isLog)]
    pub fn is_log(&self) -> bool {
        self.opening.as_ref().is_none_or(|opening| opening.size() == 0 || opening.is_log())
    }

    /// What stands there that no checkpoint of whoever signs with `key` covers; nothing once one states it.
    pub fn unsealed(&mut self, key: &[u8]) -> Result<JsValue, Refusal> {
        let key = raw_key(key)?;
        Ok(self.written().unsealed(&key).map_or(JsValue::NULL, |found| unsealed(&found).into()))
    }

    /// The writer, behind all that was taken in.
    fn written(&mut self) -> &mut Writer {
        if let Some(opening) = self.opening.take() {
            self.writer = opening.finish();
        }
        &mut self.writer
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
            event @ Value::Object(_) => Ok(self.written().append(&event)),
            other => Err(Refusal::new(Code::TypeMismatch, format!("an event must be an object, not {}", other.kind()))),
        }
    }

    /// The line that tells that `cut` was cut off.
    pub fn recover(&mut self, cut: &[u8], producer: String, now_ms: f64) -> Result<String, Refusal> {
        let stamp = Stamp { id: uuid(entropy()?), at: moment(now_ms)?, producer };
        Ok(self.written().append_recovery(cut, stamp))
    }

    /// The first line of a log that goes on with the one of this id, size and root; nothing where there is a line already.
    #[wasm_bindgen(js_name = appendLink)]
    pub fn append_link(&mut self, before: &JsValue, producer: String, now_ms: f64) -> Result<Option<String>, Refusal> {
        let mut fields = Fields::of(from_js(before)?, "")?;
        let log_id = fields.text("logId");
        let (size, root) = (size_of(&mut fields, "size"), fields.digest("root"));
        fields.finish()?;
        let stamp = Stamp { id: uuid(entropy()?), at: moment(now_ms)?, producer };
        Ok(self.written().append_link(&Link { log_id, size, root }, stamp))
    }

    /// This log as it stands, for the one that goes on with it.
    pub fn link(&mut self) -> JsValue {
        link_of(&self.written().link())
    }

    /// What a checkpoint would state now, for `signCheckpoint` and `prepareCheckpoint`.
    pub fn seal(&mut self, producer: &str, key: &[u8], now_ms: f64) -> Result<String, Refusal> {
        let (at, key) = (moment(now_ms)?, raw_key(key)?);
        Ok(seal_text(&self.written().seal_with(at, producer, &key)))
    }

    /// The line of a checkpoint, or nothing where it states another state than that of now.
    #[wasm_bindgen(js_name = appendCheckpoint)]
    pub fn append_checkpoint(&mut self, text: &str) -> Result<Option<String>, Refusal> {
        Ok(self.written().append_checkpoint(&verified(text.as_bytes())?))
    }

    /// All that was written so far is stored.
    pub fn stored(&mut self) {
        self.stored = Some(self.written().clone());
    }

    /// What was written since then is not; false where nothing was said to be.
    pub fn rollback(&mut self) -> bool {
        let Some(stored) = &self.stored else { return false };
        self.writer = stored.clone();
        true
    }

    pub fn size(&self) -> f64 {
        number(self.opening.as_ref().map_or_else(|| self.writer.size(), Opening::size))
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
