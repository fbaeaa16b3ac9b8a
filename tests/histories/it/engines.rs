//! A short history of each engine, while its servers and the processes are killed, paused and cut off.

use history_tests::checker::Kind;
use history_tests::faults::start;
use history_tests::run::{Report, experiment};
use tokio::task::spawn_blocking;

use crate::program::{program, short, two_and_a_cached_one};

async fn run(name: &'static str) -> Report {
    let engine = spawn_blocking(move || start(name).expect("it starts"));
    let engine = engine.await.unwrap();
    let configs = two_and_a_cached_one(engine.storage());
    let plan = short(12);
    let seed = plan.seed;
    let report = experiment(program(), configs, Some(engine), plan).await;
    let report = report.unwrap();
    println!("{name}, seed {seed}\n{report}");
    assert!(report.acknowledged > 300, "{name} does nothing: {report}");
    assert!(!report.faults.is_empty());
    report
}

async fn assert_keeps_everything(name: &'static str) {
    let report = run(name).await;
    assert!(report.violations.is_empty(), "{name}:\n{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_everything() {
    assert_keeps_everything("postgres").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_keeps_everything() {
    assert_keeps_everything("mysql").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_everything() {
    assert_keeps_everything("sqlite").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_keeps_everything() {
    assert_keeps_everything("redis").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sentinel_loses_what_no_replica_has_and_makes_nothing_twice() {
    let report = run("sentinel").await;
    assert!(!report.violations.contains_key(&Kind::AppliedTwice));
}

#[tokio::test(flavor = "multi_thread")]
async fn sentinel_that_waits_for_a_replica_keeps_everything() {
    assert_keeps_everything("sentinel-wait").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cluster_loses_what_no_replica_has_and_makes_nothing_twice() {
    let report = run("cluster").await;
    assert!(!report.violations.contains_key(&Kind::AppliedTwice));
}

#[tokio::test(flavor = "multi_thread")]
async fn cluster_that_waits_for_a_replica_keeps_everything() {
    assert_keeps_everything("cluster-wait").await;
}
