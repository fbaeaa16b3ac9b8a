use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use time::{Duration, OffsetDateTime};

use super::builder::TOUCHES_PER_IDLE_TIMEOUT;
use super::cookie::CookieWriter;
use crate::record::{SessionId, SessionRecord, Version};
use crate::session::{Limits, SessionError};
use crate::storage::{ErasedStorage, Saved, StorageError};

/// What the requests of a configured middleware share: the storage behind a time limit, the limits, the cookie, the clock.
pub(super) struct Service {
    pub(super) storage: Box<dyn ErasedStorage>,
    pub(super) storage_timeout: std::time::Duration,
    pub(super) limits: Limits,
    pub(super) touch_interval: Duration,
    pub(super) cookie: CookieWriter,
    pub(super) clock: Box<dyn Fn() -> OffsetDateTime + Send + Sync>,
}

type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, StorageError>> + Send + 'a>>;

impl Service {
    /// The time, in the whole microseconds that every storage can keep.
    pub(super) fn now(&self) -> OffsetDateTime {
        (self.clock)().truncate_to_microsecond()
    }

    /// How long `record` is left untouched, if it is only read: less than usual where it is remembered for less than the idle limit.
    pub(super) fn touch_interval(&self, record: &SessionRecord) -> Duration {
        let remembered = record.remember.map(|idle| idle / TOUCHES_PER_IDLE_TIMEOUT);
        remembered.map_or(self.touch_interval, |own| own.min(self.touch_interval))
    }

    pub(super) async fn load(
        &self,
        id: SessionId,
    ) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        self.in_time(self.storage.load(id)).await
    }

    pub(super) async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, SessionError> {
        let saved = self.storage.save(id, record, expected);
        self.in_time(saved).await.map_err(failed)
    }

    pub(super) async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> Result<bool, StorageError> {
        let touched = self.storage.touch(id, expected, last_seen, expires_at);
        self.in_time(touched).await
    }

    pub(super) async fn delete(&self, id: SessionId) -> Result<(), SessionError> {
        self.in_time(self.storage.delete(id)).await.map_err(failed)
    }

    pub(super) async fn list(
        &self,
        owner: &str,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, SessionError> {
        let listed = self.storage.list(owner, self.now());
        self.in_time(listed).await.map_err(failed)
    }

    /// Has no time limit: how long it takes depends on how much has expired.
    pub(super) async fn delete_expired(&self) -> Result<u64, SessionError> {
        self.storage
            .delete_expired(self.now())
            .await
            .map_err(failed)
    }

    async fn in_time<T>(&self, mut pending: Pending<'_, T>) -> Result<T, StorageError> {
        // A storage in memory answers at once: it then needs neither a timer nor a runtime that has one.
        let at_once = poll_fn(|context| Poll::Ready(pending.as_mut().poll(context)));
        if let Poll::Ready(answer) = at_once.await {
            return answer;
        }
        match tokio::time::timeout(self.storage_timeout, pending).await {
            Ok(answer) => answer,
            Err(_) => Err(StorageError::timed_out()),
        }
    }
}

pub(super) fn failed(error: StorageError) -> SessionError {
    SessionError::Storage(error.into())
}
