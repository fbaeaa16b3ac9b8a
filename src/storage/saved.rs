use std::sync::Arc;

#[cfg(doc)]
use super::SessionStorage;
use crate::record::SessionRecord;

/// The answer to a [`save`](SessionStorage::save).
///
/// ```
/// use std::sync::Arc;
/// use axum_bare_session::{Duration, MemorySessionStorage, OffsetDateTime};
/// use axum_bare_session::storage::{Digest, Saved, SessionRecord, SessionStorage, Timestamp};
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let (storage, id) = (MemorySessionStorage::new(), uuid::Uuid::from_bytes([7; 16]).into());
/// let now = Timestamp::from(OffsetDateTime::now_utc());
/// let record = Arc::new(SessionRecord::new(Digest::from([7; 32]), now, now + Duration::HOUR));
/// assert_eq!(storage.save(id, record.clone(), None).await?, Saved::Done);
/// let again = storage.save(id, record.clone(), None).await?;
/// assert_eq!(again, Saved::Conflict(Some(record)));
/// # Ok::<(), axum_bare_session::storage::StorageError>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a conflict means that nothing was written"]
pub enum Saved {
    /// The record was written.
    Done,
    /// Nothing was written, since the stored version is not the expected one. This is what is there now (`None`: it is
    /// gone).
    Conflict(Option<Arc<SessionRecord>>),
}
