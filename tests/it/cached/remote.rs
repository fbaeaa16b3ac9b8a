use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum_bare_session::storage::{
    Change, Digest, Owned, Saved, SessionRecord, SessionStorage, StorageError, Timestamp, Version,
};
use axum_bare_session::{
    CachedSessionStorage, Duration, MemorySessionStorage, OffsetDateTime, SessionId,
};
use futures_util::stream::{BoxStream, StreamExt, unfold};
use tokio::sync::broadcast::{Sender, channel};
use uuid::Uuid;

use crate::support::{Call, Gate};

/// A memory storage that can hold a call's answer back, after its work is done, and tells of changes what the test
/// says.
#[derive(Clone)]
pub(super) struct Remote {
    pub(super) inner: MemorySessionStorage,
    pub(super) changes: Sender<Change>,
    gates: Arc<Mutex<HashMap<Call, Gate>>>,
}

impl Default for Remote {
    fn default() -> Self {
        Self {
            inner: MemorySessionStorage::new(),
            changes: channel(16).0,
            gates: Arc::default(),
        }
    }
}

pub(super) type Cached = CachedSessionStorage<Remote>;

pub(super) fn id(number: u128) -> SessionId {
    Uuid::from_u128(number).into()
}

/// A record of that version, seen at 1970 and ending an hour later.
pub(super) fn record(version: u64) -> SessionRecord {
    let start = Timestamp::from(OffsetDateTime::UNIX_EPOCH);
    let mut record = SessionRecord::new(Digest::from([7; 32]), start, start + Duration::HOUR);
    record.version = version.into();
    record
}

impl Remote {
    /// Holds the answer of the next call of a kind at the gate that is returned.
    pub(super) fn hold(&self, call: Call) -> Gate {
        let gate = Gate::new();
        self.gates.lock().unwrap().insert(call, gate.clone());
        gate
    }

    /// Saves `record` as another process does.
    pub(super) async fn save_elsewhere(&self, id: SessionId, record: SessionRecord) {
        let before = self.inner.load(id).await.unwrap();
        let expected = before.map(|before| before.version);
        let saved = self.inner.save(id, Arc::new(record), expected).await;
        assert_eq!(saved.unwrap(), Saved::Done);
    }

    async fn answer<T>(&self, call: Call, answer: T) -> T {
        let gate = self.gates.lock().unwrap().remove(&call);
        if let Some(gate) = gate {
            gate.pass().await;
        }
        answer
    }
}

impl SessionStorage for Remote {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        let loaded = self.inner.load(id).await;
        self.answer(Call::Load, loaded).await
    }

    async fn changes(&self) -> Result<BoxStream<'static, Change>, StorageError> {
        let changes = self.changes.subscribe();
        Ok(unfold(changes, async |mut changes| {
            Some((changes.recv().await.ok()?, changes))
        })
        .boxed())
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        let saved = self.inner.save(id, record, expected).await;
        self.answer(Call::Save, saved).await
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        let touched = self.inner.touch(id, expected, last_seen, expires_at).await;
        self.answer(Call::Touch, touched).await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        let deleted = self.inner.delete(id).await;
        self.answer(Call::Delete, deleted).await
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
        let deleted = self.inner.delete_owned(owner, which, now).await;
        self.answer(Call::DeleteOwned, deleted).await
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        self.inner.delete_expired(now).await
    }
}

/// A cache that holds an answer for an hour, so that only what it was told can change it, over a remote storage that
/// holds `record(1)`.
pub(super) async fn cached() -> (Remote, Cached) {
    cached_for(Duration::HOUR).await
}

pub(super) async fn cached_for(max_staleness: Duration) -> (Remote, Cached) {
    let remote = Remote::default();
    remote.save_elsewhere(id(1), record(1)).await;
    let cached = Cached::with_limits(remote.clone(), 1_000, max_staleness);
    (remote, cached)
}

/// The version that a load of session 1 finds.
pub(super) async fn version(cached: &Cached) -> Option<u64> {
    let loaded = cached.load(id(1)).await.unwrap();
    loaded.map(|record| record.version.into())
}

/// Saves `record(version)` over the version before it.
pub(super) async fn save(cached: &Cached, version: u64) -> Saved {
    let expected = Some(Version::from(version - 1));
    let saved = cached.save(id(1), Arc::new(record(version)), expected);
    saved.await.unwrap()
}
