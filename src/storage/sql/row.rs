use std::error::Error;
use std::sync::Arc;

use crate::record::{DecodeError, SessionId, SessionRecord, Timestamp, Version};
use crate::storage::placeholder::placeholder;
use crate::storage::{StorageError, StorageErrorKind};

/// A row as the statements select it. Times are in microseconds since 1970.
pub(in crate::storage) struct Columns<'r> {
    pub(in crate::storage) id: SessionId,
    pub(in crate::storage) version: i64,
    pub(in crate::storage) last_seen: i64,
    pub(in crate::storage) expires_at: i64,
    pub(in crate::storage) record: &'r [u8],
}

impl Columns<'_> {
    /// The record, with what has columns of its own from there: a touch writes these alone.
    pub(in crate::storage) fn decode(&self) -> Result<SessionRecord, DecodeError> {
        let mut record = SessionRecord::from_json(self.record)?;
        record.version = Version::from(self.version.cast_unsigned());
        (record.last_seen, record.expires_at) = self.times()?;
        Ok(record)
    }

    /// The record, or where a newer version of this crate wrote it, what is known without it.
    fn listed(&self, owner: &str) -> Result<(SessionId, SessionRecord), StorageError> {
        let record = match self.decode() {
            Err(DecodeError::NewerFormat { .. }) => {
                let (last_seen, expires_at) = self.times()?;
                placeholder(owner, last_seen, expires_at)
            }
            record => record?,
        };
        Ok((self.id, record))
    }

    fn times(&self) -> Result<(Timestamp, Timestamp), DecodeError> {
        let last_seen = Timestamp::decode(self.last_seen, "last_seen")?;
        let expires_at = Timestamp::decode(self.expires_at, "expires_at")?;
        Ok((last_seen, expires_at))
    }
}

/// Reads an id from a column of bytes.
#[cfg(any(feature = "mysql", feature = "sqlite"))]
pub(in crate::storage) fn id(bytes: &[u8]) -> Result<SessionId, DecodeError> {
    let uuid = uuid::Uuid::from_slice(bytes);
    let uuid = uuid.map_err(|_| DecodeError::Malformed { field: "id" })?;
    Ok(uuid.into())
}

/// The sessions of `owner` in these rows. One that cannot be decoded opens nothing: it keeps no other from being
/// listed.
pub(in crate::storage) fn listed<'r>(
    owner: &str,
    rows: impl Iterator<Item = Result<Columns<'r>, StorageError>>,
) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
    let mut sessions = Vec::with_capacity(rows.size_hint().0);
    for row in rows {
        match row.and_then(|row| row.listed(owner)) {
            Ok((id, record)) => sessions.push((id, Arc::new(record))),
            Err(error) if error.kind() == StorageErrorKind::Malformed => {
                let error = error.source().map(tracing::field::display);
                tracing::error!(error, "session record cannot be decoded: not listed");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(sessions)
}
