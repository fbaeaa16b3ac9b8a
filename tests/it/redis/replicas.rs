//! What a failover does to answered log-outs that no replica had, and what `with_wait` makes of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum_bare_session::RedisSessionStorage;
use axum_bare_session::storage::{Owned, Saved, SessionStorage};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};

use super::app::{app, visitor};
use super::cluster;
use super::owner_set::{created_of, now};
use super::sentinel::{self, Group, wait_until};
use super::server::{Server, free_port};
use super::steps::{created, new_id, new_record, next};
use crate::support::Browser;

const VISITORS: usize = 10;
const LONG: Duration = Duration::from_secs(60);

/// Visitors log out while the master has no replica; then it dies, and a replica takes over. Returns how many log-outs
/// were answered with success, and how many of their sessions are back.
async fn log_outs_without_replicas(
    mut group: Group,
    storage: RedisSessionStorage,
) -> (usize, usize) {
    let app = app(storage);
    let mut visitors = Vec::new();
    for _ in 0..VISITORS {
        visitors.push(visitor(&app).await);
    }
    let mut wait = redis::cmd("WAIT");
    let replicas: usize = wait
        .arg(2)
        .arg(10_000)
        .query(&mut group.master.client())
        .unwrap();
    assert_eq!(replicas, 2, "both replicas have all sessions");
    for replica in &mut group.replicas {
        replica.pause();
    }
    // What is under way to a process that stands still would reach it later.
    let mut cut = redis::cmd("CLIENT");
    cut.arg(&["KILL", "TYPE", "replica"]);
    cut.exec(&mut group.master.client()).unwrap();

    let mut answered = Vec::new();
    for browser in &visitors {
        if browser.clone().get("/log-out").await.status == 200 {
            answered.push(browser.clone());
        }
    }
    let group = spawn_blocking(move || {
        group.master.kill();
        for replica in &mut group.replicas {
            replica.resume();
        }
        group
    });
    let group = group.await.unwrap();
    let mut newcomer = visitors[0].clone();
    let failover = async {
        while newcomer.get("/visit").await.status != 200 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(LONG, failover).await.expect("a replica takes over");
    let mut back = 0;
    for mut browser in answered.clone() {
        back += usize::from(browser.get("/read").await.body != "nobody");
    }
    drop(group);
    (answered.len(), back)
}

#[tokio::test(flavor = "multi_thread")]
async fn log_outs_that_no_replica_has_are_undone_by_a_failover() {
    let group = spawn_blocking(Group::start).await.unwrap();
    let storage = group.storage().await;
    let (answered, back) = log_outs_without_replicas(group, storage).await;
    // No promise, but what the documentation warns of.
    assert_eq!((answered, back), (VISITORS, VISITORS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_out_that_waits_for_replicas_is_not_answered_without_them() {
    let group = spawn_blocking(Group::start).await.unwrap();
    let wait = axum_bare_session::Duration::milliseconds(50);
    let storage = group.storage().await.with_wait(1, wait);
    let (answered, _) = log_outs_without_replicas(group, storage).await;
    assert_eq!(answered, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_write_is_answered_that_too_few_replicas_have() {
    let storage = cluster::shared().storage().await;
    let visitor = visitor(&app(storage.clone())).await;
    // Each master has one replica.
    let wait = axum_bare_session::Duration::milliseconds(20);
    let app = app(storage.with_wait(2, wait));
    let mut known = Browser::new(app.clone());
    known.cookies = visitor.cookies;
    for (mut browser, paths) in [
        (Browser::new(app), &["/visit", "/log-in"][..]),
        // The second log-out finds that there is no session any more.
        (known, &["/visit", "/log-in", "/log-out", "/log-out"]),
    ] {
        for path in paths {
            let reply = browser.get(path).await;
            assert_eq!(reply.status, 503, "{path}");
            assert_eq!(reply.new_cookie(), None, "{path}");
        }
    }
}

/// Every write, with replicas that are there.
async fn assert_waits(storage: RedisSessionStorage) {
    let (id, first) = created(&storage).await;
    let mut second = next(&first);
    second.owner = Some(format!("owner:{id}").into());
    let (seen, end) = (second.last_seen, second.expires_at);
    let saved = storage.save(id, second.into(), Some(first.version)).await;
    assert_eq!(saved.unwrap(), Saved::Done);
    let version = first.version.next();
    assert!(storage.touch(id, version, seen, end).await.unwrap());
    storage.delete(id).await.unwrap();
    assert_eq!(storage.load(id).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_can_wait_for_a_replica_of_a_sentinel_group_and_of_a_cluster() {
    let wait = axum_bare_session::Duration::seconds(5);
    for _ in 0..20 {
        // Sessions on all nodes.
        assert_waits(cluster::shared().storage().await.with_wait(1, wait)).await;
    }
    assert_waits(sentinel::shared().storage().await.with_wait(2, wait)).await;
    let storage = cluster::shared().storage().await;
    let storage = storage.with_wait(2, axum_bare_session::Duration::milliseconds(20));
    let (id, record) = (new_id(), new_record());
    let saved = storage.save(id, record.into(), None).await;
    assert!(saved.is_err(), "each master has one replica");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_too_few_replicas_have_is_not_answered_when_it_finds_its_own_work() {
    let master = Server::start(&[]);
    let port = master.port.to_string();
    let mut replica = Server::start_at(free_port(), &["--replicaof", "127.0.0.1", &port]);
    wait_until(|| master.info("replication").contains("state=online"));
    let plain = master.storage().await;
    let (id, first) = created(&plain).await;
    let (seen, end, version) = (first.last_seen, first.expires_at, Some(first.version));
    let second = Arc::new(next(&first));
    let (new, record) = (new_id(), Arc::new(new_record()));
    let owner = new_id().to_string();
    let (one, other) = (
        created_of(&plain, &owner).await,
        created_of(&plain, &owner).await,
    );
    let wait = axum_bare_session::Duration::milliseconds(20);
    let storage = master.storage().await.with_wait(1, wait);
    replica.pause();
    for attempt in ["first", "second"] {
        let saved = storage.save(id, second.clone(), version).await;
        assert!(saved.is_err(), "{attempt} save: {saved:?}");
        let touched = storage.touch(id, first.version, seen, end).await;
        assert!(touched.is_err(), "{attempt} touch: {touched:?}");
        let created = storage.save(new, record.clone(), None).await;
        assert!(created.is_err(), "{attempt} creation: {created:?}");
        let ended = storage.delete_owned(&owner, Owned::One(one), now()).await;
        assert!(ended.is_err(), "{attempt} end of one: {ended:?}");
        let ended = storage.delete_owned(&owner, Owned::All, now()).await;
        assert!(ended.is_err(), "{attempt} end of all: {ended:?}");
        let deleted = storage.delete(other).await;
        assert!(deleted.is_err(), "{attempt} deletion: {deleted:?}");
        let loaded = storage.load(other).await;
        assert!(loaded.is_err(), "{attempt} look: {loaded:?}");
    }
    replica.resume();
    let answered = async {
        while storage.load(other).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LONG, answered).await.expect("the replica has all");
}

/// Of servers from Redis 7.2 on, `WAIT` is about what the connection has written and no other.
#[tokio::test]
async fn what_is_answered_from_what_is_stored_is_written_once_more() {
    let server = Server::start(&[]);
    let plain = server.storage().await;
    let wait = axum_bare_session::Duration::SECOND;
    let storage = server.storage().await.with_wait(0, wait);
    let (id, first) = created(&plain).await;
    let owner = new_id().to_string();
    let owned = created_of(&plain, &owner).await;
    let (seen, end, other) = (first.last_seen, first.expires_at, first.version.next());
    let late = Arc::new(next(&next(&first)));
    let writes = || {
        let info = server.info("persistence");
        let mut lines = info.lines();
        let count = lines.find_map(|line| line.strip_prefix("rdb_changes_since_last_save:"));
        count.unwrap().parse::<u64>().unwrap()
    };
    let mut before = writes();
    let mut assert_wrote = |what: &str| {
        let after = writes();
        assert!(after > before, "{what}");
        before = after;
    };
    let seconds = |id| {
        let mut left = redis::cmd("TTL");
        left.arg(format!("session:{id}"));
        left.query::<i64>(&mut server.client()).unwrap()
    };
    for id in [id, owned, new_id()] {
        let left = seconds(id);
        let stored = plain.load(id).await.unwrap();
        let saved = storage.save(id, late.clone(), Some(other)).await.unwrap();
        assert_eq!(saved, Saved::Conflict(stored.clone()));
        assert_wrote("save");
        assert!(!storage.touch(id, other, seen, end).await.unwrap());
        assert_wrote("touch");
        let one = Owned::One(id);
        let ended = storage.delete_owned("nobody", one, now()).await.unwrap();
        assert_eq!(ended, []);
        assert_wrote("end of another's");
        assert_eq!(plain.load(id).await.unwrap(), stored);
        assert!((0..60).contains(&(left - seconds(id))), "its time stays");
    }
    let saved = storage.save(id, late, None).await.unwrap();
    assert!(matches!(saved, Saved::Conflict(Some(_))));
    assert_wrote("creation");
    assert!(!storage.delete(new_id()).await.unwrap());
    assert_wrote("deletion");
    assert_eq!(storage.load(new_id()).await.unwrap(), None);
    assert_wrote("look at nothing");
    let keys: u64 = redis::cmd("DBSIZE").query(&mut server.client()).unwrap();
    assert_eq!(keys, 3, "two records and an owner's set");
}

/// Whoever sends unknown cookies holds up nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn a_load_stands_behind_no_look_at_an_unknown_id_that_waits() {
    const STRANGERS: u32 = 64;
    let master = Server::start(&[]);
    let port = master.port.to_string();
    let mut replica = Server::start_at(free_port(), &["--replicaof", "127.0.0.1", &port]);
    wait_until(|| master.info("replication").contains("state=online"));
    let wait = Duration::from_millis(100);
    let plain = master.storage().await;
    let (id, record) = created(&plain).await;
    let storage = plain.with_wait(1, wait.try_into().unwrap());
    replica.pause();
    let mut strangers = JoinSet::new();
    for _ in 0..STRANGERS {
        let storage = storage.clone();
        strangers.spawn(async move { storage.load(new_id()).await });
    }
    sleep(wait / 2).await;
    let begun = Instant::now();
    assert_eq!(*storage.load(id).await.unwrap().unwrap(), record);
    assert!(begun.elapsed() < STRANGERS * wait / 2);
    let looked = strangers.join_next().await.unwrap().unwrap();
    assert!(looked.is_err(), "no replica has told: {looked:?}");
}
