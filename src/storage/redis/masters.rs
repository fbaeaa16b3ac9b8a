use std::collections::HashSet;

use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo, SingleNodeRoutingInfo};
use redis::{ErrorKind, RedisError, RedisResult, Value};

use super::link::{command, text, unexpected};

/// How many slots a cluster has.
const SLOTS: u32 = 16_384;

/// A master, and the slots that it has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Master {
    address: String,
    slots: Vec<String>,
}

impl Master {
    pub(super) fn route(&self) -> RedisResult<SingleNodeRoutingInfo> {
        route(&self.address).ok_or_else(unexpected)
    }
}

/// The way to the node at `host:port`.
pub(super) fn route(address: &str) -> Option<SingleNodeRoutingInfo> {
    let (host, port) = address.rsplit_once(':')?;
    let (host, port) = (host.to_owned(), port.parse().ok()?);
    Some(SingleNodeRoutingInfo::ByAddress { host, port })
}

/// The masters of all slots, in an order of their own. It is an error if a slot has none, or is on its way from one to
/// another.
pub(super) async fn all_slots(connection: &mut ClusterConnection) -> RedisResult<Vec<Master>> {
    let answers = all_masters(connection).await?;
    let mut masters = Vec::with_capacity(answers.len());
    for (address, nodes) in &answers {
        let nodes = text(nodes).ok_or_else(unexpected)?;
        masters.push(Master {
            address: text(address).ok_or_else(unexpected)?.into_owned(),
            slots: own_slots(&nodes).map(str::to_owned).collect(),
        });
    }
    masters.sort();
    let slots = || masters.iter().flat_map(|it| &it.slots);
    if slots().any(|slots| slots.starts_with('[')) {
        return Err(missing("slots are on their way to another node"));
    }
    if slots().map(|slots| count(slots)).sum::<u32>() != SLOTS {
        return Err(missing("slots are without a master"));
    }
    Ok(masters)
}

/// The addresses of all masters that have slots and are alive, each with all nodes that it knows. It is an error if one
/// is not connected: the connection leaves out a master that it cannot reach, and does not know of a new one.
pub(super) async fn all_masters(
    connection: &mut ClusterConnection,
) -> RedisResult<Vec<(Value, Value)>> {
    let masters = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
    let nodes = command(&[b"CLUSTER", b"NODES"]);
    match connection.route_command(nodes, masters).await? {
        Value::Map(nodes) if are_all_masters(&nodes) => Ok(nodes),
        _ => Err(missing("a master is not connected")),
    }
}

fn missing(what: &'static str) -> RedisError {
    RedisError::from((ErrorKind::ClusterConnectionNotFound, what))
}

/// The slots of the node that says so: numbers, ranges, and in brackets those that are on their way.
fn own_slots(nodes: &str) -> impl Iterator<Item = &str> {
    let own = nodes.lines().find(|node| node.contains("myself"));
    own.into_iter().flat_map(|node| node.split(' ').skip(8))
}

/// How many slots that are.
fn count(slots: &str) -> u32 {
    let (first, last) = slots.split_once('-').unwrap_or((slots, slots));
    let count = || (last.parse::<u32>().ok()? + 1).checked_sub(first.parse().ok()?);
    count().unwrap_or(0)
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
        let slots = |nodes: &str| own_slots(nodes).map(count).sum::<u32>();
        assert_eq!(slots(&(B.to_owned() + node)), 13);
        assert_eq!(slots(REPLICA), 0);
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
