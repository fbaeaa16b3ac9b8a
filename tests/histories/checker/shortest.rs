use std::collections::BTreeSet;

use super::{Rules, Violation, check};
use crate::history::Request;

/// The fewest requests of the violation's session that show one of its kind, found by leaving out one after another.
#[must_use]
pub fn shortest(history: &[Request], rules: &Rules, violation: &Violation) -> Vec<Request> {
    let of_session = |request: &&Request| request.session == violation.session;
    let mut kept: Vec<_> = history.iter().filter(of_session).cloned().collect();
    kept.sort_by_key(|request| request.start);
    let kinds: BTreeSet<_> = check(&kept, rules).iter().map(|it| it.kind).collect();
    // Without its write, a mark would be one from nowhere: that is no shorter history but another one.
    let shows_the_same = |kept: &[Request]| {
        let found = check(kept, rules);
        found.iter().any(|it| it.kind == violation.kind)
            && found.iter().all(|it| kinds.contains(&it.kind))
    };
    loop {
        let before = kept.len();
        for at in (0..kept.len()).rev() {
            let removed = kept.remove(at);
            if !shows_the_same(&kept) {
                kept.insert(at, removed);
            }
        }
        if kept.len() == before {
            return kept;
        }
    }
}
