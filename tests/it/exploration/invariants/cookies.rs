//! Rules 6a, 8, 8a and 15: which secrets are sent, and which are taken.

use std::sync::Arc;

use axum_bare_session::storage::SessionRecord;
use axum_bare_session::{Duration, SessionId};

use super::super::browser::{Cookie, Said};
use super::super::ledger::Change;
use super::super::plan::{Brings, Planned};
use super::super::program::Op;
use super::super::run::{End, Request, Run, Violation};

/// What a cookie was when its request was loaded. Where it was first one thing and then another it is `Other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AtLoad {
    Live,
    /// A secret that a log-in, a log-out or a request for another one replaced less than a minute ago.
    Superseded,
    Other,
}

pub(super) fn at_load(run: &Run, request: &Request, cookie: &Cookie) -> AtLoad {
    let (from, to) = (
        run.seen_from(cookie.id, request.started_at),
        request.opened_at(),
    );
    let opens =
        |record: Option<&Arc<SessionRecord>>| record.map(|record| cookie.opens(&record.digest));
    let during: Vec<_> = run.ledger.during(cookie.id, from, to).map(opens).collect();
    if during.iter().all(|opens| *opens == Some(true)) {
        return AtLoad::Live;
    }
    let mut earlier = run
        .ledger
        .changes
        .iter()
        .filter(|change| change.id == cookie.id && change.at <= from && run.is_renewal(change));
    let replaces = |change: &Change| {
        let before = change.before.as_ref();
        before.is_some_and(|before| cookie.opens(&before.digest))
    };
    // From the moment that its request began: a call that took long was of that time.
    let is_young = |change: &Change| {
        let renewed_by = change.caller.and_then(|number| run.request(number));
        let begun = renewed_by.map(|request| run.times[request.opened_at()]);
        begun.is_some_and(|begun| run.times[to] - begun < Duration::MINUTE)
    };
    let is_replaced = earlier.any(|change| replaces(change) && is_young(change));
    // Of several renewals in a minute a record remembers only the latest.
    if is_replaced && earlier.count() < 2 && during.iter().all(|opens| *opens == Some(false)) {
        return AtLoad::Superseded;
    }
    AtLoad::Other
}

pub(super) fn check(run: &Run, found: &mut Vec<Violation>) {
    for request in &run.requests {
        if let Said::Set(cookie) = request.said() {
            check_sent(run, request, cookie, found);
        }
        check_forged(run, request, found);
        check_superseded(run, request, found);
    }
    for change in &run.ledger.changes {
        check_digest(run, change, found);
    }
}

/// Rule 8a: a secret that is sent opens the session at that moment, as far as its request can know.
fn check_sent(run: &Run, request: &Request, cookie: &Cookie, found: &mut Vec<Violation>) {
    let number = request.number;
    let heard = |id: Option<SessionId>| {
        let calls = run.calls.iter().filter(|call| call.caller == Some(number));
        // One that timed out may be applied when the response is long on its way.
        let calls = calls.filter(|call| call.applied_at <= request.ended_at);
        let calls = calls.filter(|call| id.is_none() || call.id == id);
        let at = calls.map(|call| call.applied_at).max();
        at.unwrap_or(request.started_at)
    };
    let opens_since = |step| {
        let from = run.seen_from(cookie.id, step);
        let mut during = run.ledger.during(cookie.id, from, request.ended_at);
        during.any(|record| record.is_some_and(|record| cookie.opens(&record.digest)))
    };
    let what = || format!("by request {number}, in step {}", request.ended_at);
    if !opens_since(heard(Some(cookie.id))) {
        found.push(Violation::new(
            "8a: a secret was sent that opened nothing",
            what(),
        ));
    } else if !opens_since(heard(None)) {
        found.push(Violation::new(
            "8a: a secret was replaced while its request did something else",
            what(),
        ));
    } else if !opens_since(request.notes.returned_at.unwrap_or(request.started_at)) {
        found.push(Violation::new(
            "8a: a secret was sent that had been replaced",
            what(),
        ));
    }
    let opens = |record: &Option<Arc<SessionRecord>>| {
        record
            .as_ref()
            .is_some_and(|record| cookie.opens(&record.digest))
    };
    let is_own = |change: &Change| {
        change.caller == Some(number) && !opens(&change.before) && opens(&change.after)
    };
    let is_error = matches!(request.end, End::Answered { status, .. } if status.is_server_error());
    let saves = |(_, op)| matches!(op, Op::Save | Op::TrySave);
    if is_error && !request.made().any(saves) && run.ledger.changes.iter().any(is_own) {
        found.push(Violation::new("8: an error sends a secret", what()));
    }
}

/// Rule 15: what somebody made up becomes no session.
fn check_forged(run: &Run, request: &Request, found: &mut Vec<Violation>) {
    let Some(Planned::Visit { brings, .. }) = run.plan.request(request.number) else {
        return;
    };
    if !matches!(brings, Brings::Forged | Brings::WrongSecret) {
        return;
    }
    let is_adopted = |forged: &Cookie| {
        let is_sent = request
            .said()
            .cookie()
            .is_some_and(|sent| sent.digest == forged.digest);
        let mut changes = run
            .ledger
            .changes
            .iter()
            .filter_map(|change| change.after.as_ref());
        let is_opened = request.opened() == Some(forged.id);
        is_sent || is_opened || changes.any(|record| forged.opens(&record.digest))
    };
    if request.brought.iter().any(is_adopted) {
        let what = format!("by request {}", request.number);
        found.push(Violation::new("15: a forged cookie was adopted", what));
    }
}

/// Rule 6a: a secret that was just replaced finds no session, makes none, and gets no cookie.
fn check_superseded(run: &Run, request: &Request, found: &mut Vec<Violation>) {
    let [cookie] = &request.brought[..] else {
        return;
    };
    if request.notes.opened.is_none() || at_load(run, request, cookie) != AtLoad::Superseded {
        return;
    }
    let number = request.number;
    let ops = run.plan.ops(number);
    let what = format!("request {number}, opened in step {}", request.opened_at());
    if request.opened().is_some() {
        found.push(Violation::new(
            "6a: a former secret opens the session",
            what.clone(),
        ));
    }
    // Who logs out under it ends the session, and may begin another.
    let logs_out = |op: &Op| matches!(op, Op::LogOut | Op::LogOutKeeping(_));
    if ops.iter().any(logs_out) {
        return;
    }
    let mut changes = run.ledger.changes.iter();
    if changes.any(|change| change.caller == Some(number) && change.before.is_none()) {
        found.push(Violation::new(
            "6a: a former secret creates a session",
            what.clone(),
        ));
    }
    if *request.said() != Said::Nothing {
        found.push(Violation::new(
            "6a: a former secret gets a cookie",
            what.clone(),
        ));
    }
    let writes = |(_, op)| matches!(op, Op::Insert(_) | Op::Update | Op::LogIn(_));
    let is_ok = matches!(request.end, End::Answered { status, .. } if status.is_success());
    if is_ok && !ops.contains(&Op::Clear) && request.made().any(writes) {
        found.push(Violation::new(
            "6a: writing under a former secret succeeds",
            what,
        ));
    }
}

/// Rule 6: only a renewal changes the secret.
fn check_digest(run: &Run, change: &Change, found: &mut Vec<Violation>) {
    let (Some(before), Some(after)) = (&change.before, &change.after) else {
        return;
    };
    let is_periodic = run.plan.settings.renewal_interval.is_some();
    if before.digest != after.digest && !is_periodic && !run.changed_by(change, Op::renews) {
        let what = format!("in step {}, by {:?}", change.at, change.caller);
        found.push(Violation::new(
            "6: a secret changed without a renewal",
            what,
        ));
    }
}
