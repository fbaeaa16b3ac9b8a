use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::{MemorySessionStorage, Owned, Saved, SessionStorage, StorageError};
use crate::record::{SessionId, SessionRecord, Timestamp, Version};

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StorageError>> + Send + 'a>>;

/// [`SessionStorage`] behind a pointer, so that no public type carries a storage parameter.
pub(crate) trait ErasedStorage: Send + Sync {
    /// The storage itself, if it is the one in memory.
    fn in_memory(&self) -> Option<&MemorySessionStorage>;
    fn load(&self, id: SessionId) -> Answer<'_, Option<Arc<SessionRecord>>>;
    fn load_many<'a>(
        &'a self,
        ids: &'a [SessionId],
    ) -> Answer<'a, Vec<(SessionId, Arc<SessionRecord>)>>;
    fn revalidate(
        &self,
        id: SessionId,
        loaded: Arc<SessionRecord>,
    ) -> Answer<'_, Option<Arc<SessionRecord>>>;
    fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Answer<'_, Saved>;
    fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Answer<'_, bool>;
    fn delete(&self, id: SessionId) -> Answer<'_, bool>;
    fn list<'a>(
        &'a self,
        owner: &'a str,
        now: Timestamp,
    ) -> Answer<'a, Vec<(SessionId, Arc<SessionRecord>)>>;
    fn delete_owned<'a>(
        &'a self,
        owner: &'a str,
        which: Owned,
        now: Timestamp,
    ) -> Answer<'a, Vec<SessionId>>;
    fn delete_expired(&self, now: Timestamp) -> Answer<'_, u64>;
}

impl<T: SessionStorage> ErasedStorage for T {
    fn in_memory(&self) -> Option<&MemorySessionStorage> {
        (self as &dyn Any).downcast_ref()
    }

    fn load(&self, id: SessionId) -> Answer<'_, Option<Arc<SessionRecord>>> {
        Box::pin(SessionStorage::load(self, id))
    }

    fn load_many<'a>(
        &'a self,
        ids: &'a [SessionId],
    ) -> Answer<'a, Vec<(SessionId, Arc<SessionRecord>)>> {
        Box::pin(SessionStorage::load_many(self, ids))
    }

    fn revalidate(
        &self,
        id: SessionId,
        loaded: Arc<SessionRecord>,
    ) -> Answer<'_, Option<Arc<SessionRecord>>> {
        Box::pin(SessionStorage::revalidate(self, id, loaded))
    }

    fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Answer<'_, Saved> {
        Box::pin(SessionStorage::save(self, id, record, expected))
    }

    fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Answer<'_, bool> {
        Box::pin(SessionStorage::touch(
            self, id, expected, last_seen, expires_at,
        ))
    }

    fn delete(&self, id: SessionId) -> Answer<'_, bool> {
        Box::pin(SessionStorage::delete(self, id))
    }

    fn list<'a>(
        &'a self,
        owner: &'a str,
        now: Timestamp,
    ) -> Answer<'a, Vec<(SessionId, Arc<SessionRecord>)>> {
        Box::pin(SessionStorage::list(self, owner, now))
    }

    fn delete_owned<'a>(
        &'a self,
        owner: &'a str,
        which: Owned,
        now: Timestamp,
    ) -> Answer<'a, Vec<SessionId>> {
        Box::pin(SessionStorage::delete_owned(self, owner, which, now))
    }

    fn delete_expired(&self, now: Timestamp) -> Answer<'_, u64> {
        Box::pin(SessionStorage::delete_expired(self, now))
    }
}
