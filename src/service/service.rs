use std::error::Error;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::advice::Advice;
use super::event::Tell;
use super::policy::SessionPolicy;
use super::queue::Queues;
use super::watches::Watches;
use crate::record::{SessionId, SessionRecord, Timestamp};
use crate::session::{Limits, SessionError};
use crate::storage::{ErasedStorage, SessionStorage, StorageError};
use crate::transport::clear_site_data::ClearSiteData;
use crate::transport::cookie::CookieWriter;

/// What the requests of a configured middleware share: the storage behind a time limit, the limits, the cookie, the
/// clock.
pub(crate) struct Service {
    pub(crate) storage: Box<dyn ErasedStorage>,
    pub(crate) storage_timeout: std::time::Duration,
    pub(crate) limits: Limits,
    pub(crate) cookie: CookieWriter,
    pub(crate) clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    pub(crate) events: Vec<Tell>,
    pub(crate) policy: SessionPolicy,
    pub(crate) clear_site_data: Vec<ClearSiteData>,
    #[cfg(feature = "device-bound")]
    pub(crate) endpoints: Option<crate::transport::device_bound::Endpoints>,
    pub(super) advice: Advice,
    pub(crate) queues: Queues,
    pub(super) watches: Watches,
    /// How long passes between two looks at the sessions whose end somebody waits for.
    pub(super) watch_interval: std::time::Duration,
}

impl Service {
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Whether what a request does to the storage is done at once, without a pause: one in memory, and no log-in waits
    /// for its turn.
    pub(crate) fn answers_at_once(&self) -> bool {
        self.storage.in_memory().is_some() && self.policy.session_limit.is_none()
    }

    /// What `work` comes to, if the storage answers at once: nobody then need carry its future along.
    pub(crate) fn at_once<F: Future>(&self, work: impl FnOnce() -> F) -> Option<F::Output> {
        if !self.answers_at_once() {
            return None;
        }
        work().now_or_never()
    }

    pub(crate) async fn load(
        &self,
        id: SessionId,
    ) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        match self.storage.in_memory() {
            // It answers at once, and so needs neither a future in a box nor a time limit.
            Some(memory) => SessionStorage::load(memory, id).await,
            None => self.in_time(self.storage.load(id)).await,
        }
    }

    /// Returns whether there was anything to delete.
    pub(crate) async fn delete(&self, id: SessionId) -> Result<bool, SessionError> {
        let deleted = self.in_time(self.storage.delete(id)).await;
        deleted.map_err(|error| failed(Some(id), error))
    }

    /// The sessions of `owner` that are alive under the limits of today.
    pub(crate) async fn list_live(
        &self,
        owner: &str,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, SessionError> {
        let (now, timeouts) = (self.now(), &self.limits.timeouts);
        let listed = self.in_time(self.storage.list(owner, now)).await;
        let mut listed = listed.map_err(|error| failed(None, error))?;
        listed.retain(|(_, record)| record.is_live(timeouts, now));
        Ok(listed)
    }

    /// Has no time limit: how long it takes depends on how much has expired.
    pub(crate) async fn delete_expired(&self) -> Result<u64, SessionError> {
        let deleted = self.storage.delete_expired(self.now()).await;
        deleted.map_err(|error| failed(None, error))
    }

    /// What a call to the storage comes to, or an error if that takes too long.
    pub(crate) async fn in_time<T>(
        &self,
        pending: BoxFuture<'_, Result<T, StorageError>>,
    ) -> Result<T, StorageError> {
        self.within(self.storage_timeout, pending).await
    }

    pub(super) async fn within<T>(
        &self,
        limit: std::time::Duration,
        mut pending: BoxFuture<'_, Result<T, StorageError>>,
    ) -> Result<T, StorageError> {
        // A storage in memory answers at once: it then needs neither a timer nor a runtime that has one.
        let at_once = poll_fn(|context| Poll::Ready(pending.as_mut().poll(context)));
        if let Poll::Ready(answer) = at_once.await {
            return answer;
        }
        match Box::pin(tokio::time::timeout(limit, pending)).await {
            Ok(answer) => answer,
            Err(_) => Err(StorageError::timed_out()),
        }
    }
}

/// Logs an error of the storage where the session is known, and hides it from the client.
pub(crate) fn failed(id: Option<SessionId>, error: StorageError) -> SessionError {
    tracing::error!(
        session.id = id.map(tracing::field::display),
        error = &error as &dyn Error,
        "session storage failed"
    );
    SessionError::Storage(error.into())
}
