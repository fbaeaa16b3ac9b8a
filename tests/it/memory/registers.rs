//! Registers, which the middleware keeps beside the sessions for a limit of them: records under ids of version 8.

use std::sync::Arc;

use axum_bare_session::storage::{Owned, Saved, SessionRecord, SessionStorage, StorageErrorKind};
use axum_bare_session::{MemorySessionStorage, SessionId};
use futures_util::FutureExt;
use uuid::Builder;

use super::steps::{Blocking, at, next, owned, record};

fn register(number: u8) -> SessionId {
    Builder::from_custom_bytes([number; 16]).into_uuid().into()
}

fn save(storage: &MemorySessionStorage, number: u8, record: SessionRecord) {
    let expected = (record.version != 1.into()).then(|| (u64::from(record.version) - 1).into());
    let saved = storage.save(register(number), Arc::new(record), expected);
    assert_eq!(saved.now_or_never().unwrap().unwrap(), Saved::Done);
}

fn has(storage: &MemorySessionStorage, number: u8) -> bool {
    let loaded = storage.load(register(number)).now_or_never().unwrap();
    loaded.unwrap().is_some()
}

#[test]
fn registers_take_no_sessions_place() {
    let storage = MemorySessionStorage::with_max_sessions(2);
    storage.add(0, owned(0, 1_000, "ann"));
    storage.add(1, owned(0, 1_000, "ben"));
    for number in 0..100 {
        save(&storage, number, record(0, 1_000));
    }
    assert_eq!(storage.len(), 2);
    assert!(storage.has(0) && storage.has(1));
    let error = storage.create(2, record(0, 1_000)).unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Full);
    assert!((0..100).all(|number| has(&storage, number)));
}

#[test]
fn a_storage_with_registers_alone_is_empty() {
    let storage = MemorySessionStorage::new();
    save(&storage, 1, record(0, 10));
    assert!(storage.is_empty());
}

#[test]
fn a_register_never_makes_room() {
    let storage = MemorySessionStorage::with_max_sessions(1);
    save(&storage, 1, record(0, 1_000));
    save(&storage, 1, next(&record(1, 1_000), None));
    for number in 0..100 {
        storage.add(number, record(500, 2_000));
        assert_eq!(storage.len(), 1);
    }
    assert!(has(&storage, 1));
}

#[test]
fn an_expired_register_leaves_and_is_not_counted() {
    let storage = MemorySessionStorage::new();
    for number in 1..4 {
        save(&storage, number, record(0, 10));
    }
    save(&storage, 4, record(0, 100));
    storage.add(0, record(0, 10));
    assert_eq!(storage.clean_up(9), 0);
    assert!(has(&storage, 1));
    assert_eq!(storage.clean_up(10), 1);
    assert!((1..4).all(|number| !has(&storage, number)));
    assert!(has(&storage, 4));
    // They leave as others are created, too.
    storage.add(1, record(100, 200));
    assert!(!has(&storage, 4));
}

#[test]
fn a_register_is_no_owners_session() {
    let storage = MemorySessionStorage::new();
    save(&storage, 1, record(0, 100));
    storage.add(0, owned(0, 100, "ann"));
    assert_eq!(storage.owned_by("ann", 0).len(), 1);
    let ended = storage.delete_owned("ann", Owned::All, at(0));
    assert_eq!(ended.now_or_never().unwrap().unwrap().len(), 1);
    assert!(has(&storage, 1));
}
