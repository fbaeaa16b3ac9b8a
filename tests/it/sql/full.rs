//! A database without room for more.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum_bare_session::storage::{SessionStorage, StorageErrorKind};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::app::{app, id};
use super::table::record;

/// A kind of database that a test may fill.
pub(super) trait Fillable: Sized {
    type Storage: SessionStorage + Clone;

    /// What the database says when it is full.
    const FULL: &str;

    async fn small() -> Self;
    async fn storage(&self) -> Self::Storage;
    /// Makes an end of the room, which some megabytes more than there are now fill.
    async fn limit(&self);
    /// Makes room again, without a restart.
    async fn free(&self);
}

/// Writes are refused, what was stored stays, and with room again all goes on.
async fn assert_goes_on<D: Fillable>() {
    let database = D::small().await;
    let storage = database.storage().await;
    let mut visitor = app(storage.clone());
    assert_eq!(visitor.post("/count").await.status, StatusCode::OK);
    database.limit().await;

    let mut large = record(Some("large")).as_ref().clone();
    large.values.insert("text", &noise(60_000)).unwrap();
    let large = Arc::new(large);
    let mut stored = Vec::new();
    let error = loop {
        let id = Uuid::new_v4().into();
        match storage.save(id, Arc::clone(&large), None).await {
            Ok(_) => stored.push(id),
            Err(error) => break error,
        }
        assert!(stored.len() < 2_000, "it has room for all");
    };
    assert_eq!(error.kind(), StorageErrorKind::Unavailable);
    let source = error.source().unwrap().to_string();
    assert!(source.contains(D::FULL), "{source}");

    let mut newcomer = app(storage.clone());
    let refused = async {
        while newcomer.post("/large").await.status == StatusCode::OK {
            newcomer.cookies.clear();
        }
    };
    let refused = timeout(Duration::from_secs(60), refused).await;
    refused.expect("a request finds it full");
    assert!(
        newcomer.cookies.is_empty(),
        "no cookie of a session that was not saved"
    );
    assert_eq!(visitor.get("/counted").await.body, "1");
    for id in &stored {
        assert!(storage.load(*id).await.unwrap().is_some());
    }

    database.free().await;
    let room = async {
        while visitor.post("/count").await.status != StatusCode::OK
            || newcomer.post("/large").await.status != StatusCode::OK
        {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(60), room)
        .await
        .expect("it goes on");
    let id = id(&newcomer.cookie().unwrap());
    assert!(storage.load(id).await.unwrap().is_some());
}

/// Text that no compression makes much smaller.
pub(super) fn noise(length: usize) -> String {
    let mut state = 7u64;
    let digits = (0..length).map(|_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b'a' + (state >> 59) as u8 % 26)
    });
    digits.collect()
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_postgres_loses_nothing_and_goes_on() {
    assert_goes_on::<super::PostgresServer>().await;
}

#[cfg(feature = "mysql")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_mysql_loses_nothing_and_goes_on() {
    assert_goes_on::<super::mysql::SmallMySql>().await;
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_sqlite_loses_nothing_and_goes_on() {
    // The limit is that of a process, which has to survive the signal that comes with it.
    const ALONE: &str = "FULL_SQLITE_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return assert_goes_on::<super::sqlite::SmallSqlite>().await;
    }
    let mut alone = tokio::process::Command::new("sh");
    alone.args(["-c", r#"trap "" XFSZ; exec "$0" "$@""#]);
    alone.arg(std::env::current_exe().unwrap());
    let test = "sql::full::a_full_sqlite_loses_nothing_and_goes_on";
    let run = alone.args([test, "--exact"]).env(ALONE, "1").output();
    let run = run.await.unwrap();
    let told = String::from_utf8(run.stdout).unwrap();
    assert!(told.contains("1 passed"), "{told}");
}
