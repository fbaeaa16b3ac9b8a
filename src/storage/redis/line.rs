use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{AsyncConnectionConfig, Client, Cmd, ConnectionInfo, IntoConnectionInfo, RedisResult};

use super::link::{Failure, Link, Reply, ask};

/// How long a server may take to accept a connection.
const DIAL_TIMEOUT: Duration = Duration::from_secs(2);
/// A reply that was given up after so long may never come: the next command gets a new connection.
const SUSPICIOUS: Duration = Duration::from_secs(1);

type Connected = BoxFuture<'static, RedisResult<MultiplexedConnection>>;

/// One connection to one server, dialled anew by the first command after it broke.
///
/// All commands of that moment share the attempt and its outcome. An attempt that failed is not waited for twice: a server that
/// is back is found by the next command.
pub(super) struct Line<D> {
    dial: D,
    current: Mutex<Current>,
}

#[derive(Default)]
struct Current {
    /// The number of the latest connection.
    number: u64,
    connection: Option<Shared<Connected>>,
}

impl<D: Fn() -> Connected + Send + Sync> Line<D> {
    /// Connects.
    pub(super) async fn open(dial: D) -> RedisResult<Self> {
        let line = Self {
            dial,
            current: Mutex::default(),
        };
        line.connection().await.1?;
        Ok(line)
    }

    async fn connection(&self) -> (u64, RedisResult<MultiplexedConnection>) {
        let (number, connection) = {
            let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            let connection = match &current.connection {
                Some(connection) => connection.clone(),
                None => {
                    let connection = (self.dial)().shared();
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

impl<D: Fn() -> Connected + Send + Sync> Link for Line<D> {
    fn send<'a>(&'a self, command: &'a Cmd) -> Reply<'a> {
        Box::pin(async move {
            let (number, connection) = self.connection().await;
            let mut connection = connection?;
            let mut waiting = Waiting {
                line: self,
                number,
                since: Some(Instant::now()),
            };
            let reply = ask(&mut connection, command).await;
            waiting.since = None;
            if let Err(error) = &reply
                && Failure::from(error) != Failure::Final
            {
                self.retire(number);
            }
            reply
        })
    }
}

/// A command without a reply. Where a network swallows packets, nothing but a caller that gives up tells of it.
struct Waiting<'a, D: Fn() -> Connected + Send + Sync> {
    line: &'a Line<D>,
    number: u64,
    since: Option<Instant>,
}

impl<D: Fn() -> Connected + Send + Sync> Drop for Waiting<'_, D> {
    fn drop(&mut self) {
        if self.since.is_some_and(|since| since.elapsed() > SUSPICIOUS) {
            self.line.retire(self.number);
        }
    }
}

/// A way to connect to the server of `url`.
pub(super) fn to_url(url: &str) -> RedisResult<impl Fn() -> Connected + Send + Sync + use<>> {
    let client = Client::open(without_delay(url.into_connection_info()?))?;
    Ok(move || {
        let client = client.clone();
        async move { to_client(&client).await }.boxed()
    })
}

/// A command waits for no other to fill a packet with.
fn without_delay(info: ConnectionInfo) -> ConnectionInfo {
    info.set_tcp_settings(TcpSettings::default().set_nodelay(true))
}

pub(super) async fn to_client(client: &Client) -> RedisResult<MultiplexedConnection> {
    // The caller limits the time that a reply may take.
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(DIAL_TIMEOUT))
        .set_response_timeout(None);
    client
        .get_multiplexed_async_connection_with_config(&config)
        .await
}
