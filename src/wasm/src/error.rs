//! Refusals as plain objects.

use trusthandoff::decision::{Code, Reason};
use wasm_bindgen::JsValue;

use crate::convert::record;

/// What is thrown for a caller's mistake.
pub(crate) struct Refusal(Reason);

impl<E: Into<Reason>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl Refusal {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self(Reason::new(code, message))
    }
}

impl From<Refusal> for JsValue {
    fn from(Refusal(reason): Refusal) -> Self {
        record([
            ("code", reason.code.as_str().into()),
            ("message", reason.message.into()),
            ("field", reason.field.map_or(Self::NULL, Self::from)),
        ])
    }
}
