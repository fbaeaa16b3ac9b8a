mod eviction;
mod id_hasher;
mod index;
#[cfg(all(test, shuttle))]
mod interleavings;
mod room;
mod sessions;

use std::fmt;
use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt};

use self::sessions::Sessions;
use super::{Owned, Saved, SessionStorage, StorageError};
use crate::record::{SessionId, SessionRecord, Timestamp, Version};

/// How much memory there is for each of so many sessions that the default would be too little.
const BYTES_PER_SESSION: usize = 512;

/// Keeps sessions in this process's memory, for one machine and no longer than the process lives.
///
/// Cheap to clone; clones share their sessions. Expired sessions leave a few at a time, whenever one is created: no
/// task, no runtime and no pause is needed for that.
///
/// The number of sessions and their size are bounded, so that a flood of visitors cannot exhaust the memory. Where a
/// session would go past a bound that is created or grows, expired ones leave; without these, the longest idle session
/// that has no owner (found among the sixteen that would expire first), one after another. A session with an owner
/// never makes room: with nothing else left, what came is refused, and what was there stays as it was
/// ([`StorageErrorKind::Full`](super::StorageErrorKind::Full)).
///
/// The size counts what a session really takes: its record, its values, its places in the storage and what the
/// allocator adds. A small session takes about 400 bytes, and each owner 350 more. That is an estimate: 10,000 sessions
/// of 64 KB were measured at 653.8 MB and counted as 653.7 MB, and a million small ones at 377 MB and 376 MB.
///
/// ```
/// use axum::Router;
/// use axum_bare_session::{MemorySessionStorage, add_session_middleware};
///
/// let storage = MemorySessionStorage::new();
/// let app: Router = add_session_middleware(Router::new(), storage.clone());
/// assert!(storage.is_empty());
/// ```
#[doc(alias("MemoryStore", "SessionNullPool"))]
#[derive(Clone)]
pub struct MemorySessionStorage {
    sessions: Arc<Sessions>,
    /// Whether one of its bounds was given as 0.
    holds_nothing: bool,
}

impl MemorySessionStorage {
    /// The number of sessions that a storage made by [`new`](Self::new) keeps at most: 2²⁰, about a million.
    pub const DEFAULT_MAX_SESSIONS: usize = 1 << 20;

    /// The bytes that the sessions of a storage made by [`new`](Self::new) take at most: 512 MiB.
    pub const DEFAULT_MAX_BYTES: usize = 512 << 20;

    /// An empty storage.
    #[must_use]
    pub fn new() -> Self {
        Self::with_limits(Self::DEFAULT_MAX_SESSIONS, Self::DEFAULT_MAX_BYTES)
    }

    /// An empty storage that keeps at most `max_sessions`, in 512 MiB or, if that is more, in 512 bytes for each.
    ///
    /// That is 1 or more: a [builder](crate::Sessions::builder) refuses 0, which counts as 1 without one.
    ///
    /// ```
    /// use axum_bare_session::MemorySessionStorage;
    ///
    /// let storage = MemorySessionStorage::with_max_sessions(10_000);
    /// ```
    #[must_use]
    pub fn with_max_sessions(max_sessions: usize) -> Self {
        let max_bytes = max_sessions.saturating_mul(BYTES_PER_SESSION);
        Self::with_limits(max_sessions, max_bytes.max(Self::DEFAULT_MAX_BYTES))
    }

    /// An empty storage that keeps at most `max_sessions`, which take at most `max_bytes`.
    ///
    /// None of them may be 0: a [builder](crate::Sessions::builder) refuses such a storage, and where it is given
    /// without one, 0 sessions count as 1. A session that is larger than `max_bytes` is refused.
    ///
    /// ```
    /// use axum_bare_session::MemorySessionStorage;
    ///
    /// let storage = MemorySessionStorage::with_limits(100_000, 64 << 20);
    /// assert_eq!(storage.bytes(), 0);
    /// ```
    #[must_use]
    pub fn with_limits(max_sessions: usize, max_bytes: usize) -> Self {
        let holds_nothing = max_sessions == 0 || max_bytes == 0;
        let sessions = Sessions::new(max_sessions.max(1), max_bytes);
        Self {
            sessions: Arc::new(sessions),
            holds_nothing,
        }
    }

    pub(crate) fn holds_nothing(&self) -> bool {
        self.holds_nothing
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

    /// About how many bytes the sessions take that are kept.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.sessions.bytes()
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

    /// As they are when this is called.
    fn ids(&self) -> BoxStream<'_, Result<SessionId, StorageError>> {
        stream::iter(self.sessions.ids()).map(Ok).boxed()
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        match expected {
            None => self.sessions.create(id, record),
            Some(version) => self.sessions.replace(id, record, version),
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
