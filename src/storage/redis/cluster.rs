use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use redis::aio::ConnectionLike;
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo, SingleNodeRoutingInfo};
use redis::{
    Cmd, ErrorKind, Pipeline, ProtocolVersion, PushInfo, RedisError, RedisFuture, RedisResult,
    ServerErrorKind, Value,
};
use tokio::sync::broadcast::Sender;

use super::line::{DIAL_TIMEOUT, Target};
use super::link::{Failure, Wait, ask, has_code, unexpected};
use super::masters::{Master, all_masters, all_slots, route};

/// How often a command follows a slot to another node.
const MAX_MOVES: usize = 3;

/// The nodes of a cluster. Commands follow their slots; a cut connection is an error, as on one server.
pub(super) struct Nodes {
    client: ClusterClient,
    urls: Vec<String>,
}

impl Nodes {
    pub(super) fn new(urls: Vec<String>) -> RedisResult<Self> {
        let client = builder(urls.clone()).build()?;
        Ok(Self { client, urls })
    }
}

fn builder(urls: Vec<String>) -> ClusterClientBuilder {
    ClusterClientBuilder::new(urls)
        // The crate's own retries would send a command again without telling that it may have been applied.
        .retries(0)
        .connection_timeout(DIAL_TIMEOUT)
}

async fn connect(client: ClusterClient) -> RedisResult<ClusterConnection> {
    // A node that accepts and never answers holds up the crate's own search for the slots.
    let connected = tokio::time::timeout(DIAL_TIMEOUT * 2, client.get_async_connection());
    connected
        .await
        .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
}

impl Target for Nodes {
    type Connection = ClusterConnection;
    type Tracking = ClusterConnection;
    type Server = Master;

    fn connect(&self) -> BoxFuture<'static, RedisResult<ClusterConnection>> {
        connect(self.client.clone()).boxed()
    }

    fn connect_tracking(
        &self,
        pushes: Sender<PushInfo>,
    ) -> BoxFuture<'static, RedisResult<ClusterConnection>> {
        // In the older protocol a server says nothing unasked.
        let builder = builder(self.urls.clone()).use_protocol(ProtocolVersion::RESP3);
        let client = builder.push_sender(pushes).build();
        async move { connect(client?).await }.boxed()
    }

    async fn ask_tracking(tracking: &mut ClusterConnection, command: Cmd) -> RedisResult<Value> {
        let masters = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
        let answer = tracking.route_command(command, masters).await?;
        all_masters(tracking).await?;
        Ok(answer)
    }

    async fn servers(mut connection: ClusterConnection) -> RedisResult<Vec<Master>> {
        all_slots(&mut connection).await
    }

    async fn ask_server(
        mut connection: ClusterConnection,
        server: &Master,
        command: Cmd,
    ) -> RedisResult<Value> {
        let server = RoutingInfo::SingleNode(server.route()?);
        let reply = connection.route_command(command, server).await?;
        reply.extract_error()
    }

    async fn ask(
        mut connection: ClusterConnection,
        command: &Cmd,
        wait: Option<Wait>,
    ) -> RedisResult<Value> {
        for _ in 0..MAX_MOVES {
            match ask(&mut connection, command, wait).await {
                Err(error) if is_asking(&error) => {
                    return ask_elsewhere(connection, command, wait, error).await;
                }
                // The connection has learnt the slot's new place from the error.
                Err(error) if Failure::from(&error) == Failure::Elsewhere => {}
                reply => return reply,
            }
        }
        ask(&mut connection, command, wait).await
    }

    /// It mends itself, node by node. Where it does not, and replies stay away, the line replaces it.
    fn is_broken(_error: &RedisError) -> bool {
        false
    }

    /// A node that lost the others answers so for its slots, which a replica of it may have taken over.
    fn is_doubtful(error: &RedisError) -> bool {
        has_code(error, "CLUSTERDOWN")
    }
}

fn is_asking(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::Ask)
}

/// Sends a command to the node that takes its slot over just now.
async fn ask_elsewhere(
    connection: ClusterConnection,
    command: &Cmd,
    wait: Option<Wait>,
    error: RedisError,
) -> RedisResult<Value> {
    let Some(route) = error.redirect_node().and_then(|(node, _)| route(node)) else {
        return Err(error);
    };
    let mut asking = Asking { connection, route };
    ask(&mut asking, command, wait).await
}

/// A connection to one node whose commands may be for a slot that it takes over just now.
struct Asking {
    connection: ClusterConnection,
    route: SingleNodeRoutingInfo,
}

impl ConnectionLike for Asking {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            let mut pipeline = redis::pipe();
            pipeline.add_command(command.clone());
            let replies = self.req_packed_commands(&pipeline, 0, 1).await?;
            replies.into_iter().next().ok_or_else(unexpected)
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        _: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            let mut asking = redis::pipe();
            asking.cmd("ASKING").ignore();
            for command in pipeline.cmd_iter() {
                asking.add_command(command.clone());
            }
            let route = self.route.clone();
            let replies = self.connection.route_pipeline(asking, 0, count + 1, route);
            let mut replies = replies.await?;
            let of_commands = replies.split_off(1);
            // Without it, the node would lead the commands back.
            replies.pop().ok_or_else(unexpected)?.extract_error()?;
            Ok(of_commands)
        })
    }

    fn get_db(&self) -> i64 {
        0
    }
}
