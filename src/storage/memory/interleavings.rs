use std::collections::BTreeMap;
use std::sync::Arc;

use shuttle::thread::{self, JoinHandle};
use time::Duration;

use super::index::Place;
use super::room::{Share, sums};
use super::sessions::Sessions;
use crate::record::{Digest, SessionId, SessionRecord, Timestamp, Version};
use crate::storage::{Owned, Saved};

const RUNS: usize = 3_000;
const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000).unwrap();

fn id(number: u8) -> SessionId {
    uuid::Uuid::from_bytes([number; 16]).into()
}

/// A record that ends in so many minutes.
fn record(version: u64, owner: &str, bytes: usize, minutes: i64) -> Arc<SessionRecord> {
    let end = NOW + Duration::minutes(minutes);
    let mut record = SessionRecord::new(Digest::from([0; 32]), NOW, end);
    record.version = Version::from(version);
    record.owner = (!owner.is_empty()).then(|| owner.into());
    record.values.insert("key", &"v".repeat(bytes)).unwrap();
    Arc::new(record)
}

/// Sessions 1 to `count`, all at their first version; every second one is Ann's.
fn stored(count: u8, max_sessions: usize, max_bytes: usize) -> Arc<Sessions> {
    let sessions = Sessions::new(max_sessions, max_bytes);
    for number in 1..=count {
        let owner = if number % 2 == 0 { "ann" } else { "" };
        let created = sessions.create(id(number), record(1, owner, 10, 60));
        assert_eq!(created.unwrap(), Saved::Done);
    }
    Arc::new(sessions)
}

fn spawn<T: Send + 'static>(
    sessions: &Arc<Sessions>,
    work: impl FnOnce(&Sessions) -> T + Send + 'static,
) -> JoinHandle<T> {
    let sessions = Arc::clone(sessions);
    thread::spawn(move || work(&sessions))
}

/// Asserts that the map, the index and the sums of bytes tell of the same sessions.
fn audit(sessions: &Sessions) {
    let (index, records) = (sessions.index(), sessions.records.map());
    let mut owners = BTreeMap::<&str, Vec<SessionId>>::new();
    let mut places: Vec<Place> = Vec::new();
    for (id, stored) in records.iter() {
        assert!(
            stored.queued_at <= stored.record.expires_at,
            "a place is never too late"
        );
        places.push(stored.place(*id));
        if let Some(owner) = stored.record.owner.as_deref() {
            owners.entry(owner).or_default().push(*id);
        }
    }
    places.sort_unstable();
    assert_eq!(index.places(), places);
    for ids in owners.values_mut() {
        ids.sort_unstable();
    }
    assert_eq!(index.owners(), owners);
    let shares = records
        .iter()
        .map(|(id, stored)| Share::of(*id, &stored.record));
    assert_eq!(sessions.room.sums(), sums(shares, owners.len()));
}

#[test]
fn of_two_creations_under_one_id_one_is_made() {
    shuttle::check_random(
        || {
            let sessions = stored(0, 9, 1 << 20);
            let one = spawn(&sessions, |it| it.create(id(1), record(1, "ann", 1, 60)));
            let other = spawn(&sessions, |it| it.create(id(1), record(1, "ben", 2, 30)));
            let made = [one, other].map(|it| it.join().unwrap().unwrap() == Saved::Done);
            assert_eq!(made.iter().filter(|made| **made).count(), 1);
            audit(&sessions);
        },
        RUNS,
    );
}

#[test]
fn of_two_saves_at_one_version_one_is_made_whoever_the_owner_is() {
    // With the owner unchanged, the record's own lock must do.
    for owners in [["ann", "ann"], ["ann", "ben"], ["ben", ""]] {
        shuttle::check_random(move || two_saves(owners), RUNS);
    }
}

fn two_saves(owners: [&'static str; 2]) {
    let sessions = stored(2, 9, 1 << 20);
    let saves = owners.map(|owner| {
        spawn(&sessions, move |it| {
            it.replace(id(2), record(2, owner, 99, 60), Version::FIRST)
        })
    });
    let touch = spawn(&sessions, |it| {
        it.touch(id(2), Version::FIRST, NOW, NOW + Duration::minutes(45))
    });
    let made = saves.map(|it| it.join().unwrap().unwrap() == Saved::Done);
    touch.join().unwrap();
    assert_eq!(made.iter().filter(|made| **made).count(), 1);
    let owner = if made[0] { owners[0] } else { owners[1] };
    let stored = sessions.load(id(2)).unwrap();
    assert_eq!(stored.owner.as_deref().unwrap_or_default(), owner);
    audit(&sessions);
}

#[test]
fn what_was_deleted_stays_so_against_a_save_a_touch_and_a_clean_up() {
    shuttle::check_random(
        || {
            let sessions = stored(3, 9, 1 << 20);
            let save = spawn(&sessions, |it| {
                it.replace(id(2), record(2, "ann", 99, 60), Version::FIRST)
            });
            let touch = spawn(&sessions, |it| {
                it.touch(id(2), Version::FIRST, NOW, NOW + Duration::minutes(5))
            });
            let sweep = spawn(&sessions, |it| {
                it.sweep(NOW + Duration::minutes(10)).deleted
            });
            let deleted = spawn(&sessions, |it| it.delete(id(2))).join().unwrap();
            assert!(sessions.load(id(2)).is_none());
            let saved = save.join().unwrap().unwrap();
            touch.join().unwrap();
            let swept = sweep.join().unwrap();
            assert!(sessions.load(id(2)).is_none(), "{saved:?}");
            // It left once, and nothing else did.
            assert_eq!(u64::from(deleted) + swept, 1);
            audit(&sessions);
        },
        RUNS,
    );
}

#[test]
fn a_clean_up_takes_no_session_that_is_put_off_meanwhile() {
    shuttle::check_random(
        || {
            let sessions = stored(1, 9, 1 << 20);
            let touch = spawn(&sessions, |it| {
                it.touch(id(1), Version::FIRST, NOW, NOW + Duration::minutes(90))
            });
            let sweep = spawn(&sessions, |it| {
                it.sweep(NOW + Duration::minutes(70)).deleted
            });
            let (touched, swept) = (touch.join().unwrap(), sweep.join().unwrap());
            assert_eq!(u64::from(touched) + swept, 1);
            assert_eq!(sessions.load(id(1)).is_some(), touched);
            audit(&sessions);
        },
        RUNS,
    );
}

#[test]
fn an_owners_sessions_end_without_those_that_are_given_away_first() {
    shuttle::check_random(
        || {
            let sessions = stored(4, 9, 1 << 20);
            let give = spawn(&sessions, |it| {
                it.replace(id(2), record(2, "ben", 10, 60), Version::FIRST)
            });
            let take = spawn(&sessions, |it| {
                it.replace(id(3), record(2, "ann", 10, 60), Version::FIRST)
            });
            let ended = sessions.delete_owned("ann", Owned::All, NOW);
            let given = give.join().unwrap().unwrap() == Saved::Done;
            assert_eq!(take.join().unwrap().unwrap(), Saved::Done);
            assert!(ended.contains(&id(4)));
            assert_eq!(ended.contains(&id(2)), !given);
            assert_eq!(sessions.load(id(2)).is_some(), given);
            assert_eq!(sessions.load(id(3)).is_some(), !ended.contains(&id(3)));
            audit(&sessions);
        },
        RUNS,
    );
}

#[test]
fn no_bound_is_passed_and_no_byte_lost_where_sessions_come_grow_and_leave() {
    shuttle::check_random(
        || {
            const MAX_BYTES: usize = 2_600;
            let sessions = stored(3, 4, MAX_BYTES);
            let grow = |number, owner: &'static str, bytes| {
                spawn(&sessions, move |it| {
                    drop(it.replace(id(number), record(2, owner, bytes, 60), Version::FIRST));
                })
            };
            let create = |number, bytes| {
                spawn(&sessions, move |it| {
                    drop(it.create(id(number), record(1, "", bytes, 50)))
                })
            };
            let threads = [
                grow(1, "ann", 600),
                grow(2, "", 700),
                create(8, 300),
                create(9, 10),
            ];
            for thread in threads {
                thread.join().unwrap();
            }
            assert!(sessions.len() <= 4);
            assert!(sessions.bytes() <= MAX_BYTES);
            audit(&sessions);
        },
        RUNS,
    );
}
