use std::path::Path;
use std::sync::Arc;

use super::database::{Database, Location};
use super::open::Table;
use super::{SqliteSessionStorage, migrate};
use crate::storage::{StorageError, TableName};

/// Says how an SQLite file is opened, where that is not the default.
///
/// ```
/// use axum_bare_session::SqliteSessionStorage;
/// use axum_bare_session::storage::{Synchronous, TableName};
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// # let folder = std::env::temp_dir().join(format!("builder-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("app.db");
/// let storage = SqliteSessionStorage::builder(path)
///     .table(TableName::new("visitors")?)
///     .synchronous(Synchronous::Normal)
///     .migrate()
///     .await?;
/// # drop(storage);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it opens nothing before `connect` or `migrate`"]
pub struct SqliteSessionStorageBuilder {
    database: Database,
}

/// When a write is on the disk: SQLite's setting
/// [`synchronous`](https://www.sqlite.org/pragma.html#pragma_synchronous), for a file with a write-ahead log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Synchronous {
    /// Before it is answered: what was answered survives a power failure. The default.
    #[default]
    Full,
    /// Some time after it was answered: a power failure may undo the last writes, **log-outs too**, and leaves the file
    /// in order. A process that is killed loses nothing.
    Normal,
}

impl SqliteSessionStorageBuilder {
    pub(super) fn new(location: Location) -> Self {
        Self {
            database: Database {
                location,
                table: TableName::default(),
                synchronous: Synchronous::default(),
            },
        }
    }

    /// The file at `path`.
    pub(super) fn of_file(path: &Path) -> Self {
        // The application may change its working directory later. An empty path stays one, and is refused.
        let path = std::path::absolute(path).unwrap_or_default();
        Self::new(Location::File(path))
    }

    /// The table that holds the sessions, `bare_sessions` by default. A file has no schemas, so neither has the name.
    pub fn table(mut self, name: TableName) -> Self {
        self.database.table = name;
        self
    }

    /// When a write is on the disk, [`Synchronous::Full`] by default.
    pub const fn synchronous(mut self, synchronous: Synchronous) -> Self {
        self.database.synchronous = synchronous;
        self
    }

    /// The statements that create the table and its indexes, for an application that runs its migrations by other
    /// means.
    ///
    /// ```
    /// use axum_bare_session::SqliteSessionStorage;
    ///
    /// let schema = SqliteSessionStorage::builder("app.db").schema();
    /// assert!(schema.starts_with("CREATE TABLE IF NOT EXISTS \"bare_sessions\" ("));
    /// ```
    #[must_use]
    pub fn schema(&self) -> String {
        migrate::schema(&self.database.table)
    }

    /// Opens the file, as [`SqliteSessionStorage::connect`] does.
    ///
    /// # Errors
    ///
    /// As there, and if the table's name has a schema.
    pub async fn connect(self) -> Result<SqliteSessionStorage, StorageError> {
        SqliteSessionStorage::open(Arc::new(self.database), Table::Check).await
    }

    /// Opens the file and makes what is missing, as [`SqliteSessionStorage::migrate`] does.
    ///
    /// # Errors
    ///
    /// As there, and if the table's name has a schema.
    pub async fn migrate(self) -> Result<SqliteSessionStorage, StorageError> {
        SqliteSessionStorage::open(Arc::new(self.database), Table::Migrate).await
    }
}
