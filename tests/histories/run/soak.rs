use std::time::Duration;

use super::experiment::Experiment;
use crate::faults::Engine;
use crate::worker::Config;

/// Longer than sessions live in a soak, with a clean-up behind that, and than an idle thread of the runtime's.
const QUIET: Duration = Duration::from_secs(14);

/// The processes of a soak, and how it is made. The figures of the processes are taken after `warm_up` histories and at
/// the end.
#[must_use]
pub fn soak(
    engine: &dyn Engine,
    at_least: Duration,
    during: Duration,
    warm_up: usize,
    seed: u64,
) -> (Vec<Config>, Experiment) {
    let mut config = Config::new(engine.storage());
    config.absolute_milliseconds = 8_000;
    config.idle_milliseconds = 5_000;
    let mut cached = config.clone();
    cached.is_cached = true;
    let configs = match engine.is_shared() {
        true => vec![config.clone(), config, cached],
        false => vec![config],
    };
    let experiment = Experiment {
        at_least,
        during,
        clients: 24,
        waiters: 8,
        slots: 12,
        has_faults: true,
        replaces_processes: false,
        compares: Some((warm_up, QUIET)),
        first: None,
        seed,
    };
    (configs, experiment)
}
