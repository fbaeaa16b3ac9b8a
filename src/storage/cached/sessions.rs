use std::collections::HashMap;
use std::sync::Arc;

use futures_util::stream::BoxStream;

use super::call::{Answer, Kind};
use super::storage::{CachedSessionStorage, Inner};
use crate::record::{Digest, SessionId, SessionRecord, Timestamp, Version};
use crate::storage::{Owned, Saved, SessionStorage, StorageError};

impl<Remote: SessionStorage> SessionStorage for CachedSessionStorage<Remote> {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        let Inner {
            remote, sessions, ..
        } = &*self.inner;
        let mut call = match sessions.get_or_begin_load(id) {
            Ok(record) => return Ok(Some(record)),
            Err(call) => call,
        };
        let loaded = remote.load(id).await?;
        call.answer = loaded.clone().map_or(Answer::Gone, Answer::Stored);
        Ok(loaded)
    }

    /// Past the memory, since what is asked for is what other processes did; but the memory is told.
    async fn load_many(
        &self,
        ids: &[SessionId],
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        let Inner {
            remote, sessions, ..
        } = &*self.inner;
        let begin = |id: &SessionId| sessions.begin(*id, Kind::Load);
        let mut calls: Vec<_> = ids.iter().map(begin).collect();
        let loaded = remote.load_many(ids).await?;
        let found: HashMap<_, _> = loaded.iter().cloned().collect();
        for (id, call) in ids.iter().zip(&mut calls) {
            match found.get(id) {
                // All that is known of one of a newer format: a load of it is an error.
                Some(record) if record.digest == Digest::from([0; 32]) => {}
                Some(record) => call.answer = Answer::Stored(Arc::clone(record)),
                None => call.answer = Answer::Gone,
            }
        }
        Ok(loaded)
    }

    async fn revalidate(
        &self,
        id: SessionId,
        _loaded: Arc<SessionRecord>,
    ) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        let Inner {
            remote, sessions, ..
        } = &*self.inner;
        let mut call = sessions.begin(id, Kind::Load);
        let mut current = remote.load(id).await?;
        if let Some(loaded) = current {
            current = remote.revalidate(id, loaded).await?;
        }
        call.answer = current.clone().map_or(Answer::Gone, Answer::Stored);
        Ok(current)
    }

    fn ids(&self) -> BoxStream<'_, Result<SessionId, StorageError>> {
        self.inner.remote.ids()
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        let Inner {
            remote, sessions, ..
        } = &*self.inner;
        let mut call = sessions.begin(id, Kind::Write);
        let saved = remote.save(id, Arc::clone(&record), expected).await?;
        call.answer = match &saved {
            Saved::Done => Answer::Stored(record),
            Saved::Conflict(Some(current)) => Answer::Stored(Arc::clone(current)),
            Saved::Conflict(None) => Answer::Gone,
        };
        Ok(saved)
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        let Inner {
            remote, sessions, ..
        } = &*self.inner;
        let mut call = sessions.begin(id, Kind::Write);
        let applied = remote.touch(id, expected, last_seen, expires_at).await?;
        if applied {
            call.answer = Answer::Touched {
                version: expected,
                last_seen,
                expires_at,
            };
        }
        Ok(applied)
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        let Inner {
            remote, sessions, ..
        } = &*self.inner;
        let mut call = sessions.begin(id, Kind::Write);
        let deleted = remote.delete(id).await?;
        call.answer = Answer::Gone;
        Ok(deleted)
    }

    async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        self.inner.remote.list(owner, now).await
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        let Inner {
            remote, sessions, ..
        } = &*self.inner;
        let mut ending = sessions.begin_ending(owner, which);
        let ids = remote.delete_owned(owner, which, now).await?;
        ending.ids.clone_from(&ids);
        Ok(ids)
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        let Inner {
            remote, sessions, ..
        } = &*self.inner;
        let _clean_up = sessions.begin_clean_up(now);
        remote.delete_expired(now).await
    }
}
