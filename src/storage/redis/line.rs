use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::{FutureExt, StreamExt, TryFutureExt};
use redis::aio::ConnectionLike;
use redis::{Cmd, PushInfo, RedisError, RedisResult, Value};
use tokio::sync::broadcast::Sender;

use super::changes::Listener;
use super::link::{Changes, Failure, Keys, Link, Reply, Wait, ask, has_code, is_alone};
use super::scan::scan;
use crate::storage::line::{self, Dialling};

/// How long a server may take to accept a connection.
pub(super) const DIAL_TIMEOUT: Duration = Duration::from_secs(2);
/// A reply that was given up after so long may never come: the next command gets a new connection. No sensible time
/// limit is less.
const SUSPICIOUS: Duration = Duration::from_millis(100);

/// How long a server that answers is not left again for another one.
const PAUSE: Duration = Duration::from_secs(1);

/// What a [`Line`] leads to.
pub(super) trait Target: Send + Sync {
    type Connection: ConnectionLike + Clone + Send + Sync + 'static;
    /// A connection on which servers tell by themselves.
    type Tracking: Send;
    /// One of the servers that have the keys, and which of them.
    type Server: Clone + PartialEq + Send + Sync;

    fn connect(&self) -> Dialling<Self::Connection, RedisError>;

    fn connect_tracking(&self, pushes: Sender<PushInfo>) -> Dialling<Self::Tracking, RedisError>;

    /// Asks each server that tells. Of several, the answer is a map of theirs.
    fn ask_tracking(
        tracking: &mut Self::Tracking,
        command: Cmd,
    ) -> impl Future<Output = RedisResult<Value>> + Send;

    /// The servers that have the keys, all together.
    fn servers(
        connection: Self::Connection,
    ) -> impl Future<Output = RedisResult<Vec<Self::Server>>> + Send;

    /// Asks one of them, whatever the command is about.
    fn ask_server(
        connection: Self::Connection,
        server: &Self::Server,
        command: Cmd,
    ) -> impl Future<Output = RedisResult<Value>> + Send;

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

    /// Whether another server may be the one to ask, though this one answers. A master whose replicas have left it may
    /// be none any more, and hear of that last.
    fn is_doubtful(error: &RedisError) -> bool {
        is_alone(error) || has_code(error, "NOREPLICAS")
    }
}

/// One connection for all commands.
pub(super) struct Line<T: Target> {
    target: Arc<T>,
    connection: line::Line<T::Connection, RedisError>,
    /// When a connection was last given up that was whole.
    doubted: Mutex<Option<Instant>>,
}

impl<T: Target> Line<T> {
    /// A line that the first command dials.
    pub(super) fn new(target: T) -> Self {
        Self {
            target: Arc::new(target),
            connection: line::Line::new(),
            doubted: Mutex::default(),
        }
    }

    /// Whether to look for another server once more: as long as there is none, not at each command.
    fn may_look_elsewhere(&self) -> bool {
        let mut doubted = self.doubted.lock().unwrap_or_else(PoisonError::into_inner);
        let may = doubted.is_none_or(|doubted| doubted.elapsed() > PAUSE);
        if may {
            *doubted = Some(Instant::now());
        }
        may
    }

    async fn connection(&self) -> (u64, RedisResult<T::Connection>) {
        let dial = || self.target.connect();
        self.connection.connection(dial).await
    }
}

impl<T: Target + 'static> Link for Line<T> {
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
            if let Err(error) = &reply
                && (T::is_broken(error) || T::is_doubtful(error) && self.may_look_elsewhere())
            {
                self.connection.retire(number);
            }
            reply
        })
    }

    fn another(&self) -> Option<Box<dyn Link>> {
        Some(Box::new(Self {
            target: Arc::clone(&self.target),
            connection: line::Line::new(),
            doubted: Mutex::default(),
        }))
    }

    fn keys(&self, pattern: Vec<u8>) -> Option<Keys<'_>> {
        let keys = async move {
            let (number, connection) = self.connection().await;
            let connection = connection?;
            let servers = T::servers(connection.clone()).await;
            if servers.is_err() {
                // Without a command about a key, it would not come to know a server that is new.
                self.connection.retire(number);
            }
            let servers = servers?;
            Ok(scan::<T>(connection, servers, pattern))
        };
        Some(keys.try_flatten_stream().boxed())
    }

    fn changes(&self, prefix: Arc<str>) -> Option<Changes> {
        let listener = Listener::begin(Arc::clone(&self.target), prefix);
        Some(async move { Ok(listener.await?.changes()) }.boxed())
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
            self.line.connection.retire(self.number);
        }
    }
}
