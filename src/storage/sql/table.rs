use std::sync::Arc;

use sqlx::Pool;

use super::TableName;
use super::engine::{Engine, Value, execute, fetch_all, fetch_optional};
use super::row::listed;
use super::statements::Statements;
use crate::record::{SessionId, SessionRecord, Timestamp, Version};
use crate::storage::{Owned, Saved, StorageError};

/// A table of sessions in any database: all that the contract asks for, but for the clean-up.
pub(super) struct Table<DB: Engine> {
    pub(super) pool: Pool<DB>,
    pub(super) name: TableName,
    pub(super) statements: Arc<Statements>,
}

impl<DB: Engine> Table<DB> {
    pub(super) fn new(pool: Pool<DB>, name: TableName) -> Self {
        let statements = Arc::new(Statements::new(&DB::DIALECT, &name));
        Self {
            pool,
            name,
            statements,
        }
    }

    /// The table's name for a statement.
    pub(super) fn quoted(&self) -> String {
        self.name.quoted(DB::DIALECT.quote)
    }

    pub(super) async fn load(
        &self,
        id: SessionId,
    ) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        let row = fetch_optional(&self.pool, &self.statements.load, &[Value::Id(id)]).await;
        let Some(row) = row.map_err(StorageError::new)? else {
            return Ok(None);
        };
        Ok(Some(Arc::new(DB::columns(&row)?.decode()?)))
    }

    pub(super) async fn save(
        &self,
        id: SessionId,
        record: &SessionRecord,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        let is_written = match expected {
            None => self.insert(id, record).await?,
            Some(version) => self.update(id, record, version).await?,
        };
        if is_written {
            return Ok(Saved::Done);
        }
        // A statement of its own: within the one that wrote nothing, the database would still show the row as it was
        // when that statement began, and not as the request that it waited for left it.
        Ok(Saved::Conflict(self.load(id).await?))
    }

    async fn insert(&self, id: SessionId, record: &SessionRecord) -> Result<bool, StorageError> {
        let mut values = columns(record)?;
        values.push(Value::Id(id));
        match execute(&self.pool, &self.statements.insert, &values).await {
            Ok(rows) => Ok(rows > 0),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
            Err(error) => Err(StorageError::new(error)),
        }
    }

    async fn update(
        &self,
        id: SessionId,
        record: &SessionRecord,
        version: Version,
    ) -> Result<bool, StorageError> {
        let mut values = columns(record)?;
        values.extend([Value::Id(id), Value::Version(version)]);
        let rows = execute(&self.pool, &self.statements.update, &values).await;
        Ok(rows.map_err(StorageError::new)? > 0)
    }

    pub(super) async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        let values = [
            Value::Time(last_seen),
            Value::Time(expires_at),
            Value::Id(id),
            Value::Version(expected),
        ];
        let rows = execute(&self.pool, &self.statements.touch, &values).await;
        Ok(rows.map_err(StorageError::new)? > 0)
    }

    pub(super) async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        let rows = execute(&self.pool, &self.statements.delete, &[Value::Id(id)]).await;
        Ok(rows.map_err(StorageError::new)? > 0)
    }

    pub(super) async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        DB::delete_owned(self, owner, which, now).await
    }

    pub(super) async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        let values = [
            Value::Owner(Some(owner.as_bytes().into())),
            Value::Time(now),
        ];
        let rows = fetch_all(&self.pool, &self.statements.list, &values).await;
        let rows = rows.map_err(StorageError::new)?;
        listed(owner, rows.iter().map(DB::columns))
    }
}

impl<DB: Engine> Clone for Table<DB> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            name: self.name.clone(),
            statements: Arc::clone(&self.statements),
        }
    }
}

/// The values of all columns but the id, in the order of `INSERT` and `UPDATE`.
fn columns(record: &SessionRecord) -> Result<Vec<Value>, StorageError> {
    let json = record.to_json().map_err(StorageError::new)?;
    let owner = record.owner.as_deref();
    let mut values = Vec::with_capacity(7);
    values.extend([
        Value::Version(record.version),
        Value::Time(record.last_seen),
        Value::Time(record.expires_at),
        Value::Owner(owner.map(|owner| owner.as_bytes().into())),
        Value::Record(String::from_utf8(json).map_err(StorageError::new)?),
    ]);
    Ok(values)
}

/// Implements the contract by a field `table`, and a `Debug` that shows no more than its name, since a pool's would
/// show the password.
macro_rules! implement_storage {
    ($storage:ident) => {
        impl $crate::storage::SessionStorage for $storage {
            async fn load(
                &self,
                id: SessionId,
            ) -> Result<Option<Arc<SessionRecord>>, StorageError> {
                self.table.load(id).await
            }

            async fn save(
                &self,
                id: SessionId,
                record: Arc<SessionRecord>,
                expected: Option<Version>,
            ) -> Result<Saved, StorageError> {
                self.table.save(id, &record, expected).await
            }

            async fn touch(
                &self,
                id: SessionId,
                expected: Version,
                last_seen: Timestamp,
                expires_at: Timestamp,
            ) -> Result<bool, StorageError> {
                let table = &self.table;
                table.touch(id, expected, last_seen, expires_at).await
            }

            async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
                self.table.delete(id).await
            }

            async fn list(
                &self,
                owner: &str,
                now: Timestamp,
            ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
                self.table.list(owner, now).await
            }

            async fn delete_owned(
                &self,
                owner: &str,
                which: Owned,
                now: Timestamp,
            ) -> Result<Vec<SessionId>, StorageError> {
                self.table.delete_owned(owner, which, now).await
            }

            async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
                self.clean_up(now).await
            }
        }

        impl std::fmt::Debug for $storage {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($storage))
                    .field("table", &self.table.name)
                    .finish_non_exhaustive()
            }
        }
    };
}

pub(super) use implement_storage;
