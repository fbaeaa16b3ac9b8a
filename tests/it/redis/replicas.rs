//! What a failover does to answered log-outs that no replica had, and what `with_wait` makes of them.

use std::time::Duration;

use axum_bare_session::{RedisSessionStorage, storage::SessionStorage};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::app::{app, visitor};
use super::cluster;
use super::sentinel::{self, Group, wait_until};
use super::server::Server;
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
        (known, &["/visit", "/log-in", "/log-out"]),
    ] {
        for path in paths {
            let reply = browser.get(path).await;
            assert_eq!(reply.status, 503, "{path}");
            assert_eq!(reply.new_cookie(), None, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_was_replaced_while_it_stood_still_is_left_after_one_write() {
    let mut group = spawn_blocking(Group::start).await.unwrap();
    let wait = axum_bare_session::Duration::SECOND;
    let storage = group.storage().await.with_wait(1, wait);
    // The former master goes on with what it is, for eight seconds and more, until the Sentinels tell it.
    let group = spawn_blocking(move || {
        group.master.pause();
        let is_followed = |it: &Server| it.info("replication").contains("state=online");
        wait_until(|| group.replicas.iter().any(is_followed));
        group.master.resume();
        group
    });
    let _group = group.await.unwrap();
    let mut failed = 0;
    while storage
        .save(new_id(), new_record().into(), None)
        .await
        .is_err()
    {
        failed += 1;
        assert!(failed < 4, "it is still asked");
    }
}

/// Every write, with replicas that are there.
async fn assert_waits(storage: RedisSessionStorage) {
    let (id, first) = created(&storage).await;
    let mut second = next(&first);
    second.owner = Some(format!("owner:{id}").into());
    let (seen, end) = (second.last_seen, second.expires_at);
    let saved = storage.save(id, second.into(), Some(first.version)).await;
    assert_eq!(saved.unwrap(), axum_bare_session::storage::Saved::Done);
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
