use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum_bare_session::storage::{
    Owned, Saved, SessionRecord, SessionStorage, StorageError, Timestamp, Version,
};
use axum_bare_session::{MemorySessionStorage, SessionId, Sessions};

use crate::support::Log;

/// A memory storage whose clean-ups are counted, and of which the first fails.
#[derive(Clone, Default)]
struct Flaky {
    inner: MemorySessionStorage,
    clean_ups: Arc<AtomicUsize>,
}

impl SessionStorage for Flaky {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
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

    async fn delete_expired(&self, _: Timestamp) -> Result<u64, StorageError> {
        match self.clean_ups.fetch_add(1, Ordering::SeqCst) {
            0 => Err(StorageError::new("the test's storage is down")),
            _ => Ok(7),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_clean_up_goes_on_after_an_error_until_it_is_dropped() {
    let log = Log::new();
    let storage = Flaky::default();
    let sessions = Sessions::from(storage.clone());
    let minute = Duration::from_secs(60);
    let clean_up = sessions.delete_expired_every(axum_bare_session::Duration::MINUTE);
    let ended = tokio::time::timeout(minute * 60, clean_up).await;
    assert!(ended.is_err(), "it ended by itself");
    let clean_ups = storage.clean_ups.load(Ordering::SeqCst);
    assert!((48..=80).contains(&clean_ups), "{clean_ups} in an hour");
    let log = log.text();
    assert!(log.contains("the test's storage is down"), "{log}");
    assert!(log.contains("sessions.deleted=7"), "{log}");

    tokio::time::sleep(minute * 60).await;
    assert_eq!(
        storage.clean_ups.load(Ordering::SeqCst),
        clean_ups,
        "it was dropped"
    );
}

#[tokio::test(start_paused = true)]
async fn a_clean_up_can_be_spawned_as_it_is_and_counts_in_any_duration() {
    let storage = Flaky::default();
    let sessions = Sessions::from(storage.clone());
    let clean_up = tokio::spawn(sessions.delete_expired_every(Duration::from_secs(60)));
    drop(sessions);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    clean_up.abort();
    let clean_ups = storage.clean_ups.load(Ordering::SeqCst);
    assert!((48..=80).contains(&clean_ups), "{clean_ups} in an hour");
}
