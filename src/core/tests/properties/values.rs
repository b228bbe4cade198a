//! Generated JSON: every kind of value, keys and characters of every plane, numbers of every size.

use proptest::collection::vec;
use proptest::prelude::*;
use trusthandoff::json::{Float, Integer, Value};

pub(crate) fn integer() -> impl Strategy<Value = Integer> {
    prop_oneof![
        any::<i64>().prop_map(Integer::from),
        any::<u128>().prop_map(Integer::from),
        "-?[1-9][0-9]{0,307}".prop_map(|digits| Integer::from_digits(&digits).expect("canonical digits")),
    ]
}

pub(crate) fn float() -> impl Strategy<Value = Float> {
    any::<u64>().prop_filter_map("finite", |bits| Float::new(f64::from_bits(bits)))
}

/// Any characters, and those that writers treat specially more often than chance would.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let special = prop_oneof![
        Just('"'),
        Just('\\'),
        Just('/'),
        Just('\n'),
        Just('\u{0}'),
        Just('\u{7f}'),
        Just('é'),
        Just('\u{2028}'),
        Just('\u{d7ff}'),
        Just('\u{e000}'),
        Just('\u{ffff}'),
        Just('😀'),
        Just('\u{10ffff}'),
        any::<char>(),
        proptest::char::range('a', 'f')
    ];
    vec(special, 0..8).prop_map(String::from_iter)
}

pub(crate) fn members(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Vec<(String, Value)>> {
    vec((text(), value), 0..6).prop_map(|members| {
        let mut kept: Vec<(String, Value)> = Vec::new();
        for (key, value) in members {
            if kept.iter().all(|(known, _)| *known != key) {
                kept.push((key, value));
            }
        }
        kept
    })
}

pub(crate) fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        integer().prop_map(Value::Int),
        float().prop_map(Value::Float),
        text().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![vec(inner.clone(), 0..6).prop_map(Value::Array), members(inner).prop_map(Value::Object)]
    })
}
