use std::sync::Arc;

use tokio::task::yield_now;

use super::parallel::{REQUESTS, ROUNDS, in_parallel};
use super::steps::*;
use crate::record::{SessionId, SessionRecord};
use crate::storage::{Saved, SessionStorage};

/// Makes a change to the stored record as a request does: over what it loaded, and again over each conflict. Returns
/// whether it was saved (`false`: the record is gone).
async fn change(
    storage: &impl SessionStorage,
    id: SessionId,
    change: impl Fn(&mut SessionRecord),
) -> bool {
    let mut current = load(storage, id).await;
    // Each conflict means that another request has saved.
    for _ in 0..REQUESTS {
        let Some(before) = current else { return false };
        let after = next(&before, &change);
        current = match save(storage, id, &after, Some(before.version)).await {
            Saved::Done => return true,
            Saved::Conflict(stored) => stored,
        };
        if let Some(stored) = &current {
            assert_ne!(
                stored.version, before.version,
                "a conflict at the expected version"
            );
        }
    }
    panic!("a save conflicted more often than there are other requests");
}

fn add_visit(record: &mut SessionRecord) {
    let visits = visits(record);
    set(record, "visits", &(visits + 1));
}

fn visits(record: &SessionRecord) -> usize {
    let visits = record.values.get("visits").expect("the record has it");
    visits.parse().expect("it is a number")
}

/// The record of the one request whose save was done; fails unless there is exactly one.
fn winner(outcomes: &[(SessionRecord, Saved)]) -> &SessionRecord {
    let done = outcomes.iter().filter(|(_, saved)| *saved == Saved::Done);
    let winners: Vec<_> = done.map(|(record, _)| record).collect();
    assert_eq!(winners.len(), 1, "exactly one save is done");
    let winner = winners[0];
    for (_, saved) in outcomes {
        if let Saved::Conflict(current) = saved {
            assert_eq!(
                current.as_deref(),
                Some(winner),
                "a loser gets the winner's record"
            );
        }
    }
    winner
}

/// Of parallel saves at one version exactly one is done, and the others conflict with it.
pub async fn of_parallel_saves_at_one_version_one_is_done(storage: &impl SessionStorage) {
    for _ in 0..ROUNDS {
        let (id, first) = created(storage).await;
        let outcomes = in_parallel(|request| {
            let second = next(&first, |record| set(record, "request", &request));
            async move {
                let saved = save(storage, id, &second, Some(first.version)).await;
                (second, saved)
            }
        });
        let outcomes = outcomes.await;
        assert_stored(storage, id, winner(&outcomes)).await;
    }
}

/// Of parallel creations under one id exactly one is done, and the others conflict with it.
pub async fn of_parallel_creations_of_one_id_one_is_done(storage: &impl SessionStorage) {
    for _ in 0..ROUNDS {
        let (id, _) = new_session();
        let outcomes = in_parallel(|request| {
            let (_, mut record) = new_session();
            set(&mut record, "request", &request);
            async move {
                let saved = save(storage, id, &record, None).await;
                (record, saved)
            }
        });
        let outcomes = outcomes.await;
        assert_stored(storage, id, winner(&outcomes)).await;
    }
}

/// Parallel requests that change a record over what they loaded, and again over each conflict, lose none of their
/// changes.
pub async fn parallel_changes_lose_none(storage: &impl SessionStorage) {
    for _ in 0..ROUNDS {
        let (id, first) = created(storage).await;
        let saved = in_parallel(|_| change(storage, id, add_visit)).await;
        assert!(
            saved.iter().all(|saved| *saved),
            "nobody deleted the record"
        );
        let last = load(storage, id).await.expect("nobody deleted the record");
        let expected = visits(&first) + REQUESTS;
        assert_eq!(visits(&last), expected, "a change is lost");
    }
}

/// Touches undo no parallel save, and make none conflict for ever.
pub async fn touches_undo_no_parallel_save(storage: &impl SessionStorage) {
    for _ in 0..ROUNDS {
        let (id, first) = created(storage).await;
        let saved = in_parallel(|_| async {
            if let Some(seen) = load(storage, id).await {
                touch(storage, id, seen.version, now(), now() + LIFE).await;
            }
            let saved = change(storage, id, add_visit).await;
            if let Some(seen) = load(storage, id).await {
                touch(storage, id, seen.version, now(), now() + LIFE).await;
            }
            saved
        });
        let saved = saved.await;
        assert!(
            saved.iter().all(|saved| *saved),
            "nobody deleted the record"
        );
        let last = load(storage, id).await.expect("nobody deleted the record");
        let expected = visits(&first) + REQUESTS;
        assert_eq!(visits(&last), expected, "a change is lost");
    }
}

/// A deletion among parallel saves is final: the record is absent afterwards, and stays so.
pub async fn a_delete_among_parallel_saves_is_final(storage: &impl SessionStorage) {
    for _ in 0..ROUNDS {
        let owner = new_owner();
        let (id, first) = created_of(storage, &owner).await;
        in_parallel(|request| async move {
            if request == REQUESTS / 2 {
                delete(storage, id).await;
            } else {
                change(storage, id, add_visit).await;
            }
        })
        .await;
        assert_absent(storage, id).await;
        let late = next(&first, add_visit);
        let saved = save(storage, id, &late, Some(first.version)).await;
        assert_conflict(saved, None);
        assert_absent(storage, id).await;
        assert_eq!(list_ids(storage, &owner).await, [], "nothing is listed");
    }
}

/// A deletion among parallel touches is final.
pub async fn a_delete_among_parallel_touches_is_final(storage: &impl SessionStorage) {
    for _ in 0..ROUNDS {
        let owner = new_owner();
        let (id, record) = created_of(storage, &owner).await;
        in_parallel(|request| {
            let version = record.version;
            async move {
                if request == REQUESTS / 2 {
                    delete(storage, id).await;
                } else {
                    touch(storage, id, version, now(), now() + LIFE).await;
                }
            }
        })
        .await;
        assert_absent(storage, id).await;
        assert_eq!(list_ids(storage, &owner).await, [], "nothing is listed");
    }
}

/// Parallel creations under ids of their own are all stored, and all listed.
pub async fn parallel_creations_are_all_stored(storage: &impl SessionStorage) {
    for _ in 0..ROUNDS {
        let owner = new_owner();
        let sessions = in_parallel(|_| created_of(storage, &owner)).await;
        for (id, record) in &sessions {
            assert_stored(storage, *id, record).await;
        }
        let mut ids: Vec<_> = sessions.into_iter().map(|(id, _)| id).collect();
        ids.sort();
        assert_eq!(list_ids(storage, &owner).await, ids);
    }
}

/// After parallel changes of its owner, a session is listed for the stored owner and for no other.
pub async fn parallel_owner_changes_leave_one_owner(storage: &impl SessionStorage) {
    for _ in 0..ROUNDS {
        let (id, _) = created(storage).await;
        let owners: [Arc<str>; REQUESTS] = std::array::from_fn(|_| new_owner());
        in_parallel(|request| {
            let owner = &owners[request];
            change(storage, id, move |r| r.owner = Some(Arc::clone(owner)))
        })
        .await;
        let last = load(storage, id).await.expect("nobody deleted the record");
        for owner in &owners {
            let listed = list_ids(storage, owner).await;
            let owns = last.owner.as_ref() == Some(owner);
            let expected = if owns { vec![id] } else { vec![] };
            assert_eq!(listed, expected, "the list of {owner:?}");
        }
    }
}

/// A list names a session at every moment between two saves, or two touches, that leave it its owner.
pub async fn a_list_among_parallel_saves_and_touches_misses_none(storage: &impl SessionStorage) {
    for _ in 0..ROUNDS {
        let owner = new_owner();
        let (id, _) = created_of(storage, &owner).await;
        let writers = Arc::new(());
        in_parallel(|request| {
            let (owner, writer) = (&owner, Arc::clone(&writers));
            let is_touch = request % 4 == 1;
            async move {
                if request % 2 == 0 {
                    let writers = Arc::downgrade(&writer);
                    drop(writer);
                    // As long as somebody writes, beside the one who counts them.
                    while writers.strong_count() > 1 {
                        assert_eq!(list_ids(storage, owner).await, [id], "a list missed one");
                        yield_now().await;
                    }
                    return;
                }
                for _ in 0..4 {
                    if is_touch {
                        let seen = load(storage, id).await.expect("nobody deletes it");
                        touch(storage, id, seen.version, now(), now() + LIFE).await;
                    } else {
                        change(storage, id, add_visit).await;
                    }
                }
                drop(writer);
            }
        })
        .await;
    }
}

/// A save or touch of an expired record that is done stands, though a clean-up runs at the same time.
pub async fn a_clean_up_undoes_no_parallel_save(storage: &impl SessionStorage) {
    for _ in 0..ROUNDS {
        let (id, mut record) = new_session();
        record.expires_at = record.last_seen;
        create(storage, id, &record).await;
        let prolonged = in_parallel(|request| {
            let version = record.version;
            async move {
                let end = now() + LIFE;
                match request % 4 {
                    0 => change(storage, id, |record| record.expires_at = end).await,
                    1 => touch(storage, id, version, now(), end).await,
                    _ => {
                        delete_expired(storage).await;
                        false
                    }
                }
            }
        });
        if prolonged.await.contains(&true) {
            let stored = load(storage, id).await;
            assert!(stored.is_some(), "a clean-up removed a live record");
        }
    }
}
