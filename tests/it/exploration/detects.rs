//! The exploration itself: over a storage that breaks its contract it finds so soon.

use std::collections::BTreeSet;

use super::choices::Choices;
use super::flaws::Flaw;
use super::plan::Over;
use super::survey::{NOT_YET, explore};

/// In how many schedules at most.
const SOON: u64 = 500;

fn finds(flaw: Flaw, rule: &str) {
    assert!(!NOT_YET.contains(&rule), "found without the flaw");
    let mut others = BTreeSet::new();
    for seed in 0..SOON {
        let (_, found) = explore(&mut Choices::seeded(seed), Over::Memory, Some(flaw));
        if found.iter().any(|violation| violation.rule == rule) {
            return;
        }
        others.extend(found.iter().map(|violation| violation.rule));
    }
    panic!("{flaw:?} violates only {others:?}");
}

#[test]
fn a_save_without_a_condition_is_found() {
    finds(Flaw::SavesUnconditionally, "3: a stored value was lost");
}

#[test]
fn a_save_that_brings_a_session_back_is_found() {
    finds(Flaw::SaveRevives, "5: a deleted record exists again");
}

#[test]
fn a_save_that_is_forgotten_is_found() {
    finds(Flaw::ForgetsSaves, "4: a promised update was lost");
}

#[test]
fn a_conflict_that_was_written_is_found() {
    finds(Flaw::WritesAtConflict, "4: an update counted twice");
}

#[test]
fn a_deletion_that_does_nothing_is_found() {
    finds(Flaw::DeletesNothing, "26: limit exceeded");
}

#[test]
fn a_list_that_misses_a_session_is_found() {
    finds(Flaw::ListsTooFew, "26: limit exceeded");
}
