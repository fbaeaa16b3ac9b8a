//! Variants on SQLite, each on a file of its own.

use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum_bare_session::{CachedSessionStorage, Sessions, SqliteSessionStorage};
use tower_sessions_sqlx_store::{SqliteStore, sqlx as sqlx_0_8};

use super::{measure, tower_sessions};
use crate::Failure;
use crate::variants::ours;

pub const NAMES: [&str; 4] = ["bare", "ours", "ours_cached", "tower_sessions"];

/// Of tower-sessions to its file: the default of sqlx.
const CONNECTIONS: u32 = 10;

pub const SETTINGS: &str = "SQLite with a write-ahead log and synchronous = FULL, on the temporary directory's disk. \
    tower_sessions on a pool of 10 connections";

pub fn run(names: &[&'static str]) -> Result<(), Failure> {
    println!("{SETTINGS}");
    in_directory(|directory| {
        measure::requests(
            "SQLite",
            names,
            &format!("sqlite:{}", directory.display()),
            None,
        )
    })
}

/// Runs it with a temporary directory.
pub fn in_directory<T>(run: impl FnOnce(&Path) -> Result<T, Failure>) -> Result<T, Failure> {
    let directory = std::env::temp_dir().join(format!("peers-{}", std::process::id()));
    std::fs::create_dir(&directory)?;
    let run = run(&directory);
    std::fs::remove_dir_all(&directory)?;
    run
}

pub async fn router(name: &str, url: &str) -> Result<Router, Failure> {
    let directory = Path::new(url.trim_start_matches("sqlite:"));
    let path = directory.join(format!("{name}.db"));
    match name {
        "ours" => Ok(ours(Sessions::from(
            SqliteSessionStorage::migrate(path).await?,
        ))),
        "ours_cached" => {
            let storage = SqliteSessionStorage::migrate(path).await?;
            Ok(ours(Sessions::from(CachedSessionStorage::new(storage))))
        }
        "tower_sessions" => Ok(tower_sessions::router(store(&path).await?)),
        _ => Err(format!("no variant {name} on SQLite").into()),
    }
}

/// tower-sessions' own, with the same settings of SQLite.
pub async fn store(path: &Path) -> Result<SqliteStore, Failure> {
    use sqlx_0_8::sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
    };

    let file = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS);
    let store = SqliteStore::new(pool.connect_with(file).await?);
    store.migrate().await?;
    Ok(store)
}
