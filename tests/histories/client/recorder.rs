use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use crate::history::Request;

/// Notes all requests of a run, by one clock that never goes back.
#[derive(Debug)]
pub struct Recorder {
    begun: Instant,
    history: Mutex<Vec<Request>>,
    sessions: AtomicU32,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            history: Mutex::default(),
            sessions: AtomicU32::default(),
        }
    }
}

impl Recorder {
    /// Microseconds since the run began.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.begun.elapsed().as_micros() as u64
    }

    pub(super) fn new_session(&self) -> u32 {
        self.sessions.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn note(&self, request: Request) {
        self.history.lock().expect("no note panics").push(request);
    }

    /// The history, once nobody notes any more.
    #[must_use]
    pub fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *self.history.lock().expect("no note panics"))
    }
}
