use std::time::{Duration as Wait, Instant};

use axum_bare_session::storage::{SessionStorage, Version};
use axum_bare_session::{RedisSessionStorage, SessionId};
use tokio::time::sleep;

use super::{Cached, change, create, held_by, now, until, version};
use crate::redis::cluster::Cluster;
use crate::redis::sentinel::Group;

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
