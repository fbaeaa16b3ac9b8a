use super::steps::*;
use crate::storage::SessionStorage;

/// A deleted record is absent, whatever version it was at.
pub async fn a_deleted_record_is_absent(storage: &impl SessionStorage) {
    let (id, first) = created(storage).await;
    let second = next(&first, |record| set(record, "visits", &2));
    replace(storage, id, &first, &second).await;
    delete(storage, id).await;
    assert_absent(storage, id).await;
}

/// A deletion tells whether there was a record: there was, and then there is none any more.
pub async fn a_delete_tells_whether_there_was_a_record(storage: &impl SessionStorage) {
    let (unknown, _) = new_session();
    assert!(!delete(storage, unknown).await, "there never was one");
    let (id, _) = created(storage).await;
    assert!(delete(storage, id).await, "there was one to delete");
    assert!(!delete(storage, id).await, "it is gone already");
}

/// Deleting what is not there, or no longer, is no error.
pub async fn delete_is_idempotent(storage: &impl SessionStorage) {
    let (unknown, _) = new_session();
    delete(storage, unknown).await;
    let (id, _) = created(storage).await;
    delete(storage, id).await;
    delete(storage, id).await;
    assert_absent(storage, id).await;
}

/// A deletion removes no record but its own.
pub async fn a_delete_leaves_other_records_alone(storage: &impl SessionStorage) {
    let owner = new_owner();
    let (other, untouched) = created_of(storage, &owner).await;
    let (id, _) = created_of(storage, &owner).await;
    delete(storage, id).await;
    assert_stored(storage, other, &untouched).await;
    assert_eq!(list_ids(storage, &owner).await, [other]);
}

/// A save that expects a version never brings back a deleted record, nor its place among its owner's.
pub async fn a_save_never_revives(storage: &impl SessionStorage) {
    let owner = new_owner();
    let (id, first) = created_of(storage, &owner).await;
    delete(storage, id).await;
    let second = next(&first, |record| set(record, "visits", &2));
    for _ in 0..2 {
        let saved = save(storage, id, &second, Some(first.version)).await;
        assert_conflict(saved, None);
        assert_absent(storage, id).await;
    }
    assert_eq!(list_ids(storage, &owner).await, [], "nothing is listed");
}
