use std::str::FromStr;
use std::sync::Arc;

use sqlx::sqlite::{
    Sqlite, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqliteRow,
};
use sqlx::{Decode, Row, Type};

use super::TableName;
use super::engine::{Engine, QueryOf, Value};
use super::open::{BUSY_TIMEOUT, open};
use super::owned::Removed;
use super::returning::{delete_batch, delete_returning};
use super::row::{Columns, id};
use super::statements::{Dialect, Parameter, Statement};
use super::table::{Table, implement_storage};
use crate::record::{DecodeError, SessionId, SessionRecord, Timestamp, Version};
use crate::storage::{Owned, Saved, StorageError};

/// The most rows that one statement of a clean-up deletes.
const BATCH: usize = 1_000;

/// Keeps sessions in a table of an SQLite file, for one machine and as long as its disk.
///
/// [`connect`](Self::connect) opens a file as it should be; [`new`](Self::new) takes the application's own pool.
/// [`migrate`](Self::migrate) creates the table:
///
/// | column | type | |
/// |---|---|---|
/// | `id` | `BLOB` | the 16 bytes of the public id |
/// | `version` | `INTEGER` | what every write compares |
/// | `last_seen`, `expires_at` | `INTEGER` | microseconds; the only place where a touch writes |
/// | `owner` | `BLOB` | any text, compared byte by byte |
/// | `record` | `TEXT` | all of it as JSON; holds the secret's digest only |
///
/// `datetime(expires_at / 1000000, 'unixepoch')` shows a time, and `record ->> 'values'` the values.
///
/// Each call is one statement, and a save that conflicts two; there are no transactions. What was acknowledged survives
/// the process, and with SQLite's own setting `synchronous = FULL`, which `connect` leaves on, a power failure too.
///
/// Expired sessions stay in the table until [`Sessions::delete_expired`](crate::Sessions::delete_expired) is called, or
/// [`delete_expired_every`](crate::Sessions::delete_expired_every) runs: it deletes 1,000 rows at a time, and lets
/// others write in between.
///
/// ```
/// use axum::Router;
/// use axum_bare_session::{SqliteSessionStorage, add_session_middleware};
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// # let url = "sqlite::memory:";
/// let storage = SqliteSessionStorage::connect(url).await?; // such as "sqlite://sessions.db"
/// storage.migrate().await?;
/// let app: Router = add_session_middleware(Router::new(), storage);
/// # Ok::<(), axum_bare_session::storage::StorageError>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SqliteSessionStorage {
    table: Table<Sqlite>,
}

impl SqliteSessionStorage {
    /// Opens the file that `url` names, such as `sqlite://sessions.db`, and creates it if it is not there.
    ///
    /// The file is set to a write-ahead log (WAL), and a statement waits 5 seconds for another process that writes. All
    /// statements of this storage go over one connection, one after another, so that they never wait for each other's
    /// locks.
    ///
    /// # Errors
    ///
    /// If `url` is none, or the file cannot be opened.
    pub async fn connect(url: &str) -> Result<Self, StorageError> {
        if !url.starts_with("sqlite:") {
            // It would be taken for the name of a file.
            return Err(StorageError::new(
                "the URL of an SQLite file begins with `sqlite:`",
            ));
        }
        let options = SqliteConnectOptions::from_str(url).map_err(StorageError::new)?;
        let mut options = options.busy_timeout(BUSY_TIMEOUT);
        if !url.contains("mode=ro") {
            options = options
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal);
        }
        let pool = open(options).await.map_err(StorageError::new)?;
        Ok(Self::new(pool))
    }

    /// A storage in the table `bare_sessions` of the pool's file.
    ///
    /// Set the file to `journal_mode(SqliteJournalMode::Wal)` and leave `busy_timeout` at 5 seconds or more, or
    /// parallel writers may fail with `database is locked`.
    ///
    /// ```
    /// use axum_bare_session::SqliteSessionStorage;
    /// use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
    ///
    /// # async fn open() -> Result<(), sqlx::Error> {
    /// let file = SqliteConnectOptions::new()
    ///     .filename("app.db")
    ///     .create_if_missing(true)
    ///     .journal_mode(SqliteJournalMode::Wal);
    /// let pool = SqlitePoolOptions::new().connect_with(file).await?;
    /// let storage = SqliteSessionStorage::new(pool);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn new(pool: SqlitePool) -> Self {
        let table = Table::new(pool, TableName::default());
        Self { table }
    }

    /// The same storage in another table.
    ///
    /// ```no_run
    /// use axum_bare_session::SqliteSessionStorage;
    /// use axum_bare_session::storage::TableName;
    ///
    /// # fn storage(pool: sqlx::SqlitePool) -> Result<(), Box<dyn std::error::Error>> {
    /// let storage = SqliteSessionStorage::new(pool).table(TableName::new("sessions")?);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn table(self, name: TableName) -> Self {
        let table = Table::new(self.table.pool, name);
        Self { table }
    }

    /// Creates the table and its indexes, if the table is not there yet. Any number of processes may do so at once.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub async fn migrate(&self) -> Result<(), StorageError> {
        self.create().await.map_err(StorageError::new)
    }

    /// The statements that create the table and its indexes, for an application that runs its migrations by other
    /// means.
    #[must_use]
    pub fn schema(&self) -> String {
        let (name, table) = (self.table.quoted(), self.table.name.table());
        let schema = self.table.name.schema();
        let schema = schema
            .map(|schema| format!("\"{schema}\"."))
            .unwrap_or_default();
        format!(
            "CREATE TABLE IF NOT EXISTS {name} (\
             id BLOB NOT NULL PRIMARY KEY, \
             version INTEGER NOT NULL, \
             last_seen INTEGER NOT NULL, \
             expires_at INTEGER NOT NULL, \
             owner BLOB, \
             record TEXT NOT NULL);\n\
             CREATE INDEX IF NOT EXISTS {schema}\"{table}_expires_at\" ON \"{table}\" (expires_at);\n\
             CREATE INDEX IF NOT EXISTS {schema}\"{table}_owner\" ON \"{table}\" (owner) WHERE owner IS NOT NULL;\n"
        )
    }

    async fn create(&self) -> Result<(), sqlx::Error> {
        let schema = self.table.name.schema().unwrap_or("main");
        let exists = Statement::new(format!(
            "SELECT COUNT(*) FROM \"{schema}\".sqlite_master WHERE type = 'table' AND name = $1"
        ));
        let is_there = sqlx::query_scalar::<_, i64>(exists.sql()).bind(self.table.name.table());
        if is_there.fetch_one(&self.table.pool).await? > 0 {
            return Ok(());
        }
        // One that begins by reading would fail where another process writes first.
        let mut transaction = self.table.pool.begin_with("BEGIN IMMEDIATE").await?;
        let schema = Statement::new(self.schema());
        sqlx::raw_sql(schema.sql())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    async fn clean_up(&self, now: Timestamp) -> Result<u64, StorageError> {
        let name = self.table.quoted();
        let statement = Statement::new(format!(
            "DELETE FROM {name} WHERE rowid IN (\
             SELECT rowid FROM {name} WHERE expires_at <= $1 LIMIT {BATCH}) \
             RETURNING id, false"
        ));
        let mut deleted = 0;
        loop {
            let batch = delete_batch(&self.table.pool, &statement, &[Value::Time(now)]).await?;
            deleted += batch.sessions;
            if batch.rows < BATCH {
                return Ok(deleted);
            }
            // Lets the requests on this thread go first.
            tokio::task::yield_now().await;
        }
    }
}

implement_storage!(SqliteSessionStorage);

impl Engine for Sqlite {
    const DIALECT: Dialect = Dialect {
        quote: '"',
        parameter: Parameter::Numbered,
        to_time: ("", ""),
        from_time: ("", ""),
        to_record: ("", ""),
        from_record: ("", ""),
        on_conflict: " ON CONFLICT (id) DO NOTHING",
        deletes_return: true,
    };

    fn bind(query: QueryOf<Self>, value: Value) -> QueryOf<Self> {
        match value {
            Value::Id(id) => query.bind(id.as_bytes().to_vec()),
            Value::Version(version) => query.bind(u64::from(version).cast_signed()),
            Value::Time(time) => query.bind(time.as_micros()),
            Value::Owner(owner) => query.bind(owner),
            Value::Record(json) => query.bind(json),
        }
    }

    async fn execute(
        connection: &mut SqliteConnection,
        query: QueryOf<Self>,
    ) -> Result<u64, sqlx::Error> {
        Ok(query.execute(connection).await?.rows_affected())
    }

    async fn fetch_optional(
        connection: &mut SqliteConnection,
        query: QueryOf<Self>,
    ) -> Result<Option<SqliteRow>, sqlx::Error> {
        query.fetch_optional(connection).await
    }

    async fn fetch_all(
        connection: &mut SqliteConnection,
        query: QueryOf<Self>,
    ) -> Result<Vec<SqliteRow>, sqlx::Error> {
        query.fetch_all(connection).await
    }

    fn columns(row: &SqliteRow) -> Result<Columns<'_>, StorageError> {
        Ok(Columns {
            id: id(column(row, 0, "id")?)?,
            version: column(row, 1, "version")?,
            last_seen: column(row, 2, "last_seen")?,
            expires_at: column(row, 3, "expires_at")?,
            record: column(row, 4, "record")?,
        })
    }

    fn removed(row: &SqliteRow) -> Result<Removed, StorageError> {
        Ok(Removed {
            id: id(column(row, 0, "id")?)?,
            was_alive: column(row, 1, "expires_at")?,
        })
    }

    async fn delete_owned(
        table: &Table<Self>,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        delete_returning(table, owner, which, now).await
    }
}

/// Reads a column of a row. Types are those of each value here, so one of another type is the row's fault.
fn column<'r, T>(row: &'r SqliteRow, at: usize, field: &'static str) -> Result<T, DecodeError>
where
    T: Decode<'r, Sqlite> + Type<Sqlite>,
{
    let value = row.try_get(at);
    value.map_err(|_| DecodeError::Malformed { field })
}
