//! A cache that hears of what other processes do.

use std::time::Duration as Wait;

use axum_bare_session::storage::{Change, Saved, SessionStorage};
use axum_bare_session::{CachedSessionStorage, Duration, MemorySessionStorage};
use tokio::time::sleep;

use super::remote::{Cached, Remote, cached, cached_for, id, record, save, version};
use crate::support::Call;

/// A cache that holds session 1, for an hour unless it is told.
async fn listening() -> (Remote, Cached) {
    let (remote, cached) = cached().await;
    let cached = cached.listening().await.unwrap();
    assert_eq!(version(&cached).await, Some(1));
    (remote, cached)
}

/// Tells the cache, and waits until it has heard.
async fn tell(remote: &Remote, change: Change) {
    remote.changes.send(change).unwrap();
    sleep(Wait::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_told_of_is_forgotten_and_nothing_else_is() {
    for change in [Change::Session(id(1)), Change::Any] {
        let (remote, cached) = listening().await;
        remote.save_elsewhere(id(1), record(2)).await;
        tell(&remote, Change::Session(id(2))).await;
        assert_eq!(version(&cached).await, Some(1), "it is held");
        tell(&remote, change).await;
        assert_eq!(version(&cached).await, Some(2));
        remote.save_elsewhere(id(1), record(3)).await;
        assert_eq!(version(&cached).await, Some(2), "it is held again");
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_that_is_under_way_when_a_change_is_told_leaves_nothing_behind() {
    for change in [Change::Session(id(1)), Change::Any] {
        let (remote, cached) = listening().await;
        tell(&remote, change).await;
        let gate = remote.hold(Call::Load);
        let loader = cached.clone();
        let load = tokio::spawn(async move { version(&loader).await });
        gate.arrival().await;
        remote.save_elsewhere(id(1), record(2)).await;
        tell(&remote, change).await;
        gate.open();
        assert_eq!(load.await.unwrap(), Some(1), "it was asked for before");
        assert_eq!(version(&cached).await, Some(2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_save_that_is_under_way_when_a_change_is_told_leaves_nothing_behind() {
    for change in [Change::Session(id(1)), Change::Any] {
        let (remote, cached) = listening().await;
        let gate = remote.hold(Call::Save);
        let saver = cached.clone();
        let saving = tokio::spawn(async move { save(&saver, 2).await });
        gate.arrival().await;
        remote.save_elsewhere(id(1), record(3)).await;
        tell(&remote, change).await;
        gate.open();
        assert_eq!(saving.await.unwrap(), Saved::Done);
        assert_eq!(version(&cached).await, Some(3));
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_held_before_it_listens_is_forgotten() {
    let (remote, cached) = cached().await;
    assert_eq!(version(&cached).await, Some(1));
    remote.save_elsewhere(id(1), record(2)).await;
    let cached = cached.listening().await.unwrap();
    assert_eq!(version(&cached).await, Some(2));
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_told_the_bound_holds() {
    let (remote, cached) = cached_for(Duration::SECOND).await;
    let cached = cached.listening().await.unwrap();
    assert_eq!(version(&cached).await, Some(1));
    remote.save_elsewhere(id(1), record(2)).await;
    sleep(Wait::from_millis(999)).await;
    assert_eq!(version(&cached).await, Some(1));
    sleep(Wait::from_millis(1)).await;
    assert_eq!(version(&cached).await, Some(2));
}

#[tokio::test(start_paused = true)]
async fn it_listens_as_long_as_a_clone_is_there() {
    let (remote, cached) = listening().await;
    let clone = cached.clone();
    drop(cached);
    sleep(Wait::from_millis(1)).await;
    assert_eq!(remote.changes.receiver_count(), 1);
    drop(clone);
    sleep(Wait::from_millis(1)).await;
    assert_eq!(remote.changes.receiver_count(), 0);
}

#[tokio::test]
async fn a_storage_that_does_not_tell_is_refused() {
    let cached = CachedSessionStorage::new(MemorySessionStorage::new());
    let refused = cached.listening().await.unwrap_err();
    let source = std::error::Error::source(&refused).unwrap();
    assert_eq!(source.to_string(), "this storage does not tell of changes");
    // Nor does a cache, which may know of them later than it is told.
    let cached = CachedSessionStorage::new(Remote::default()).listening();
    assert!(cached.await.unwrap().changes().await.is_err());
}
