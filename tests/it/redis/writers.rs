use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use tokio::task::JoinHandle;

use super::app::visitor;
use crate::support::Browser;

/// 64 visitors who count their visits, each in a session of its own, until they are told to stop.
pub(super) struct Writers {
    is_over: Arc<AtomicBool>,
    acknowledged: Vec<Arc<AtomicU64>>,
    tasks: Vec<JoinHandle<(Browser, u64, u64)>>,
}

/// What became of the visits of all writers.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Answered with success.
    pub(super) acknowledged: u64,
    /// Answered with an error; whether they were counted is not known.
    pub(super) failed: u64,
    /// Answered with success, and not stored in the end.
    pub(super) lost: u64,
}

impl Writers {
    pub(super) async fn start(app: Router) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let mut acknowledged = Vec::new();
        let mut tasks = Vec::new();
        for _ in 0..64 {
            let browser = visitor(&app).await;
            let own = Arc::new(AtomicU64::new(1));
            acknowledged.push(own.clone());
            let task = write(browser, is_over.clone(), own);
            tasks.push(tokio::spawn(task));
        }
        Self {
            is_over,
            acknowledged,
            tasks,
        }
    }

    /// Waits until each writer has so many more visits acknowledged.
    pub(super) async fn progress(&self, by: u64) {
        let enough = |acknowledged: &Arc<AtomicU64>| acknowledged.load(Ordering::Relaxed) + by;
        let goals: Vec<_> = self.acknowledged.iter().map(enough).collect();
        let progress = async {
            for (acknowledged, goal) in self.acknowledged.iter().zip(goals) {
                while acknowledged.load(Ordering::Relaxed) < goal {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
        };
        let progress = tokio::time::timeout(Duration::from_secs(60), progress);
        progress.await.expect("the writers go on");
    }

    /// Stops all, and compares what was acknowledged with what is stored. Fails if a visit was counted twice.
    pub(super) async fn stop(self) -> Outcome {
        self.is_over.store(true, Ordering::Relaxed);
        let mut outcome = Outcome::default();
        for task in self.tasks {
            let (mut browser, acknowledged, failed) = task.await.unwrap();
            let visits = browser.get("/read").await.body.parse().unwrap_or(0);
            assert!(
                visits <= acknowledged + failed,
                "{visits} visits of {acknowledged} acknowledged and {failed} failed ones"
            );
            outcome.acknowledged += acknowledged;
            outcome.failed += failed;
            outcome.lost += acknowledged.saturating_sub(visits);
        }
        outcome
    }
}

/// Visits over and over. Returns the browser, and how many visits were acknowledged and how many failed.
async fn write(
    mut browser: Browser,
    is_over: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
) -> (Browser, u64, u64) {
    let mut failed = 0;
    while !is_over.load(Ordering::Relaxed) {
        match browser.get("/visit").await.status.as_u16() {
            200 => _ = acknowledged.fetch_add(1, Ordering::Relaxed),
            503 => failed += 1,
            status => panic!("{status}"),
        }
        // The servers need the processors too, to agree on a new master.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    (browser, acknowledged.load(Ordering::Relaxed), failed)
}
