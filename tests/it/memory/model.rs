use std::collections::BTreeMap;

use axum_bare_session::MemorySessionStorage;
use axum_bare_session::storage::{Saved, SessionRecord, SessionStorage};

use super::steps::{Blocking, at, block_on, id, next, owned, record};

const IDS: usize = 24;
const OWNERS: [Option<&str>; 4] = [None, Some("ann"), Some("ben"), Some("cleo")];

/// SplitMix64: the same numbers in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

fn some_record(numbers: &mut Numbers, now: i64) -> SessionRecord {
    let end = now + numbers.below(40) as i64;
    match OWNERS[numbers.below(OWNERS.len())] {
        Some(owner) => owned(now, end, owner),
        None => record(now, end),
    }
}

/// The map and the index say the same: of how many sessions there are, and of whose they are.
fn assert_consistent(storage: &MemorySessionStorage, now: i64) {
    let stored: Vec<_> = (0..IDS)
        .filter_map(|n| Some((n, storage.get(n)?)))
        .collect();
    assert_eq!(storage.len(), stored.len());
    for owner in OWNERS.into_iter().flatten() {
        let mine = stored.iter().filter(|(_, record)| {
            record.owner.as_deref() == Some(owner) && !record.is_expired(at(now))
        });
        let mine: Vec<_> = mine.map(|(number, _)| id(*number)).collect();
        assert_eq!(storage.owned_by(owner, now), mine, "{owner}");
    }
}

#[test]
fn any_sequence_of_calls_does_what_a_plain_map_would() {
    for seed in 0..50 {
        let mut numbers = Numbers(seed);
        let storage = MemorySessionStorage::new();
        let mut model: BTreeMap<usize, SessionRecord> = BTreeMap::new();
        for now in 0..400 {
            let number = numbers.below(IDS);
            // What has expired may leave at any creation, and need not.
            model.retain(|n, r| !r.is_expired(at(now)) || storage.has(*n));
            let known = model.get(&number).cloned();
            match (numbers.below(8), &known) {
                (0..=2, None) => {
                    let record = some_record(&mut numbers, now);
                    let saved = storage.create(number, record.clone()).unwrap();
                    assert_eq!(saved, Saved::Done);
                    model.insert(number, record);
                }
                (0..=2, Some(known)) => {
                    let saved = storage.create(number, some_record(&mut numbers, now));
                    assert_eq!(saved.unwrap(), Saved::Conflict(Some(known.clone().into())));
                }
                (3 | 4, Some(known)) => {
                    let mut after = some_record(&mut numbers, now);
                    after.version = known.version.next();
                    assert_eq!(storage.replace(number, after.clone()), Saved::Done);
                    model.insert(number, after);
                }
                (5, Some(known)) => {
                    let end = now + numbers.below(40) as i64;
                    assert!(storage.see(number, now, end));
                    let mut after = known.clone();
                    (after.last_seen, after.expires_at) = (at(now), at(end));
                    model.insert(number, after);
                }
                (3..=5, None) => {
                    let saved = storage.replace(number, next(&record(now, now), None));
                    assert_eq!(saved, Saved::Conflict(None));
                    assert!(!storage.see(number, now, now + 10));
                }
                (6, _) => {
                    storage.end(number);
                    model.remove(&number);
                }
                _ => {
                    storage.clean_up(now);
                    model.retain(|_, r| !r.is_expired(at(now)));
                }
            }
            model.retain(|n, r| !r.is_expired(at(now)) || storage.has(*n));
            for number in 0..IDS {
                let stored = storage.get(number);
                let context = format!("seed {seed}, step {now}, session {number}");
                assert_eq!(stored.as_deref(), model.get(&number), "{context}");
            }
            assert_consistent(&storage, now);
        }
    }
}

#[test]
fn map_and_index_agree_after_any_calls_from_several_threads() {
    for seed in 0..30 {
        let storage = MemorySessionStorage::with_max_sessions(IDS / 2);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (storage, numbers) = (&storage, Numbers(seed * 4 + thread));
                scope.spawn(move || call_at_random(storage, numbers));
            }
        });
        // Before any of them ends, so that all are listed.
        assert_consistent(&storage, -1);
        storage.clean_up(1_000);
        assert!(storage.is_empty(), "all can be found by their expiry");
        assert_eq!(storage.bytes(), 0, "all that was taken is given back");
    }
}

fn call_at_random(storage: &MemorySessionStorage, mut numbers: Numbers) {
    for now in 0..400 {
        let number = numbers.below(IDS);
        let record = some_record(&mut numbers, now);
        match numbers.below(8) {
            0..=2 => {
                // Full of owned ones it may well be.
                let _ = storage.create(number, record);
            }
            3 | 4 => {
                if let Some(stored) = storage.get(number) {
                    let mut after = record;
                    after.version = stored.version.next();
                    let _ = storage.replace(number, after);
                }
            }
            5 => {
                storage.see(number, now, now + 50);
            }
            6 => storage.end(number),
            _ => {
                storage.clean_up(now);
            }
        }
        assert!(storage.len() <= IDS / 2);
        for owner in OWNERS.into_iter().flatten() {
            storage.owned_by(owner, now);
        }
    }
}

/// What a list finds was the owner's when it was looked at, though others log in and out meanwhile.
#[test]
fn a_list_names_nobody_elses_session_however_often_owners_change() {
    let storage = MemorySessionStorage::new();
    for number in 0..64 {
        storage.add(number, record(0, 10));
    }
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for round in 0..2_000 {
                let owner = ["ann", "ben"][round % 2];
                for number in 0..64 {
                    let former = storage.get(number).unwrap();
                    let saved = storage.replace(number, next(&former, Some(owner)));
                    assert_eq!(saved, Saved::Done);
                }
            }
        });
        while !writer.is_finished() {
            let listed = block_on(storage.list("ann", at(0))).unwrap();
            for (_, record) in listed {
                assert_eq!(record.owner.as_deref(), Some("ann"));
            }
        }
    });
}
