use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::SingleNodeRoutingInfo;
use redis::{Cmd, ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};

use super::line::{DIAL_TIMEOUT, Target};
use super::link::{Failure, Reply, ask};

/// How often a command follows a slot to another node.
const MAX_MOVES: usize = 3;

/// The nodes of a cluster. Commands follow their slots; a cut connection is an error, as on one server.
pub(super) struct Nodes(ClusterClient);

impl Nodes {
    pub(super) fn new(urls: Vec<String>) -> RedisResult<Self> {
        let client = ClusterClientBuilder::new(urls)
            // The crate's own retries would send a command again without telling that it may have been applied.
            .retries(0)
            .connection_timeout(DIAL_TIMEOUT)
            .build()?;
        Ok(Self(client))
    }
}

impl Target for Nodes {
    type Connection = ClusterConnection;

    fn connect(&self) -> BoxFuture<'static, RedisResult<ClusterConnection>> {
        let client = self.0.clone();
        async move {
            // A node that accepts and never answers holds up the crate's own search for the slots.
            let connected = tokio::time::timeout(DIAL_TIMEOUT * 2, client.get_async_connection());
            connected
                .await
                .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
        }
        .boxed()
    }

    fn ask(mut connection: ClusterConnection, command: &Cmd) -> Reply<'_> {
        Box::pin(async move {
            for _ in 0..MAX_MOVES {
                match ask(&mut connection, command).await {
                    Err(error) if is_asking(&error) => {
                        return ask_elsewhere(connection, command, error).await;
                    }
                    // By now the connection knows the new places.
                    Err(error) if Failure::from(&error) == Failure::Elsewhere => {}
                    reply => return reply,
                }
            }
            ask(&mut connection, command).await
        })
    }

    /// It mends itself, node by node. Where it does not, and replies stay away, the line replaces it.
    fn is_broken(_error: &RedisError) -> bool {
        false
    }
}

fn is_asking(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::Ask)
}

/// Sends a command to the node that takes its slot over just now.
async fn ask_elsewhere(
    mut connection: ClusterConnection,
    command: &Cmd,
    error: RedisError,
) -> RedisResult<Value> {
    let address = error.redirect_node().and_then(|(node, _)| {
        let (host, port) = node.rsplit_once(':')?;
        Some((host.to_owned(), port.parse().ok()?))
    });
    let Some((host, port)) = address else {
        return Err(error);
    };
    let mut pipeline = redis::pipe();
    pipeline.cmd("ASKING").ignore().add_command(command.clone());
    let route = SingleNodeRoutingInfo::ByAddress { host, port };
    let replies = connection.route_pipeline(pipeline, 0, 2, route).await?;
    let reply = replies.into_iter().nth(1).ok_or(error)?;
    reply.extract_error()
}
