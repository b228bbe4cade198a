//! What was found of a signed object, as a plain object.

use trusthandoff::decision::Reason;
use trusthandoff::inspect::{Kind, Report};
use trusthandoff::packet::Form;
use wasm_bindgen::JsValue;

use crate::convert::{Record, optional};

pub(crate) fn report(report: &Report) -> JsValue {
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

pub(crate) fn found(kind: Option<Kind>, refusal: Option<&Reason>, form: Option<Form>) -> JsValue {
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
