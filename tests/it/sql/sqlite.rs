use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use axum_bare_session::SqliteSessionStorage;
use axum_bare_session::storage::{StorageError, TableName};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, SqlitePool};

use super::database::{Database, new_table};
use super::full::Fillable;
use crate::support::Backend;

/// The file that tests share, each with a connection of its own: so they are to each other what processes are.
static SHARED: LazyLock<String> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sessions.db");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
    format!("sqlite://{}", file.display())
});

/// The storage in the shared file.
pub(super) async fn storage() -> SqliteSessionStorage {
    let storage = SqliteSessionStorage::connect(&SHARED).await.unwrap();
    storage.migrate().await.unwrap();
    storage
}

pub(super) async fn in_memory() -> SqliteSessionStorage {
    let storage = SqliteSessionStorage::connect("sqlite::memory:").await;
    let storage = storage.unwrap();
    storage.migrate().await.unwrap();
    storage
}

/// A file in a directory of its own, which goes when it is dropped.
pub(crate) struct Sqlite {
    dir: PathBuf,
    table: TableName,
}

impl Sqlite {
    pub(super) fn file(&self) -> PathBuf {
        self.dir.join("sessions.db")
    }

    pub(super) fn url(&self) -> String {
        format!("sqlite://{}", self.file().display())
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Database for Sqlite {
    type Storage = SqliteSessionStorage;

    async fn new(table: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("sqlite-{}-{table}", std::process::id()));
        std::fs::create_dir(&dir).unwrap();
        let table = TableName::new(table).unwrap();
        Self { dir, table }
    }

    async fn storage(&self) -> SqliteSessionStorage {
        let storage = SqliteSessionStorage::connect(&self.url()).await.unwrap();
        storage.table(self.table.clone())
    }

    async fn migrate(&self) -> Result<SqliteSessionStorage, StorageError> {
        let storage = self.storage().await;
        storage.migrate().await?;
        Ok(storage)
    }

    async fn execute(&self, sql: &str) -> u64 {
        let pool = SqlitePool::connect(&self.url()).await.unwrap();
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&pool).await;
        done.unwrap().rows_affected()
    }
}

impl Backend for Sqlite {
    type Storage = SqliteSessionStorage;

    async fn storage() -> SqliteSessionStorage {
        let storage = SqliteSessionStorage::connect(&SHARED).await.unwrap();
        let storage = storage.table(new_table());
        storage.migrate().await.unwrap();
        storage
    }
}

/// A file that may have 2 MB, until the limit is lifted.
pub(crate) struct SmallSqlite {
    _file: Sqlite,
    pool: SqlitePool,
}

impl Fillable for SmallSqlite {
    type Storage = SqliteSessionStorage;

    const FULL: &str = "database or disk is full";

    async fn small() -> Self {
        let file = Sqlite::new("full").await;
        let options = SqliteConnectOptions::new()
            .filename(file.file())
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        // The limit is each connection's own.
        let pool = SqlitePoolOptions::new().max_connections(1);
        let pool = pool.connect_with(options).await.unwrap();
        Self { _file: file, pool }
    }

    async fn storage(&self) -> SqliteSessionStorage {
        let storage = SqliteSessionStorage::new(self.pool.clone());
        storage.migrate().await.unwrap();
        storage
    }

    async fn limit(&self) {
        let limit = sqlx::raw_sql("PRAGMA max_page_count = 500");
        limit.execute(&self.pool).await.unwrap();
    }

    async fn free(&self) {
        let free = sqlx::raw_sql("PRAGMA max_page_count = 1000000");
        free.execute(&self.pool).await.unwrap();
    }
}
