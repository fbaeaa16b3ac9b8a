use std::borrow::Cow;
use std::fmt;

use redis::{ErrorKind, RedisError};

use super::link::has_code;
use crate::record::DecodeError;
use crate::storage::StorageError;

/// What went wrong, by the server's code, and never in the server's words, which may quote keys and values.
#[derive(Debug)]
pub(super) enum Problem {
    /// The driver cannot use the URL.
    Url(String),
    /// There is no connection, for a reason of the operating system's or the driver's.
    Connection(String),
    /// The server's answer.
    Code(String),
    /// The user lacks the permission for this command.
    Command(Cow<'static, str>),
    /// The user may not touch keys that begin so.
    Keys(String),
    /// The server does not know this command.
    Unknown(&'static str),
    /// The driver refused the answer.
    Driver(String),
    /// A session that was saved to see whether that is possible was not there.
    NotKept,
    /// What the application connected itself has no connection for the server's own messages, and may be a Cluster.
    Given,
}

impl Problem {
    pub(super) fn of(error: &RedisError) -> Self {
        if let Some(code) = error.code() {
            let is_of_script = is_refused_in_script(error);
            return Self::Code(if is_of_script { "NOPERM" } else { code }.to_owned());
        }
        match error.kind() {
            ErrorKind::InvalidClientConfig => Self::Url(words(error)),
            ErrorKind::AuthenticationFailed => Self::Code("WRONGPASS".to_owned()),
            ErrorKind::Io => Self::Connection(error.to_string()),
            _ => Self::Driver(words(error)),
        }
    }

    pub(super) fn is_cross_slot(error: &StorageError) -> bool {
        let source = std::error::Error::source(error).and_then(|it| it.downcast_ref());
        matches!(source, Some(Self::Code(code)) if code == "CROSSSLOT")
    }
}

/// What the driver says by itself. What it adds may be the server's.
fn words(error: &RedisError) -> String {
    match error.detail() {
        None => error.to_string(),
        Some(_) => error.category().to_owned(),
    }
}

/// Within a script the server names neither the code nor the command.
fn is_refused_in_script(error: &RedisError) -> bool {
    let refused = "The user executing the script can't";
    error.code() == Some("ERR") && error.detail().is_some_and(|it| it.starts_with(refused))
}

/// Whether the server does not know the command.
pub(super) fn is_unknown(error: &RedisError) -> bool {
    error.code() == Some("ERR")
        && error
            .detail()
            .is_some_and(|it| it.starts_with("unknown command"))
}

/// The command that the server names as one which the user may not run: the driver sends some by itself, to connect.
pub(super) fn forbidden_command(error: &RedisError) -> Option<String> {
    let (_, name) = error.detail()?.split_once("run the '")?;
    let (name, _) = name.split_once('\'')?;
    Some(name.to_uppercase())
}

/// Whether the server refused a command for its keys' sake.
pub(super) fn is_of_keys(error: &RedisError) -> bool {
    error.code() == Some("NOPERM") && error.detail().is_some_and(|it| it.contains(" keys"))
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(words) => write!(
                f,
                "no URL of a Redis server, such as redis://user:password@host:6379/0 with what is special in them as \
                 %XX ({words})"
            ),
            Self::Connection(words) => write!(f, "no connection to Redis: {words}"),
            Self::Code(code) => {
                write!(f, "Redis error {code}")?;
                advise(f, code)
            }
            Self::Command(name) => write!(
                f,
                "Redis error NOPERM: the user lacks the command {name}; `ACL SETUSER ... +{}` permits it, and the page \
                 of `RedisSessionStorage` lists all that are needed",
                name.to_lowercase()
            ),
            Self::Keys(prefix) => write!(
                f,
                "Redis error NOPERM: the user may not touch keys that begin with {prefix:?}; `ACL SETUSER ... \
                 ~{prefix}*` permits it"
            ),
            Self::Unknown(name) => write!(
                f,
                "the server does not know the command {name}: it is older than Redis 6, or no Redis; or it is a \
                 Sentinel, for which there is `RedisSessionStorage::sentinel`"
            ),
            Self::Driver(words) => write!(f, "Redis: {words}"),
            Self::NotKept => f.write_str(
                "Redis does not keep what it is given: do the clocks of application and server differ by minutes?",
            ),
            Self::Given => f.write_str(
                "a connection of the application's neither tells of changes nor names all sessions: use \
                 `RedisSessionStorage::connect`, or one of its like",
            ),
        }
    }
}

/// What a code means here, and what to do.
fn advise(f: &mut fmt::Formatter<'_>, code: &str) -> fmt::Result {
    let advice = match code {
        "NOAUTH" => {
            "the server wants a password, which stands in the URL: redis://:password@host:6379 or redis://user:password@host:6379"
        }
        "WRONGPASS" => "the server does not take the password, or knows no such user",
        "NOPERM" => {
            "the user lacks a command or a key; the page of `RedisSessionStorage` lists all that are needed"
        }
        "MOVED" | "ASK" | "CROSSSLOT" => {
            "the server is a node of a Cluster: use `RedisSessionStorage::cluster`"
        }
        "CLUSTERDOWN" => "the Cluster has slots without a node, or this node is in none yet",
        "READONLY" => {
            "the server is a replica, which takes no writes: use the master, or `RedisSessionStorage::sentinel`"
        }
        "OOM" => "the server's memory is full (maxmemory)",
        "MISCONF" => "the server takes no writes, since it cannot write them to its disk",
        "NOREPLICAS" => {
            "the server takes no writes, since it has too few replicas (min-replicas-to-write)"
        }
        "LOADING" => "the server is still loading its data",
        "MASTERDOWN" => "the server is a replica that has lost its master",
        "BUSY" => "a script is running on the server for too long",
        _ => return Ok(()),
    };
    write!(f, ": {advice}")
}

impl std::error::Error for Problem {}

impl From<Problem> for StorageError {
    fn from(problem: Problem) -> Self {
        Self::new(problem)
    }
}

/// A value of another type under a key of ours is no record. Everything else is the server's or the network's failure.
#[allow(clippy::needless_pass_by_value)] // for `map_err`
pub(super) fn failed(error: RedisError) -> StorageError {
    if has_code(&error, "WRONGTYPE") {
        return DecodeError::Malformed { field: "type" }.into();
    }
    Problem::of(&error).into()
}
