use std::sync::LazyLock;
use std::time::{Duration, Instant};

use axum_bare_session::RedisSessionStorage;

use super::server::{Server, free_port};

/// A master, two replicas and three Sentinels.
pub(super) struct Group {
    pub(super) master: Server,
    pub(super) replicas: Vec<Server>,
    pub(super) sentinels: Vec<Server>,
}

/// So many milliseconds without an answer are no reason for a failover, which a busy machine would else make among the
/// tests.
pub(super) const PATIENT: u32 = 60_000;

static SHARED: LazyLock<Group> = LazyLock::new(|| Group::with_patience(PATIENT));

/// The group of all tests that need none of their own.
pub(super) fn shared() -> &'static Group {
    &SHARED
}

impl Group {
    /// A group that has another master soon after the master has gone.
    pub(super) fn start() -> Self {
        Self::with_patience(500)
    }

    fn with_patience(patience: u32) -> Self {
        let master = Server::start(&[]);
        let port = master.port.to_string();
        let options = ["--replicaof", "127.0.0.1", &port];
        let replica = |_| Server::start_at(free_port(), &options);
        let replicas: Vec<_> = (0..2).map(replica).collect();
        wait_until(|| master.info("replication").matches("state=online").count() == 2);
        let sentinel = |_| Server::start_sentinel(master.port, patience);
        let sentinels: Vec<_> = (0..3).map(sentinel).collect();
        // Only Sentinels that know all others and all replicas can agree on a failover.
        for sentinel in &sentinels {
            wait_until(|| {
                let info = sentinel.info("sentinel");
                info.contains("slaves=2") && info.contains("sentinels=3")
            });
        }
        Self {
            master,
            replicas,
            sentinels,
        }
    }

    pub(super) async fn storage(&self) -> RedisSessionStorage {
        let urls = self.sentinels.iter().map(Server::url);
        RedisSessionStorage::sentinel(urls, "main").await.unwrap()
    }
}

pub(super) fn wait_until(is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}
