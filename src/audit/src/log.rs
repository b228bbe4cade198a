//! Verifying a log.

use js_sys::Array;
use trusthandoff::encoding::hex;
use trusthandoff::json::Fields;
use trusthandoff::limits::MAX_LOG_SIZE;
use trusthandoff::log::{Break, Link, Report, Unsealed, Verifier};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::checkpoint::{public_keys, verified};
use crate::convert::{Record, from_js, optional};
use crate::error::Refusal;
use crate::lines::{Lines, Read};

#[wasm_bindgen]
pub struct AuditLogReader {
    verifier: Verifier,
    lines: Lines,
    count: u64,
}

#[wasm_bindgen]
impl AuditLogReader {
    /// `checkpoint` is the text of one that was kept elsewhere, `previous` is `{lines, root}` of the log before, or undefined.
    #[wasm_bindgen(constructor)]
    pub fn new(keys: &Array, checkpoint: Option<Vec<u8>>, previous: &JsValue) -> Result<Self, Refusal> {
        let kept = checkpoint.as_deref().map(verified).transpose()?;
        let mut verifier = Verifier::new(&public_keys(keys)?, kept.as_ref());
        if !previous.is_undefined() {
            let mut fields = Fields::of(from_js(previous)?, "/previous")?;
            let (lines, root) = (size_of(&mut fields, "lines"), fields.digest("root"));
            fields.finish()?;
            verifier = verifier.after(lines, root);
        }
        Ok(Self { verifier, lines: Lines::default(), count: 0 })
    }

    /// Takes in a piece of the log.
    pub fn push(&mut self, chunk: &[u8]) {
        self.lines.push(chunk, |line| {
            match line {
                Read::Whole(line) => self.verifier.push(line),
                Read::Long(line) => self.verifier.push_long(*line),
            }
            self.count = self.count.saturating_add(1);
        });
    }

    /// How many lines there were so far.
    pub fn count(&self) -> f64 {
        number(self.count)
    }

    pub fn finish(self) -> JsValue {
        let tail = self.lines.rest_bytes();
        report(&Report { tail, ..self.verifier.finish(self.lines.rest()) })
    }
}

pub(crate) fn report(report: &Report) -> JsValue {
    let record = Record::new()
        .with("lines", number(report.lines))
        .with("sealed", number(report.sealed))
        .with("unsealed", number(report.unsealed()))
        .with("checkpoints", number(report.checkpoints))
        .with("logId", optional(report.log_id.as_deref()))
        .with("root", hex(&report.root))
        .with("continues", report.continues.as_ref().map_or(JsValue::NULL, link_of))
        .with("breaks", report.breaks.iter().map(break_of).collect::<Array>())
        .with("moreBreaks", number(report.more_breaks))
        .with("tail", number(report.tail))
        .with("whole", report.is_whole());
    // Most logs were never found other than they were left.
    match report.found.is_empty() {
        true => record,
        false => record.with(
            "found",
            report.found.iter().map(|found| JsValue::from(unsealed(&found.unsealed).with("line", number(found.at)))).collect::<Array>(),
        ),
    }
    .into()
}

pub(crate) fn unsealed(unsealed: &Unsealed) -> Record {
    let Unsealed { from, to, reason } = unsealed;
    Record::new().with("from", number(*from)).with("to", number(*to)).with("reason", reason.as_str())
}

pub(crate) fn link_of(link: &Link) -> JsValue {
    Record::new().with("logId", link.log_id.as_str()).with("size", number(link.size)).with("root", hex(&link.root)).into()
}

/// A number of lines.
pub(crate) fn size_of(fields: &mut Fields, key: &str) -> u64 {
    fields.integer(key).to_u128().and_then(|n| u64::try_from(n).ok()).filter(|n| *n <= MAX_LOG_SIZE).unwrap_or_else(|| {
        fields.invalid(key, "a number of lines");
        0
    })
}

fn break_of(found: &Break) -> JsValue {
    Record::new()
        .with("from", number(found.from))
        .with("to", number(found.to))
        .with("fault", found.fault.as_str())
        .with("message", found.to_string())
        .into()
}

/// Counts of lines and bytes are below 2^53, and so is what a checkpoint states.
#[allow(clippy::cast_precision_loss)]
pub(crate) const fn number(n: u64) -> f64 {
    n as f64
}
