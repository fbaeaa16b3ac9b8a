use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::client::Load;
use crate::faults::{Engine, Fault, Processes};

/// Lets things go wrong, one after another, for that long. Returns what did, with all in order again.
pub(super) fn strike(
    engine: &mut dyn Engine,
    processes: &mut Processes,
    load: &Arc<Load>,
    random: &mut fastrand::Rng,
    during: Duration,
    replaces_processes: bool,
) -> Result<BTreeMap<Fault, usize>, Failure> {
    let begun = Instant::now();
    let mut faults = engine.faults().to_vec();
    faults.push(Fault::PauseProcess);
    if replaces_processes {
        faults.push(Fault::KillProcess);
    }
    let mut counts = BTreeMap::new();
    // Each comes once before any comes again.
    let mut next = Vec::new();
    loop {
        sleep(Duration::from_millis(random.u64(200..900)));
        if begun.elapsed() >= during {
            return Ok(counts);
        }
        if next.is_empty() {
            next.clone_from(&faults);
            random.shuffle(&mut next);
        }
        let fault = next.pop().expect("there are faults");
        let at = random.usize(0..load.ports.len());
        let moment = Duration::from_millis(random.u64(50..2_500));
        match (fault, engine.process_file_limit()) {
            (Fault::KillProcess, _) => {
                processes.replace(at)?;
                load.ports[at].store(processes.ports()[at], Ordering::SeqCst);
            }
            (Fault::PauseProcess, _) => processes.pause(at, moment)?,
            (Fault::Fill, Some(bytes)) => processes.fill(bytes, moment / 2),
            _ => engine.strike(fault, random),
        }
        *counts.entry(fault).or_default() += 1;
    }
}
