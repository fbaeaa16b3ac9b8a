//! Connecting proves that a session can be saved, or says what is missing.

use std::error::Error;

use axum_bare_session::storage::{SessionStorage, StorageError};
use axum_bare_session::{Duration, RedisSessionStorage};

use super::app::{app, visitor};
use super::owner_set::{created_of, list, now};
use super::server::{Server, free_port};
use super::steps::{created, new_id};
use super::{cluster, sentinel};
use crate::support::Browser;

/// The permissions that the documentation lists.
fn documented() -> Vec<String> {
    let source = include_str!("../../../src/storage/redis/storage.rs");
    let (_, rest) = source.split_once("ACL SETUSER sessions").unwrap();
    let (rule, _) = rest.split_once("```").unwrap();
    let words = rule.split_whitespace().filter(|word| word.starts_with('+'));
    words.map(str::to_owned).collect()
}

/// The rights of the user `sessions`.
fn permit(server: &Server, rights: &[&str]) {
    let mut set = redis::cmd("ACL");
    set.arg("SETUSER").arg("sessions").arg("reset");
    set.arg("on").arg(">s3cr3t").arg(rights);
    set.exec(&mut server.client()).unwrap();
}

fn url_of_user(server: &Server) -> String {
    format!("redis://sessions:s3cr3t@127.0.0.1:{}", server.port)
}

/// What the error says, which must have no secret.
fn advice(connected: Result<RedisSessionStorage, StorageError>) -> String {
    let error = connected.unwrap_err();
    let source = error.source().unwrap();
    assert!(source.source().is_none());
    let shown = format!("{source} {source:?}");
    assert!(!shown.contains("s3cr3t"), "{shown}");
    source.to_string()
}

#[tokio::test]
async fn a_user_with_exactly_the_documented_commands_can_do_everything() {
    let server = Server::start(&[]);
    let documented = documented();
    assert_eq!(documented.len(), 16);
    let rights: Vec<_> = documented.iter().map(String::as_str).collect();
    permit(&server, &[&["~session:*"], &rights[..]].concat());
    let url = url_of_user(&server);
    let storage = RedisSessionStorage::connect(&url).await.unwrap();
    let app = app(storage.clone());
    let mut browser = visitor(&app).await;
    for path in ["/log-in", "/visit", "/read", "/log-out", "/visit"] {
        assert_eq!(browser.get(path).await.status, 200, "{path}");
    }
    // Far ends, old ids and lost scripts take other ways through the scripts.
    let owner = new_id().to_string();
    let id = created_of(&storage, &owner).await;
    let record = storage.load(id).await.unwrap().unwrap();
    for days in [1, 100] {
        let (now, end) = (now(), now() + Duration::days(days));
        assert!(storage.touch(id, record.version, now, end).await.unwrap());
    }
    assert_eq!(list(&storage, &owner).await, [id]);
    let mut client = server.client();
    redis::cmd("SCRIPT").arg("FLUSH").exec(&mut client).unwrap();
    let set = format!("session:owner:{owner}");
    let mut add = redis::cmd("ZADD");
    let (dead, aged) = (new_id(), "2000000000000000");
    add.arg(&set).arg(aged).arg(dead.as_bytes());
    add.exec(&mut client).unwrap();
    assert_eq!(list(&storage, &owner).await, [id]);
    let mut score = redis::cmd("ZSCORE");
    score.arg(&set).arg(dead.as_bytes());
    let left: Option<f64> = score.query(&mut client).unwrap();
    assert_eq!(left, None, "an old id without a session is dropped");
    assert!(storage.delete(id).await.unwrap());

    let mut refused = redis::cmd("ACL");
    let refused: Vec<redis::Value> = refused.arg("LOG").query(&mut client).unwrap();
    // The driver names itself and the eviction policy is asked for, both of which may fail.
    let refused = format!("{refused:?}");
    for name in &documented {
        let quoted = format!("{:?}", name.trim_start_matches('+').as_bytes());
        assert!(!refused.contains(&quoted), "{name}: {refused}");
    }
    assert!(!refused.contains("lua"), "{refused}");
}

/// The driver asks whether it is a master, before it is asked for anything.
#[tokio::test(flavor = "multi_thread")]
async fn behind_sentinels_the_user_needs_one_command_more_which_is_named() {
    let group = tokio::task::spawn_blocking(sentinel::Group::start).await;
    let group = group.unwrap();
    let documented = documented();
    let rights: Vec<_> = documented.iter().map(String::as_str).collect();
    let connect = async |more: &str| {
        for server in [&group.master].into_iter().chain(&group.replicas) {
            permit(server, &[&["~session:*", more], &rights[..]].concat());
        }
        let urls = group.sentinels.iter().map(Server::url);
        RedisSessionStorage::sentinel(urls, "redis://sessions:s3cr3t@main/0").await
    };
    let refused = advice(connect("-role").await);
    assert!(
        refused.contains("the user lacks the command ROLE"),
        "{refused}"
    );
    let storage = connect("+role").await.unwrap();
    assert!(!storage.delete(new_id()).await.unwrap());
}

#[tokio::test]
async fn each_command_that_the_user_lacks_is_named() {
    let server = Server::start(&[]);
    let url = url_of_user(&server);
    for missing in documented() {
        let name = missing.trim_start_matches('+').to_uppercase();
        let denied = missing.replacen('+', "-", 1);
        permit(&server, &["~session:*", "+@all", &denied]);
        let refused = advice(RedisSessionStorage::connect(&url).await);
        let named = format!("Redis error NOPERM: the user lacks the command {name};");
        assert!(refused.starts_with(&named), "{refused}");
        assert!(
            refused.contains(&format!("{missing}` permits it")),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn keys_that_the_user_may_not_touch_are_named_and_a_prefix_of_its_own_is_proved() {
    let server = Server::start(&[]);
    permit(&server, &["~shop:session:*", "+@all"]);
    let url = url_of_user(&server);
    let refused = advice(RedisSessionStorage::connect(&url).await);
    assert!(
        refused.contains("NOPERM") && refused.contains("~session:*"),
        "{refused}"
    );
    let storage = RedisSessionStorage::builder(&url)
        .prefix("shop:session:")
        .connect()
        .await;
    let (id, record) = created(&storage.unwrap()).await;
    let other = RedisSessionStorage::builder(&server.url()).prefix("shop:session:");
    let loaded = other.connect().await.unwrap().load(id).await.unwrap();
    assert_eq!(*loaded.unwrap(), record);
}

#[tokio::test]
async fn credentials_that_are_missing_or_wrong_are_told_apart() {
    let server = Server::start(&["--requirepass", "right"]);
    let at = format!("127.0.0.1:{}", server.port);
    let connect = async |url: String| advice(RedisSessionStorage::connect(&url).await);
    let missing = connect(format!("redis://{at}")).await;
    assert!(
        missing.contains("NOAUTH: the server wants a password"),
        "{missing}"
    );
    for wrong in [
        format!("redis://:s3cr3t@{at}"),
        format!("redis://ann:s3cr3t@{at}"),
    ] {
        let wrong = connect(wrong).await;
        assert!(wrong.contains("does not take the password"), "{wrong}");
    }
    let nobody = connect(format!("redis://:s3cr3t@127.0.0.1:{}", free_port())).await;
    assert!(
        nobody.contains("no connection to Redis: Connection refused"),
        "{nobody}"
    );
    let url = connect("http://:s3cr3t@127.0.0.1".to_owned()).await;
    assert!(url.contains("redis://user:password@host:6379/0"), "{url}");
}

#[tokio::test]
async fn a_node_of_a_cluster_a_replica_and_a_sentinel_are_told_what_they_are() {
    for node in &cluster::shared().nodes {
        let refused = advice(RedisSessionStorage::connect(&node.url()).await);
        assert!(
            refused.contains("use `RedisSessionStorage::cluster`"),
            "{refused}"
        );
    }
    // Of its own: among those of a group, which one is a replica may change on a busy machine.
    let master = Server::start(&[]);
    let port = master.port.to_string();
    let replica = Server::start(&["--replicaof", "127.0.0.1", &port]);
    let replica = advice(RedisSessionStorage::connect(&replica.url()).await);
    assert!(
        replica.contains("READONLY: the server is a replica"),
        "{replica}"
    );
    let group = sentinel::shared();
    let sentinel = advice(RedisSessionStorage::connect(&group.sentinels[0].url()).await);
    assert!(
        sentinel.contains("`RedisSessionStorage::sentinel`"),
        "{sentinel}"
    );
}

#[tokio::test]
async fn a_server_that_refuses_writes_refuses_the_connection() {
    let full = Server::start(&["--maxmemory", "1", "--maxmemory-policy", "noeviction"]);
    let refused = advice(RedisSessionStorage::connect(&full.url()).await);
    assert!(
        refused.contains("OOM: the server's memory is full"),
        "{refused}"
    );
    let lonely = Server::start(&["--min-replicas-to-write", "1"]);
    let refused = advice(RedisSessionStorage::connect(&lonely.url()).await);
    assert!(refused.contains("min-replicas-to-write"), "{refused}");
    let server = Server::start(&[]);
    let waiting = RedisSessionStorage::builder(&server.url()).wait(1, Duration::MILLISECOND);
    let refused = advice(waiting.connect().await);
    assert!(refused.contains("too few replicas"), "{refused}");
}

#[tokio::test]
async fn connecting_leaves_nothing_behind() {
    let server = Server::start(&[]);
    let storage = server.storage().await;
    storage.check().await.unwrap();
    let size: u64 = redis::cmd("DBSIZE").query(&mut server.client()).unwrap();
    assert_eq!(size, 0);
}

#[tokio::test]
async fn a_storage_may_start_before_its_server_is_there() {
    let port = free_port();
    let url = format!("redis://127.0.0.1:{port}");
    let storage = RedisSessionStorage::builder(&url).connect_lazily().unwrap();
    let app = app(storage.clone());
    let mut browser = Browser::new(app.clone());
    assert_eq!(browser.get("/visit").await.status, 503);
    assert!(storage.check().await.is_err());
    let _server = Server::start_at(port, &[]);
    assert_eq!(browser.get("/visit").await.status, 200);
    storage.check().await.unwrap();
    let url = RedisSessionStorage::builder("nonsense").connect_lazily();
    assert!(advice(url).contains("no URL of a Redis server"));
}
