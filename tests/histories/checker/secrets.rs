//! That a secret has one successor, and opens nothing once that is known.

use std::collections::HashMap;

use super::check::Session;
use super::{Kind, Violation};
use crate::history::Request;

pub(super) fn check(session: &Session<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut successors: HashMap<u32, (usize, &Request)> = HashMap::new();
    for (index, request) in &session.requests {
        if let (Some(_), Some(secret)) = (request.action.successor(), request.secret)
            && request.is_acknowledged()
        {
            match successors.get(&secret) {
                Some((first, _)) => {
                    found.push(session.violation(Kind::TwoSuccessors, [*first, *index]));
                }
                None => _ = successors.insert(secret, (*index, request)),
            }
        }
    }
    for (index, request) in &session.requests {
        let Some((renewal, successor)) = request.secret.and_then(|it| successors.get(&it)) else {
            continue;
        };
        let slack = session.rules.slack(request, successor.process);
        if request.seen().is_some() && successor.end + slack < request.start {
            found.push(session.violation(Kind::FormerSecret, [*renewal, *index]));
        }
    }
    found
}
