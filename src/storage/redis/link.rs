use std::future::Future;
use std::pin::Pin;

use redis::aio::ConnectionLike;
use redis::{Cmd, ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};

pub(super) type Reply<'a> = Pin<Box<dyn Future<Output = RedisResult<Value>> + Send + 'a>>;

/// Something that sends a command to the server in charge, and waits for the reply.
pub(super) trait Link: Send + Sync {
    fn send<'a>(&'a self, command: &'a Cmd) -> Reply<'a>;
}

/// A connection that the application made.
pub(super) struct Given<C>(pub(super) C);

impl<C: ConnectionLike + Clone + Send + Sync> Link for Given<C> {
    fn send<'a>(&'a self, command: &'a Cmd) -> Reply<'a> {
        let mut connection = self.0.clone();
        Box::pin(async move { ask(&mut connection, command).await })
    }
}

pub(super) async fn ask(connection: &mut impl ConnectionLike, command: &Cmd) -> RedisResult<Value> {
    connection
        .req_packed_command(command)
        .await?
        .extract_error()
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
            _ if error.is_connection_dropped() => Self::Cut,
            _ => Self::Final,
        }
    }
}

/// For commands that may be applied twice: sends each once more if the first attempt failed for the connection's sake.
pub(super) struct Twice<'l>(pub(super) &'l dyn Link);

impl Link for Twice<'_> {
    fn send<'a>(&'a self, command: &'a Cmd) -> Reply<'a> {
        Box::pin(async move {
            match self.0.send(command).await {
                Err(error) if Failure::from(&error) != Failure::Final => self.0.send(command).await,
                reply => reply,
            }
        })
    }
}
