use std::fmt;
use std::sync::Arc;

use tokio_postgres::Row;

use super::builder::PostgresSessionStorageBuilder;
use super::connection::Value;
use super::connections::Connections;
use super::error::{Failure, Kind};
use super::migrate;
use super::statements::{BATCH, Statements};
use super::values::{Id, Json, Micros, Time};
use crate::record::{SessionId, SessionRecord, Timestamp, Version};
use crate::storage::sql::{Columns, listed};
use crate::storage::{Owned, Saved, SessionStorage, StorageError, TableName};

/// Keeps sessions in a table of a PostgreSQL database (12 or later).
///
/// [`migrate`](Self::migrate) connects and creates the table, [`connect`](Self::connect) connects where it is there,
/// and [`builder`](Self::builder) chooses what else there is to choose.
///
/// ```no_run
/// use axum::Router;
/// use axum_bare_session::{PostgresSessionStorage, add_session_middleware};
///
/// # async fn app() -> Result<(), Box<dyn std::error::Error>> {
/// let storage = PostgresSessionStorage::migrate("postgres://user:password@localhost/app").await?;
/// let app: Router = add_session_middleware(Router::new(), storage);
/// # Ok(()) }
/// ```
///
/// # The table
///
/// | column | type | |
/// |---|---|---|
/// | `id` | `uuid` | the public id |
/// | `version` | `bigint` | what every write compares |
/// | `last_seen`, `expires_at` | `timestamptz` | the only place where a touch writes |
/// | `owner` | `bytea` | any text, compared byte by byte; `WHERE owner = 'user:42'` works in `psql` |
/// | `record` | `json` | all of it, readable: `SELECT record->'values'`; holds the secret's digest only |
///
/// Times before 4713 BC, where PostgreSQL's calendar begins, are kept as `-infinity`, and read as
/// [`Timestamp::MIN`](crate::storage::Timestamp::MIN).
///
/// # Round trips
///
/// Each call is one statement and one round trip, without a ping or a transaction, and a save that conflicts two. The
/// storage has up to 16 connections of its own, made when there is work for them, and many calls travel on each at
/// once. The server's clock is never asked.
///
/// Statements are prepared once on each connection, which doubles the number of reads that a server can answer. Behind
/// a pooler, such as pgbouncer, none is: the storage finds out by itself, when it connects.
///
/// # When the connection breaks
///
/// The next call gets a new one. What read, or may be applied twice, is asked once more on it, within the middleware's
/// [`storage_timeout`](crate::SessionsBuilder::storage_timeout). A save is not: nobody knows whether it was applied,
/// and the middleware finds out by the record. A deletion that finds nothing the second time counts as done by the
/// first; ending an owner's sessions ends all of them, but does not tell those that the first attempt ended.
///
/// Of several servers in the URL, `postgres://user@one,two/app`, the one that takes writes is used, whichever that is
/// at the time; `target_session_attrs` is always `read-write`. A server that shuts down or becomes a replica is left at
/// once, and the call made on the new one. What was acknowledged is as durable as the server's `synchronous_commit`
/// and `synchronous_standby_names` make it: without the latter a failover may undo the last writes, **and a log-out is
/// such a write**.
///
/// # Clean-up
///
/// Expired sessions stay in the table until [`Sessions::delete_expired`](crate::Sessions::delete_expired) is called, or
/// [`delete_expired_every`](crate::Sessions::delete_expired_every) runs: it deletes 1,000 rows at a time, skips those
/// that a request holds, and may run in many processes at once.
#[derive(Clone)]
pub struct PostgresSessionStorage {
    inner: Arc<Inner>,
}

struct Inner {
    connections: Connections,
    statements: Statements,
}

impl PostgresSessionStorage {
    /// Connects to a server, at a URL such as `postgres://user:password@host:5432/database`, whose table
    /// `bare_sessions` is there.
    ///
    /// The URL is that of the crate `tokio-postgres`, which takes most of PostgreSQL's own parameters, and also
    /// `host=localhost user=app`. For TLS there is [`builder`](Self::builder).
    ///
    /// ```no_run
    /// # use axum_bare_session::PostgresSessionStorage;
    /// # async fn connect() -> Result<(), axum_bare_session::storage::StorageError> {
    /// let storage = PostgresSessionStorage::connect("postgres://user:password@localhost/app").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// If `url` is not one, no server can be reached within 2 seconds (or `connect_timeout`), it refuses the
    /// credentials, the table is missing or another one, or the user may not read and write it. The error says what to
    /// do, and shows no password. A session is saved, changed and deleted to know that.
    pub async fn connect(url: &str) -> Result<Self, StorageError> {
        Self::builder(url).connect().await
    }

    /// Connects, and creates the table `bare_sessions` with its indexes, if it is not there yet. Any number of
    /// processes may do so at once.
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect), or if the table is missing and the user may not create it. [`schema`](Self::schema) is what to
    /// create then.
    pub async fn migrate(url: &str) -> Result<Self, StorageError> {
        Self::builder(url).migrate().await
    }

    /// What else there is to choose.
    ///
    /// ```no_run
    /// # use axum_bare_session::PostgresSessionStorage;
    /// use axum_bare_session::storage::TableName;
    ///
    /// # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = PostgresSessionStorage::builder("postgres://user:password@localhost/app");
    /// let builder = builder.table(TableName::new("visitors")?.in_schema("web")?).connections(32);
    /// let storage = builder.migrate().await?;
    /// # Ok(()) }
    /// ```
    pub fn builder(url: &str) -> PostgresSessionStorageBuilder {
        PostgresSessionStorageBuilder::new(url)
    }

    /// The statements that create the table and its indexes, for an application that runs its migrations by other
    /// means.
    ///
    /// ```
    /// use axum_bare_session::PostgresSessionStorage;
    /// use axum_bare_session::storage::TableName;
    ///
    /// let schema = PostgresSessionStorage::schema(&TableName::default());
    /// assert!(schema.starts_with("CREATE TABLE IF NOT EXISTS \"bare_sessions\" (id uuid PRIMARY KEY"));
    /// ```
    #[must_use]
    pub fn schema(table: &TableName) -> String {
        migrate::schema(table)
    }

    pub(super) fn new(connections: Connections) -> Self {
        let statements = Statements::new(&connections.dialer.place.table);
        let inner = Inner {
            connections,
            statements,
        };
        Self {
            inner: inner.into(),
        }
    }

    pub(super) fn connections(&self) -> &Connections {
        &self.inner.connections
    }

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
        let Statements { insert, update, .. } = &self.inner.statements;
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

    fn failed(&self, error: &tokio_postgres::Error) -> StorageError {
        let kind = Kind::Driver(error.to_string().into());
        Failure::new(kind, &self.connections().dialer.place).into()
    }
}

fn number(version: Version) -> i64 {
    u64::from(version).cast_signed()
}

impl SessionStorage for PostgresSessionStorage {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        let load = &self.inner.statements.load;
        let answer = self.connections().read(load, &[&Id(id)]).await?;
        let Some(row) = answer.rows.first() else {
            return Ok(None);
        };
        Ok(Some(Arc::new(self.columns(row)?.decode()?)))
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
        let touch = &self.inner.statements.touch;
        let outcome = self.connections().write(touch, &values).await?;
        Ok(outcome.answer.count > 0)
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        let delete = &self.inner.statements.delete;
        let outcome = self.connections().write(delete, &[&Id(id)]).await?;
        Ok(outcome.answer.count > 0 || outcome.is_repeated)
    }

    async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        let (bytes, now) = (owner.as_bytes(), Time(now));
        let list = &self.inner.statements.list;
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
        let delete = self.inner.statements.owned(which);
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
        for delete in &self.inner.statements.expired {
            loop {
                let outcome = self.connections().write(delete, &[&now]).await?;
                let rows = &outcome.answer.rows;
                for row in rows {
                    let id = row
                        .try_get::<_, Id>(0)
                        .map_err(|error| self.failed(&error))?;
                    deleted += u64::from(!id.0.is_register());
                }
                if rows.len() < BATCH {
                    break;
                }
            }
        }
        Ok(deleted)
    }
}

/// The server and the table, and no more, since a configuration holds the password.
impl fmt::Debug for PostgresSessionStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = &self.connections().dialer.place;
        f.debug_struct("PostgresSessionStorage")
            .field("servers", &place.servers)
            .field("table", &place.table)
            .finish_non_exhaustive()
    }
}
