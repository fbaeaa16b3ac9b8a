use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Response};
use axum_bare_session::storage::{
    Owned, Saved, SessionRecord, SessionStorage, StorageError, Timestamp, Version,
};
use axum_bare_session::{MemorySessionStorage, OffsetDateTime, SessionId};
use futures_util::FutureExt;
use tower::ServiceExt;

/// The time of all properties.
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000)
}

/// What comes of work that waits for nothing.
pub(crate) fn done<T>(work: impl Future<Output = T>) -> T {
    let done = work.now_or_never();
    done.expect("a storage in memory answers at once")
}

/// The response to a request with these headers.
pub(crate) fn response(app: &Router, headers: HeaderMap) -> Response<Body> {
    let mut request = Request::new(Body::empty());
    *request.headers_mut() = headers;
    match done(app.clone().oneshot(request)) {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// A storage in memory that notes which sessions it was asked for.
#[derive(Clone, Default)]
pub(crate) struct Noting {
    inner: MemorySessionStorage,
    loaded: Arc<Mutex<Vec<SessionId>>>,
}

impl Noting {
    /// The storage itself, of which nothing is noted.
    pub(crate) fn memory(&self) -> MemorySessionStorage {
        self.inner.clone()
    }

    fn note(&self, id: SessionId) {
        self.loaded.lock().expect("nobody panics with it").push(id);
    }

    /// What it was asked for since the last time.
    pub(crate) fn take(&self) -> Vec<SessionId> {
        std::mem::take(&mut *self.loaded.lock().expect("nobody panics with it"))
    }
}

impl SessionStorage for Noting {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        self.note(id);
        self.inner.load(id).await
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        self.inner.save(id, record, expected).await
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        self.inner.touch(id, expected, last_seen, expires_at).await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        self.inner.delete(id).await
    }

    async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        self.inner.list(owner, now).await
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        self.inner.delete_owned(owner, which, now).await
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        self.inner.delete_expired(now).await
    }
}
