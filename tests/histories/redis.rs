//! Redis: one server, Sentinel and Cluster, as `tests/it` starts them.

#[path = "../it/redis/cluster.rs"]
#[expect(dead_code, reason = "the integration tests ask for more")]
mod cluster;
#[path = "../it/redis/sentinel.rs"]
#[expect(dead_code, reason = "the integration tests ask for more")]
mod sentinel;
#[path = "../it/redis/server.rs"]
#[expect(dead_code, reason = "the integration tests ask for more")]
mod server;

use std::time::{Duration, Instant};

use cluster::Cluster;
use sentinel::Group;
use server::Server;

use crate::worker::Storage;

/// One server, that answers a write only when it is in its file.
pub(crate) struct OneServer(Server);

impl OneServer {
    pub(crate) fn start() -> Self {
        Self(Server::start(&[
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
        ]))
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port
    }

    pub(crate) fn kill(&mut self) {
        self.0.kill();
    }

    pub(crate) fn restart(&mut self) {
        self.0.restart();
    }

    /// Stops it in its tracks while `wait` runs.
    pub(crate) fn pause(&mut self, wait: impl FnOnce()) {
        self.0.pause();
        wait();
        self.0.resume();
    }

    /// Gives it no memory for writes while `wait` runs.
    pub(crate) fn fill(&mut self, wait: impl FnOnce()) {
        limit_memory(&self.0, 1);
        wait();
        limit_memory(&self.0, 0);
    }
}

fn limit_memory(server: &Server, bytes: u64) {
    let mut set = redis::cmd("CONFIG");
    set.arg(&["SET", "maxmemory"]).arg(bytes);
    let _: () = set
        .query(&mut server.client())
        .expect("a server that answers");
}

/// Masters and replicas, of which one takes over when a master does not answer.
pub(crate) struct Replicated {
    nodes: Vec<Server>,
    sentinels: Vec<Server>,
    /// For how many replicas a write waits.
    waits_for: u32,
}

impl Replicated {
    /// A master and two replicas with three Sentinels. `waits`: whether a write waits for both, as a failover may choose
    /// either.
    pub(crate) fn sentinel(waits: bool) -> Self {
        let group = Group::start();
        let mut nodes = group.replicas;
        nodes.push(group.master);
        Self {
            nodes,
            sentinels: group.sentinels,
            waits_for: if waits { 2 } else { 0 },
        }
    }

    /// Three masters, each with a replica. `waits`: whether a write waits for that.
    pub(crate) fn cluster(waits: bool) -> Self {
        Self {
            nodes: Cluster::start().nodes,
            sentinels: Vec::new(),
            waits_for: u32::from(waits),
        }
    }

    pub(crate) fn storage(&self) -> Storage {
        let urls = |servers: &[Server]| servers.iter().map(Server::url).collect();
        match self.sentinels.is_empty() {
            true => Storage::Cluster(urls(&self.nodes), self.waits_for),
            false => Storage::Sentinel(urls(&self.sentinels), self.waits_for),
        }
    }

    /// Kills a master, waits until a replica has taken over, and starts the former master again.
    pub(crate) fn fail_over(&mut self, chosen: usize) {
        let at = self.master(chosen);
        self.nodes[at].kill();
        self.replace(at);
    }

    /// Does that to a master whose replicas stand still before, while `wait` runs.
    pub(crate) fn fail_over_behind(&mut self, chosen: usize, wait: impl FnOnce()) {
        let at = self.master(chosen);
        let port = self.nodes[at].port;
        let follows =
            |it: &usize| replication(&self.nodes[*it]).contains(&format!("master_port:{port}\r"));
        let replicas: Vec<_> = (0..self.nodes.len()).filter(follows).collect();
        for replica in &replicas {
            self.nodes[*replica].pause();
        }
        // What is under way to a process that stands still would reach it later.
        let mut cut = redis::cmd("CLIENT");
        cut.arg(&["KILL", "TYPE", "replica"]);
        cut.exec(&mut self.nodes[at].client())
            .expect("a master that answers");
        wait();
        self.nodes[at].kill();
        for replica in &replicas {
            self.nodes[*replica].resume();
        }
        self.replace(at);
    }

    fn replace(&mut self, at: usize) {
        self.wait_until_it_has_a_master_instead_of(at);
        self.nodes[at].restart();
        self.wait_until_all_follow();
    }

    /// Stops a master in its tracks while `wait` runs. Where that takes long, a replica takes over, and the former
    /// master learns of that only when it is back.
    pub(crate) fn pause(&mut self, chosen: usize, wait: impl FnOnce()) {
        let at = self.master(chosen);
        self.nodes[at].pause();
        wait();
        self.nodes[at].resume();
        self.wait_until_all_follow();
    }

    /// One of the masters.
    fn master(&self, chosen: usize) -> usize {
        self.wait_until_all_follow();
        let is_master = |at: &usize| replication(&self.nodes[*at]).contains("role:master");
        let masters: Vec<_> = (0..self.nodes.len()).filter(is_master).collect();
        masters[chosen % masters.len()]
    }

    fn masters(&self) -> usize {
        if self.sentinels.is_empty() { 3 } else { 1 }
    }

    fn wait_until_it_has_a_master_instead_of(&self, gone: usize) {
        let (masters, port) = (self.masters(), self.nodes[gone].port);
        // Who starts a master again that Sentinels still hold for the master has given up what it held in memory.
        for sentinel in &self.sentinels {
            let mut ask = redis::cmd("SENTINEL");
            ask.arg(&["GET-MASTER-ADDR-BY-NAME", "main"]);
            wait_until(|| {
                let address: Vec<String> = answer(sentinel, &ask).unwrap_or_default();
                address.last().is_some_and(|it| *it != port.to_string())
            });
        }
        wait_until(|| {
            let others = (0..self.nodes.len()).filter(|at| *at != gone);
            let are_masters =
                others.filter(|at| replication(&self.nodes[*at]).contains("role:master"));
            are_masters.count() == masters
        });
    }

    /// Waits until all but the masters follow one, and Sentinels know of no failover.
    fn wait_until_all_follow(&self) {
        let masters = self.masters();
        wait_until(|| {
            let states: Vec<_> = self.nodes.iter().map(replication).collect();
            let are_masters = states.iter().filter(|it| it.contains("role:master"));
            let follow = states
                .iter()
                .filter(|it| it.contains("master_link_status:up"));
            are_masters.count() == masters && follow.count() == states.len() - masters
        });
    }
}

/// What a server tells of its part; nothing, where it does not answer.
fn replication(server: &Server) -> String {
    let mut ask = redis::cmd("INFO");
    ask.arg("replication");
    answer(server, &ask).unwrap_or_default()
}

fn answer<T: redis::FromRedisValue>(server: &Server, ask: &redis::Cmd) -> Option<T> {
    let client = redis::Client::open(server.url()).ok()?;
    let limit = Duration::from_secs(1);
    let mut connection = client.get_connection_with_timeout(limit).ok()?;
    connection.set_read_timeout(Some(limit)).ok()?;
    ask.query(&mut connection).ok()
}

fn wait_until(is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(90), "it never came");
        std::thread::sleep(Duration::from_millis(50));
    }
}
