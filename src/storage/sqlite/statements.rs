use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, ToSql, params, params_from_iter};

use crate::record::{DecodeError, SessionId, SessionRecord, Timestamp, Version};
use crate::storage::sql::PAGE;
use crate::storage::sql::row::{Columns, id};
use crate::storage::{Owned, TableName};

/// The most rows that one statement of a clean-up deletes.
pub(super) const BATCH: usize = 1_000;

/// The statements on a table, which each connection prepares once.
pub(super) struct Statements {
    load: String,
    insert: String,
    update: String,
    touch: String,
    delete: String,
    list: String,
    ids: String,
    owned: String,
    owned_but: String,
    owned_one: String,
    expired: String,
    nothing: String,
}

/// A record as it is stored, or why it is none.
pub(super) type Stored = Result<SessionRecord, DecodeError>;

/// A row that outlives its statement.
pub(super) struct OwnedRow {
    id: SessionId,
    version: i64,
    last_seen: i64,
    expires_at: i64,
    record: Vec<u8>,
}

/// What one statement of a clean-up deleted.
pub(super) struct Batch {
    pub(super) rows: usize,
    /// How many of the rows were sessions, and not registers.
    pub(super) sessions: u64,
}

impl Statements {
    pub(super) fn new(table: &TableName) -> Self {
        let name = table.quoted('"');
        let select = format!("SELECT id, version, last_seen, expires_at, record FROM {name}");
        let delete = |rows: &str, now| {
            format!("DELETE FROM {name} WHERE owner = ?1{rows} RETURNING id, expires_at > ?{now}")
        };
        Self {
            load: format!("{select} WHERE id = ?1"),
            insert: format!(
                "INSERT INTO {name} (id, version, last_seen, expires_at, owner, record) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING"
            ),
            update: format!(
                "UPDATE {name} SET version = ?2, last_seen = ?3, expires_at = ?4, owner = ?5, record = ?6 \
                 WHERE id = ?1 AND version = ?7"
            ),
            touch: format!(
                "UPDATE {name} SET last_seen = ?3, expires_at = ?4 WHERE id = ?1 AND version = ?2"
            ),
            delete: format!("DELETE FROM {name} WHERE id = ?1"),
            list: format!("{select} WHERE owner = ?1 AND expires_at > ?2"),
            ids: format!(
                "SELECT id FROM {name} WHERE id >= ?1 AND length(id) = 16 ORDER BY id LIMIT {PAGE}"
            ),
            owned: delete("", 2),
            owned_but: delete(" AND id <> ?2", 3),
            owned_one: delete(" AND id = ?2", 3),
            expired: format!(
                "DELETE FROM {name} WHERE rowid IN \
                 (SELECT rowid FROM {name} WHERE expires_at <= ?1 LIMIT {BATCH}) RETURNING id"
            ),
            nothing: format!("DELETE FROM {name} WHERE false"),
        }
    }

    /// Prepares every statement, which fails where the table has other columns or keys.
    pub(super) fn prepare(&self, connection: &Connection) -> rusqlite::Result<()> {
        let statements = [
            &self.load,
            &self.insert,
            &self.update,
            &self.touch,
            &self.delete,
            &self.list,
            &self.ids,
            &self.owned,
            &self.owned_but,
            &self.owned_one,
            &self.expired,
        ];
        connection.set_prepared_statement_cache_capacity(2 * statements.len());
        for statement in statements {
            connection.prepare_cached(statement)?;
        }
        Ok(())
    }

    /// Does what every write does first, and no more.
    pub(super) fn write_nothing(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.execute(&self.nothing, [])?;
        Ok(())
    }

    pub(super) fn load(
        &self,
        connection: &Connection,
        id: SessionId,
    ) -> rusqlite::Result<Option<Stored>> {
        let mut statement = connection.prepare_cached(&self.load)?;
        let mut rows = statement.query([&id.as_bytes()[..]])?;
        let stored = rows.next()?.map(|row| columns(row)?.decode());
        Ok(stored)
    }

    /// Writes the record if what is stored is at the expected version, and tells whether it did.
    pub(super) fn save(
        &self,
        connection: &Connection,
        id: SessionId,
        record: &SessionRecord,
        json: &str,
        expected: Option<Version>,
    ) -> rusqlite::Result<bool> {
        let statement = match expected {
            None => &self.insert,
            Some(_) => &self.update,
        };
        let (id, version) = (&id.as_bytes()[..], number(record.version));
        let last_seen = record.last_seen.as_micros();
        let expires_at = record.expires_at.as_micros();
        let owner = record.owner.as_deref().map(str::as_bytes);
        let expected = expected.map(number);
        let values: [&dyn ToSql; 6] = [&id, &version, &last_seen, &expires_at, &owner, &json];
        let expected = expected.iter().map(|expected| expected as &dyn ToSql);
        let mut statement = connection.prepare_cached(statement)?;
        let rows = statement.execute(params_from_iter(values.into_iter().chain(expected)))?;
        Ok(rows > 0)
    }

    pub(super) fn touch(
        &self,
        connection: &Connection,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> rusqlite::Result<bool> {
        let mut statement = connection.prepare_cached(&self.touch)?;
        let (last_seen, expires_at) = (last_seen.as_micros(), expires_at.as_micros());
        let id = &id.as_bytes()[..];
        Ok(statement.execute(params![id, number(expected), last_seen, expires_at])? > 0)
    }

    pub(super) fn delete(&self, connection: &Connection, id: SessionId) -> rusqlite::Result<bool> {
        let mut statement = connection.prepare_cached(&self.delete)?;
        Ok(statement.execute([&id.as_bytes()[..]])? > 0)
    }

    /// The rows of an owner's sessions, and why some are none.
    pub(super) fn list(
        &self,
        connection: &Connection,
        owner: &str,
        now: Timestamp,
    ) -> rusqlite::Result<Vec<Result<OwnedRow, DecodeError>>> {
        let mut statement = connection.prepare_cached(&self.list)?;
        let mut rows = statement.query(params![owner.as_bytes(), now.as_micros()])?;
        let mut listed = Vec::new();
        while let Some(row) = rows.next()? {
            listed.push(columns(row).map(OwnedRow::from));
        }
        Ok(listed)
    }

    /// The ids from one on, in their order.
    pub(super) fn ids(
        &self,
        connection: &Connection,
        from: SessionId,
    ) -> rusqlite::Result<Vec<SessionId>> {
        let mut statement = connection.prepare_cached(&self.ids)?;
        let mut rows = statement.query([&from.as_bytes()[..]])?;
        let mut ids = Vec::new();
        while let Some(row) = rows.next()? {
            ids.extend(id_of(row));
        }
        Ok(ids)
    }

    /// Removes an owner's rows, and returns the ids of those that were alive.
    pub(super) fn delete_owned(
        &self,
        connection: &Connection,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> rusqlite::Result<Vec<SessionId>> {
        let (statement, named) = match which {
            Owned::All => (&self.owned, None),
            Owned::AllBut(id) => (&self.owned_but, Some(id)),
            Owned::One(id) => (&self.owned_one, Some(id)),
        };
        let mut statement = connection.prepare_cached(statement)?;
        let (owner, now) = (owner.as_bytes(), now.as_micros());
        let mut rows = match &named {
            None => statement.query(params![owner, now])?,
            Some(id) => statement.query(params![owner, &id.as_bytes()[..], now])?,
        };
        let mut deleted = Vec::new();
        while let Some(row) = rows.next()? {
            // A row without an id was no session that anybody could have opened.
            if let (Ok(id), ValueRef::Integer(1)) = (id_of(row), row.get_ref(1)?) {
                deleted.push(id);
            }
        }
        Ok(deleted)
    }

    pub(super) fn delete_expired(
        &self,
        connection: &Connection,
        now: Timestamp,
    ) -> rusqlite::Result<Batch> {
        let mut statement = connection.prepare_cached(&self.expired)?;
        let mut rows = statement.query([now.as_micros()])?;
        let mut batch = Batch {
            rows: 0,
            sessions: 0,
        };
        while let Some(row) = rows.next()? {
            batch.rows += 1;
            batch.sessions += u64::from(!id_of(row).is_ok_and(|id| id.is_register()));
        }
        Ok(batch)
    }
}

impl OwnedRow {
    pub(super) fn columns(&self) -> Columns<'_> {
        Columns {
            id: self.id,
            version: self.version,
            last_seen: self.last_seen,
            expires_at: self.expires_at,
            record: &self.record,
        }
    }
}

impl From<Columns<'_>> for OwnedRow {
    fn from(row: Columns<'_>) -> Self {
        Self {
            id: row.id,
            version: row.version,
            last_seen: row.last_seen,
            expires_at: row.expires_at,
            record: row.record.to_vec(),
        }
    }
}

/// SQLite's integers have a sign.
fn number(version: Version) -> i64 {
    u64::from(version).cast_signed()
}

/// Reads a row. Types are those of each value here, so one of another type is the row's fault.
fn columns<'r>(row: &'r Row<'_>) -> Result<Columns<'r>, DecodeError> {
    Ok(Columns {
        id: id_of(row)?,
        version: integer(row, 1, "version")?,
        last_seen: integer(row, 2, "last_seen")?,
        expires_at: integer(row, 3, "expires_at")?,
        record: match row.get_ref(4) {
            Ok(ValueRef::Text(json) | ValueRef::Blob(json)) => json,
            _ => return Err(DecodeError::Malformed { field: "record" }),
        },
    })
}

fn id_of(row: &Row<'_>) -> Result<SessionId, DecodeError> {
    match row.get_ref(0) {
        Ok(ValueRef::Blob(bytes)) => id(bytes),
        _ => Err(DecodeError::Malformed { field: "id" }),
    }
}

fn integer(row: &Row<'_>, at: usize, field: &'static str) -> Result<i64, DecodeError> {
    match row.get_ref(at) {
        Ok(ValueRef::Integer(number)) => Ok(number),
        _ => Err(DecodeError::Malformed { field }),
    }
}
