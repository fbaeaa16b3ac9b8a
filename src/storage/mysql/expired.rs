use super::row::ids;
use super::statements::{BATCH, literals};
use super::storage::Inner;
use crate::record::{SessionId, Timestamp};
use crate::storage::StorageError;

/// Removes what has expired.
///
/// A deletion by the index of expiries would lock rows in another order than a save does, and wait for a save that
/// waits for it. So the ids are read first, without locks, and each row is locked by its id.
pub(super) async fn delete(inner: &Inner, now: Timestamp) -> Result<u64, StorageError> {
    let mut deleted = 0;
    loop {
        let values = vec![now.as_micros().into()];
        let rows = inner.connections.read(&inner.statements.expired, values);
        let ids = ids(&rows.await?)?;
        let found = ids.len();
        let (registers, sessions): (Vec<_>, Vec<_>) =
            ids.into_iter().partition(SessionId::is_register);
        delete_of(inner, registers, now).await?;
        deleted += delete_of(inner, sessions, now).await?;
        if found < BATCH {
            return Ok(deleted);
        }
    }
}

/// Deletes those of these rows that have expired.
async fn delete_of(
    inner: &Inner,
    mut ids: Vec<SessionId>,
    now: Timestamp,
) -> Result<u64, StorageError> {
    if ids.is_empty() {
        return Ok(0);
    }
    // In the order in which clean-ups at other processes lock them too.
    ids.sort_unstable();
    let delete = format!(
        "DELETE s FROM {} AS s FORCE INDEX (PRIMARY) WHERE s.id IN ({}) AND s.expires_at_micros <= {}",
        inner.statements.table(),
        literals(&ids),
        now.as_micros()
    );
    Ok(inner.connections.write_once(delete).await?)
}
