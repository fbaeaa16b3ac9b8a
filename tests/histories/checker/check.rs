use std::collections::BTreeMap;

use super::{Kind, Rules, Violation, contents, endings, order, secrets, time};
use crate::history::Request;

/// The requests of one session in the order in which they were sent, each with its place in the history.
pub(super) struct Session<'a> {
    pub(super) number: u32,
    pub(super) requests: Vec<(usize, &'a Request)>,
    pub(super) rules: &'a Rules,
}

impl Session<'_> {
    pub(super) fn violation(&self, kind: Kind, evidence: impl Into<Vec<usize>>) -> Violation {
        Violation {
            kind,
            session: self.number,
            evidence: evidence.into(),
        }
    }
}

/// All that is wrong in a history.
#[must_use]
pub fn check(history: &[Request], rules: &Rules) -> Vec<Violation> {
    let mut sessions: BTreeMap<u32, Vec<(usize, &Request)>> = BTreeMap::new();
    for (index, request) in history.iter().enumerate() {
        let requests = sessions.entry(request.session).or_default();
        requests.push((index, request));
    }
    let mut found = Vec::new();
    for (number, mut requests) in sessions {
        requests.sort_by_key(|(_, request)| request.start);
        let session = Session {
            number,
            requests,
            rules,
        };
        found.extend(contents::check(&session));
        found.extend(order::check(&session));
        found.extend(endings::check(&session));
        found.extend(time::check(&session));
        found.extend(secrets::check(&session));
    }
    found
}

/// How many violations there are of each kind.
#[must_use]
pub fn count(violations: &[Violation]) -> BTreeMap<Kind, usize> {
    let mut counts = BTreeMap::new();
    for violation in violations {
        *counts.entry(violation.kind).or_default() += 1;
    }
    counts
}
