//! A primary and its replica, which takes over.

use std::cell::Cell;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use axum_bare_session::PostgresSessionStorage;
use axum_bare_session::storage::SessionStorage;
use futures_util::future::join_all;
use tokio::time::{sleep, timeout};

use super::{RECIPE, builder, client, execute, number, program, run, url};
use crate::sql::app::{app, id};
use crate::sql::server::{Recipe, Server};

const LONG: Duration = Duration::from_secs(60);

thread_local! {
    /// Whose replica is started.
    static PRIMARY: Cell<u16> = const { Cell::new(0) };
}

const REPLICA: Recipe = Recipe {
    prepare: |dir| {
        let mut copy = Command::new(program("pg_basebackup"));
        let port = PRIMARY.get();
        copy.args([
            "--write-recovery-conf",
            "--wal-method=stream",
            "--checkpoint=fast",
        ]);
        copy.args(["--no-sync", "--pgdata"]).arg(dir.join("data"));
        let password = super::PASSWORD;
        copy.arg(format!(
            "--dbname=host=127.0.0.1 port={port} user=app password={password}"
        ));
        copy
    },
    run: |dir, port| {
        let mut server = run(dir, port);
        server.args(["-c", "hot_standby=on"]);
        server
    },
    ..RECIPE
};

struct Pair {
    primary: Server,
    replica: Server,
    storage: PostgresSessionStorage,
}

impl Pair {
    async fn start() -> Self {
        let primary = Server::start(&RECIPE);
        builder(&primary).await.migrate().await.unwrap();
        PRIMARY.set(primary.port);
        let replica = Server::start(&REPLICA);
        client(&replica).await;
        let both = format!("127.0.0.1:{},127.0.0.1:{}", primary.port, replica.port);
        let one = format!("127.0.0.1:{}", primary.port);
        let both = url(&primary).replace(&one, &both);
        let storage = PostgresSessionStorage::connect(&both).await.unwrap();
        let pair = Self {
            primary,
            replica,
            storage,
        };
        pair.until("state = 'streaming'").await;
        pair
    }

    /// Waits until the primary says so of its replica.
    async fn until(&self, condition: &str) {
        let client = client(&self.primary).await;
        let count = format!("SELECT count(*) FROM pg_stat_replication WHERE {condition}");
        let is_so = async {
            while number(&client, &count).await == 0 {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(LONG, is_so)
            .await
            .expect("the replica never gets there");
    }

    async fn set(&self, setting: &str) {
        let client = client(&self.primary).await;
        client
            .batch_execute(&format!("ALTER SYSTEM SET {setting}"))
            .await
            .unwrap();
        client
            .batch_execute("SELECT pg_reload_conf()")
            .await
            .unwrap();
    }

    async fn promote(&self) {
        execute(&client(&self.replica).await, "SELECT pg_promote()").await;
    }

    /// Kills the primary, and has the replica take over.
    async fn fail_over(&self) -> Lost {
        let switch = async || {
            self.primary.kill();
            self.promote().await;
        };
        fail_over(&self.storage, switch).await
    }
}

/// What a failover under 64 writers undid of what had been acknowledged.
pub(super) struct Lost {
    pub(super) writes: u64,
    pub(super) log_outs: usize,
    pub(super) acknowledged: u64,
}

/// Has `switch` replace the primary among 64 writers and some visitors who log out, and waits until all goes on.
pub(super) async fn fail_over(
    storage: &PostgresSessionStorage,
    switch: impl AsyncFnOnce(),
) -> Lost {
    let browser = app(storage.clone());
    let saved = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let writers = (0..64).map(|_| {
        let (mut browser, saved, stop) = (browser.clone(), Arc::clone(&saved), Arc::clone(&stop));
        tokio::spawn(async move {
            let (mut acknowledged, mut unknown) = (0, 0);
            while !stop.load(Ordering::SeqCst) {
                match browser.post("/count").await.status {
                    StatusCode::OK => {
                        acknowledged += 1;
                        saved.fetch_add(1, Ordering::SeqCst);
                    }
                    StatusCode::SERVICE_UNAVAILABLE => {
                        unknown += u64::from(browser.cookie().is_some());
                        sleep(Duration::from_millis(50)).await;
                    }
                    status => panic!("{status}"),
                }
            }
            (browser, acknowledged, unknown)
        })
    });
    let mut leavers = Vec::new();
    for _ in 0..200 {
        let mut leaver = browser.clone();
        assert_eq!(leaver.post("/login").await.status, StatusCode::OK);
        leavers.push(leaver);
    }
    let writers: Vec<_> = writers.collect();
    let log_outs = tokio::spawn(async move {
        let mut ended = Vec::new();
        for mut leaver in leavers {
            let session = id(&leaver.cookie().unwrap());
            if leaver.post("/logout").await.status == StatusCode::OK {
                ended.push(session);
            }
        }
        ended
    });
    let saves = async |more: u64| {
        let enough = saved.load(Ordering::SeqCst) + more;
        let saves = async {
            while saved.load(Ordering::SeqCst) < enough {
                sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(LONG, saves).await.expect("nothing is saved");
    };
    saves(300).await;
    switch().await;
    saves(300).await;
    stop.store(true, Ordering::SeqCst);

    let mut lost = Lost {
        writes: 0,
        log_outs: 0,
        acknowledged: 0,
    };
    for writer in join_all(writers).await {
        let (mut browser, acknowledged, unknown) = writer.expect("no request panics");
        let counted: u64 = browser.get("/counted").await.body.parse().unwrap();
        assert!(counted <= acknowledged + unknown, "one was made twice");
        lost.acknowledged += acknowledged;
        lost.writes += acknowledged.saturating_sub(counted);
    }
    for session in log_outs.await.unwrap() {
        lost.log_outs += usize::from(storage.load(session).await.unwrap().is_some());
    }
    lost
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_to_a_synchronous_replica_loses_nothing_that_was_acknowledged() {
    let pair = Pair::start().await;
    pair.set("synchronous_standby_names = '*'").await;
    pair.until("sync_state = 'sync'").await;
    let lost = pair.fail_over().await;
    eprintln!("{} acknowledged, 0 lost", lost.acknowledged);
    assert_eq!((lost.writes, lost.log_outs), (0, 0));
}

/// What an asynchronous replica had not got yet is gone; everything else goes on, without a restart.
#[tokio::test(flavor = "multi_thread")]
async fn a_failover_to_an_asynchronous_replica_is_followed() {
    let pair = Pair::start().await;
    let lost = pair.fail_over().await;
    let Lost {
        writes, log_outs, ..
    } = lost;
    eprintln!(
        "{} acknowledged, {writes} lost, {log_outs} log-outs undone",
        lost.acknowledged
    );
}

/// A primary that takes no writes any more refuses statements that it has not applied: they are made where it does.
#[tokio::test(flavor = "multi_thread")]
async fn a_switch_of_primaries_fails_no_request() {
    let pair = Pair::start().await;
    let newcomer = app(pair.storage.clone());
    let mut visitors: Vec<_> = (0..40).map(|_| newcomer.clone()).collect();
    for round in 1..7 {
        let requests = visitors.iter_mut().map(|visitor| visitor.post("/count"));
        for reply in join_all(requests).await {
            assert_eq!(reply.status, StatusCode::OK, "in round {round}");
        }
        if round == 2 {
            // Those for reads are dialled while others do the work: they are to be open, or nothing is to be left.
            let nobody = uuid::Uuid::nil().into();
            join_all((0..64).map(|_| pair.storage.load(nobody))).await;
            sleep(Duration::from_secs(1)).await;
            pair.set("default_transaction_read_only = on").await;
            pair.until("replay_lsn = pg_current_wal_lsn()").await;
            pair.promote().await;
            // It is refused at the former primary, and made once.
            assert!(!pair.storage.delete(nobody).await.unwrap());
        }
    }
    let written = "SELECT count(*) FROM bare_sessions WHERE version > 5";
    assert_eq!(number(&client(&pair.replica).await, written).await, 40);
}
