//! Events that would be longer than a line may be: what is too long in them is cut off, and cited by its hash.

use super::{LINE, whole};
use crate::crypto::sha256;
use crate::encoding::hex;
use crate::json::{self, Value};
use crate::limits::{MAX_CLIPPED_BYTES, MAX_LINE_BYTES};

/// Members that every event has, which stay where everything else has to go.
const COMMON: [&str; 6] = ["event_id", "event_type", "timestamp", "producer_id", "correlation_id", "idempotency_key"];

/// The event, short enough: of a text that is too long the beginning stays, of anything else nothing, and `clipped` tells for each
/// how many bytes were cut off and their SHA-256.
pub(super) fn clipped(mut members: Vec<(String, Value)>) -> Value {
    let mut cut = Vec::new();
    for (key, value) in &mut members {
        if json::write(value, LINE).len() > MAX_CLIPPED_BYTES {
            cut.push((key.clone(), clip(value)));
        }
    }
    let text = json::write(&Value::Object(members.clone()), LINE);
    if text.len().saturating_add(cut.len().saturating_mul(256)) > MAX_LINE_BYTES / 2
        || cut.iter().any(|(key, _)| key.len() > MAX_CLIPPED_BYTES)
    {
        // Too many members, or their names are too long.
        members.retain(|(key, _)| COMMON.contains(&key.as_str()));
        cut.retain(|(key, _)| COMMON.contains(&key.as_str()));
        cut.push(("*".into(), rest(text.as_bytes())));
    }
    members.push(("clipped".into(), Value::Object(cut)));
    Value::Object(members)
}

fn clip(value: &mut Value) -> Value {
    if let Value::String(text) = value {
        // Spelled in ASCII a character takes twelve bytes at most.
        let mut end = text.len().min(MAX_CLIPPED_BYTES / 12);
        while !text.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        let cut = text.split_off(end);
        return rest(cut.as_bytes());
    }
    let text = json::write(value, LINE);
    *value = Value::Null;
    rest(text.as_bytes())
}

fn rest(bytes: &[u8]) -> Value {
    let length = u64::try_from(bytes.len()).map_or(Value::Null, whole);
    Value::Object(vec![("bytes".into(), length), ("sha256".into(), Value::String(hex(&sha256(&[bytes]))))])
}
