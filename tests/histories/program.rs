//! `history-tests [--minutes N] [--seed N] [--edn FILE] ENGINE...`: long histories under failure, and a soak.
//! `history-tests worker CONFIG` is one process of theirs.

use std::path::PathBuf;
use std::time::Duration;

use history_tests::Failure;
use history_tests::faults::{NAMES, start};
use history_tests::history::edn;
use history_tests::run::{Experiment, experiment};
use history_tests::worker::{self, Config};

const ROUND: u64 = 60;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let words: Vec<_> = std::env::args().skip(1).collect();
    if let [first, config] = &words[..]
        && first == "worker"
    {
        return worker::run(&serde_json::from_str(config)?).await;
    }
    let (mut minutes, mut seed, mut file) = (1, fastrand::u64(..), None::<PathBuf>);
    let mut engines = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match &*word {
            "--minutes" => minutes = value()?.parse()?,
            "--seed" => seed = value()?.parse()?,
            "--edn" => file = Some(value()?.into()),
            name if NAMES.contains(&name) => engines.push(word),
            _ => {
                let names = NAMES.join(" ");
                let usage = "history-tests [--minutes N] [--seed N] [--edn FILE] ENGINE...";
                return Err(format!("{word}? {usage}, of: {names}").into());
            }
        }
    }
    let mut bad = Vec::new();
    for name in engines {
        println!("{name}, {minutes} minutes, seed {seed}");
        let engine = start(&name)?;
        let mut config = Config::new(engine.storage());
        config.idle_milliseconds = 10_000;
        config.absolute_milliseconds = 30_000;
        let mut cached = config.clone();
        cached.is_cached = true;
        let configs = vec![config.clone(), config, cached];
        let plan = Experiment {
            rounds: (minutes * 60 / ROUND).max(1) as usize,
            during: Duration::from_secs(ROUND),
            clients: 24,
            slots: 12,
            has_faults: true,
            replaces_processes: false,
            first: None,
            seed,
        };
        let program = std::env::current_exe()?;
        let report = experiment(&program, configs, Some(engine), plan).await?;
        println!("{report}");
        if let Some(process) = report.grown() {
            println!("  process {process} has more in its hands at the end than at the beginning");
        }
        if let Some(file) = &file {
            std::fs::write(file, edn(&report.history))?;
        }
        if !report.violations.is_empty() || report.grown().is_some() {
            bad.push(name);
        }
    }
    match bad.is_empty() {
        true => Ok(()),
        false => Err(format!("violations, or processes that grew, on {}", bad.join(", ")).into()),
    }
}
