//! JSONTestSuite on the strict parser: what must parse, what must not, and a pinned verdict for each
//! case that the standard leaves open.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

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
fn what_must_parse_parses_but_for_what_is_refused_by_rule() {
    // A repeated key (catalogue E02) and the integer `-0` (E14) are each a second spelling.
    const BY_RULE: [(&str, &str); 4] = [
        ("y_number_minus_zero", "number_noncanonical"),
        ("y_number_negative_zero", "number_noncanonical"),
        ("y_object_duplicated_key", "duplicate_key"),
        ("y_object_duplicated_key_and_value", "duplicate_key"),
    ];
    let must: Vec<_> = cases("parsing").into_iter().filter(|(name, _)| name.starts_with("y_")).collect();
    assert_eq!(must.len(), 95);
    for (name, bytes) in must {
        let expected = BY_RULE.iter().find(|(refused, _)| *refused == name).map_or("accepted", |(_, code)| code);
        assert_eq!(verdict(&bytes), expected, "{name}");
    }
}

#[test]
fn what_must_not_parse_does_not() {
    let must_not: Vec<_> = cases("parsing").into_iter().filter(|(name, _)| name.starts_with("n_")).collect();
    assert_eq!(must_not.len(), 188);
    for (name, bytes) in must_not {
        assert_ne!(verdict(&bytes), "accepted", "{name}");
    }
}

#[test]
fn what_the_standard_leaves_open_is_decided() {
    const DECIDED: [(&str, &str); 35] = [
        ("i_number_double_huge_neg_exp", "accepted"),
        ("i_number_huge_exp", "number_not_finite"),
        ("i_number_neg_int_huge_exp", "number_not_finite"),
        ("i_number_pos_double_huge_exp", "number_not_finite"),
        ("i_number_real_neg_overflow", "number_not_finite"),
        ("i_number_real_pos_overflow", "number_not_finite"),
        ("i_number_real_underflow", "accepted"),
        ("i_number_too_big_neg_int", "accepted"),
        ("i_number_too_big_pos_int", "accepted"),
        ("i_number_very_big_negative_int", "accepted"),
        ("i_object_key_lone_2nd_surrogate", "invalid_unicode"),
        ("i_string_1st_surrogate_but_2nd_missing", "invalid_unicode"),
        ("i_string_1st_valid_surrogate_2nd_invalid", "invalid_unicode"),
        ("i_string_UTF-16LE_with_BOM", "invalid_utf8"),
        ("i_string_UTF-8_invalid_sequence", "invalid_utf8"),
        ("i_string_UTF8_surrogate_U+D800", "invalid_utf8"),
        ("i_string_incomplete_surrogate_and_escape_valid", "invalid_unicode"),
        ("i_string_incomplete_surrogate_pair", "invalid_unicode"),
        ("i_string_incomplete_surrogates_escape_valid", "invalid_unicode"),
        ("i_string_invalid_lonely_surrogate", "invalid_unicode"),
        ("i_string_invalid_surrogate", "invalid_unicode"),
        ("i_string_invalid_utf-8", "invalid_utf8"),
        ("i_string_inverted_surrogates_U+1D11E", "invalid_unicode"),
        ("i_string_iso_latin_1", "invalid_utf8"),
        ("i_string_lone_second_surrogate", "invalid_unicode"),
        ("i_string_lone_utf8_continuation_byte", "invalid_utf8"),
        ("i_string_not_in_unicode_range", "invalid_utf8"),
        ("i_string_overlong_sequence_2_bytes", "invalid_utf8"),
        ("i_string_overlong_sequence_6_bytes", "invalid_utf8"),
        ("i_string_overlong_sequence_6_bytes_null", "invalid_utf8"),
        ("i_string_truncated-utf-8", "invalid_utf8"),
        ("i_string_utf16BE_no_BOM", "invalid_utf8"),
        ("i_string_utf16LE_no_BOM", "invalid_utf8"),
        ("i_structure_500_nested_arrays", "nesting_too_deep"),
        ("i_structure_UTF-8_BOM_empty_object", "malformed_json"),
    ];
    let found: Vec<(String, &str)> =
        cases("parsing").into_iter().filter(|(name, _)| name.starts_with("i_")).map(|(name, bytes)| (name, verdict(&bytes))).collect();
    let found: Vec<(&str, &str)> = found.iter().map(|(name, verdict)| (name.as_str(), *verdict)).collect();
    assert_eq!(found, DECIDED);
}

/// What other parsers round, merge or replace is kept as it came, or refused.
#[test]
fn what_other_parsers_change_is_kept_or_refused() {
    let kept = [
        ("number_-9223372036854775808", "[-9223372036854775808]"),
        ("number_-9223372036854775809", "[-9223372036854775809]"),
        ("number_1.0", "[1.0]"),
        ("number_1.000000000000000005", "[1.0]"),
        ("number_1000000000000000", "[1000000000000000]"),
        ("number_10000000000000000999", "[10000000000000000999]"),
        ("number_1e-999", "[0.0]"),
        ("number_1e6", "[1000000.0]"),
        ("number_9223372036854775807", "[9223372036854775807]"),
        ("number_9223372036854775808", "[9223372036854775808]"),
        ("object_key_nfc_nfd", "{\"\u{e9}\":\"NFC\",\"e\u{301}\":\"NFD\"}"),
        ("object_key_nfd_nfc", "{\"e\u{301}\":\"NFD\",\"\u{e9}\":\"NFC\"}"),
        ("object_same_key_different_values", "duplicate_key"),
        ("object_same_key_same_value", "duplicate_key"),
        ("object_same_key_unclear_values", "number_noncanonical"),
        ("string_1_escaped_invalid_codepoint", "invalid_unicode"),
        ("string_1_invalid_codepoint", "invalid_utf8"),
        ("string_2_escaped_invalid_codepoints", "invalid_unicode"),
        ("string_2_invalid_codepoints", "invalid_utf8"),
        ("string_3_escaped_invalid_codepoints", "invalid_unicode"),
        ("string_3_invalid_codepoints", "invalid_utf8"),
        ("string_with_escaped_NULL", "[\"A\\u0000B\"]"),
    ];
    let cases = cases("transform");
    assert_eq!(cases.len(), kept.len());
    for ((name, bytes), (expected_name, expected)) in cases.into_iter().zip(kept) {
        let found = json::parse(&bytes).map_or_else(|_| verdict(&bytes).to_owned(), |value| json::write(&value, Style::ARRIVAL));
        assert_eq!((name.as_str(), found.as_str()), (expected_name, expected));
    }
}
