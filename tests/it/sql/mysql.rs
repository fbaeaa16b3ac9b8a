use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use axum_bare_session::MySqlSessionStorage;
use axum_bare_session::storage::{StorageError, TableName};
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::{AssertSqlSafe, MySqlPool, Transaction};

use super::database::{Database, new_table};
use super::faults::Killable;
use super::full::{Fillable, noise};
use super::server::{Recipe, Server};
use crate::support::Backend;

const RECIPE: Recipe = Recipe {
    package: "mariadb-server",
    user: "mysql",
    prepare,
    run,
};

const PASSWORD: &str = "correct-horse-battery";

/// The server that tests share, each with a table of its own.
static SHARED: LazyLock<Server> = LazyLock::new(|| Server::start(&RECIPE));

/// The kernel's own asynchronous I/O is limited for all servers of a machine together.
const NO_NATIVE_AIO: &str = "--innodb-use-native-aio=0";

fn prepare(dir: &Path) -> Command {
    let users = format!(
        "CREATE DATABASE IF NOT EXISTS app;\n\
         CREATE USER IF NOT EXISTS app@'%' IDENTIFIED BY '{PASSWORD}';\n\
         GRANT ALL ON *.* TO app@'%';\n"
    );
    std::fs::write(dir.join("init.sql"), users).unwrap();
    let mut install = Command::new("mariadb-install-db");
    install
        .args(["--no-defaults", "--skip-test-db", "--skip-name-resolve"])
        .arg("--auth-root-authentication-method=normal")
        .arg(NO_NATIVE_AIO)
        .arg(format!("--tmpdir={}", dir.display()))
        .arg(format!("--datadir={}", dir.join("data").display()));
    install
}

fn run(dir: &Path, port: u16) -> Command {
    let mut server = Command::new("/usr/sbin/mariadbd");
    let path = |name: &str| dir.join(name).display().to_string();
    server
        .args([
            "--no-defaults",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
        ])
        .arg(format!("--port={port}"))
        .arg(format!("--datadir={}", path("data")))
        // A server that starts deletes the temporary tables of others that share its directory.
        .arg(format!("--tmpdir={}", dir.display()))
        .arg(format!("--socket={}", path("socket")))
        .arg(format!("--pid-file={}", path("pid")))
        .arg(format!("--init-file={}", path("init.sql")))
        .args(["--max-connections=500", NO_NATIVE_AIO])
        // What is written survives the server's death all the same, though not the machine's.
        .arg("--innodb-flush-log-at-trx-commit=2");
    server
}

pub(super) fn options(server: &Server) -> MySqlConnectOptions {
    MySqlConnectOptions::new()
        .host("127.0.0.1")
        .port(server.port)
        .username("app")
        .password(PASSWORD)
        .database("app")
}

/// A pool, as soon as the server answers.
pub(super) async fn pool(server: &Server) -> MySqlPool {
    for _ in 0..600 {
        let pool = MySqlPoolOptions::new().max_connections(20);
        if let Ok(pool) = pool.connect_with(options(server)).await {
            return pool;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the server does not answer: {}", server.log());
}

pub(super) async fn shared() -> MySqlPool {
    pool(&SHARED).await
}

/// How to connect to the shared server, once it answers.
pub(super) async fn shared_options() -> MySqlConnectOptions {
    shared().await.close().await;
    options(&SHARED)
}

/// The shared server's storage in `bare_sessions`.
pub(super) async fn storage() -> MySqlSessionStorage {
    let storage = MySqlSessionStorage::new(shared().await);
    storage.migrate().await.unwrap();
    storage
}

pub(crate) struct MySql {
    pool: MySqlPool,
    table: TableName,
}

impl Database for MySql {
    type Storage = MySqlSessionStorage;

    async fn new(table: &str) -> Self {
        let (pool, table) = (shared().await, TableName::new(table).unwrap());
        Self { pool, table }
    }

    async fn storage(&self) -> MySqlSessionStorage {
        MySqlSessionStorage::new(self.pool.clone()).table(self.table.clone())
    }

    async fn migrate(&self) -> Result<MySqlSessionStorage, StorageError> {
        let storage = self.storage().await;
        storage.migrate().await?;
        Ok(storage)
    }

    async fn execute(&self, sql: &str) -> u64 {
        execute(&self.pool, sql).await
    }
}

pub(super) async fn execute(pool: &MySqlPool, sql: &str) -> u64 {
    let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await;
    done.unwrap().rows_affected()
}

impl Backend for MySql {
    type Storage = MySqlSessionStorage;

    async fn storage() -> MySqlSessionStorage {
        let storage = MySqlSessionStorage::new(shared().await).table(new_table());
        storage.migrate().await.unwrap();
        storage
    }
}

/// A server of a test's own, whose tables have 24 MB in all.
pub(crate) struct SmallMySql {
    server: Server,
    /// What takes some of the room until the test wants it.
    reserve: tokio::sync::Mutex<Option<Transaction<'static, sqlx::MySql>>>,
}

/// The server's own tables are in files of their own.
const SMALL: Recipe = Recipe {
    run: |dir, port| {
        let mut server = run(dir, port);
        server.arg("--innodb-file-per-table=0");
        server.arg("--innodb-data-file-path=ibdata1:12M;more:24M");
        server
    },
    ..RECIPE
};

impl Fillable for SmallMySql {
    type Storage = MySqlSessionStorage;

    const FULL: &str = "is full";

    async fn small() -> Self {
        Self {
            server: Server::start(&SMALL),
            reserve: tokio::sync::Mutex::default(),
        }
    }

    async fn storage(&self) -> MySqlSessionStorage {
        let storage = MySqlSessionStorage::new(pool(&self.server).await);
        storage.migrate().await.unwrap();
        storage
    }

    async fn limit(&self) {
        let pool = pool(&self.server).await;
        execute(&pool, "CREATE TABLE reserve (text LONGTEXT)").await;
        let mut reserve = pool.begin().await.unwrap();
        for _ in 0..64 {
            let rows = sqlx::query("INSERT INTO reserve VALUES (?)").bind(noise(60_000));
            rows.execute(&mut *reserve).await.unwrap();
        }
        *self.reserve.lock().await = Some(reserve);
    }

    async fn free(&self) {
        // To undo takes no room, where to delete does.
        let reserve = self.reserve.lock().await.take();
        reserve.expect("a reserve").rollback().await.unwrap();
        let large = "DELETE FROM bare_sessions WHERE owner = 'large'";
        execute(&pool(&self.server).await, large).await;
    }
}

impl Killable for MySql {
    type Storage = MySqlSessionStorage;

    const RECIPE: &Recipe = &RECIPE;
    const PASSWORD: &str = PASSWORD;

    fn connect_lazily(server: &Server, password: &str) -> MySqlSessionStorage {
        let pool = MySqlPoolOptions::new().max_connections(16);
        let pool = pool.acquire_timeout(std::time::Duration::from_secs(2));
        MySqlSessionStorage::new(pool.connect_lazy_with(options(server).password(password)))
    }

    async fn migrate(server: &Server) {
        let storage = MySqlSessionStorage::new(pool(server).await);
        storage.migrate().await.unwrap();
    }
}
