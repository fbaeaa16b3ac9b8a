use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::sentinel::{Sentinel, SentinelNodeConnectionInfo};
use redis::{
    Client, Cmd, ConnectionAddr, IntoConnectionInfo, PushInfo, RedisResult, TlsMode, Value,
};
use tokio::sync::Mutex;
use tokio::sync::broadcast::Sender;

use super::line::Target;
use super::link::ask;
use super::one_server::{ask_one, connect, connect_tracking};

/// The master of a name, whichever that is at the time.
pub(super) struct Master {
    sentinel: Arc<Mutex<Sentinel>>,
    name: Arc<str>,
    node: Arc<SentinelNodeConnectionInfo>,
}

impl Master {
    pub(super) fn new(urls: Vec<String>, name: &str) -> RedisResult<Self> {
        let (name, node) = master(name)?;
        Ok(Self {
            sentinel: Arc::new(Mutex::new(Sentinel::build(urls)?)),
            name: name.into(),
            node: Arc::new(node),
        })
    }
}

impl Master {
    fn client(&self) -> BoxFuture<'static, RedisResult<Client>> {
        let sentinel = Arc::clone(&self.sentinel);
        let (name, node) = (Arc::clone(&self.name), Arc::clone(&self.node));
        async move {
            let mut sentinel = sentinel.lock().await;
            sentinel.async_master_for(&name, Some(&node)).await
        }
        .boxed()
    }
}

impl Target for Master {
    type Connection = MultiplexedConnection;
    type Tracking = MultiplexedConnection;
    type Server = ();

    fn connect(&self) -> BoxFuture<'static, RedisResult<MultiplexedConnection>> {
        let client = self.client();
        async move { connect(&client.await?).await }.boxed()
    }

    fn connect_tracking(
        &self,
        pushes: Sender<PushInfo>,
    ) -> BoxFuture<'static, RedisResult<MultiplexedConnection>> {
        let client = self.client();
        async move { connect_tracking(&client.await?, pushes).await }.boxed()
    }

    async fn ask_tracking(
        tracking: &mut MultiplexedConnection,
        command: Cmd,
    ) -> RedisResult<Value> {
        ask_one(tracking, &command).await
    }

    async fn servers(_: MultiplexedConnection) -> RedisResult<Vec<()>> {
        Ok(vec![()])
    }

    async fn ask_server(
        mut connection: MultiplexedConnection,
        (): &(),
        command: Cmd,
    ) -> RedisResult<Value> {
        ask(&mut connection, &command, None).await
    }
}

/// A master's name, alone or in the host's place of a URL with what it takes to connect to it.
fn master(name: &str) -> RedisResult<(String, SentinelNodeConnectionInfo)> {
    let tcp = TcpSettings::default().set_nodelay(true);
    let node = SentinelNodeConnectionInfo::default().set_tcp_settings(tcp);
    if !name.contains("://") {
        return Ok((name.to_owned(), node));
    }
    let info = name.into_connection_info()?;
    let node = node.set_redis_connection_info(info.redis_settings().clone());
    Ok(match info.addr() {
        ConnectionAddr::TcpTls { host, insecure, .. } => {
            let mode = if *insecure {
                TlsMode::Insecure
            } else {
                TlsMode::Secure
            };
            (host.clone(), node.set_tls_mode(mode))
        }
        ConnectionAddr::Tcp(host, _) => (host.clone(), node),
        addr => (addr.to_string(), node),
    })
}
