//! A cache that hears from the server what other processes do. Its bound is an hour, so that nothing but what it hears
//! makes it forget, unless a test says otherwise.

mod broken;
mod failover;
mod heard;
mod needs;

use std::sync::Arc;
use std::time::{Duration as Wait, Instant};

use axum_bare_session::storage::{
    Digest, Saved, SessionRecord, SessionStorage, Timestamp, Version,
};
use axum_bare_session::{
    CachedSessionStorage, Duration, OffsetDateTime, RedisSessionStorage, SessionId,
};
use tokio::time::sleep;
use uuid::Uuid;

pub(super) type Cached = CachedSessionStorage<RedisSessionStorage>;

pub(super) async fn listening(remote: RedisSessionStorage) -> Cached {
    let cached = CachedSessionStorage::with_limits(remote, 10_000, Duration::HOUR);
    cached.listening().await.unwrap()
}

pub(super) fn now() -> Timestamp {
    OffsetDateTime::now_utc().into()
}

/// A new session of `ada`.
pub(super) async fn create(storage: &impl SessionStorage) -> (SessionId, SessionRecord) {
    let id = Uuid::new_v4().into();
    let mut record = SessionRecord::new(Digest::from([0; 32]), now(), now() + Duration::HOUR);
    record.owner = Some("ada".into());
    let saved = storage.save(id, Arc::new(record.clone()), None).await;
    assert_eq!(saved.unwrap(), Saved::Done);
    (id, record)
}

pub(super) async fn change(storage: &impl SessionStorage, id: SessionId) -> Version {
    let mut record = SessionRecord::clone(&*storage.load(id).await.unwrap().unwrap());
    let before = record.version;
    record.version = before.next();
    let version = record.version;
    let saved = storage.save(id, Arc::new(record), Some(before)).await;
    assert_eq!(saved.unwrap(), Saved::Done);
    version
}

pub(super) async fn version(storage: &impl SessionStorage, id: SessionId) -> Option<Version> {
    let loaded = storage.load(id).await.unwrap();
    loaded.map(|record| record.version)
}

/// Waits until the cache knows that version, and returns how long that took.
pub(super) async fn until(cached: &Cached, id: SessionId, expected: Option<Version>) -> Wait {
    let begun = Instant::now();
    loop {
        // Without an answer it knows nothing yet.
        let loaded = cached.load(id).await;
        if loaded.is_ok_and(|it| it.map(|record| record.version) == expected) {
            return begun.elapsed();
        }
        assert!(begun.elapsed() < Wait::from_secs(20), "it is never heard");
        sleep(Wait::from_millis(1)).await;
    }
}

/// A listening cache, the storage of another process, and a session that the cache holds.
pub(super) async fn held_by(
    remote: RedisSessionStorage,
) -> (Cached, RedisSessionStorage, SessionId) {
    let (cached, elsewhere) = (listening(remote.clone()).await, remote);
    let (id, record) = create(&elsewhere).await;
    until(&cached, id, Some(record.version)).await;
    // What is still on the way of the creation would make it forget.
    sleep(Wait::from_millis(50)).await;
    until(&cached, id, Some(record.version)).await;
    (cached, elsewhere, id)
}
