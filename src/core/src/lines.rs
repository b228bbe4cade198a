//! The line protocol of `check --jsonl` and `verify --jsonl`: one JSON object in, one out.
//!
//! Lines are read here and not by the host's parser, so that an `id` of any size comes back as it
//! was.

use crate::decision::{Code, Reason};
use crate::inspect::{self, Kind};
use crate::json::{self, Fields, Style, Value};
use crate::packet::Form;
use crate::time::Timestamp;

/// Answers one line `{"id", "kind", "text"}` with `{"id", "valid", "code", "form"}`. The flag says
/// whether the object was refused.
#[must_use]
pub fn check_line(line: &[u8]) -> (String, bool) {
    let (id, outcome) = read_check(line);
    let (code, form) = match &outcome {
        Err(code) => (Some(*code), None),
        Ok((kind, text)) => {
            let report = inspect::check(*kind, text.as_bytes());
            (report.refusal.map(|reason| reason.code), report.form)
        }
    };
    let mut members = vec![
        ("id".to_owned(), id.unwrap_or(Value::Null)),
        ("valid".to_owned(), Value::Bool(code.is_none())),
        ("code".to_owned(), code.map(Code::as_str).into()),
    ];
    if !is_no_json(&members, code) {
        members.push(("form".to_owned(), form.map(Form::as_str).into()));
    }
    let arrival = Style { sorted: false, spaced: true, ..Style::WIRE };
    (json::write(&Value::Object(members), arrival), code.is_some())
}

/// A line that is not JSON gets no more than its three members.
fn is_no_json(members: &[(String, Value)], code: Option<Code>) -> bool {
    code == Some(Code::MalformedJson) && members.first().is_some_and(|(_, id)| *id == Value::Null)
}

fn read_check(line: &[u8]) -> (Option<Value>, Result<(Kind, String), Code>) {
    let (id, mut fields) = match open(line) {
        Ok(opened) => opened,
        Err(code) => return (None, Err(code)),
    };
    let mut read = || -> Result<(Kind, String), Code> {
        let name = fields.text("kind").map_err(code)?;
        let text = fields.text("text").map_err(code)?;
        Ok((Kind::from_name(&name).ok_or(Code::UnknownKind)?, text))
    };
    let outcome = read();
    (id, outcome)
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
        let (id, mut fields) = match open(line) {
            Ok(opened) => opened,
            Err(code) => return Self { id: "null".into(), request: Err(code) },
        };
        let mut request = || -> Result<VerifyRequest, Code> {
            let text = fields.text("text").map_err(code)?;
            let now = match fields.optional_text("now").map_err(code)? {
                None => None,
                Some(now) => Some(Timestamp::parse_rfc3339(&now).map_err(|error| Reason::from(error).code)?),
            };
            let approvals = match fields.optional("approvals") {
                None => None,
                Some(Value::Array(items)) => Some(items.iter().map(|item| json::write(item, Style::COMPACT)).collect()),
                Some(_) => return Err(Code::TypeMismatch),
            };
            Ok(VerifyRequest { text, now, approvals })
        };
        let request = request();
        Self { id: json::write(&id.unwrap_or(Value::Null), Style::COMPACT), request }
    }
}

/// The id and the other members of a line. Whatever the parser refuses is `malformed_json` here: a
/// finer code would be taken for one about the signed object.
fn open(line: &[u8]) -> Result<(Option<Value>, Fields), Code> {
    let value = json::parse(line).map_err(|_| Code::MalformedJson)?;
    let mut fields = Fields::of(value, "").map_err(code)?;
    let id = fields.take("id");
    Ok((id, fields))
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
