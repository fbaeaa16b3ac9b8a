//! A cache that hears from the server what other processes do. Its bound is an hour, so that nothing but what it hears
//! makes it forget, unless a test says otherwise.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration as Wait, Instant};

use axum_bare_session::storage::{
    Digest, Owned, Saved, SessionRecord, SessionStorage, Timestamp, Version,
};
use axum_bare_session::{
    CachedSessionStorage, Duration, OffsetDateTime, RedisSessionStorage, SessionId,
};
use tokio::time::sleep;
use uuid::Uuid;

use super::cluster::Cluster;
use super::proxy::{Cut, Proxy};
use super::sentinel::Group;
use super::server::Server;
use crate::support::{Backend, on_storage};

type Cached = CachedSessionStorage<RedisSessionStorage>;

async fn listening(remote: RedisSessionStorage) -> Cached {
    let cached = CachedSessionStorage::with_limits(remote, 10_000, Duration::HOUR);
    cached.listening().await.unwrap()
}

fn now() -> Timestamp {
    OffsetDateTime::now_utc().into()
}

/// A new session of `ada`.
async fn create(storage: &impl SessionStorage) -> (SessionId, SessionRecord) {
    let id = Uuid::new_v4().into();
    let mut record = SessionRecord::new(Digest::from([0; 32]), now(), now() + Duration::HOUR);
    record.owner = Some("ada".into());
    let saved = storage.save(id, Arc::new(record.clone()), None).await;
    assert_eq!(saved.unwrap(), Saved::Done);
    (id, record)
}

async fn change(storage: &impl SessionStorage, id: SessionId) -> Version {
    let mut record = SessionRecord::clone(&*storage.load(id).await.unwrap().unwrap());
    let before = record.version;
    record.version = before.next();
    let version = record.version;
    let saved = storage.save(id, Arc::new(record), Some(before)).await;
    assert_eq!(saved.unwrap(), Saved::Done);
    version
}

async fn version(storage: &impl SessionStorage, id: SessionId) -> Option<Version> {
    let loaded = storage.load(id).await.unwrap();
    loaded.map(|record| record.version)
}

/// Waits until the cache knows that version, and returns how long that took.
async fn until(cached: &Cached, id: SessionId, expected: Option<Version>) -> Wait {
    let begun = Instant::now();
    loop {
        // Without an answer it knows nothing yet.
        let loaded = cached.load(id).await;
        if loaded.is_ok_and(|it| it.map(|record| record.version) == expected) {
            return begun.elapsed();
        }
        assert!(begun.elapsed() < Wait::from_secs(20), "it is never heard");
        sleep(Wait::from_millis(1)).await;
    }
}

/// A listening cache, the storage of another process, and a session that the cache holds.
async fn held_by(remote: RedisSessionStorage) -> (Cached, RedisSessionStorage, SessionId) {
    let (cached, elsewhere) = (listening(remote.clone()).await, remote);
    let (id, record) = create(&elsewhere).await;
    until(&cached, id, Some(record.version)).await;
    // What is still on the way of the creation would make it forget.
    sleep(Wait::from_millis(50)).await;
    until(&cached, id, Some(record.version)).await;
    (cached, elsewhere, id)
}

async fn what_another_process_does_is_heard<B: Backend<Storage = RedisSessionStorage>>() {
    let (cached, elsewhere, id) = held_by(B::storage().await).await;
    let changed = change(&elsewhere, id).await;
    until(&cached, id, Some(changed)).await;

    let end = now() + Duration::minutes(7);
    assert!(elsewhere.touch(id, changed, now(), end).await.unwrap());
    let begun = Instant::now();
    while cached.load(id).await.unwrap().unwrap().expires_at != end {
        assert!(begun.elapsed() < Wait::from_secs(20), "no touch is heard");
        sleep(Wait::from_millis(1)).await;
    }

    assert!(elsewhere.delete(id).await.unwrap());
    until(&cached, id, None).await;

    let (id, record) = create(&elsewhere).await;
    until(&cached, id, Some(record.version)).await;
    let ended = elsewhere.delete_owned("ada", Owned::All, now()).await;
    assert_eq!(ended.unwrap(), [id]);
    until(&cached, id, None).await;
}

/// Of any node of a Cluster.
async fn what_happens_to_many_sessions_is_heard<B: Backend<Storage = RedisSessionStorage>>() {
    let elsewhere = B::storage().await;
    let cached = listening(elsewhere.clone()).await;
    let mut ids = Vec::new();
    for _ in 0..100 {
        let (id, record) = create(&elsewhere).await;
        until(&cached, id, Some(record.version)).await;
        ids.push(id);
    }
    for id in &ids {
        let changed = change(&elsewhere, *id).await;
        until(&cached, *id, Some(changed)).await;
    }
    let ended = elsewhere.delete_owned("ada", Owned::All, now()).await;
    assert_eq!(ended.unwrap().len(), 100);
    for id in ids {
        until(&cached, id, None).await;
    }
}

on_storage! { one_server crate::redis::OneServer,
    what_another_process_does_is_heard
    what_happens_to_many_sessions_is_heard
}
on_storage! { sentinel crate::redis::OneMaster,
    what_another_process_does_is_heard
    what_happens_to_many_sessions_is_heard
}
on_storage! { cluster crate::redis::SixNodes,
    what_another_process_does_is_heard
    what_happens_to_many_sessions_is_heard
}

#[tokio::test]
async fn what_somebody_does_by_hand_is_heard() {
    let server = Server::start(&[]);
    let (cached, elsewhere, id) = held_by(server.storage().await).await;
    let key = format!("session:{id}");
    redis::cmd("DEL")
        .arg(key)
        .exec(&mut server.client())
        .unwrap();
    until(&cached, id, None).await;
    let (id, record) = create(&elsewhere).await;
    until(&cached, id, Some(record.version)).await;
    redis::cmd("FLUSHALL").exec(&mut server.client()).unwrap();
    until(&cached, id, None).await;
}

#[tokio::test]
async fn other_programs_keys_and_other_prefixes_make_it_forget_nothing() {
    let server = Server::start(&[]);
    let (cached, elsewhere, id) = held_by(server.storage().await).await;
    let mut client = server.client();
    for key in ["x", "session:owner:ada", "session:x", &format!("{id}")] {
        redis::cmd("DEL").arg(key).exec(&mut client).unwrap();
    }
    create(&elsewhere.clone().with_prefix("shop:")).await;
    create(&elsewhere).await;
    sleep(Wait::from_millis(100)).await;
    let mut reset = redis::cmd("CONFIG");
    reset.arg("RESETSTAT").exec(&mut client).unwrap();
    assert!(version(&cached, id).await.is_some());
    assert!(!server.info("commandstats").contains("cmdstat_get:"));
}

/// Kills every connection but the test's own, again and again.
#[tokio::test]
async fn what_was_missed_while_connections_were_killed_is_forgotten() {
    let server = Server::start(&[]);
    let (cached, elsewhere, id) = held_by(server.storage().await).await;
    let mut client = server.client();
    for _ in 0..10 {
        let mut kill = redis::cmd("CLIENT");
        kill.arg("KILL")
            .arg("TYPE")
            .arg("normal")
            .exec(&mut client)
            .unwrap();
        let changed = change(&elsewhere, id).await;
        until(&cached, id, Some(changed)).await;
    }
}

#[tokio::test]
async fn a_server_that_was_killed_and_is_back_without_its_data_is_heard_again() {
    let mut server = Server::start(&[]);
    let (cached, elsewhere, id) = held_by(server.storage().await).await;
    server.kill();
    sleep(Wait::from_secs(1)).await;
    assert!(version(&cached, id).await.is_some(), "it is still held");
    server.restart();
    until(&cached, id, None).await;
    let (id, record) = create(&elsewhere).await;
    until(&cached, id, Some(record.version)).await;
    let changed = change(&elsewhere, id).await;
    until(&cached, id, Some(changed)).await;
}

#[tokio::test]
async fn a_server_that_was_paused_is_heard_again() {
    let mut server = Server::start(&[]);
    let (cached, elsewhere, id) = held_by(server.storage().await).await;
    // Longer than it waits for an answer.
    server.pause();
    sleep(Wait::from_secs(4)).await;
    assert!(version(&cached, id).await.is_some(), "it is still held");
    server.resume();
    let changed = change(&elsewhere, id).await;
    until(&cached, id, Some(changed)).await;
}

/// Neither side learns of it: the network swallows what the server tells.
#[tokio::test]
async fn where_the_network_swallows_everything_the_bound_holds_until_it_listens_anew() {
    let server = Server::start(&[]);
    let proxy = Proxy::start(server.port).await;
    let elsewhere = server.storage().await;
    let remote = proxy.storage().await;
    let bound = Duration::milliseconds(300);
    let cached = CachedSessionStorage::with_limits(remote, 100, bound);
    let cached = cached.listening().await.unwrap();
    let (id, record) = create(&elsewhere).await;
    until(&cached, id, Some(record.version)).await;
    proxy.cut_at("TRACKING", Cut::Never);
    while !proxy.has_cut() {
        sleep(Wait::from_millis(10)).await;
    }
    for _ in 0..3 {
        until(&cached, id, version(&elsewhere, id).await).await;
        let changed = change(&elsewhere, id).await;
        let heard = until(&cached, id, Some(changed)).await;
        // The bound, and what a busy machine adds.
        assert!(heard < Wait::from_millis(1_000), "{heard:?}");
    }

    let remote = proxy.storage().await;
    let (cached, _, id) = held_by(remote).await;
    proxy.cut_at("TRACKING", Cut::Never);
    while !proxy.has_cut() {
        sleep(Wait::from_millis(10)).await;
    }
    let changed = change(&elsewhere, id).await;
    assert_ne!(version(&cached, id).await, Some(changed), "it is deaf");
    until(&cached, id, Some(changed)).await;
}

/// The messages come while nobody reads them.
#[tokio::test]
async fn where_more_is_told_than_can_wait_everything_is_forgotten() {
    let server = Server::start(&[]);
    let (cached, elsewhere, id) = held_by(server.storage().await).await;
    let changed = change(&elsewhere, id).await;
    let mut client = server.client();
    for number in 0..5_000 {
        let key = format!("session:{}", Uuid::from_u128(number));
        redis::cmd("DEL").arg(&key).exec(&mut client).unwrap();
        redis::cmd("SET")
            .arg(&key)
            .arg(1)
            .exec(&mut client)
            .unwrap();
    }
    until(&cached, id, Some(changed)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_sentinel_failover_the_new_master_is_heard() {
    let group = tokio::task::spawn_blocking(Group::start).await.unwrap();
    let (cached, elsewhere, id) = held_by(group.storage().await).await;
    let mut group = group;
    group.master.kill();
    hears_after_failover(&cached, &elsewhere, id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_cluster_failover_the_new_master_is_heard() {
    let cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap();
    let mut cluster = cluster;
    let (cached, elsewhere, _) = held_by(cluster.storage().await).await;
    // One of each node.
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(create(&elsewhere).await.0);
    }
    sleep(Wait::from_millis(200)).await;
    cluster.nodes[0].kill();
    for id in ids {
        hears_after_failover(&cached, &elsewhere, id).await;
    }
}

async fn hears_after_failover(cached: &Cached, elsewhere: &RedisSessionStorage, id: SessionId) {
    let begun = Instant::now();
    // A write shows that there is a master again.
    while elsewhere
        .touch(id, Version::FIRST, now(), now())
        .await
        .is_err()
    {
        assert!(begun.elapsed() < Wait::from_secs(30), "there is no master");
        sleep(Wait::from_millis(50)).await;
    }
    for _ in 0..3 {
        let known = version(elsewhere, id).await;
        until(cached, id, known).await;
        let changed = change(elsewhere, id).await;
        until(cached, id, Some(changed)).await;
    }
}

#[tokio::test]
async fn it_needs_one_permission_more_which_is_named() {
    let server = Server::start(&[]);
    let mut client = server.client();
    let permit = |client: &mut redis::Connection, rights: &[&str]| {
        let mut set = redis::cmd("ACL");
        set.arg("SETUSER")
            .arg("sessions")
            .arg(rights)
            .exec(client)
            .unwrap();
    };
    permit(
        &mut client,
        &["reset", "on", ">s3cr3t", "~session:*", "+@all", "-client"],
    );
    let url = format!("redis://sessions:s3cr3t@127.0.0.1:{}", server.port);
    let storage = RedisSessionStorage::connect(&url).await.unwrap();
    let cached = CachedSessionStorage::new(storage.clone());
    let refused = cached.listening().await.unwrap_err();
    let source = refused.source().unwrap().to_string();
    assert!(
        source.contains("CLIENT|TRACKING") && source.contains("+client|tracking"),
        "{source}"
    );
    permit(&mut client, &["+client|tracking"]);
    held_by(storage).await;
}

#[tokio::test]
async fn a_connection_of_the_applications_tells_nothing() {
    let server = Server::start(&[]);
    let client = redis::Client::open(server.url()).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    let storage = RedisSessionStorage::from_connection(connection);
    let refused = CachedSessionStorage::new(storage).listening().await;
    let source = refused.unwrap_err().source().unwrap().to_string();
    assert!(source.contains("RedisSessionStorage::connect"), "{source}");
}

#[tokio::test]
async fn the_connection_ends_with_the_cache() {
    let server = Server::start(&[]);
    let (cached, ..) = held_by(server.storage().await).await;
    let listens = || {
        let mut list = redis::cmd("CLIENT");
        let clients: String = list.arg("LIST").query(&mut server.client()).unwrap();
        clients.contains("flags=tB") || clients.contains("cmd=client|tracking")
    };
    assert!(listens());
    drop(cached);
    let begun = Instant::now();
    while listens() {
        assert!(begun.elapsed() < Wait::from_secs(20), "it goes on");
        sleep(Wait::from_millis(10)).await;
    }
}
