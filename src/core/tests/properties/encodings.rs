//! Encodings: each value has one text, and no other text is read.

use proptest::collection::vec;
use proptest::prelude::*;
use trusthandoff::capability::{Content, UnverifiedCapability};
use trusthandoff::crypto::{KeyTables, PublicKey, SecretKey, Signature};
use trusthandoff::encoding::{base64, base64url, from_base64, from_base64url, from_hex, hex};
use trusthandoff::grant::{Constraints, Permissions};
use trusthandoff::identity::{Jwk, agent_id, check_agent_id, private_key_from_pem, private_key_pem, public_key_from_pem, public_key_pem};
use trusthandoff::time::Timestamp;

use super::values::{integer, text};

/// One character replaced, inserted or dropped.
pub(crate) fn edited(text: &str, at: usize, with: char, how: u8) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = at % (chars.len() + 1);
    match how % 3 {
        0 if at < chars.len() => chars[at] = with,
        1 if at < chars.len() => drop(chars.remove(at)),
        _ => chars.insert(at, with),
    }
    chars.into_iter().collect()
}

/// A character of any kind, more often one that encodings use.
pub(crate) fn stray() -> impl Strategy<Value = char> {
    prop_oneof![proptest::char::range('!', '~'), proptest::char::range('!', '~'), Just('='), Just('\n'), Just(' '), any::<char>()]
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    ((0..4_000_000_000_i64), prop_oneof![Just(0), 0..1_000_000_i64], prop_oneof![Just(0), -1439..1440_i64]).prop_map(
        |(seconds, micros, offset)| {
            let utc = Timestamp::from_micros(86_400_000_000 + seconds * 1_000_000 + micros).unwrap().zulu();
            let sign = if offset < 0 { '-' } else { '+' };
            let zone = format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60);
            Timestamp::parse(&utc.replace('Z', &zone)).unwrap()
        },
    )
}

fn permissions() -> impl Strategy<Value = Permissions> {
    (vec(text(), 0..4), proptest::option::of(integer()))
        .prop_map(|(allowed_actions, max_tool_calls)| Permissions { allowed_actions: allowed_actions.into(), max_tool_calls })
}

fn constraints() -> impl Strategy<Value = Constraints> {
    (proptest::option::of(integer()), proptest::option::of(text()), any::<Option<bool>>()).prop_map(
        |(max_runtime_seconds, data_boundary, requires_human_review)| Constraints {
            max_runtime_seconds,
            data_boundary,
            requires_human_review,
        },
    )
}

fn capability() -> impl Strategy<Value = (Content, SecretKey)> {
    let ids = (text(), text(), text(), proptest::option::of(text()));
    (ids, permissions(), proptest::option::of(constraints()), timestamp(), timestamp(), any::<[u8; 32]>()).prop_map(
        |(
            (capability_id, issuer_agent, subject_agent, parent_capability_id),
            delegated_permissions,
            constraints,
            issued_at,
            expires_at,
            seed,
        )| {
            let secret = SecretKey::from_seed(&seed);
            let public_key = secret.public_key();
            let content = Content {
                capability_id,
                issuer_agent,
                subject_agent,
                delegated_permissions,
                constraints,
                issued_at,
                expires_at,
                parent_capability_id,
                public_key,
            };
            (content, secret)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn bytes_survive_their_text(bytes in vec(any::<u8>(), 0..100), key in any::<[u8; 32]>(), signature in any::<[u8; 64]>()) {
        prop_assert_eq!(from_base64(&base64(&bytes)), Ok(bytes.clone()));
        prop_assert_eq!(from_base64url(&base64url(&bytes)), Ok(bytes));
        prop_assert_eq!(from_hex(&hex(&key)), Ok(key));
        let signature = Signature::from_bytes(signature);
        prop_assert_eq!(Signature::from_base64(&base64(signature.as_bytes())), Ok(signature));
        prop_assert_eq!(Signature::from_base64url(&base64url(signature.as_bytes())), Ok(signature));
    }

    #[test]
    fn no_second_text_is_read_as_the_same_bytes(bytes in vec(any::<u8>(), 0..70), at in any::<usize>(), with in stray(), how in any::<u8>()) {
        let text = edited(&base64(&bytes), at, with, how);
        prop_assert!(from_base64(&text).is_err() || from_base64(&text).is_ok_and(|read| base64(&read) == text));
        let text = edited(&base64url(&bytes), at, with, how);
        prop_assert!(from_base64url(&text).is_err() || from_base64url(&text).is_ok_and(|read| base64url(&read) == text));
        if let Ok(key) = <[u8; 32]>::try_from(bytes) {
            let text = edited(&hex(&key), at, with, how);
            prop_assert!(from_hex::<32>(&text).is_err() || from_hex::<32>(&text).is_ok_and(|read| hex(&read) == text));
        }
    }

    #[test]
    fn times_survive_each_of_their_texts(time in timestamp()) {
        prop_assert_eq!(Timestamp::parse(&time.zulu()), Ok(time));
        prop_assert_eq!(Timestamp::parse(&time.iso()), Ok(time));
        prop_assert_eq!(time.spaced(), time.iso().replacen('T', " ", 1));
        prop_assert_eq!(Timestamp::from_micros(time.micros()).unwrap().micros(), time.micros());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn keys_survive_their_texts(seed in any::<[u8; 32]>()) {
        let secret = SecretKey::from_seed(&seed);
        let key = secret.public_key();
        prop_assert_eq!(PublicKey::from_bytes(*key.as_bytes()), Ok(key));
        prop_assert_eq!(public_key_from_pem(&public_key_pem(&key)), Ok(key));
        prop_assert_eq!(private_key_from_pem(&private_key_pem(&secret)).map(|read| *read.seed()), Ok(seed));
        prop_assert_eq!(Jwk::public(&key).public_key(), Ok(key));
        prop_assert_eq!(Jwk::private(&secret).private_key().map(|read| *read.seed()), Ok(seed));
        prop_assert_eq!(check_agent_id(&agent_id(&key)), Ok(()));
        prop_assert_eq!(public_key_pem(&key).len(), 113);
        prop_assert_eq!(private_key_pem(&secret).len(), 119);
    }

    #[test]
    fn no_second_text_is_read_as_the_same_key(seed in any::<[u8; 32]>(), at in any::<usize>(), with in stray(), how in any::<u8>()) {
        let text = edited(&public_key_pem(&SecretKey::from_seed(&seed).public_key()), at, with, how);
        prop_assert!(public_key_from_pem(&text).is_err() || public_key_from_pem(&text).is_ok_and(|read| public_key_pem(&read) == text));
    }

    #[test]
    fn a_capability_survives_its_token_and_has_no_second_one(
        (content, secret) in capability(), at in any::<usize>(), with in stray(), how in any::<u8>(),
    ) {
        let token = content.clone().sign(&secret).to_token();
        let read = UnverifiedCapability::decode(&token, &KeyTables::new(0)).unwrap();
        prop_assert_eq!(read.claimed(), &content);
        let verified = read.verify(&mut KeyTables::new(0)).unwrap();
        prop_assert_eq!(verified.to_token(), token.clone());
        let changed = edited(&token, at, with, how);
        if changed != token {
            let outcome = UnverifiedCapability::decode(&changed, &KeyTables::new(0)).and_then(|read| read.verify(&mut KeyTables::new(0)));
            prop_assert!(outcome.is_err(), "{changed}");
        }
    }
}
