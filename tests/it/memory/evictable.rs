//! How much would come free if those left that may be dropped: what decides whether any is.

use axum_bare_session::MemorySessionStorage;
use axum_bare_session::storage::{Saved, StorageErrorKind};

use super::bytes::{of, with};
use super::steps::{Blocking, next, owned, record};

const KIB: usize = 1 << 10;

/// A storage of 64 KiB, with session 0 of `before` KiB that was then replaced by one of `after` KiB.
fn replaced(before: usize, after: usize) -> MemorySessionStorage {
    let storage = of(64 * KIB);
    storage.add(0, with(record(0, 100), before * KIB));
    let next = with(next(&record(0, 100), None), after * KIB);
    assert_eq!(storage.replace(0, next), Saved::Done);
    storage
}

#[test]
fn a_session_that_has_shrunk_gives_as_much_as_it_still_takes() {
    let storage = replaced(20, 10);
    storage.add(1, with(record(0, 100), 20 * KIB));
    storage.add(2, with(owned(0, 100, "ann"), 60 * KIB));
    assert!(!storage.has(0) && !storage.has(1));
}

#[test]
fn a_session_that_has_grown_gives_no_more_than_it_takes_and_does_not_leave_for_nothing() {
    let storage = replaced(10, 20);
    storage.add(1, with(owned(0, 100, "ann"), 30 * KIB));
    let refused = storage.create(2, with(owned(0, 100, "ben"), 40 * KIB));
    assert_eq!(refused.unwrap_err().kind(), StorageErrorKind::Full);
    assert!(storage.has(0) && storage.has(1));
}

/// They are looked for a few at a time.
#[test]
fn all_that_has_expired_leaves_before_a_session_is_refused() {
    let storage = of(256 * KIB);
    for number in 0..200 {
        storage.add(number, with(owned(0, 10, "ann"), 300));
    }
    storage.add(200, with(record(0, 100), KIB));
    let taken = storage.bytes();
    assert!(taken > 128 * KIB, "{taken}");
    storage.add(201, with(owned(10, 100, "ben"), 250 * KIB));
    assert!(storage.has(200) && storage.has(201));
}

/// Sessions that were touched stand before it, where they would have ended.
#[test]
fn where_one_has_expired_no_other_leaves_for_a_newcomer() {
    for (touched, owner) in [
        (40, None),
        (200, None),
        (40, Some("ada")),
        (100, Some("ada")),
    ] {
        let record = |seen, end| {
            let mut record = record(seen, end);
            record.owner = owner.map(Into::into);
            record
        };
        let storage = MemorySessionStorage::with_max_sessions(touched + 1);
        for number in 0..touched {
            storage.add(number, record(0, 10));
            assert!(storage.see(number, 9, 100));
        }
        storage.add(touched, record(0, 11));
        storage.add(touched + 1, record(20, 100));
        let all = 0..touched + 2;
        let gone: Vec<_> = all.filter(|number| !storage.has(*number)).collect();
        assert_eq!(gone, [touched], "{owner:?}");
    }
}
