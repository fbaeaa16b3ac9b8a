use std::collections::BTreeSet;

use super::{Rules, Violation, check};
use crate::history::{Action, Mark, Read, Request};

/// The fewest requests of the violation's session with which its evidence is still found, by leaving out one after
/// another: each by itself, or a write together with its mark in all reads.
#[must_use]
pub fn shortest(history: &[Request], rules: &Rules, violation: &Violation) -> Vec<Request> {
    let of_session = |request: &&Request| request.session == violation.session;
    let mut kept: Vec<_> = history.iter().filter(of_session).cloned().collect();
    kept.sort_by_key(|request| request.start);
    let kinds: BTreeSet<_> = check(&kept, rules).iter().map(|it| it.kind).collect();
    // Without its write, a mark would be one from nowhere: that is no shorter history but another one.
    // And what explains another finding away may be left out, but then that one is none.
    let evidence: Vec<_> = violation
        .evidence
        .iter()
        .map(|at| name(&history[*at]))
        .collect();
    let shows_the_same = |kept: &[Request]| {
        let found = check(kept, rules);
        let is_same = |it: &Violation| {
            let names = it.evidence.iter().map(|at| name(&kept[*at]));
            it.kind == violation.kind && names.eq(evidence.iter().copied())
        };
        found.iter().any(is_same) && found.iter().all(|it| kinds.contains(&it.kind))
    };
    loop {
        let before = (kept.len(), marks(&kept));
        for at in (0..kept.len()).rev() {
            let mut fewer = kept.clone();
            fewer.remove(at);
            if shows_the_same(&fewer) {
                kept = fewer;
            }
        }
        for mark in marks(&kept) {
            let fewer = without(&kept, mark);
            if shows_the_same(&fewer) {
                kept = fewer;
            }
        }
        if (kept.len(), marks(&kept)) == before {
            return kept;
        }
    }
}

/// What tells a request from all others, whatever marks are left out.
fn name(request: &Request) -> (u32, u64, u64) {
    (request.client, request.start, request.end)
}

fn marks(history: &[Request]) -> BTreeSet<Mark> {
    history.iter().filter_map(|it| it.action.mark()).collect()
}

/// As if that mark had never been written: its request has read, and nothing else.
fn without(history: &[Request], mark: Mark) -> Vec<Request> {
    let mut history = history.to_vec();
    for request in &mut history {
        if request.action.mark() == Some(mark) {
            request.action = Action::Read;
        }
        request.wrote_at = None;
        if let Read::Seen(contents) = &mut request.read {
            contents.log.retain(|it| *it != mark);
            contents.keys.retain(|it| *it != mark);
        }
    }
    history
}
