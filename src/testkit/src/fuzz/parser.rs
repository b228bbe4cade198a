//! The strict parser against `serde_json`: what it accepts the peer accepts, as the same value; what it refuses the peer
//! refuses too, or one of the rules of the specification (section 2) is broken, and it is the one that the refusal names.

use serde_json::value::RawValue;
use trusthandoff::json::{self, Error, Part, Style, Value, parse, parse_frame, parse_lazily};
use trusthandoff::limits::{MAX_INTEGER_DIGITS, MAX_NESTING};

/// The law, of any bytes.
///
/// # Panics
/// Where it is broken.
pub fn law(bytes: &[u8]) {
    let peer = serde_json::from_slice::<&RawValue>(bytes).ok().map(RawValue::get);
    let own = parse(bytes);
    match (&own, peer) {
        (Ok(value), Some(text)) => {
            assert!(!breaks(text, &Rule::Any), "accepted against a rule");
            assert!(is_same(value, text), "read as another value than the peer's: {value:?}");
            for style in [Style::COMPACT, Style::ARRIVAL, Style::WIRE] {
                let written = json::write(value, style);
                let again = parse(written.as_bytes()).expect("what was written is read");
                assert_eq!(json::write(&again, style), written, "written again it is another text");
            }
            assert_eq!(parse_frame(bytes), Ok((value.clone(), None)));
            assert_kept(&parse_lazily(bytes, 0).expect("what is read is read lazily too"), value);
        }
        (Ok(_), None) => panic!("accepted, and refused by the peer"),
        (Err(error), Some(text)) => {
            assert_eq!(parse_lazily(bytes, 0).as_ref(), Err(error));
            let rule = Rule::of(error).unwrap_or_else(|| panic!("`{error}`, and the peer reads it"));
            assert!(breaks(text, &rule), "`{error}` is not so");
        }
        (Err(error), None) => assert_eq!(parse_lazily(bytes, 0).as_ref(), Err(error)),
    }
}

/// What is kept as text is written as what is made, and is the same when it is made.
fn assert_kept(kept: &Value, made: &Value) {
    for style in [Style::COMPACT, Style::ARRIVAL, Style::ARRIVAL_UNSIGNED, Style::WIRE, Style::OUTCOME] {
        assert_eq!(json::write(kept, style), json::write(made, style), "kept and made are written differently");
    }
    assert_eq!(kept.nesting(), made.nesting());
    assert_eq!(opened(kept), *made, "kept is another value than made");
}

/// The same with nothing kept as text, made of its parts.
fn opened(value: &Value) -> Value {
    match value {
        Value::Raw(raw) => {
            let made = made_of(&mut raw.parts()).expect("a value");
            assert_eq!(raw.to_value(), made);
            made
        }
        Value::Array(items) => Value::Array(items.iter().map(opened).collect()),
        Value::Object(members) => Value::Object(members.iter().map(|(key, value)| (key.clone(), opened(value))).collect()),
        other => other.clone(),
    }
}

/// The value that comes next, if one does.
fn made_of<'a>(parts: &mut dyn Iterator<Item = Part<'a>>) -> Option<Value> {
    match parts.next().expect("a part") {
        Part::Scalar(value) => Some(value),
        Part::Open(false) => Some(Value::Array(std::iter::from_fn(|| made_of(parts)).collect())),
        Part::Open(true) => {
            let mut members = Vec::new();
            while let Part::Key(key) = parts.next().expect("a part") {
                members.push((key.into_owned(), made_of(parts).expect("a member")));
            }
            Some(Value::Object(members))
        }
        Part::Close => None,
        Part::Key(_) => panic!("a key that no object has"),
    }
}

/// What the protocol refuses of well-formed JSON.
#[derive(Debug, PartialEq)]
enum Rule {
    RepeatedKey,
    Depth,
    Digits,
    Infinite,
    MinusZero,
    Surrogate,
    /// Any of them.
    Any,
}

impl Rule {
    /// None for what is no JSON at all.
    fn of(error: &Error) -> Option<Self> {
        Some(match error {
            Error::DuplicateKey { .. } => Self::RepeatedKey,
            Error::TooDeep(_) => Self::Depth,
            Error::IntegerTooLarge(_) => Self::Digits,
            Error::NotFinite(_) => Self::Infinite,
            Error::NegativeZero(_) => Self::MinusZero,
            Error::Surrogate(_) => Self::Surrogate,
            _ => return None,
        })
    }
}

/// Whether a text that the peer holds for JSON breaks a rule somewhere. Read by the peer, level by level.
fn breaks(text: &str, rule: &Rule) -> bool {
    let is_of = |broken: Rule| *rule == Rule::Any || *rule == broken;
    if depth(text) > MAX_NESTING {
        // Deeper than anyone reads: then that is what is wrong, or something on the way there.
        return true;
    }
    match text.as_bytes().first() {
        Some(b'{') => {
            // A key that is no text breaks a rule; whether a member before it breaks another cannot be asked of the peer.
            let Some(members) = members(text) else { return true };
            let mut keys: Vec<&String> = members.iter().map(|(key, _)| key).collect();
            keys.sort_unstable();
            (is_of(Rule::RepeatedKey) && keys.windows(2).any(|pair| pair[0] == pair[1]))
                || members.iter().any(|(_, value)| breaks(value, rule))
        }
        Some(b'[') => items(text).iter().any(|item| breaks(item, rule)),
        Some(b'"') => is_of(Rule::Surrogate) && serde_json::from_str::<String>(text).is_err(),
        Some(b'-' | b'0'..=b'9') if text.contains(['.', 'e', 'E']) => {
            is_of(Rule::Infinite) && !text.parse::<f64>().expect("a number").is_finite()
        }
        Some(b'-' | b'0'..=b'9') => {
            (is_of(Rule::MinusZero) && text == "-0") || (is_of(Rule::Digits) && text.trim_start_matches('-').len() > MAX_INTEGER_DIGITS)
        }
        _ => false,
    }
}

/// Whether the peer reads this text as this value.
fn is_same(value: &Value, text: &str) -> bool {
    match value {
        Value::Null => text == "null",
        Value::Bool(flag) => text == if *flag { "true" } else { "false" },
        Value::Int(n) => text == n.as_str(),
        // The standard library reads decimals to the nearest double; the peer only does where it is built to.
        Value::Float(x) => text.contains(['.', 'e', 'E']) && text.parse::<f64>().is_ok_and(|y| y.to_bits() == x.value().to_bits()),
        Value::String(string) => serde_json::from_str::<String>(text).is_ok_and(|read| read == *string),
        Value::Time(_) | Value::Raw(_) => false,
        Value::Array(values) => {
            let items = items(text);
            items.len() == values.len() && values.iter().zip(items).all(|(value, item)| is_same(value, item))
        }
        Value::Object(own) => members(text).is_some_and(|members| {
            members.len() == own.len() && own.iter().zip(members).all(|((key, value), (name, item))| *key == name && is_same(value, item))
        }),
    }
}

fn items(text: &str) -> Vec<&str> {
    serde_json::from_str::<Vec<&RawValue>>(text).expect("an array").into_iter().map(RawValue::get).collect()
}

/// The members in order of arrival, repeated ones too. None where a key is no text.
fn members(text: &str) -> Option<Vec<(String, &str)>> {
    struct Members;
    impl<'de> serde::de::Visitor<'de> for Members {
        type Value = Vec<(String, &'de str)>;
        fn expecting(&self, to: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            to.write_str("an object")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some((key, value)) = map.next_entry::<String, &'de RawValue>()? {
                members.push((key, value.get()));
            }
            Ok(members)
        }
    }
    serde::Deserializer::deserialize_map(&mut serde_json::Deserializer::from_str(text), Members).ok()
}

/// How deeply a well-formed text is nested.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut is_escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
