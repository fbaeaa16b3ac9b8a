use std::process::Command;

use ::axum_session::SessionConfig;
use axum::Router;
use axum_bare_session::{CachedSessionStorage, Duration, MySqlSessionStorage, Sessions};
use axum_session_sqlx::SessionMySqlPool;
use sqlx::MySqlPool;
use sqlx::mysql::MySqlPoolOptions;
use tower_sessions_sqlx_store::{MySqlStore, sqlx as sqlx_0_8};

use super::limit::Table;
use super::server::Recipe;
use super::{limit, tower_sessions};
use crate::Failure;
use crate::variants::{axum_session, ours};

/// saysion has no storage for it.
pub const NAMES: [&str; 7] = [
    "bare",
    "limit",
    "ours",
    "ours_cached",
    "tower_sessions",
    "axum_session",
    "axum_session_no_copy",
];

/// Of each variant to the database.
const CONNECTIONS: u32 = 16;

pub const RECIPE: Recipe = Recipe {
    engine: "MariaDB",
    package: "mariadb-server",
    user: "mysql",
    settings: "MariaDB with innodb_flush_log_at_trx_commit = 2, or the disk would decide. Up to 16 connections for each \
        variant, of sqlx's pool without its ping before each use (test_before_acquire(false)), or ours",
    prepare: Some(prepare),
    run,
    url: |port| format!("mysql://peers@127.0.0.1:{port}/peers"),
};

/// The kernel's own asynchronous I/O is limited for all servers of a machine together.
const NO_NATIVE_AIO: &str = "--innodb-use-native-aio=0";

fn prepare() -> Command {
    // The server reads one statement a line.
    let users = "CREATE DATABASE peers;\nCREATE USER peers@'%';\nGRANT ALL ON *.* TO peers@'%';";
    let mut install = Command::new("sh");
    let script = format!(
        "echo \"{users}\" >init.sql && mariadb-install-db --no-defaults --skip-test-db --skip-name-resolve \
         --auth-root-authentication-method=normal {NO_NATIVE_AIO} --tmpdir=\"$PWD\" --datadir=\"$PWD/data\""
    );
    install.args(["-c", &script]);
    install
}

fn run(port: u16) -> Command {
    let script = format!(
        "exec /usr/sbin/mariadbd --no-defaults --bind-address=127.0.0.1 --skip-name-resolve --port={port} \
         --datadir=\"$PWD/data\" --tmpdir=\"$PWD\" --socket=\"$PWD/socket\" --pid-file=\"$PWD/pid\" \
         --init-file=\"$PWD/init.sql\" --max-connections=200 {NO_NATIVE_AIO} --innodb-flush-log-at-trx-commit=2"
    );
    let mut server = Command::new("sh");
    server.args(["-c", &script]);
    server
}

pub async fn router(name: &str, url: &str) -> Result<Router, Failure> {
    match name {
        "limit" => Ok(limit::router(Records::new(pool(url).await?).await?)),
        "ours" => Ok(ours(Sessions::from(storage(url).await?))),
        "ours_cached" => {
            let storage = CachedSessionStorage::new(storage(url).await?);
            Ok(ours(Sessions::from(storage)))
        }
        "tower_sessions" => {
            let store = MySqlStore::new(pool_0_8(url).await?);
            store.migrate().await?;
            Ok(tower_sessions::router(store))
        }
        "axum_session" => {
            let pool = SessionMySqlPool::from(pool(url).await?);
            axum_session::router(Some(pool), SessionConfig::default()).await
        }
        "axum_session_no_copy" => {
            let pool = SessionMySqlPool::from(pool(url).await?);
            let config = SessionConfig::default().with_memory_lifetime(Duration::ZERO);
            axum_session::router(Some(pool), config.with_table_name("no_copy")).await
        }
        _ => Err(format!("no variant {name} on MariaDB").into()),
    }
}

async fn pool(url: &str) -> sqlx::Result<MySqlPool> {
    let options = MySqlPoolOptions::new().test_before_acquire(false);
    options
        .min_connections(CONNECTIONS)
        .max_connections(CONNECTIONS)
        .connect(url)
        .await
}

/// The same for the library that is built on the version before.
async fn pool_0_8(url: &str) -> sqlx_0_8::Result<sqlx_0_8::MySqlPool> {
    let options = sqlx_0_8::mysql::MySqlPoolOptions::new().test_before_acquire(false);
    options
        .min_connections(CONNECTIONS)
        .max_connections(CONNECTIONS)
        .connect(url)
        .await
}

async fn storage(url: &str) -> Result<MySqlSessionStorage, Failure> {
    Ok(MySqlSessionStorage::migrate(url).await?)
}

#[derive(Clone)]
struct Records(MySqlPool);

impl Records {
    async fn new(pool: MySqlPool) -> sqlx::Result<Self> {
        let table = "CREATE TABLE IF NOT EXISTS records \
            (id VARCHAR(64) PRIMARY KEY, record MEDIUMTEXT NOT NULL, expires_at DATETIME NOT NULL)";
        sqlx::query(table).execute(&pool).await?;
        Ok(Self(pool))
    }
}

impl Table for Records {
    async fn load(&self, key: &str) -> Result<Option<String>, Failure> {
        let select = "SELECT record FROM records WHERE id = ? AND expires_at > utc_timestamp()";
        let record = sqlx::query_scalar(select).bind(key).fetch_optional(&self.0);
        Ok(record.await?)
    }

    async fn save(&self, key: &str, record: String) -> Result<(), Failure> {
        let upsert = "INSERT INTO records VALUES (?, ?, utc_timestamp() + INTERVAL 1 DAY) \
            ON DUPLICATE KEY UPDATE record = VALUES(record), expires_at = VALUES(expires_at)";
        sqlx::query(upsert)
            .bind(key)
            .bind(record)
            .execute(&self.0)
            .await?;
        Ok(())
    }
}
