use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::parallel::REQUESTS;
use crate::record::{Random, SessionId, SessionRecord, Timestamp, Token, Version};
use crate::storage::{Owned, Saved, SessionStorage, StorageError};

/// How long a new session lives: far longer than any test takes.
pub(super) const LIFE: Duration = Duration::HOUR;

/// The real time, since an engine may expire records by its own clock.
pub(super) fn now() -> Timestamp {
    OffsetDateTime::now_utc().into()
}

/// A live record, never saved, under an id that no other test has.
pub(super) fn new_session() -> (SessionId, SessionRecord) {
    let now = now();
    let token =
        Token::generate(now, &Random::default()).expect("the operating system gives random bytes");
    let mut record = SessionRecord::new(token.secret.digest("", ""), now, now + LIFE);
    set(&mut record, "visits", &1);
    (token.id, record)
}

/// [`new_session`] with an owner.
pub(super) fn new_session_of(owner: &Arc<str>) -> (SessionId, SessionRecord) {
    let (id, mut record) = new_session();
    record.owner = Some(Arc::clone(owner));
    (id, record)
}

/// An owner that no other test has.
pub(super) fn new_owner() -> Arc<str> {
    let (id, _) = new_session();
    format!("owner:{id}").into()
}

pub(super) fn set<T: Serialize + ?Sized>(record: &mut SessionRecord, key: &str, value: &T) {
    let set = record.values.insert(key, value);
    set.expect("the test's values serialize");
}

/// The next version of `record`, with `change` made to it.
pub(super) fn next(
    record: &SessionRecord,
    change: impl FnOnce(&mut SessionRecord),
) -> SessionRecord {
    let mut next = record.clone();
    next.version = next.version.next();
    change(&mut next);
    next
}

pub(super) async fn load(
    storage: &impl SessionStorage,
    id: SessionId,
) -> Option<Arc<SessionRecord>> {
    answer("load", storage.load(id).await)
}

/// The records under `ids`, in the order of their ids.
pub(super) async fn load_many(
    storage: &impl SessionStorage,
    ids: &[SessionId],
) -> Vec<(SessionId, Arc<SessionRecord>)> {
    let mut loaded = answer("load_many", storage.load_many(ids).await);
    loaded.sort_by_key(|(id, _)| *id);
    loaded
}

pub(super) async fn revalidate(
    storage: &impl SessionStorage,
    id: SessionId,
    loaded: Arc<SessionRecord>,
) -> Option<Arc<SessionRecord>> {
    answer("revalidate", storage.revalidate(id, loaded).await)
}

pub(super) async fn save(
    storage: &impl SessionStorage,
    id: SessionId,
    record: &SessionRecord,
    expected: Option<Version>,
) -> Saved {
    let record = Arc::new(record.clone());
    answer("save", storage.save(id, record, expected).await)
}

pub(super) async fn touch(
    storage: &impl SessionStorage,
    id: SessionId,
    expected: Version,
    last_seen: Timestamp,
    expires_at: Timestamp,
) -> bool {
    let touched = storage.touch(id, expected, last_seen, expires_at).await;
    answer("touch", touched)
}

/// Returns whether there was something to delete.
pub(super) async fn delete(storage: &impl SessionStorage, id: SessionId) -> bool {
    answer("delete", storage.delete(id).await)
}

/// The ids of the owner's live sessions that were deleted, in their order.
pub(super) async fn delete_owned(
    storage: &impl SessionStorage,
    owner: &str,
    which: Owned,
) -> Vec<SessionId> {
    let deleted = storage.delete_owned(owner, which, now()).await;
    let mut ids = answer("delete_owned", deleted);
    ids.sort();
    ids
}

/// The owner's live sessions, in the order of their ids.
pub(super) async fn list(
    storage: &impl SessionStorage,
    owner: &str,
    now: Timestamp,
) -> Vec<(SessionId, Arc<SessionRecord>)> {
    let mut listed = answer("list", storage.list(owner, now).await);
    listed.sort_by_key(|(id, _)| *id);
    listed
}

pub(super) async fn list_ids(storage: &impl SessionStorage, owner: &str) -> Vec<SessionId> {
    let listed = list(storage, owner, now()).await;
    listed.into_iter().map(|(id, _)| id).collect()
}

pub(super) async fn delete_expired(storage: &impl SessionStorage) {
    delete_expired_at(storage, now()).await;
}

pub(super) async fn delete_expired_at(storage: &impl SessionStorage, now: Timestamp) {
    answer("delete_expired", storage.delete_expired(now).await);
}

fn answer<T>(call: &str, answer: Result<T, StorageError>) -> T {
    answer.unwrap_or_else(|error| panic!("`{call}` failed: {error:?}"))
}

/// Saves a record where there is none.
pub(super) async fn create(storage: &impl SessionStorage, id: SessionId, record: &SessionRecord) {
    let saved = save(storage, id, record, None).await;
    assert_eq!(saved, Saved::Done, "nothing was stored under a new id");
}

/// Saves a new session.
pub(super) async fn created(storage: &impl SessionStorage) -> (SessionId, SessionRecord) {
    let (id, record) = new_session();
    create(storage, id, &record).await;
    (id, record)
}

/// Saves a new session of `owner`.
pub(super) async fn created_of(
    storage: &impl SessionStorage,
    owner: &Arc<str>,
) -> (SessionId, SessionRecord) {
    let (id, record) = new_session_of(owner);
    create(storage, id, &record).await;
    (id, record)
}

/// Saves so many new sessions of `owner`, several at once, and returns their ids in their order.
pub(super) async fn created_many(
    storage: &impl SessionStorage,
    owner: &Arc<str>,
    count: usize,
) -> Vec<SessionId> {
    let sessions = (0..count).map(|_| created_of(storage, owner));
    let mut sessions = stream::iter(sessions).buffer_unordered(REQUESTS);
    let mut ids = Vec::with_capacity(count);
    while let Some((id, _)) = sessions.next().await {
        ids.push(id);
    }
    ids.sort();
    ids
}

/// Saves `record` over the version before it.
pub(super) async fn replace(
    storage: &impl SessionStorage,
    id: SessionId,
    before: &SessionRecord,
    record: &SessionRecord,
) {
    let saved = save(storage, id, record, Some(before.version)).await;
    assert_eq!(
        saved,
        Saved::Done,
        "the stored version was the expected one"
    );
}

/// Fails unless exactly `record` is stored under `id`.
pub(super) async fn assert_stored(
    storage: &impl SessionStorage,
    id: SessionId,
    record: &SessionRecord,
) {
    let Some(stored) = load(storage, id).await else {
        panic!("the record should be stored, and is absent: {record:?}");
    };
    assert_eq!(
        *stored, *record,
        "another record is stored than should be (left: stored)"
    );
}

/// Fails if anything is stored under `id`.
pub(super) async fn assert_absent(storage: &impl SessionStorage, id: SessionId) {
    let stored = load(storage, id).await;
    assert_eq!(stored, None, "nothing should be stored any more");
}

/// Fails unless `saved` is a conflict that carries `current`.
pub(super) fn assert_conflict(saved: Saved, current: Option<&SessionRecord>) {
    match saved {
        Saved::Done => panic!("the save should conflict, and was done over {current:?}"),
        Saved::Conflict(carried) => assert_eq!(
            carried.as_deref(),
            current,
            "the conflict should carry what is stored (left: carried)"
        ),
    }
}
