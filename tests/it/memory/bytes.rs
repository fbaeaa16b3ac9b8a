//! The bound on how much memory the sessions take.

use std::sync::Arc;

use axum_bare_session::storage::{
    Owned, Saved, SessionRecord, SessionStorage, StorageErrorKind, Version,
};
use axum_bare_session::{Duration, MemorySessionStorage};

use super::steps::{Blocking, at, block_on, id, next, owned, record};

const KIB: usize = 1 << 10;

/// The record with a value of so many bytes.
pub(super) fn with(mut record: SessionRecord, bytes: usize) -> SessionRecord {
    record.values.insert("text", &"x".repeat(bytes)).unwrap();
    record
}

pub(super) fn of(max_bytes: usize) -> MemorySessionStorage {
    MemorySessionStorage::with_limits(1 << 20, max_bytes)
}

fn kept(storage: &MemorySessionStorage, numbers: usize) -> Vec<usize> {
    (0..numbers).filter(|n| storage.has(*n)).collect()
}

/// Saves `record` over the version before it, and returns whether there was no room for it.
fn is_refused(storage: &MemorySessionStorage, number: usize, record: SessionRecord) -> bool {
    let before = Version::from(u64::from(record.version) - 1);
    match block_on(storage.save(id(number), record.into(), Some(before))) {
        Ok(saved) => {
            assert_eq!(saved, Saved::Done);
            false
        }
        Err(error) => {
            assert_eq!(error.kind(), StorageErrorKind::Full);
            true
        }
    }
}

#[test]
fn the_bound_holds_under_ten_thousand_creations_and_each_newcomer_is_kept() {
    let storage = of(64 * KIB);
    for number in 0..10_000 {
        let size = number * 7 % 5_000;
        storage.add(number, with(record(number as i64, 100_000), size));
        assert!(storage.bytes() <= 64 * KIB, "{}", storage.bytes());
        assert!(storage.has(number));
    }
    assert!(storage.bytes() > 56 * KIB, "{}", storage.bytes());
    let kept = kept(&storage, 10_000);
    assert_eq!(
        *kept,
        Vec::from_iter(10_000 - kept.len()..10_000),
        "the longest idle ones left"
    );
}

#[test]
fn what_a_session_takes_is_counted_with_its_values_and_given_back_when_it_ends() {
    let storage = of(KIB * KIB);
    let mut last = 0;
    for (number, size) in [0, 10, 100, 1_000, 60_000].into_iter().enumerate() {
        storage.add(number, with(record(0, 10), size));
        let taken = storage.bytes() - last;
        assert!((size + 300..size + 500).contains(&taken), "{size}: {taken}");
        last += taken;
    }
    for number in 0..5 {
        storage.end(number);
    }
    assert_eq!(storage.bytes(), 0);

    for number in 0..5 {
        storage.add(number, with(owned(0, 10, "ann"), 1_000));
    }
    let ended = storage.delete_owned("ann", Owned::AllBut(id(3)), at(0));
    assert_eq!(block_on(ended).unwrap().len(), 4);
    let one = storage.bytes();
    assert!((1_600..2_000).contains(&one), "{one}");
    assert_eq!(storage.clean_up(10), 1);
    assert_eq!(storage.bytes(), 0);
}

#[test]
fn a_replaced_session_counts_once_with_its_present_size_and_owner() {
    let storage = of(KIB * KIB);
    storage.add(0, with(record(0, 10), 100));
    let small = storage.bytes();
    let mut current = record(0, 10);
    for (size, owner) in [
        (5_000, None),
        (100, Some("ann")),
        (3_000, Some("ben")),
        (10, Some("ben")),
    ] {
        current = next(&current, owner);
        assert!(!is_refused(&storage, 0, with(current.clone(), size)));
        let expected = small + size + owner.map_or(0, |_| 336);
        let difference = expected.abs_diff(100 + storage.bytes());
        assert!(difference <= 64, "{size} {owner:?}: {difference}");
    }
    current = next(&current, None);
    assert!(!is_refused(&storage, 0, with(current, 100)));
    assert_eq!(storage.bytes(), small);
}

#[test]
fn an_owner_is_counted_once_however_many_sessions_there_are() {
    let storage = of(KIB * KIB);
    let mut sizes = Vec::new();
    for number in 0..4 {
        let before = storage.bytes();
        storage.add(number, owned(0, 10, "ann"));
        sizes.push(storage.bytes() - before);
    }
    assert!(sizes[0] > sizes[1] + 250 && sizes[1] == sizes[2] && sizes[2] == sizes[3]);
    for number in 0..4 {
        let before = storage.bytes();
        storage.end(number);
        assert_eq!(before - storage.bytes(), sizes[3 - number]);
    }
}

#[test]
fn a_session_that_grows_makes_others_leave_and_never_itself() {
    let storage = of(32 * KIB);
    for number in 0..20 {
        storage.add(number, with(record(number as i64, 1_000), 1_000));
    }
    // It is the longest idle one, and would be the first to expire.
    let grown = with(next(&record(0, 900), None), 20_000);
    assert!(!is_refused(&storage, 0, grown.clone()));
    assert_eq!(storage.get(0).as_deref(), Some(&grown));
    assert!(storage.bytes() <= 32 * KIB);
    let kept = kept(&storage, 20);
    assert_eq!(kept[1..], Vec::from_iter(20 - (kept.len() - 1)..20));
    assert!(kept.len() > 7, "no more left than had to: {kept:?}");
}

#[test]
fn what_fits_in_no_case_is_refused_and_nobody_leaves_for_it() {
    let storage = of(32 * KIB);
    for number in 0..8 {
        storage.add(number, with(owned(0, 1_000, "ann"), 2_000));
    }
    for number in 8..12 {
        storage.add(number, with(record(0, 1_000), 2_000));
    }
    let before = storage.bytes();
    // 19 KiB are left beside those with an owner.
    let error = storage
        .create(12, with(record(5, 1_000), 20_000))
        .unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Full);
    let huge = storage.create(12, with(owned(5, 1_000, "ben"), 40_000));
    assert_eq!(huge.unwrap_err().kind(), StorageErrorKind::Full);
    let first = storage.get(0).unwrap();
    assert!(is_refused(
        &storage,
        0,
        with(next(&first, Some("ann")), 20_000)
    ));
    let first = storage.get(8).unwrap();
    // The second would fit if the session itself could make room.
    for size in [20_000, 14_000] {
        assert!(is_refused(&storage, 8, with(next(&first, None), size)));
    }
    assert_eq!(kept(&storage, 13), Vec::from_iter(0..12));
    assert_eq!(storage.get(8), Some(first), "the old record stays");
    assert_eq!(storage.bytes(), before);
    assert_eq!(storage.owned_by("ben", 0), []);

    // What fits if those without an owner leave makes them leave.
    storage.add(12, with(owned(5, 1_000, "ben"), 10_000));
    assert!(kept(&storage, 13).len() < 13);
    assert_eq!(storage.owned_by("ann", 0).len(), 8);
}

#[test]
fn expired_sessions_leave_first_whosever_they_are() {
    let storage = of(32 * KIB);
    storage.add(0, with(record(0, 1_000), 8_000));
    for number in 1..11 {
        storage.add(number, with(owned(0, 10, "ann"), 1_000));
    }
    storage.add(11, with(record(20, 1_000), 20_000));
    assert!(storage.has(0), "the longest idle one lives on");
    assert!(storage.has(11));
    assert!(storage.bytes() <= 32 * KIB);
}

#[test]
fn a_register_counts_and_never_leaves() {
    let storage = of(16 * KIB);
    let register = uuid::Builder::from_custom_bytes([7; 16]).into_uuid();
    let first = with(record(0, 1_000), 8_000);
    let saved = storage.save(register.into(), Arc::new(first), None);
    assert_eq!(block_on(saved).unwrap(), Saved::Done);
    assert!(storage.bytes() > 8_000);
    for number in 0..20 {
        storage.add(number, with(record(5, 2_000), 1_000));
    }
    let sessions = storage.len();
    let error = storage.create(20, with(record(5, 1_000), 9_000));
    assert_eq!(error.unwrap_err().kind(), StorageErrorKind::Full);
    assert_eq!(storage.len(), sessions, "nobody leaves for nothing");
    let loaded = block_on(storage.load(register.into()));
    assert!(loaded.unwrap().is_some());
}

#[test]
fn a_conflict_takes_no_room() {
    let storage = of(32 * KIB);
    storage.add(0, record(0, 10));
    storage.add(1, record(0, 10));
    let before = storage.bytes();
    let (large, first) = (with(record(0, 10), 30_000), record(0, 10));
    let saved = storage.create(0, large.clone()).unwrap();
    assert_eq!(saved, Saved::Conflict(Some(first.clone().into())));
    let late = next(&next(&large, None), None);
    assert_eq!(
        storage.replace(0, late),
        Saved::Conflict(Some(first.into()))
    );
    assert_eq!(
        storage.replace(9, next(&large, None)),
        Saved::Conflict(None)
    );
    assert_eq!(storage.bytes(), before);
    assert_eq!(kept(&storage, 2), [0, 1]);
}

#[test]
fn the_bound_holds_under_creations_and_growth_from_several_threads() {
    let storage = of(128 * KIB);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let storage = &storage;
            scope.spawn(move || {
                for step in 0..2_000 {
                    let number = thread * 8 + step % 8;
                    let size = (step * 37 + thread) % 3_000;
                    let owner = (step % 3 == 0).then_some(["ann", "ben"][step % 2]);
                    let made = match storage.get(number) {
                        Some(_) if step % 11 == 0 => {
                            storage.end(number);
                            None
                        }
                        Some(stored) => {
                            let mut record = with(next(&stored, owner), size);
                            record.last_seen += Duration::MINUTE;
                            let before = Some(stored.version);
                            block_on(storage.save(id(number), record.into(), before)).err()
                        }
                        None => storage.create(number, with(record(0, 9_000), size)).err(),
                    };
                    let kind = made.map(|error| error.kind());
                    assert!(kind.is_none_or(|kind| kind == StorageErrorKind::Full));
                    let bytes = storage.bytes();
                    assert!(bytes <= 128 * KIB, "{bytes}");
                }
            });
        }
    });
    assert!(storage.len() <= 32);
    for number in 0..32 {
        storage.end(number);
    }
    assert_eq!(storage.bytes(), 0);
}
