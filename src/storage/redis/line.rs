use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use redis::aio::ConnectionLike;
use redis::{Cmd, RedisError, RedisResult, Value};

use super::link::{Failure, Link, Reply, Wait, ask};

/// How long a server may take to accept a connection.
pub(super) const DIAL_TIMEOUT: Duration = Duration::from_secs(2);
/// A reply that was given up after so long may never come: the next command gets a new connection. No sensible time
/// limit is less.
const SUSPICIOUS: Duration = Duration::from_millis(100);

type Connecting<C> = BoxFuture<'static, RedisResult<C>>;

/// What a [`Line`] leads to.
pub(super) trait Target: Send + Sync {
    type Connection: ConnectionLike + Clone + Send + Sync + 'static;

    fn connect(&self) -> Connecting<Self::Connection>;

    fn ask(
        mut connection: Self::Connection,
        command: &Cmd,
        wait: Option<Wait>,
    ) -> impl Future<Output = RedisResult<Value>> + Send {
        async move { ask(&mut connection, command, wait).await }
    }

    /// Whether the connection is of no use after this error.
    fn is_broken(error: &RedisError) -> bool {
        Failure::from(error) != Failure::Final
    }
}

/// One connection for all commands, dialled anew by the first command after it broke.
///
/// All commands of that moment share the attempt and its outcome. An attempt that failed is not waited for twice: a
/// server that is back is found by the next command.
pub(super) struct Line<T: Target> {
    target: T,
    current: Mutex<Current<T::Connection>>,
}

struct Current<C> {
    /// The number of the latest connection.
    number: u64,
    connection: Option<Shared<Connecting<C>>>,
}

impl<T: Target> Line<T> {
    /// A line that the first command dials.
    pub(super) fn new(target: T) -> Self {
        Self {
            target,
            current: Mutex::new(Current {
                number: 0,
                connection: None,
            }),
        }
    }

    async fn connection(&self) -> (u64, RedisResult<T::Connection>) {
        let (number, connection) = {
            let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            let connection = match &current.connection {
                Some(connection) => connection.clone(),
                None => {
                    let connection = self.target.connect().shared();
                    // It goes on when the request that began it is given up.
                    tokio::spawn(connection.clone());
                    current.number += 1;
                    current.connection = Some(connection.clone());
                    connection
                }
            };
            (current.number, connection)
        };
        let connection = connection.await;
        if connection.is_err() {
            self.retire(number);
        }
        (number, connection)
    }

    /// Takes the connection of that number out of use; whoever waits for a reply on it may still get it.
    fn retire(&self, number: u64) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.number == number {
            current.connection = None;
        }
    }
}

impl<T: Target> Link for Line<T> {
    fn send_with<'a>(&'a self, command: &'a Cmd, wait: Option<Wait>) -> Reply<'a> {
        Box::pin(async move {
            let (number, connection) = self.connection().await;
            let connection = connection?;
            let mut waiting = Waiting {
                line: self,
                number,
                since: Some(Instant::now()),
            };
            let reply = T::ask(connection, command, wait).await;
            waiting.since = None;
            if reply.as_ref().is_err_and(T::is_broken) {
                self.retire(number);
            }
            reply
        })
    }
}

/// A command without a reply. Where a network swallows packets, nothing but a caller that gives up tells of it; and the
/// Cluster's connection of the crate `redis` may answer nothing any more after a failover.
struct Waiting<'a, T: Target> {
    line: &'a Line<T>,
    number: u64,
    since: Option<Instant>,
}

impl<T: Target> Drop for Waiting<'_, T> {
    fn drop(&mut self) {
        if self.since.is_some_and(|since| since.elapsed() > SUSPICIOUS) {
            self.line.retire(self.number);
        }
    }
}
