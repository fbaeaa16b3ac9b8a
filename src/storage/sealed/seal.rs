use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::XNonce;
use chacha20poly1305::aead::{Aead, Payload};

use super::SealingKey;
use super::key::{ID_BYTES, is_hidden};
use crate::record::{DecodeError, Digest, SessionId, SessionRecord, Version};
use crate::storage::StorageError;

/// The only key of a sealed record's values.
const SEALED: &str = "axum-bare-session: sealed";
const NONCE_BYTES: usize = 24;

/// Why a sealed record was not opened, though nothing is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("a session is sealed with a key that is not in the ring: add it, behind the first")]
struct UnknownKey;

/// The keys, and what they seal.
#[derive(Debug)]
pub(super) struct Ring {
    /// The first seals, all open.
    pub(super) keys: Vec<SealingKey>,
    /// What hides owners, which no ring can change: they are found by it.
    pub(super) owners: Option<SealingKey>,
}

impl Ring {
    /// As whom the inner storage may know an owner: in the clear first, since a save hides who was in the clear.
    pub(super) fn names(&self, owner: &str) -> impl Iterator<Item = Arc<str>> + use<> {
        let hidden = self.owners.as_ref().map(|key| key.hide(owner).into());
        // Nobody is in the clear who is called as another one is hidden.
        let is_clear = hidden.is_none() || !is_hidden(owner);
        let clear = is_clear.then(|| owner.into());
        clear.into_iter().chain(hidden)
    }

    /// A record of which nobody reads more without the key than what is known of it.
    pub(super) fn seal(
        &self,
        id: SessionId,
        record: &SessionRecord,
    ) -> Result<SessionRecord, StorageError> {
        let json = record.to_json().map_err(StorageError::new)?;
        let Some(key) = self.keys.first() else {
            return Err(StorageError::new(UnknownKey));
        };
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(StorageError::new)?;
        let payload = Payload {
            msg: &json,
            aad: &place(id, record.version),
        };
        let sealed = key.cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed =
            sealed.map_err(|_| StorageError::new("a session is too large to be sealed"))?;
        let text = URL_SAFE_NO_PAD.encode([&key.id[..], &nonce, &sealed].concat());

        let mut outer = known(record);
        let inserted = outer.values.insert(SEALED, &text);
        inserted.map_err(StorageError::new)?;
        outer.owner = record.owner.clone();
        if let (Some(key), Some(owner)) = (&self.owners, &record.owner) {
            outer.owner = Some(key.hide(owner).into());
        }
        Ok(outer)
    }

    /// The record as it was before it was sealed; one that never was, as it is.
    pub(super) fn open(
        &self,
        id: SessionId,
        outer: Arc<SessionRecord>,
    ) -> Result<Arc<SessionRecord>, StorageError> {
        let Some(text) = outer.values.get(SEALED) else {
            return Ok(outer);
        };
        let malformed = || DecodeError::Malformed { field: "values" };
        let bytes = URL_SAFE_NO_PAD.decode(text.trim_matches('"'));
        let bytes = bytes.map_err(|_| malformed())?;
        let (key, rest) = bytes.split_at_checked(ID_BYTES).ok_or_else(malformed)?;
        let (nonce, msg) = rest
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or_else(malformed)?;
        let key = self.keys.iter().find(|it| it.id == key);
        let key = key.ok_or_else(|| StorageError::new(UnknownKey))?;
        let aad = &place(id, outer.version);
        let json = key
            .cipher
            .decrypt(&XNonce::from(*nonce), Payload { msg, aad });
        let mut record = SessionRecord::from_json(&json.map_err(|_| malformed())?)?;
        // A touch moves them, and seals nothing anew.
        record.last_seen = outer.last_seen;
        record.expires_at = outer.expires_at;
        Ok(Arc::new(record))
    }

    /// Whether the record is sealed with another key than the first, or not at all, or shows an owner that is to be
    /// hidden.
    pub(super) fn is_due(&self, outer: &SessionRecord, opened: &SessionRecord) -> bool {
        if self.owners.is_some() && outer.owner.is_some() && outer.owner == opened.owner {
            return true;
        }
        let Some(text) = outer.values.get(SEALED) else {
            return true;
        };
        let bytes = URL_SAFE_NO_PAD
            .decode(text.trim_matches('"'))
            .unwrap_or_default();
        self.keys
            .first()
            .is_none_or(|key| !bytes.starts_with(&key.id))
    }
}

/// What is known of a record without a key, but for its owner: no more than what a storage works with, and what tells
/// when the session ends. No secret has its digest, so nothing opens it.
pub(super) fn known(record: &SessionRecord) -> SessionRecord {
    let digest = Digest::from([0; 32]);
    let mut known = SessionRecord::new(digest, record.created_at, record.expires_at);
    known.version = record.version;
    known.last_seen = record.last_seen;
    known.authenticated_at = record.authenticated_at;
    known.renewals = record.renewals;
    known.set_remember(record.remember());
    known
}

/// What is sealed belongs to this row at this version: moved to another, it opens nothing.
fn place(id: SessionId, version: Version) -> [u8; 24] {
    let mut place = [0; 24];
    place[..16].copy_from_slice(id.as_bytes());
    place[16..].copy_from_slice(&u64::from(version).to_be_bytes());
    place
}
