use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo, RedisResult};

use super::line::{DIAL_TIMEOUT, Target};

/// The server of a URL.
pub(super) struct OneServer(Client);

impl OneServer {
    pub(super) fn new(url: &str) -> RedisResult<Self> {
        // A command waits for no other to fill a packet with.
        let tcp = TcpSettings::default().set_nodelay(true);
        let info = url.into_connection_info()?.set_tcp_settings(tcp);
        Ok(Self(Client::open(info)?))
    }
}

impl Target for OneServer {
    type Connection = MultiplexedConnection;

    fn connect(&self) -> BoxFuture<'static, RedisResult<MultiplexedConnection>> {
        let client = self.0.clone();
        async move { connect(&client).await }.boxed()
    }
}

pub(super) async fn connect(client: &Client) -> RedisResult<MultiplexedConnection> {
    // The caller limits the time that a reply may take.
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(DIAL_TIMEOUT))
        .set_response_timeout(None);
    client
        .get_multiplexed_async_connection_with_config(&config)
        .await
}
