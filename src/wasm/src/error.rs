//! Refusals as plain objects.

use trusthandoff::decision::{Code, Reason};
use wasm_bindgen::JsValue;

use crate::convert::{Record, optional};

/// What is thrown for a caller's mistake. Already a value of JavaScript: a handle moves in fewer
/// instructions than a reason, and every export moves it often.
pub struct Refusal(JsValue);

impl<E: Into<Reason>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::of(&error.into())
    }
}

impl Refusal {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self::of(&Reason::new(code, message))
    }

    #[inline(never)]
    fn of(reason: &Reason) -> Self {
        let thrown = Record::new().with("code", reason.code.as_str()).with("message", reason.message.as_str());
        Self(thrown.with("field", optional(reason.field.as_deref())).into())
    }
}

impl From<Refusal> for JsValue {
    fn from(refusal: Refusal) -> Self {
        refusal.0
    }
}
