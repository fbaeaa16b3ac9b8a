use std::future::Future;

use sqlx::query::Query;
use sqlx::{Database, Pool};

use super::owned::Removed;
use super::row::Columns;
use super::statements::{Dialect, Statement};
use super::table::Table;
use crate::record::{SessionId, Timestamp, Version};
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
