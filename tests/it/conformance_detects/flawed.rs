use std::sync::Arc;

use axum_bare_session::storage::{
    Change, Digest, Owned, Saved, SessionRecord, SessionStorage, StorageError, Timestamp, Version,
};
use axum_bare_session::{Duration, MemorySessionStorage, OffsetDateTime, SessionId};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use super::flaw::Flaw;

pub(super) struct Flawed {
    inner: MemorySessionStorage,
    flaw: Flaw,
}

impl Flawed {
    pub(super) fn new(flaw: Flaw) -> Self {
        let inner = MemorySessionStorage::new();
        Self { inner, flaw }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    async fn overwrite(&self, id: SessionId, record: Arc<SessionRecord>) {
        loop {
            let before = self.inner.load(id).await.unwrap();
            let version = before.map(|before| before.version);
            let saved = self.inner.save(id, Arc::clone(&record), version).await;
            if saved.unwrap() == Saved::Done {
                return;
            }
        }
    }

    /// What of a record is stored.
    fn stored(&self, record: Arc<SessionRecord>) -> Arc<SessionRecord> {
        let mut record = Arc::unwrap_or_clone(record);
        match self.flaw {
            Flaw::ForgetsUnknownFields => {
                let (seen, end) = (record.last_seen, record.expires_at);
                let mut known = SessionRecord::new(record.digest, seen, end);
                known.version = record.version;
                known.created_at = record.created_at;
                known.authenticated_at = record.authenticated_at;
                known.set_remember(record.remember());
                known.owner = record.owner;
                known.values = record.values;
                record = known;
            }
            Flaw::RewritesValues => {
                let values = record.values.clone();
                for (key, json) in values.iter() {
                    let value: serde_json::Value = serde_json::from_str(json).unwrap();
                    record.values.insert(key, &value).unwrap();
                }
            }
            Flaw::RoundsTimes => {
                let time = OffsetDateTime::from(record.created_at);
                record.created_at = time.truncate_to_millisecond().into();
            }
            _ => {}
        }
        record.into()
    }
}

impl SessionStorage for Flawed {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        self.inner.load(id).await
    }

    async fn revalidate(
        &self,
        id: SessionId,
        loaded: Arc<SessionRecord>,
    ) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        if self.has(Flaw::RevalidatesNothing) {
            return Ok(None);
        }
        self.inner.revalidate(id, loaded).await
    }

    fn ids(&self) -> BoxStream<'_, Result<SessionId, StorageError>> {
        let page = if self.has(Flaw::NamesOnePage) {
            1_000
        } else {
            usize::MAX
        };
        self.inner.ids().take(page).boxed()
    }

    async fn changes(&self) -> Result<BoxStream<'static, Change>, StorageError> {
        if self.has(Flaw::TellsNoChanges) {
            return Ok(futures_util::stream::pending().boxed());
        }
        self.inner.changes().await
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        let record = self.stored(record);
        let before = self.inner.load(id).await?;
        let as_expected = before.as_ref().map(|before| before.version) == expected;
        let writes = match self.flaw {
            Flaw::SavesUnconditionally => true,
            Flaw::SaveRevives => before.is_none(),
            Flaw::ComparesThenWrites => {
                tokio::task::yield_now().await;
                as_expected
            }
            _ => false,
        };
        if writes {
            self.overwrite(id, record).await;
            return Ok(Saved::Done);
        }
        match self.inner.save(id, record, expected).await? {
            Saved::Conflict(_) if self.has(Flaw::ConflictIsEmpty) => Ok(Saved::Conflict(None)),
            saved => Ok(saved),
        }
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        let before = self.inner.load(id).await?;
        if before.is_none() && self.has(Flaw::TouchCreates) {
            let record = SessionRecord::new(Digest::from([0; 32]), last_seen, expires_at);
            self.overwrite(id, record.into()).await;
            return Ok(true);
        }
        let Some(mut record) = before.map(Arc::unwrap_or_clone) else {
            return Ok(false);
        };
        record.last_seen = last_seen;
        record.expires_at = expires_at;
        let matches = record.version == expected;
        match self.flaw {
            Flaw::TouchWritesAll if matches => {
                tokio::task::yield_now().await;
                self.overwrite(id, record.into()).await;
            }
            Flaw::TouchMovesTheVersion if matches => {
                record.version = expected.next();
                let _ = self.inner.save(id, record.into(), Some(expected)).await?;
            }
            _ => return self.inner.touch(id, expected, last_seen, expires_at).await,
        }
        Ok(matches)
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        if self.has(Flaw::DeleteFailsOnTheAbsent) && self.inner.load(id).await?.is_none() {
            return Err(StorageError::new("no such record"));
        }
        let deleted = self.inner.delete(id).await?;
        Ok(deleted || self.has(Flaw::DeleteTellsNothing))
    }

    async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        let long_ago = Timestamp::from(OffsetDateTime::UNIX_EPOCH);
        match self.flaw {
            Flaw::ListsTheExpired => self.inner.list(owner, long_ago).await,
            Flaw::ListFoldsCase => {
                let (lower, upper) = (owner.to_lowercase(), owner.to_uppercase());
                let mut listed = self.inner.list(&lower, now).await?;
                listed.extend(self.inner.list(&upper, now).await?);
                Ok(listed)
            }
            Flaw::ListsOnePage => {
                let mut listed = self.inner.list(owner, now).await?;
                listed.truncate(100);
                Ok(listed)
            }
            _ => self.inner.list(owner, now).await,
        }
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        let inner = &self.inner;
        match (self.flaw, which) {
            (Flaw::DeletesAllOwned, _) => inner.delete_owned(owner, Owned::All, now).await,
            (Flaw::DeletesOneOwnedAtMost, Owned::All | Owned::AllBut(_)) => Ok(Vec::new()),
            (Flaw::DeletesOneOfAnybody, Owned::One(id)) => {
                Ok(inner.delete(id).await?.then_some(id).into_iter().collect())
            }
            (Flaw::ListsThenDeletes, _) => {
                let listed = inner.list(owner, now).await?;
                let mut ids: Vec<_> = listed.into_iter().map(|(id, _)| id).collect();
                ids.retain(|id| which.names(*id));
                for id in &ids {
                    tokio::task::yield_now().await;
                    inner.delete(*id).await?;
                }
                Ok(ids)
            }
            (Flaw::TellsTheExpired, _) => {
                let long_ago = Timestamp::from(OffsetDateTime::UNIX_EPOCH);
                inner.delete_owned(owner, which, long_ago).await
            }
            (Flaw::DeletesFromTheListOnly, _) => {
                let listed = inner.list(owner, now).await?;
                let mut ids = Vec::new();
                for (id, record) in listed {
                    let mut record = Arc::unwrap_or_clone(record);
                    record.owner = None;
                    self.overwrite(id, record.into()).await;
                    ids.push(id);
                }
                Ok(ids)
            }
            (Flaw::DeletesOnePage, Owned::AllBut(kept)) => {
                let mut ids = Vec::new();
                for (id, _) in inner.list(owner, now).await?.into_iter().take(1_000) {
                    if id != kept {
                        inner.delete(id).await?;
                        ids.push(id);
                    }
                }
                Ok(ids)
            }
            _ => inner.delete_owned(owner, which, now).await,
        }
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        match self.flaw {
            Flaw::CleansUpNothing => Ok(0),
            Flaw::CleansUpTooMuch => self.inner.delete_expired(now + Duration::HOUR * 2).await,
            _ => self.inner.delete_expired(now).await,
        }
    }
}
