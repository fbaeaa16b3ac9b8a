use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum_bare_session::storage::{
    Change, Owned, Saved, SessionRecord, SessionStorage, StorageError, Timestamp, Version,
};
use axum_bare_session::{MemorySessionStorage, SessionId};
use futures_util::stream::{BoxStream, StreamExt, unfold};
use tokio::sync::broadcast::{Sender, channel};
use tokio::task::yield_now;
use tokio::time::{Duration, sleep};

use super::flaw::Flaw;

type Records = Vec<(SessionId, Arc<SessionRecord>)>;

/// A handle of a storage, with what it has of its own: a lock, a memory, those that it tells of changes.
pub(super) struct FlawedHandle {
    shared: MemorySessionStorage,
    flaw: Flaw,
    lock: tokio::sync::Mutex<()>,
    memory: Mutex<HashMap<SessionId, Arc<SessionRecord>>>,
    changes: Sender<Change>,
}

impl FlawedHandle {
    pub(super) fn new(shared: &MemorySessionStorage, flaw: Flaw) -> Self {
        Self {
            shared: shared.clone(),
            flaw,
            lock: tokio::sync::Mutex::default(),
            memory: Mutex::default(),
            changes: channel(1_024).0,
        }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    fn tell(&self, id: SessionId) {
        self.memory.lock().unwrap().remove(&id);
        let _ = self.changes.send(Change::Session(id));
    }

    async fn compare_and_write(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        let _one_of_this_process = self.lock.lock().await;
        let before = self.shared.load(id).await?;
        if before.as_ref().map(|before| before.version) != expected {
            return Ok(Saved::Conflict(before));
        }
        yield_now().await;
        loop {
            let before = self.shared.load(id).await?.map(|before| before.version);
            if let Saved::Done = self.shared.save(id, Arc::clone(&record), before).await? {
                return Ok(Saved::Done);
            }
        }
    }
}

impl SessionStorage for FlawedHandle {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        let remembered = self.memory.lock().unwrap().get(&id).cloned();
        match remembered {
            Some(record) if self.has(Flaw::LoadsWhatItSaved) => Ok(Some(record)),
            _ => self.shared.load(id).await,
        }
    }

    async fn load_many(&self, ids: &[SessionId]) -> Result<Records, StorageError> {
        let page = if self.has(Flaw::LoadsOnePageOfMany) {
            &ids[..ids.len().min(50)]
        } else {
            ids
        };
        let mut loaded = self.shared.load_many(page).await?;
        if self.has(Flaw::LoadsManyFromAMemory) {
            let mut memory = self.memory.lock().unwrap();
            for (id, record) in &mut loaded {
                *record = Arc::clone(memory.entry(*id).or_insert_with(|| Arc::clone(record)));
            }
        }
        Ok(loaded)
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
        if self.has(Flaw::TellsBeforeItSaves) {
            self.tell(id);
            yield_now().await;
        }
        let saved = if self.has(Flaw::ComparesAndWritesInOneProcess) {
            self.compare_and_write(id, Arc::clone(&record), expected)
                .await?
        } else {
            self.shared.save(id, Arc::clone(&record), expected).await?
        };
        if self.has(Flaw::LoadsWhatItSaved) && saved == Saved::Done {
            self.memory.lock().unwrap().insert(id, record);
        } else if !self.has(Flaw::LoadsManyFromAMemory) {
            self.tell(id);
        }
        Ok(saved)
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        if self.has(Flaw::TouchLeavesTheList)
            && let Some(mut record) = self.shared.load(id).await?.map(Arc::unwrap_or_clone)
            && let Some(owner) = record.owner.take()
            && record.version == expected
        {
            let unlisted = Arc::new(record.clone());
            let taken = self.shared.save(id, unlisted, Some(expected)).await?;
            sleep(Duration::from_millis(1)).await;
            record.owner = Some(owner);
            if taken == Saved::Done {
                let _ = self.shared.save(id, record.into(), Some(expected)).await?;
            }
        }
        let touched = self.shared.touch(id, expected, last_seen, expires_at);
        let touched = touched.await?;
        self.tell(id);
        Ok(touched)
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        let deleted = self.shared.delete(id).await?;
        self.tell(id);
        Ok(deleted)
    }

    async fn list(&self, owner: &str, now: Timestamp) -> Result<Records, StorageError> {
        self.shared.list(owner, now).await
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        let deleted = self.shared.delete_owned(owner, which, now).await?;
        deleted.iter().for_each(|id| self.tell(*id));
        Ok(deleted)
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        self.shared.delete_expired(now).await
    }
}
