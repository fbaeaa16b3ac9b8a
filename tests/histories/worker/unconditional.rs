use std::sync::Arc;

use axum_bare_session::SessionId;
use axum_bare_session::storage::{
    Owned, Saved, SessionRecord, SessionStorage, StorageError, Timestamp, Version,
};

/// Saves whatever is stored meanwhile, as the storages of other libraries do: a planted flaw.
pub(super) struct Unconditional<S>(pub(super) S);

impl<S: SessionStorage> SessionStorage for Unconditional<S> {
    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        mut expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        loop {
            match self.0.save(id, Arc::clone(&record), expected).await? {
                Saved::Done => return Ok(Saved::Done),
                Saved::Conflict(stored) => expected = stored.map(|stored| stored.version),
            }
        }
    }

    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        self.0.load(id).await
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        self.0.touch(id, expected, last_seen, expires_at).await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        self.0.delete(id).await
    }

    async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        self.0.list(owner, now).await
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        self.0.delete_owned(owner, which, now).await
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        self.0.delete_expired(now).await
    }
}
