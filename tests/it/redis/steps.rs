use std::sync::Arc;

use axum_bare_session::storage::{Digest, Saved, SessionRecord, SessionStorage, Timestamp};
use axum_bare_session::{Duration, OffsetDateTime, RedisSessionStorage, SessionId};
use uuid::Uuid;

pub(super) fn new_id() -> SessionId {
    Uuid::new_v4().into()
}

/// A record that lives for an hour.
pub(super) fn new_record() -> SessionRecord {
    let now = Timestamp::from(OffsetDateTime::now_utc());
    let mut record = SessionRecord::new(Digest::from([7; 32]), now, now + Duration::HOUR);
    record.values.insert("visits", &0).unwrap();
    record
}

pub(super) async fn created(storage: &RedisSessionStorage) -> (SessionId, SessionRecord) {
    let (id, record) = (new_id(), new_record());
    let saved = storage.save(id, Arc::new(record.clone()), None).await;
    assert_eq!(saved.unwrap(), Saved::Done);
    (id, record)
}

/// The next version, with one visit more.
pub(super) fn next(record: &SessionRecord) -> SessionRecord {
    let mut next = record.clone();
    next.version = next.version.next();
    next.values.insert("visits", &(visits(record) + 1)).unwrap();
    next
}

pub(super) fn visits(record: &SessionRecord) -> u64 {
    record.values.get("visits").unwrap().parse().unwrap()
}
