//! The line protocol of `check --jsonl` and `verify --jsonl`: one JSON object in, one out.
//!
//! Lines are read here and not by the host's parser, so that an `id` of any size comes back as it
//! was.

use crate::decision::{Code, Reason};
use crate::inspect::{self, Kind};
use crate::json::{self, Fields, Members, Style, Value};
use crate::packet::Form;
use crate::time::Timestamp;

/// Answers one line `{"id", "kind", "text"}` with `{"id", "valid", "code", "form"}`. The flag says
/// whether the object was refused.
#[must_use]
pub fn check_line(line: &[u8]) -> (String, bool) {
    let Some(frame) = Frame::open(line) else {
        return (r#"{"id": null, "valid": false, "code": "malformed_json"}"#.to_owned(), true);
    };
    let (id, request) = frame.read(|fields| {
        let (name, text) = (fields.text("kind"), fields.text("text"));
        fields.check().map_err(code)?;
        Ok((Kind::from_name(&name).ok_or(Code::UnknownKind)?, text))
    });
    let (code, form) = match request {
        Err(code) => (Some(code), None),
        Ok((kind, text)) => {
            let report = inspect::check(kind, text.as_bytes());
            (report.refusal.map(|reason| reason.code), report.form)
        }
    };
    let answer = Members::new()
        .with("id", id)
        .with("valid", code.is_none())
        .with("code", code.map(Code::as_str))
        .with("form", form.map(Form::as_str))
        .object();
    (json::write(&answer, Style { sorted: false, ..Style::WIRE }), code.is_some())
}

/// One line of `verify --jsonl`.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifyLine {
    /// The id as JSON text; `null` where there is none.
    pub id: String,
    /// What the line asks, or the code of its refusal.
    pub request: Result<VerifyRequest, Code>,
}

/// What a line asks to be verified.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifyRequest {
    /// The envelope.
    pub text: String,
    /// The present, if the line states one.
    pub now: Option<Timestamp>,
    /// Approvals as JSON texts, if the line has any.
    pub approvals: Option<Vec<String>>,
}

impl VerifyLine {
    /// Reads `{"id", "text", "now", "approvals"}`; the last two may be absent.
    #[must_use]
    pub fn read(line: &[u8]) -> Self {
        let Some(frame) = Frame::open(line) else {
            return Self { id: "null".into(), request: Err(Code::MalformedJson) };
        };
        let (id, request) = frame.read(|fields| {
            let (text, now) = (fields.text("text"), fields.optional_text("now"));
            fields.check().map_err(code)?;
            let now = match now {
                None => None,
                Some(now) => Some(Timestamp::parse_rfc3339(&now).map_err(|error| Reason::from(error).code)?),
            };
            let approvals = match fields.optional("approvals") {
                None => None,
                Some(Value::Array(items)) => Some(items.into_iter().map(approval_text).collect()),
                Some(_) => return Err(Code::TypeMismatch),
            };
            Ok(VerifyRequest { text, now, approvals })
        });
        Self { id: json::write(&id, Style::COMPACT), request }
    }
}

/// A line that is JSON; its id is known whatever else is wrong with it.
struct Frame {
    id: Value,
    fields: Result<Fields, Code>,
}

impl Frame {
    /// `None` for a line that is not JSON.
    fn open(line: &[u8]) -> Option<Self> {
        let (value, fault) = json::parse_frame(line).ok()?;
        let mut fields = match Fields::of(value, "") {
            Ok(fields) => fields,
            Err(error) => return Some(Self { id: Value::Null, fields: Err(code(error)) }),
        };
        let id = fields.take("id").unwrap_or(Value::Null);
        Some(Self { id, fields: fault.map_or(Ok(fields), |fault| Err(Reason::from(fault).code)) })
    }

    fn read<T>(self, read: impl FnOnce(&mut Fields) -> Result<T, Code>) -> (Value, Result<T, Code>) {
        (self.id, self.fields.and_then(|mut fields| read(&mut fields)))
    }
}

/// An approval as the object it is, or as its text.
fn approval_text(item: Value) -> String {
    match item {
        Value::String(text) => text,
        other => json::write(&other, Style::COMPACT),
    }
}

fn code(error: json::FieldError) -> Code {
    Reason::from(error).code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_answered_in_the_order_of_the_contract() {
        let cases = [
            (r#"{"id":1,"kind":"packet","text":"{}"}"#, r#"{"id": 1, "valid": false, "code": "missing_field", "form": null}"#),
            (
                r#"{"id":900719925474099312345,"kind":"packet","text":"x"}"#,
                r#"{"id": 900719925474099312345, "valid": false, "code": "malformed_json", "form": null}"#,
            ),
            (
                r#"{"id":{"a":1.0},"kind":"letter","text":"x"}"#,
                r#"{"id": {"a": 1.0}, "valid": false, "code": "unknown_kind", "form": null}"#,
            ),
            (r#"{"id":7,"kind":"packet","text":"\ud800"}"#, r#"{"id": 7, "valid": false, "code": "invalid_unicode", "form": null}"#),
            (r#"{"id":8,"kind":"packet","text":"x","n":1e400}"#, r#"{"id": 8, "valid": false, "code": "number_not_finite", "form": null}"#),
            (r#"{"id":9,"id":10,"kind":"packet","text":"x"}"#, r#"{"id": 9, "valid": false, "code": "duplicate_key", "form": null}"#),
            (r#"{"id":null,"kind":"packet","text":"x"}"#, r#"{"id": null, "valid": false, "code": "malformed_json", "form": null}"#),
            (r#"{"kind":"packet"}"#, r#"{"id": null, "valid": false, "code": "missing_field", "form": null}"#),
            (r#"{"id":"x","kind":"packet","text":{}}"#, r#"{"id": "x", "valid": false, "code": "type_mismatch", "form": null}"#),
            ("[]", r#"{"id": null, "valid": false, "code": "type_mismatch", "form": null}"#),
            ("not JSON", r#"{"id": null, "valid": false, "code": "malformed_json"}"#),
            (r#"{"id":1"#, r#"{"id": null, "valid": false, "code": "malformed_json"}"#),
        ];
        for (line, answer) in cases {
            assert_eq!(check_line(line.as_bytes()), (answer.to_owned(), true));
        }
    }

    #[test]
    fn a_line_to_verify_may_state_its_own_present() {
        let read = |line: &str| VerifyLine::read(line.as_bytes());
        let line = read(r#"{"id":"é","text":"t","now":"2026-03-08T12:00:00.5Z","approvals":[{"b":1,"a":2}]}"#);
        assert_eq!(line.id, r#""\u00e9""#);
        let request = line.request.expect("a request");
        assert_eq!(request.now.map(Timestamp::millis), Some(1_772_971_200_500));
        assert_eq!(request.approvals, Some(vec![r#"{"a":2,"b":1}"#.to_owned()]));
        assert_eq!(read(r#"{"id":1,"text":"t","now":"yesterday"}"#).request, Err(Code::DatetimeNoncanonical));
        assert_eq!(read(r#"{"id":1,"text":"t","approvals":true}"#).request, Err(Code::TypeMismatch));
        assert_eq!(read("x").request, Err(Code::MalformedJson));
    }
}
