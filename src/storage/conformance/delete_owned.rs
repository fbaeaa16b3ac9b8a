use std::sync::Arc;

use super::parallel::{REQUESTS, ROUNDS, in_parallel};
use super::steps::*;
use crate::record::{SessionId, SessionRecord};
use crate::storage::{Owned, Saved, SessionStorage};

/// How many sessions a long list has. More than one command, page or packet of most engines holds.
const MANY: usize = 3_000;

/// Three sessions of `owner`, in the order of their ids.
async fn three_of(storage: &impl SessionStorage, owner: &Arc<str>) -> [SessionId; 3] {
    let mut ids = [(); 3].map(|()| new_session_of(owner));
    ids.sort_by_key(|(id, _)| *id);
    for (id, record) in &ids {
        create(storage, *id, record).await;
    }
    ids.map(|(id, _)| id)
}

/// `Owned::All` removes every session of the owner, and returns their ids.
pub async fn all_sessions_of_an_owner_are_deleted_in_one_call(storage: &impl SessionStorage) {
    let owner = new_owner();
    let ids = three_of(storage, &owner).await;
    let deleted = delete_owned(storage, &owner, Owned::All).await;
    assert_eq!(deleted, ids, "the owner had three sessions (left: deleted)");
    for id in ids {
        assert_absent(storage, id).await;
    }
    let again = delete_owned(storage, &owner, Owned::All).await;
    assert_eq!(again, [], "nothing is left to delete");
}

/// `Owned::AllBut` keeps that session, and removes the owner's others.
pub async fn all_sessions_of_an_owner_but_one_are_deleted(storage: &impl SessionStorage) {
    let owner = new_owner();
    let [first, kept, last] = three_of(storage, &owner).await;
    let deleted = delete_owned(storage, &owner, Owned::AllBut(kept)).await;
    assert_eq!(deleted, [first, last], "all but one (left: deleted)");
    assert_eq!(list_ids(storage, &owner).await, [kept]);
    let deleted = delete_owned(storage, &owner, Owned::AllBut(first)).await;
    assert_eq!(deleted, [kept], "all but one that is gone");
    assert_absent(storage, kept).await;
}

/// `Owned::One` removes that session, and none of the owner's others.
pub async fn one_session_of_an_owner_is_deleted(storage: &impl SessionStorage) {
    let owner = new_owner();
    let ids = three_of(storage, &owner).await;
    let one = Owned::One(ids[1]);
    let deleted = delete_owned(storage, &owner, one).await;
    assert_eq!(deleted, [ids[1]], "the one (left: deleted)");
    assert_absent(storage, ids[1]).await;
    assert_eq!(list_ids(storage, &owner).await, [ids[0], ids[2]]);
    assert_eq!(delete_owned(storage, &owner, one).await, [], "it is gone");
}

/// Sessions of another owner, and those without an owner, stay, whichever ids are named.
pub async fn delete_owned_removes_no_other_owners_sessions(storage: &impl SessionStorage) {
    let (ann, ben) = (new_owner(), new_owner());
    let (mine, _) = created_of(storage, &ann).await;
    let others = [created_of(storage, &ben).await, created(storage).await];
    let (unknown, _) = new_session();
    for id in [others[0].0, others[1].0, unknown] {
        let deleted = delete_owned(storage, &ann, Owned::One(id)).await;
        assert_eq!(deleted, [], "it is not this owner's");
    }
    for owner in [&new_owner(), &ann[..ann.len() - 1], ""] {
        let deleted = delete_owned(storage, owner, Owned::All).await;
        assert_eq!(deleted, [], "{owner:?} has no sessions");
    }
    let kept = Owned::AllBut(others[0].0);
    let deleted = delete_owned(storage, &ann, kept).await;
    assert_eq!(deleted, [mine], "only its own");
    for (id, record) in &others {
        assert_stored(storage, *id, record).await;
    }
}

/// Which owner a session has is decided at the moment of its removal: one that a save has given to another owner stays.
pub async fn a_session_that_another_owner_got_is_not_deleted(storage: &impl SessionStorage) {
    let (ann, ben) = (new_owner(), new_owner());
    let (id, first) = created_of(storage, &ann).await;
    let second = next(&first, |record| record.owner = Some(Arc::clone(&ben)));
    replace(storage, id, &first, &second).await;
    for which in [Owned::All, Owned::One(id)] {
        let deleted = delete_owned(storage, &ann, which).await;
        assert_eq!(deleted, [], "it is another owner's now");
        assert_stored(storage, id, &second).await;
    }
}

/// The same where the saves run in parallel: each is either done, and its session stays with the new owner, or comes
/// too late.
pub async fn a_session_that_another_owner_gets_meanwhile_is_not_deleted(
    storage: &impl SessionStorage,
) {
    for _ in 0..ROUNDS {
        let (ann, ben) = (new_owner(), new_owner());
        let sessions = in_parallel(|_| created_of(storage, &ann)).await;
        let outcomes = in_parallel(|request| {
            let (ann, (id, first)) = (&ann, &sessions[request]);
            let second = next(first, |record| record.owner = Some(Arc::clone(&ben)));
            async move {
                if request == REQUESTS / 2 {
                    let deleted = delete_owned(storage, ann, Owned::All).await;
                    return (*id, false, deleted);
                }
                let saved = save(storage, *id, &second, Some(first.version)).await;
                (*id, saved == Saved::Done, Vec::new())
            }
        });
        let outcomes = outcomes.await;
        let deleted: Vec<_> = outcomes.iter().flat_map(|(_, _, ids)| ids).collect();
        for (id, was_given, _) in &outcomes {
            let is_there = load(storage, *id).await.is_some();
            assert_eq!(
                is_there, *was_given,
                "a session stays if another owner got it, and only then (left: it is there)"
            );
            assert_eq!(
                deleted.contains(&id),
                !was_given,
                "the deleted sessions, and no others, are told (left: it is told)"
            );
        }
    }
}

/// Only the ids of sessions that were alive are returned.
pub async fn delete_owned_returns_the_live_sessions(storage: &impl SessionStorage) {
    let owner = new_owner();
    let (_, mut ended) = new_session_of(&owner);
    ended.expires_at = ended.last_seen;
    for _ in 0..2 {
        let (id, _) = new_session();
        create(storage, id, &ended).await;
    }
    let (live, record) = created_of(storage, &owner).await;
    let (touched, _) = created_of(storage, &owner).await;
    let seen = record.last_seen;
    touch(storage, touched, record.version, seen, seen).await;
    let deleted = delete_owned(storage, &owner, Owned::All).await;
    assert_eq!(deleted, [live], "one session was alive (left: returned)");
}

/// Afterwards the sessions are gone for whatever is asked: a load, a list, a save and a touch find nothing.
pub async fn after_delete_owned_nothing_is_found(storage: &impl SessionStorage) {
    let owner = new_owner();
    let mut sessions = Vec::new();
    for _ in 0..3 {
        let (id, record) = created_of(storage, &owner).await;
        // What was loaded may be held in a memory.
        assert_stored(storage, id, &record).await;
        sessions.push((id, record));
    }
    delete_owned(storage, &owner, Owned::All).await;
    for (id, record) in sessions {
        assert_absent(storage, id).await;
        let later = record.expires_at;
        let applied = touch(storage, id, record.version, record.last_seen, later).await;
        assert!(!applied, "a deleted record is not there to touch");
        let second = next(&record, |record| set(record, "visits", &2));
        let saved = save(storage, id, &second, Some(record.version)).await;
        assert_conflict(saved, None);
        assert!(!delete(storage, id).await, "nothing is left to delete");
    }
    assert_eq!(list_ids(storage, &owner).await, [], "nothing is listed");
}

/// Among parallel saves it is final, as a deletion is: no save that was under way brings a session back.
pub async fn delete_owned_among_parallel_saves_is_final(storage: &impl SessionStorage) {
    for _ in 0..ROUNDS {
        let owner = new_owner();
        let sessions = in_parallel(|_| created_of(storage, &owner)).await;
        in_parallel(|request| {
            let (owner, (id, first)) = (&owner, &sessions[request]);
            async move {
                if request == REQUESTS / 2 {
                    delete_owned(storage, owner, Owned::All).await;
                    return;
                }
                let mut before = SessionRecord::clone(first);
                for _ in 0..4 {
                    let after = next(&before, |record| set(record, "visits", &2));
                    if save(storage, *id, &after, Some(before.version)).await != Saved::Done {
                        return;
                    }
                    before = after;
                }
            }
        })
        .await;
        for (id, _) in &sessions {
            assert_absent(storage, *id).await;
        }
        assert_eq!(list_ids(storage, &owner).await, [], "nothing is listed");
    }
}

/// One call removes all of an owner's sessions, also where there are more than a page or a packet holds: 3,000 of them.
pub async fn three_thousand_sessions_are_deleted_in_one_call(storage: &impl SessionStorage) {
    let (owner, other) = (new_owner(), new_owner());
    let (kept, untouched) = created_of(storage, &other).await;
    let ids = created_many(storage, &owner, MANY).await;
    let deleted = delete_owned(storage, &owner, Owned::AllBut(ids[7])).await;
    assert_eq!(deleted.len(), MANY - 1, "the owner had 3,000 sessions");
    let others = ids.iter().filter(|id| **id != ids[7]);
    assert!(deleted.iter().eq(others), "other ids than were saved");
    assert_eq!(list_ids(storage, &owner).await, [ids[7]]);
    for id in ids.iter().step_by(101) {
        if *id != ids[7] {
            assert_absent(storage, *id).await;
        }
    }
    assert_stored(storage, kept, &untouched).await;
    let deleted = delete_owned(storage, &owner, Owned::All).await;
    assert_eq!(deleted, [ids[7]], "the one that was kept");
}
