use std::sync::Arc;

use futures_util::stream::BoxStream;

use super::{Change, Owned, Saved, SessionStorage, StorageError};
use crate::record::{SessionId, SessionRecord, Timestamp, Version};

/// A shared storage is the storage itself, so that an application can keep a handle of its own.
impl<T: SessionStorage> SessionStorage for Arc<T> {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        T::load(self, id).await
    }

    async fn load_many(
        &self,
        ids: &[SessionId],
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        T::load_many(self, ids).await
    }

    async fn revalidate(
        &self,
        id: SessionId,
        loaded: Arc<SessionRecord>,
    ) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        T::revalidate(self, id, loaded).await
    }

    async fn changes(&self) -> Result<BoxStream<'static, Change>, StorageError> {
        T::changes(self).await
    }

    fn ids(&self) -> BoxStream<'_, Result<SessionId, StorageError>> {
        T::ids(self)
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        T::save(self, id, record, expected).await
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        T::touch(self, id, expected, last_seen, expires_at).await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        T::delete(self, id).await
    }

    async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        T::list(self, owner, now).await
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        T::delete_owned(self, owner, which, now).await
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        T::delete_expired(self, now).await
    }
}
