use std::sync::Arc;

use time::Duration;

use super::steps::*;
use crate::storage::SessionStorage;

/// An owner without sessions has an empty list.
pub async fn the_list_of_an_unknown_owner_is_empty(storage: &impl SessionStorage) {
    assert_eq!(list_ids(storage, &new_owner()).await, []);
}

/// A list has every live session of the owner, as it is stored, and none of another owner's.
pub async fn a_list_has_all_sessions_of_the_owner_and_no_others(storage: &impl SessionStorage) {
    let (ann, ben) = (new_owner(), new_owner());
    for owner in [&ann, &ben] {
        for _ in 0..3 {
            created_of(storage, owner).await;
        }
    }
    created(storage).await;
    let mut records = Vec::new();
    for visits in 0..3 {
        let (id, mut record) = new_session_of(&ann);
        set(&mut record, "visits", &visits);
        create(storage, id, &record).await;
        records.push((id, Arc::new(record)));
    }
    let listed = list(storage, &ann, now()).await;
    assert_eq!(listed.len(), 6, "the owner has six sessions");
    for record in records {
        assert!(listed.contains(&record), "{record:?} is not in {listed:?}");
    }
    assert!(
        listed.iter().all(|(_, r)| r.owner.as_ref() == Some(&ann)),
        "the list has another's sessions: {listed:?}"
    );
}

/// A list is whole also where an owner has more sessions than a page of results: 300 of them.
pub async fn a_long_list_is_whole(storage: &impl SessionStorage) {
    let owner = new_owner();
    let mut ids = Vec::new();
    for _ in 0..300 {
        ids.push(created_of(storage, &owner).await.0);
    }
    ids.sort();
    let listed = list_ids(storage, &owner).await;
    assert_eq!(listed.len(), ids.len(), "the owner has 300 sessions");
    assert!(listed == ids, "the list has other ids than were saved");
}

/// A session is listed as the latest save left it.
pub async fn a_list_follows_a_save(storage: &impl SessionStorage) {
    let owner = new_owner();
    let (id, first) = created_of(storage, &owner).await;
    let second = next(&first, |record| set(record, "visits", &2));
    replace(storage, id, &first, &second).await;
    assert_eq!(
        list(storage, &owner, now()).await,
        [(id, Arc::new(second))],
        "the session is listed once, as it was saved last"
    );
}

/// A session is listed with the times that a touch moved it to.
pub async fn a_list_follows_a_touch(storage: &impl SessionStorage) {
    let owner = new_owner();
    let (id, mut record) = created_of(storage, &owner).await;
    record.last_seen += Duration::MINUTE;
    record.expires_at += Duration::MINUTE;
    touch(
        storage,
        id,
        record.version,
        record.last_seen,
        record.expires_at,
    )
    .await;
    let listed = list(storage, &owner, now()).await;
    assert_eq!(listed, [(id, Arc::new(record))]);
}

/// A deleted session is no longer listed.
pub async fn a_list_follows_a_delete(storage: &impl SessionStorage) {
    let owner = new_owner();
    let (id, _) = created_of(storage, &owner).await;
    let (kept, _) = created_of(storage, &owner).await;
    delete(storage, id).await;
    assert_eq!(list_ids(storage, &owner).await, [kept]);
}

/// A session that gets an owner is listed from then on.
pub async fn a_session_that_gets_an_owner_is_listed(storage: &impl SessionStorage) {
    let owner = new_owner();
    let (id, first) = created(storage).await;
    let second = next(&first, |record| record.owner = Some(Arc::clone(&owner)));
    replace(storage, id, &first, &second).await;
    assert_eq!(list_ids(storage, &owner).await, [id]);
}

/// A session that changes its owner is listed for the new one only.
pub async fn a_session_that_changes_its_owner_changes_the_list(storage: &impl SessionStorage) {
    let (ann, ben) = (new_owner(), new_owner());
    let (id, first) = created_of(storage, &ann).await;
    let second = next(&first, |record| record.owner = Some(Arc::clone(&ben)));
    replace(storage, id, &first, &second).await;
    assert_eq!(list_ids(storage, &ann).await, [], "the former owner");
    assert_eq!(list_ids(storage, &ben).await, [id], "the new owner");
}

/// A session that loses its owner is no longer listed, and stays.
pub async fn a_session_that_loses_its_owner_is_not_listed(storage: &impl SessionStorage) {
    let owner = new_owner();
    let (id, first) = created_of(storage, &owner).await;
    let second = next(&first, |record| record.owner = None);
    replace(storage, id, &first, &second).await;
    assert_eq!(list_ids(storage, &owner).await, []);
    assert_stored(storage, id, &second).await;
}

/// A save that conflicts moves the session to no other list.
pub async fn a_conflict_changes_no_list(storage: &impl SessionStorage) {
    let (ann, ben) = (new_owner(), new_owner());
    let (id, first) = created_of(storage, &ann).await;
    let other = next(&first, |record| record.owner = Some(Arc::clone(&ben)));
    for expected in [None, Some(other.version)] {
        let saved = save(storage, id, &other, expected).await;
        assert_conflict(saved, Some(&first));
        assert_eq!(list_ids(storage, &ann).await, [id], "the owner");
        assert_eq!(list_ids(storage, &ben).await, [], "the refused owner");
    }
}
