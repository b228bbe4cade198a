//! The canonical forms: written, read and written again, they are the same bytes.

use proptest::prelude::*;
use trusthandoff::json::{self, Style, Value, parse, write};

use super::values::value;

const SORTED: [Style; 4] = [Style::COMPACT, Style::CAPABILITY, Style::WIRE, Style::OUTCOME];
const ARRIVAL: [Style; 2] = [Style::ARRIVAL, Style::ARRIVAL_UNSIGNED];

fn in_order(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(in_order).collect()),
        Value::Object(members) => {
            Value::Object(json::in_order(members).into_iter().map(|(key, value)| (key.clone(), in_order(value))).collect())
        }
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn what_is_written_reads_back_as_it_was(value in value()) {
        for style in ARRIVAL {
            prop_assert_eq!(parse(write(&value, style).as_bytes()), Ok(value.clone()));
        }
        for style in SORTED {
            prop_assert_eq!(parse(write(&value, style).as_bytes()), Ok(in_order(&value)));
        }
    }

    #[test]
    fn writing_again_gives_the_same_bytes(value in value()) {
        for style in SORTED.into_iter().chain(ARRIVAL) {
            let once = write(&value, style);
            prop_assert_eq!(write(&parse(once.as_bytes()).unwrap(), style), once);
        }
    }

    /// The order in which keys arrive changes no sorted form, and spaces or escapes on the way none at all.
    #[test]
    fn one_content_has_one_canonical_text(value in value()) {
        let once = write(&value, Style::COMPACT);
        for other in SORTED.into_iter().chain(ARRIVAL) {
            prop_assert_eq!(write(&parse(write(&value, other).as_bytes()).unwrap(), Style::COMPACT), &*once);
        }
        prop_assert!(once.is_ascii());
    }

    /// Two contents never share their signed bytes.
    #[test]
    fn two_contents_have_two_canonical_texts(one in value(), other in value()) {
        prop_assert_eq!(write(&one, Style::ARRIVAL) == write(&other, Style::ARRIVAL), one == other);
        prop_assert_eq!(write(&one, Style::COMPACT) == write(&other, Style::COMPACT), in_order(&one) == in_order(&other));
    }
}
