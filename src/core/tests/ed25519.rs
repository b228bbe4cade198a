//! Published Ed25519 vectors, each judged with and without a precomputed table. What RFC 8032 and its
//! reference implementation sign is signed and verified to the byte; edge cases get the verdict of
//! strict verification.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::Value;
use trusthandoff::crypto::{Error, KeyTables, PublicKey, SecretKey, Signature};
use trusthandoff::encoding::{base64, from_hex, hex};
use trusthandoff::identity::{self, private_key_from_pem};

fn section(name: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("../../../tests/vectors/ed25519.json")).expect("the vectors");
    file[name].as_array().expect(name).clone()
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().expect(field)
}

fn bytes(vector: &Value, field: &str) -> Vec<u8> {
    base16ct::lower::decode_vec(text(vector, field)).expect("hexadecimal")
}

/// Judged bare and through a key's table, which it has earned by two signatures that were valid.
fn verify(secret: &SecretKey, message: &[u8], signature: &Signature) -> Result<(), Error> {
    let key = secret.public_key();
    let bare = key.verify(message, signature);
    let mut tables = KeyTables::new(1);
    for _ in 0..2 {
        assert_eq!(tables.verify(&key, b"earned", &secret.sign(b"earned")), Ok(()));
    }
    assert_eq!(tables.verify(&key, message, signature), bare, "a table changed the verdict");
    for mut untried in [KeyTables::new(0), KeyTables::new(1)] {
        assert_eq!(untried.verify(&key, message, signature), bare);
    }
    bare
}

fn signs_and_verifies(vector: &Value) {
    let secret = SecretKey::from_seed(&from_hex(text(vector, "seed")).expect("a seed"));
    let message = bytes(vector, "message");
    assert_eq!(hex(secret.public_key().as_bytes()), text(vector, "public_key"));
    let signature = secret.sign(&message);
    assert_eq!(hex(signature.as_bytes()), text(vector, "signature"));
    assert_eq!(verify(&secret, &message, &signature), Ok(()));
    // One bit of anything refuses it.
    let changed: Vec<u8> = message.iter().copied().chain([0]).collect();
    assert_eq!(verify(&secret, &changed, &signature), Err(Error::Invalid));
    for at in [0, 31, 32, 62] {
        let mut spoilt = *signature.as_bytes();
        spoilt[at] ^= 1;
        assert_eq!(verify(&secret, &message, &Signature::from_bytes(spoilt)), Err(Error::Invalid));
    }
}

#[test]
fn the_long_vectors_of_rfc_8032_hold() {
    let vectors = section("rfc_8032");
    assert_eq!(vectors.iter().map(|v| text(v, "name")).collect::<Vec<_>>(), ["TEST 1024", "TEST SHA(abc)"]);
    assert_eq!(vectors.iter().map(|v| bytes(v, "message").len()).collect::<Vec<_>>(), [1023, 64]);
    vectors.iter().for_each(signs_and_verifies);
}

#[test]
fn the_reference_implementations_own_vectors_hold_at_every_length() {
    let vectors = section("sign_input");
    assert_eq!(vectors.len(), 127);
    vectors.iter().for_each(signs_and_verifies);
}

/// An `s` that is not reduced, the group's order added once, and a bit beyond it: a second signature
/// for the same message (RFC 8032 §5.1.7).
#[test]
fn a_signature_has_no_second_spelling_in_s() {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0x10,
    ];
    let secret = SecretKey::from_seed(&[7; 32]);
    let genuine = *secret.sign(b"m").as_bytes();
    let mut spelled = genuine;
    let mut carry = 0_u16;
    for (byte, order) in spelled[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = u8::try_from(sum & 0xff).expect("a byte");
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert_eq!(verify(&secret, b"m", &Signature::from_bytes(genuine)), Ok(()));
    assert_eq!(verify(&secret, b"m", &Signature::from_bytes(spelled)), Err(Error::Invalid));
    for bit in [0x20, 0x40, 0x80] {
        let mut marked = genuine;
        marked[63] |= bit;
        assert_eq!(verify(&secret, b"m", &Signature::from_bytes(marked)), Err(Error::Invalid));
    }
}

/// A coordinate of the field's order or more is a second spelling of a smaller one.
#[test]
fn a_key_has_no_second_spelling() {
    // y = 2^255 - 19 + 3, 4 and so on: 3, 4, 5 and 6 spelled with the order added; 1 and 0 have small order.
    for extra in 0..19_u8 {
        for sign in [0x7f_u8, 0xff] {
            let mut bytes = [0xff; 32];
            bytes[0] = 0xed + extra;
            bytes[31] = sign;
            assert!(matches!(PublicKey::from_bytes(bytes), Err(Error::KeyEncoding)), "{extra} {sign:x}");
        }
    }
}

#[test]
fn private_keys_of_rfc_8410_are_read_where_their_public_key_is_their_own() {
    let public = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";
    let found: Vec<(String, Result<String, identity::Error>)> = section("pkcs8")
        .iter()
        .map(|vector| {
            let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", base64(&bytes(vector, "der")));
            (text(vector, "name").to_owned(), private_key_from_pem(&pem).map(|key| hex(key.public_key().as_bytes())))
        })
        .collect();
    let expected = [
        ("v1", Ok(public.to_owned())),
        ("v2", Ok(public.to_owned())),
        // Attributes are not read, so nothing that carries them is.
        ("v2 with attributes", Err(identity::Error::PrivateKey)),
        ("v2 with another public key", Err(identity::Error::PrivateKey)),
    ];
    assert_eq!(found, expected.map(|(name, outcome)| (name.to_owned(), outcome)));
}
