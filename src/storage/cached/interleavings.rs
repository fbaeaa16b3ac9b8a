use std::collections::HashMap;
use std::sync::Arc;

use shuttle::future::{JoinHandle, block_on, spawn, yield_now};
use shuttle::sync::Mutex;
use time::Duration;

use super::CachedSessionStorage;
use crate::record::{Digest, SessionId, SessionRecord, Timestamp, Version};
use crate::storage::{Owned, Saved, SessionStorage, StorageError};

const RUNS: usize = 2_000;
const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000).unwrap();

/// A storage on a server: on the way there and back others overtake.
#[derive(Default)]
struct Remote(Mutex<HashMap<SessionId, Arc<SessionRecord>>>);

type Cached = CachedSessionStorage<Remote>;

impl Remote {
    async fn ask<T>(
        &self,
        work: impl FnOnce(&mut HashMap<SessionId, Arc<SessionRecord>>) -> T,
    ) -> Result<T, StorageError> {
        yield_now().await;
        let answer = work(&mut self.0.lock().unwrap());
        yield_now().await;
        Ok(answer)
    }
}

impl SessionStorage for Remote {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        self.ask(|records| records.get(&id).cloned()).await
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        self.ask(|records| {
            let current = records.get(&id).cloned();
            if current.as_ref().map(|it| it.version) != expected {
                return Saved::Conflict(current);
            }
            records.insert(id, record);
            Saved::Done
        })
        .await
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        self.ask(|records| {
            let current = records.get_mut(&id).filter(|it| it.version == expected);
            let touched = current.map(|current| {
                let record = Arc::make_mut(current);
                record.last_seen = last_seen;
                record.expires_at = expires_at;
            });
            touched.is_some()
        })
        .await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        self.ask(|records| records.remove(&id).is_some()).await
    }

    async fn list(
        &self,
        _: &str,
        _: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        Ok(Vec::new())
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        _: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        self.ask(|records| {
            let owned = records.extract_if(|id, record| {
                record.owner.as_deref() == Some(owner) && which.names(*id)
            });
            owned.map(|(id, _)| id).collect()
        })
        .await
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        self.ask(|records| {
            let before = records.len();
            records.retain(|_, record| !record.is_expired(now));
            (before - records.len()) as u64
        })
        .await
    }
}

fn id() -> SessionId {
    uuid::Uuid::from_bytes([1; 16]).into()
}

fn record(version: u64, owner: &str) -> Arc<SessionRecord> {
    let mut record = SessionRecord::new(Digest::from([0; 32]), NOW, NOW + Duration::HOUR);
    record.version = Version::from(version);
    record.owner = Some(owner.into());
    Arc::new(record)
}

/// A cache that does not go stale in a test, in front of a storage that holds Ann's session; it may hold it too.
async fn cached(is_warm: bool) -> Cached {
    let storage = Cached::with_limits(Remote::default(), 4, Duration::DAY);
    let saved = storage.remote().save(id(), record(1, "ann"), None).await;
    assert_eq!(saved.unwrap(), Saved::Done);
    if is_warm {
        storage.load(id()).await.unwrap();
    }
    storage
}

fn start<F: Future + Send + 'static>(
    storage: &Cached,
    work: impl FnOnce(Cached) -> F,
) -> JoinHandle<F::Output>
where
    F::Output: Send,
{
    spawn(work(storage.clone()))
}

/// Asserts that what is answered now is what the storage holds.
async fn assert_true(storage: &Cached) {
    let told = storage.load(id()).await.unwrap();
    let stored = storage.remote().load(id()).await.unwrap();
    assert_eq!(told, stored);
}

fn check(test: impl AsyncFn(bool) + Send + Sync + 'static) {
    let test = Arc::new(test);
    for is_warm in [false, true] {
        let test = Arc::clone(&test);
        shuttle::check_random(move || block_on(test(is_warm)), RUNS);
    }
}

#[test]
fn who_knows_of_an_answered_write_reads_nothing_older() {
    check(async |is_warm| {
        let storage = cached(is_warm).await;
        let read = |it: Cached| async move { it.load(id()).await.unwrap() };
        let (one, other) = (start(&storage, read), start(&storage, read));
        let save = start(&storage, |it| async move {
            let saved = it.save(id(), record(2, "ann"), Some(Version::FIRST)).await;
            assert_eq!(saved.unwrap(), Saved::Done);
            it.load(id()).await.unwrap().unwrap().version
        });
        assert_eq!(save.await.unwrap(), Version::from(2));
        one.await.unwrap();
        other.await.unwrap();
        assert_true(&storage).await;
    });
}

#[test]
fn what_was_deleted_is_read_by_nobody_who_knows() {
    check(async |is_warm| {
        let storage = cached(is_warm).await;
        let read = start(&storage, |it| async move { it.load(id()).await.unwrap() });
        let save = start(&storage, |it| async move {
            it.save(id(), record(2, "ann"), Some(Version::FIRST))
                .await
                .unwrap()
        });
        let touch = start(&storage, |it| async move {
            let end = NOW + Duration::HOUR * 2;
            it.touch(id(), Version::FIRST, NOW, end).await.unwrap()
        });
        storage.delete(id()).await.unwrap();
        assert_eq!(storage.load(id()).await.unwrap(), None);
        read.await.unwrap();
        let _ = save.await.unwrap();
        touch.await.unwrap();
        assert_true(&storage).await;
    });
}

#[test]
fn what_one_read_has_found_gone_no_later_one_finds() {
    check(async |is_warm| {
        let storage = cached(is_warm).await;
        let read = start(&storage, |it| async move { it.load(id()).await.unwrap() });
        let save = start(&storage, |it| async move {
            it.save(id(), record(2, "ann"), Some(Version::FIRST))
                .await
                .unwrap()
        });
        // As another process does.
        let end = start(&storage, |it| async move {
            it.remote().delete(id()).await.unwrap()
        });
        let mut is_gone = false;
        for _ in 0..4 {
            let found = storage.load(id()).await.unwrap();
            assert!(!is_gone || found.is_none());
            is_gone = found.is_none();
        }
        read.await.unwrap();
        let _ = save.await.unwrap();
        end.await.unwrap();
    });
}

#[test]
fn writes_at_once_leave_the_times_that_are_stored() {
    check(async |is_warm| writes_at_once(is_warm, false).await);
    check(async |is_warm| writes_at_once(is_warm, true).await);
}

async fn writes_at_once(is_warm: bool, is_saved: bool) {
    let storage = cached(is_warm).await;
    let touches = [61, 62].map(|minutes| {
        start(&storage, move |it| async move {
            let end = NOW + Duration::minutes(minutes);
            it.touch(id(), Version::FIRST, NOW, end).await.unwrap()
        })
    });
    if is_saved {
        let saved = storage
            .save(id(), record(2, "ann"), Some(Version::FIRST))
            .await;
        assert_eq!(saved.unwrap(), Saved::Done);
    }
    for touch in touches {
        let touched = touch.await.unwrap();
        assert!(touched || is_saved);
    }
    assert_true(&storage).await;
}

#[test]
fn an_owners_log_out_everywhere_leaves_none_of_the_owners_sessions_in_memory() {
    check(async |is_warm| end_owned(is_warm, Owned::All).await);
}

#[test]
fn an_owners_session_that_was_ended_by_its_id_is_not_left_in_memory() {
    check(async |is_warm| end_owned(is_warm, Owned::One(id())).await);
}

async fn end_owned(is_warm: bool, which: Owned) {
    let storage = cached(is_warm).await;
    let read = start(&storage, |it| async move { it.load(id()).await.unwrap() });
    let give = start(&storage, |it| async move {
        it.save(id(), record(2, "ben"), Some(Version::FIRST))
            .await
            .unwrap()
    });
    let ended = storage.delete_owned("ann", which, NOW).await.unwrap();
    let told = storage.load(id()).await.unwrap();
    assert!(
        told.is_none_or(|it| it.owner.as_deref() == Some("ben")),
        "{ended:?}"
    );
    read.await.unwrap();
    let _ = give.await.unwrap();
    assert_true(&storage).await;
}

#[test]
fn a_write_that_is_given_up_makes_the_memory_forget() {
    check(async |is_warm| {
        let storage = cached(is_warm).await;
        let read = start(&storage, |it| async move { it.load(id()).await.unwrap() });
        let save = start(&storage, |it| async move {
            it.save(id(), record(2, "ann"), Some(Version::FIRST))
                .await
                .unwrap()
        });
        yield_now().await;
        save.abort();
        let _ = save.await;
        read.await.unwrap();
        assert_true(&storage).await;
    });
}
