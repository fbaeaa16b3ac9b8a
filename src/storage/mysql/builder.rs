use std::fmt;
use std::num::NonZeroUsize;

use mysql_async::{Opts, OptsBuilder, PoolConstraints};

use super::connections::Connections;
use super::error::{Failure, Place};
use super::storage::MySqlSessionStorage;
use super::{migrate, options};
use crate::storage::{StorageError, TableName};

/// How many connections there are at most, unless the application says another number.
const CONNECTIONS: usize = 16;

/// Makes a [`MySqlSessionStorage`], from [`MySqlSessionStorage::builder`].
#[must_use = "a builder connects only when it is told to"]
pub struct MySqlSessionStorageBuilder {
    options: Result<Opts, Failure>,
    table: TableName,
    connections: usize,
}

impl MySqlSessionStorageBuilder {
    pub(super) fn new(url: &str) -> Self {
        Self {
            options: options::read(url),
            table: TableName::default(),
            connections: CONNECTIONS,
        }
    }

    /// Keeps the sessions in another table than `bare_sessions`.
    pub fn table(self, table: TableName) -> Self {
        Self { table, ..self }
    }

    /// How many connections there are at most (16 by default): so many calls are under way at once, and others wait.
    /// At least one.
    ///
    /// The server's `max_connections` must allow for those of all processes. A server that hangs, other than for a
    /// lock, may keep some more: a connection without an answer for 5 seconds after its call was given up is closed,
    /// and MySQL has no safe way to tell the server, which goes on with it. `pool_min` and `pool_max` of the URL have
    /// no effect.
    pub fn connections(self, most: usize) -> Self {
        Self {
            connections: most,
            ..self
        }
    }

    /// Changes how the driver, the crate `mysql_async`, connects: TLS by certificates of the application's own, for
    /// example, or statements that a connection begins with.
    ///
    /// What the storage needs is set all the same: its charset, `autocommit` and the like are the last to be set. Only
    /// `wsrep_sync_wait`, for [a Galera cluster](MySqlSessionStorage#a-galera-cluster), is set before.
    ///
    /// ```no_run
    /// # use axum_bare_session::MySqlSessionStorage;
    /// # async fn connect() -> Result<(), axum_bare_session::storage::StorageError> {
    /// let builder = MySqlSessionStorage::builder("mysql://user:password@localhost/app");
    /// // All sessions go to one node of the cluster.
    /// let builder = builder.options(|options| options.setup(vec!["SET wsrep_sync_wait = 0"]));
    /// let storage = builder.connect().await?;
    /// # Ok(()) }
    /// ```
    pub fn options(self, change: impl FnOnce(OptsBuilder) -> OptsBuilder) -> Self {
        let change = |options| change(OptsBuilder::from_opts::<Opts>(options)).into();
        Self {
            options: self.options.map(change),
            ..self
        }
    }

    /// Connects to a server whose table is there and up to date.
    ///
    /// # Errors
    ///
    /// As for [`MySqlSessionStorage::connect`].
    pub async fn connect(self) -> Result<MySqlSessionStorage, StorageError> {
        let storage = self.connect_lazily()?;
        migrate::check(storage.inner()).await?;
        Ok(storage)
    }

    /// Connects, after it has created the table or brought it up to date.
    ///
    /// # Errors
    ///
    /// As for [`MySqlSessionStorage::migrate`].
    pub async fn migrate(self) -> Result<MySqlSessionStorage, StorageError> {
        let storage = self.connect_lazily()?;
        migrate::migrate(storage.inner()).await?;
        migrate::check(storage.inner()).await?;
        Ok(storage)
    }

    /// A storage that connects when it is first asked, for an application that may start before its database. Until
    /// then requests that need a session fail (503).
    ///
    /// # Errors
    ///
    /// If the URL is not one.
    pub fn connect_lazily(self) -> Result<MySqlSessionStorage, StorageError> {
        let most = NonZeroUsize::new(self.connections).unwrap_or(NonZeroUsize::MIN);
        let Some(constraints) = PoolConstraints::new(most.get(), most.get()) else {
            return Err(Failure::Url("no number of connections".to_owned()).into());
        };
        let options = options::complete(self.options?, constraints);
        let place = Place::new(&options, self.table);
        Ok(MySqlSessionStorage::new(Connections::new(options, place)))
    }
}

/// The options hold the password.
impl fmt::Debug for MySqlSessionStorageBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MySqlSessionStorageBuilder")
            .field("table", &self.table)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}
