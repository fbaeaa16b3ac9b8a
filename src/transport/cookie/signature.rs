use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::record::redacted;
use crate::transport::config_error::ConfigError;

/// The least bytes of a key: as many as the digest has (RFC 2104, section 3).
const MIN_KEY_BYTES: usize = 32;
/// The bytes of a signature: HMAC-SHA-256 cut to 192 bits, which fill a whole number of characters.
const SIGNATURE_BYTES: usize = 24;

/// A key that session cookies are signed with: see [`signing_keys`](crate::SessionsBuilder::signing_keys).
///
/// `Debug` shows nothing of it.
///
/// ```
/// use axum_bare_session::SigningKey;
///
/// # let bytes = [7; 32];
/// let key = SigningKey::new(&bytes)?; // 32 random bytes, from wherever the application keeps its secrets
/// assert_eq!(format!("{key:?}"), "SigningKey(REDACTED)");
/// assert!(SigningKey::new(b"too short").is_err());
/// # Ok::<(), axum_bare_session::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// The key of these bytes, 32 or more, all from a random generator.
    ///
    /// # Errors
    ///
    /// If there are fewer.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let bytes = bytes.as_ref();
        let length = bytes.len();
        if length < MIN_KEY_BYTES {
            return Err(ConfigError::SigningKey { length });
        }
        let key = Hmac::new_from_slice(bytes).map_err(|_| ConfigError::SigningKey { length })?;
        Ok(Self(key))
    }

    /// The message is the cookie's name and value, so that no signature passes under another name.
    fn mac(&self, name: &[u8], value: &[u8]) -> Hmac<Sha256> {
        let mac = self.0.clone();
        mac.chain_update(name)
            .chain_update(b"=")
            .chain_update(value)
    }
}

redacted!(SigningKey);

/// The keys of a session cookie: the first signs, all verify. Without keys, cookies are not signed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signatures(Box<[SigningKey]>);

/// What a cookie's signature tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    /// It is as this configuration would sign it.
    Now,
    /// It was signed with a key that signs no more.
    Before,
    /// Nobody of ours has signed it.
    Never,
}

impl Signatures {
    const LENGTH: usize = SIGNATURE_BYTES / 3 * 4;

    pub(crate) fn new(keys: impl IntoIterator<Item = SigningKey>) -> Self {
        Self(keys.into_iter().collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many keys there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The characters that a signature adds to the cookie's value.
    pub(crate) fn length(&self) -> usize {
        if self.is_empty() { 0 } else { Self::LENGTH }
    }

    /// Appends the signature of `name` and `value` to what is sent.
    pub(crate) fn sign(&self, name: &str, value: &[u8]) -> Option<String> {
        let mac = self.0.first()?.mac(name.as_bytes(), value).finalize();
        Some(URL_SAFE_NO_PAD.encode(&mac.into_bytes()[..SIGNATURE_BYTES]))
    }

    /// Checks the signature that stands behind `value`; with no keys there must be none.
    pub(crate) fn verify(&self, name: &[u8], value: &[u8], signature: &[u8]) -> Signed {
        let Some((first, others)) = self.0.split_first() else {
            return if signature.is_empty() {
                Signed::Now
            } else {
                Signed::Never
            };
        };
        let mut bytes = [0; SIGNATURE_BYTES];
        if URL_SAFE_NO_PAD.decode_slice(signature, &mut bytes) != Ok(SIGNATURE_BYTES) {
            return Signed::Never;
        }
        let is_of = |key: &SigningKey| key.mac(name, value).verify_truncated_left(&bytes).is_ok();
        if is_of(first) {
            Signed::Now
        } else if others.iter().any(is_of) {
            Signed::Before
        } else {
            Signed::Never
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SigningKey {
        SigningKey::new([byte; 32]).unwrap()
    }

    fn verify(keys: &Signatures, name: &str, value: &[u8], signature: &str) -> Signed {
        keys.verify(name.as_bytes(), value, signature.as_bytes())
    }

    #[test]
    fn the_first_key_signs_and_all_verify() {
        let old = Signatures::new([key(1)]);
        let both = Signatures::new([key(2), key(1)]);
        let signature = old.sign("id", b"value").unwrap();
        assert_eq!(signature.len(), Signatures::LENGTH);
        assert_eq!(verify(&old, "id", b"value", &signature), Signed::Now);
        assert_eq!(verify(&both, "id", b"value", &signature), Signed::Before);
        let other = Signatures::new([key(3)]);
        assert_eq!(verify(&other, "id", b"value", &signature), Signed::Never);
    }

    #[test]
    fn a_signature_is_of_one_name_and_one_value() {
        let keys = Signatures::new([key(1)]);
        let signature = keys.sign("id", b"value").unwrap();
        assert_eq!(verify(&keys, "id2", b"value", &signature), Signed::Never);
        assert_eq!(verify(&keys, "id", b"valuf", &signature), Signed::Never);
        assert_eq!(verify(&keys, "id", b"value", ""), Signed::Never);
        assert_eq!(
            verify(&keys, "id", b"value", &signature[1..]),
            Signed::Never
        );
    }

    #[test]
    fn without_keys_nothing_is_signed() {
        let none = Signatures::default();
        assert_eq!(none.sign("id", b"value"), None);
        assert_eq!(verify(&none, "id", b"value", ""), Signed::Now);
        assert_eq!(verify(&none, "id", b"value", "A"), Signed::Never);
    }

    #[test]
    fn a_key_has_at_least_32_bytes() {
        for length in [0, 1, 31] {
            let key = SigningKey::new(vec![7; length]);
            assert_eq!(key.unwrap_err(), ConfigError::SigningKey { length });
        }
        for length in [32, 64, 1_000] {
            assert!(SigningKey::new(vec![7; length]).is_ok(), "{length}");
        }
    }
}
