use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use futures_util::FutureExt;
use tokio::sync::mpsc::Sender;

use super::SessionPolicy;
use super::cookie::CookieWriter;
use super::event::SessionEvent;
use super::options::SuspectedTheft;
use super::session_limit::SessionLimit;
use crate::record::{SessionId, SessionRecord, Timestamp, Version};
use crate::session::{Limits, SessionError};
use crate::storage::{ErasedStorage, Owned, Saved, SessionStorage, StorageError};

/// What the requests of a configured middleware share: the storage behind a time limit, the limits, the cookie, the clock.
pub(super) struct Service {
    pub(super) storage: Box<dyn ErasedStorage>,
    pub(super) storage_timeout: std::time::Duration,
    pub(super) limits: Limits,
    pub(super) cookie: CookieWriter,
    pub(super) clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    pub(super) events: Option<Sender<SessionEvent>>,
    pub(super) session_limit: Option<SessionLimit>,
    pub(super) suspected_theft: SuspectedTheft,
    pub(super) policy: SessionPolicy,
}

type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, StorageError>> + Send + 'a>>;

impl Service {
    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// What `work` comes to, if the storage is the one in memory, which answers at once: nobody then need carry its future along.
    pub(super) fn at_once<F: Future>(&self, work: impl FnOnce() -> F) -> Option<F::Output> {
        self.storage.in_memory()?;
        work().now_or_never()
    }

    pub(super) async fn load(
        &self,
        id: SessionId,
    ) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        match self.storage.in_memory() {
            // It answers at once, and so needs neither a future in a box nor a time limit.
            Some(memory) => SessionStorage::load(memory, id).await,
            None => self.in_time(self.storage.load(id)).await,
        }
    }

    pub(super) async fn revalidate(
        &self,
        id: SessionId,
        loaded: Arc<SessionRecord>,
    ) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        self.in_time(self.storage.revalidate(id, loaded)).await
    }

    pub(super) async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, SessionError> {
        let saved = match self.storage.in_memory() {
            Some(memory) => SessionStorage::save(memory, id, record, expected).await,
            None => {
                let saved = self.storage.save(id, record, expected);
                self.in_time(saved).await
            }
        };
        saved.map_err(|error| failed(Some(id), error))
    }

    pub(super) async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        let touched = self.storage.touch(id, expected, last_seen, expires_at);
        self.in_time(touched).await
    }

    pub(super) async fn delete(&self, id: SessionId) -> Result<bool, SessionError> {
        let deleted = self.in_time(self.storage.delete(id)).await;
        deleted.map_err(|error| failed(Some(id), error))
    }

    pub(super) async fn list(
        &self,
        owner: &str,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, SessionError> {
        let listed = self.storage.list(owner, self.now());
        self.in_time(listed)
            .await
            .map_err(|error| failed(None, error))
    }

    pub(super) async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
    ) -> Result<Vec<SessionId>, SessionError> {
        let deleted = self.storage.delete_owned(owner, which, self.now());
        self.in_time(deleted)
            .await
            .map_err(|error| failed(None, error))
    }

    /// The sessions of `owner` that are alive under the limits of today.
    pub(super) async fn list_live(
        &self,
        owner: &str,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, SessionError> {
        let (now, timeouts) = (self.now(), &self.limits.timeouts);
        let mut listed = self.list(owner).await?;
        listed.retain(|(_, record)| record.is_live(timeouts, now));
        Ok(listed)
    }

    /// Has no time limit: how long it takes depends on how much has expired.
    pub(super) async fn delete_expired(&self) -> Result<u64, SessionError> {
        let deleted = self.storage.delete_expired(self.now()).await;
        deleted.map_err(|error| failed(None, error))
    }

    async fn in_time<T>(&self, mut pending: Pending<'_, T>) -> Result<T, StorageError> {
        // A storage in memory answers at once: it then needs neither a timer nor a runtime that has one.
        let at_once = poll_fn(|context| Poll::Ready(pending.as_mut().poll(context)));
        if let Poll::Ready(answer) = at_once.await {
            return answer;
        }
        match Box::pin(tokio::time::timeout(self.storage_timeout, pending)).await {
            Ok(answer) => answer,
            Err(_) => Err(StorageError::timed_out()),
        }
    }
}

/// Logs an error of the storage where the session is known, and hides it from the client.
pub(super) fn failed(id: Option<SessionId>, error: StorageError) -> SessionError {
    tracing::error!(
        session.id = id.map(tracing::field::display),
        error = &error as &dyn Error,
        "session storage failed"
    );
    SessionError::Storage(error.into())
}
