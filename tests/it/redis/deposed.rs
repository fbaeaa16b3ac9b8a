//! A master that was replaced while it stood still, and hears of it last.

use std::time::{Duration, Instant};

use axum_bare_session::storage::{Saved, SessionStorage};
use tokio::task::spawn_blocking;

use super::sentinel::{Group, wait_until};
use super::server::Server;
use super::steps::{new_id, new_record};

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

/// It refuses writes for want of replicas, as the documentation advises.
#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_refuses_writes_for_want_of_replicas_is_left() {
    let mut group = spawn_blocking(Group::start).await.unwrap();
    for server in [&group.master].into_iter().chain(&group.replicas) {
        for (setting, value) in [("min-replicas-to-write", 1), ("min-replicas-max-lag", 2)] {
            let mut set = redis::cmd("CONFIG");
            set.arg("SET").arg(setting).arg(value);
            set.exec(&mut server.client()).unwrap();
        }
    }
    let storage = group.storage().await;
    let write = async || storage.save(new_id(), new_record().into(), None).await;
    assert_eq!(write().await.unwrap(), Saved::Done);
    let group = spawn_blocking(move || {
        group.master.pause();
        let is_followed = |it: &Server| it.info("replication").contains("state=online");
        wait_until(|| group.replicas.iter().any(is_followed));
        group.master.resume();
        group
    });
    let group = group.await.unwrap();
    let refused = Instant::now();
    let mut failed = 0;
    while let Err(error) = write().await {
        failed += 1;
        let took = refused.elapsed();
        assert!(
            took < Duration::from_secs(5),
            "{failed} after {took:?}: {error:?}"
        );
    }
    assert!(
        group.master.info("replication").contains("role:master"),
        "it hears of it last"
    );
}
