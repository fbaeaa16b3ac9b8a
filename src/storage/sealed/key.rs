use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::record::redacted;

/// The bytes by which a sealed value tells its key.
pub(super) const ID_BYTES: usize = 4;
/// How the name begins that hides an owner.
const HIDDEN: &str = "hidden:";

/// A key that session values are encrypted with: see [`SealedSessionStorage`](super::SealedSessionStorage).
///
/// `Debug` shows nothing of it.
///
/// ```
/// use axum_bare_session::SealingKey;
///
/// # let bytes = [7; 32];
/// let key = SealingKey::new(bytes); // 32 random bytes, from wherever the application keeps its secrets
/// assert_eq!(format!("{key:?}"), "SealingKey(REDACTED)");
/// ```
#[derive(Clone)]
pub struct SealingKey {
    pub(super) id: [u8; ID_BYTES],
    pub(super) cipher: XChaCha20Poly1305,
    owners: Hmac<Sha256>,
}

impl SealingKey {
    /// The key of these bytes, all from a random generator.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        let derive = |purpose: &str| {
            let mac = Hmac::<Sha256>::new_from_slice(&bytes).map(|mac| mac.chain_update(purpose));
            // HMAC takes a key of any length.
            mac.map(|mac| mac.finalize().into_bytes())
                .unwrap_or_default()
        };
        let owners = Hmac::new(&block(&derive("axum-bare-session: owners")));
        let digest = Sha256::digest(derive("axum-bare-session: key id"));
        let mut id = [0; ID_BYTES];
        id.copy_from_slice(&digest[..ID_BYTES]);
        Self {
            id,
            cipher: XChaCha20Poly1305::new(&derive("axum-bare-session: records")),
            owners,
        }
    }

    /// What stands for an owner, where owners are hidden: 43 characters of base64url behind a word.
    pub(super) fn hide(&self, owner: &str) -> String {
        use base64::Engine;
        let mac = self.owners.clone().chain_update(owner).finalize();
        let mac = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac.into_bytes());
        format!("{HIDDEN}{mac}")
    }
}

/// Whether the name may be one that hides an owner.
pub(super) fn is_hidden(name: &str) -> bool {
    name.starts_with(HIDDEN)
}

/// RFC 2104: a key is filled up with zeros to a block of the hash.
fn block(key: &[u8]) -> hmac::digest::Key<Hmac<Sha256>> {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    block.into()
}

redacted!(SealingKey);
