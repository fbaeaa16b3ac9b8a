use std::sync::Arc;

use super::steps::*;
use crate::record::{SessionId, SessionRecord};
use crate::storage::{Owned, SessionStorage};

/// A hundred records, which is as many as are asked for, are loaded in one call, each under its own id, and none that
/// is not there.
pub async fn many_are_loaded_at_once(storage: &impl SessionStorage) {
    let mut stored = Vec::new();
    for number in 0..99 {
        let (id, mut record) = new_session();
        set(&mut record, "number", &number);
        create(storage, id, &record).await;
        stored.push((id, Arc::new(record)));
    }
    let (absent, _) = new_session();
    let mut ids = ids_of(&stored);
    ids.push(absent);
    stored.sort_by_key(|(id, _)| *id);
    let loaded = load_many(storage, &ids).await;
    assert_eq!(loaded.len(), stored.len(), "99 of 100 are stored");
    assert_eq!(loaded, stored);
    for none in [&[absent][..], &[]] {
        assert_eq!(load_many(storage, none).await, []);
    }
}

/// A load of many finds each as the latest save or touch left it, and none that was deleted.
pub async fn a_load_of_many_follows_every_write(storage: &impl SessionStorage) {
    let owner = new_owner();
    let mut stored = Vec::new();
    for id in created_many(storage, &owner, 5).await {
        let record = load(storage, id).await.expect("it was just created");
        stored.push((id, record));
    }
    let ids = ids_of(&stored);
    assert_eq!(load_many(storage, &ids).await, stored, "after a creation");

    let saved = next(&stored[0].1, |record| set(record, "visits", &2));
    replace(storage, ids[0], &stored[0].1, &saved).await;
    stored[0].1 = saved.into();
    assert_eq!(load_many(storage, &ids).await, stored, "after a save");

    let mut touched = SessionRecord::clone(&stored[1].1);
    touched.expires_at += LIFE;
    let (seen, end) = (touched.last_seen, touched.expires_at);
    touch(storage, ids[1], touched.version, seen, end).await;
    stored[1].1 = touched.into();
    assert_eq!(load_many(storage, &ids).await, stored, "after a touch");

    delete(storage, ids[4]).await;
    stored.truncate(4);
    assert_eq!(load_many(storage, &ids).await, stored, "after a deletion");

    delete_owned(storage, &owner, Owned::One(ids[3])).await;
    stored.truncate(3);
    let loaded = load_many(storage, &ids).await;
    assert_eq!(loaded, stored, "after the deletion of one of an owner's");
}

fn ids_of(stored: &[(SessionId, Arc<SessionRecord>)]) -> Vec<SessionId> {
    stored.iter().map(|(id, _)| *id).collect()
}
