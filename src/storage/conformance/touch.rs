use time::Duration;

use super::steps::*;
use crate::record::{SessionId, SessionRecord};
use crate::storage::{Saved, SessionStorage};

/// The record with the times that a touch moves it to.
fn later(record: &SessionRecord) -> SessionRecord {
    let mut touched = record.clone();
    touched.last_seen += Duration::MINUTE + Duration::MICROSECOND;
    touched.expires_at += Duration::MINUTE + Duration::MICROSECOND;
    touched
}

/// Touches the record at its own version, with the times of `times`.
async fn touch_to(storage: &impl SessionStorage, id: SessionId, times: &SessionRecord) -> bool {
    let (last_seen, expires_at) = (times.last_seen, times.expires_at);
    touch(storage, id, times.version, last_seen, expires_at).await
}

/// A touch at the stored version applies: it moves the two times, and neither the version nor anything else.
pub async fn a_touch_moves_the_times_and_nothing_else(storage: &impl SessionStorage) {
    let (id, mut record) = new_session_of(&new_owner());
    record.authenticated_at = Some(record.created_at);
    record.set_remember(Some(LIFE));
    create(storage, id, &record).await;
    let touched = later(&record);
    let applied = touch_to(storage, id, &touched).await;
    assert!(applied, "a touch at the stored version applies");
    assert_stored(storage, id, &touched).await;
}

/// A touch may also bring the end nearer.
pub async fn a_touch_can_bring_the_end_nearer(storage: &impl SessionStorage) {
    let (id, record) = created(storage).await;
    let mut touched = record.clone();
    touched.expires_at -= LIFE / 2;
    let applied = touch_to(storage, id, &touched).await;
    assert!(applied, "a touch at the stored version applies");
    assert_stored(storage, id, &touched).await;
}

/// A touch at another version than the stored one does not apply, and changes nothing.
pub async fn a_touch_at_another_version_changes_nothing(storage: &impl SessionStorage) {
    let (id, first) = created(storage).await;
    let second = next(&first, |record| set(record, "visits", &2));
    replace(storage, id, &first, &second).await;
    for version in [first.version, second.version.next()] {
        let mut times = later(&second);
        times.version = version;
        let applied = touch_to(storage, id, &times).await;
        assert!(!applied, "a touch at {version:?} does not apply");
        assert_stored(storage, id, &second).await;
    }
}

/// A touch where nothing is stored does not apply, and creates nothing.
pub async fn a_touch_never_creates(storage: &impl SessionStorage) {
    let (id, record) = new_session();
    let applied = touch_to(storage, id, &later(&record)).await;
    assert!(!applied, "nothing was there to touch");
    assert_absent(storage, id).await;
}

/// A touch of a deleted record does not apply, and never brings it back.
pub async fn a_touch_never_revives(storage: &impl SessionStorage) {
    let owner = new_owner();
    let (id, record) = created_of(storage, &owner).await;
    delete(storage, id).await;
    let applied = touch_to(storage, id, &later(&record)).await;
    assert!(!applied, "a deleted record is not there to touch");
    assert_absent(storage, id).await;
    assert_eq!(list_ids(storage, &owner).await, [], "nothing is listed");
}

/// A touch changes no record but its own.
pub async fn a_touch_leaves_other_records_alone(storage: &impl SessionStorage) {
    let owner = new_owner();
    let (other, untouched) = created_of(storage, &owner).await;
    let (id, record) = created_of(storage, &owner).await;
    let applied = touch_to(storage, id, &later(&record)).await;
    assert!(applied, "a touch at the stored version applies");
    assert_stored(storage, other, &untouched).await;
}

/// A save at the version that it read is done, though the record was touched since, and its times stand.
pub async fn a_touch_makes_no_save_conflict(storage: &impl SessionStorage) {
    let (id, first) = created(storage).await;
    touch_to(storage, id, &later(&first)).await;
    let second = next(&first, |record| {
        set(record, "visits", &2);
        record.expires_at += Duration::SECOND;
    });
    let saved = save(storage, id, &second, Some(first.version)).await;
    assert_eq!(saved, Saved::Done, "a touch leaves the version as it is");
    assert_stored(storage, id, &second).await;
}

/// A conflict after a touch carries the record with the times of the touch.
pub async fn a_conflict_carries_the_times_of_a_touch(storage: &impl SessionStorage) {
    let (id, record) = created(storage).await;
    let touched = later(&record);
    touch_to(storage, id, &touched).await;
    let saved = save(storage, id, &record, None).await;
    assert_conflict(saved, Some(&touched));
}
