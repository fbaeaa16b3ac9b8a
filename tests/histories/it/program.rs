use std::path::Path;
use std::time::Duration;

use history_tests::run::Experiment;
use history_tests::worker::{Config, Storage};

/// The program whose processes serve the application.
pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_history-tests"))
}

/// Two processes, and a third with a cache.
pub(crate) fn two_and_a_cached_one(storage: Storage) -> Vec<Config> {
    let mut config = Config::new(storage);
    config.absolute_milliseconds = 8_000;
    config.idle_milliseconds = 5_000;
    let mut cached = config.clone();
    cached.is_cached = true;
    vec![config.clone(), config, cached]
}

/// A short run, of another course each time.
pub(crate) fn short(seconds: u64) -> Experiment {
    Experiment {
        at_least: Duration::ZERO,
        during: Duration::from_secs(seconds),
        clients: 16,
        waiters: 4,
        slots: 8,
        has_faults: true,
        replaces_processes: true,
        compares: None,
        first: None,
        seed: fastrand::u64(..),
    }
}
