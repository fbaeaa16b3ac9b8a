use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, Cmd, IntoConnectionInfo, ProtocolVersion, PushInfo, RedisResult,
    Value,
};
use tokio::sync::broadcast::Sender;

use super::line::{DIAL_TIMEOUT, Target};
use super::link::ask;

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
    type Tracking = MultiplexedConnection;
    type Server = ();

    fn connect(&self) -> BoxFuture<'static, RedisResult<MultiplexedConnection>> {
        let client = self.0.clone();
        async move { connect(&client).await }.boxed()
    }

    fn connect_tracking(
        &self,
        pushes: Sender<PushInfo>,
    ) -> BoxFuture<'static, RedisResult<MultiplexedConnection>> {
        let client = self.0.clone();
        async move { connect_tracking(&client, pushes).await }.boxed()
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

pub(super) async fn connect(client: &Client) -> RedisResult<MultiplexedConnection> {
    client
        .get_multiplexed_async_connection_with_config(&config())
        .await
}

pub(super) async fn connect_tracking(
    client: &Client,
    pushes: Sender<PushInfo>,
) -> RedisResult<MultiplexedConnection> {
    let info = client.get_connection_info();
    let settings = info.redis_settings().clone();
    // In the older protocol a server says nothing unasked.
    let settings = settings.set_protocol(ProtocolVersion::RESP3);
    let client = Client::open(info.clone().set_redis_settings(settings))?;
    let config = config().set_push_sender(pushes);
    client
        .get_multiplexed_async_connection_with_config(&config)
        .await
}

/// The caller limits the time that a reply may take.
fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(DIAL_TIMEOUT))
        .set_response_timeout(None)
}

/// The server's answer, its error included.
pub(super) async fn ask_one(
    tracking: &mut MultiplexedConnection,
    command: &Cmd,
) -> RedisResult<Value> {
    match tracking.req_packed_command(command).await {
        Err(error) => Ok(Value::ServerError(error.try_into()?)),
        reply => reply,
    }
}
