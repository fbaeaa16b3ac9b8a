use std::sync::{Arc, PoisonError};

use futures_util::StreamExt;

use super::CachedSessionStorage;
use crate::storage::{Change, SessionStorage, StorageError};

impl<Remote: SessionStorage> CachedSessionStorage<Remote> {
    /// Has the remote storage tell of what other processes do, and forgets what it is told of.
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
