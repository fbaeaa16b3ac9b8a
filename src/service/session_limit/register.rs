use sha2::{Digest as _, Sha256};
use time::Duration;

use crate::record::{Digest, SessionId, SessionRecord, Timestamp};
use crate::session::SessionError;

/// Under which key a register has the places.
const PLACES: &str = "places";
/// How long a place is kept for a log-in under way. One whose process has crashed costs its owner no more than that.
pub(crate) const RESERVED_FOR: Duration = Duration::MINUTE;

/// A place that is kept for the log-in of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) id: SessionId,
    /// Since when.
    pub(super) at: Timestamp,
    /// The sessions that end for it.
    pub(super) ends: Vec<SessionId>,
}

/// As it is stored: the id, microseconds since 1970, the ids.
type StoredPlace = (SessionId, i64, Vec<SessionId>);

/// The id of an owner's register: a UUID of version 8, which no session has.
pub(super) fn register_id(owner: &str) -> SessionId {
    let digest = Sha256::new()
        .chain_update(b"axum-bare-session: the sessions of an owner\0")
        .chain_update(owner)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().into()
}

/// The next version of a register, with these places.
pub(super) fn register_record(
    stored: Option<&SessionRecord>,
    places: &[Place],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<SessionRecord, SessionError> {
    // No secret is known that has this digest: nobody opens a register.
    let new = || SessionRecord::new(Digest::from([0; 32]), now, expires_at);
    let mut record = stored.cloned().unwrap_or_else(new);
    if let Some(stored) = stored {
        record.advance(stored, now);
    }
    record.expires_at = expires_at;
    record.mark(stored.map_or(now, |stored| stored.last_seen));
    let places = places.iter().map(|it| (it.id, it.at.as_micros(), &it.ends));
    let inserted = record.values.insert(PLACES, &places.collect::<Vec<_>>());
    inserted.map_err(|source| SessionError::Serialize {
        key: PLACES.to_owned(),
        source,
    })?;
    Ok(record)
}

/// The places that are still kept at `now`. A clock that was set back keeps none for longer.
pub(super) fn places(register: &SessionRecord, now: Timestamp) -> Vec<Place> {
    let stored = register.values.get(PLACES);
    let stored = stored.and_then(|json| serde_json::from_str::<Vec<StoredPlace>>(json).ok());
    let places = stored
        .into_iter()
        .flatten()
        .filter_map(|(id, micros, ends)| {
            let at = Timestamp::from_micros(micros)?;
            Some(Place { id, at, ends })
        });
    places
        .filter(|place| (now - place.at).abs() < RESERVED_FOR)
        .collect()
}
