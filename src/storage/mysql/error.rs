use std::error::Error as _;
use std::fmt;
use std::sync::Arc;

use mysql_async::{DriverError, Error, IoError, Opts, UrlError};

use crate::storage::{StorageError, TableName};

/// What went wrong, by the engine's number, and never in the engine's words, which quote values.
#[derive(Debug)]
pub(super) enum Failure {
    Url(String),
    /// The server's answer: its number and its SQLSTATE.
    Server {
        code: u16,
        state: Box<str>,
        place: Arc<Place>,
    },
    /// The connection could not be made, or broke.
    Connection {
        reason: String,
        place: Arc<Place>,
    },
    /// The driver refused.
    Driver(String),
    /// A column holds values of another type.
    Column(usize),
}

/// Where a failure happened, as far as it is no secret.
#[derive(Debug)]
pub(super) struct Place {
    address: String,
    user: String,
    database: String,
    table: TableName,
}

impl Place {
    pub(super) fn new(options: &Opts, table: TableName) -> Self {
        let address = match options.socket() {
            Some(socket) => socket.to_owned(),
            None => format!("{}:{}", options.ip_or_hostname(), options.tcp_port()),
        };
        Self {
            address,
            user: options.user().unwrap_or_default().to_owned(),
            database: options.db_name().unwrap_or_default().to_owned(),
            table,
        }
    }

    pub(super) fn table(&self) -> &TableName {
        &self.table
    }
}

impl Failure {
    pub(super) fn new(error: &Error, place: &Arc<Place>) -> Self {
        let place = Arc::clone(place);
        match error {
            Error::Server(error) => Self::Server {
                code: error.code,
                state: error.state.as_str().into(),
                place,
            },
            Error::Io(error) => Self::Connection {
                reason: reason(error),
                place,
            },
            Error::Driver(DriverError::ConnectionClosed) => Self::Connection {
                reason: "it is closed".to_owned(),
                place,
            },
            Error::Driver(error) => Self::Driver(of_driver(error)),
            Error::Url(error) => Self::of_url(error),
            Error::Other(_) => {
                Self::Driver("the application's own part of the connection failed".to_owned())
            }
        }
    }

    /// A URL's values may be secrets, so that no more than a parameter's name is told.
    pub(super) fn of_url(error: &UrlError) -> Self {
        Self::Url(match error {
            UrlError::UnknownParameter { param } => format!("the driver has no parameter {param:?}"),
            UrlError::InvalidParamValue { param, .. } => {
                format!("the parameter {param:?} does not take this value")
            }
            UrlError::FeatureRequired { feature, param } => format!(
                "the parameter {param:?} takes the feature {feature:?} of the crate mysql_async, which an application \
                 switches on among its own dependencies"
            ),
            UrlError::InvalidPoolConstraints { .. } => "pool_min is more than pool_max".to_owned(),
            UrlError::UnsupportedScheme { .. } => "it does not begin with mysql://".to_owned(),
            UrlError::Invalid | UrlError::Parse(_) => {
                "it should look like mysql://user:password@host:3306/database, with what is special in them as %XX: \
                 `/` as %2F, `?` as %3F, `#` as %23, `@` as %40"
                    .to_owned()
            }
        })
    }
}

fn reason(error: &IoError) -> String {
    // An operating system's or a TLS library's words, which know nothing of sessions.
    match error {
        IoError::Io(error) => error.to_string(),
        #[allow(unreachable_patterns)]
        error => match error.source() {
            Some(source) => source.to_string(),
            None => "TLS".to_owned(),
        },
    }
}

fn of_driver(error: &DriverError) -> String {
    match error {
        DriverError::NoClientSslFlagFromServer => {
            "TLS was asked for, and the server has none".to_owned()
        }
        DriverError::UnknownAuthPlugin { name } => format!(
            "the server wants the authentication plugin {name:?}, which the crate mysql_async has by a feature, or not"
        ),
        DriverError::MysqlOldPasswordDisabled | DriverError::CleartextPluginDisabled => {
            format!("the server asks for the password in an insecure way: {error}")
        }
        DriverError::PacketTooLarge => {
            "a record is larger than the server's max_allowed_packet".to_owned()
        }
        DriverError::UnexpectedPacket { .. } => "an answer that is none of MySQL's".to_owned(),
        DriverError::PacketOutOfOrder => "an answer that belongs to no question".to_owned(),
        _ => "the driver failed".to_owned(),
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(reason) => write!(f, "no URL of a MySQL server: {reason}"),
            Self::Server { code, state, place } => {
                write!(f, "MySQL error {code} ({state}) at {}", place.address)?;
                place.advise(f, *code)
            }
            Self::Connection { reason, place } => {
                write!(f, "no connection to MySQL at {}: {reason}", place.address)
            }
            Self::Driver(reason) => write!(f, "MySQL: {reason}"),
            Self::Column(at) => write!(
                f,
                "column {} of the table of sessions holds values of another type than `migrate` gave it",
                at + 1
            ),
        }
    }
}

impl Place {
    /// What an error's number means here, and what to do.
    fn advise(&self, f: &mut fmt::Formatter<'_>, code: u16) -> fmt::Result {
        let Self {
            user,
            database,
            table,
            ..
        } = self;
        match code {
            1045 | 1698 => write!(f, ": the user {user:?} or the password is wrong"),
            1044 => write!(
                f,
                ": the user {user:?} may not use the database {database:?}"
            ),
            1049 => write!(
                f,
                ": there is no database {database:?}: create it, or name another"
            ),
            1046 => f.write_str(": no database is named: the URL ends with /database"),
            1142 | 1143 | 1227 | 1370 => write!(
                f,
                ": the user {user:?} lacks a privilege on the table {table}: SELECT, INSERT, UPDATE, DELETE, and for \
                 `migrate` CREATE, ALTER, INDEX and DROP too"
            ),
            1146 => write!(
                f,
                ": there is no table {table}: `MySqlSessionStorage::migrate` makes it"
            ),
            1054 => write!(
                f,
                ": the table {table} lacks a column: if an earlier version made it, `MySqlSessionStorage::migrate` \
                 brings it up to date"
            ),
            1040 | 1203 | 1226 => {
                f.write_str(": it has as many connections as it may (max_connections)")
            }
            1461 => f.write_str(
                ": it has as many prepared statements as it may (max_prepared_stmt_count)",
            ),
            1047 => f.write_str(": this node of the cluster is cut off from the others"),
            1290 | 1792 | 1836 => f.write_str(
                ": this server takes no writes: is it a replica? Sessions are kept on the primary",
            ),
            1021 | 1114 => write!(f, ": the table {table} or the disk is full"),
            1153 => f.write_str(": a record is larger than max_allowed_packet"),
            1205 => f.write_str(": a row was locked by another transaction for too long"),
            1213 => f.write_str(": rolled back for the sake of others, again and again"),
            1366 => write!(
                f,
                ": the table {table} has columns of another kind than `migrate` makes"
            ),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Failure> for StorageError {
    fn from(failure: Failure) -> Self {
        match failure {
            // No such table, no such column.
            Failure::Server {
                code: 1146 | 1054, ..
            } => Self::not_migrated(failure),
            failure => Self::new(failure),
        }
    }
}

/// The row's id is taken.
pub(super) fn is_duplicate(error: &Error) -> bool {
    matches!(error, Error::Server(error) if error.code == 1062)
}

/// Rolled back in favour of another: a deadlock or, in a Galera cluster, another node's write that came first. It was
/// then certainly not applied.
pub(super) fn was_rolled_back(error: &Error) -> bool {
    matches!(error, Error::Server(error) if error.code == 1213 || error.state == "40001")
}

/// Refused for what the server has become: a node that lost its cluster, a primary that is none any more. It was
/// certainly not applied, and a new connection may lead elsewhere.
pub(super) fn is_of_the_server(error: &Error) -> bool {
    matches!(error, Error::Server(error) if matches!(error.code, 1047 | 1290 | 1792 | 1836))
}

/// Refused for what this one connection has become: a proxy went on with it to a server that has not prepared the
/// statement. It was certainly not applied.
pub(super) fn is_of_the_connection(error: &Error) -> bool {
    matches!(error, Error::Server(error) if error.code == 1243)
}
