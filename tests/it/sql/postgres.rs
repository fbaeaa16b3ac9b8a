use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use axum_bare_session::PostgresSessionStorage;
use axum_bare_session::storage::{StorageError, TableName};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgPool};

use super::database::{Database, new_table};
use super::faults::Killable;
use super::full::Fillable;
use super::server::{Recipe, Server};
use crate::support::Backend;

const RECIPE: Recipe = Recipe {
    package: "postgresql",
    user: "postgres",
    prepare,
    run,
};

/// The server that tests share, each with a table of its own.
static SHARED: LazyLock<Server> = LazyLock::new(|| Server::start(&RECIPE));

fn program(name: &str) -> PathBuf {
    // Debian keeps the programs of each version apart.
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let mut programs: Vec<_> = versions
        .flatten()
        .map(|version| version.path().join("bin").join(name))
        .filter(|program| program.exists())
        .collect();
    programs.sort();
    programs.pop().unwrap_or_else(|| name.into())
}

fn prepare(dir: &Path) -> Command {
    let password = dir.join("password");
    std::fs::write(&password, PASSWORD).unwrap();
    let mut initdb = Command::new(program("initdb"));
    initdb
        // Not SCRAM, whose thousands of hashes a connection take the client's unoptimized build too long.
        .args(["--username=app", "--auth=password", "--encoding=UTF8"])
        .args(["--locale=C.UTF-8", "--no-sync"])
        .arg(format!("--pwfile={}", password.display()))
        .arg(dir.join("data"));
    initdb
}

fn run(dir: &Path, port: u16) -> Command {
    let mut server = Command::new(program("postgres"));
    server.arg("-D").arg(dir.join("data"));
    for setting in [
        &format!("port={port}"),
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "shared_preload_libraries=pg_stat_statements",
        // What is written survives the server's death all the same, though not the machine's.
        "fsync=off",
    ] {
        server.args(["-c", setting]);
    }
    server
}

const PASSWORD: &str = "correct-horse-battery";

pub(super) fn options(server: &Server) -> PgConnectOptions {
    PgConnectOptions::new()
        .host("127.0.0.1")
        .port(server.port)
        .username("app")
        .password(PASSWORD)
        .database("postgres")
}

/// A pool, as soon as the server answers.
pub(super) async fn pool(server: &Server) -> PgPool {
    for _ in 0..600 {
        let pool = PgPoolOptions::new().max_connections(20);
        if let Ok(pool) = pool.connect_with(options(server)).await {
            return pool;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the server does not answer: {}", server.log());
}

pub(super) async fn shared() -> PgPool {
    pool(&SHARED).await
}

pub(super) fn shared_options() -> PgConnectOptions {
    options(&SHARED)
}

/// The shared server's storage in `bare_sessions`.
pub(super) async fn storage() -> PostgresSessionStorage {
    let storage = PostgresSessionStorage::new(shared().await);
    storage.migrate().await.unwrap();
    storage
}

pub(crate) struct Postgres {
    pool: PgPool,
    table: TableName,
}

impl Database for Postgres {
    type Storage = PostgresSessionStorage;

    async fn new(table: &str) -> Self {
        let (pool, table) = (shared().await, TableName::new(table).unwrap());
        Self { pool, table }
    }

    async fn migrate(&self) -> Result<PostgresSessionStorage, StorageError> {
        let storage = PostgresSessionStorage::new(self.pool.clone()).table(self.table.clone());
        storage.migrate().await?;
        Ok(storage)
    }

    async fn execute(&self, sql: &str) -> u64 {
        execute(&self.pool, sql).await
    }
}

pub(super) async fn execute(pool: &PgPool, sql: &str) -> u64 {
    let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await;
    done.unwrap().rows_affected()
}

impl Backend for Postgres {
    type Storage = PostgresSessionStorage;

    async fn storage() -> PostgresSessionStorage {
        let storage = PostgresSessionStorage::new(shared().await).table(new_table());
        storage.migrate().await.unwrap();
        storage
    }
}

impl Fillable for PostgresServer {
    type Storage = PostgresSessionStorage;

    const FULL: &str = "could not extend file";

    async fn small() -> Self {
        Self::start()
    }

    async fn storage(&self) -> PostgresSessionStorage {
        let storage = Self::storage(self).await;
        storage.migrate().await.unwrap();
        storage
    }

    async fn limit(&self) {
        // The files of the server's own log have this size.
        self.0.limit_files(Some(16 << 20));
    }

    async fn free(&self) {
        self.0.limit_files(None);
    }
}

impl Killable for Postgres {
    type Storage = PostgresSessionStorage;

    const RECIPE: &Recipe = &RECIPE;
    const PASSWORD: &str = PASSWORD;

    fn connect_lazily(server: &Server, password: &str) -> PostgresSessionStorage {
        let pool = PgPoolOptions::new().max_connections(16);
        let pool = pool.acquire_timeout(std::time::Duration::from_secs(2));
        PostgresSessionStorage::new(pool.connect_lazy_with(options(server).password(password)))
    }

    async fn migrate(server: &Server) {
        let storage = PostgresSessionStorage::new(pool(server).await);
        storage.migrate().await.unwrap();
    }
}

/// A server of a test's own, for other processes than the test's.
pub(crate) struct PostgresServer(Server);

impl PostgresServer {
    pub(crate) fn start() -> Self {
        Self(Server::start(&RECIPE))
    }

    pub(crate) fn url(&self) -> String {
        let port = self.0.port;
        format!("postgres://app:{PASSWORD}@127.0.0.1:{port}/postgres")
    }

    pub(crate) async fn storage(&self) -> PostgresSessionStorage {
        PostgresSessionStorage::new(pool(&self.0).await)
    }
}
