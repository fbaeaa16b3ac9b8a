//! Storages that break their contract, to show that the invariants notice.

use std::sync::Arc;

use axum_bare_session::storage::{
    Owned, Saved, SessionRecord, SessionStorage, StorageError, Timestamp, Version,
};
use axum_bare_session::{MemorySessionStorage, SessionId};

/// What a storage does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// A save writes, whatever is stored.
    SavesUnconditionally,
    /// A save that expects a version creates the record where there is none.
    SaveRevives,
    /// A save says that it is done, and does nothing.
    ForgetsSaves,
    /// A deletion says that it is done, and does nothing.
    DeletesNothing,
    /// A conflict is reported after the record was written.
    WritesAtConflict,
    /// A list leaves out the session that logged in last.
    ListsTooFew,
}

#[derive(Clone)]
pub(super) struct Flawed {
    pub(super) inner: MemorySessionStorage,
    pub(super) flaw: Option<Flaw>,
}

impl Flawed {
    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// What a save under another condition than the caller's expects.
    async fn expected(
        &self,
        id: SessionId,
        expected: Option<Version>,
    ) -> Result<Option<Version>, StorageError> {
        let stored = self.inner.load(id).await?.map(|stored| stored.version);
        let revives = self.has(Flaw::SaveRevives) && stored.is_none();
        let overwrites = self.has(Flaw::SavesUnconditionally) && stored.is_some();
        Ok(if revives || overwrites {
            stored
        } else {
            expected
        })
    }
}

impl SessionStorage for Flawed {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        self.inner.load(id).await
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        if self.has(Flaw::ForgetsSaves) && expected.is_some() {
            return Ok(Saved::Done);
        }
        let expected = self.expected(id, expected).await?;
        let saved = self.inner.save(id, Arc::clone(&record), expected).await?;
        if let (true, Saved::Conflict(Some(stored))) = (self.has(Flaw::WritesAtConflict), &saved) {
            let _ = self.inner.save(id, record, Some(stored.version)).await?;
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
        self.inner.touch(id, expected, last_seen, expires_at).await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        if self.has(Flaw::DeletesNothing) {
            return Ok(true);
        }
        self.inner.delete(id).await
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        if self.has(Flaw::DeletesNothing) {
            return Ok(Vec::new());
        }
        self.inner.delete_owned(owner, which, now).await
    }

    async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        let mut listed = self.inner.list(owner, now).await?;
        if self.has(Flaw::ListsTooFew) {
            listed.sort_by_key(|(_, record)| record.authenticated_at);
            listed.pop();
        }
        Ok(listed)
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        self.inner.delete_expired(now).await
    }
}
