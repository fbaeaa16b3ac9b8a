use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use super::{Random, SessionId, Timestamp, redacted};

const ID_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
const NONCE_BYTES: usize = 16;
const TOKEN_BYTES: usize = ID_BYTES + SECRET_BYTES;

/// What a browser proves itself with: 256 random bits.
///
/// It has no `Display` and no `Serialize`, and leaves this module only as a digest or inside a [`Token`]'s cookie
/// value.
#[derive(Clone)]
pub(crate) struct Secret([u8; SECRET_BYTES]);

impl Secret {
    pub(crate) fn generate(random: &Random) -> Result<Self, getrandom::Error> {
        let mut bytes = [0; SECRET_BYTES];
        random.fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The secret that follows this one, made with `nonce`: whoever has this one, and not the nonce, cannot tell it.
    pub(crate) fn successor(&self, nonce: &Nonce) -> Self {
        // RFC 2104: a key is filled up with zeros to a block of the hash.
        let mut key = [0; 64];
        key[..SECRET_BYTES].copy_from_slice(&self.0);
        let mac = Hmac::<Sha256>::new(&key.into()).chain_update(nonce.0);
        Self(mac.finalize().into_bytes().into())
    }

    /// The digest under which a storage knows the secret. `scope` tells sessions of several kinds in one storage apart,
    /// and `transport` those whose secrets travel in another way: a secret of the one has another digest as one of the
    /// other.
    pub(crate) fn digest(&self, scope: &str, transport: &str) -> Digest {
        let digest = Sha256::new().chain_update(self.0).chain_update(scope);
        Digest(digest.chain_update(transport).finalize().into())
    }
}

/// What a periodic renewal derives the next secret with, beside the present one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nonce(pub(super) [u8; NONCE_BYTES]);

impl Nonce {
    pub(crate) fn generate(random: &Random) -> Result<Self, getrandom::Error> {
        let mut bytes = [0; NONCE_BYTES];
        random.fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

/// The SHA-256 digest of a session's secret: all that a storage gets to see of it.
///
/// A stolen table of digests opens no session. Comparison takes the same time wherever two digests differ
/// (ASVS 5.0, 11.2.4), and `Debug` shows nothing.
///
/// ```
/// use axum_bare_session::storage::Digest;
///
/// let digest = Digest::from([7; 32]);
/// assert_eq!(digest.as_bytes(), &[7; 32]);
/// assert_eq!(format!("{digest:?}"), "Digest(REDACTED)");
/// ```
#[derive(Clone, Copy, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The 32 bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        // Compared in words of eight bytes, since `subtle` takes as long for one byte.
        let words = |digest: &Self| {
            let (words, _) = digest.0.as_chunks();
            [0, 1, 2, 3].map(|index: usize| u64::from_ne_bytes(words[index]))
        };
        words(self).ct_eq(&words(other)).into()
    }
}

redacted!(Secret, Nonce, Digest);

/// A cookie's value taken apart: `base64url(id ‖ secret)`, without padding.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) id: SessionId,
    pub(crate) secret: Secret,
}

impl Token {
    /// The length of a cookie's value, in characters.
    pub(crate) const LENGTH: usize = TOKEN_BYTES / 3 * 4;

    /// A new id and a new secret, for a session created at `now`.
    pub(crate) fn generate(now: Timestamp, random: &Random) -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 10 + SECRET_BYTES];
        random.fill(&mut bytes)?;
        let (id, secret) = bytes.split_at(10);
        Ok(Self {
            id: SessionId::from_random(now, &array(id)),
            secret: Secret(array(secret)),
        })
    }

    /// Reads a cookie's value, or `None` if its length or its alphabet is not ours.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        if value.len() != Self::LENGTH {
            return None;
        }
        let mut bytes = [0; TOKEN_BYTES];
        URL_SAFE_NO_PAD.decode_slice(value, &mut bytes).ok()?;
        let (id, secret) = bytes.split_at(ID_BYTES);
        Some(Self {
            id: uuid::Uuid::from_bytes(array(id)).into(),
            secret: Secret(array(secret)),
        })
    }

    /// Appends the cookie's value to `buffer`: the one way out for a secret.
    pub(crate) fn write_cookie_value(&self, buffer: &mut Vec<u8>) {
        let mut bytes = [0; TOKEN_BYTES];
        bytes[..ID_BYTES].copy_from_slice(self.id.as_bytes());
        bytes[ID_BYTES..].copy_from_slice(&self.secret.0);
        let start = buffer.len();
        buffer.resize(start + Self::LENGTH, 0);
        let written = URL_SAFE_NO_PAD.encode_slice(bytes, &mut buffer[start..]);
        debug_assert_eq!(written, Ok(Self::LENGTH));
    }
}

/// Copies a slice whose length the caller fixed by `split_at`.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_123_456).unwrap();

    fn token() -> Token {
        Token::generate(NOW, &Random::default()).unwrap()
    }

    fn value(token: &Token) -> Vec<u8> {
        let mut buffer = Vec::new();
        token.write_cookie_value(&mut buffer);
        buffer
    }

    #[test]
    fn a_token_survives_its_cookie_value() {
        let token = token();
        let read = Token::parse(&value(&token)).unwrap();
        assert_eq!(read.id, token.id);
        assert_eq!(read.secret.digest("", ""), token.secret.digest("", ""));
    }

    #[test]
    fn a_cookie_value_has_64_characters_of_base64url() {
        let value = value(&token());
        assert_eq!(value.len(), 64);
        assert!(
            value
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(b))
        );
    }

    #[test]
    fn another_length_or_alphabet_is_no_token() {
        let good = value(&token());
        assert!(Token::parse(&good[1..]).is_none());
        assert!(Token::parse(&[&good[..], b"A"].concat()).is_none());
        for stranger in [b'+', b'/', b'=', b'%', b' ', b'"', 0, 0xe9] {
            let mut bad = good.clone();
            bad[7] = stranger;
            assert!(Token::parse(&bad).is_none(), "{stranger}");
        }
    }

    #[test]
    fn two_tokens_share_neither_id_nor_secret() {
        let (one, two) = (token(), token());
        assert_ne!(one.id, two.id);
        assert_ne!(one.secret.digest("", ""), two.secret.digest("", ""));
    }

    #[test]
    fn a_secret_has_another_digest_in_another_scope() {
        let secret = token().secret;
        assert_ne!(secret.digest("", ""), secret.digest("__Host-admin", ""));
        assert_eq!(
            secret.digest("__Host-admin", ""),
            secret.digest("__Host-admin", "")
        );
    }

    #[test]
    fn a_successor_is_the_same_each_time_and_another_with_another_nonce() {
        let secret = token().secret;
        let (one, two) = (Nonce([1; 16]), Nonce([2; 16]));
        let digest = |nonce| secret.successor(nonce).digest("", "");
        assert_eq!(digest(&one), digest(&one));
        assert_ne!(digest(&one), digest(&two));
        assert_ne!(digest(&one), secret.digest("", ""));
        assert_ne!(digest(&one), token().secret.successor(&one).digest("", ""));
    }

    #[test]
    fn an_id_is_a_version_7_uuid_of_its_creation() {
        let uuid = uuid::Uuid::from(token().id);
        assert_eq!(uuid.get_version_num(), 7);
        let (seconds, _) = uuid.get_timestamp().unwrap().to_unix();
        assert_eq!(seconds, 1_700_000_000);
    }

    #[test]
    fn debug_shows_no_secret() {
        let token = token();
        let cookie = String::from_utf8(value(&token)).unwrap();
        let shown = format!("{token:?} {:?}", token.secret.digest("", ""));
        assert!(!shown.contains(&cookie[24..]));
        assert_eq!(shown.matches("REDACTED").count(), 2);
    }
}
