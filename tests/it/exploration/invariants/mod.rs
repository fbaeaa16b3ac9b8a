//! What holds after every schedule, rule by rule as the crate's protocol counts them.

mod cookies;
mod endings;
mod liveness;
mod log_ins;
mod values;

use super::run::{Run, Violation};

/// All that a schedule violated.
pub(super) fn check(run: &Run) -> Vec<Violation> {
    let mut found = run.found.clone();
    for check in [
        liveness::check,
        values::check,
        endings::check,
        log_ins::check,
        cookies::check,
    ] {
        check(run, &mut found);
    }
    found
}
