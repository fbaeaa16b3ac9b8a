use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use axum_bare_session::storage::{
    Digest, Saved, SessionRecord, SessionStorage, StorageError, Timestamp, Version,
};
use axum_bare_session::{Duration, MemorySessionStorage, OffsetDateTime, SessionId};
use uuid::Uuid;

/// The time, in minutes since 1970.
pub(crate) fn at(minute: i64) -> Timestamp {
    (OffsetDateTime::UNIX_EPOCH + Duration::minutes(minute)).into()
}

pub(crate) fn id(number: usize) -> SessionId {
    Uuid::from_u128(number as u128).into()
}

/// A record that was seen at the one minute and ends at the other.
pub(crate) fn record(seen: i64, end: i64) -> SessionRecord {
    SessionRecord::new(Digest::from([0; 32]), at(seen), at(end))
}

pub(crate) fn owned(seen: i64, end: i64, owner: &str) -> SessionRecord {
    let mut record = record(seen, end);
    record.owner = Some(owner.into());
    record
}

pub(crate) fn next(record: &SessionRecord, owner: Option<&str>) -> SessionRecord {
    let mut next = record.clone();
    next.version = next.version.next();
    next.owner = owner.map(Arc::from);
    next
}

/// Drives a future without a runtime.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::thread::yield_now();
    }
}

/// The storage's calls without a runtime.
pub(crate) trait Blocking {
    fn create(&self, number: usize, record: SessionRecord) -> Result<Saved, StorageError>;
    fn add(&self, number: usize, record: SessionRecord) {
        assert_eq!(self.create(number, record).unwrap(), Saved::Done);
    }
    fn replace(&self, number: usize, record: SessionRecord) -> Saved;
    fn see(&self, number: usize, seen: i64, end: i64) -> bool;
    fn end(&self, number: usize);
    fn get(&self, number: usize) -> Option<Arc<SessionRecord>>;
    fn has(&self, number: usize) -> bool {
        self.get(number).is_some()
    }
    fn owned_by(&self, owner: &str, now: i64) -> Vec<SessionId>;
    fn clean_up(&self, now: i64) -> u64;
}

impl Blocking for MemorySessionStorage {
    fn create(&self, number: usize, record: SessionRecord) -> Result<Saved, StorageError> {
        block_on(self.save(id(number), record.into(), None))
    }

    /// Saves `record` over the version before it.
    fn replace(&self, number: usize, record: SessionRecord) -> Saved {
        let before = Version::from(u64::from(record.version) - 1);
        block_on(self.save(id(number), record.into(), Some(before))).unwrap()
    }

    /// Touches the stored version.
    fn see(&self, number: usize, seen: i64, end: i64) -> bool {
        let version = self.get(number).map_or(Version::FIRST, |r| r.version);
        block_on(self.touch(id(number), version, at(seen), at(end))).unwrap()
    }

    fn end(&self, number: usize) {
        block_on(self.delete(id(number))).unwrap();
    }

    fn get(&self, number: usize) -> Option<Arc<SessionRecord>> {
        block_on(self.load(id(number))).unwrap()
    }

    fn owned_by(&self, owner: &str, now: i64) -> Vec<SessionId> {
        let listed = block_on(self.list(owner, at(now))).unwrap();
        let mut ids: Vec<_> = listed.into_iter().map(|(id, _)| id).collect();
        ids.sort();
        ids
    }

    fn clean_up(&self, now: i64) -> u64 {
        block_on(self.delete_expired(at(now))).unwrap()
    }
}
