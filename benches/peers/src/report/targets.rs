//! Ours beside what it is to reach.

use super::{find, overhead};
use crate::compare::Measured;

/// Of each case: the most that ours may cost as a share of tower-sessions' overhead, and the most allocations over an empty layer.
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

/// Prints those that the measured variants allow to say.
pub fn print(results: &[Measured]) {
    println!("\nours as a share of tower-sessions' overhead");
    for (case, target, _) in TARGETS {
        let share = ratio(results, case, "tower_sessions");
        line(case, share, target);
    }
    println!("ours as a multiple of the limit's overhead");
    for case in [
        "read_1_of_5",
        "read_5_of_5",
        "read_1_of_100",
        "read_random_of_million",
    ] {
        line(case, ratio(results, case, "limit"), OF_LIMIT);
    }
    println!("allocations of ours over an empty layer");
    for (case, _, target) in TARGETS {
        let allocations = |variant| Some(find(results, case, variant)?.allocations);
        let over = allocations("ours")
            .zip(allocations("from_fn"))
            .map(|(ours, empty)| ours - empty);
        line(case, over, target);
    }
}

fn ratio(results: &[Measured], case: &str, other: &str) -> Option<f64> {
    Some(overhead(results, case, "ours")? / overhead(results, case, other)?)
}

fn line(case: &str, figure: Option<f64>, target: f64) {
    let Some(figure) = figure else { return };
    let verdict = if figure <= target {
        "reached"
    } else {
        "MISSED"
    };
    println!("  {case:24} {figure:6.2}  at most {target:5.2}  {verdict}");
}
