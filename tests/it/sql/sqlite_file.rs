//! What is SQLite's own: one file, one writer at a time.

use std::error::Error;

use axum::http::StatusCode;
use axum_bare_session::SqliteSessionStorage;
use axum_bare_session::storage::{SessionStorage, StorageErrorKind};
use futures_util::future::join_all;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

use super::app::{app, id};
use super::database::{Database, migrated};
use super::sqlite::Sqlite;

/// 50 writers, each with a session of its own, 20 times.
async fn write_in_parallel(storages: Vec<SqliteSessionStorage>) {
    let writers = (0..50).map(|writer| {
        let mut browser = app(storages[writer % storages.len()].clone());
        tokio::spawn(async move {
            for _ in 0..20 {
                let reply = browser.post("/count").await;
                assert_eq!(reply.status, StatusCode::OK, "database is locked");
            }
            browser.get("/counted").await.body
        })
    });
    for counted in join_all(writers).await {
        assert_eq!(counted.unwrap(), "20");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_50_parallel_writers_none_finds_the_file_locked() {
    let (_file, storage) = migrated::<Sqlite>("fifty").await;
    write_in_parallel(vec![storage]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_50_parallel_writers_over_an_applications_own_pool_none_finds_the_file_locked() {
    let (file, _) = migrated::<Sqlite>("bare_sessions").await;
    let options = SqliteConnectOptions::new().filename(file.file());
    let options = options.journal_mode(SqliteJournalMode::Wal);
    let pool = SqlitePoolOptions::new().max_connections(10);
    let storage = SqliteSessionStorage::new(pool.connect_with(options).await.unwrap());
    write_in_parallel(vec![storage]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_writers_in_four_processes_none_finds_the_file_locked() {
    let (file, first) = migrated::<Sqlite>("four").await;
    let mut storages = vec![first];
    for _ in 0..3 {
        storages.push(file.storage().await);
    }
    write_in_parallel(storages).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn of_16_that_open_a_new_file_at_once_none_finds_it_locked() {
    for round in 0..20 {
        let file = Sqlite::new(&format!("opened_{round}")).await;
        let url = file.url();
        let opened = (0..16).map(|_| {
            let url = url.clone();
            tokio::spawn(async move { SqliteSessionStorage::connect(&url).await })
        });
        for opened in join_all(opened).await {
            opened.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn sessions_outlive_the_connection() {
    let (file, storage) = migrated::<Sqlite>("kept").await;
    let mut first = app(storage);
    first.post("/count").await;
    let mut second = app(file.storage().await);
    second.cookies = first.cookies.clone();
    drop(first);
    assert_eq!(second.get("/counted").await.body, "1");
}

#[tokio::test]
async fn a_read_only_file_can_be_read_and_says_why_it_is_not_written() {
    let (file, storage) = migrated::<Sqlite>("read_only").await;
    let mut writer = app(storage);
    writer.post("/count").await;
    let options = SqliteConnectOptions::new()
        .filename(file.file())
        .read_only(true);
    let pool = SqlitePoolOptions::new()
        .connect_with(options)
        .await
        .unwrap();
    let table = axum_bare_session::storage::TableName::new("read_only").unwrap();
    let storage = SqliteSessionStorage::new(pool).table(table);
    storage.migrate().await.expect("the table is there");
    let mut reader = app(storage.clone());
    reader.cookies = writer.cookies.clone();
    assert_eq!(reader.get("/counted").await.body, "1");
    let reply = reader.post("/count").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    let id = id(&writer.cookie().unwrap());
    let error = storage.delete(id).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Unavailable);
    let source = error.source().unwrap().to_string();
    assert!(source.contains("readonly database"), "{source}");
}

#[tokio::test]
async fn a_url_that_is_none_and_a_directory_that_is_not_there_are_errors() {
    for url in [
        "postgres://localhost/app",
        "sqlite:///no/such/dir/s.db",
        "?",
    ] {
        let error = SqliteSessionStorage::connect(url).await.unwrap_err();
        assert_eq!(error.kind(), StorageErrorKind::Unavailable, "{url}");
        assert!(error.source().is_some());
    }
}

#[tokio::test]
async fn a_row_with_values_of_other_types_is_malformed() {
    for (table, change) in [
        ("types_1", "version = 'one'"),
        ("types_2", "expires_at = 1.5"),
        ("types_3", "last_seen = x'00'"),
        ("types_4", "record = x'ff'"),
        ("types_5", "expires_at = 9223372036854775807"),
    ] {
        let (file, storage) = migrated::<Sqlite>(table).await;
        let mut visitor = app(storage.clone());
        visitor.post("/count").await;
        let id = id(&visitor.cookie().unwrap());
        file.execute(&format!("UPDATE {table} SET {change}")).await;
        let error = storage.load(id).await.unwrap_err();
        assert_eq!(error.kind(), StorageErrorKind::Malformed, "{change}");
        assert_eq!(visitor.get("/counted").await.body, "0");
    }
}
