use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Row, TxOpts, Value};
use uuid::Uuid;

use super::call::Call;
use super::error::Failure;
use super::row::ids;
use super::statements::{BATCH, literal, literals};
use super::storage::Inner;
use super::values::touched;
use crate::record::{SessionId, Timestamp, Version};
use crate::storage::{Owned, StorageError};

/// Removes an owner's rows, and returns the ids of those that were alive.
///
/// MySQL's `DELETE` does not return what it removed, so the rows are locked, looked at and removed in one transaction.
/// Their ids are read first, without locks: by the index of owners they would be locked in another order than a save
/// does it.
pub(super) async fn delete(
    inner: &Inner,
    owner: &str,
    which: Owned,
    now: Timestamp,
) -> Result<Vec<SessionId>, StorageError> {
    let connections = &inner.connections;
    let mut named = match which {
        Owned::One(id) => vec![id],
        Owned::All | Owned::AllBut(_) => {
            // A server that takes no more writes goes on reading, and does not know of the latest log-ins.
            touch_nothing(inner).await?;
            let values = vec![owner.as_bytes().into()];
            ids(&connections.read(&inner.statements.owned, values).await?)?
        }
    };
    named.retain(|id| which.names(*id));
    named.sort_unstable();
    let mut deleted = Vec::with_capacity(named.len());
    for ids in named.chunks(BATCH) {
        let lock = format!(
            "SELECT s.id, s.expires_at_micros > {} FROM {table} AS s FORCE INDEX (PRIMARY) \
             WHERE s.id IN ({}) AND s.owner = {} FOR UPDATE",
            now.as_micros(),
            literals(ids),
            literal(owner.as_bytes()),
            table = inner.statements.table(),
        );
        let delete = format!("DELETE FROM {} WHERE id IN ", inner.statements.table());
        let removed = connections.make(Removal { lock, delete }).await;
        let removed = removed.map_err(|error| connections.failure(&error))?;
        deleted.extend(removed?);
    }
    Ok(deleted)
}

/// Asks for a write that changes nothing, which a server refuses that takes none any more: it is left then.
pub(super) async fn touch_nothing(inner: &Inner) -> Result<(), Failure> {
    let (nobody, never) = (Uuid::max().into(), Version::from(u64::MAX));
    let no_row = touched(nobody, never, Timestamp::MIN, Timestamp::MIN);
    let touched = inner.connections.write(&inner.statements.touch, no_row);
    touched.await.map(drop)
}

type Alive = Result<Vec<SessionId>, StorageError>;

struct Removal {
    lock: String,
    delete: String,
}

impl Call for Removal {
    type Reply = Alive;

    async fn make(&self, conn: &mut Conn) -> Result<Alive, Error> {
        remove(conn, &self.lock, &self.delete).await
    }
}

/// A transaction that is dropped before its `COMMIT` is rolled back, before the connection is used again.
async fn remove(conn: &mut Conn, lock: &str, delete: &str) -> Result<Alive, Error> {
    let mut transaction = conn.start_transaction(TxOpts::default()).await?;
    let rows: Vec<Row> = transaction.query(lock).await?;
    let locked = match ids(&rows) {
        Ok(locked) => locked,
        Err(error) => return Ok(Err(error)),
    };
    // Also where there is nothing to remove: a server that takes no more writes refuses that, and may not know of what
    // there is.
    let named = match &locked[..] {
        [] => literals(&[Uuid::max().into()]),
        locked => literals(locked),
    };
    transaction.query_drop(format!("{delete}({named})")).await?;
    transaction.commit().await?;
    // As texts, since the statement was none that is prepared.
    let is_alive = |row: &Row| matches!(row.as_ref(1), Some(Value::Bytes(text)) if text == b"1");
    let alive = locked.iter().zip(&rows).filter(|(_, row)| is_alive(row));
    Ok(Ok(alive.map(|(id, _)| *id).collect()))
}
