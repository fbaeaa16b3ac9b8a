use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use futures_util::stream::{BoxStream, StreamExt};

use super::SealingKey;
use super::seal::{Ring, known};
use crate::record::{Digest, SessionId, SessionRecord, Timestamp, Version};
use crate::storage::{Change, Owned, Saved, SessionStorage, StorageError, StorageErrorKind};

/// How many sessions are on their way at once where all are sealed anew.
const SEALED_AT_ONCE: usize = 16;

/// Encrypts sessions at rest: in front of another storage, which sees no more of them than it works with.
///
/// Each record is sealed as a whole by XChaCha20-Poly1305, bound to the session's id and version, so that what is moved
/// to another row or version opens nothing. What stays readable is what the storage works with, and what tells when a
/// session ends: the id, the version, the owner (unless it is [hidden](Self::hiding_owners)), how often the session was
/// renewed, and its times: of its creation, of the latest log-in, when it was last seen, when it ends, and for how long
/// it is remembered.
///
/// It protects from whoever reads the table, a backup or the disk. Whoever writes the table reads no value either, but
/// can end sessions, prolong them up to the absolute limit, put in others of any owner, and put a whole row back as it
/// was, with its version.
///
/// The first key seals, and all of them open. A session is sealed anew whenever it is saved, and one that was stored
/// before sealing began is opened as it is; [`reseal`](Self::reseal) seals all others. How keys are changed while
/// requests are served, is told in the [guide](crate::guide::sealed#roll-outs).
///
/// A record whose key is not in the ring is an error, a 503, and stays as it is; a list tells of it what is readable.
/// One that was tampered with is malformed: its visitor starts afresh.
///
/// A [`CachedSessionStorage`](crate::CachedSessionStorage) belongs around it, and not within: hot sessions are then
/// opened once.
///
/// ```
/// use axum::Router;
/// use axum_bare_session::{
///     MemorySessionStorage, SealedSessionStorage, SealingKey, add_session_middleware,
/// };
///
/// # let [this_year, last_year] = [[1; 32], [2; 32]];
/// let remote = MemorySessionStorage::new(); // or any other
/// let former = [SealingKey::new(last_year)];
/// let storage = SealedSessionStorage::new(remote, SealingKey::new(this_year), former);
/// let app: Router = add_session_middleware(Router::new(), storage);
/// ```
pub struct SealedSessionStorage<Inner> {
    inner: Inner,
    ring: Arc<Ring>,
}

impl<Inner> SealedSessionStorage<Inner> {
    /// In front of `inner`: `key` seals, and it and those of `former` open.
    #[must_use]
    pub fn new(
        inner: Inner,
        key: SealingKey,
        former: impl IntoIterator<Item = SealingKey>,
    ) -> Self {
        let keys = std::iter::once(key).chain(former).collect();
        let owners = None;
        let ring = Arc::new(Ring { keys, owners });
        Self { inner, ring }
    }

    /// Has the inner storage know owners by a keyed hash, from the next save of each session on.
    ///
    /// `key` is one of its own, and never changes. Sessions of before are listed and ended too, until
    /// [`reseal`](Self::reseal) hides their owners: to list an owner's sessions and to end them are therefore two calls
    /// each to the inner storage. A process that does not hide owners finds none of those that are hidden, so all
    /// processes begin [at once](crate::guide::sealed#roll-outs).
    ///
    /// ```
    /// # use axum_bare_session::{MemorySessionStorage, SealedSessionStorage, SealingKey};
    /// # let [key, owners] = [[1; 32], [2; 32]].map(SealingKey::new);
    /// let storage = SealedSessionStorage::new(MemorySessionStorage::new(), key, []).hiding_owners(owners);
    /// ```
    #[must_use]
    pub fn hiding_owners(self, key: SealingKey) -> Self {
        let keys = self.ring.keys.clone();
        let owners = Some(key);
        let ring = Arc::new(Ring { keys, owners });
        Self { ring, ..self }
    }

    /// The storage within.
    #[must_use]
    pub fn inner(&self) -> &Inner {
        &self.inner
    }
}

impl<Inner: SessionStorage> SealedSessionStorage<Inner> {
    /// Seals every session anew that is not sealed with the first key, or whose owner is to be hidden and is not, and
    /// returns how many those were.
    ///
    /// After that the other keys can leave the ring. Requests may be served meanwhile: a session that one of them saves
    /// is sealed by that. One that no key of the ring opens stays as it is, and the log tells its id.
    ///
    /// A request that does no more than prolong its session may come between the load and the save of that session, one
    /// round trip apart. It is answered as ever, and the session ends as if it had not come, unless another one comes
    /// before.
    ///
    /// # Errors
    ///
    /// If the inner storage fails, or cannot [name its sessions](SessionStorage::ids). What was sealed until then is;
    /// the next call goes on with the rest.
    pub async fn reseal(&self) -> Result<u64, StorageError> {
        let seal = async |id: Result<_, _>| self.seal_anew(id?).await;
        let mut sealing = self.inner.ids().map(seal).buffer_unordered(SEALED_AT_ONCE);
        let mut resealed = 0;
        while let Some(is_sealed) = sealing.next().await {
            resealed += u64::from(is_sealed?);
        }
        Ok(resealed)
    }

    /// Returns whether it did.
    async fn seal_anew(&self, id: SessionId) -> Result<bool, StorageError> {
        let loaded = match self.inner.load(id).await {
            Err(error) if error.is_of_record() => return Ok(not_opened(id, &error)),
            loaded => loaded?,
        };
        let Some(outer) = loaded else {
            return Ok(false);
        };
        let record = match self.ring.open(id, Arc::clone(&outer)) {
            Ok(record) => record,
            Err(error) => return Ok(not_opened(id, &error)),
        };
        if !self.ring.is_due(&outer, &record) {
            return Ok(false);
        }
        let mut next = SessionRecord::clone(&record);
        next.version = outer.version.next();
        // Each version has one, or a save whose answer was lost would not be found among the latest.
        next.mark(outer.last_seen);
        let sealed = Arc::new(self.ring.seal(id, &next)?);
        let saved = self.inner.save(id, sealed, Some(outer.version)).await?;
        Ok(saved == Saved::Done)
    }

    fn open(
        &self,
        id: SessionId,
        stored: Option<Arc<SessionRecord>>,
    ) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        stored.map(|outer| self.ring.open(id, outer)).transpose()
    }

    /// Those that can be opened, and of those whose key is not in the ring what is known without.
    fn open_all(
        &self,
        found: impl IntoIterator<Item = (SessionId, Arc<SessionRecord>)>,
        owner: Option<&Arc<str>>,
    ) -> Vec<(SessionId, Arc<SessionRecord>)> {
        let open = |(id, outer): (SessionId, Arc<SessionRecord>)| {
            let mut record = match self.ring.open(id, Arc::clone(&outer)) {
                Ok(record) => record,
                Err(error) => {
                    not_opened(id, &error);
                    let is_malformed = error.kind() == StorageErrorKind::Malformed;
                    Arc::new((!is_malformed).then(|| known(&outer))?)
                }
            };
            // The inner storage knows its owner by a hash.
            if record.digest == Digest::from([0; 32]) {
                Arc::make_mut(&mut record).owner = owner.cloned();
            }
            Some((id, record))
        };
        found.into_iter().filter_map(open).collect()
    }
}

/// Tells the log, and returns that it is not.
fn not_opened(id: SessionId, error: &StorageError) -> bool {
    let error = error.source().map(tracing::field::display);
    tracing::error!(session.id = %id, error, "sealed session not opened");
    false
}

impl<Inner: SessionStorage> SessionStorage for SealedSessionStorage<Inner> {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        self.open(id, self.inner.load(id).await?)
    }

    async fn load_many(
        &self,
        ids: &[SessionId],
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        Ok(self.open_all(self.inner.load_many(ids).await?, None))
    }

    async fn revalidate(
        &self,
        id: SessionId,
        loaded: Arc<SessionRecord>,
    ) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        // What was loaded is opened, and may be the answer.
        let current = self.inner.revalidate(id, Arc::clone(&loaded)).await?;
        match current {
            Some(current) if Arc::ptr_eq(&current, &loaded) => Ok(Some(loaded)),
            current => self.open(id, current),
        }
    }

    async fn changes(&self) -> Result<BoxStream<'static, Change>, StorageError> {
        self.inner.changes().await
    }

    fn ids(&self) -> BoxStream<'_, Result<SessionId, StorageError>> {
        self.inner.ids()
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        let sealed = Arc::new(self.ring.seal(id, &record)?);
        match self.inner.save(id, sealed, expected).await? {
            Saved::Done => Ok(Saved::Done),
            Saved::Conflict(current) => Ok(Saved::Conflict(self.open(id, current)?)),
        }
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
        // One that is hidden meanwhile is found twice.
        let mut found = HashMap::new();
        for name in self.ring.names(owner) {
            found.extend(self.inner.list(&name, now).await?);
        }
        Ok(self.open_all(found, Some(&owner.into())))
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        let mut ended = Vec::new();
        for name in self.ring.names(owner) {
            ended.extend(self.inner.delete_owned(&name, which, now).await?);
        }
        Ok(ended)
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        self.inner.delete_expired(now).await
    }
}

impl<Inner: Clone> Clone for SealedSessionStorage<Inner> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            ring: Arc::clone(&self.ring),
        }
    }
}

impl<Inner: fmt::Debug> fmt::Debug for SealedSessionStorage<Inner> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedSessionStorage")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
