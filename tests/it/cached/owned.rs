//! Ending an owner's sessions through the cache, which is told their ids only by the remote storage's answer.

use std::sync::Arc;

use axum_bare_session::storage::{Owned, Saved, SessionRecord, SessionStorage};

use super::remote::{Cached, Remote, cached, id, record, version};
use crate::support::Call;

fn owned(version: u64, owner: &str) -> SessionRecord {
    let mut record = record(version);
    record.owner = Some(owner.into());
    record
}

/// Sessions 1 to 3 of ann's and 4 of ben's, all held in memory.
async fn held() -> (Remote, Cached) {
    let (remote, cached) = cached().await;
    remote.save_elsewhere(id(1), owned(2, "ann")).await;
    for (number, owner) in [(2, "ann"), (3, "ann"), (4, "ben")] {
        remote.save_elsewhere(id(number), owned(1, owner)).await;
    }
    assert_eq!(served(&cached).await, [true; 4]);
    (remote, cached)
}

/// Which of sessions 1 to 4 a load finds.
async fn served(cached: &Cached) -> [bool; 4] {
    let mut served = [false; 4];
    for (number, served) in (1..).zip(&mut served) {
        *served = cached.load(id(number)).await.unwrap().is_some();
    }
    served
}

async fn end(cached: &Cached, which: Owned) -> usize {
    let now = record(1).last_seen;
    let ended = cached.delete_owned("ann", which, now).await;
    ended.unwrap().len()
}

#[tokio::test]
async fn what_was_ended_is_not_served_and_what_was_not_still_is_from_memory() {
    for (which, ended, rest) in [
        (Owned::All, 3, [false, false, false, true]),
        (Owned::AllBut(id(2)), 2, [false, true, false, true]),
        (Owned::One(id(2)), 1, [true, false, true, true]),
        // Whose it is, only the remote storage knows for sure: it is asked.
        (Owned::One(id(4)), 0, [true, true, true, false]),
    ] {
        let (remote, cached) = held().await;
        assert_eq!(end(&cached, which).await, ended);
        // What is still served was not asked for anew: another process has ended it by now.
        for number in 1..5 {
            remote.inner.delete(id(number)).await.unwrap();
        }
        assert_eq!(served(&cached).await, rest, "{which:?}");
    }
}

#[tokio::test]
async fn a_session_is_forgotten_that_was_held_before_it_got_its_owner() {
    let (remote, cached) = held().await;
    remote.save_elsewhere(id(4), owned(2, "ann")).await;
    assert_eq!(end(&cached, Owned::All).await, 4);
    assert_eq!(served(&cached).await, [false; 4]);
}

#[tokio::test]
async fn an_expired_session_of_which_the_answer_tells_nothing_is_forgotten_too() {
    let (_remote, cached) = held().await;
    let end = record(1).expires_at;
    assert_eq!(
        cached.delete_owned("ann", Owned::All, end).await.unwrap(),
        []
    );
    assert_eq!(served(&cached).await, [false, false, false, true]);
}

#[tokio::test]
async fn a_load_that_comes_back_afterwards_brings_nothing_back() {
    for which in [Owned::All, Owned::AllBut(id(2)), Owned::One(id(1))] {
        let (remote, cached) = cached().await;
        remote.save_elsewhere(id(1), owned(2, "ann")).await;
        let gate = remote.hold(Call::Load);
        let loader = cached.clone();
        let load = tokio::spawn(async move { version(&loader).await });
        gate.arrival().await;
        assert_eq!(end(&cached, which).await, 1);
        gate.open();
        assert_eq!(load.await.unwrap(), Some(2), "it asked before");
        assert_eq!(version(&cached).await, None);
    }
}

#[tokio::test]
async fn a_save_whose_answer_comes_afterwards_brings_nothing_back() {
    let (remote, cached) = held().await;
    let gate = remote.hold(Call::Save);
    let saver = cached.clone();
    let save = tokio::spawn(async move {
        let record = Arc::new(owned(3, "ann"));
        saver.save(id(1), record, Some(2.into())).await.unwrap()
    });
    gate.arrival().await;
    assert_eq!(end(&cached, Owned::All).await, 3);
    gate.open();
    assert_eq!(save.await.unwrap(), Saved::Done, "it came before");
    assert_eq!(served(&cached).await, [false, false, false, true]);
}

#[tokio::test]
async fn where_nobody_waits_for_the_answer_the_owners_sessions_are_asked_for_anew() {
    let (remote, cached) = held().await;
    let gate = remote.hold(Call::DeleteOwned);
    let ender = cached.clone();
    let ending = tokio::spawn(async move { end(&ender, Owned::All).await });
    gate.arrival().await;
    assert_eq!(served(&cached).await, [true; 4], "not answered yet");
    ending.abort();
    assert!(ending.await.unwrap_err().is_cancelled());
    assert_eq!(served(&cached).await, [false, false, false, true]);
}

#[tokio::test]
async fn a_load_of_another_owners_session_that_was_under_way_is_only_not_held() {
    let (remote, cached) = held().await;
    let (other, loader) = (id(9), cached.clone());
    remote.save_elsewhere(other, owned(1, "ben")).await;
    let gate = remote.hold(Call::Load);
    let load = tokio::spawn(async move { loader.load(other).await.unwrap() });
    gate.arrival().await;
    end(&cached, Owned::All).await;
    gate.open();
    assert!(load.await.unwrap().is_some());
    // The next one is.
    assert!(cached.load(other).await.unwrap().is_some());
    remote.inner.delete(other).await.unwrap();
    assert!(cached.load(other).await.unwrap().is_some());
}

#[tokio::test]
async fn a_load_of_another_session_that_was_under_way_is_held_where_one_was_ended_by_its_id() {
    let (remote, cached) = held().await;
    let (other, loader) = (id(9), cached.clone());
    remote.save_elsewhere(other, owned(1, "ann")).await;
    let gate = remote.hold(Call::Load);
    let load = tokio::spawn(async move { loader.load(other).await.unwrap() });
    gate.arrival().await;
    assert_eq!(end(&cached, Owned::One(id(2))).await, 1);
    gate.open();
    assert!(load.await.unwrap().is_some());
    remote.inner.delete(other).await.unwrap();
    assert!(cached.load(other).await.unwrap().is_some());
}
