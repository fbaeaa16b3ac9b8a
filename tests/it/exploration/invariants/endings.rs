//! Rules 5, 8 and 14 for sessions that end: they are gone, and stay so.

use std::collections::BTreeMap;

use axum_bare_session::SessionId;

use super::super::ledger::is_register;
use super::super::program::Op;
use super::super::run::{End, Request, Run, Violation};
use super::cookies::{AtLoad, at_load};

pub(super) fn check(run: &Run, found: &mut Vec<Violation>) {
    check_revived(run, found);
    for request in run.visits() {
        check_log_out(run, request, found);
    }
    check_orphans(run, found);
}

/// Rule 5: whatever ended does not come back.
fn check_revived(run: &Run, found: &mut Vec<Violation>) {
    let mut creators = BTreeMap::<SessionId, Option<usize>>::new();
    let changes = run.ledger.changes.iter();
    for change in changes.filter(|change| change.before.is_none() && !is_register(change.id)) {
        let Some(creator) = creators.insert(change.id, change.caller) else {
            continue;
        };
        // Nobody had heard of a session whose creation was not answered.
        let rule = match creator.is_some() && creator == change.caller {
            true => "5: a creation that was sent again brought a deleted record back",
            false => "5: a deleted record exists again",
        };
        found.push(Violation::new(
            rule,
            format!("step {}: {}", change.at, change.id),
        ));
    }
}

/// Rules 8, 6a and 14: who was told that the visitor is logged out has ended every live session that was brought.
fn check_log_out(run: &Run, request: &Request, found: &mut Vec<Violation>) {
    let logs_out = request.made().any(|(_, op)| op == Op::LogOut);
    if !logs_out || !request.is_promised() {
        return;
    }
    for cookie in &request.brought {
        let rule = match at_load(run, request, cookie) {
            AtLoad::Live => "8: a session outlives its log-out",
            AtLoad::Superseded if request.brought.len() == 1 => {
                "6a: a session outlives a log-out under the former secret"
            }
            _ => continue,
        };
        if run.ledger.at(cookie.id, request.ended_at).is_some() {
            let what = format!(
                "of request {}, answered in step {}",
                request.number, request.ended_at
            );
            found.push(Violation::new(rule, what));
        }
    }
}

/// No record is left whose secret no response carried, where nothing failed.
fn check_orphans(run: &Run, found: &mut Vec<Violation>) {
    if run.had_faults {
        return;
    }
    for (id, record) in run.left().filter(|(id, _)| !is_register(*id)) {
        let mut sent = run
            .requests
            .iter()
            .filter_map(|request| request.said().cookie());
        if sent.any(|cookie| cookie.id == id && cookie.opens(&record.digest)) {
            continue;
        }
        let mut changes = run.ledger.changes.iter().rev();
        let made = changes.find(|change| {
            let before = change.before.as_ref();
            change.id == id && before.is_none_or(|before| before.digest != record.digest)
        });
        let Some(number) = made.and_then(|change| change.caller) else {
            continue;
        };
        let request = run.request(number).unwrap();
        let returned = request.notes.returned_at.is_some();
        let rule = match &request.end {
            End::HungUp if !returned => "orphan: a record of a handler whose client hung up",
            End::Answered { .. } if request.is_promised() => {
                "orphan: a record whose secret was not sent"
            }
            End::Answered { .. } => "orphan: a record of a request that failed",
            _ => continue,
        };
        found.push(Violation::new(rule, format!("by request {number}: {id}")));
    }
}
