use std::sync::Arc;

use time::Duration;

use super::steps::*;
use crate::record::{SessionId, SessionRecord, Timestamp};
use crate::storage::{Saved, SessionStorage};

/// Saves a session of `owner` that has ended just now: a storage may have dropped it already, and need not.
async fn created_expired(
    storage: &impl SessionStorage,
    owner: &Arc<str>,
) -> (SessionId, SessionRecord) {
    let (id, mut record) = new_session_of(owner);
    record.created_at -= LIFE;
    record.last_seen -= LIFE;
    record.expires_at -= LIFE;
    create(storage, id, &record).await;
    (id, record)
}

/// Touches a live record so that it has ended at `expires_at`.
async fn end_by_touch(
    storage: &impl SessionStorage,
    id: SessionId,
    record: &SessionRecord,
    expires_at: Timestamp,
) {
    let seen = record.last_seen;
    let applied = touch(storage, id, record.version, seen, expires_at).await;
    assert!(applied, "a touch at the stored version applies");
}

/// An expired record is either gone or loaded as it is, since whoever loads it checks its expiry.
pub async fn an_expired_record_is_loaded_as_it_is_or_not_at_all(storage: &impl SessionStorage) {
    let (id, record) = created_expired(storage, &new_owner()).await;
    if let Some(stored) = load(storage, id).await {
        assert_eq!(*stored, record);
    }
}

/// A session is listed up to the last microsecond before its expiry, and exactly then no longer.
pub async fn a_session_is_listed_until_it_expires(storage: &impl SessionStorage) {
    let owner = new_owner();
    let (id, record) = created_of(storage, &owner).await;
    let end = record.expires_at;
    let alive = list(storage, &owner, end - Duration::MICROSECOND).await;
    assert_eq!(alive, [(id, Arc::new(record))], "a microsecond before");
    for (when, now) in [("exactly then", end), ("later", end + LIFE)] {
        assert_eq!(list(storage, &owner, now).await, [], "{when}");
    }
}

/// A session that was saved with an expiry that has passed is not listed.
pub async fn an_expired_session_is_not_listed(storage: &impl SessionStorage) {
    let owner = new_owner();
    created_expired(storage, &owner).await;
    let (alive, _) = created_of(storage, &owner).await;
    assert_eq!(list_ids(storage, &owner).await, [alive]);
}

/// A session that a save or a touch has brought to its end is not listed.
pub async fn a_session_that_was_brought_to_its_end_is_not_listed(storage: &impl SessionStorage) {
    let owner = new_owner();
    let (id, first) = created_of(storage, &owner).await;
    let second = next(&first, |record| record.expires_at = record.last_seen);
    replace(storage, id, &first, &second).await;
    let (touched, record) = created_of(storage, &owner).await;
    end_by_touch(storage, touched, &record, record.last_seen).await;
    assert_eq!(list_ids(storage, &owner).await, []);
}

/// A session that a save or a touch has prolonged is listed up to its new end.
pub async fn a_prolonged_session_is_listed_until_its_new_end(storage: &impl SessionStorage) {
    let owner = new_owner();
    let (id, first) = created_of(storage, &owner).await;
    let second = next(&first, |record| record.expires_at += LIFE);
    replace(storage, id, &first, &second).await;
    let (touched, record) = created_of(storage, &owner).await;
    let (seen, end) = (record.last_seen, record.expires_at + LIFE);
    touch(storage, touched, record.version, seen, end).await;
    let mut both = [id, touched];
    both.sort();
    let listed = list(storage, &owner, record.expires_at + Duration::MINUTE).await;
    let listed: Vec<_> = listed.into_iter().map(|(id, _)| id).collect();
    assert_eq!(listed, both);
}

/// After a clean-up, what has expired is gone: long before its time, exactly then, and by a save.
///
/// All of it has ended an hour ago, since an engine that expires records by its own clock may leave them for some
/// minutes.
pub async fn a_clean_up_removes_what_has_expired(storage: &impl SessionStorage) {
    let owner = new_owner();
    let end = now() - LIFE;
    let mut ids = Vec::new();
    for expires_at in [end - LIFE, end] {
        let (id, mut record) = new_session_of(&owner);
        record.expires_at = expires_at;
        create(storage, id, &record).await;
        ids.push(id);
    }
    let (saved, first) = created_of(storage, &owner).await;
    let second = next(&first, |record| record.expires_at = end);
    replace(storage, saved, &first, &second).await;
    ids.push(saved);

    delete_expired_at(storage, end).await;
    for id in ids {
        assert_absent(storage, id).await;
    }
}

/// After a clean-up, a session is gone that a touch has brought to an end an hour ago.
pub async fn a_clean_up_removes_what_a_touch_has_ended(storage: &impl SessionStorage) {
    let (id, record) = created(storage).await;
    end_by_touch(storage, id, &record, record.last_seen - LIFE).await;
    delete_expired(storage).await;
    assert_absent(storage, id).await;
}

/// A clean-up removes no live session, neither a new one nor one that lives on by a save or a touch.
pub async fn a_clean_up_leaves_live_sessions_alone(storage: &impl SessionStorage) {
    let owner = new_owner();
    created_expired(storage, &owner).await;
    let (id, record) = created_of(storage, &owner).await;
    let (saved, first) = created_of(storage, &owner).await;
    let second = next(&first, |record| record.expires_at += LIFE);
    replace(storage, saved, &first, &second).await;
    let (touched, mut third) = created_of(storage, &owner).await;
    third.expires_at += LIFE;
    let (seen, end) = (third.last_seen, third.expires_at);
    touch(storage, touched, third.version, seen, end).await;

    delete_expired(storage).await;
    assert_stored(storage, id, &record).await;
    assert_stored(storage, saved, &second).await;
    assert_stored(storage, touched, &third).await;
    assert_eq!(list_ids(storage, &owner).await.len(), 3);
}

/// A session that was prolonged after its end, where the storage still had it, outlives a clean-up.
pub async fn a_session_prolonged_past_its_end_outlives_a_clean_up(storage: &impl SessionStorage) {
    let owner = new_owner();
    let (id, first) = created_expired(storage, &owner).await;
    let second = next(&first, |record| record.expires_at = now() + LIFE);
    let saved = save(storage, id, &second, Some(first.version)).await;
    let (touched, record) = created_expired(storage, &owner).await;
    let end = now() + LIFE;
    let applied = touch(storage, touched, record.version, now(), end).await;

    delete_expired(storage).await;
    let mut expected = Vec::new();
    if saved == Saved::Done {
        expected.push(id);
    }
    if applied {
        expected.push(touched);
    }
    expected.sort();
    for id in &expected {
        assert!(load(storage, *id).await.is_some(), "it was prolonged");
    }
    assert_eq!(list_ids(storage, &owner).await, expected);
}
