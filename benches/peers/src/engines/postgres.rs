use std::path::PathBuf;
use std::process::Command;

use ::axum_session::SessionConfig;
use ::saysion::SqlxPostgresStore;
use axum::Router;
use axum_bare_session::{CachedSessionStorage, Duration, PostgresSessionStorage, Sessions};
use axum_session_sqlx::SessionPgPool;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tower_sessions_sqlx_store::{PostgresStore, sqlx as sqlx_0_8};

use super::limit::Table;
use super::server::Recipe;
use super::{limit, tower_sessions};
use crate::Failure;
use crate::variants::{axum_session, ours, saysion};

/// Of each variant to the database.
const CONNECTIONS: u32 = 16;

pub const RECIPE: Recipe = Recipe {
    engine: "PostgreSQL",
    package: "postgresql",
    user: "postgres",
    settings: "PostgreSQL without fsync, or the disk would decide. Up to 16 connections for each variant: of a pool, without \
        sqlx's ping before each use (test_before_acquire(false)), where the one after each use stays, a round trip more; or ours",
    prepare: Some(prepare),
    run,
    url: |port| format!("postgres://peers@127.0.0.1:{port}/postgres?sslmode=disable"),
};

fn program(name: &str) -> PathBuf {
    // Debian keeps the programs of each version apart.
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let programs = versions.map(|version| version.path().join("bin").join(name));
    programs
        .filter(|program| program.exists())
        .max()
        .unwrap_or_else(|| name.into())
}

fn prepare() -> Command {
    let mut initdb = Command::new(program("initdb"));
    initdb.args(["--username=peers", "--auth=trust", "--encoding=UTF8"]);
    initdb.args(["--locale=C.UTF-8", "--no-sync", "data"]);
    initdb
}

fn run(port: u16) -> Command {
    let mut server = Command::new(program("postgres"));
    server.args(["-D", "data"]);
    for setting in [
        &format!("port={port}"),
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=200",
        "fsync=off",
    ] {
        server.args(["-c", setting]);
    }
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
            let store = PostgresStore::new(pool_0_8(url).await?);
            store.migrate().await?;
            Ok(tower_sessions::router(store))
        }
        "axum_session" => {
            let pool = SessionPgPool::from(pool(url).await?);
            axum_session::router(Some(pool), SessionConfig::default()).await
        }
        "axum_session_no_copy" => {
            let pool = SessionPgPool::from(pool(url).await?);
            let config = SessionConfig::default().with_memory_lifetime(Duration::ZERO);
            axum_session::router(Some(pool), config.with_table_name("no_copy")).await
        }
        "saysion" => {
            let store = SqlxPostgresStore::new(pool_0_8(url).await?);
            store.migrate().await?;
            Ok(saysion::router(store))
        }
        _ => Err(format!("no variant {name} on PostgreSQL").into()),
    }
}

async fn pool(url: &str) -> sqlx::Result<PgPool> {
    let options = PgPoolOptions::new().test_before_acquire(false);
    options
        .min_connections(CONNECTIONS)
        .max_connections(CONNECTIONS)
        .connect(url)
        .await
}

/// The same for the libraries that are built on the version before.
async fn pool_0_8(url: &str) -> sqlx_0_8::Result<sqlx_0_8::PgPool> {
    let options = sqlx_0_8::postgres::PgPoolOptions::new().test_before_acquire(false);
    options
        .min_connections(CONNECTIONS)
        .max_connections(CONNECTIONS)
        .connect(url)
        .await
}

async fn storage(url: &str) -> Result<PostgresSessionStorage, Failure> {
    Ok(PostgresSessionStorage::migrate(url).await?)
}

#[derive(Clone)]
struct Records(PgPool);

impl Records {
    async fn new(pool: PgPool) -> sqlx::Result<Self> {
        let table = "CREATE TABLE IF NOT EXISTS records \
            (key TEXT PRIMARY KEY, record TEXT NOT NULL, expires_at TIMESTAMPTZ NOT NULL)";
        sqlx::query(table).execute(&pool).await?;
        Ok(Self(pool))
    }
}

impl Table for Records {
    async fn load(&self, key: &str) -> Result<Option<String>, Failure> {
        let select = "SELECT record FROM records WHERE key = $1 AND expires_at > now()";
        let record = sqlx::query_scalar(select).bind(key).fetch_optional(&self.0);
        Ok(record.await?)
    }

    async fn save(&self, key: &str, record: String) -> Result<(), Failure> {
        let upsert = "INSERT INTO records VALUES ($1, $2, now() + interval '1 day') \
            ON CONFLICT (key) DO UPDATE SET record = excluded.record, expires_at = excluded.expires_at";
        sqlx::query(upsert)
            .bind(key)
            .bind(record)
            .execute(&self.0)
            .await?;
        Ok(())
    }
}
