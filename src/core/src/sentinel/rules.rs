//! Rules over single events and over how many of them come together. They are data: the built-in ones have the
//! shape in which anybody writes further ones.

use super::finding::{Finding, Severity, clipped, moment};
use super::names::is_same;
use crate::event::Kind;
use crate::json::{self, FieldError, Fields, Value};
use crate::scan::{Line, Name, text_of};

/// Every built-in rule about events. What concerns several events of one packet is in `stories`.
const BUILT_IN: &str = r#"[
{"type": "rejected_packet", "severity": "low", "event_type": "packet_rejected",
 "sentence": "A packet from {from_agent} to {to_agent} was refused: {reason}.",
 "advice": "Nothing was done. Many of them from one sender deserve a look."},
{"type": "stale_capability", "severity": "medium", "event_type": "capability_stale",
 "sentence": "Rights that were good are good no more: {reason}.",
 "advice": "See that the task stopped, and what it had done by then."},
{"type": "overlap_window_used", "severity": "info", "event_type": "token_overlap_used",
 "sentence": "Something expired was admitted in the overlap with its successor: {reason}.",
 "advice": "Expected while something is exchanged; the sender should use the successor now."},
{"type": "ai_generated_payload", "severity": "info", "event_type": "ai_generated_payload",
 "sentence": "The payload of the packet {packet_id} was made by an AI ({source}, {model}).",
 "advice": "Nothing is wrong; it is told so that people can tell."},
{"type": "tampered_packet", "severity": "high", "event_type": "packet_rejected",
 "where": {"reason": ["invalid_signature", "capability_signature_invalid", "token_noncanonical", "chain_mismatch"]},
 "sentence": "Something signed was altered on its way, or never signed: {reason} (it claims to come from {from_agent}).",
 "advice": "Ask the sender whether the packet is its own. If it is, look at what stands between; if not, somebody uses its name."},
{"type": "forged_identity", "severity": "high", "event_type": "packet_rejected",
 "where": {"reason": ["public_key_mismatch", "agent_id_mismatch", "weak_public_key"]},
 "sentence": "A packet came in the name of {from_agent} with a key that is not its own: {reason}.",
 "advice": "Somebody uses that name. If its owner has changed the key, register the new one; otherwise find out who sent it."},
{"type": "escalation_attempt", "severity": "high", "event_type": "packet_rejected",
 "where": {"reason": ["authority_escalation", "constraint_relaxed", "untrusted_root", "capability_subject_mismatch", "capability_chain_invalid"]},
 "sentence": "{from_agent} asked for more than it was given: {reason}.",
 "advice": "See what it wanted. An agent that was talked into asking for more may have been injected: look at what it read before."},
{"type": "escalation_attempt", "severity": "high", "event_type": "action_refused",
 "where": {"reason": ["action_not_permitted", "authority_escalation", "action_invalid"]},
 "sentence": "A task of the packet {packet_id} tried an action that it may not do: {action}.",
 "advice": "See what made it try. A task that was talked into another action may have been injected: look at what it read before."},
{"type": "use_after_revocation", "severity": "medium", "event_type": ["packet_rejected", "action_refused"],
 "where": {"reason": ["agent_revoked", "capability_revoked", "packet_revoked"]},
 "sentence": "Something revoked was used, and refused: {reason} ({from_agent}).",
 "advice": "Whoever still holds it does not know, or does not care. Make sure that every gate learns of revocations."},
{"type": "burst", "severity": "medium", "event_type": "packet_rejected", "per": "from_agent", "more_than": 20, "within_seconds": 60,
 "sentence": "{count} packets in the name of {from_agent} were refused in one go.",
 "advice": "An attack that is tried by a machine, or a sender that is set up wrongly. Limit how often it may ask."},
{"type": "burst", "severity": "medium", "event_type": "packet_rejected", "per": "producer_id", "more_than": 100, "within_seconds": 60,
 "sentence": "{count} packets were refused in one go at {producer_id}, in whatever names.",
 "advice": "Whoever makes up names is not stopped by a limit for each. Limit what may arrive at that gate before it is verified."},
{"type": "burst", "severity": "medium", "event_type": ["action_refused", "budget_exhausted"], "per": "packet_id", "more_than": 20,
 "within_seconds": 60, "sentence": "{count} actions of the packet {packet_id} were refused in one go.",
 "advice": "A task that does not take no for an answer: a loop, or an agent that was talked into it. See what it read before."}
]"#;

/// Most rules, values of one condition, and events that a rule counts.
const MAX_RULES: usize = 256;
const MAX_COUNT: u32 = 10_000;
const MAX_WINDOW_SECONDS: u32 = 86_400;

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// A text that is no JSON.
    #[error(transparent)]
    Json(#[from] json::Error),
    /// A member that is missing, unknown or of another type.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// How many events make a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rate {
    /// Events are counted for each value of this member; all together where there is none.
    pub(super) per: Option<String>,
    pub(super) more_than: u32,
    pub(super) within_seconds: u32,
}

/// A rule: which events make a finding, and what it says.
///
/// ```
/// use trusthandoff::sentinel::Rule;
/// let rules = Rule::parse(br#"[{"type": "night_shift", "severity": "low", "event_type": "tool_used",
///   "where": {"action": ["deploy"]}, "per": "packet_id", "more_than": 3, "within_seconds": 60,
///   "sentence": "{count} deployments of {packet_id}.", "advice": "Ask who was awake."}]"#)?;
/// assert_eq!(rules.len(), 1);
/// # Ok::<(), trusthandoff::sentinel::RuleError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub(super) kind: String,
    pub(super) severity: Severity,
    event_types: Vec<String>,
    conditions: Vec<(String, Vec<Value>)>,
    pub(super) rate: Option<Rate>,
    sentence: String,
    advice: String,
}

impl Rule {
    /// Reads a JSON text: an array of rules.
    ///
    /// # Errors
    /// [`RuleError`] with a JSON pointer to what is wrong.
    pub fn parse(text: &[u8]) -> Result<Vec<Self>, RuleError> {
        Self::read_all(json::parse(text)?)
    }

    /// Reads an array of rules.
    ///
    /// # Errors
    /// As [`Rule::parse`].
    pub fn read_all(value: Value) -> Result<Vec<Self>, RuleError> {
        match value {
            Value::Array(rules) if rules.len() <= MAX_RULES => {
                rules.into_iter().enumerate().map(|(i, rule)| Self::read(rule, &format!("/{i}"))).collect()
            }
            _ => Err(FieldError::invalid("", "an array of at most 256 rules").into()),
        }
    }

    /// The built-in ones.
    #[must_use]
    pub fn built_in() -> Vec<Self> {
        // A test reads them.
        Self::parse(BUILT_IN.as_bytes()).unwrap_or_default()
    }

    /// The name of what it finds.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    fn read(value: Value, path: &str) -> Result<Self, RuleError> {
        let mut fields = Fields::of(value, path)?;
        let kind = fields.text("type");
        let is_name = (1..=64).contains(&kind.len()) && kind.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if !is_name {
            fields.invalid("type", "1 to 64 of the characters `a-z0-9_`");
        }
        let severity = Severity::from_name(&fields.text("severity")).unwrap_or_else(|| {
            fields.invalid("severity", "`info`, `low`, `medium`, `high` or `critical`");
            Severity::Info
        });
        let event_types = match fields.required("event_type") {
            Value::String(one) => Some(vec![one]),
            Value::Array(several) => texts(several),
            _ => None,
        };
        if event_types.is_none() {
            fields.invalid("event_type", "a string or an array of strings");
        }
        let conditions = if let Some(Value::Object(members)) = fields.optional_object("where") { members } else { Vec::new() };
        let conditions = conditions.into_iter().map(|(key, value)| values(value).map(|values| (key, values)));
        let conditions = conditions.collect::<Option<Vec<_>>>();
        if conditions.is_none() {
            fields.invalid("where", "members that are arrays of strings, integers, booleans or null");
        }
        let per = fields.optional_text("per");
        let more_than = number(&mut fields, "more_than", MAX_COUNT, "an integer from 1 to 10000");
        let within = number(&mut fields, "within_seconds", MAX_WINDOW_SECONDS, "an integer from 1 to 86400");
        let rate = match (more_than, within) {
            (Some(more_than), Some(within_seconds)) => Some(Rate { per, more_than, within_seconds }),
            (None, None) if per.is_none() => None,
            (None, _) => {
                fields.invalid("more_than", "given where `per` or `within_seconds` is");
                None
            }
            (Some(_), None) => {
                fields.invalid("within_seconds", "given where `more_than` is");
                None
            }
        };
        let (sentence, advice) = (fields.text("sentence"), fields.optional_text("advice").unwrap_or_default());
        fields.finish()?;
        let (event_types, conditions) = (event_types.unwrap_or_default(), conditions.unwrap_or_default());
        Ok(Self { kind, severity, event_types, conditions, rate, sentence, advice })
    }

    /// Whether an event of its type meets its conditions.
    pub(super) fn admits(&self, line: &Line<'_>) -> bool {
        self.conditions.iter().all(|(key, values)| {
            let raw = line.member(key);
            values.iter().any(|value| match value {
                Value::String(text) => text_of(raw).is_some_and(|found| found == *text),
                Value::Bool(flag) => raw == if *flag { &b"true"[..] } else { b"false" },
                Value::Int(n) => raw == n.to_string().as_bytes(),
                _ => raw.is_empty() || raw == b"null",
            })
        })
    }

    /// What it says of one event.
    pub(super) fn finding(&self, line: &Line<'_>, number: u64, at: Option<i64>) -> Finding {
        Finding {
            kind: self.kind.clone(),
            severity: self.severity,
            agents: agents(line),
            packets: line.text(Name::PacketId).map(|id| clipped(&id)).into_iter().collect(),
            lines: vec![number],
            sentence: fill(&self.sentence, |name| shown(line.member(name))),
            advice: self.advice.clone(),
            at: at.and_then(moment),
            details: details(line),
        }
    }

    /// What it says of `count` events from line to line; `label` is what they have in common.
    pub(super) fn finding_of_many(&self, label: Option<&str>, count: u64, lines: (u64, u64), at: i64) -> Finding {
        let per = self.rate.as_ref().and_then(|rate| rate.per.as_deref()).unwrap_or_default();
        let is_agent = ["from_agent", "to_agent", "producer_id", "agent_id", "signed_by"].contains(&per);
        let one = |is: bool| label.filter(|_| is).map(str::to_owned).into_iter().collect();
        Finding {
            kind: self.kind.clone(),
            severity: self.severity,
            agents: one(is_agent),
            packets: one(per == "packet_id"),
            lines: vec![lines.0, lines.1],
            sentence: fill(&self.sentence, |name| match name {
                "count" => Some(count.to_string()),
                _ if name == per => label.map(str::to_owned),
                _ => None,
            }),
            advice: self.advice.clone(),
            at: moment(at),
            details: vec![("count", super::finding::count(count))],
        }
    }
}

/// A type of event and the rules that look at it.
#[derive(Debug)]
pub(super) struct EventType {
    /// As it stands in lines.
    raw: Vec<u8>,
    pub(super) name: String,
    pub(super) kind: Option<Kind>,
    rules: Vec<usize>,
}

/// Most types that are kept at once: more than there are, but for a log that makes them up.
const MAX_TYPES: usize = 64;

/// Longest JSON text of a type of which several are kept.
const MAX_TYPE_BYTES: usize = 256;

/// Rules by the type of event they look at.
#[derive(Debug)]
pub(super) struct Book {
    rules: Vec<Rule>,
    types: Vec<EventType>,
    latest: usize,
}

impl Book {
    /// The built-in rules and `further`.
    pub(super) fn new(further: Vec<Rule>) -> Self {
        let mut rules = Rule::built_in();
        rules.extend(further);
        Self { rules, types: Vec::new(), latest: 0 }
    }

    /// The type of event whose JSON text is `raw`; nothing for what is no string.
    pub(super) fn event_type(&mut self, raw: &[u8]) -> Option<&EventType> {
        if !self.types.get(self.latest).is_some_and(|known| is_same(&known.raw, raw)) {
            let found = self.types.iter().position(|known| is_same(&known.raw, raw));
            self.latest = match found {
                Some(found) => found,
                None => self.learn(raw)?,
            };
        }
        self.types.get(self.latest)
    }

    #[inline(never)]
    fn learn(&mut self, raw: &[u8]) -> Option<usize> {
        let name = text_of(raw)?.into_owned();
        let rules = self.rules.iter().enumerate().filter(|(_, rule)| rule.event_types.contains(&name)).map(|(i, _)| i).collect();
        self.types.truncate(MAX_TYPES.saturating_sub(1));
        // A line may be long, and 64 of them must not stay.
        self.types.retain(|known| known.raw.len() <= MAX_TYPE_BYTES);
        self.types.push(EventType { raw: raw.to_owned(), kind: Kind::from_name(&name), name, rules });
        self.types.len().checked_sub(1)
    }

    /// The rules for events of the latest type, each with its number.
    pub(super) fn of_latest(&self) -> impl Iterator<Item = (usize, &Rule)> {
        let numbers = self.types.get(self.latest).map_or(&[][..], |known| known.rules.as_slice());
        numbers.iter().filter_map(|i| self.rules.get(*i).map(|rule| (*i, rule)))
    }

    pub(super) fn get(&self, number: usize) -> Option<&Rule> {
        self.rules.get(number)
    }
}

/// The agents that a line names.
pub(super) fn agents(line: &Line<'_>) -> Vec<String> {
    let mut named: Vec<String> = Vec::new();
    for name in [Name::FromAgent, Name::ToAgent, Name::AgentId, Name::SignedBy] {
        if let Some(agent) = line.text(name).map(|agent| clipped(&agent))
            && !named.contains(&agent)
        {
            named.push(agent);
        }
    }
    named
}

/// The members of an event that a finding repeats: the reference's violations and what explains others.
fn details(line: &Line<'_>) -> Vec<(&'static str, Value)> {
    let names =
        [Name::PacketId, Name::CapabilityId, Name::Reason, Name::Source, Name::Model, Name::Action, Name::Fingerprint, Name::Identity];
    let present = names.into_iter().filter(|name| !line.raw(*name).is_empty());
    present.map(|name| (name.as_str(), json_of(line.raw(name)))).chain(gate(line)).collect()
}

/// Who told an event: the gate that decided, or whose task it was.
pub(super) fn gate(line: &Line<'_>) -> Option<(&'static str, Value)> {
    Some(("gate", Value::String(clipped(&line.text(Name::ProducerId)?))))
}

fn json_of(raw: &[u8]) -> Value {
    match text_of(raw) {
        Some(text) => Value::String(clipped(&text)),
        None if raw.len() <= 512 => json::parse_frame(raw).map_or(Value::Null, |(value, _)| value),
        None => Value::String(clipped(&String::from_utf8_lossy(raw))),
    }
}

/// What is shown of a value; nothing for null.
fn shown(raw: &[u8]) -> Option<String> {
    match text_of(raw) {
        Some(text) => Some(clipped(&text)),
        None if raw.is_empty() || raw == b"null" => None,
        None => Some(clipped(&String::from_utf8_lossy(raw))),
    }
}

/// `template` with each `{name}` replaced; `unknown` where there is nothing to put.
fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else { break };
        filled.push_str(before);
        filled.push_str(&value(name).unwrap_or_else(|| "unknown".into()));
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

fn texts(items: Vec<Value>) -> Option<Vec<String>> {
    let text = |item| if let Value::String(text) = item { Some(text) } else { None };
    items.into_iter().map(text).collect::<Option<Vec<_>>>().filter(|texts| !texts.is_empty())
}

fn values(value: Value) -> Option<Vec<Value>> {
    let Value::Array(items) = value else { return None };
    let is_scalar = |item: &Value| matches!(item, Value::String(_) | Value::Int(_) | Value::Bool(_) | Value::Null);
    (!items.is_empty() && items.iter().all(is_scalar)).then_some(items)
}

fn number(fields: &mut Fields, name: &str, max: u32, expected: &'static str) -> Option<u32> {
    let n = fields.optional_integer(name)?;
    let n = n.to_u128().and_then(|n| u32::try_from(n).ok()).filter(|n| (1..=max).contains(n));
    if n.is_none() {
        fields.invalid(name, expected);
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_rules_are_read_like_any_other() {
        let rules = Rule::parse(BUILT_IN.as_bytes()).expect("the table");
        assert_eq!(rules.len(), 12);
        assert!(rules.iter().all(|rule| !rule.advice.is_empty() && rule.sentence.ends_with('.')));
    }

    #[test]
    fn a_log_that_makes_up_long_types_is_not_kept() {
        let mut book = Book::new(Vec::new());
        for n in 0..200 {
            let raw = format!("\"{n}{}\"", "x".repeat(if n % 2 == 0 { 100_000 } else { 10 }));
            let found = book.event_type(raw.as_bytes()).map(|known| known.name.clone());
            assert_eq!(found.as_deref(), Some(raw.trim_matches('"')));
        }
        assert!(book.types.len() <= MAX_TYPES && book.types.iter().map(|known| known.raw.len()).sum::<usize>() < 200_000);
    }

    #[test]
    fn a_code_in_a_rule_is_one_of_the_table() {
        let known = |text: &str| crate::decision::Code::ALL.iter().any(|code| code.as_str() == text);
        for rule in Rule::built_in() {
            for (_, values) in rule.conditions {
                for value in values {
                    assert!(matches!(&value, Value::String(code) if known(code)), "{value:?}");
                }
            }
        }
    }

    #[test]
    fn a_sentence_repeats_what_the_event_says() {
        let mut reader = crate::scan::Reader::default();
        let (line, _) = reader.read(br#"{"from_agent": "a\u00e9", "reason": null, "n": 7}"#, 0).expect("an object");
        let filled = fill("{from_agent} {reason} {n} {x} {", |name| shown(line.member(name)));
        assert_eq!(filled, "aé unknown 7 unknown {");
    }
}
