use std::future::Future;

use sqlx::query::Query;
use sqlx::{Database, Pool};

use super::owned::Removed;
use super::statements::{Dialect, Statement};
use super::table::Table;
use crate::record::{DecodeError, SessionId, SessionRecord, Timestamp, Version};
use crate::storage::{Owned, StorageError};

/// How often a statement is tried again that the database rolled back for the sake of another one.
pub(super) const MAX_RETRIES: usize = 8;

/// A value for a parameter.
#[derive(Clone)]
pub(super) enum Value {
    Id(SessionId),
    Version(Version),
    Time(Timestamp),
    Owner(Option<Box<[u8]>>),
    Record(String),
}

/// A row as the statements select it. Times are in microseconds since 1970.
pub(super) struct Columns<'r> {
    pub(super) id: SessionId,
    pub(super) version: i64,
    pub(super) last_seen: i64,
    pub(super) expires_at: i64,
    pub(super) record: &'r [u8],
}

pub(super) type QueryOf<DB> = Query<'static, DB, <DB as Database>::Arguments>;

/// What the shared code needs of a database. It is given a connection, since a pool would add a stream of its own to
/// the connection's.
pub(super) trait Engine: Database {
    const DIALECT: Dialect;

    fn bind(query: QueryOf<Self>, value: Value) -> QueryOf<Self>;

    /// Returns the number of rows that the statement matched.
    fn execute(
        connection: &mut Self::Connection,
        query: QueryOf<Self>,
    ) -> impl Future<Output = Result<u64, sqlx::Error>> + Send;

    fn fetch_optional(
        connection: &mut Self::Connection,
        query: QueryOf<Self>,
    ) -> impl Future<Output = Result<Option<Self::Row>, sqlx::Error>> + Send;

    fn fetch_all(
        connection: &mut Self::Connection,
        query: QueryOf<Self>,
    ) -> impl Future<Output = Result<Vec<Self::Row>, sqlx::Error>> + Send;

    /// Reads a row of the columns that the statements select.
    fn columns(row: &Self::Row) -> Result<Columns<'_>, StorageError>;

    /// Reads a row of one that was removed: its id, and whether it was alive.
    fn removed(row: &Self::Row) -> Result<Removed, StorageError>;

    /// Removes an owner's rows, and returns the ids of those that were alive.
    fn delete_owned(
        table: &Table<Self>,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<SessionId>, StorageError>> + Send;
}

/// Runs a statement, and returns the number of rows that it matched.
pub(super) async fn execute<DB: Engine>(
    pool: &Pool<DB>,
    statement: &Statement,
    values: &[Value],
) -> Result<u64, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let mut retries = 0;
    loop {
        match DB::execute(&mut connection, query(statement, values)).await {
            Err(error) if retries < MAX_RETRIES && was_rolled_back(&error) => retries += 1,
            answer => return answer,
        }
    }
}

/// Runs a statement, and returns its first row.
pub(super) async fn fetch_optional<DB: Engine>(
    pool: &Pool<DB>,
    statement: &Statement,
    values: &[Value],
) -> Result<Option<DB::Row>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    DB::fetch_optional(&mut connection, query(statement, values)).await
}

/// Runs a statement, and returns its rows.
pub(super) async fn fetch_all<DB: Engine>(
    pool: &Pool<DB>,
    statement: &Statement,
    values: &[Value],
) -> Result<Vec<DB::Row>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let mut retries = 0;
    loop {
        match DB::fetch_all(&mut connection, query(statement, values)).await {
            Err(error) if retries < MAX_RETRIES && was_rolled_back(&error) => retries += 1,
            answer => return answer,
        }
    }
}

pub(super) fn query<DB: Engine>(statement: &Statement, values: &[Value]) -> QueryOf<DB> {
    let query = sqlx::query(statement.sql());
    values.iter().cloned().fold(query, DB::bind)
}

/// Whether the database rolled the statement back in favour of another: a deadlock or, at a high isolation level, a
/// serialization failure. It was then certainly not applied, and may be tried again.
pub(super) fn was_rolled_back(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    matches!(code.as_deref(), Some("40001" | "40P01"))
}

impl Columns<'_> {
    /// The record, with what has columns of its own from there: a touch writes these alone.
    pub(super) fn decode(&self) -> Result<SessionRecord, DecodeError> {
        let mut record = SessionRecord::from_json(self.record)?;
        record.version = Version::from(self.version.cast_unsigned());
        (record.last_seen, record.expires_at) = self.times()?;
        Ok(record)
    }

    pub(super) fn times(&self) -> Result<(Timestamp, Timestamp), DecodeError> {
        let last_seen = Timestamp::decode(self.last_seen, "last_seen")?;
        let expires_at = Timestamp::decode(self.expires_at, "expires_at")?;
        Ok((last_seen, expires_at))
    }
}

/// Reads an id from a column of bytes.
#[cfg(any(feature = "mysql", feature = "sqlite"))]
pub(super) fn id(bytes: &[u8]) -> Result<SessionId, DecodeError> {
    let uuid = uuid::Uuid::from_slice(bytes);
    let uuid = uuid.map_err(|_| DecodeError::Malformed { field: "id" })?;
    Ok(uuid.into())
}
