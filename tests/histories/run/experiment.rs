use std::collections::btree_map::Entry;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::{JoinSet, spawn_blocking};

use super::nemesis::Nemesis;
use super::report::Report;
use crate::Failure;
use crate::checker::{Rules, check, shortest};
use crate::client::{Connection, Load, probe, run, settle, wait};
use crate::faults::{Engine, Fault, Processes};
use crate::history::Request;
use crate::worker::{Config, Figures};

/// How a run is made.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// One history follows another, each of sessions of its own, until so much time has passed.
    pub at_least: Duration,
    /// How long the clients send requests in each.
    pub during: Duration,
    pub clients: u32,
    /// How many more wait for sessions to end.
    pub waiters: u32,
    /// On how many sessions at once.
    pub slots: usize,
    /// Whether anything goes wrong meanwhile.
    pub has_faults: bool,
    /// Whether processes are killed too; not where their figures are to be compared.
    pub replaces_processes: bool,
    /// After how many histories, and after which time of quiet, the processes' figures are taken that those of the end
    /// are compared with. `None`: not at all.
    pub compares: Option<(usize, Duration)>,
    /// What goes wrong first, if that is to be certain.
    pub first: Option<Fault>,
    pub seed: u64,
}

/// By how much later than its limit a cache may be asked: the clients' clock and its own tick apart.
const STALENESS: u64 = 1_000_000 + 100_000;

/// Runs processes of `program` with `configs`, over `engine` if their storage is a server's, and checks what their
/// clients saw.
///
/// # Errors
///
/// If a process or a server does not come back.
pub async fn experiment(
    program: &Path,
    configs: Vec<Config>,
    mut engine: Option<Box<dyn Engine>>,
    experiment: Experiment,
) -> Result<Report, Failure> {
    let rules = rules(&configs);
    let started = {
        let program = program.to_owned();
        spawn_blocking(move || Processes::start(&program, configs))
    };
    let mut processes = started.await??;
    let mut random = fastrand::Rng::with_seed(experiment.seed);
    let mut report = Report::default();
    let mut before = Vec::new();
    let begun = Instant::now();
    for round in 1.. {
        let load = Arc::new(Load::new(
            &processes.ports(),
            experiment.slots,
            random.u64(..),
        ));
        settle(&load).await?;
        let mut clients = JoinSet::new();
        for client in 0..experiment.clients {
            clients.spawn(run(Arc::clone(&load), client, random.u64(..)));
        }
        for waiter in 0..experiment.waiters {
            let client = experiment.clients + 1 + waiter;
            clients.spawn(wait(Arc::clone(&load), client, random.u64(..)));
        }
        match engine.take() {
            Some(mut used) if experiment.has_faults => {
                let (load, during) = (Arc::clone(&load), experiment.during);
                let mut own = random.fork();
                let mut faults = used.faults().to_vec();
                faults.push(Fault::PauseProcess);
                if experiment.replaces_processes {
                    faults.push(Fault::KillProcess);
                }
                let first = experiment.first;
                let struck = spawn_blocking(move || {
                    let mut nemesis = Nemesis {
                        engine: &mut *used,
                        processes: &mut processes,
                        load: &load,
                        random: &mut own,
                    };
                    let struck = nemesis.strike(&faults, first, during);
                    (used, processes, struck)
                });
                let (used, back, faults) = struck.await?;
                processes = back;
                engine = Some(used);
                for (fault, number) in faults? {
                    *report.faults.entry(fault).or_default() += number;
                }
            }
            unused => {
                tokio::time::sleep(experiment.during).await;
                engine = unused;
            }
        }
        load.stop();
        while let Some(client) = clients.join_next().await {
            client?;
        }
        settle(&load).await?;
        let mut all = load.take_all();
        // Those that are alive first, before their limits end them.
        all.reverse();
        probe(&load, &all, experiment.clients).await;
        let history = load.recorder.take();
        report.sessions += all.len();
        judge(&mut report, history, &rules);
        let warm_up = experiment.compares.map_or(0, |(rounds, _)| rounds);
        let is_last = begun.elapsed() >= experiment.at_least && round > warm_up;
        if let Some((_, quiet)) = experiment.compares {
            if is_last || round == warm_up {
                tokio::time::sleep(quiet).await;
            }
            let figures = figures(&processes).await?;
            let seconds = begun.elapsed().as_secs();
            println!("after {seconds} s: {}", report.brief(&figures));
            if round == warm_up {
                before = figures;
            } else if is_last {
                report.figures = before.drain(..).zip(figures).collect();
            }
        }
        if is_last {
            break;
        }
    }
    drop(engine);
    Ok(report)
}

fn rules(configs: &[Config]) -> Rules {
    let first = &configs[0];
    let cached = configs.iter().enumerate().filter(|(_, it)| it.is_cached);
    Rules {
        staleness: cached.map(|(at, _)| (at as u32, STALENESS)).collect(),
        absolute: Some(first.absolute_milliseconds * 1_000),
        idle: Some(first.idle_milliseconds * 1_000),
    }
}

fn judge(report: &mut Report, history: Vec<Request>, rules: &Rules) {
    let violations = check(&history, rules);
    report.add(&history, &violations);
    for violation in &violations {
        if let Entry::Vacant(shown) = report.shown.entry(violation.kind) {
            shown.insert(shortest(&history, rules, violation));
        }
    }
    report.history = history;
}

/// Of each process.
async fn figures(processes: &Processes) -> Result<Vec<Figures>, Failure> {
    let mut all = Vec::new();
    for port in processes.ports() {
        let mut tries = 0;
        let figures = loop {
            match Connection::default().figures(port).await {
                Some(figures) => break figures,
                None if tries == 12 => return Err("a process does not tell its figures".into()),
                // Longer than one is given, where the machine has more to do than it can.
                None => tries += 1,
            }
        };
        all.push(figures);
    }
    Ok(all)
}
