use std::sync::Arc;

use sqlx::mysql::{MySql, MySqlConnection, MySqlPool, MySqlRow};
use sqlx::{Decode, Row, Type};

use super::TableName;
use super::engine::{Engine, QueryOf, Value, execute};
use super::locked;
use super::owned::Removed;
use super::row::{Columns, id};
use super::statements::{Dialect, Parameter, Statement};
use super::table::{Table, implement_storage};
use crate::record::{SessionId, SessionRecord, Timestamp, Version};
use crate::storage::{Owned, Saved, StorageError};

/// The most rows that one statement of a clean-up deletes.
const BATCH: usize = 1_000;

/// Keeps sessions in a table of a MySQL (8.0 or later) or MariaDB (10.5 or later) database.
///
/// The application brings its pool, so the features of its own `sqlx` choose TLS. [`migrate`](Self::migrate) creates
/// the table:
///
/// | column | type | |
/// |---|---|---|
/// | `id` | `BINARY(16)` | the public id |
/// | `version` | `BIGINT` | what every write compares |
/// | `last_seen`, `expires_at` | `DATETIME(6)` | in UTC; the only place where a touch writes |
/// | `owner` | `LONGBLOB` | any text, compared byte by byte |
/// | `record` | `LONGTEXT` | all of it as JSON, readable; holds the secret's digest only |
///
/// Each call is one statement, and a save that conflicts two. Only ending an owner's sessions takes a transaction,
/// since MySQL's `DELETE` does not return what it removed. The server's clock is never asked. What was acknowledged is
/// as durable as `innodb_flush_log_at_trx_commit` makes it. Read from the primary: a replica that lags behind would
/// show sessions that have ended.
///
/// `sqlx` sends a ping whenever it takes a connection from the pool. `test_before_acquire(false)` saves that round
/// trip; a request may then fail once for each connection that the server closed meanwhile.
///
/// Expired sessions stay in the table until [`Sessions::delete_expired`](crate::Sessions::delete_expired) is called, or
/// [`delete_expired_every`](crate::Sessions::delete_expired_every) runs: it deletes 1,000 rows at a time, by their ids,
/// and may run in many processes at once.
///
/// ```no_run
/// use axum::Router;
/// use axum_bare_session::{MySqlSessionStorage, add_session_middleware};
///
/// # async fn app() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = sqlx::MySqlPool::connect("mysql://localhost/app").await?;
/// let storage = MySqlSessionStorage::new(pool);
/// storage.migrate().await?;
/// let app: Router = add_session_middleware(Router::new(), storage);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct MySqlSessionStorage {
    table: Table<MySql>,
}

impl MySqlSessionStorage {
    /// A storage in the table `bare_sessions` of the pool's database.
    #[must_use]
    pub fn new(pool: MySqlPool) -> Self {
        let table = Table::new(pool, TableName::default());
        Self { table }
    }

    /// The same storage in another table.
    ///
    /// ```no_run
    /// use axum_bare_session::MySqlSessionStorage;
    /// use axum_bare_session::storage::TableName;
    ///
    /// # fn storage(pool: sqlx::MySqlPool) -> Result<(), Box<dyn std::error::Error>> {
    /// let storage = MySqlSessionStorage::new(pool).table(TableName::new("sessions")?);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn table(self, name: TableName) -> Self {
        let table = Table::new(self.table.pool, name);
        Self { table }
    }

    /// Creates the table with its indexes, if it is not there yet. Any number of processes may do so at once.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached, or its user may not create the table. A user who may not needs no call where
    /// the table is there; [`schema`](Self::schema) is what to create.
    pub async fn migrate(&self) -> Result<(), StorageError> {
        self.create().await.map_err(StorageError::new)
    }

    /// The statement that creates the table and its indexes, for an application that runs its migrations by other
    /// means.
    #[must_use]
    pub fn schema(&self) -> String {
        let name = self.table.quoted();
        // The index holds the beginnings of owners only, so that they may have any length.
        format!(
            "CREATE TABLE IF NOT EXISTS {name} (\
             id BINARY(16) NOT NULL PRIMARY KEY, \
             version BIGINT NOT NULL, \
             last_seen DATETIME(6) NOT NULL, \
             expires_at DATETIME(6) NOT NULL, \
             owner LONGBLOB, \
             record LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, \
             INDEX expires_at (expires_at), \
             INDEX owner (owner(64))\
             ) ENGINE = InnoDB"
        )
    }

    async fn create(&self) -> Result<(), sqlx::Error> {
        let exists = "SELECT COUNT(*) FROM information_schema.tables \
                      WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ?";
        let is_there = sqlx::query_scalar::<_, i64>(exists)
            .bind(self.table.name.schema())
            .bind(self.table.name.table());
        if is_there.fetch_one(&self.table.pool).await? == 0 {
            let schema = Statement::new(self.schema());
            sqlx::raw_sql(schema.sql())
                .execute(&self.table.pool)
                .await?;
        }
        Ok(())
    }

    async fn clean_up(&self, now: Timestamp) -> Result<u64, StorageError> {
        // A deletion by the index of expiries would lock rows in another order than a save does, and wait for a save
        // that waits for it. So the ids are read first, without locks, and each row is locked by its id.
        let (name, time) = (self.table.quoted(), MySql::DIALECT.time_parameter(1));
        let expired = Statement::new(format!(
            "SELECT id FROM {name} WHERE expires_at <= {time} ORDER BY expires_at LIMIT {BATCH}"
        ));
        let mut deleted = 0;
        loop {
            let expired = sqlx::query_scalar::<_, Vec<u8>>(expired.sql()).bind(now.as_micros());
            let ids = expired.fetch_all(&self.table.pool).await;
            let ids = ids.map_err(StorageError::new)?;
            let found = ids.len();
            if found == 0 {
                return Ok(deleted);
            }
            let ids: Result<Vec<_>, _> = ids.iter().map(|bytes| id(bytes)).collect();
            let (registers, sessions): (Vec<_>, Vec<_>) =
                ids?.into_iter().partition(SessionId::is_register);
            self.delete_expired_of(&registers, now).await?;
            deleted += self.delete_expired_of(&sessions, now).await?;
            if found < BATCH {
                return Ok(deleted);
            }
        }
    }

    /// Deletes those of these rows that have expired, each locked by its id.
    async fn delete_expired_of(
        &self,
        ids: &[SessionId],
        now: Timestamp,
    ) -> Result<u64, StorageError> {
        if ids.is_empty() {
            return Ok(0);
        }
        let (name, time) = (self.table.quoted(), MySql::DIALECT.time_parameter(1));
        let mut values: Vec<_> = ids.iter().map(|id| Value::Id(*id)).collect();
        values.push(Value::Time(now));
        let delete = Statement::new(format!(
            "DELETE s FROM {name} AS s FORCE INDEX (PRIMARY) \
             WHERE s.id IN ({}) AND s.expires_at <= {time}",
            locked::marks(ids.len())
        ));
        let deleted = execute(&self.table.pool, &delete, &values).await;
        deleted.map_err(StorageError::new)
    }
}

implement_storage!(MySqlSessionStorage);

impl Engine for MySql {
    const DIALECT: Dialect = Dialect {
        quote: '`',
        parameter: Parameter::Positional,
        to_time: ("TIMESTAMP'1970-01-01 00:00:00' + INTERVAL ", " MICROSECOND"),
        from_time: (
            "TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', ",
            ")",
        ),
        to_record: ("", ""),
        from_record: ("", ""),
        // `INSERT IGNORE` would let go of more than duplicate ids; the duplicate is told by its error.
        on_conflict: "",
        deletes_return: false,
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
        connection: &mut MySqlConnection,
        query: QueryOf<Self>,
    ) -> Result<u64, sqlx::Error> {
        // `sqlx` has the server count the rows that a statement found, also those that it left as they were.
        Ok(query.execute(connection).await?.rows_affected())
    }

    async fn fetch_optional(
        connection: &mut MySqlConnection,
        query: QueryOf<Self>,
    ) -> Result<Option<MySqlRow>, sqlx::Error> {
        query.fetch_optional(connection).await
    }

    async fn fetch_all(
        connection: &mut MySqlConnection,
        query: QueryOf<Self>,
    ) -> Result<Vec<MySqlRow>, sqlx::Error> {
        query.fetch_all(connection).await
    }

    fn columns(row: &MySqlRow) -> Result<Columns<'_>, StorageError> {
        // The columns have types and are not null, so what fails here is the table's fault, not a row's.
        Ok(Columns {
            id: id(column(row, 0)?)?,
            version: column(row, 1)?,
            last_seen: column(row, 2)?,
            expires_at: column(row, 3)?,
            record: column(row, 4)?,
        })
    }

    fn removed(row: &MySqlRow) -> Result<Removed, StorageError> {
        Ok(Removed {
            id: id(column(row, 0)?)?,
            was_alive: column::<i64>(row, 1)? != 0,
        })
    }

    async fn delete_owned(
        table: &Table<Self>,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        locked::delete_owned(table, owner, which, now).await
    }
}

fn column<'r, T>(row: &'r MySqlRow, at: usize) -> Result<T, StorageError>
where
    T: Decode<'r, MySql> + Type<MySql>,
{
    row.try_get(at).map_err(StorageError::new)
}
