use std::pin::pin;
use std::sync::Barrier;
use std::task::{Context, Waker};

use axum_bare_session::storage::{Saved, SessionStorage};
use axum_bare_session::{Duration, MemorySessionStorage};
use tokio::task::yield_now;

use super::steps::{Blocking, at, next, owned, record};

#[test]
fn expired_sessions_leave_as_others_are_created_without_a_runtime() {
    let storage = MemorySessionStorage::new();
    for number in 0..1_000 {
        storage.add(number, record(0, 10));
    }
    assert_eq!(storage.len(), 1_000);
    // Several leave at each creation, so that they go faster than others come.
    for number in 1_000..1_500 {
        storage.add(number, record(10, 20));
    }
    assert_eq!(storage.len(), 500);
    assert!(!storage.has(0) && !storage.has(999));
    assert!(storage.has(1_000) && storage.has(1_499));
}

#[test]
fn owned_sessions_leave_too_when_they_have_expired() {
    let storage = MemorySessionStorage::new();
    for number in 0..8 {
        storage.add(number, owned(0, 10, "ann"));
    }
    for number in 8..16 {
        storage.add(number, record(10, 20));
    }
    assert_eq!(storage.len(), 8);
    assert_eq!(storage.owned_by("ann", 0), []);
}

#[test]
fn a_touched_session_does_not_leave_at_its_former_end() {
    let storage = MemorySessionStorage::new();
    storage.add(0, record(0, 10));
    storage.add(1, record(0, 10));
    assert!(storage.see(0, 5, 15));
    storage.add(2, record(12, 30));
    assert!(storage.has(0) && !storage.has(1));
    storage.add(3, record(15, 30));
    assert!(!storage.has(0), "a touch only puts the end off");
}

#[test]
fn a_session_whose_end_a_save_brought_nearer_leaves_then() {
    let storage = MemorySessionStorage::new();
    let first = record(0, 100);
    storage.add(0, first.clone());
    let mut second = next(&first, None);
    second.expires_at = at(10);
    assert_eq!(storage.replace(0, second), Saved::Done);
    assert_eq!(storage.clean_up(10), 1);
    assert!(storage.is_empty());
}

#[test]
fn a_session_whose_end_a_touch_brought_nearer_leaves_then() {
    let storage = MemorySessionStorage::new();
    storage.add(0, record(0, 100));
    assert!(storage.see(0, 5, 10));
    assert_eq!(storage.clean_up(10), 1);
    assert!(storage.is_empty());
}

#[test]
fn a_clean_up_removes_and_counts_exactly_the_expired() {
    let storage = MemorySessionStorage::new();
    for number in 0..100 {
        let end = if number % 2 == 0 { 10 } else { 11 };
        storage.add(number, record(0, end));
    }
    assert_eq!(storage.clean_up(9), 0);
    assert_eq!(storage.clean_up(10), 50);
    assert_eq!(storage.clean_up(10), 0);
    assert!(!storage.has(0) && storage.has(1));
    assert_eq!(storage.len(), 50);
}

#[test]
fn a_large_clean_up_goes_in_small_steps() {
    let storage = MemorySessionStorage::new();
    for number in 0..10_000 {
        storage.add(number, record(0, 10));
    }
    let mut clean_up = pin!(storage.delete_expired(at(10)));
    let mut context = Context::from_waker(Waker::noop());
    let (mut left, mut created) = (10_000, 0);
    while clean_up.as_mut().poll(&mut context).is_pending() {
        let removed = left + created - storage.len();
        assert!((1..=100).contains(&removed), "{removed} in one step");
        // What another request does between two steps is done at once, and lasts.
        let saved = storage.create(10_000 + created, record(0, 20));
        assert_eq!(saved.unwrap(), Saved::Done);
        created += 1;
        left = storage.len() - created;
    }
    assert!(created >= 100, "a request got in {created} times");
    assert_eq!(storage.len(), created);
}

#[tokio::test]
async fn a_large_clean_up_lets_the_other_tasks_of_its_thread_go_on() {
    let storage = MemorySessionStorage::new();
    for number in 0..10_000 {
        storage.add(number, record(0, 10));
    }
    let requests = async {
        let mut turns = 0;
        while !storage.is_empty() {
            turns += 1;
            yield_now().await;
        }
        turns
    };
    let (deleted, turns) = tokio::join!(storage.delete_expired(at(10)), requests);
    assert_eq!(deleted.unwrap(), 10_000);
    assert!(turns >= 100, "the other task had {turns} turns");
}

#[test]
fn a_clean_up_undoes_no_save_and_no_touch_of_the_same_moment() {
    for _ in 0..25 {
        let storage = MemorySessionStorage::new();
        let expired = record(0, 10);
        for number in 0..2_000 {
            storage.add(number, expired.clone());
        }
        let start = Barrier::new(2);
        let prolonged: Vec<_> = std::thread::scope(|scope| {
            scope.spawn(|| {
                start.wait();
                storage.clean_up(10);
            });
            start.wait();
            let numbers = (0..2_000).filter(|number| {
                let mut longer = next(&expired, None);
                longer.expires_at = at(20);
                match number % 2 {
                    0 => storage.replace(*number, longer) == Saved::Done,
                    _ => storage.see(*number, 5, 20),
                }
            });
            numbers.collect()
        });
        for number in prolonged {
            assert!(storage.has(number), "session {number} was prolonged");
        }
    }
}

#[tokio::test]
async fn a_clean_up_ends_a_session_exactly_at_its_expiry_also_before_1970() {
    for end in [at(0), at(-1)] {
        let storage = MemorySessionStorage::new();
        let mut record = record(-10, 0);
        record.expires_at = end;
        storage.add(1, record);
        for (microseconds, left) in [(-1, 1), (0, 0)] {
            let now = end + Duration::microseconds(microseconds);
            storage.delete_expired(now).await.unwrap();
            assert_eq!(storage.len(), left, "{microseconds}");
        }
    }
}
