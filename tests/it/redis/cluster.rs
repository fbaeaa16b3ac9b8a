use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use axum_bare_session::RedisSessionStorage;

use super::sentinel::PATIENT;
use super::server::{Server, free_port};

/// Three masters, each with a replica.
pub(super) struct Cluster {
    pub(super) nodes: Vec<Server>,
}

static SHARED: LazyLock<Cluster> = LazyLock::new(|| Cluster::with_patience(PATIENT));

/// The cluster of all tests that need none of their own.
pub(super) fn shared() -> &'static Cluster {
    &SHARED
}

impl Cluster {
    /// A cluster whose replicas take over a second after their masters have gone.
    pub(super) fn start() -> Self {
        Self::with_patience(1_000)
    }

    fn with_patience(patience: u32) -> Self {
        let patience = patience.to_string();
        let options = [
            "--cluster-enabled",
            "yes",
            "--cluster-node-timeout",
            &patience,
        ];
        let start = |_| Server::start_at(free_port(), &options);
        let nodes: Vec<Server> = (0..6).map(start).collect();
        let addresses = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port));
        let created = Command::new("redis-cli")
            .args(["--cluster", "create"])
            .args(addresses)
            .args(["--cluster-replicas", "1", "--cluster-yes"])
            .output()
            .expect("redis-cli is there (Debian package redis-tools)");
        assert!(created.status.success(), "{created:?}");
        let cluster = Self { nodes };
        cluster.wait_until(|info| {
            info.contains("cluster_state:ok") && info.contains("cluster_size:3")
        });
        cluster.wait_for_replicas();
        cluster
    }

    pub(super) fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Server::url).collect()
    }

    pub(super) async fn storage(&self) -> RedisSessionStorage {
        RedisSessionStorage::cluster(self.urls()).await.unwrap()
    }

    /// Waits until every node's `CLUSTER INFO` is as expected.
    fn wait_until(&self, expected: impl Fn(&str) -> bool) {
        let begun = Instant::now();
        for node in &self.nodes {
            loop {
                let mut info = redis::cmd("CLUSTER");
                let info: String = info.arg("INFO").query(&mut node.client()).unwrap();
                if expected(&info) {
                    break;
                }
                assert!(begun.elapsed() < Duration::from_secs(30), "{info}");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    /// A replica that has not yet got its master's data cannot take over.
    fn wait_for_replicas(&self) {
        let begun = Instant::now();
        for node in &self.nodes {
            loop {
                let info = node.info("replication");
                let is_ready = info.contains("role:master") && info.contains("connected_slaves:1")
                    || info.contains("master_link_status:up");
                if is_ready {
                    break;
                }
                assert!(begun.elapsed() < Duration::from_secs(30), "{info}");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}
