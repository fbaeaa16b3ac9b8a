use std::sync::Arc;

use tokio::sync::Semaphore;

/// Holds whoever passes until the test opens it, and tells the test that somebody is there.
#[derive(Clone)]
pub(crate) struct Gate {
    arrivals: Arc<Semaphore>,
    openings: Arc<Semaphore>,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self {
            arrivals: Arc::new(Semaphore::new(0)),
            openings: Arc::new(Semaphore::new(0)),
        }
    }

    /// Waits until the test opens the gate.
    pub(crate) async fn pass(&self) {
        self.arrivals.add_permits(1);
        self.openings.acquire().await.unwrap().forget();
    }

    /// Waits until somebody stands at the gate.
    pub(crate) async fn arrival(&self) {
        self.arrivals.acquire().await.unwrap().forget();
    }

    /// Lets one pass, now or later.
    pub(crate) fn open(&self) {
        self.openings.add_permits(1);
    }
}
