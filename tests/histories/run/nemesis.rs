use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::client::Load;
use crate::faults::{Engine, Fault, Processes};

/// Lets things go wrong.
pub(super) struct Nemesis<'a> {
    pub(super) engine: &'a mut dyn Engine,
    pub(super) processes: &'a mut Processes,
    pub(super) load: &'a Load,
    pub(super) random: &'a mut fastrand::Rng,
}

impl Nemesis<'_> {
    /// One after another of `faults`, for that long. Returns what happened, with all in order again.
    pub(super) fn strike(
        &mut self,
        faults: &[Fault],
        first: Option<Fault>,
        during: Duration,
    ) -> Result<BTreeMap<Fault, usize>, Failure> {
        let begun = Instant::now();
        let mut counts = BTreeMap::new();
        let mut next: Vec<_> = first.into_iter().collect();
        loop {
            sleep(Duration::from_millis(self.random.u64(200..900)));
            if begun.elapsed() >= during {
                return Ok(counts);
            }
            // Each comes once before any comes again.
            if next.is_empty() {
                next.extend(faults);
                self.random.shuffle(&mut next);
            }
            let fault = next.pop().ok_or("there are no faults")?;
            self.strike_once(fault)?;
            *counts.entry(fault).or_default() += 1;
        }
    }

    fn strike_once(&mut self, fault: Fault) -> Result<(), Failure> {
        let at = self.random.usize(0..self.load.ports.len());
        let moment = Duration::from_millis(self.random.u64(50..2_500));
        match (fault, self.engine.process_file_limit()) {
            (Fault::KillProcess, _) => {
                self.processes.replace(at)?;
                self.load.ports[at].store(self.processes.ports()[at], Ordering::SeqCst);
            }
            (Fault::PauseProcess, _) => self.processes.pause(at, moment)?,
            (Fault::Fill, Some(bytes)) => self.processes.fill(bytes, moment / 2),
            _ => self.engine.strike(fault, self.random),
        }
        Ok(())
    }
}
