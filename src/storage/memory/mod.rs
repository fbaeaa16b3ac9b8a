mod id_hasher;
mod index;
mod sessions;

use std::fmt;
use std::sync::Arc;

use self::sessions::Sessions;
use super::{Owned, Saved, SessionStorage, StorageError};
use crate::record::{SessionId, SessionRecord, Timestamp, Version};

/// Keeps sessions in this process's memory, for one machine and no longer than the process lives.
///
/// Cheap to clone; clones share their sessions. Expired sessions leave a few at a time, whenever one is created: no task, no
/// runtime and no pause is needed for that.
///
/// The number of sessions is bounded, so that a flood of visitors cannot exhaust the memory. Where a new session would go past the
/// bound, an expired one leaves; without one, the longest idle session that has no owner (found among the sixteen that would
/// expire first). A session with an owner never makes room: with nothing else left, the new one is refused
/// ([`StorageErrorKind::Full`](super::StorageErrorKind::Full)).
///
/// ```
/// use axum::Router;
/// use axum_bare_session::{MemorySessionStorage, add_session_middleware};
///
/// let storage = MemorySessionStorage::new();
/// let app: Router = add_session_middleware(Router::new(), storage.clone());
/// assert!(storage.is_empty());
/// ```
#[derive(Clone)]
pub struct MemorySessionStorage {
    sessions: Arc<Sessions>,
}

impl MemorySessionStorage {
    /// The number of sessions that a storage made by [`new`](Self::new) keeps at most: 2²⁰, about a million.
    pub const DEFAULT_MAX_SESSIONS: usize = 1 << 20;

    /// An empty storage.
    #[must_use]
    pub fn new() -> Self {
        Self::with_max_sessions(Self::DEFAULT_MAX_SESSIONS)
    }

    /// An empty storage that keeps at most `max_sessions`.
    ///
    /// ```
    /// use axum_bare_session::MemorySessionStorage;
    ///
    /// let storage = MemorySessionStorage::with_max_sessions(10_000);
    /// ```
    #[must_use]
    pub fn with_max_sessions(max_sessions: usize) -> Self {
        Self {
            sessions: Arc::new(Sessions::new(max_sessions)),
        }
    }

    /// The number of sessions that are kept, expired ones that have not left yet included.
    ///
    /// ```
    /// # use axum_bare_session::MemorySessionStorage;
    /// assert_eq!(MemorySessionStorage::new().len(), 0);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether no session is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for MemorySessionStorage {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemorySessionStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySessionStorage")
            .field("len", &self.len())
            .finish()
    }
}

impl SessionStorage for MemorySessionStorage {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        Ok(self.sessions.load(id))
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        match expected {
            None => self.sessions.create(id, record),
            Some(version) => Ok(self.sessions.replace(id, record, version)),
        }
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        Ok(self.sessions.touch(id, expected, last_seen, expires_at))
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        Ok(self.sessions.delete(id))
    }

    async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        Ok(self.sessions.list(owner, now))
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        Ok(self.sessions.delete_owned(owner, which, now))
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        let mut deleted = 0;
        loop {
            let batch = self.sessions.sweep(now);
            deleted += batch.deleted;
            if !batch.more {
                return Ok(deleted);
            }
            // Lets the requests on this thread go first.
            tokio::task::yield_now().await;
        }
    }
}
