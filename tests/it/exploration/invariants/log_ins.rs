//! Rules 8, 14 and 26 for log-ins, renewals and log-outs that keep the session.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum_bare_session::SessionId;

use super::super::ledger::{Change, is_register};
use super::super::program::Op;
use super::super::run::{Request, Run, Violation};
use super::cookies::{AtLoad, at_load};

pub(super) fn check(run: &Run, found: &mut Vec<Violation>) {
    for request in run.visits() {
        if request.is_promised() {
            check_promised(run, request, found);
        }
        check_taken_back(run, request, found);
        check_two_sessions(run, request, found);
    }
}

/// The changes that a request may have made.
fn own<'a>(run: &'a Run, request: &'a Request) -> impl Iterator<Item = &'a Change> {
    let changes = run
        .ledger
        .changes
        .iter()
        .filter(|change| !is_register(change.id));
    changes.filter(|change| change.caller.is_none_or(|caller| caller == request.number))
}

fn check_promised(run: &Run, request: &Request, found: &mut Vec<Violation>) {
    let decides = |op: &Op| op.renews() || *op == Op::LogOut;
    let Some((index, op)) = request.made().rev().find(|(_, op)| decides(op)) else {
        return;
    };
    let (rule, is_done): (_, &dyn Fn(&Change) -> bool) = match op {
        Op::LogIn(owner) => ("8: a promised log-in was lost", &move |change| {
            let after = change.after.as_ref();
            after.is_some_and(|after| after.owner.as_deref() == Some(owner))
        }),
        Op::LogOutKeeping(_) => ("8: a promised log-out was lost", &|change| {
            change
                .after
                .as_ref()
                .is_none_or(|after| after.owner.is_none())
        }),
        Op::Renew if request.opened().is_some() => ("8: a promised renewal was lost", &|change| {
            let (before, after) = (change.before.as_ref(), change.after.as_ref());
            before.map(|before| before.digest) != after.map(|after| after.digest)
        }),
        _ => return,
    };
    let begins_anew = request
        .made()
        .any(|(at, op)| op == Op::LogOut && at < index);
    let opened = request.opened().filter(|_| !begins_anew);
    // A log-out of nobody writes nothing.
    if opened.is_none() && !matches!(op, Op::LogIn(_)) {
        return;
    }
    let has_ended = |id: SessionId| run.was_absent(id, request.started_at, request.ended_at);
    let Some(done) = own(run, request).filter(|change| is_done(change)).last() else {
        if !opened.is_some_and(has_ended) {
            let what = format!(
                "of request {}, answered in step {}",
                request.number, request.ended_at
            );
            found.push(Violation::new(rule, what));
        }
        return;
    };
    // Whoever was renewed and is not told the new secret is logged out.
    let stored = run.ledger.at(done.id, request.ended_at);
    if let (Some(after), Some(stored)) = (&done.after, stored)
        && after.digest == stored.digest
        && !request
            .said()
            .cookie()
            .is_some_and(|cookie| cookie.opens(&after.digest))
    {
        let what = format!(
            "of request {}, answered in step {}",
            request.number, request.ended_at
        );
        found.push(Violation::new("8: the new secret was not sent", what));
    }
}

/// Rule 26: no log-in is seen and then taken back.
fn check_taken_back(run: &Run, request: &Request, found: &mut Vec<Violation>) {
    let ops = run.plan.ops(request.number);
    let logs_out = |op: &Op| matches!(op, Op::LogOut | Op::LogOutKeeping(_));
    if request.is_promised() || ops.iter().any(logs_out) {
        return;
    }
    let changes = run.ledger.changes.iter();
    let own = changes.filter(|change| change.caller == Some(request.number));
    let mut logged_in = BTreeMap::<SessionId, Arc<str>>::new();
    for change in own {
        let owner = change.after.as_ref().and_then(|after| after.owner.clone());
        let is_log_in = ops
            .iter()
            .any(|op| matches!(op, Op::LogIn(own) if owner.as_deref() == Some(*own)));
        if let (Some(owner), true) = (owner, is_log_in) {
            logged_in.insert(change.id, owner);
        } else if logged_in.remove(&change.id).is_some() {
            let what = format!("by request {}, in step {}", request.number, change.at);
            found.push(Violation::new("26: a log-in was taken back", what));
        }
    }
}

/// Rule 14: two live sessions are none, and a log-in ends both.
fn check_two_sessions(run: &Run, request: &Request, found: &mut Vec<Violation>) {
    let [one, other] = &request.brought[..] else {
        return;
    };
    let is_live = |cookie| at_load(run, request, cookie) == AtLoad::Live;
    if one.id == other.id || !is_live(one) || !is_live(other) {
        return;
    }
    if let Some(opened) = request.opened() {
        let what = format!("request {} opened {opened}", request.number);
        found.push(Violation::new("14: one of two sessions was opened", what));
    }
    let logs_in = request.made().any(|(_, op)| matches!(op, Op::LogIn(_)));
    let is_left = |id| run.ledger.at(id, request.ended_at).is_some();
    if request.is_promised() && logs_in && (is_left(one.id) || is_left(other.id)) {
        let what = format!("request {}", request.number);
        found.push(Violation::new(
            "14: a log-in leaves one of two sessions",
            what,
        ));
    }
}
