use std::fmt;
use std::sync::Arc;

use futures_util::stream::BoxStream;
use mysql_async::Value;

use super::builder::MySqlSessionStorageBuilder;
use super::connections::Connections;
use super::error::is_duplicate;
use super::statements::{MOST_LOADED, Statements};
use super::values::{columns, number, touched};
use super::{expired, migrate, owned, row};
use crate::record::{SessionId, SessionRecord, Timestamp, Version};
use crate::storage::sql;
use crate::storage::sql::row::listed;
use crate::storage::{Owned, Saved, SessionStorage, StorageError, TableName};

/// Keeps sessions in a table of a MySQL (8.0 or later) or MariaDB (10.5 or later) database.
///
/// The connections are its own, up to 16 unless the [builder](Self::builder) is told another number; a clone shares
/// them. [`migrate`](Self::migrate) connects and creates the table, or brings one of an earlier version up to date:
///
/// ```no_run
/// use axum::Router;
/// use axum_bare_session::{MySqlSessionStorage, add_session_middleware};
///
/// # async fn app() -> Result<(), axum_bare_session::storage::StorageError> {
/// let storage = MySqlSessionStorage::migrate("mysql://user:password@localhost/app").await?;
/// let app: Router = add_session_middleware(Router::new(), storage);
/// # Ok(()) }
/// ```
///
/// | column | type | |
/// |---|---|---|
/// | `id` | `BINARY(16)` | the public id |
/// | `version` | `BIGINT` | what every write compares |
/// | `last_seen_micros`, `expires_at_micros` | `BIGINT` | microseconds since 1970; all that a touch writes |
/// | `owner` | `LONGBLOB` | any text, compared byte by byte |
/// | `record` | `LONGBLOB` | all of it as JSON, in UTF-8; holds the secret's digest only |
///
/// Each call is one statement, prepared once for each connection, and one round trip; a save that conflicts takes two,
/// and a look at many sessions one for each 100. Ending an owner's takes a transaction for each 1,000, since MySQL's
/// `DELETE` does not return what it removed.
///
/// Bytes are sent and read as they are, and every write commits by itself, whatever charset, `sql_mode`, `autocommit`,
/// isolation level or time zone the server or its `init_connect` have set. Its clock is never asked. A lock is waited
/// for for 3 seconds.
///
/// What was acknowledged is as durable as `innodb_flush_log_at_trx_commit` makes it. Read from the primary: a replica
/// that lags behind would show sessions that have ended.
///
/// # When a connection breaks
///
/// One that the server has closed while it was idle is replaced before it is used. A read whose connection breaks is
/// tried once more on another. A write whose connection breaks is not, since it may have been applied; the middleware
/// finds out whether it was. A deadlock, which in a Galera cluster tells that another node's write came first, is tried
/// up to 8 times more. A statement that the server refuses for being no primary any more, or a node cut off from its
/// cluster, is tried once more on a new connection, which behind a proxy leads elsewhere. All the others are replaced
/// with it, at most once a second, which the statement waits for; and again while `read_only` is on. So a second after
/// the proxy leads to a new primary, nothing is read at the one before, if that refused a write of this process, before
/// or since. A process that only reads goes on there until the connections are closed.
///
/// # A Galera cluster
///
/// Writes through several nodes lose nothing to each other: the version is compared where the cluster agrees on an
/// order. A node may be some milliseconds behind, though, so each connection to a server that may be one sets
/// `wsrep_sync_wait = 7`: each statement waits for what was answered through another node before.
///
/// Where all sessions go to one node, with the others for its failure, the application may spare that wait:
/// [`options`](crate::storage::MySqlSessionStorageBuilder::options) has the statement. Where a proxy sends calls to
/// several nodes, that risks that a session which was just made is not found, that a change or a log-out which is
/// answered as done is lost, as it found no row yet, and that a session which has ended is still read.
///
/// # Clean-up
///
/// Expired sessions stay in the table until [`Sessions::delete_expired`](crate::Sessions::delete_expired) is called, or
/// [`delete_expired_every`](crate::Sessions::delete_expired_every) runs: it deletes 1,000 rows at a time, by their ids,
/// and may run in many processes at once.
#[derive(Clone)]
pub struct MySqlSessionStorage {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) connections: Connections,
    pub(super) statements: Statements,
}

impl MySqlSessionStorage {
    /// Connects to a server, at a URL such as `mysql://user:password@host:3306/database`, whose table `bare_sessions`
    /// is there and up to date.
    ///
    /// `?socket=/run/mysqld/mysqld.sock` takes a path instead of the host's port. For TLS, `?require_ssl=true`, the
    /// application switches on a TLS feature of the crate `mysql_async`, version 0.37.
    ///
    /// ```no_run
    /// # use axum_bare_session::MySqlSessionStorage;
    /// # async fn connect() -> Result<(), axum_bare_session::storage::StorageError> {
    /// let storage = MySqlSessionStorage::connect("mysql://user:password@localhost/app").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// If `url` is not one, the server cannot be reached within 10 seconds or refuses the credentials, the table is
    /// missing or older than this version, or its user may not read and write it. The error says what to do, and shows
    /// no password.
    pub async fn connect(url: &str) -> Result<Self, StorageError> {
        Self::builder(url).connect().await
    }

    /// Connects, after it has created the table `bare_sessions` or brought it up to date. Any number of processes may
    /// do so at once.
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect), or if the user may not create or alter the table. A user who may not needs no
    /// `migrate` where the table is there; [`schema`](Self::schema) is what to create.
    pub async fn migrate(url: &str) -> Result<Self, StorageError> {
        Self::builder(url).migrate().await
    }

    /// What else there is to choose.
    ///
    /// ```no_run
    /// # use axum_bare_session::MySqlSessionStorage;
    /// use axum_bare_session::storage::TableName;
    ///
    /// # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = MySqlSessionStorage::builder("mysql://user:password@localhost/app");
    /// let builder = builder.table(TableName::new("visitors")?).connections(32);
    /// let storage = builder.migrate().await?;
    /// # Ok(()) }
    /// ```
    pub fn builder(url: &str) -> MySqlSessionStorageBuilder {
        MySqlSessionStorageBuilder::new(url)
    }

    /// The statement that creates the table and its indexes, for an application that runs its migrations by other
    /// means.
    ///
    /// ```
    /// use axum_bare_session::MySqlSessionStorage;
    /// use axum_bare_session::storage::TableName;
    ///
    /// let schema = MySqlSessionStorage::schema(&TableName::default());
    /// assert!(schema.starts_with("CREATE TABLE IF NOT EXISTS `bare_sessions` (id BINARY(16)"));
    /// ```
    #[must_use]
    pub fn schema(table: &TableName) -> String {
        migrate::schema(table)
    }

    pub(super) fn new(connections: Connections) -> Self {
        let inner = Arc::new(Inner {
            statements: Statements::new(connections.place.table()),
            connections,
        });
        Self { inner }
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.inner
    }

    async fn insert(&self, id: SessionId, record: &SessionRecord) -> Result<bool, StorageError> {
        let mut values = columns(record)?;
        values.push(id.as_bytes().into());
        let Inner {
            connections,
            statements,
        } = &*self.inner;
        // `INSERT IGNORE` would let go of more than duplicate ids; the duplicate is told by its error.
        match connections.ask(&statements.insert, values).await {
            Ok(reply) => Ok(reply.affected > 0),
            Err(error) if is_duplicate(&error) => Ok(false),
            Err(error) => Err(connections.failure(&error).into()),
        }
    }

    async fn update(
        &self,
        id: SessionId,
        record: &SessionRecord,
        version: Version,
    ) -> Result<bool, StorageError> {
        let mut values = columns(record)?;
        values.extend([id.as_bytes().into(), number(version)]);
        self.write(&self.inner.statements.update, values).await
    }

    /// Whether the statement found a row.
    async fn write(&self, sql: &Arc<str>, values: Vec<Value>) -> Result<bool, StorageError> {
        Ok(self.inner.connections.write(sql, values).await? > 0)
    }
}

impl SessionStorage for MySqlSessionStorage {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        let values = vec![id.as_bytes().into()];
        let statement = &self.inner.statements.load;
        let rows = self.inner.connections.read(statement, values).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        Ok(Some(Arc::new(row::columns(row)?.decode()?)))
    }

    async fn load_many(
        &self,
        ids: &[SessionId],
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        let mut loaded = Vec::with_capacity(ids.len());
        for ids in ids.chunks(MOST_LOADED) {
            let (sql, values) = self.inner.statements.load_many(ids);
            let rows = self.inner.connections.read(sql, values).await?;
            loaded.extend(listed("", rows.iter().map(row::columns))?);
        }
        Ok(loaded)
    }

    fn ids(&self) -> BoxStream<'_, Result<SessionId, StorageError>> {
        sql::ids(move |from| async move {
            let values = vec![from.as_bytes().into()];
            let rows = self
                .inner
                .connections
                .read(&self.inner.statements.ids, values);
            row::ids(&rows.await?)
        })
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        let is_written = match expected {
            None => self.insert(id, &record).await?,
            Some(version) => self.update(id, &record, version).await?,
        };
        if is_written {
            return Ok(Saved::Done);
        }
        Ok(Saved::Conflict(self.load(id).await?))
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        let values = touched(id, expected, last_seen, expires_at);
        self.write(&self.inner.statements.touch, values).await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        let values = vec![id.as_bytes().into()];
        self.write(&self.inner.statements.delete, values).await
    }

    async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        let values = vec![owner.as_bytes().into(), now.as_micros().into()];
        let statement = &self.inner.statements.list;
        let rows = self.inner.connections.read(statement, values).await?;
        listed(owner, rows.iter().map(row::columns))
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        owned::delete(&self.inner, owner, which, now).await
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        expired::delete(&self.inner, now).await
    }
}

/// The driver's own would show what it sends.
impl fmt::Debug for MySqlSessionStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MySqlSessionStorage")
            .field("table", self.inner.connections.place.table())
            .finish_non_exhaustive()
    }
}
