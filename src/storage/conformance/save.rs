use super::steps::*;
use crate::record::Digest;
use crate::storage::SessionStorage;

/// An id under which nothing was saved has no record.
pub async fn an_unknown_id_has_no_record(storage: &impl SessionStorage) {
    let (id, _) = new_session();
    assert_absent(storage, id).await;
}

/// A save that expects no record creates one, which is then loaded as it was saved.
pub async fn a_created_record_is_loaded_as_it_was_saved(storage: &impl SessionStorage) {
    let (id, record) = new_session();
    create(storage, id, &record).await;
    assert_stored(storage, id, &record).await;
}

/// A save that expects no record conflicts where there is one, and changes nothing.
pub async fn a_creation_over_a_record_conflicts(storage: &impl SessionStorage) {
    let (id, record) = created(storage).await;
    let (_, other) = new_session();
    let saved = save(storage, id, &other, None).await;
    assert_conflict(saved, Some(&record));
    assert_stored(storage, id, &record).await;
}

/// A save that expects the stored version replaces the whole record.
pub async fn a_save_at_the_stored_version_replaces_the_record(storage: &impl SessionStorage) {
    let (id, first) = created(storage).await;
    let (_, mut second) = new_session();
    second.version = first.version.next();
    second.owner = Some(new_owner());
    second.authenticated_at = Some(now());
    second.set_remember(Some(LIFE));
    second.digest = Digest::from([0x5a; 32]);
    set(&mut second, "cart", &["apple"]);
    replace(storage, id, &first, &second).await;
    assert_stored(storage, id, &second).await;

    let (_, mut third) = new_session();
    third.version = second.version.next();
    replace(storage, id, &second, &third).await;
    assert_stored(storage, id, &third).await;
}

/// A save that expects an earlier version than the stored one conflicts with the stored record, and changes nothing.
pub async fn a_save_at_a_stale_version_conflicts(storage: &impl SessionStorage) {
    let (id, first) = created(storage).await;
    let second = next(&first, |record| set(record, "visits", &2));
    replace(storage, id, &first, &second).await;
    let late = next(&first, |record| set(record, "visits", &-1));
    let saved = save(storage, id, &late, Some(first.version)).await;
    assert_conflict(saved, Some(&second));
    assert_stored(storage, id, &second).await;
}

/// A save that expects a later version than the stored one conflicts too.
pub async fn a_save_at_a_version_to_come_conflicts(storage: &impl SessionStorage) {
    let (id, first) = created(storage).await;
    let second = next(&first, |record| set(record, "visits", &2));
    let third = next(&second, |record| set(record, "visits", &3));
    let saved = save(storage, id, &third, Some(second.version)).await;
    assert_conflict(saved, Some(&first));
    assert_stored(storage, id, &first).await;
}

/// A save that expects a version conflicts with nothing where nothing is stored, and creates nothing.
pub async fn a_save_that_expects_a_version_never_creates(storage: &impl SessionStorage) {
    let (id, first) = new_session();
    let second = next(&first, |_| {});
    let saved = save(storage, id, &second, Some(first.version)).await;
    assert_conflict(saved, None);
    assert_absent(storage, id).await;
}

/// A save changes no record but its own.
pub async fn a_save_leaves_other_records_alone(storage: &impl SessionStorage) {
    let owner = new_owner();
    let (other, untouched) = created_of(storage, &owner).await;
    let (id, first) = created_of(storage, &owner).await;
    let second = next(&first, |record| set(record, "visits", &2));
    replace(storage, id, &first, &second).await;
    assert_stored(storage, other, &untouched).await;
}

/// A hundred saves, one after another, each replace the one before.
pub async fn a_record_can_be_replaced_again_and_again(storage: &impl SessionStorage) {
    let (id, mut record) = created(storage).await;
    for visits in 2..100 {
        let after = next(&record, |record| set(record, "visits", &visits));
        replace(storage, id, &record, &after).await;
        record = after;
    }
    assert_stored(storage, id, &record).await;
}
