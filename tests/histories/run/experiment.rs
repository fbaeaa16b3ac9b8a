use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinSet, spawn_blocking};

use super::nemesis::Nemesis;
use super::report::Report;
use crate::Failure;
use crate::checker::{Rules, check, shortest};
use crate::client::{Connection, Load, probe, run, settle};
use crate::faults::{Engine, Fault, Processes};
use crate::history::Request;
use crate::worker::{Config, Figures};

/// How a run is made.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// How many histories, one after another, each of sessions of its own.
    pub rounds: usize,
    /// How long the clients send requests in each.
    pub during: Duration,
    pub clients: u32,
    /// On how many sessions at once.
    pub slots: usize,
    /// Whether anything goes wrong meanwhile.
    pub has_faults: bool,
    /// Whether processes are killed too; not where their figures are to be compared.
    pub replaces_processes: bool,
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
    for round in 0..experiment.rounds {
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
        if round == 0 {
            before = figures(&processes).await;
        }
    }
    let after = figures(&processes).await;
    report.figures = before.into_iter().zip(after).collect();
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
        let shown = report.shown.get(&violation.kind);
        if shown.is_none() {
            let short = shortest(&history, rules, violation);
            report.shown.insert(violation.kind, short);
        }
    }
    report.history = history;
}

/// Of each process, when its requests are over.
async fn figures(processes: &Processes) -> Vec<Figures> {
    // Connections of clients that have gone are noticed within that time.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut all = Vec::new();
    for port in processes.ports() {
        all.extend(Connection::default().figures(port).await);
    }
    all
}
