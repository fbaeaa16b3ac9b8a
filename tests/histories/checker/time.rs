//! That no secret opens a session after its time.

use super::check::Session;
use super::{Kind, Violation};
use crate::history::{Action, Read, Request};

pub(super) fn check(session: &Session<'_>) -> Vec<Violation> {
    let begins = |it: &Request| matches!(it.action, Action::Create(_) | Action::LogIn(_));
    let mut found = Vec::new();
    if let Some(limit) = session.rules.absolute {
        found.extend(overdue(session, limit, begins));
    }
    if let Some(limit) = session.rules.idle {
        // Whatever opens it is activity, answered or not.
        found.extend(overdue(session, limit, |it| it.read != Read::Nobody));
    }
    found
}

/// The first request that opened the session after `limit` had passed since the last that may have prolonged it.
fn overdue(
    session: &Session<'_>,
    limit: u64,
    prolongs: impl Fn(&Request) -> bool,
) -> Option<Violation> {
    // Until when each prolongs it at the latest. One of unknown outcome may do so at any time.
    let until = |request: &Request| request.certain().map_or(u64::MAX, |end| end + limit);
    let prolonging: Vec<_> = session
        .requests
        .iter()
        .filter(|(_, request)| request.may_count() && prolongs(request))
        .collect();
    // The two highest up to each, so that no request prolongs the session for itself.
    let mut highest = Vec::with_capacity(prolonging.len());
    let mut two = [(0, None), (0, None)];
    for (index, request) in &prolonging {
        let new = (until(request), Some(*index));
        if new > two[0] {
            two = [new, two[0]];
        } else if new > two[1] {
            two[1] = new;
        }
        highest.push(two);
    }
    session.requests.iter().find_map(|(index, request)| {
        request.seen()?;
        let count = prolonging.partition_point(|(_, it)| it.start <= request.end);
        let two = highest.get(count.checked_sub(1)?)?;
        let (until, by) = two.iter().find(|(_, by)| *by != Some(*index))?;
        let until = until.saturating_add(session.rules.staleness_of(request.process));
        let evidence: Vec<_> = by.iter().copied().chain([*index]).collect();
        (request.start > until).then(|| session.violation(Kind::Overdue, evidence))
    })
}
