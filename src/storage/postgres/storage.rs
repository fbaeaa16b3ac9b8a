use std::fmt;
use std::sync::Arc;

use super::builder::PostgresSessionStorageBuilder;
use super::connections::Connections;
use super::migrate;
use super::statements::Statements;
use crate::storage::{StorageError, TableName};

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
/// What others have locked is waited for half a second at a time (`lock_timeout`), so that what is asked after it on
/// the same connection does not wait for it too; `options=-c lock_timeout=2s` in the URL sets another time, and behind a
/// pooler the server's own holds. A connection on which calls were given up is asked nothing until it has answered.
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
    /// credentials, the table is missing, locked or another one, the user may not read and write it, the database's
    /// encoding is not UTF-8, or the server does not get on within 10 seconds. The error says what to do, and shows no
    /// password. A session is saved, changed and deleted to know that.
    pub async fn connect(url: &str) -> Result<Self, StorageError> {
        Self::builder(url).connect().await
    }

    /// Connects, and creates the table `bare_sessions` with its indexes, if it is not there yet. Any number of
    /// processes may do so at once.
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect), or if the table is missing and the user may not create it;
    /// [`schema`](Self::schema) is what to create then.
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

    pub(super) fn statements(&self) -> &Statements {
        &self.inner.statements
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
