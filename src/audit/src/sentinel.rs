//! Sentinel.

use js_sys::Array;
use trusthandoff::decision::{Code, Reason};
use trusthandoff::json::{self, Fields, Style, TimeForm, Value};
use trusthandoff::limits::MAX_FINDINGS_OF_A_KIND;
use trusthandoff::sentinel::{Chain, Collected, Finding, Options, Rule, RuleError, Sentinel, Severity, report};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::checkpoint::{public_keys, verified};
use crate::convert::{Record, entropy, from_js, to_js};
use crate::error::Refusal;

/// As lines of JSON are printed. ASCII, so that nothing in it moves a terminal or hides.
const LINE: Style = Style { sorted: false, spaced: true, time: TimeForm::Zulu, ..Style::WIRE };

#[wasm_bindgen]
pub struct AuditSentinel {
    sentinel: Sentinel,
    collected: Collected,
    /// Whether findings are told as they are made.
    tells: bool,
}

#[wasm_bindgen]
impl AuditSentinel {
    /// `rules` is JSON text as bytes, or an array of rules; `settings` is `{since, types, min_severity, chain, tells}`, of which `chain` says
    /// whether hashes are verified: `null` where there are some.
    #[wasm_bindgen(constructor)]
    pub fn new(rules: &JsValue, settings: &JsValue, keys: &Array, checkpoint: Option<Vec<u8>>) -> Result<Self, Refusal> {
        let mut fields = Fields::of(from_js(settings)?, "")?;
        let chain = fields.nullable_bool("chain", false);
        let min_severity = fields.text("min_severity");
        let tells = fields.flag("tells");
        let options = Options {
            rules: rules_of(rules)?,
            since: fields.optional_time("since"),
            types: fields.texts("types"),
            min_severity: Severity::from_name(&min_severity)
                .ok_or_else(|| Reason::at(Code::ConfigInvalid, "a severity is info, low, medium, high or critical", "minSeverity"))?,
            chain: chain.map_or(Chain::Auto, |is_wanted| if is_wanted { Chain::Verify } else { Chain::Ignore }),
            trusted: public_keys(keys)?,
            kept: checkpoint.as_deref().map(verified).transpose()?,
            seed: entropy()?,
            most_of_a_kind: if tells { u64::MAX } else { MAX_FINDINGS_OF_A_KIND },
            ..Options::default()
        };
        fields.finish()?;
        options.check().map_err(|unknown| Reason::at(Code::ConfigInvalid, unknown.to_string(), "types"))?;
        Ok(Self { sentinel: Sentinel::new(options), collected: Collected::default(), tells })
    }

    /// Takes in a piece of the log, and tells what was found in it.
    pub fn ingest(&mut self, chunk: &[u8]) -> Array {
        self.gather(|sentinel, found| sentinel.ingest(chunk, found))
    }

    /// What follows is of the file `name`.
    pub fn enter(&mut self, name: &str) -> Array {
        self.gather(|sentinel, _| sentinel.enter(name))
    }

    /// Files are only numbered and verified as chains, until that ends.
    pub fn measure(&mut self, is_on: bool) {
        self.sentinel.measure(is_on);
    }

    /// The log ends here.
    pub fn finish(&mut self) -> Array {
        self.gather(Sentinel::finish)
    }

    /// How many lines were read.
    #[allow(clippy::cast_precision_loss)]
    pub fn lines(&self) -> f64 {
        self.sentinel.summary().lines as f64
    }

    /// What was found so far: of each kind and severity the first thousand.
    pub fn findings(&self) -> Array {
        self.collected.findings.iter().map(|finding| told(&finding.to_value_in(self.sentinel.sources()))).collect()
    }

    pub fn summary(&self) -> JsValue {
        told(&self.sentinel.summary().to_value())
    }

    /// What happened when, so far, in steps of equal length; nothing before the first decision.
    #[allow(clippy::cast_precision_loss)]
    pub fn timeline(&self) -> JsValue {
        let Some(timeline) = self.sentinel.summary().timeline else { return JsValue::NULL };
        let step = |counts: &[u64; 3]| counts.iter().map(|n| JsValue::from(*n as f64)).collect::<Array>();
        Record::new()
            .with("start", timeline.start.zulu())
            .with("stepSeconds", timeline.step_seconds as f64)
            .with("steps", timeline.steps.iter().map(step).collect::<Array>())
            .into()
    }

    #[wasm_bindgen(js_name = reportText)]
    pub fn report_text(&mut self, colour: bool, width: usize) -> String {
        self.sum_up();
        report::text(&self.collected, colour, width)
    }

    #[wasm_bindgen(js_name = reportHtml)]
    pub fn report_html(&mut self) -> String {
        self.sum_up();
        report::html(&self.collected)
    }

    fn gather(&mut self, work: impl FnOnce(&mut Sentinel, &mut dyn FnMut(Finding))) -> Array {
        let Self { sentinel, collected, tells } = self;
        let mut found = Vec::new();
        work(sentinel, &mut |finding| found.push(finding));
        let new = Array::new();
        for finding in found {
            if *tells {
                new.push(&told(&finding.to_value_in(sentinel.sources())));
            }
            collected.push(finding);
        }
        new
    }

    fn sum_up(&mut self) {
        self.collected.summary = Some(self.sentinel.summary());
        self.collected.sources = self.sentinel.sources().clone();
    }
}

fn told(value: &Value) -> JsValue {
    Record::new().with("text", json::write(value, LINE)).with("view", to_js(value)).into()
}

fn rules_of(rules: &JsValue) -> Result<Vec<Rule>, Refusal> {
    let read = match rules.dyn_ref::<js_sys::Uint8Array>() {
        Some(text) => Rule::parse(&text.to_vec()),
        None => Rule::read_all(from_js(rules)?),
    };
    read.map_err(|error| {
        Refusal::from(match error {
            RuleError::Json(error) => Reason::from(error),
            RuleError::Field(error) => Reason::from(error),
            other => Reason::new(Code::ConfigInvalid, other.to_string()),
        })
    })
}
