use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use redis::aio::ConnectionLike;
use redis::{Cmd, ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};

use crate::storage::Change;

/// An attempt to hear of changes.
pub(super) type Changes = BoxFuture<'static, RedisResult<BoxStream<'static, Change>>>;

/// Keys, some at a time.
pub(super) type Keys<'a> = BoxStream<'a, RedisResult<Vec<Value>>>;

pub(super) type Reply<'a> = Pin<Box<dyn Future<Output = RedisResult<Value>> + Send + 'a>>;

/// How many replicas must have a write before it is done, and how long they may take.
#[derive(Clone, Copy)]
pub(super) struct Wait {
    pub(super) replicas: u32,
    pub(super) timeout: Duration,
}

impl Wait {
    pub(super) fn new(replicas: u32, timeout: time::Duration) -> Self {
        let timeout = timeout.try_into().unwrap_or_default();
        Self { replicas, timeout }
    }
}

/// Something that sends a command to the server in charge, and waits for the reply; and where told so, for replicas.
pub(super) trait Link: Send + Sync {
    fn send_with<'a>(&'a self, command: &'a Cmd, wait: Option<Wait>) -> Reply<'a>;

    fn send<'a>(&'a self, command: &'a Cmd) -> Reply<'a> {
        self.send_with(command, None)
    }

    /// Another one to the same, with a connection of its own; `None`: there is no other connection.
    fn another(&self) -> Option<Box<dyn Link>> {
        None
    }

    /// All keys of that pattern, some at a time; `None`: where they all are is not known.
    fn keys(&self, _pattern: Vec<u8>) -> Option<Keys<'_>> {
        None
    }

    /// Begins to hear of changes to keys with that prefix; `None`: there is no connection for that.
    fn changes(&self, _prefix: Arc<str>) -> Option<Changes> {
        None
    }
}

/// The command of these words, in the two allocations that it takes.
pub(super) fn command(words: &[&[u8]]) -> Cmd {
    let length = words.iter().map(|word| word.len()).sum();
    let mut command = Cmd::with_capacity(words.len(), length);
    command.arg(words);
    command
}

/// A connection that the application made.
pub(super) struct Given<C>(pub(super) C);

impl<C: ConnectionLike + Clone + Send + Sync> Link for Given<C> {
    fn send_with<'a>(&'a self, command: &'a Cmd, wait: Option<Wait>) -> Reply<'a> {
        let mut connection = self.0.clone();
        Box::pin(async move { ask(&mut connection, command, wait).await })
    }
}

pub(super) async fn ask(
    connection: &mut impl ConnectionLike,
    command: &Cmd,
    wait: Option<Wait>,
) -> RedisResult<Value> {
    let Some(wait) = wait else {
        let reply = connection.req_packed_command(command).await?;
        return reply.extract_error();
    };
    // In one go: a `WAIT` on another connection would not know of the write.
    let mut pipeline = redis::pipe();
    pipeline.add_command(command.clone());
    let millis = wait.timeout.as_millis().max(1).to_string();
    pipeline.cmd("WAIT").arg(wait.replicas).arg(millis);
    let replies = connection.req_packed_commands(&pipeline, 0, 2).await?;
    let [reply, replicas] = <[Value; 2]>::try_from(replies).map_err(|_| unexpected())?;
    let reply = reply.extract_error()?;
    match replicas.extract_error()? {
        Value::Int(replicas) if replicas >= i64::from(wait.replicas) => Ok(reply),
        _ => Err(RedisError::from((
            ErrorKind::Client,
            "too few replicas have told in time that they have the write",
        ))),
    }
}

/// Whether too few replicas had the write. No other error here is of that kind.
pub(super) fn is_alone(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Client
}

/// A reply that no server of this protocol gives.
pub(super) fn unexpected() -> RedisError {
    RedisError::from((
        ErrorKind::UnexpectedReturnType,
        "not a reply to this command",
    ))
}

/// The text of a reply, in either version of the protocol.
pub(super) fn text(reply: &Value) -> Option<Cow<'_, str>> {
    match reply {
        Value::BulkString(bytes) => Some(String::from_utf8_lossy(bytes)),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text.into()),
        _ => None,
    }
}

/// Whether it is the server's error of that code. Redis 6 hides the one of a command in a script within another's text.
pub(super) fn has_code(error: &RedisError, code: &str) -> bool {
    let in_script = || {
        let text = error.detail()?.strip_prefix("Error running script ")?;
        let mut words = text.split(' ').map(|word| word.trim_start_matches('-'));
        words.find(|word| *word == code)
    };
    error.code() == Some(code) || in_script().is_some()
}

/// What a failed attempt leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// This server did nothing, and another one may.
    Elsewhere,
    /// The connection is gone; whether the server did anything is not known.
    Cut,
    /// Sending it again is no use.
    Final,
}

impl From<&RedisError> for Failure {
    fn from(error: &RedisError) -> Self {
        match error.kind() {
            ErrorKind::ClusterConnectionNotFound
            | ErrorKind::Server(
                ServerErrorKind::Moved | ServerErrorKind::TryAgain | ServerErrorKind::ReadOnly,
            ) => Self::Elsewhere,
            _ if has_code(error, "READONLY") => Self::Elsewhere,
            _ if error.is_connection_dropped() => Self::Cut,
            _ => Self::Final,
        }
    }
}

/// For commands that may be applied twice: sends each once more if the first attempt failed for the connection's sake.
pub(super) struct Twice<'l>(pub(super) &'l dyn Link);

impl Link for Twice<'_> {
    fn send_with<'a>(&'a self, command: &'a Cmd, wait: Option<Wait>) -> Reply<'a> {
        Box::pin(async move {
            match self.0.send_with(command, wait).await {
                Err(error) if Failure::from(&error) != Failure::Final => {
                    self.0.send_with(command, wait).await
                }
                reply => reply,
            }
        })
    }
}

/// For writes: each waits for so many replicas.
pub(super) struct Replicated<'l> {
    pub(super) link: &'l dyn Link,
    pub(super) wait: Option<Wait>,
}

impl Replicated<'_> {
    /// Whether an answer waits, as scripts are told so.
    pub(super) fn waits(&self) -> &'static [u8] {
        if self.wait.is_some() { b"1" } else { b"0" }
    }
}

impl Link for Replicated<'_> {
    fn send_with<'a>(&'a self, command: &'a Cmd, _: Option<Wait>) -> Reply<'a> {
        self.link.send_with(command, self.wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(reply: &str) -> RedisError {
        let reply = redis::parse_redis_value(reply.as_bytes()).unwrap();
        reply.extract_error().unwrap_err()
    }

    #[test]
    fn the_code_of_a_commands_error_is_found_also_where_redis_6_hides_it() {
        for reply in [
            "-READONLY You can't write against a read only replica.\r\n",
            "-READONLY You can't write against a read only replica. script: 1f8f, on @user_script:1.\r\n",
            "-ERR Error running script (call to f_1f8f): @user_script:1: @user_script: 1: -READONLY You can't write against a read only replica.\r\n",
        ] {
            let error = error(reply);
            assert!(has_code(&error, "READONLY"), "{reply}");
            assert!(!has_code(&error, "WRONGTYPE"), "{reply}");
            assert_eq!(Failure::from(&error), Failure::Elsewhere, "{reply}");
        }
        let wrong_type = "-ERR Error running script (call to f_fea3): @user_script:1: WRONGTYPE Operation against a key\r\n";
        assert!(has_code(&error(wrong_type), "WRONGTYPE"));
        assert!(!has_code(&error("-ERR no such READONLY\r\n"), "READONLY"));
    }
}
