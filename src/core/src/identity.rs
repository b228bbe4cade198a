//! Who an agent is: its key, its id, and the texts keys travel in.

use zeroize::{Zeroize as _, Zeroizing};

use crate::crypto::{KeyTables, PublicKey, SecretKey, sha256};
use crate::encoding::{base64, base64url, from_base64, from_base64url};

/// Why an identity cannot be made of a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The public key is refused.
    #[error(transparent)]
    Key(#[from] crate::crypto::Error),
    /// The text is not a PKCS#8 Ed25519 private key in PEM (RFC 8410 §7).
    #[error("expected an unencrypted PKCS#8 Ed25519 private key in PEM")]
    PrivateKey,
    /// A PKCS#8 file or JWK states a public key that is not the secret's own.
    #[error("the public key beside the private key is not its own")]
    ForeignPublicKey,
    /// Not an Ed25519 JSON web key (RFC 8037 §2).
    #[error("expected a JSON web key with `kty` OKP and `crv` Ed25519")]
    Jwk,
    /// An agent id has characters other than printable ASCII, or is empty or too long.
    #[error("an agent id is 1 to 256 printable ASCII characters")]
    AgentId,
}

const PUBLIC_HEAD: &str = "-----BEGIN PUBLIC KEY-----\n";
const PUBLIC_TAIL: &str = "\n-----END PUBLIC KEY-----\n";
const PRIVATE_HEAD: &str = "-----BEGIN PRIVATE KEY-----\n";
const PRIVATE_TAIL: &str = "\n-----END PRIVATE KEY-----\n";
/// DER of a SubjectPublicKeyInfo up to the key (RFC 8410 §4).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// DER of a PKCS#8 version 1 file up to the seed (RFC 8410 §7).
const PKCS8_V1: [u8; 16] = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
/// The same for version 2, which appends the public key.
const PKCS8_V2: [u8; 16] = [0x30, 0x51, 0x02, 0x01, 0x01, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
/// What stands between seed and public key in version 2.
const PKCS8_V2_KEY: [u8; 3] = [0x81, 0x21, 0x00];

/// The PEM of a public key: always these 113 bytes (catalogue B08).
#[must_use]
pub fn public_key_pem(key: &PublicKey) -> String {
    format!("{PUBLIC_HEAD}{}{PUBLIC_TAIL}", base64(&[&SPKI[..], key.as_bytes()].concat()))
}

/// Reads exactly what [`public_key_pem`] writes. A second spelling of one key would have a second
/// agent id.
///
/// # Errors
/// [`crate::crypto::Error::KeyEncoding`] or [`crate::crypto::Error::WeakKey`].
pub fn public_key_from_pem(pem: &str) -> Result<PublicKey, crate::crypto::Error> {
    PublicKey::from_bytes(public_bytes_from_pem(pem).ok_or(crate::crypto::Error::KeyEncoding)?)
}

/// Whether the text is spelt as [`public_key_pem`] spells a key. Whether it is one costs more to say.
pub(crate) fn is_public_key_pem(pem: &str) -> bool {
    public_bytes_from_pem(pem).is_some()
}

/// The 32 bytes inside a canonical PEM, not yet known to be a key.
fn public_bytes_from_pem(pem: &str) -> Option<[u8; 32]> {
    let body = pem.strip_prefix(PUBLIC_HEAD)?.strip_suffix(PUBLIC_TAIL)?;
    from_base64(body).ok()?.strip_prefix(&SPKI)?.try_into().ok()
}

/// The key a signed object states: its algorithm is judged first, then the key.
///
/// # Errors
/// [`crate::crypto::Error`].
pub fn stated_key(algorithm: &str, pem: &str, keys: &KeyTables) -> Result<PublicKey, crate::crypto::Error> {
    if algorithm != "Ed25519" {
        return Err(crate::crypto::Error::Algorithm);
    }
    keys.public_key(public_bytes_from_pem(pem).ok_or(crate::crypto::Error::KeyEncoding)?)
}

/// The PEM of a private key (PKCS#8 version 1, 119 bytes), overwritten when dropped.
#[must_use]
pub fn private_key_pem(key: &SecretKey) -> Zeroizing<String> {
    let der = Zeroizing::new([&PKCS8_V1[..], &key.seed()[..]].concat());
    Zeroizing::new(format!("{PRIVATE_HEAD}{}{PRIVATE_TAIL}", Zeroizing::new(base64(&der)).as_str()))
}

/// Reads a PKCS#8 private key of either version (RFC 5958). Line ends and a missing last one do not
/// matter here: a private key is nobody's name.
///
/// # Errors
/// [`Error::PrivateKey`], or [`Error::ForeignPublicKey`] where version 2 states another public key.
pub fn private_key_from_pem(pem: &str) -> Result<SecretKey, Error> {
    let body = pem
        .trim()
        .strip_prefix(PRIVATE_HEAD.trim_end())
        .and_then(|rest| rest.strip_suffix(PRIVATE_TAIL.trim()))
        .ok_or(Error::PrivateKey)?;
    let body = Zeroizing::new(body.split_ascii_whitespace().collect::<String>());
    let der = Zeroizing::new(from_base64(&body).map_err(|_| Error::PrivateKey)?);
    let (seed, stated) = match (der.strip_prefix(&PKCS8_V1), der.strip_prefix(&PKCS8_V2)) {
        (Some(seed), _) => (seed, None),
        (_, Some(rest)) => {
            let (seed, rest) = rest.split_at_checked(32).ok_or(Error::PrivateKey)?;
            (seed, Some(rest.strip_prefix(&PKCS8_V2_KEY).ok_or(Error::PrivateKey)?))
        }
        _ => return Err(Error::PrivateKey),
    };
    let seed = Zeroizing::new(<[u8; 32]>::try_from(seed).map_err(|_| Error::PrivateKey)?);
    own(SecretKey::from_seed(&seed), stated)
}

fn own(key: SecretKey, stated: Option<&[u8]>) -> Result<SecretKey, Error> {
    if stated.is_some_and(|public| public != key.public_key().as_bytes()) { Err(Error::ForeignPublicKey) } else { Ok(key) }
}

/// A JSON web key (RFC 8037 §2), as far as it concerns Ed25519.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Jwk {
    /// Always `OKP`.
    pub kty: String,
    /// Always `Ed25519`.
    pub crv: String,
    /// The public key, base64url.
    pub x: String,
    /// The seed, base64url; only in a private key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub d: Option<String>,
}

/// The secret is never shown.
impl core::fmt::Debug for Jwk {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Jwk({} {} {}, {})", self.kty, self.crv, self.x, if self.d.is_some() { "private" } else { "public" })
    }
}

impl Drop for Jwk {
    fn drop(&mut self) {
        self.d.zeroize();
    }
}

impl Jwk {
    /// The public key as a JSON web key.
    #[must_use]
    pub fn public(key: &PublicKey) -> Self {
        Self { kty: "OKP".into(), crv: "Ed25519".into(), x: base64url(key.as_bytes()), d: None }
    }

    /// The private key as a JSON web key.
    #[must_use]
    pub fn private(key: &SecretKey) -> Self {
        let mut jwk = Self::public(&key.public_key());
        jwk.d = Some(base64url(&key.seed()[..]));
        jwk
    }

    /// The public key this names.
    ///
    /// # Errors
    /// [`Error::Jwk`] or [`Error::Key`].
    pub fn public_key(&self) -> Result<PublicKey, Error> {
        if self.kty != "OKP" || self.crv != "Ed25519" {
            return Err(Error::Jwk);
        }
        Ok(PublicKey::from_bytes(decode(&self.x)?)?)
    }

    /// The private key this holds.
    ///
    /// # Errors
    /// [`Error::Jwk`] without `d`, or [`Error::ForeignPublicKey`].
    pub fn private_key(&self) -> Result<SecretKey, Error> {
        let stated = self.public_key()?;
        let seed = Zeroizing::new(decode(self.d.as_deref().ok_or(Error::Jwk)?)?);
        own(SecretKey::from_seed(&seed), Some(stated.as_bytes()))
    }
}

fn decode(text: &str) -> Result<[u8; 32], Error> {
    from_base64url(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(Error::Jwk)
}

/// The agent id that a key certifies by itself: `agent:` and 16 characters of the hash of its PEM.
///
/// Other ids are allowed where a registry binds them; see [`check_agent_id`].
#[must_use]
pub fn agent_id(key: &PublicKey) -> String {
    let hash = base64(&sha256(&[public_key_pem(key).as_bytes()]));
    format!("agent:{}", hash.get(..16).unwrap_or_default())
}

/// An agent id is 1 to 256 printable ASCII characters, so that no twin looks like it
/// (catalogue B12).
///
/// # Errors
/// [`Error::AgentId`].
pub fn check_agent_id(id: &str) -> Result<(), Error> {
    let fits = (1..=crate::limits::MAX_ID_BYTES).contains(&id.len());
    if fits && id.bytes().all(|b| b.is_ascii_graphic()) { Ok(()) } else { Err(Error::AgentId) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Error as KeyError;

    /// From the reference: seed of 32 times 0x01.
    const PUBLIC: &str =
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAiojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=\n-----END PUBLIC KEY-----\n";
    const PRIVATE: &str =
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n-----END PRIVATE KEY-----\n";

    #[test]
    fn texts_and_id_are_those_of_the_reference() {
        let secret = SecretKey::from_seed(&[1; 32]);
        assert_eq!(private_key_pem(&secret).as_str(), PRIVATE);
        assert_eq!(public_key_pem(&secret.public_key()), PUBLIC);
        assert_eq!(agent_id(&secret.public_key()), "agent:PUwDBTSxwcalI4v1");
        assert_eq!(public_key_from_pem(PUBLIC), Ok(secret.public_key()));
        assert_eq!(private_key_from_pem(PRIVATE).expect("a key").public_key(), secret.public_key());
    }

    #[test]
    fn a_second_spelling_of_a_public_key_is_refused() {
        let body = &PUBLIC[27..PUBLIC.len() - 26];
        let cases = [
            PUBLIC.replace('\n', "\r\n"),
            PUBLIC.trim_end().to_owned(),
            format!("{PUBLIC}\n"),
            format!(" {PUBLIC}"),
            format!("text\n{PUBLIC}"),
            format!("{PUBLIC}{PUBLIC}"),
            PUBLIC.replace(body, &format!("{}\n{}", &body[..30], &body[30..])),
            PUBLIC.replace(body, &format!("{body} ")),
            PUBLIC.replace("PUBLIC KEY-----\nM", "PUBLIC KEY-----\nHeader: x\n\nM"),
            String::new(),
            body.to_owned(),
        ];
        for pem in cases {
            assert_eq!(public_key_from_pem(&pem), Err(KeyError::KeyEncoding), "{pem:?}");
        }
    }

    #[test]
    fn private_keys_of_both_versions_are_read_and_must_match_their_public_key() {
        let secret = SecretKey::from_seed(&[1; 32]);
        let v2 = |public: &[u8]| {
            let der = [&PKCS8_V2[..], &[1; 32], &PKCS8_V2_KEY, public].concat();
            private_key_from_pem(&format!("{PRIVATE_HEAD}{}{PRIVATE_TAIL}", base64(&der))).map(|k| k.public_key())
        };
        assert_eq!(v2(secret.public_key().as_bytes()), Ok(secret.public_key()));
        assert_eq!(v2(SecretKey::from_seed(&[2; 32]).public_key().as_bytes()), Err(Error::ForeignPublicKey));
        assert_eq!(v2(&[]), Err(Error::ForeignPublicKey));
        for pem in ["", PUBLIC, "-----BEGIN PRIVATE KEY-----\n\n-----END PRIVATE KEY-----\n"] {
            assert_eq!(private_key_from_pem(pem).map(|k| k.public_key()), Err(Error::PrivateKey));
        }
        assert!(private_key_from_pem(&PRIVATE.replace('\n', "\r\n")).is_ok());
    }

    #[test]
    fn a_json_web_key_survives_a_round_trip() {
        let secret = SecretKey::from_seed(&[1; 32]);
        let jwk = Jwk::private(&secret);
        assert_eq!(jwk.private_key().expect("a key").public_key(), secret.public_key());
        assert_eq!(Jwk::public(&secret.public_key()).public_key(), Ok(secret.public_key()));
        let with = |change: fn(&mut Jwk)| {
            let mut changed = jwk.clone();
            change(&mut changed);
            changed
        };
        let foreign = with(|jwk| jwk.x = Jwk::public(&SecretKey::from_seed(&[2; 32]).public_key()).x.clone());
        assert_eq!(foreign.private_key().map(|_| ()), Err(Error::ForeignPublicKey));
        for bad in [with(|jwk| jwk.kty = "EC".into()), with(|jwk| jwk.crv = "X25519".into()), with(|jwk| jwk.x = "AA".into())] {
            assert_eq!(bad.public_key(), Err(Error::Jwk));
        }
        assert!(!format!("{jwk:?}").contains(jwk.d.as_deref().expect("private")));
    }

    #[test]
    fn an_agent_id_is_printable_ascii() {
        for id in ["agent:PUwDBTSxwcalI4v1", "a", "!~"] {
            assert_eq!(check_agent_id(id), Ok(()));
        }
        for id in ["", "a b", "a\n", "pl\u{430}nner", "a\u{7f}", &"x".repeat(257)] {
            assert_eq!(check_agent_id(id), Err(Error::AgentId), "{id:?}");
        }
    }
}
