//! Storages that lose writes and bring sessions back: the same checker finds both.

use std::time::Duration;

use history_tests::checker::Kind;
use history_tests::faults::start;
use history_tests::history::table;
use history_tests::run::{Experiment, Report, experiment};
use history_tests::worker::{Config, Storage};

use crate::program::{program, short};

fn undisturbed() -> Experiment {
    Experiment {
        has_faults: false,
        // tower-sessions has nothing to wait for.
        waiters: 0,
        during: Duration::from_secs(4),
        // Few, so that many requests meet on each.
        slots: 3,
        ..short(4)
    }
}

fn assert_finds(report: &Report, what: &str, kind: Kind) {
    let number = report.violations.get(&kind);
    assert!(number.is_some(), "{what}: no {kind:?} in\n{report}");
    let requests = report.requests;
    let shortest = table(&report.shown[&kind]);
    println!("{what}: {requests} requests, {number:?} {kind:?}; the shortest:\n{shortest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_condition_of_a_save_writes_are_lost_and_sessions_revived() {
    let engine = start("sqlite").unwrap();
    let mut config = Config::new(engine.storage());
    config.is_unconditional = true;
    let configs = vec![config.clone(), config];
    let report = experiment(program(), configs, Some(engine), undisturbed());
    let report = report.await.unwrap();
    assert_finds(&report, "saves without their condition", Kind::LostWrite);
    assert_finds(&report, "saves without their condition", Kind::Revived);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_does_not_keep_the_limits_is_found() {
    let engine = start("sqlite").unwrap();
    let mut config = Config::new(engine.storage());
    let careless = config.clone();
    config.absolute_milliseconds = 1_500;
    config.idle_milliseconds = 1_000;
    let report = experiment(
        program(),
        vec![config, careless],
        Some(engine),
        undisturbed(),
    );
    let report = report.await.unwrap();
    assert_finds(&report, "a process with longer limits", Kind::Overdue);
}

#[tokio::test(flavor = "multi_thread")]
async fn tower_sessions_on_redis_loses_writes() {
    let engine = tokio::task::spawn_blocking(|| start("redis").unwrap());
    let engine = engine.await.unwrap();
    let Storage::Redis(url) = engine.storage() else {
        panic!("it is Redis");
    };
    let config = Config::new(Storage::TowerSessionsRedis(url));
    let configs = vec![config.clone(), config];
    let report = experiment(program(), configs, Some(engine), undisturbed());
    let report = report.await.unwrap();
    assert_finds(&report, "tower-sessions on Redis", Kind::LostWrite);
}

#[tokio::test(flavor = "multi_thread")]
async fn tower_sessions_in_memory_loses_writes_and_revives_sessions() {
    let configs = vec![Config::new(Storage::TowerSessionsMemory)];
    let report = experiment(program(), configs, None, undisturbed());
    let report = report.await.unwrap();
    assert_finds(&report, "tower-sessions in memory", Kind::LostWrite);
    assert_finds(&report, "tower-sessions in memory", Kind::Revived);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_load_on_this_crate_shows_nothing() {
    let configs = vec![Config::new(Storage::Memory)];
    let report = experiment(program(), configs, None, undisturbed());
    let report = report.await.unwrap();
    println!("{report}");
    assert!(report.acknowledged > 300, "{report}");
    assert!(report.violations.is_empty(), "{report}");
}
