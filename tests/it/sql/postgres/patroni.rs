//! Behind HAProxy, which asks Patroni who the primary is: an address that stays while the servers change.

use std::cell::RefCell;
use std::fs::{read_to_string, write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use axum_bare_session::PostgresSessionStorage;
use tokio::time::{sleep, timeout};

use super::failover::fail_over;
use super::{PASSWORD, client, number, program, url};
use crate::sql::server::{Recipe, Server, free_port, signal};

/// Patroni's own limits: 20 s without a word from the primary, and the election.
const LONG: Duration = Duration::from_secs(60);

/// Runs Patroni until it is told to stop, and kills with it the PostgreSQL that it would leave behind.
const NODE: &str = r#"
dir=$1
end() { kill -KILL $patroni; kill -KILL "$(head -n 1 "$dir/data/postmaster.pid")"; exit; }
trap end TERM QUIT
patroni "$dir/patroni.yml" & patroni=$!
wait $patroni
"#;

const NODES: Recipe = Recipe {
    package: "patroni",
    user: "postgres",
    prepare: |_| Command::new("true"),
    run: node,
};

/// The third of an election, which has no database.
const ARBITER: Recipe = Recipe {
    run: arbiter,
    ..NODES
};

const PROXY: Recipe = Recipe {
    package: "haproxy",
    user: "haproxy",
    run: proxy,
    ..NODES
};

/// What the servers of one cluster know of each other.
#[derive(Clone, Default)]
struct Plan {
    /// Where the nodes and the arbiter elect.
    raft: [u16; 3],
    /// Where the nodes tell HAProxy who the primary is.
    rest: [u16; 2],
    /// The nodes' PostgreSQL.
    nodes: Vec<u16>,
}

thread_local! {
    static PLAN: RefCell<Plan> = RefCell::default();
}

fn raft(number: usize, dir: &Path) -> String {
    let ports = PLAN.with_borrow(|plan| plan.raft);
    let others = (0..3).filter(|other| *other != number);
    let others: Vec<_> = others
        .map(|other| format!("'127.0.0.1:{}'", ports[other]))
        .collect();
    let (own, others) = (ports[number], others.join(", "));
    let data = dir.display();
    format!(
        "raft: {{self_addr: '127.0.0.1:{own}', partner_addrs: [{others}], data_dir: '{data}'}}\n"
    )
}

fn arbiter(dir: &Path, _: u16) -> Command {
    let settings = dir.join("raft.yml");
    write(&settings, raft(2, dir)).unwrap();
    let mut arbiter = Command::new("patroni_raft_controller");
    arbiter.arg(settings);
    arbiter
}

fn node(dir: &Path, port: u16) -> Command {
    let number = PLAN.with_borrow_mut(|plan| {
        plan.nodes.push(port);
        plan.nodes.len() - 1
    });
    let rest = PLAN.with_borrow(|plan| plan.rest[number]);
    let programs = program("postgres");
    let (raft, programs) = (raft(number, dir), programs.parent().unwrap().display());
    let home = dir.display();
    let text = format!(
        "scope: sessions\n\
         name: node{number}\n\
         {raft}\
         restapi: {{listen: '127.0.0.1:{rest}', connect_address: '127.0.0.1:{rest}'}}\n\
         bootstrap:\n  \
           dcs: {{ttl: 20, loop_wait: 1, retry_timeout: 3, synchronous_mode: true}}\n  \
           initdb: [{{encoding: UTF8}}, {{locale: C.UTF-8}}, no-sync]\n\
         postgresql:\n  \
           listen: '127.0.0.1:{port}'\n  \
           connect_address: '127.0.0.1:{port}'\n  \
           data_dir: '{home}/data'\n  \
           bin_dir: '{programs}'\n  \
           pgpass: '{home}/pgpass'\n  \
           pg_hba: [host all all 127.0.0.1/32 password, host replication all 127.0.0.1/32 password]\n  \
           authentication:\n    \
             superuser: {{username: app, password: '{PASSWORD}'}}\n    \
             replication: {{username: replica, password: '{PASSWORD}'}}\n  \
           parameters: {{unix_socket_directories: '', fsync: 'off'}}\n"
    );
    write(dir.join("patroni.yml"), text).unwrap();
    // A shell cannot trap signals that are ignored when it starts.
    let mut node = Command::new("env");
    node.arg("--default-signal=QUIT,TERM");
    node.args(["sh", "-c", NODE, "node"]).arg(dir);
    node
}

fn proxy(dir: &Path, port: u16) -> Command {
    let plan = PLAN.with_borrow(Plan::clone);
    let nodes = plan.nodes.iter().zip(plan.rest);
    let nodes = nodes
        .map(|(node, rest)| format!("  server node{node} 127.0.0.1:{node} check port {rest}\n"));
    let settings: PathBuf = dir.join("haproxy.cfg");
    let text = format!(
        "defaults\n  mode tcp\n  timeout connect 2s\n  timeout client 1h\n  timeout server 1h\n\
         listen primary\n  bind 127.0.0.1:{port}\n  option httpchk GET /primary\n  http-check expect status 200\n  \
         default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions\n{}",
        nodes.collect::<String>()
    );
    write(&settings, text).unwrap();
    let mut proxy = Command::new("/usr/sbin/haproxy");
    proxy.arg("-db").arg("-f").arg(settings);
    proxy
}

struct Cluster {
    nodes: [Server; 2],
    _arbiter: Server,
    proxy: Server,
}

impl Cluster {
    async fn start() -> Self {
        PLAN.set(Plan {
            raft: [free_port(), free_port(), free_port()],
            rest: [free_port(), free_port()],
            nodes: Vec::new(),
        });
        let cluster = Self {
            _arbiter: Server::start(&ARBITER),
            nodes: [Server::start(&NODES), Server::start(&NODES)],
            proxy: Server::start(&PROXY),
        };
        let client = client(&cluster.proxy).await;
        let replicas = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        let is_safe = async {
            while number(&client, replicas).await == 0 {
                sleep(Duration::from_millis(50)).await;
            }
        };
        let is_safe = timeout(LONG, is_safe).await;
        assert!(
            is_safe.is_ok(),
            "{}{}",
            cluster.nodes[0].log(),
            cluster.nodes[1].log()
        );
        cluster
    }

    /// Kills the primary and the Patroni beside it.
    async fn kill_primary(&self) {
        let port = "SELECT inet_server_port()::bigint";
        let primary = number(&client(&self.proxy).await, port).await;
        let node = self
            .nodes
            .iter()
            .find(|node| i64::from(node.port) == primary);
        let node = node.unwrap();
        let pid = read_to_string(node.dir().join("data/postmaster.pid")).unwrap();
        node.kill();
        signal("KILL", &[pid.lines().next().unwrap().parse().unwrap()]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_by_patroni_behind_haproxy_loses_nothing_that_was_acknowledged() {
    let cluster = Cluster::start().await;
    let storage = PostgresSessionStorage::migrate(&url(&cluster.proxy))
        .await
        .unwrap();
    let lost = fail_over(&storage, async || cluster.kill_primary().await).await;
    eprintln!("{} acknowledged, 0 lost", lost.acknowledged);
    assert_eq!((lost.writes, lost.log_outs), (0, 0));
}
