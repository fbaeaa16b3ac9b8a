use std::path::{Path, PathBuf};
use std::process;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use axum_bare_session::SqliteSessionStorage;
use axum_bare_session::storage::{StorageError, TableName};
use rusqlite::Connection;

use super::database::{Database, new_table};
use super::full::Fillable;
use crate::support::{Backend, limit_files};

/// The file that tests share, each with connections of its own: so they are to each other what processes are.
static SHARED: LazyLock<PathBuf> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sessions.db");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
    file
});

/// The storage in the shared file.
pub(super) async fn storage() -> SqliteSessionStorage {
    SqliteSessionStorage::migrate(&*SHARED).await.unwrap()
}

pub(super) async fn in_memory() -> SqliteSessionStorage {
    SqliteSessionStorage::in_memory().await.unwrap()
}

/// A file in a directory of its own, which goes when it is dropped.
pub(crate) struct Sqlite {
    pub(super) dir: PathBuf,
    table: TableName,
}

impl Sqlite {
    pub(super) fn file(&self) -> PathBuf {
        self.dir.join("sessions.db")
    }

    pub(super) async fn connect(&self) -> Result<SqliteSessionStorage, StorageError> {
        let builder = SqliteSessionStorage::builder(self.file());
        builder.table(self.table.clone()).connect().await
    }

    /// A connection of another program's.
    pub(super) fn other_program(&self) -> Connection {
        Connection::open(self.file()).unwrap()
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
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("sqlite-{}-{number}", process::id()));
        std::fs::create_dir(&dir).unwrap();
        let table = TableName::new(table).unwrap();
        Self { dir, table }
    }

    async fn migrate(&self) -> Result<SqliteSessionStorage, StorageError> {
        let builder = SqliteSessionStorage::builder(self.file());
        builder.table(self.table.clone()).migrate().await
    }

    async fn execute(&self, sql: &str) -> u64 {
        let connection = self.other_program();
        connection.execute_batch(sql).unwrap();
        connection.changes()
    }
}

impl Backend for Sqlite {
    type Storage = SqliteSessionStorage;

    async fn storage() -> SqliteSessionStorage {
        let builder = SqliteSessionStorage::builder(&*SHARED).table(new_table());
        builder.migrate().await.unwrap()
    }
}

/// A file of a process that may write no more than 2 MB to any, until the limit is lifted.
pub(crate) struct SmallSqlite(Sqlite);

impl Fillable for SmallSqlite {
    type Storage = SqliteSessionStorage;

    const FULL: &str = "has no room";

    async fn small() -> Self {
        Self(Sqlite::new("full").await)
    }

    async fn storage(&self) -> SqliteSessionStorage {
        self.0.migrate().await.unwrap()
    }

    async fn limit(&self) {
        limit_files(process::id(), Some(2_000_000));
    }

    async fn free(&self) {
        limit_files(process::id(), None);
    }
}
