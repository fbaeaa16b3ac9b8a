use std::sync::Arc;

use sqlx::postgres::{PgConnection, PgPool, PgRow, Postgres};
use sqlx::{Connection, Row};
use uuid::Uuid;

use super::TableName;
use super::engine::{Engine, QueryOf, Value};
use super::owned::Removed;
use super::returning::{delete_batch, delete_returning};
use super::row::Columns;
use super::statements::{Dialect, Parameter, Statement};
use super::table::{Table, implement_storage};
use super::timestamptz::TimestampTz;
use crate::record::{SessionId, SessionRecord, Timestamp, Version};
use crate::storage::{Owned, Saved, StorageError};

/// The most rows that one statement of a clean-up deletes, as it says itself.
const BATCH: usize = 1_000;
/// The number of the advisory lock that lets one process at a time create the table: "sessions" in ASCII.
const MIGRATION_LOCK: i64 = 0x7365_7373_696f_6e73;

/// Keeps sessions in a table of a PostgreSQL database (12 or later).
///
/// The application brings its pool, so the features of its own `sqlx` choose TLS. [`migrate`](Self::migrate) creates
/// the table:
///
/// | column | type | |
/// |---|---|---|
/// | `id` | `uuid` | the public id |
/// | `version` | `bigint` | what every write compares |
/// | `last_seen`, `expires_at` | `timestamptz` | the only place where a touch writes |
/// | `owner` | `bytea` | any text, compared byte by byte; `WHERE owner = 'user:42'` works in `psql` |
/// | `record` | `json` | all of it, readable: `SELECT record->'values'`; holds the secret's digest only |
///
/// Each call is one statement, and a save that conflicts two; there are no transactions. The server's clock is never
/// asked. What was acknowledged is as durable as the server's `synchronous_commit` makes it. Read from the primary: a
/// replica that lags behind would show sessions that have ended.
///
/// `sqlx` sends a ping whenever it takes a connection from the pool. `test_before_acquire(false)` saves that round
/// trip; a request may then fail once for each connection that the server closed meanwhile.
///
/// Expired sessions stay in the table until [`Sessions::delete_expired`](crate::Sessions::delete_expired) is called, or
/// [`delete_expired_every`](crate::Sessions::delete_expired_every) runs: it deletes 1,000 rows at a time, skips those
/// that a request holds, and may run in many processes at once.
///
/// ```no_run
/// use axum::Router;
/// use axum_bare_session::{PostgresSessionStorage, add_session_middleware};
///
/// # async fn app() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = sqlx::PgPool::connect("postgres://localhost/app").await?;
/// let storage = PostgresSessionStorage::new(pool);
/// storage.migrate().await?;
/// let app: Router = add_session_middleware(Router::new(), storage);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct PostgresSessionStorage {
    table: Table<Postgres>,
}

impl PostgresSessionStorage {
    /// A storage in the table `bare_sessions` of the pool's database.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        let table = Table::new(pool, TableName::default());
        Self { table }
    }

    /// The same storage in another table.
    ///
    /// ```no_run
    /// use axum_bare_session::PostgresSessionStorage;
    /// use axum_bare_session::storage::TableName;
    ///
    /// # fn storage(pool: sqlx::PgPool) -> Result<(), Box<dyn std::error::Error>> {
    /// let table = TableName::new("sessions")?.in_schema("web")?;
    /// let storage = PostgresSessionStorage::new(pool).table(table);
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
    /// If the database cannot be reached, or its user may not create the table. A user who may not needs no call where
    /// the table is there; [`schema`](Self::schema) is what to create.
    pub async fn migrate(&self) -> Result<(), StorageError> {
        self.create().await.map_err(StorageError::new)
    }

    /// The statements that create the table and its indexes, for an application that runs its migrations by other
    /// means.
    #[must_use]
    pub fn schema(&self) -> String {
        let (name, table) = (self.table.quoted(), self.table.name.table());
        // A hash index takes owners of any length.
        format!(
            "CREATE TABLE IF NOT EXISTS {name} (\
             id uuid PRIMARY KEY, \
             version bigint NOT NULL, \
             last_seen timestamptz NOT NULL, \
             expires_at timestamptz NOT NULL, \
             owner bytea, \
             record json NOT NULL);\n\
             CREATE INDEX IF NOT EXISTS \"{table}_expires_at\" ON {name} (expires_at);\n\
             CREATE INDEX IF NOT EXISTS \"{table}_owner\" ON {name} USING hash (owner);\n"
        )
    }

    async fn create(&self) -> Result<(), sqlx::Error> {
        // One connection for all, so that a pool of one will do.
        let mut connection = self.table.pool.acquire().await?;
        let exists = "SELECT to_regclass($1) IS NOT NULL";
        let name = self.table.quoted();
        let is_there = sqlx::query_scalar(exists).bind(&name);
        if is_there.fetch_one(&mut *connection).await? {
            return Ok(());
        }
        let mut transaction = connection.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(MIGRATION_LOCK)
            .execute(&mut *transaction)
            .await?;
        // No second question: its answer may come from what this transaction looked up before it waited.
        let schema = Statement::new(self.schema());
        sqlx::raw_sql(schema.sql())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    async fn clean_up(&self, now: Timestamp) -> Result<u64, StorageError> {
        // First around the rows that others hold, so that many processes share the work; then, in the same order for
        // all, what they held: rows that another clean-up is deleting, or that a request has prolonged.
        let name = self.table.quoted();
        let around = "LIMIT 1000 FOR UPDATE SKIP LOCKED";
        let rest = "ORDER BY id LIMIT 1000 FOR UPDATE";
        let mut deleted = 0;
        for expired in [around, rest] {
            let statement = Statement::new(format!(
                "DELETE FROM {name} WHERE id = ANY (ARRAY(\
                 SELECT id FROM {name} WHERE expires_at <= $1 {expired})) \
                 RETURNING id, false"
            ));
            loop {
                let now = [Value::Time(now)];
                let batch = delete_batch(&self.table.pool, &statement, &now).await?;
                deleted += batch.sessions;
                if batch.rows < BATCH {
                    break;
                }
            }
        }
        Ok(deleted)
    }
}

implement_storage!(PostgresSessionStorage);

impl Engine for Postgres {
    const DIALECT: Dialect = Dialect {
        quote: '"',
        parameter: Parameter::Numbered,
        to_time: ("", ""),
        from_time: ("", ""),
        to_record: ("", "::json"),
        from_record: ("", "::text"),
        on_conflict: " ON CONFLICT (id) DO NOTHING",
        deletes_return: true,
    };

    fn bind(query: QueryOf<Self>, value: Value) -> QueryOf<Self> {
        match value {
            Value::Id(id) => query.bind(Uuid::from(id)),
            Value::Version(version) => query.bind(u64::from(version).cast_signed()),
            Value::Time(time) => query.bind(TimestampTz::from(time)),
            Value::Owner(owner) => query.bind(owner),
            Value::Record(json) => query.bind(json),
        }
    }

    async fn execute(
        connection: &mut PgConnection,
        query: QueryOf<Self>,
    ) -> Result<u64, sqlx::Error> {
        Ok(query.execute(connection).await?.rows_affected())
    }

    async fn fetch_optional(
        connection: &mut PgConnection,
        query: QueryOf<Self>,
    ) -> Result<Option<PgRow>, sqlx::Error> {
        query.fetch_optional(connection).await
    }

    async fn fetch_all(
        connection: &mut PgConnection,
        query: QueryOf<Self>,
    ) -> Result<Vec<PgRow>, sqlx::Error> {
        query.fetch_all(connection).await
    }

    fn columns(row: &PgRow) -> Result<Columns<'_>, StorageError> {
        // The columns have types and are not null, so what fails here is the table's fault, not a row's.
        let read = || {
            Ok(Columns {
                id: row.try_get::<Uuid, _>(0)?.into(),
                version: row.try_get(1)?,
                last_seen: row.try_get::<TimestampTz, _>(2)?.micros(),
                expires_at: row.try_get::<TimestampTz, _>(3)?.micros(),
                record: row.try_get::<&str, _>(4)?.as_bytes(),
            })
        };
        read().map_err(|error: sqlx::Error| StorageError::new(error))
    }

    fn removed(row: &PgRow) -> Result<Removed, StorageError> {
        let read = || {
            Ok(Removed {
                id: row.try_get::<Uuid, _>(0)?.into(),
                was_alive: row.try_get(1)?,
            })
        };
        read().map_err(|error: sqlx::Error| StorageError::new(error))
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
