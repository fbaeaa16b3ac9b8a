//! Ours beside what it is to reach.

use super::{find, overheads};
use crate::harness::median;
use crate::measured::Measured;

/// Of each case: the most that ours may cost as a share of tower-sessions' overhead, and the most allocations over an
/// empty layer.
const TARGETS: [(&str, f64, f64); 8] = [
    ("ignore", 0.6, 4.0),
    ("ignore_cookie", 0.3, 4.0),
    ("read_1_of_5", 0.33, 4.0),
    ("read_1_of_100", 0.07, 4.0),
    ("modify_5", 0.25, 10.0),
    ("modify_100", 0.05, 10.0),
    ("new", 0.5, 10.0),
    ("unknown_id", 0.3, 4.0),
];

/// What ours may cost as a multiple of the limit's overhead, where it reads.
const OF_LIMIT: f64 = 1.3;
const READING: [&str; 4] = [
    "read_1_of_5",
    "read_5_of_5",
    "read_1_of_100",
    "read_random_of_million",
];

type Figure = (&'static str, Option<f64>, f64);

/// Prints those for which enough variants were measured.
pub fn print(results: &[Measured]) {
    let share = |case| ratio(results, case, "tower_sessions");
    let multiple = |case| ratio(results, case, "limit");
    let shares = TARGETS.map(|(case, target, _)| (case, share(case), target));
    let multiples = READING.map(|case| (case, multiple(case), OF_LIMIT));
    let allocations = TARGETS.map(|(case, _, target)| (case, allocations(results, case), target));
    list("ours as a share of tower-sessions' overhead", &shares);
    list("ours as a multiple of the limit's overhead", &multiples);
    list("allocations of ours over an empty layer", &allocations);
}

/// The median of the rounds' ratios.
fn ratio(results: &[Measured], case: &str, other: &str) -> Option<f64> {
    let rounds = overheads(results, case, "ours")?.zip(overheads(results, case, other)?);
    Some(median(rounds.map(|(ours, other)| ours / other)))
}

fn allocations(results: &[Measured], case: &str) -> Option<f64> {
    let [ours, empty] = ["ours", "from_fn"].map(|variant| find(results, case, variant));
    Some(ours?.allocations - empty?.allocations)
}

fn list(title: &str, figures: &[Figure]) {
    if figures.iter().all(|(_, figure, _)| figure.is_none()) {
        return;
    }
    println!("\n{title}");
    for (case, figure, target) in figures {
        let Some(figure) = figure else { continue };
        let verdict = if figure <= target {
            "reached"
        } else {
            "MISSED"
        };
        println!("  {case:24} {figure:6.2}  at most {target:5.2}  {verdict}");
    }
}
