use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Config, NoTls, Socket};

use super::connections::Connections;
use super::dial::{Dialer, Open, open};
use super::error::{Failure, Kind, Place};
use super::migrate;
use super::storage::PostgresSessionStorage;
use crate::storage::{StorageError, TableName};

/// How many connections there are at most, unless the application says another number.
const CONNECTIONS: usize = 16;
/// When the driver begins to ask whether a silent peer is still there, unless the URL says it by `keepalives_idle`.
const DRIVERS_KEEPALIVES_IDLE: Duration = Duration::from_secs(2 * 60 * 60);
/// The same for ours: sooner than any network forgets a connection that says nothing.
const KEEPALIVES_IDLE: Duration = Duration::from_secs(60);

/// How long a peer may leave unacknowledged what was sent to it, unless the URL says it by `tcp_user_timeout`. The
/// system's own limit is some 15 minutes, for which a connection to a machine that is gone would take a place.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(30);

/// Makes a [`PostgresSessionStorage`], from [`PostgresSessionStorage::builder`], or from a `tokio_postgres::Config`
/// that the application has.
#[must_use = "a builder connects only when it is told to"]
pub struct PostgresSessionStorageBuilder {
    config: Option<Config>,
    tls: Option<Arc<Open>>,
    table: TableName,
    connections: usize,
}

impl PostgresSessionStorageBuilder {
    pub(super) fn new(url: &str) -> Self {
        Self {
            config: url.parse().ok().filter(|_| !shows_password(url)),
            tls: None,
            table: TableName::default(),
            connections: CONNECTIONS,
        }
    }

    /// Keeps the sessions in another table than `bare_sessions`.
    pub fn table(self, table: TableName) -> Self {
        Self { table, ..self }
    }

    /// How many connections there are at most (16 by default). At least one.
    ///
    /// One carries many calls at once, so this is not how many requests may be under way: the server commits one write
    /// after another on a connection, and several connections' together. They are made when there is work for them,
    /// and stay. The server's `max_connections` must allow for those of all processes.
    ///
    /// Where calls are given up unanswered, as while something else locks the table, there may be up to as many more: a
    /// connection that seems dead is replaced, and stays until the server has answered what was asked on it.
    pub fn connections(self, most: usize) -> Self {
        Self {
            connections: most,
            ..self
        }
    }

    /// Encrypts the connections by the application's own connector, of `tokio-postgres-rustls` or `postgres-native-tls`
    /// for example.
    ///
    /// `sslmode` of the URL says whether it must be used (`require`), or where the server offers it (`prefer`, the
    /// default). Without a connector there is no TLS.
    ///
    /// ```no_run
    /// # use axum_bare_session::PostgresSessionStorage;
    /// # async fn connect<T>(tls: T) -> Result<(), axum_bare_session::storage::StorageError>
    /// # where
    /// #     T: tokio_postgres::tls::MakeTlsConnect<tokio_postgres::Socket> + Clone + Send + Sync + 'static,
    /// #     T::TlsConnect: Send,
    /// #     T::Stream: Send,
    /// #     <T::TlsConnect as tokio_postgres::tls::TlsConnect<tokio_postgres::Socket>>::Future: Send,
    /// # {
    /// // let tls = tokio_postgres_rustls::MakeRustlsConnect::new(rustls_config);
    /// let url = "postgres://user:password@db.example.com/app?sslmode=require";
    /// let storage = PostgresSessionStorage::builder(url).tls(tls).connect().await?;
    /// # Ok(()) }
    /// ```
    pub fn tls<T>(self, connector: T) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::TlsConnect: Send,
        T::Stream: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let tls = Some(open(connector));
        Self { tls, ..self }
    }

    /// Connects to a server whose table is there.
    ///
    /// # Errors
    ///
    /// As for [`PostgresSessionStorage::connect`].
    pub async fn connect(self) -> Result<PostgresSessionStorage, StorageError> {
        let storage = self.connect_lazily()?;
        migrate::check(storage.connections()).await?;
        Ok(storage)
    }

    /// Connects, and creates the table if it is not there yet.
    ///
    /// # Errors
    ///
    /// As for [`PostgresSessionStorage::migrate`].
    pub async fn migrate(self) -> Result<PostgresSessionStorage, StorageError> {
        let storage = self.connect_lazily()?;
        migrate::migrate(storage.connections()).await?;
        Ok(storage)
    }

    /// A storage that connects when it is first asked, for an application that may start before its database. Until
    /// then requests that need a session fail (503).
    ///
    /// # Errors
    ///
    /// If the URL is not one, or wants TLS and there is no connector.
    pub fn connect_lazily(self) -> Result<PostgresSessionStorage, StorageError> {
        let Some(mut config) = self.config else {
            let place = Place::new(&Config::new(), self.table).into();
            return Err(Failure::new(Kind::Url, &place).into());
        };
        complete(&mut config);
        let place = Place::new(&config, self.table);
        if self.tls.is_none() && config.get_ssl_mode() == SslMode::Require {
            return Err(Failure::new(Kind::NoTls, &place.into()).into());
        }
        let tls = self.tls.unwrap_or_else(|| open(NoTls));
        let most = self.connections.clamp(1, Semaphore::MAX_PERMITS);
        let dialer = Dialer::new(&config, tls, most, place);
        let connections = Connections::new(dialer, most);
        Ok(PostgresSessionStorage::new(connections))
    }
}

/// Whether a password that has an `@` in it as it is makes the rest of it a host or a database, which errors name.
fn shows_password(url: &str) -> bool {
    let (scheme, address) = url.split_once("://").unwrap_or_default();
    let (_, rest) = address.split_once('@').unwrap_or_default();
    let rest = rest.split('?').next().unwrap_or_default();
    scheme.starts_with("postgres") && rest.contains('@')
}

/// What the storage needs, and the URL need not say.
fn complete(config: &mut Config) {
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        config.host("localhost");
    }
    // Of several servers the one that takes writes, and none where there is none.
    config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    if config.get_keepalives_idle() == DRIVERS_KEEPALIVES_IDLE {
        config.keepalives_idle(KEEPALIVES_IDLE);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(TCP_USER_TIMEOUT);
    }
    if config.get_application_name().is_none() {
        config.application_name("axum-bare-session");
    }
}

impl From<Config> for PostgresSessionStorageBuilder {
    fn from(config: Config) -> Self {
        Self {
            config: Some(config),
            ..Self::new("")
        }
    }
}

/// The configuration holds the password.
impl fmt::Debug for PostgresSessionStorageBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresSessionStorageBuilder")
            .field("table", &self.table)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}
