use std::error::Error as _;
use std::fmt;
use std::io;
use std::sync::Arc;

use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, Error};

use crate::storage::{StorageError, TableName};

/// What went wrong, by the engine's code, and never in the engine's words, which quote values.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    kind: Kind,
    place: Arc<Place>,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// It is no URL.
    Url,
    /// The URL wants TLS, and there is no connector.
    NoTls,
    /// The server's answer.
    Server(SqlState),
    /// No connection could be made.
    Unreachable(Arc<str>),
    /// The server has answered nothing for long.
    Unanswered,
    /// The connection broke.
    Broken,
    /// The driver understood nothing of it.
    Driver(Arc<str>),
}

/// Where a failure happened, as far as that is no secret.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) servers: String,
    user: String,
    database: String,
    pub(super) table: TableName,
}

impl Place {
    pub(super) fn new(config: &Config, table: TableName) -> Self {
        let ports = config.get_ports();
        let port = |at| ports.get(at).or(ports.first()).copied().unwrap_or(5432);
        let hosts = config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        });
        let servers: Vec<_> = if config.get_hosts().is_empty() {
            config
                .get_hostaddrs()
                .iter()
                .map(ToString::to_string)
                .collect()
        } else {
            hosts.collect()
        };
        let servers = servers.iter().enumerate();
        let servers: Vec<_> = servers
            .map(|(at, host)| format!("{host}:{}", port(at)))
            .collect();
        let user = config
            .get_user()
            .unwrap_or("(the process's user)")
            .to_owned();
        Self {
            servers: servers.join(", "),
            database: config.get_dbname().unwrap_or(&user).to_owned(),
            user,
            table,
        }
    }
}

impl Failure {
    pub(super) fn new(kind: Kind, place: &Arc<Place>) -> Self {
        let place = Arc::clone(place);
        Self { kind, place }
    }

    /// What a call on a connection failed with.
    pub(super) fn of_call(error: &Error, place: &Arc<Place>) -> Self {
        let kind = if let Some(code) = error.code() {
            Kind::Server(code.clone())
        } else if error.is_closed() || is_io(error) {
            Kind::Broken
        } else {
            Kind::Driver(reason(error))
        };
        Self::new(kind, place)
    }

    /// What an attempt to connect failed with.
    pub(super) fn of_dialling(error: &Error, place: &Arc<Place>) -> Self {
        let kind = match error.code() {
            Some(code) => Kind::Server(code.clone()),
            None => Kind::Unreachable(reason(error)),
        };
        Self::new(kind, place)
    }

    fn code(&self) -> Option<&SqlState> {
        match &self.kind {
            Kind::Server(code) => Some(code),
            _ => None,
        }
    }

    /// Whether the connection is of no use after this.
    pub(super) fn is_of_the_connection(&self) -> bool {
        match &self.kind {
            Kind::Broken => true,
            // 08: whatever a pooler says of its own connection to the server.
            Kind::Server(code) => code.code().starts_with("08") || is_of_this_server(code),
            _ => false,
        }
    }

    /// Whether the statement has certainly not been applied, and may be on a new connection.
    pub(super) fn is_refused(&self) -> bool {
        self.code().is_some_and(is_of_this_server)
    }

    /// Whether the server takes no writes: it has become a replica.
    pub(super) fn is_read_only(&self) -> bool {
        self.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION)
    }

    /// Whether the database rolled the statement back in favour of another: a deadlock, a lock that was not given up in
    /// time or, at a high isolation level, a serialization failure. It was then certainly not applied.
    pub(super) fn was_rolled_back(&self) -> bool {
        let rolled_back = [
            &SqlState::T_R_SERIALIZATION_FAILURE,
            &SqlState::T_R_DEADLOCK_DETECTED,
            &SqlState::LOCK_NOT_AVAILABLE,
        ];
        self.code().is_some_and(|code| rolled_back.contains(&code))
    }

    pub(super) fn is_missing_table(&self) -> bool {
        let missing = [&SqlState::UNDEFINED_TABLE, &SqlState::INVALID_SCHEMA_NAME];
        self.code().is_some_and(|code| missing.contains(&code))
    }

    /// Whether the server was reached and has an opinion, which says more than that another one was not.
    pub(super) fn is_answer(&self) -> bool {
        self.code().is_some()
    }
}

/// Whether this server, or this connection to it, takes no such statement, and another may: it is shutting down, has
/// become a replica, or knows the prepared statement no more.
fn is_of_this_server(code: &SqlState) -> bool {
    [
        &SqlState::ADMIN_SHUTDOWN,
        &SqlState::CANNOT_CONNECT_NOW,
        &SqlState::READ_ONLY_SQL_TRANSACTION,
        &SqlState::INVALID_SQL_STATEMENT_NAME,
        &SqlState::FEATURE_NOT_SUPPORTED,
    ]
    .contains(&code)
}

/// What the driver says of an error that is not the server's.
pub(super) fn reason(error: &Error) -> Arc<str> {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text.into()
}

fn is_io(error: &Error) -> bool {
    error
        .source()
        .is_some_and(|source| source.is::<io::Error>())
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            servers,
            user,
            database,
            table,
        } = &*self.place;
        match &self.kind {
            Kind::Url => f.write_str(
                "not a PostgreSQL URL: it takes postgres://user:password@host:port/database, with reserved characters \
                 of the user and the password percent-encoded, and sslmode is disable, prefer or require",
            ),
            Kind::NoTls => f.write_str(
                "the URL wants TLS (sslmode=require): give PostgresSessionStorage::builder(url).tls(..) a connector, \
                 such as that of the crate tokio-postgres-rustls",
            ),
            Kind::Server(code) => {
                match hint(code) {
                    Hint::Password => write!(f, "{servers} refuses the password of the user {user:?}"),
                    Hint::Entry => write!(
                        f,
                        "{servers} refuses the user {user:?} at the database {database:?} from this host, or without \
                         TLS: see its pg_hba.conf"
                    ),
                    Hint::Database => write!(f, "{servers} has no database {database:?}"),
                    Hint::Missing => write!(
                        f,
                        "the table {table} is missing: call PostgresSessionStorage::migrate, or migrate of its builder"
                    ),
                    Hint::Other => write!(f, "the table {table} is not one of sessions: choose another name"),
                    Hint::Permission => write!(
                        f,
                        "the user {user:?} needs SELECT, INSERT, UPDATE and DELETE on the table {table}; to create it, \
                         CREATE on its schema"
                    ),
                    Hint::Connections => write!(
                        f,
                        "{servers} has no connection left: raise max_connections there, or lower \
                         PostgresSessionStorage::builder(url).connections(..) here"
                    ),
                    Hint::ReadOnly => write!(f, "{servers} takes no writes: it is a replica"),
                    Hint::Disk => write!(f, "the disk of {servers} is full"),
                    Hint::Encoding => write!(
                        f,
                        "the database {database:?} has an encoding in which some texts cannot be kept: create one with \
                         ENCODING 'UTF8'"
                    ),
                    Hint::Locked => write!(f, "something locks the table {table}, or a row of it"),
                    Hint::Starting => write!(f, "{servers} is starting or shutting down"),
                    Hint::None => write!(f, "PostgreSQL at {servers} failed"),
                }?;
                write!(f, " (SQLSTATE {})", code.code())
            }
            Kind::Unreachable(reason) => {
                write!(f, "cannot connect to {servers} as the user {user:?}: {reason}")
            }
            Kind::Unanswered => write!(
                f,
                "{servers} does not answer: something locks the table {table}, or commits wait for a replica"
            ),
            Kind::Broken => write!(f, "the connection to {servers} broke"),
            Kind::Driver(reason) => write!(f, "the driver of {servers} failed: {reason}"),
        }
    }
}

enum Hint {
    Password,
    Entry,
    Database,
    Missing,
    Other,
    Permission,
    Connections,
    ReadOnly,
    Disk,
    Encoding,
    Locked,
    Starting,
    None,
}

fn hint(code: &SqlState) -> Hint {
    match code.code() {
        "28P01" => Hint::Password,
        "28000" => Hint::Entry,
        "3D000" => Hint::Database,
        "42P01" | "3F000" => Hint::Missing,
        "22P02" | "42703" | "42804" | "42809" | "42883" | "42P10" => Hint::Other,
        "42501" => Hint::Permission,
        "53300" => Hint::Connections,
        "25006" => Hint::ReadOnly,
        "53100" => Hint::Disk,
        "22P05" => Hint::Encoding,
        "55P03" => Hint::Locked,
        "57P01" | "57P03" => Hint::Starting,
        _ => Hint::None,
    }
}

impl std::error::Error for Failure {}

impl From<Failure> for StorageError {
    fn from(failure: Failure) -> Self {
        match failure.is_missing_table() {
            true => Self::not_migrated(failure),
            false => Self::new(failure),
        }
    }
}
