//! What bounds the memory, and how old an answer from it may be.

use std::sync::Arc;

use axum_bare_session::storage::{Saved, SessionStorage};
use axum_bare_session::{CachedSessionStorage, Duration};
use tokio::time::advance;

use super::remote::{Cached, Remote, cached_for, id, record, save, version};
use crate::support::{Call, Spy};

const SECOND: std::time::Duration = std::time::Duration::from_secs(1);

fn spied(max_sessions: usize) -> (Spy, CachedSessionStorage<Spy>) {
    let remote = Spy::new();
    let cached = CachedSessionStorage::with_limits(remote.clone(), max_sessions, Duration::HOUR);
    (remote, cached)
}

async fn create(storage: &impl SessionStorage, number: usize) {
    let saved = storage.save(id(number as u128), Arc::new(record(1)), None);
    assert_eq!(saved.await.unwrap(), Saved::Done);
}

/// Whether a load of that session is answered from memory.
async fn is_held(remote: &Spy, cached: &CachedSessionStorage<Spy>, number: usize) -> bool {
    remote.take_calls();
    let loaded = cached.load(id(number as u128)).await.unwrap();
    assert!(loaded.is_some());
    remote.take_calls().load == 0
}

#[tokio::test]
async fn no_more_sessions_are_held_than_the_bound_allows() {
    for max_sessions in [0, 1, 7, 300, 1_000] {
        let (remote, cached) = spied(max_sessions);
        for number in 0..3_000 {
            create(&cached, number).await;
            assert!(cached.len() <= max_sessions);
        }
        assert_eq!(cached.len(), max_sessions);
        assert_eq!(cached.is_empty(), max_sessions == 0);
        for number in 0..3_000 {
            cached.load(id(number)).await.unwrap();
        }
        assert_eq!(cached.len(), max_sessions);
        assert_eq!(remote.inner.len(), 3_000, "none leaves the remote storage");
    }
}

#[tokio::test]
async fn the_bound_holds_for_loads_saves_and_deletions_in_any_order() {
    let (_, cached) = spied(10);
    for number in 0..10_000 {
        // Twenty sessions, in an order without a pattern.
        let number = number * 7_919 % 20;
        let id = id(number as u128);
        match cached.load(id).await.unwrap() {
            None => create(&cached, number).await,
            Some(_) if number % 3 == 0 => assert!(cached.delete(id).await.unwrap()),
            Some(_) => {}
        }
        assert!(cached.len() <= 10);
    }
}

#[tokio::test]
async fn a_hot_session_stays_while_others_come_and_go() {
    let (remote, cached) = spied(10);
    create(&cached, 0).await;
    for number in 1..1_000 {
        create(&cached, number).await;
        assert!(is_held(&remote, &cached, 0).await, "after {number} others");
    }
}

#[tokio::test]
async fn a_session_that_was_hot_once_leaves_before_those_that_are() {
    let (remote, cached) = spied(10);
    for number in 0..10 {
        create(&cached, number).await;
        assert!(is_held(&remote, &cached, number).await);
    }
    // Each newcomer is read once, and session 9 all the time.
    for number in 10..40 {
        create(&cached, number).await;
        assert!(is_held(&remote, &cached, number).await);
        assert!(is_held(&remote, &cached, 9).await, "after {number} others");
    }
    for number in 0..9 {
        assert!(!is_held(&remote, &cached, number).await, "{number}");
    }
}

#[tokio::test]
async fn room_is_made_also_where_every_session_is_hot() {
    let (remote, cached) = spied(20);
    for number in 0..100 {
        create(&cached, number).await;
        for held in number.saturating_sub(19)..=number {
            cached.load(id(held as u128)).await.unwrap();
        }
        assert!(is_held(&remote, &cached, number).await, "the newcomer");
        assert!(cached.len() <= 20);
    }
}

#[tokio::test(start_paused = true)]
async fn stale_sessions_leave_as_others_come() {
    let cached = CachedSessionStorage::with_limits(Spy::new(), 1_000, Duration::SECOND);
    for number in 0..1_000 {
        create(&cached, number).await;
    }
    assert_eq!(cached.len(), 1_000);
    advance(SECOND).await;
    // Fifty a second, of which fifty are fresh at any time.
    for number in 1_000..2_000 {
        create(&cached, number).await;
        advance(SECOND / 50).await;
    }
    assert!(cached.len() <= 100, "{} are held", cached.len());
}

#[tokio::test]
async fn without_room_or_without_time_nothing_is_held() {
    let limits = [
        (0, Duration::HOUR),
        (10, Duration::ZERO),
        (10, Duration::HOUR * -1),
    ];
    for (max_sessions, max_staleness) in limits {
        let remote = Spy::new();
        let cached = CachedSessionStorage::with_limits(remote.clone(), max_sessions, max_staleness);
        create(&cached, 1).await;
        for _ in 0..2 {
            assert!(!is_held(&remote, &cached, 1).await);
        }
        assert!(cached.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_staleness_beyond_the_calendar_is_no_overflow() {
    let remote = Remote::default();
    remote.save_elsewhere(id(1), record(1)).await;
    let cached = Cached::with_limits(remote.clone(), 10, Duration::MAX);
    assert_eq!(version(&cached).await, Some(1));
    remote.save_elsewhere(id(1), record(2)).await;
    advance(SECOND * 3_600 * 24 * 365).await;
    assert_eq!(version(&cached).await, Some(1));
}

#[tokio::test(start_paused = true)]
async fn an_answers_age_counts_from_when_it_was_asked_for() {
    // All of the bound has passed when the answer comes, or half of it.
    for (took, remaining) in [(SECOND, None), (SECOND / 2, Some(SECOND / 2))] {
        let (remote, cached) = cached_for(Duration::SECOND).await;
        let gate = remote.hold(Call::Load);
        let loader = cached.clone();
        let load = tokio::spawn(async move { version(&loader).await });
        gate.arrival().await;
        remote.save_elsewhere(id(1), record(2)).await;
        advance(took).await;
        gate.open();
        assert_eq!(load.await.unwrap(), Some(1));
        if let Some(remaining) = remaining {
            assert_eq!(version(&cached).await, Some(1));
            advance(remaining).await;
        }
        assert_eq!(version(&cached).await, Some(2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_saves_age_counts_from_when_it_was_asked_for() {
    let (remote, cached) = cached_for(Duration::SECOND).await;
    let gate = remote.hold(Call::Save);
    let saver = cached.clone();
    let saving = tokio::spawn(async move { save(&saver, 2).await });
    gate.arrival().await;
    remote.save_elsewhere(id(1), record(3)).await;
    advance(SECOND).await;
    gate.open();
    assert_eq!(saving.await.unwrap(), Saved::Done);
    assert_eq!(version(&cached).await, Some(3));
}

#[tokio::test(start_paused = true)]
async fn a_touch_puts_the_bound_off_no_further() {
    let (remote, cached) = cached_for(Duration::SECOND).await;
    assert_eq!(version(&cached).await, Some(1));
    advance(SECOND / 2).await;
    let seen = record(1).last_seen;
    let touched = cached.touch(id(1), record(1).version, seen, seen + Duration::HOUR);
    assert!(touched.await.unwrap());
    remote.save_elsewhere(id(1), record(2)).await;
    assert_eq!(version(&cached).await, Some(1));
    advance(SECOND / 2).await;
    assert_eq!(version(&cached).await, Some(2));
}

#[tokio::test]
async fn an_answer_that_a_save_overtook_leaves_in_memory_what_was_saved() {
    let (remote, cached) = cached_for(Duration::HOUR).await;
    let gate = remote.hold(Call::Load);
    let loader = cached.clone();
    let load = tokio::spawn(async move { version(&loader).await });
    gate.arrival().await;
    assert_eq!(save(&cached, 2).await, Saved::Done);
    gate.open();
    assert_eq!(load.await.unwrap(), Some(1));
    remote.inner.delete(id(1)).await.unwrap();
    assert_eq!(version(&cached).await, Some(2), "from memory");
}

#[tokio::test]
async fn clones_share_one_memory() {
    let (remote, cached) = spied(10);
    let clone = cached.clone();
    create(&cached, 1).await;
    assert!(is_held(&remote, &clone, 1).await);
    clone.delete(id(1)).await.unwrap();
    assert_eq!(cached.load(id(1)).await.unwrap(), None);
}

#[tokio::test]
async fn debug_shows_sizes_and_no_session() {
    let (_, cached) = spied(10);
    create(&cached, 1).await;
    assert_eq!(format!("{cached:?}"), "CachedSessionStorage { len: 1, .. }");
}
