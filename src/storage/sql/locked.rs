use sqlx::Connection;
use sqlx::mysql::{MySql, MySqlConnection};

use super::engine::{Engine, MAX_RETRIES, Value, fetch_all, query, was_rolled_back};
use super::owned::{Removed, alive, values};
use super::row::id;
use super::statements::Statement;
use super::table::Table;
use crate::record::{SessionId, Timestamp};
use crate::storage::{Owned, StorageError};

/// The most rows that one transaction removes.
const BATCH: usize = 1_000;

/// Removes an owner's rows where no `DELETE` returns what it removed: the rows are locked, looked at and removed in one
/// transaction.
///
/// Their ids are read first, without locks: by the index of owners they would be locked in another order than a save
/// does it.
pub(super) async fn delete_owned(
    table: &Table<MySql>,
    owner: &str,
    which: Owned,
    now: Timestamp,
) -> Result<Vec<SessionId>, StorageError> {
    let ids = match which {
        Owned::One(id) => vec![id],
        Owned::All | Owned::AllBut(_) => find(table, owner, which).await?,
    };
    let mut deleted = Vec::with_capacity(ids.len());
    let mut connection = table.pool.acquire().await.map_err(StorageError::new)?;
    for ids in ids.chunks(BATCH) {
        let mut retries = 0;
        let removed = loop {
            match remove(&mut connection, table, ids, owner, now).await {
                Err(error) if retries < MAX_RETRIES && was_rolled_back(&error) => retries += 1,
                removed => break removed.map_err(StorageError::new)?,
            }
        };
        deleted.extend(alive(removed.into_iter()));
    }
    Ok(deleted)
}

/// The ids of the rows, in the order of the table.
async fn find(
    table: &Table<MySql>,
    owner: &str,
    which: Owned,
) -> Result<Vec<SessionId>, StorageError> {
    let statement = table.statements.owned.of(which);
    let rows = fetch_all(&table.pool, statement, &values(owner, which)).await;
    let rows = rows.map_err(StorageError::new)?;
    let mut ids = Vec::with_capacity(rows.len());
    for row in &rows {
        ids.push(id(sqlx::Row::try_get(row, 0).map_err(StorageError::new)?)?);
    }
    ids.sort_unstable();
    Ok(ids)
}

async fn remove(
    connection: &mut MySqlConnection,
    table: &Table<MySql>,
    ids: &[SessionId],
    owner: &str,
    now: Timestamp,
) -> Result<Vec<Removed>, sqlx::Error> {
    let (name, time) = (table.quoted(), MySql::DIALECT.time_parameter(1));
    let lock = Statement::new(format!(
        "SELECT s.id, s.expires_at > {time} FROM {name} AS s FORCE INDEX (PRIMARY) \
         WHERE s.id IN ({}) AND s.owner = ? FOR UPDATE",
        marks(ids.len())
    ));
    let mut values = vec![Value::Time(now)];
    values.extend(ids.iter().map(|id| Value::Id(*id)));
    values.push(Value::Owner(Some(owner.as_bytes().into())));

    let mut transaction = connection.begin().await?;
    let rows = MySql::fetch_all(&mut transaction, query(&lock, &values)).await?;
    let removed: Result<Vec<_>, _> = rows.iter().map(MySql::removed).collect();
    let removed = removed.map_err(|error| sqlx::Error::Decode(error.into()))?;
    if !removed.is_empty() {
        let delete = Statement::new(format!(
            "DELETE FROM {name} WHERE id IN ({})",
            marks(removed.len())
        ));
        let ids: Vec<_> = removed.iter().map(|row| Value::Id(row.id)).collect();
        MySql::execute(&mut transaction, query(&delete, &ids)).await?;
    }
    transaction.commit().await?;
    Ok(removed)
}

/// So many parameters.
pub(super) fn marks(count: usize) -> String {
    vec!["?"; count].join(",")
}
