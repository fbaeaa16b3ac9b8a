use sqlx::Pool;

use super::engine::{Engine, Value, fetch_all};
use super::owned::{alive, values};
use super::statements::Statement;
use super::table::Table;
use crate::record::{SessionId, Timestamp};
use crate::storage::{Owned, StorageError};

/// Removes rows by the one statement that it takes where a `DELETE` returns what it removed.
pub(super) async fn delete_returning<DB: Engine>(
    table: &Table<DB>,
    owner: &str,
    which: Owned,
    now: Timestamp,
) -> Result<Vec<SessionId>, StorageError> {
    let mut values = values(owner, which);
    values.push(Value::Time(now));
    let statement = table.statements.owned.of(which);
    let rows = fetch_all(&table.pool, statement, &values).await;
    let rows = rows.map_err(StorageError::new)?;
    // A row without an id was no session that anybody could have opened.
    let removed = rows.iter().filter_map(|row| DB::removed(row).ok());
    Ok(alive(removed))
}

/// What a statement removed.
pub(super) struct Batch {
    pub(super) rows: usize,
    /// How many of the rows were sessions, and not registers.
    pub(super) sessions: u64,
}

/// Runs a statement that removes rows and returns them.
pub(super) async fn delete_batch<DB: Engine>(
    pool: &Pool<DB>,
    statement: &Statement,
    values: &[Value],
) -> Result<Batch, StorageError> {
    let rows = fetch_all(pool, statement, values).await;
    let rows = rows.map_err(StorageError::new)?;
    let is_register = |row| DB::removed(row).is_ok_and(|row| row.id.is_register());
    let registers = rows.iter().filter(|row| is_register(*row)).count();
    Ok(Batch {
        rows: rows.len(),
        sessions: (rows.len() - registers) as u64,
    })
}
