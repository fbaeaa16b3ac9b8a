//! Runs many schedules, and tells of those that violate a rule.

use super::choices::Choices;
use super::flaws::Flaw;
use super::invariants;
use super::plan::Over;
use super::run::{Run, Violation};
use super::scheduler;
use super::shrink::shrink;
use super::story::story;

/// How many seeds there are, and from which one on: as the environment says, or else `count` from 0 on.
pub(super) fn seeds(count: u64) -> std::ops::Range<u64> {
    if let Some(seed) = number("EXPLORE_SEED") {
        return seed..seed + number("EXPLORE_COUNT").unwrap_or(1);
    }
    0..number("EXPLORE_COUNT").unwrap_or(count)
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number")),
    )
}

/// What is not promised: a `save` that a handler asks for stands, also if the client then hangs up and nobody has its
/// secret.
pub(super) const NOT_PROMISED: &[&str] = &["orphan: a record of a handler whose client hung up"];

/// Runs a schedule for each seed, and tells of the first one that violates a rule.
pub(super) fn keeps_every_rule(over: Over, count: u64) {
    for seed in seeds(count) {
        let (_, found) = explore(&mut Choices::seeded(seed), over, None);
        let mut found = found.into_iter();
        if let Some(violation) = found.find(|found| !NOT_PROMISED.contains(&found.rule)) {
            panic!("{}", tell(seed, violation.rule, over, None));
        }
    }
}

pub(super) fn explore(
    choices: &mut Choices,
    over: Over,
    flaw: Option<Flaw>,
) -> (Run, Vec<Violation>) {
    let run = scheduler::run(choices, over, flaw);
    let found = invariants::check(&run);
    (run, found)
}

/// What happened in the plainest schedule that violates the same rule as that of `seed` does.
pub(super) fn tell(seed: u64, rule: &str, over: Over, flaw: Option<Flaw>) -> String {
    let mut choices = Choices::seeded(seed);
    explore(&mut choices, over, flaw);
    let violates = |found: &[Violation]| found.iter().any(|violation| violation.rule == rule);
    let shrunk = shrink(choices.taken, |candidate| {
        let mut choices = Choices::given(candidate.to_vec());
        violates(&explore(&mut choices, over, flaw).1)
    });
    let (run, found) = explore(&mut Choices::given(shrunk), over, flaw);
    format!(
        "rule {rule}\nEXPLORE_SEED={seed}, over {over:?}\n{}",
        story(&run, &found)
    )
}
