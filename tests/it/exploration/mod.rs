//! Many schedules of requests at once, each drawn from a seed, and the rules that hold in all of them.
//!
//! A schedule is a few requests of one or two browsers. Every call that they make to the storage waits until it is let
//! through, so that one thing happens after another and nothing between them. The seed says which, what fails, what is
//! lost, and who hangs up.
//!
//! A failure tells the plainest schedule that was found to violate the rule. `EXPLORE_SEED=17` runs one seed alone, and
//! `EXPLORE_COUNT=1000000` that many.

mod actions;
mod browser;
mod choices;
mod detects;
mod flaws;
mod found;
mod house;
mod invariants;
mod ledger;
mod plan;
mod probes;
mod program;
mod run;
mod scheduler;
mod script;
mod shrink;
mod storage;
mod story;
mod survey;

use self::plan::Over;
use self::survey::keeps_every_rule;

/// How many schedules there are of each kind of storage.
const SCHEDULES: u64 = 7_000;

#[test]
fn every_schedule_keeps_every_rule() {
    keeps_every_rule(Over::Memory, SCHEDULES);
}

#[test]
fn every_schedule_keeps_every_rule_behind_a_cache() {
    keeps_every_rule(Over::Cached, SCHEDULES);
}

#[test]
fn every_schedule_keeps_every_rule_behind_the_caches_of_two_nodes() {
    keeps_every_rule(Over::Nodes, SCHEDULES);
}
