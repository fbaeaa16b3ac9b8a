use std::time::Duration;

use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::SingleNodeRoutingInfo;
use redis::{Cmd, ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};

use super::link::{Failure, Link, Reply, ask};

/// How long a node may take to accept a connection.
const DIAL_TIMEOUT: Duration = Duration::from_secs(2);
/// How often a command follows a slot to another node.
const MAX_MOVES: usize = 3;

/// A cluster. Commands follow their slots; a cut connection is an error, as on one server.
pub(super) struct Cluster(ClusterConnection);

impl Cluster {
    pub(super) async fn open(urls: Vec<String>) -> RedisResult<Self> {
        let client = ClusterClientBuilder::new(urls)
            // The crate's own retries would send a command again without telling that it may have been applied.
            .retries(0)
            .connection_timeout(DIAL_TIMEOUT)
            .build()?;
        Ok(Self(client.get_async_connection().await?))
    }
}

impl Link for Cluster {
    fn send<'a>(&'a self, command: &'a Cmd) -> Reply<'a> {
        let mut connection = self.0.clone();
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
