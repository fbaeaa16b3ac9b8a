//! Answers that come late: none undoes what this process was told since it asked.

use axum_bare_session::storage::{Saved, SessionStorage, Timestamp, Version};
use axum_bare_session::{Duration, OffsetDateTime};
use tokio::task::JoinHandle;

use super::remote::{Cached, cached, cached_for, id, record, save, version};
use crate::support::{Call, Gate};

/// A load that the remote storage has done and not answered.
async fn load_under_way(cached: &Cached, gate: &Gate) -> JoinHandle<Option<u64>> {
    let cached = cached.clone();
    let load = tokio::spawn(async move { version(&cached).await });
    gate.arrival().await;
    load
}

#[tokio::test]
async fn a_load_that_comes_back_after_a_deletion_brings_nothing_back() {
    for was_held in [false, true] {
        let (remote, cached) = cached().await;
        let gate = remote.hold(Call::Load);
        let load = load_under_way(&cached, &gate).await;
        if was_held {
            assert_eq!(version(&cached).await, Some(1));
        }
        cached.delete(id(1)).await.unwrap();
        assert_eq!(version(&cached).await, None);
        gate.open();
        assert_eq!(load.await.unwrap(), Some(1), "it asked before the deletion");
        assert_eq!(version(&cached).await, None);
    }
}

#[tokio::test]
async fn a_load_that_comes_back_after_two_deletions_brings_nothing_back() {
    let (remote, cached) = cached().await;
    let gate = remote.hold(Call::Load);
    let load = load_under_way(&cached, &gate).await;
    for _ in 0..2 {
        cached.delete(id(1)).await.unwrap();
    }
    // Others fill the memory meanwhile, until nothing of the session is left in it.
    for number in 2..5_000 {
        let saved = cached.save(id(number), record(1).into(), None).await;
        assert_eq!(saved.unwrap(), Saved::Done);
    }
    gate.open();
    load.await.unwrap();
    assert_eq!(version(&cached).await, None);
}

#[tokio::test]
async fn a_load_that_comes_back_after_a_save_does_not_undo_it() {
    let (remote, cached) = cached().await;
    let gate = remote.hold(Call::Load);
    let load = load_under_way(&cached, &gate).await;
    assert_eq!(save(&cached, 2).await, Saved::Done);
    gate.open();
    assert_eq!(load.await.unwrap(), Some(1));
    assert_eq!(version(&cached).await, Some(2));
}

#[tokio::test]
async fn a_load_that_comes_back_after_a_touch_does_not_undo_it() {
    let (remote, cached) = cached().await;
    let gate = remote.hold(Call::Load);
    let load = load_under_way(&cached, &gate).await;
    let (seen, end) = times();
    assert!(
        cached
            .touch(id(1), Version::FIRST, seen, end)
            .await
            .unwrap()
    );
    gate.open();
    load.await.unwrap();
    let loaded = cached.load(id(1)).await.unwrap().unwrap();
    assert_eq!((loaded.last_seen, loaded.expires_at), (seen, end));
}

fn times() -> (Timestamp, Timestamp) {
    let seen = Timestamp::from(OffsetDateTime::UNIX_EPOCH) + Duration::MINUTE;
    (seen, seen + Duration::HOUR)
}

#[tokio::test]
async fn a_load_that_comes_back_after_a_clean_up_brings_no_expired_session_back() {
    let (remote, cached) = cached().await;
    let gate = remote.hold(Call::Load);
    let load = load_under_way(&cached, &gate).await;
    let end = record(1).expires_at;
    assert_eq!(cached.delete_expired(end).await.unwrap(), 1);
    gate.open();
    assert_eq!(load.await.unwrap(), Some(1));
    assert_eq!(version(&cached).await, None);
}

#[tokio::test]
async fn a_load_that_follows_a_deletion_waits_for_no_earlier_one() {
    let (remote, cached) = cached().await;
    let gate = remote.hold(Call::Load);
    let load = load_under_way(&cached, &gate).await;
    cached.delete(id(1)).await.unwrap();
    assert_eq!(version(&cached).await, None);
    assert!(!load.is_finished());
    gate.open();
    load.await.unwrap();
}

#[tokio::test]
async fn a_load_that_comes_back_late_does_not_undo_one_that_saw_a_newer_version() {
    let (remote, cached) = cached().await;
    let gate = remote.hold(Call::Load);
    let load = load_under_way(&cached, &gate).await;
    remote.save_elsewhere(id(1), record(2)).await;
    assert_eq!(version(&cached).await, Some(2));
    gate.open();
    assert_eq!(load.await.unwrap(), Some(1));
    assert_eq!(version(&cached).await, Some(2));
}

/// A save of `record(2)` that the remote storage has done and not answered.
async fn save_under_way(cached: &Cached, gate: &Gate) -> JoinHandle<Saved> {
    let cached = cached.clone();
    let saving = tokio::spawn(async move { save(&cached, 2).await });
    gate.arrival().await;
    saving
}

#[tokio::test]
async fn a_save_whose_answer_comes_after_a_later_ones_does_not_undo_it() {
    let (remote, cached) = cached().await;
    let gate = remote.hold(Call::Save);
    let saving = save_under_way(&cached, &gate).await;
    assert_eq!(save(&cached, 3).await, Saved::Done);
    assert_eq!(version(&cached).await, Some(3));
    gate.open();
    assert_eq!(saving.await.unwrap(), Saved::Done);
    assert_eq!(version(&cached).await, Some(3));
}

#[tokio::test]
async fn a_save_whose_answer_comes_after_a_deletion_brings_nothing_back() {
    let (remote, cached) = cached().await;
    let gate = remote.hold(Call::Save);
    let saving = save_under_way(&cached, &gate).await;
    cached.delete(id(1)).await.unwrap();
    gate.open();
    assert_eq!(saving.await.unwrap(), Saved::Done);
    assert_eq!(version(&cached).await, None);
}

/// Two reads of one process, the later of which would show less.
#[tokio::test]
async fn a_load_that_saw_another_processs_save_is_not_undone_by_an_earlier_save_of_this_one() {
    let (remote, cached) = cached().await;
    let save_gate = remote.hold(Call::Save);
    let saving = save_under_way(&cached, &save_gate).await;
    remote.save_elsewhere(id(1), record(3)).await;
    let load_gate = remote.hold(Call::Load);
    let load = load_under_way(&cached, &load_gate).await;
    save_gate.open();
    assert_eq!(saving.await.unwrap(), Saved::Done);
    load_gate.open();
    assert_eq!(load.await.unwrap(), Some(3));
    assert_eq!(version(&cached).await, Some(3));
}

/// Two reads of one process, of which the later would find what the earlier has found gone.
#[tokio::test]
async fn a_load_that_found_a_session_gone_is_not_undone_by_an_earlier_save_of_this_process() {
    let (remote, cached) = cached().await;
    let save_gate = remote.hold(Call::Save);
    let saving = save_under_way(&cached, &save_gate).await;
    assert!(remote.inner.delete(id(1)).await.unwrap());
    let load_gate = remote.hold(Call::Load);
    let load = load_under_way(&cached, &load_gate).await;
    save_gate.open();
    assert_eq!(saving.await.unwrap(), Saved::Done);
    load_gate.open();
    assert_eq!(load.await.unwrap(), None);
    assert_eq!(version(&cached).await, None);
}

#[tokio::test]
async fn what_a_load_found_gone_is_brought_back_by_no_answer_from_before() {
    for is_save in [false, true] {
        let (remote, cached) = cached().await;
        let gate = remote.hold(if is_save { Call::Save } else { Call::Load });
        let (saving, load) = match is_save {
            true => (Some(save_under_way(&cached, &gate).await), None),
            false => (None, Some(load_under_way(&cached, &gate).await)),
        };
        assert!(remote.inner.delete(id(1)).await.unwrap());
        assert_eq!(version(&cached).await, None);
        gate.open();
        if let Some(saving) = saving {
            assert_eq!(saving.await.unwrap(), Saved::Done);
        }
        if let Some(load) = load {
            assert_eq!(load.await.unwrap(), Some(1), "it asked before");
        }
        assert_eq!(version(&cached).await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_that_took_too_long_to_be_held_leaves_nothing_older_in_memory() {
    let (remote, cached) = cached_for(Duration::seconds(1)).await;
    let gate = remote.hold(Call::Load);
    remote.save_elsewhere(id(1), record(2)).await;
    let load = load_under_way(&cached, &gate).await;
    tokio::time::advance(std::time::Duration::from_millis(900)).await;
    // Another node of the remote storage, which is behind.
    remote.inner.delete(id(1)).await.unwrap();
    remote.save_elsewhere(id(1), record(1)).await;
    assert_eq!(version(&cached).await, Some(1));
    remote.save_elsewhere(id(1), record(2)).await;
    tokio::time::advance(std::time::Duration::from_millis(200)).await;
    gate.open();
    assert_eq!(load.await.unwrap(), Some(2));
    assert_eq!(version(&cached).await, Some(2));
}

#[tokio::test]
async fn a_conflict_whose_answer_comes_after_a_deletion_brings_nothing_back() {
    let (remote, cached) = cached().await;
    remote.save_elsewhere(id(1), record(5)).await;
    let gate = remote.hold(Call::Save);
    let saving = save_under_way(&cached, &gate).await;
    cached.delete(id(1)).await.unwrap();
    gate.open();
    let current = Some(record(5).into());
    assert_eq!(saving.await.unwrap(), Saved::Conflict(current));
    assert_eq!(version(&cached).await, None);
}

#[tokio::test]
async fn a_touch_whose_answer_comes_after_a_save_does_not_undo_it() {
    let (remote, cached) = cached().await;
    assert_eq!(version(&cached).await, Some(1));
    let gate = remote.hold(Call::Touch);
    let toucher = cached.clone();
    let (seen, end) = times();
    let touch = tokio::spawn(async move { toucher.touch(id(1), Version::FIRST, seen, end).await });
    gate.arrival().await;
    assert_eq!(save(&cached, 2).await, Saved::Done);
    gate.open();
    assert!(touch.await.unwrap().unwrap());
    let loaded = cached.load(id(1)).await.unwrap();
    assert_eq!(loaded.as_deref(), Some(&record(2)));
}

#[tokio::test]
async fn a_load_that_comes_back_during_a_deletion_is_forgotten_at_its_end() {
    let (remote, cached) = cached().await;
    let gate = remote.hold(Call::Load);
    let load = load_under_way(&cached, &gate).await;
    let deletion = remote.hold(Call::Delete);
    let deleter = cached.clone();
    let delete = tokio::spawn(async move { deleter.delete(id(1)).await });
    deletion.arrival().await;
    gate.open();
    assert_eq!(load.await.unwrap(), Some(1));
    deletion.open();
    delete.await.unwrap().unwrap();
    assert_eq!(version(&cached).await, None);
}

#[tokio::test]
async fn a_write_that_nobody_waits_for_any_more_is_forgotten_and_asked_for() {
    for (call, after) in [(Call::Delete, None), (Call::Save, Some(2))] {
        let (remote, cached) = cached().await;
        assert_eq!(version(&cached).await, Some(1));
        let gate = remote.hold(call);
        let writer = cached.clone();
        let write = tokio::spawn(async move {
            match call {
                Call::Delete => drop(writer.delete(id(1)).await.unwrap()),
                _ => drop(save(&writer, 2).await),
            }
        });
        gate.arrival().await;
        write.abort();
        assert!(write.await.unwrap_err().is_cancelled());
        assert_eq!(version(&cached).await, after, "{call:?}");
    }
}
