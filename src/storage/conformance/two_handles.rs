use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use futures_util::stream::BoxStream;

use crate::record::{SessionId, SessionRecord, Timestamp, Version};
use crate::storage::{Change, Owned, Saved, SessionStorage, StorageError};

/// Two handles of one storage, such as two processes have: each call goes to the one that the last did not go to.
///
/// A storage that is atomic only within one process, that answers from a memory of its own, or that tells only of what
/// was done through itself, keeps every sentence of the contract as long as it is asked through one handle. So a
/// storage for several processes is tested through two:
///
/// ```test_harness
/// # use std::sync::{Arc, LazyLock};
/// # use axum_bare_session::MemorySessionStorage;
/// use axum_bare_session::storage::conformance::TwoHandles;
/// use axum_bare_session::storage_conformance;
///
/// # static SERVER: LazyLock<Arc<MemorySessionStorage>> = LazyLock::new(Arc::default);
/// # async fn connect() -> Arc<MemorySessionStorage> { Arc::clone(&SERVER) }
/// storage_conformance!(two_processes, TwoHandles::new(connect().await, connect().await));
/// ```
#[derive(Debug)]
pub struct TwoHandles<S> {
    handles: [S; 2],
    calls: AtomicUsize,
}

impl<S: SessionStorage> TwoHandles<S> {
    /// Takes two handles that were made apart from each other, and are to share their sessions.
    ///
    /// Two clones of one handle often share what this is to find.
    pub fn new(one: S, other: S) -> Self {
        Self {
            handles: [one, other],
            calls: AtomicUsize::new(0),
        }
    }

    fn next(&self) -> &S {
        &self.handles[self.calls.fetch_add(1, Relaxed) % 2]
    }
}

impl<S: SessionStorage> SessionStorage for TwoHandles<S> {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        self.next().load(id).await
    }

    async fn load_many(
        &self,
        ids: &[SessionId],
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        self.next().load_many(ids).await
    }

    async fn revalidate(
        &self,
        id: SessionId,
        loaded: Arc<SessionRecord>,
    ) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        self.next().revalidate(id, loaded).await
    }

    async fn changes(&self) -> Result<BoxStream<'static, Change>, StorageError> {
        self.next().changes().await
    }

    fn ids(&self) -> BoxStream<'_, Result<SessionId, StorageError>> {
        self.next().ids()
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        self.next().save(id, record, expected).await
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        let touched = self.next().touch(id, expected, last_seen, expires_at);
        touched.await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        self.next().delete(id).await
    }

    async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        self.next().list(owner, now).await
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        self.next().delete_owned(owner, which, now).await
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        self.next().delete_expired(now).await
    }
}
