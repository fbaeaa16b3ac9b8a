//! A short soak, and one of a process that leaks.

use std::time::Duration;

use history_tests::faults::start;
use history_tests::run::{Report, experiment, soak};
use tokio::task::spawn_blocking;

use crate::program::program;

async fn run(name: &'static str, is_leaking: bool) -> Report {
    let engine = spawn_blocking(move || start(name).expect("it starts"));
    let engine = engine.await.unwrap();
    let (during, seed) = (Duration::from_secs(8), fastrand::u64(..));
    let (mut configs, plan) = soak(&*engine, 2 * during, during, 1, seed);
    for config in &mut configs {
        config.is_leaking = is_leaking;
    }
    let processes = configs.len();
    let report = experiment(program(), configs, Some(engine), plan).await;
    let report = report.unwrap();
    println!("{name}, seed {seed}\n{report}");
    assert!(report.acknowledged > 300, "{name} does nothing: {report}");
    assert_eq!(report.figures.len(), processes, "{report}");
    assert!(report.violations.is_empty(), "{name}:\n{report}");
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_leaves_nothing_behind() {
    let report = run("postgres", false).await;
    assert!(report.grown().is_empty(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_leaves_nothing_behind() {
    let report = run("sqlite", false).await;
    assert!(report.grown().is_empty(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_leaks_is_found() {
    let report = run("memory", true).await;
    let all = [
        "bytes of heap",
        "bytes resident",
        "connections",
        "open files",
        "tasks",
        "threads",
    ];
    assert_eq!(report.grown(), all, "{report}");
}
