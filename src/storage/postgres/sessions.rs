use std::sync::Arc;

use futures_util::stream::BoxStream;
use tokio_postgres::Row;

use super::connection::Value;
use super::error::{Failure, Kind, reason};
use super::statements::{BATCH, Statements};
use super::storage::PostgresSessionStorage;
use super::values::{Id, Json, Micros, Time};
use crate::record::{SessionId, SessionRecord, Timestamp, Version};
use crate::storage::sql;
use crate::storage::sql::row::{Columns, listed};
use crate::storage::{Owned, Saved, SessionStorage, StorageError};

impl PostgresSessionStorage {
    /// Writes the record, and returns whether it did.
    async fn write(
        &self,
        id: SessionId,
        record: &SessionRecord,
        expected: Option<Version>,
    ) -> Result<bool, StorageError> {
        let json = Json(record.to_json().map_err(StorageError::new)?);
        let owner = record.owner.as_deref().map(str::as_bytes);
        let (version, id) = (number(record.version), Id(id));
        let (last_seen, expires_at) = (Time(record.last_seen), Time(record.expires_at));
        let expected = expected.map(number);
        let values: [Value<'_>; 7] = [
            &version,
            &last_seen,
            &expires_at,
            &owner,
            &json,
            &id,
            &expected,
        ];
        let Statements { insert, update, .. } = self.statements();
        let answer = match expected {
            None => self.connections().write_once(insert, &values[..6]).await?,
            Some(_) => self.connections().write_once(update, &values).await?,
        };
        Ok(answer.count > 0)
    }

    /// Reads the columns of a row. They have types and are not null, so what fails here is the table's fault, not a
    /// row's.
    fn columns<'r>(&self, row: &'r Row) -> Result<Columns<'r>, StorageError> {
        let read = || {
            Ok(Columns {
                id: row.try_get::<_, Id>(0)?.0,
                version: row.try_get(1)?,
                last_seen: row.try_get::<_, Micros>(2)?.0,
                expires_at: row.try_get::<_, Micros>(3)?.0,
                record: row.try_get::<_, Json<&[u8]>>(4)?.0,
            })
        };
        read().map_err(|error| self.failed(&error))
    }

    fn id(&self, row: &Row) -> Result<SessionId, StorageError> {
        let id = row.try_get::<_, Id>(0);
        Ok(id.map_err(|error| self.failed(&error))?.0)
    }

    fn failed(&self, error: &tokio_postgres::Error) -> StorageError {
        let kind = Kind::Driver(reason(error));
        Failure::new(kind, &self.connections().dialer.place).into()
    }
}

fn number(version: Version) -> i64 {
    u64::from(version).cast_signed()
}

impl SessionStorage for PostgresSessionStorage {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        let load = &self.statements().load;
        let answer = self.connections().read(load, &[&Id(id)]).await?;
        let Some(row) = answer.rows.first() else {
            return Ok(None);
        };
        Ok(Some(Arc::new(self.columns(row)?.decode()?)))
    }

    async fn load_many(
        &self,
        ids: &[SessionId],
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        let ids: Vec<_> = ids.iter().map(|id| Id(*id)).collect();
        let load_many = &self.statements().load_many;
        let answer = self.connections().read(load_many, &[&ids]).await?;
        listed("", answer.rows.iter().map(|row| self.columns(row)))
    }

    fn ids(&self) -> BoxStream<'_, Result<SessionId, StorageError>> {
        sql::ids(move |from| async move {
            let ids = &self.statements().ids;
            let answer = self.connections().read(ids, &[&Id(from)]).await?;
            let ids = answer.rows.iter().map(|row| self.id(row));
            ids.collect()
        })
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        if self.write(id, &record, expected).await? {
            return Ok(Saved::Done);
        }
        // A statement of its own: within the one that wrote nothing, the database would still show the row as it was
        // when that statement began, and not as the request that it waited for left it.
        Ok(Saved::Conflict(self.load(id).await?))
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        let (id, expected) = (Id(id), number(expected));
        let (last_seen, expires_at) = (Time(last_seen), Time(expires_at));
        let values: [Value<'_>; 4] = [&last_seen, &expires_at, &id, &expected];
        let touch = &self.statements().touch;
        let outcome = self.connections().write(touch, &values).await?;
        Ok(outcome.answer.count > 0)
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        let delete = &self.statements().delete;
        let outcome = self.connections().write(delete, &[&Id(id)]).await?;
        Ok(outcome.answer.count > 0 || outcome.is_repeated)
    }

    async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        let (bytes, now) = (owner.as_bytes(), Time(now));
        let list = &self.statements().list;
        let answer = self.connections().read(list, &[&bytes, &now]).await?;
        listed(owner, answer.rows.iter().map(|row| self.columns(row)))
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        let (owner, now) = (owner.as_bytes(), Time(now));
        let id = match which {
            Owned::All => None,
            Owned::AllBut(id) | Owned::One(id) => Some(Id(id)),
        };
        let values: [Value<'_>; 3] = [&owner, &now, &id];
        let values = &values[..2 + usize::from(id.is_some())];
        let delete = self.statements().owned(which);
        let outcome = self.connections().write(delete, values).await?;
        let mut alive = Vec::with_capacity(outcome.answer.rows.len());
        for row in &outcome.answer.rows {
            let read = || Ok((row.try_get::<_, Id>(0)?.0, row.try_get(1)?));
            let (id, was_alive) = read().map_err(|error| self.failed(&error))?;
            if was_alive {
                alive.push(id);
            }
        }
        Ok(alive)
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        let now = Time(now);
        let mut deleted = 0;
        for delete in &self.statements().expired {
            loop {
                let outcome = self.connections().write(delete, &[&now]).await?;
                let rows = &outcome.answer.rows;
                for row in rows {
                    deleted += u64::from(!self.id(row)?.is_register());
                }
                if rows.len() < BATCH {
                    break;
                }
            }
        }
        Ok(deleted)
    }
}
