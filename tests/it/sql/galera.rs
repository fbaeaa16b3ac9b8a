//! Two nodes of a Galera cluster, both of which take writes.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, LazyLock};

use axum::http::StatusCode;
use axum_bare_session::MySqlSessionStorage;
use axum_bare_session::storage::{Owned, Saved, SessionRecord, SessionStorage, Version};
use futures_util::future::join_all;
use mysql_async::prelude::Queryable;
use uuid::Uuid;

use super::app::app;
use super::mysql::{RECIPE, admin, builder, prepare, run};
use super::server::{Recipe, Server};
use super::table::record;

static CLUSTER: LazyLock<[Server; 2]> = LazyLock::new(|| {
    let first = Server::start(&FIRST);
    FIRST_PORT.store(first.port, Ordering::SeqCst);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let is_up = std::thread::scope(|scope| {
        let up = scope.spawn(|| runtime.block_on(wait_until_ready(&first)));
        up.join()
    });
    is_up.unwrap();
    [first, Server::start(&SECOND)]
});

static FIRST_PORT: AtomicU16 = AtomicU16::new(0);

const FIRST: Recipe = Recipe {
    package: "galera-4",
    run: |dir, port| {
        let mut server = node(dir, port);
        server.arg("--wsrep-cluster-address=gcomm://");
        server
    },
    ..RECIPE
};

/// It gets all that the first one has, its users too.
const SECOND: Recipe = Recipe {
    package: "galera-4",
    prepare: |dir| {
        let install = prepare(dir);
        std::fs::write(dir.join("init.sql"), "").unwrap();
        install
    },
    run: |dir, port| {
        let (mut server, first) = (node(dir, port), FIRST_PORT.load(Ordering::SeqCst));
        server.arg(format!("--wsrep-cluster-address=gcomm://127.0.0.2:{first}"));
        server
    },
    ..RECIPE
};

/// Each service of a node has an address of this machine's own, so that one free port is enough.
fn node(dir: &Path, port: u16) -> Command {
    let mut server = run(dir, port);
    server
        .args([
            "--wsrep-on=ON",
            "--wsrep-provider=/usr/lib/galera/libgalera_smm.so",
            "--wsrep-cluster-name=sessions",
            "--wsrep-sst-method=rsync",
            "--binlog-format=ROW",
            "--innodb-autoinc-lock-mode=2",
        ])
        .arg(format!("--wsrep-node-address=127.0.0.2:{port}"))
        .arg(format!("--wsrep-sst-receive-address=127.0.0.4:{port}"))
        .arg(format!(
            "--wsrep-provider-options=base_port={port};gmcast.listen_addr=tcp://127.0.0.2:{port};\
             ist.recv_addr=127.0.0.3:{port};gcache.size=16M"
        ));
    server
}

async fn wait_until_ready(server: &Server) {
    for _ in 0..200 {
        let mut admin = admin(server).await;
        let ready = "SELECT variable_value = 'ON' FROM information_schema.global_status \
                     WHERE variable_name = 'wsrep_ready'";
        if admin.query_first::<bool, _>(ready).await.unwrap() == Some(true) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the node joins no cluster: {}", server.log());
}

/// A storage on each node. The application sets whether statements wait for what was written before, or leaves it.
async fn storages(waits: Option<u8>) -> [MySqlSessionStorage; 2] {
    let nodes = tokio::task::spawn_blocking(|| &*CLUSTER).await.unwrap();
    let mut storages = Vec::new();
    for node in nodes {
        wait_until_ready(node).await;
        let setup = waits.map(|waits| format!("SET SESSION wsrep_sync_wait = {waits}"));
        let builder = builder(node)
            .await
            .options(|options| options.setup(setup.into_iter().collect::<Vec<_>>()));
        storages.push(builder.migrate().await.unwrap());
    }
    storages.try_into().unwrap()
}

/// Counts in one session, through both nodes at once, and returns how many counts were answered and how many were not.
async fn count(storages: &[MySqlSessionStorage; 2]) -> (u64, u64) {
    let mut first = app(storages[0].clone());
    assert_eq!(first.post("/count").await.status, StatusCode::OK);
    let mut second = app(storages[1].clone());
    // A node that does not know the session yet would begin another.
    loop {
        second.cookies = first.cookies.clone();
        if second.get("/counted").await.body == "1" {
            break;
        }
    }
    let writers = (0..8).map(|number: usize| {
        let mut browser = app(storages[number % 2].clone());
        browser.cookies = first.cookies.clone();
        tokio::spawn(async move {
            let (mut answered, mut failed) = (0, 0);
            for _ in 0..20 {
                match browser.post("/count").await.status {
                    StatusCode::OK => answered += 1,
                    _ => failed += 1,
                }
            }
            (answered, failed)
        })
    });
    let (mut answered, mut failed) = (1, 0);
    for writer in join_all(writers).await {
        let writer = writer.unwrap();
        answered += writer.0;
        failed += writer.1;
    }
    // A node applies a moment later what was answered by the other one, and an overloaded one many seconds later.
    let mut counted = [0, 0];
    for _ in 0..600 {
        for (node, counted) in [&mut first, &mut second].into_iter().zip(&mut counted) {
            *counted = node.get("/counted").await.body.parse::<u64>().unwrap();
        }
        if counted.iter().all(|counted| *counted >= answered) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let expected = answered..=answered + failed;
    assert!(
        counted.iter().all(|counted| expected.contains(counted)),
        "{answered} answered, {failed} failed, {counted:?} counted by the two nodes"
    );
    (answered, failed)
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_through_two_nodes_lose_no_update_of_each_other() {
    for waits in [None, Some(0)] {
        let (answered, failed) = count(&storages(waits).await).await;
        println!("wsrep_sync_wait = {waits:?}: {answered} answered, {failed} failed");
        assert!(
            failed <= 16,
            "{failed} failed, with wsrep_sync_wait = {waits:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_knows_at_once_what_was_answered_through_another_unless_that_is_set_back() {
    for waits in [None, Some(0)] {
        let storages = storages(waits).await;
        let mut missed = 0;
        for _ in 0..200 {
            let id = Uuid::new_v4().into();
            let saved = storages[0].save(id, record(None), None).await.unwrap();
            assert_eq!(saved, Saved::Done);
            missed += usize::from(storages[1].load(id).await.unwrap().is_none());
            assert!(storages[0].delete(id).await.unwrap());
            missed += usize::from(storages[1].load(id).await.unwrap().is_some());
        }
        println!("wsrep_sync_wait = {waits:?}: {missed} of 400 stale");
        assert!(missed == 0 || waits == Some(0), "{missed} reads were stale");
    }
}

/// As behind a proxy that sends each call to another node: what was made and read at one is changed and ended through
/// the other, which may not know it yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_changes_and_ends_what_was_just_made_through_another() {
    let [first, second] = storages(None).await;
    let (mut lost, mut missed) = (0, 0);
    for round in 0..200 {
        let made = record(Some("ann"));
        let create = async || {
            let id = Uuid::new_v4().into();
            let saved = first.save(id, Arc::clone(&made), None).await.unwrap();
            assert_eq!(saved, Saved::Done);
            id
        };
        let id = create().await;
        assert!(first.load(id).await.unwrap().is_some());
        let mut changed = SessionRecord::clone(&made);
        changed.version = Version::from(u64::from(made.version) + 1);
        let saved = second.save(id, changed.into(), Some(made.version)).await;
        lost += usize::from(saved.unwrap() != Saved::Done);
        let _ = first.delete(id).await.unwrap();

        let id = create().await;
        let ended = if round % 2 == 0 {
            second.delete(id).await.unwrap()
        } else {
            let ended = second.delete_owned("ann", Owned::All, made.last_seen).await;
            ended.unwrap() == [id]
        };
        missed += usize::from(!ended);
        let _ = first.delete(id).await.unwrap();
    }
    assert_eq!((lost, missed), (0, 0), "changes lost, and ends missed");
}
