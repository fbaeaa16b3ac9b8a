use axum::Router;
use axum_bare_session::RedisSessionStorage;
use tokio::task::spawn_blocking;

use super::app::{app, visitor};
use super::cluster::Cluster;
use super::sentinel::Group;
use super::server::Server;
use super::writers::Writers;
use crate::support::Browser;

/// Some visitors who have logged out, with the cookies that they had before.
async fn logged_out(app: &Router) -> Vec<Browser> {
    let mut browsers = Vec::new();
    for _ in 0..10 {
        let browser = visitor(app).await;
        assert_eq!(browser.clone().get("/log-out").await.status, 200);
        browsers.push(browser);
    }
    browsers
}

/// Ends the server for ever while 64 visitors write. They go on by themselves; whoever had logged out stays so.
async fn fail_over(
    storage: RedisSessionStorage,
    what: &str,
    end: impl FnOnce() -> Server + Send + 'static,
) {
    let app = app(storage);
    let writers = Writers::start(app.clone()).await;
    let gone = logged_out(&app).await;
    writers.progress(10).await;
    let ended = spawn_blocking(end).await.unwrap();
    writers.progress(10).await;
    for mut browser in gone {
        assert_eq!(browser.get("/read").await.body, "nobody");
    }
    let outcome = writers.stop().await;
    println!("{what}: {outcome:?}");
    assert!(
        outcome.failed > 0,
        "the master was killed among the writers"
    );
    // Replication is asynchronous: what the master acknowledged in its last moment may be lost, and no more than that.
    assert!(outcome.lost <= 64, "{outcome:?}");
    drop(ended);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_outlive_a_sentinel_master_killed_among_64_writers() {
    let group = spawn_blocking(Group::start).await.unwrap();
    let storage = group.storage().await;
    let mut master = group.master;
    let (replicas, sentinels) = (group.replicas, group.sentinels);
    let end = move || {
        master.kill();
        master
    };
    fail_over(storage, "Sentinel", end).await;
    drop((replicas, sentinels));
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_outlive_a_cluster_master_killed_among_64_writers() {
    let mut cluster = spawn_blocking(Cluster::start).await.unwrap();
    let storage = cluster.storage().await;
    let mut master = cluster.nodes.remove(0);
    let end = move || {
        master.kill();
        master
    };
    fail_over(storage, "Cluster", end).await;
    drop(cluster);
}
