//! The table: created once by many, missing, dropped, and with rows that are no records.

use std::error::Error;
use std::sync::Arc;

use axum::http::StatusCode;
use axum_bare_session::storage::{
    Digest, Owned, Saved, SessionRecord, SessionStorage, StorageError, StorageErrorKind, Timestamp,
    Version,
};
use axum_bare_session::{Duration, OffsetDateTime, SessionId, Sessions};
use futures_util::future::join_all;
use futures_util::stream;
use futures_util::{StreamExt, TryStreamExt};
use uuid::Uuid;

use super::app::{app, id};
use super::database::{Database, migrated, on_each_database};

fn number(number: u128) -> SessionId {
    Uuid::from_u128(number).into()
}

pub(super) fn record(owner: Option<&str>) -> Arc<SessionRecord> {
    let now = Timestamp::from(OffsetDateTime::now_utc());
    let mut record = SessionRecord::new(Digest::from([7; 32]), now, now + Duration::HOUR);
    record.owner = owner.map(Arc::from);
    Arc::new(record)
}

async fn create(storage: &impl SessionStorage, id: SessionId, record: &Arc<SessionRecord>) {
    let saved = storage.save(id, Arc::clone(record), None).await;
    assert_eq!(saved.unwrap(), Saved::Done);
}

/// An error with all its sources, as a log may show it.
pub(super) fn chain(error: &StorageError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(" {error} {error:?}");
        source = error.source();
    }
    text
}

async fn eight_that_migrate_at_once_make_one_table<D: Database>() {
    for round in 0..5 {
        let database = Arc::new(D::new(&format!("eight_{round}")).await);
        let migrations = (0..8).map(|_| {
            let database = Arc::clone(&database);
            tokio::spawn(async move { database.migrate().await })
        });
        let storages = join_all(migrations).await;
        let storages = storages
            .into_iter()
            .map(|storage| storage.unwrap().unwrap());
        let storages: Vec<_> = storages.collect();
        create(&storages[0], number(1), &record(None)).await;
        let again = database.migrate().await.unwrap();
        for storage in [&again, &storages[1]] {
            assert!(storage.load(number(1)).await.unwrap().is_some());
        }
    }
}

async fn a_missing_table_is_named_by_the_error_of_every_call<D: Database>() {
    let (database, storage) = migrated::<D>("no_such_table").await;
    database.execute("DROP TABLE no_such_table").await;
    let (id, now, first) = (
        number(1),
        Timestamp::from(OffsetDateTime::now_utc()),
        Version::FIRST,
    );
    let errors = [
        storage.load(id).await.unwrap_err(),
        storage.save(id, record(None), None).await.unwrap_err(),
        storage
            .save(id, record(None), Some(first))
            .await
            .unwrap_err(),
        storage.touch(id, first, now, now).await.unwrap_err(),
        storage.delete(id).await.unwrap_err(),
        storage.list("user:42", now).await.unwrap_err(),
        storage
            .delete_owned("user:42", Owned::All, now)
            .await
            .unwrap_err(),
        storage.delete_expired(now).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), StorageErrorKind::NotMigrated);
        let source = error.source().unwrap().to_string();
        assert!(source.contains("no_such_table"), "{source}");
        // What a `main` prints that returns the error.
        let printed = format!("{error:?}");
        assert!(printed.contains("SessionStorage::migrate"), "{printed}");
    }
}

async fn a_table_that_is_dropped_fails_requests_until_it_is_back<D: Database>() {
    let (database, storage) = migrated::<D>("dropped").await;
    let mut browser = app(storage.clone());
    assert_eq!(browser.post("/count").await.status, StatusCode::OK);
    database.execute("DROP TABLE dropped").await;
    let mut visitor = browser.clone();
    for _ in 0..3 {
        let reply = visitor.post("/count").await;
        // To try again would not help: the application has to call `migrate`.
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(reply.body.contains("call its `migrate`"), "{}", reply.body);
    }
    database.migrate().await.unwrap();
    assert_eq!(visitor.post("/count").await.status, StatusCode::OK);
    assert_eq!(
        visitor.get("/counted").await.body,
        "1",
        "the old table is gone"
    );
}

async fn a_row_that_is_no_record_is_removed_and_its_visitor_starts_afresh<D: Database>() {
    let (database, storage) = migrated::<D>("garbage").await;
    for garbage in ["42", "[]", "{}", r#"{"format":1,"version":"one"}"#] {
        let mut browser = app(storage.clone());
        browser.post("/count").await;
        let old = id(&browser.cookie().unwrap());
        let spoil = format!("UPDATE garbage SET record = '{garbage}'");
        assert!(database.execute(&spoil).await > 0);
        let error = storage.load(old).await.unwrap_err();
        assert_eq!(error.kind(), StorageErrorKind::Malformed);
        assert_eq!(browser.get("/counted").await.body, "0");
        assert_eq!(
            storage.load(old).await.unwrap(),
            None,
            "{garbage} stays for ever"
        );
    }
}

async fn a_row_of_a_newer_format_is_left_as_it_is<D: Database>() {
    let (database, storage) = migrated::<D>("newer").await;
    let mut browser = app(storage.clone());
    browser.post("/login").await;
    let old = id(&browser.cookie().unwrap());
    let newer = r#"UPDATE newer SET record = '{"format":1000000}'"#;
    assert_eq!(database.execute(newer).await, 1);
    assert_eq!(browser.get("/counted").await.body, "0");
    let error = storage.load(old).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::NewerFormat);
    let owner = "user:42";
    let listed = storage.list(owner, OffsetDateTime::now_utc().into()).await;
    let [(listed, record)] = &listed.unwrap()[..] else {
        panic!("the session is not listed");
    };
    assert_eq!(*listed, old);
    assert_eq!(record.owner.as_deref(), Some(owner));
    assert_eq!(record.digest, Digest::from([0; 32]), "nothing opens it");
    assert!(record.expires_at > record.last_seen && record.values.is_empty());

    let sessions = Sessions::from(storage.clone());
    assert_eq!(sessions.revoke_all(owner).await.unwrap(), 1);
    assert_eq!(storage.load(old).await.unwrap(), None);
}

async fn a_row_that_is_no_record_keeps_no_owner_from_logging_out<D: Database>() {
    let (database, storage) = migrated::<D>("spoiled").await;
    create(&storage, number(1), &record(Some("ann"))).await;
    assert_eq!(
        database.execute("UPDATE spoiled SET record = '42'").await,
        1
    );
    create(&storage, number(2), &record(Some("ann"))).await;
    let sessions = Sessions::from(storage.clone());
    let listed = sessions.list("ann").await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].id(), number(2));
    assert_eq!(sessions.revoke_all("ann").await.unwrap(), 2);
    for id in [number(1), number(2)] {
        assert_eq!(storage.load(id).await.unwrap(), None);
    }
}

async fn owners_may_have_any_bytes_and_any_length<D: Database>() {
    let (_database, storage) = migrated::<D>("owners").await;
    let long = "\u{1f36a}".repeat(2_000);
    let longer = format!("{long}a");
    let owners = [
        "",
        "\0",
        "a\0b",
        "a\0c",
        "a",
        "\u{1f469}\u{200d}\u{1f680}",
        &long,
        &longer,
    ];
    for (at, owner) in owners.into_iter().enumerate() {
        create(&storage, number(at as u128), &record(Some(owner))).await;
    }
    for (at, owner) in owners.into_iter().enumerate() {
        let listed = storage
            .list(owner, OffsetDateTime::now_utc().into())
            .await
            .unwrap();
        let [(id, found)] = &listed[..] else {
            panic!("{owner:?} has one session: {listed:?}");
        };
        assert_eq!(
            (*id, found.owner.as_deref()),
            (number(at as u128), Some(owner))
        );
    }
}

async fn clean_ups_at_once_remove_each_expired_session_once<D: Database>() {
    let (_database, storage) = migrated::<D>("cleaned").await;
    let live = record(None);
    let mut expired = SessionRecord::clone(&live);
    expired.expires_at = live.last_seen;
    let expired = Arc::new(expired);
    stream::iter(0..2_500)
        .for_each_concurrent(16, async |at| create(&storage, number(at), &expired).await)
        .await;
    create(&storage, number(1 << 100), &live).await;
    let clean_ups = (0..4).map(|_| {
        let (storage, now) = (storage.clone(), live.last_seen);
        tokio::spawn(async move { storage.delete_expired(now).await })
    });
    let deleted = join_all(clean_ups).await;
    let deleted: u64 = deleted
        .into_iter()
        .map(|deleted| deleted.unwrap().unwrap())
        .sum();
    assert_eq!(deleted, 2_500);
    assert!(storage.load(number(1 << 100)).await.unwrap().is_some());
}

async fn a_clean_up_removes_expired_registers_and_counts_only_sessions<D: Database>() {
    let (_database, storage) = migrated::<D>("registers").await;
    let live = record(None);
    let mut expired = SessionRecord::clone(&live);
    expired.expires_at = live.last_seen;
    let expired = Arc::new(expired);
    let register = |byte| SessionId::from(uuid::Builder::from_custom_bytes([byte; 16]).into_uuid());
    for at in 0..3 {
        create(&storage, number(1 << at), &expired).await;
        create(&storage, register(at), &expired).await;
    }
    create(&storage, register(7), &live).await;
    assert_eq!(storage.delete_expired(live.last_seen).await.unwrap(), 3);
    for at in 0..3 {
        assert_eq!(storage.load(register(at)).await.unwrap(), None);
    }
    assert!(storage.load(register(7)).await.unwrap().is_some());
}

async fn all_ids_are_named_page_by_page<D: Database>() {
    let (_database, storage) = migrated::<D>("named").await;
    let ids = async || storage.ids().try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(ids().await, []);
    let first = [0, 1, 2].map(number);
    let last = [u128::MAX - 1, u128::MAX].map(number);
    // Two full pages, and one more.
    let between = (0..1_996).map(|at| number(1_000 + (at << 100)));
    let mut named: Vec<_> = first.into_iter().chain(between).chain(last).collect();
    let record = record(None);
    let created = stream::iter(&named).map(|id| create(&storage, *id, &record));
    created.buffer_unordered(16).collect::<()>().await;
    named.sort();
    for _ in 0..2 {
        assert_eq!(ids().await, named);
        assert!(storage.delete(named.remove(1_000)).await.unwrap());
    }
}

on_each_database! {
    all_ids_are_named_page_by_page
    eight_that_migrate_at_once_make_one_table
    a_missing_table_is_named_by_the_error_of_every_call
    a_table_that_is_dropped_fails_requests_until_it_is_back
    a_row_that_is_no_record_is_removed_and_its_visitor_starts_afresh
    a_row_of_a_newer_format_is_left_as_it_is
    a_row_that_is_no_record_keeps_no_owner_from_logging_out
    owners_may_have_any_bytes_and_any_length
    clean_ups_at_once_remove_each_expired_session_once
    a_clean_up_removes_expired_registers_and_counts_only_sessions
}
