use axum_bare_session::MemorySessionStorage;
use axum_bare_session::storage::{Saved, StorageErrorKind};

use super::steps::{Blocking, id, next, owned, record};

/// A storage of `max` with as many sessions: number `n` was seen at minute `n`, and all end at minute 1,000.
fn full(max: usize) -> MemorySessionStorage {
    let storage = MemorySessionStorage::with_max_sessions(max);
    for number in 0..max {
        let saved = storage.create(number, record(number as i64, 1_000));
        assert_eq!(saved.unwrap(), Saved::Done);
    }
    storage
}

fn full_of_owned(max: usize) -> MemorySessionStorage {
    let storage = MemorySessionStorage::with_max_sessions(max);
    for number in 0..max {
        storage.add(number, owned(0, 1_000, "ann"));
    }
    storage
}

fn kept(storage: &MemorySessionStorage, numbers: usize) -> Vec<usize> {
    (0..numbers).filter(|n| storage.has(*n)).collect()
}

#[test]
fn the_bound_holds_exactly_under_ten_thousand_creations() {
    let storage = MemorySessionStorage::with_max_sessions(100);
    for number in 0..10_000 {
        let saved = storage.create(number, record(number as i64, 100_000));
        assert_eq!(saved.unwrap(), Saved::Done);
        assert_eq!(storage.len(), 100.min(number + 1));
        assert!(storage.has(number), "the newcomer is kept");
    }
    assert_eq!(kept(&storage, 10_000), Vec::from_iter(9_900..10_000));
}

#[test]
fn the_bound_holds_under_creations_from_several_threads() {
    let storage = MemorySessionStorage::with_max_sessions(100);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let storage = &storage;
            scope.spawn(move || {
                for number in 0..2_500 {
                    storage.add(thread * 2_500 + number, record(0, 10));
                    assert!(storage.len() <= 100);
                }
            });
        }
    });
    assert_eq!(storage.len(), 100);
    assert_eq!(kept(&storage, 10_000).len(), 100);
}

#[test]
fn a_replaced_or_touched_session_needs_no_room() {
    let storage = full(3);
    assert_eq!(
        storage.replace(0, next(&record(5, 1_000), None)),
        Saved::Done
    );
    assert!(storage.see(1, 5, 1_000));
    assert_eq!(kept(&storage, 3), [0, 1, 2]);
}

#[test]
fn the_longest_idle_session_makes_room() {
    let storage = full(3);
    storage.add(3, record(3, 1_000));
    assert_eq!(kept(&storage, 4), [1, 2, 3]);
    storage.add(4, record(4, 1_000));
    assert_eq!(kept(&storage, 5), [2, 3, 4]);
}

#[test]
fn a_touched_session_is_spared() {
    let storage = full(3);
    assert!(storage.see(0, 10, 1_000));
    storage.add(3, record(11, 1_000));
    assert_eq!(kept(&storage, 4), [0, 2, 3]);
}

#[test]
fn a_saved_session_is_spared() {
    let storage = full(3);
    assert_eq!(
        storage.replace(0, next(&record(10, 1_000), None)),
        Saved::Done
    );
    storage.add(3, record(11, 1_000));
    assert_eq!(kept(&storage, 4), [0, 2, 3]);
}

#[test]
fn touched_sessions_are_spared_also_when_they_are_many() {
    let storage = MemorySessionStorage::with_max_sessions(50);
    for number in 0..50 {
        storage.add(number, record(0, 100));
    }
    for number in 0..49 {
        assert!(storage.see(number, 50, 150));
    }
    storage.add(50, record(51, 151));
    assert!(!storage.has(49), "the only idle one makes room");
    assert_eq!(storage.len(), 50);
}

#[test]
fn an_expired_session_makes_room_before_a_live_one() {
    let storage = MemorySessionStorage::with_max_sessions(3);
    storage.add(0, record(0, 1_000));
    storage.add(1, record(5, 10));
    storage.add(2, owned(5, 10, "ann"));
    storage.add(3, record(10, 1_000));
    assert_eq!(kept(&storage, 4), [0, 3], "the longest idle one lives on");
}

#[test]
fn an_expired_session_makes_room_also_behind_touched_ones() {
    let storage = MemorySessionStorage::with_max_sessions(10);
    for number in 0..9 {
        storage.add(number, owned(0, 10, "ann"));
    }
    storage.add(9, owned(0, 20, "ben"));
    for number in 0..9 {
        assert!(storage.see(number, 9, 1_000));
    }
    let saved = storage.create(10, record(20, 1_000));
    assert_eq!(saved.unwrap(), Saved::Done);
    assert!(!storage.has(9), "the expired one makes room");
}

#[test]
fn a_session_with_an_owner_never_makes_room() {
    let storage = MemorySessionStorage::with_max_sessions(3);
    storage.add(0, owned(0, 1_000, "ann"));
    storage.add(1, record(5, 1_000));
    storage.add(2, owned(1, 1_000, "ben"));
    storage.add(3, owned(6, 1_000, "ann"));
    assert_eq!(kept(&storage, 4), [0, 2, 3]);
    assert_eq!(storage.owned_by("ann", 6), [id(0), id(3)]);
}

#[test]
fn a_storage_full_of_owned_sessions_refuses_a_new_one_and_loses_none() {
    let storage = full_of_owned(3);
    for newcomer in [record(5, 1_000), owned(5, 1_000, "ben")] {
        let error = storage.create(3, newcomer).unwrap_err();
        assert_eq!(error.kind(), StorageErrorKind::Full);
        assert_eq!(kept(&storage, 4), [0, 1, 2]);
        assert_eq!(storage.len(), 3);
        assert_eq!(storage.owned_by("ann", 5), [id(0), id(1), id(2)]);
        assert_eq!(storage.owned_by("ben", 5), []);
    }
    let changed = next(&owned(5, 1_000, "ann"), Some("ann"));
    assert_eq!(
        storage.replace(0, changed),
        Saved::Done,
        "what is there goes on"
    );
    storage.end(1);
    storage.add(3, record(6, 1_000));
    assert_eq!(kept(&storage, 4), [0, 2, 3]);
}

#[test]
fn a_storage_keeps_one_session_at_least() {
    for storage in [
        MemorySessionStorage::with_max_sessions(0),
        MemorySessionStorage::with_limits(0, 1_000),
    ] {
        for number in 0..3 {
            storage.add(number, record(0, 10));
            assert_eq!(kept(&storage, 3), [number]);
        }
    }
}

#[test]
fn a_session_that_gets_an_owner_no_longer_makes_room() {
    let storage = full(2);
    let owned = next(&record(0, 1_000), Some("ann"));
    assert_eq!(storage.replace(0, owned), Saved::Done);
    storage.add(2, record(5, 1_000));
    assert_eq!(kept(&storage, 3), [0, 2]);
}

#[test]
fn a_session_that_loses_its_owner_makes_room_again() {
    let storage = full_of_owned(2);
    let anonymous = next(&owned(0, 1_000, "ann"), None);
    assert_eq!(storage.replace(1, anonymous), Saved::Done);
    storage.add(2, owned(5, 1_000, "ben"));
    assert_eq!(kept(&storage, 3), [0, 2]);
}

#[test]
fn clones_share_their_sessions() {
    let storage = MemorySessionStorage::with_max_sessions(2);
    let clone = storage.clone();
    storage.add(0, record(0, 1_000));
    clone.add(1, record(1, 1_000));
    clone.add(2, record(2, 1_000));
    assert_eq!(kept(&storage, 3), [1, 2], "they share the bound too");
    storage.end(1);
    assert_eq!(kept(&clone, 3), [2]);
}
