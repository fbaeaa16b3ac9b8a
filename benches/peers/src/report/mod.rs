//! What the comparison says: a table, the targets, `results.csv` and `results.svg`.

mod csv;
mod plot;
mod table;
mod targets;

use std::path::Path;
use std::{fs, io};

use crate::harness::median;
use crate::measured::Measured;
use crate::variants;

pub fn print(results: &[Measured]) {
    table::print(results);
    targets::print(results);
}

pub fn write(results: &[Measured], folder: &str) -> io::Result<()> {
    let folder = Path::new(folder);
    fs::write(folder.join("results.csv"), csv::text(results))?;
    fs::write(folder.join("results.svg"), plot::svg(results))
}

fn find<'r>(results: &'r [Measured], case: &str, variant: &str) -> Option<&'r Measured> {
    results
        .iter()
        .find(|measured| measured.case == case && measured.variant == variant)
}

/// The nanoseconds of a variant over the same framework without sessions; `None` where one of the two was not measured.
fn overhead(results: &[Measured], case: &str, variant: &str) -> Option<f64> {
    Some(median(overheads(results, case, variant)?))
}

/// The same in each round: the machine's speed differs less within one than in all.
fn overheads(results: &[Measured], case: &str, variant: &str) -> Option<impl Iterator<Item = f64>> {
    let bare = find(results, case, variants::bare(variant))?;
    let own = find(results, case, variant)?;
    let rounds = own.rounds.iter().zip(&bare.rounds);
    Some(rounds.map(|(own, bare)| own - bare))
}
