use std::collections::HashSet;

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
use super::link::{Failure, Wait, ask, text, unexpected};

/// How often a command follows a slot to another node.
const MAX_MOVES: usize = 3;
/// How many slots a cluster has.
const SLOTS: u32 = 16_384;

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
    type Server = SingleNodeRoutingInfo;

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

    async fn servers(mut connection: ClusterConnection) -> RedisResult<Vec<SingleNodeRoutingInfo>> {
        let masters = all_masters(&mut connection).await?;
        if masters
            .iter()
            .map(|(_, nodes)| own_slots(nodes))
            .sum::<u32>()
            != SLOTS
        {
            return Err(missing("slots are without a master"));
        }
        let routes = masters.iter().map(|(address, _)| route(&text(address)?));
        routes.collect::<Option<_>>().ok_or_else(unexpected)
    }

    async fn ask_server(
        mut connection: ClusterConnection,
        server: &SingleNodeRoutingInfo,
        command: Cmd,
    ) -> RedisResult<Value> {
        let server = RoutingInfo::SingleNode(server.clone());
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
}

/// The addresses of all masters that have slots and are alive, each with all nodes that it knows. It is an error if one
/// is not connected: the connection leaves out a master that it cannot reach, and does not know of a new one.
async fn all_masters(connection: &mut ClusterConnection) -> RedisResult<Vec<(Value, Value)>> {
    let masters = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
    let nodes = super::link::command(&[b"CLUSTER", b"NODES"]);
    match connection.route_command(nodes, masters).await? {
        Value::Map(nodes) if are_all_masters(&nodes) => Ok(nodes),
        _ => Err(missing("a master is not connected")),
    }
}

fn missing(what: &'static str) -> RedisError {
    RedisError::from((ErrorKind::ClusterConnectionNotFound, what))
}

/// How many slots the node has that says so.
fn own_slots(nodes: &Value) -> u32 {
    let text = text(nodes).unwrap_or_default();
    let own = text.lines().find(|node| node.contains("myself"));
    let slots = own.into_iter().flat_map(|node| node.split(' ').skip(8));
    let count = |slots: &str| {
        let (first, last) = slots.split_once('-').unwrap_or((slots, slots));
        (last.parse::<u32>().ok()? + 1).checked_sub(first.parse().ok()?)
    };
    // One that is on its way to another node is still this one's, and named in brackets too.
    slots.filter_map(count).sum()
}

/// The way to the node at `host:port`.
fn route(address: &str) -> Option<SingleNodeRoutingInfo> {
    let (host, port) = address.rsplit_once(':')?;
    let (host, port) = (host.to_owned(), port.parse().ok()?);
    Some(SingleNodeRoutingInfo::ByAddress { host, port })
}

/// Whether those that have answered, each with all nodes that it knows, are all masters that have slots and are alive.
fn are_all_masters(nodes: &[(Value, Value)]) -> bool {
    let texts: Vec<_> = nodes.iter().filter_map(|(_, nodes)| text(nodes)).collect();
    let (mut answered, mut masters) = (HashSet::new(), HashSet::new());
    for node in texts.iter().flat_map(|text| text.lines()) {
        let words: Vec<_> = node.split(' ').collect();
        let [id, _, flags, _, _, _, _, _, slots @ ..] = &words[..] else {
            continue;
        };
        let has = |flag| flags.split(',').any(|it| it == flag);
        if has("myself") {
            answered.insert(*id);
        }
        if has("master") && !has("fail") && !slots.is_empty() {
            masters.insert(*id);
        }
    }
    masters.is_subset(&answered)
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
            Ok(replies.await?.split_off(1))
        })
    }

    fn get_db(&self) -> i64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaa 127.0.0.1:1@1 master - 0 0 1 connected 0-8191\n";
    const B: &str = "bbb 127.0.0.1:2@2 master - 0 0 2 connected 8192-16383\n";
    const REPLICA: &str = "ccc 127.0.0.1:3@3 slave bbb 0 0 2 connected\n";

    fn all(views: &[String]) -> bool {
        let view = |text: &String| (Value::Nil, Value::BulkString(text.clone().into()));
        are_all_masters(&views.iter().map(view).collect::<Vec<_>>())
    }

    #[test]
    fn the_slots_of_a_node_are_counted_as_it_names_them() {
        let node = "aaa 127.0.0.1:1@1 myself,master - 0 0 1 connected 0-9 12 20-21 [21->-bbb]\n";
        let nodes = Value::BulkString((B.to_owned() + node).into());
        assert_eq!(own_slots(&nodes), 13);
        assert_eq!(own_slots(&Value::BulkString(REPLICA.into())), 0);
    }

    #[test]
    fn every_live_master_with_slots_has_answered_or_not() {
        let of = |node: &str| node.replacen("master", "myself,master", 1);
        let both = [of(A) + B + REPLICA, of(B) + A + REPLICA];
        assert!(all(&both));
        assert!(!all(&both[..1]), "one has not");
        let dead = B.replacen("master", "master,fail", 1);
        assert!(all(&[of(A) + &dead + REPLICA]), "it tells nothing more");
        let suspected = B.replacen("master", "master,fail?", 1);
        assert!(!all(&[of(A) + &suspected + REPLICA]));
        let taken_over = "ccc 127.0.0.1:3@3 master - 0 0 3 connected 8192-16383\n";
        let demoted = "bbb 127.0.0.1:2@2 myself,slave ccc 0 0 3 connected\n";
        assert!(!all(&[
            of(A) + B + REPLICA,
            demoted.to_owned() + A + taken_over
        ]));
        let without_slots = "ddd 127.0.0.1:4@4 master - 0 0 4 connected\n";
        assert!(all(&[of(A) + &of(B) + without_slots]));
    }
}
