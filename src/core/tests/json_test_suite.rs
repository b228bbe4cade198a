//! JSONTestSuite on the strict parser: what must parse, what must not, and a pinned verdict for each
//! case that the standard leaves open.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use serde_json::Value as Json;
use trusthandoff::json::{self, Error, Style};

fn bytes(of: &Json) -> Vec<u8> {
    let hex = |text: &str| base16ct::lower::decode_vec(text).expect("hexadecimal");
    match of {
        Json::String(text) => hex(text),
        Json::Array(runs) => runs
            .iter()
            .flat_map(|run| hex(run[0].as_str().expect("text")).repeat(usize::try_from(run[1].as_u64().expect("times")).expect("fits")))
            .collect(),
        _ => panic!("neither text nor runs"),
    }
}

/// The cases of a section: name and bytes.
fn cases(section: &str) -> Vec<(String, Vec<u8>)> {
    let suite: Json = serde_json::from_str(include_str!("../../../tests/vectors/json_test_suite.json")).expect("the suite");
    suite[section]
        .as_array()
        .expect("cases")
        .iter()
        .map(|case| (case["name"].as_str().expect("a name").to_owned(), bytes(&case["hex"])))
        .collect()
}

fn verdict(bytes: &[u8]) -> &'static str {
    match json::parse(bytes) {
        Ok(_) => "accepted",
        Err(Error::Utf8(_)) => "invalid_utf8",
        Err(Error::Malformed { .. }) => "malformed_json",
        Err(Error::DuplicateKey { .. }) => "duplicate_key",
        Err(Error::TooDeep(_)) => "nesting_too_deep",
        Err(Error::IntegerTooLarge(_)) => "number_too_large",
        Err(Error::NotFinite(_)) => "number_not_finite",
        Err(Error::NegativeZero(_)) => "number_noncanonical",
        Err(Error::Surrogate(_)) => "invalid_unicode",
        Err(_) => "another error",
    }
}
#[test]
fn probe() {
    for s in ["parsing", "transform"] {
        for (name, bytes) in cases(s) {
            let v = verdict(&bytes);
            let shown = if v == "accepted" { json::write(&json::parse(&bytes).unwrap(), Style::ARRIVAL) } else { v.into() };
            if s == "transform" || name.starts_with("i_") || (name.starts_with("y_") != (v == "accepted")) {
                println!("{name} {v} {}", &shown.chars().take(80).collect::<String>());
            }
        }
    }
    let _: BTreeMap<u8, u8>;
}
