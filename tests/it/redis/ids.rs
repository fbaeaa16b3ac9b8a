use std::collections::BTreeSet;
use std::error::Error;
use std::process::Command;

use axum_bare_session::storage::{SessionStorage, StorageError};
use axum_bare_session::{Duration, RedisSessionStorage, SessionId};
use futures_util::TryStreamExt;

use super::cluster;
use super::server::{Server, shared};
use super::steps::created;

/// More than a server tells at once.
const MANY: usize = 2_500;

async fn ids(storage: &RedisSessionStorage) -> Result<BTreeSet<SessionId>, StorageError> {
    storage.ids().try_collect().await
}

/// They, and how often they could not be told before.
async fn ids_in_time(storage: &RedisSessionStorage) -> (BTreeSet<SessionId>, usize) {
    for errors in 0..600 {
        match ids(storage).await {
            Ok(ids) => return (ids, errors),
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    }
    panic!("it never came back");
}

async fn create(storage: &RedisSessionStorage, count: usize) -> BTreeSet<SessionId> {
    let mut created_ids = BTreeSet::new();
    for _ in 0..count {
        created_ids.insert(created(storage).await.0);
    }
    created_ids
}

#[tokio::test]
async fn every_session_of_the_prefix_is_named_and_nothing_else() {
    let server = shared().storage().await;
    // What a pattern would take for more than itself.
    let storage = server.clone().with_prefix("na[m]e?*\\:");
    assert_eq!(ids(&storage).await.unwrap(), BTreeSet::new());
    let named = create(&storage, MANY).await;
    for other in ["name?*\\:", "nam", "na[m]exx\\:", "na[m]e?*:"] {
        create(&server.clone().with_prefix(other), 3).await;
    }
    assert_eq!(ids(&storage).await.unwrap(), named);
}

#[tokio::test]
async fn the_sessions_of_all_nodes_of_a_cluster_are_named() {
    let storage = cluster::shared().storage().await.with_prefix("named:");
    let named = create(&storage, MANY).await;
    assert_eq!(ids(&storage).await.unwrap(), named);
}

/// A master that dies takes with it what its replica has not got.
fn replicated(storage: &RedisSessionStorage) -> RedisSessionStorage {
    storage.clone().with_wait(1, Duration::SECOND)
}

/// The node's name for itself.
fn name(node: &Server) -> String {
    let mut my_id = redis::cmd("CLUSTER");
    my_id.arg("MYID").query(&mut node.client()).unwrap()
}

fn set_slot(node: &Server, arguments: &[&str]) {
    let mut set_slot = redis::cmd("CLUSTER");
    set_slot.arg("SETSLOT").arg(arguments);
    set_slot.exec(&mut node.client()).unwrap();
}

#[tokio::test]
async fn sessions_that_move_to_another_master_meanwhile_are_not_left_out() {
    let cluster = cluster::Cluster::start();
    let storage = cluster.storage().await;
    let named = create(&replicated(&storage), 60).await;
    // One that is asked already, whichever is the first, gets what another one had.
    let mut begun = storage.ids();
    begun.try_next().await.unwrap().unwrap();
    let [first, second, ..] = &cluster.nodes[..] else {
        panic!("a cluster has more nodes");
    };
    let moved = Command::new("redis-cli")
        .args(["--cluster", "reshard", &format!("127.0.0.1:{}", first.port)])
        .args([
            "--cluster-from",
            &name(first),
            "--cluster-to",
            &name(second),
        ])
        .args(["--cluster-slots", "100", "--cluster-yes"])
        .output()
        .unwrap();
    assert!(moved.status.success(), "{moved:?}");
    let rest: Result<BTreeSet<SessionId>, _> = begun.try_collect().await;
    let source = rest.unwrap_err().source().unwrap().to_string();
    assert!(source.contains("begin again"), "{source}");
    assert_eq!(ids_in_time(&storage).await.0, named);

    // Of a slot that is on its way some sessions are here, and some there.
    let slot = "16383";
    let (from, to) = (&cluster.nodes[2], second);
    set_slot(to, &[slot, "IMPORTING", &name(from)]);
    set_slot(from, &[slot, "MIGRATING", &name(to)]);
    let source = ids(&storage).await.unwrap_err();
    let source = source.source().unwrap().to_string();
    assert!(source.contains("on their way"), "{source}");
    for node in [from, to] {
        set_slot(node, &[slot, "STABLE"]);
    }
    assert_eq!(ids_in_time(&storage).await.0, named);
}

#[tokio::test]
async fn a_master_that_is_gone_is_an_error_and_its_sessions_are_not_left_out() {
    let mut cluster = cluster::Cluster::start();
    let storage = cluster.storage().await;
    let named = create(&replicated(&storage), 60).await;
    cluster.nodes[0].kill();
    // Until its replica has taken over.
    let (ids, errors) = ids_in_time(&storage).await;
    assert_eq!(ids, named);
    assert!(errors > 0, "the master was not missed");
}

#[tokio::test]
async fn where_they_are_is_not_known_of_a_connection_of_the_applications() {
    let client = redis::Client::open(shared().url()).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    let storage = RedisSessionStorage::from_connection(connection);
    let error = ids(&storage).await.unwrap_err();
    let source = error.source().unwrap().to_string();
    assert!(source.contains("RedisSessionStorage::connect"), "{source}");
}

#[tokio::test]
async fn the_permission_that_it_needs_is_named() {
    let server = Server::start(&[]);
    let mut set = redis::cmd("ACL");
    set.arg("SETUSER").arg("sessions");
    set.arg(&["reset", "on", ">s3cr3t", "~session:*", "+@all", "-scan"]);
    set.exec(&mut server.client()).unwrap();
    let url = format!("redis://sessions:s3cr3t@127.0.0.1:{}", server.port);
    let storage = RedisSessionStorage::connect(&url).await.unwrap();
    let error = ids(&storage).await.unwrap_err();
    let source = error.source().unwrap().to_string();
    assert!(source.contains("+scan"), "{source}");
}
