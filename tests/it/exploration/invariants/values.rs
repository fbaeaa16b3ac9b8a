//! Rules 3, 4, 6 and 8 for values: what a response promised is stored, and nothing goes without a reason.

use std::collections::BTreeSet;

use axum_bare_session::SessionId;
use axum_bare_session::storage::SessionRecord;

use super::super::ledger::{Change, is_register};
use super::super::program::{COUNT, Op, author_of, value_of};
use super::super::run::{Request, Run, Violation};

type Pair = (String, u64);

pub(super) fn check(run: &Run, found: &mut Vec<Violation>) {
    for change in run
        .ledger
        .changes
        .iter()
        .filter(|change| !is_register(change.id))
    {
        check_counted_once(change, found);
        check_removed(run, change, found);
        check_added(run, change, found);
    }
    let written: BTreeSet<Pair> = run
        .ledger
        .changes
        .iter()
        .filter(|change| !is_register(change.id))
        .flat_map(|change| change.after.as_deref().map(pairs).unwrap_or_default())
        .collect();
    for request in run.visits() {
        check_promises(run, request, &written, found);
    }
}

/// The values of a record by their keys, those of the counter one by one.
fn pairs(record: &SessionRecord) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (key, json) in record.values.iter() {
        if key == COUNT {
            let counted: Vec<u64> = serde_json::from_str(json).unwrap();
            pairs.extend(counted.into_iter().map(|value| (key.to_owned(), value)));
        } else {
            pairs.push((key.to_owned(), json.parse().unwrap()));
        }
    }
    pairs
}

fn check_counted_once(change: &Change, found: &mut Vec<Violation>) {
    let Some(after) = &change.after else { return };
    let all = pairs(after);
    let different: BTreeSet<&Pair> = all.iter().collect();
    if different.len() < all.len() {
        let what = format!("after step {}: {all:?}", change.at);
        found.push(Violation::new("4: an update counted twice", what));
    }
}

/// Whatever is no longer there was taken away by whoever wrote the record.
fn check_removed(run: &Run, change: &Change, found: &mut Vec<Violation>) {
    let (Some(before), Some(after)) = (&change.before, &change.after) else {
        return;
    };
    let after_pairs = pairs(after);
    for (key, value) in pairs(before) {
        if after_pairs.contains(&(key.clone(), value)) {
            continue;
        }
        let changes_owner = before.owner.is_some() && before.owner != after.owner;
        let found_by_take = change.caller.and_then(|number| run.request(number));
        let took = |key: &str| {
            let mut done = found_by_take.iter().flat_map(|request| &request.notes.done);
            done.any(|done| done.op == Op::Take(key_of(key)) && done.found == Some(value))
        };
        let is_reason = |op: Op| match op {
            Op::Take(_) => took(&key),
            // Two log-ins in one request may be of two owners, of whom the record shows one.
            Op::LogIn(owner) => changes_owner || after.owner.as_deref() != Some(owner),
            Op::LogOut => false,
            _ => op.may_remove(&key),
        };
        // A request that fails may take back what it wrote itself.
        let author = author_of(value);
        let is_own = change.caller == Some(author);
        let is_taken_back = is_own && run.request(author).is_some_and(|own| !own.is_promised());
        if !run.changed_by(change, is_reason) && !is_taken_back {
            let by = change.caller;
            let what = format!("step {}: {by:?} drops {value} of {key}", change.at);
            found.push(Violation::new("3: a stored value was lost", what));
        }
    }
}

/// The one spelling of a key that programs use.
fn key_of(key: &str) -> &'static str {
    ["a", "b", COUNT]
        .into_iter()
        .find(|known| *known == key)
        .unwrap_or("")
}

/// Rules 3 and 6: who writes a value, and what comes after a renewal from a request that began before it.
fn check_added(run: &Run, change: &Change, found: &mut Vec<Violation>) {
    let Some(after) = &change.after else { return };
    let before = change.before.as_deref().map(pairs).unwrap_or_default();
    for (key, value) in pairs(after) {
        let author = author_of(value);
        let (false, Some(request)) = (before.contains(&(key.clone(), value)), run.request(author))
        else {
            continue;
        };
        if change.caller.is_some_and(|caller| caller != author) {
            let what = format!(
                "step {}: {value} of {key}, by {:?}",
                change.at, change.caller
            );
            found.push(Violation::new("3: a value came back", what));
            continue;
        }
        let renewals = run
            .changes_by_others(author, change.id, request.opened_at(), change.at - 1)
            .filter(|renewal| run.is_renewal(renewal) && is_under_former(request, renewal));
        for renewal in renewals {
            if renewal.caller.is_some() && is_new_generation(run, renewal) {
                let what = format!("step {}: {value} of {key}, by {author}", change.at);
                found.push(Violation::new(
                    "6: a late write is in the cleared session",
                    what,
                ));
            }
            let opened = request.notes.opened.as_ref();
            let opened = opened.and_then(|opened| opened.values.get(&key));
            let stored = change
                .before
                .as_ref()
                .and_then(|before| before.values.get(&key));
            let saves = run
                .plan
                .ops(author)
                .iter()
                .any(|op| matches!(op, Op::Save | Op::TrySave));
            if key != COUNT && !saves && stored != opened.map(String::as_str) {
                let what = format!("step {}: {value} over {stored:?}, by {author}", change.at);
                found.push(Violation::new(
                    "6: a late write is over a newer value",
                    what,
                ));
            }
        }
    }
}

fn is_under_former(request: &Request, renewal: &Change) -> bool {
    let former = renewal.before.as_ref().unwrap();
    let mut brought = request.brought.iter();
    brought.any(|cookie| cookie.id == renewal.id && cookie.opens(&former.digest))
}

/// Whether a change cleared the values, or took them from one owner to another or to none.
fn is_new_generation(run: &Run, change: &Change) -> bool {
    let (Some(before), Some(after)) = (&change.before, &change.after) else {
        return false;
    };
    // Of two log-ins in one request the record shows the latter.
    let clears = |op| match op {
        Op::Clear | Op::LogOutKeeping(_) => true,
        Op::LogIn(owner) => after.owner.as_deref() != Some(owner),
        _ => false,
    };
    before.owner.is_some() && before.owner != after.owner || run.changed_by(change, clears)
}

/// Rule 8: what a response, or a save within the handler, says is stored was stored.
fn check_promises(
    run: &Run,
    request: &Request,
    written: &BTreeSet<Pair>,
    found: &mut Vec<Violation>,
) {
    let made: Vec<_> = request.made().collect();
    let saves = request.notes.done.iter().enumerate();
    let saves = saves.filter(|(_, done)| matches!(done.op, Op::Save | Op::TrySave));
    let mut promises: Vec<_> = saves
        .filter(|(_, done)| done.failed.is_none())
        .map(|(index, done)| (index, done.at))
        .collect();
    if request.is_promised() {
        promises.push((usize::MAX, request.ended_at));
    }
    for (until, at) in promises {
        let made = made.iter().filter(|(index, _)| *index < until);
        for (index, key) in surviving(run, made.copied()) {
            let value = value_of(request.number, index);
            let is_there = written.contains(&(key.to_owned(), value));
            if !is_there && !is_excused(run, request, index, key, at) {
                let rule = match key {
                    COUNT => "4: a promised update was lost",
                    _ => "8: a promised value was lost",
                };
                let what = format!("{value} of {key}, promised in step {at}");
                found.push(Violation::new(rule, what));
            }
        }
    }
}

/// The writes of a request that its own later operations leave.
fn surviving(run: &Run, made: impl Iterator<Item = (usize, Op)>) -> Vec<(usize, &'static str)> {
    let mut left: Vec<(usize, &'static str)> = Vec::new();
    for (index, op) in made {
        match op {
            // Values stay at a log-in, unless somebody else was logged in.
            Op::LogIn(owner) if !has_other_owner(run, owner) => {}
            _ => left.retain(|(_, key)| !op.may_remove(key)),
        }
        match op {
            Op::Insert(key) => left.push((index, key)),
            Op::Update => left.push((index, COUNT)),
            _ => {}
        }
    }
    left
}

fn has_other_owner(run: &Run, owner: &str) -> bool {
    let mut numbers = 0..run.plan.before.len() + run.plan.mixed.len();
    let is_other = |op: &Op| matches!(op, Op::LogIn(other) if *other != owner);
    numbers.any(|number| run.plan.ops(number).iter().any(is_other))
}

/// Whether the session ended under the request, or was renewed in a way that puts the request before what others did.
fn is_excused(run: &Run, request: &Request, index: usize, key: &str, until: usize) -> bool {
    let from = request.started_at;
    let created = run.ledger.changes.iter().filter(|change| {
        change.caller == Some(request.number) && change.before.is_none() && change.at <= until
    });
    let has_ended = |(id, from): (SessionId, usize)| run.was_absent(id, from, until);
    if created.map(|change| (change.id, change.at)).any(has_ended) {
        return true;
    }
    let begins_anew = request
        .made()
        .any(|(at, op)| op == Op::LogOut && at < index);
    let Some(id) = request.opened().filter(|_| !begins_anew) else {
        return false;
    };
    if run.was_absent(id, from, until) {
        return true;
    }
    let from = run.seen_from(id, from);
    let others: Vec<_> = run
        .changes_by_others(request.number, id, from, until)
        .collect();
    let opened = request.notes.opened.as_ref();
    let opened = opened.and_then(|opened| opened.values.get(key));
    let is_renewed = others.iter().any(|change| run.is_renewal(change));
    let is_cleared = others.iter().any(|change| is_new_generation(run, change));
    let is_other_value = others.iter().any(|change| {
        let after = change.after.as_ref();
        after.and_then(|after| after.values.get(key)) != opened.map(String::as_str)
    });
    is_renewed && (is_cleared || key != COUNT && is_other_value)
}
