use std::future::{Future, ready};
use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};

use super::{Change, Owned, Saved, StorageError};
use crate::record::{SessionId, SessionRecord, Timestamp, Version};

/// Where sessions are kept.
///
/// Implementors write plain `async fn`s. What each must do is stated below and tested by
/// [`conformance`](super::conformance), sentence by sentence. Two sentences carry the rest: a save is conditional, in
/// one atomic step (a check followed by a write is not enough), and nothing but a save of an absent session creates
/// one.
///
/// A storage needs no clock: whatever depends on the time is given it. It may drop a record from the moment of its
/// `expires_at` on, and need not, since expiry is checked after every load.
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::{Arc, Mutex};
///
/// use axum_bare_session::SessionId;
/// use axum_bare_session::storage::{
///     Owned, Saved, SessionRecord, SessionStorage, StorageError, Timestamp, Version,
/// };
///
/// #[derive(Default)]
/// struct Shelf(Mutex<HashMap<SessionId, Arc<SessionRecord>>>);
///
/// impl SessionStorage for Shelf {
///     async fn save(
///         &self,
///         id: SessionId,
///         record: Arc<SessionRecord>,
///         expected: Option<Version>,
///     ) -> Result<Saved, StorageError> {
///         let mut shelf = self.0.lock().expect("no save panics");
///         let stored = shelf.get(&id).cloned();
///         if stored.as_ref().map(|stored| stored.version) != expected {
///             return Ok(Saved::Conflict(stored));
///         }
///         shelf.insert(id, record);
///         Ok(Saved::Done)
///     }
///     // load, touch, delete, list, delete_owned, delete_expired: see examples/custom_storage.rs
/// #   async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> { unimplemented!() }
/// #   async fn touch(
/// #       &self, id: SessionId, expected: Version, last_seen: Timestamp, expires_at: Timestamp,
/// #   ) -> Result<bool, StorageError> { unimplemented!() }
/// #   async fn delete(&self, id: SessionId) -> Result<bool, StorageError> { unimplemented!() }
/// #   async fn list(
/// #       &self, owner: &str, now: Timestamp,
/// #   ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> { unimplemented!() }
/// #   async fn delete_owned(
/// #       &self, owner: &str, which: Owned, now: Timestamp,
/// #   ) -> Result<Vec<SessionId>, StorageError> { unimplemented!() }
/// #   async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> { unimplemented!() }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no session storage",
    note = "a session middleware takes a storage, or `Sessions` by value: `Sessions::builder(storage).build()?`"
)]
#[doc(alias("SessionStore", "DatabasePool"))]
pub trait SessionStorage: Send + Sync + 'static {
    /// Returns the record that was last saved under `id`, with what a touch moved since, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// If the storage cannot be reached, or the record cannot be decoded (see [`StorageError::from`] a
    /// [`DecodeError`](super::DecodeError)).
    fn load(
        &self,
        id: SessionId,
    ) -> impl Future<Output = Result<Option<Arc<SessionRecord>>, StorageError>> + Send;

    /// Returns the records under those of `ids` that have one, in any order; a malformed one is left out. One of a newer
    /// format may be left out, or be what a [`list`](Self::list) shows of it.
    ///
    /// By default it loads each, 32 at a time. An engine that can be asked for many at once should be: as long as sockets
    /// wait for the end of their sessions, all of those are asked for again and again, 100 a call.
    ///
    /// # Errors
    ///
    /// If the storage cannot be reached.
    fn load_many(
        &self,
        ids: &[SessionId],
    ) -> impl Future<Output = Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError>> + Send
    {
        const LOADED_AT_ONCE: usize = 32;
        let load = move |id: SessionId| async move {
            match self.load(id).await {
                Err(error) if error.is_of_record() => Ok(None),
                loaded => Ok(loaded?.map(|record| (id, record))),
            }
        };
        let loads = stream::iter(ids.to_vec()).map(load);
        let loaded = loads.buffer_unordered(LOADED_AT_ONCE);
        loaded.try_filter_map(|it| ready(Ok(it))).try_collect()
    }

    /// Asks for the record under `id` again, past any memory that `loaded`, the answer of a [`load`](Self::load), may
    /// have come from.
    ///
    /// The middleware asks where `loaded` does not open the session for a request: its digest is another one, or it has
    /// expired. A storage whose loads always tell what is stored has nothing to add: by default the answer is `loaded`,
    /// without a call. One that answers loads from a memory, as [`CachedSessionStorage`](super::CachedSessionStorage)
    /// does, answers with what is stored now.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use axum_bare_session::{MemorySessionStorage, OffsetDateTime};
    /// # use axum_bare_session::storage::{Digest, SessionRecord, SessionStorage, Timestamp};
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let (storage, id) = (MemorySessionStorage::new(), uuid::Uuid::from_bytes([7; 16]).into());
    /// # let now = Timestamp::from(OffsetDateTime::now_utc());
    /// # let loaded = Arc::new(SessionRecord::new(Digest::from([7; 32]), now, now));
    /// let current = storage.revalidate(id, loaded.clone()).await?;
    /// assert_eq!(current, Some(loaded));
    /// # Ok::<(), axum_bare_session::storage::StorageError>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`load`](Self::load).
    fn revalidate(
        &self,
        id: SessionId,
        loaded: Arc<SessionRecord>,
    ) -> impl Future<Output = Result<Option<Arc<SessionRecord>>, StorageError>> + Send {
        let _ = id;
        ready(Ok(Some(loaded)))
    }

    /// Tells what happens to sessions from when this answers, whoever does it: each save, touch and removal, soon after
    /// it was applied and never before.
    ///
    /// [`CachedSessionStorage::listening`](super::CachedSessionStorage::listening) asks for it, and forgets what it is
    /// told of. More may be told than happened. Where something may have been missed, as when a connection broke, that
    /// is told by [`Change::Any`]. A storage that cannot tell answers with an error, as this does by default.
    ///
    /// ```
    /// # use axum_bare_session::MemorySessionStorage;
    /// # use axum_bare_session::storage::SessionStorage;
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let storage = MemorySessionStorage::new();
    /// assert!(storage.changes().await.is_err(), "one process needs none");
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// If the storage cannot tell, or cannot be reached.
    fn changes(
        &self,
    ) -> impl Future<Output = Result<BoxStream<'static, Change>, StorageError>> + Send {
        ready(Err(StorageError::new(
            "this storage does not tell of changes",
        )))
    }

    /// Names every record: each at least once that is stored from the beginning to the end, in any order.
    ///
    /// For what concerns all visitors, such as to [seal](crate::guide::sealed) all sessions anew, or to end them. A
    /// storage that cannot name them answers with an error, as this does by default.
    ///
    /// ```
    /// # use axum_bare_session::{MemorySessionStorage, storage::SessionStorage};
    /// use futures_util::TryStreamExt;
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let storage = MemorySessionStorage::new();
    /// let mut ids = storage.ids(); // everybody is logged out
    /// while let Some(id) = ids.try_next().await? {
    ///     storage.delete(id).await?;
    /// }
    /// # Ok::<(), axum_bare_session::storage::StorageError>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// If the storage cannot name them, or cannot be reached: the stream then ends, and not all were named.
    fn ids(&self) -> BoxStream<'_, Result<SessionId, StorageError>> {
        let error = StorageError::new("this storage does not name its sessions");
        stream::iter([Err(error)]).boxed()
    }

    /// Writes `record` under `id` if what is stored there is at version `expected` (`None`: nothing is stored),
    /// atomically.
    ///
    /// Otherwise nothing is written, and the answer carries the record as it now is, so that the caller can replay its
    /// changes over it. A save that expects a version never brings back a record that was deleted.
    ///
    /// # Errors
    ///
    /// If the storage cannot be reached. The caller then does not know whether the record was written, so a storage
    /// that retries by itself must not write twice.
    fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> impl Future<Output = Result<Saved, StorageError>> + Send;

    /// Moves `last_seen` and `expires_at` of the record under `id`, and nothing else, if it is at version `expected`.
    ///
    /// Returns whether it did. The version stays, so that a touch never conflicts with a save; a touch never creates.
    ///
    /// # Errors
    ///
    /// If the storage cannot be reached.
    fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> impl Future<Output = Result<bool, StorageError>> + Send;

    /// Removes the record under `id`, whatever its version, and returns whether there was one. That there is none is no
    /// error.
    ///
    /// ```
    /// # use axum_bare_session::MemorySessionStorage;
    /// # use axum_bare_session::storage::SessionStorage;
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let (storage, id) = (MemorySessionStorage::new(), uuid::Uuid::from_bytes([7; 16]).into());
    /// assert!(!storage.delete(id).await?, "there was none");
    /// # Ok::<(), axum_bare_session::storage::StorageError>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// If the storage cannot be reached.
    fn delete(&self, id: SessionId) -> impl Future<Output = Result<bool, StorageError>> + Send;

    /// Returns every record of `owner` that is alive at `now`, in any order.
    ///
    /// It never misses one whose save was answered before this call began. A record that cannot be decoded keeps no
    /// other from being listed: a malformed one is left out, and one of a newer format is listed as what the storage
    /// knows without it, as a record with a digest of zeros, which nothing opens.
    ///
    /// # Errors
    ///
    /// If the storage cannot be reached.
    fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError>> + Send;

    /// Removes those records of `owner` that `which` names, and returns the ids of those that were alive at `now`.
    ///
    /// Each is removed only if it is `owner`'s at that moment: one that a save gives to another owner first stays. The
    /// comparison and the removal are one atomic step for each record, though not for all of them together. None is
    /// missed whose save was answered before this call began, and no save that was under way brings one back.
    ///
    /// No record need be decoded for that, so one that is malformed or of a newer format is removed like any other,
    /// where the storage knows its owner without it.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use axum_bare_session::{Duration, MemorySessionStorage, OffsetDateTime};
    /// # use axum_bare_session::storage::{Digest, Owned, SessionRecord, SessionStorage, Timestamp};
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let (storage, id) = (MemorySessionStorage::new(), uuid::Uuid::from_bytes([7; 16]).into());
    /// # let now = Timestamp::from(OffsetDateTime::now_utc());
    /// let mut record = SessionRecord::new(Digest::from([7; 32]), now, now + Duration::HOUR);
    /// record.owner = Some("user:42".into());
    /// let _ = storage.save(id, Arc::new(record), None).await?;
    /// assert_eq!(storage.delete_owned("user:42", Owned::AllBut(id), now).await?, []);
    /// assert_eq!(storage.delete_owned("user:42", Owned::All, now).await?, [id]);
    /// # Ok::<(), axum_bare_session::storage::StorageError>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// If the storage cannot be reached. Some of the records may then have been removed.
    fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<SessionId>, StorageError>> + Send;

    /// Removes the records that have expired at `now`, and returns how many those were.
    ///
    /// A storage whose engine expires records by itself has nothing to do, and returns 0. Such an engine should keep a
    /// record for some minutes after its end, so that a request that came in time can still save it.
    ///
    /// # Errors
    ///
    /// If the storage cannot be reached.
    fn delete_expired(
        &self,
        now: Timestamp,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;
}
