//! `history-tests [--minutes N] [--seed N] [--edn FILE] ENGINE...`: long histories under failure, and whether
//! the processes have no more in their hands at the end than at the beginning.
//! `history-tests worker CONFIG` is one process of theirs.

use std::path::PathBuf;
use std::time::Duration;

use history_tests::Failure;
use history_tests::faults::{NAMES, start};
use history_tests::history::edn;
use history_tests::run::{experiment, soak};
use history_tests::worker;

/// A history is checked when so much of it is there, and forgotten.
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let words: Vec<_> = std::env::args().skip(1).collect();
    if let [first, config] = &words[..]
        && first == "worker"
    {
        return worker::run(&serde_json::from_str(config)?).await;
    }
    let (mut minutes, mut seed, mut file) = (2_u32, fastrand::u64(..), None::<PathBuf>);
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
        let warm_up = minutes.div_ceil(12).max(1) as usize;
        let (configs, plan) = soak(&*engine, MINUTE * minutes, MINUTE, warm_up, seed);
        let program = std::env::current_exe()?;
        let report = experiment(&program, configs, Some(engine), plan).await?;
        println!("{report}");
        if let Some(file) = &file {
            std::fs::write(file, edn(&report.history))?;
        }
        if !report.violations.is_empty() || !report.grown().is_empty() {
            bad.push(name);
        }
    }
    match bad.is_empty() {
        true => Ok(()),
        false => Err(format!("violations, or processes that grew, on {}", bad.join(", ")).into()),
    }
}
