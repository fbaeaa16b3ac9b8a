use std::sync::{Arc, PoisonError};

use futures_util::StreamExt;

use super::CachedSessionStorage;
use crate::storage::{Change, SessionStorage, StorageError};

impl<Remote: SessionStorage> CachedSessionStorage<Remote> {
    /// Has the remote storage tell what anybody does to sessions, and forgets those that it is told of.
    ///
    /// What another process does is then seen here within milliseconds, and not only after `max_staleness`. That bound
    /// stands all the same, whatever becomes of the connection: what is not heard is seen then. So with a longer one,
    /// hot sessions are asked for more rarely, and a revocation is late only where nothing can be heard.
    ///
    /// Redis tells, on one server, with Sentinel and in a Cluster: see
    /// [`RedisSessionStorage`](crate::RedisSessionStorage). It listens as long as a clone of this cache is there, in
    /// the runtime in which this is called.
    ///
    /// ```no_run
    /// # #[cfg(feature = "redis")]
    /// # async fn connect() -> Result<(), axum_bare_session::storage::StorageError> {
    /// use axum_bare_session::{CachedSessionStorage, RedisSessionStorage};
    ///
    /// let remote = RedisSessionStorage::connect("redis://127.0.0.1:6379").await?;
    /// let storage = CachedSessionStorage::new(remote).listening().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// What this process does itself is told too, so that the first read after a change asks the remote storage. And
    /// every process that listens is told of every write of all of them: where there are many processes and many
    /// writes, measure.
    ///
    /// # Errors
    ///
    /// If the remote storage cannot tell, or cannot be reached.
    pub async fn listening(self) -> Result<Self, StorageError> {
        let mut changes = self.inner.remote.changes().await?;
        let sessions = Arc::clone(&self.inner.sessions);
        // What was loaded before may have been changed since.
        sessions.forget_changed(Change::Any);
        let listening = async move {
            while let Some(change) = changes.next().await {
                sessions.forget_changed(change);
            }
        };
        let mut tasks = self
            .inner
            .listening
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        tasks.spawn(listening);
        drop(tasks);
        Ok(self)
    }
}
