//! The states that reads showed, one after another, and the writes between them.

use std::collections::HashMap;

use super::check::Session;
use super::layers::{Event, contradictions};
use super::{Kind, Violation};
use crate::history::{Contents, Mark, Request};

pub(super) fn check(session: &Session<'_>) -> Vec<Violation> {
    let mut reads: Vec<(usize, &Request, &Contents)> = Vec::new();
    for (index, request) in &session.requests {
        reads.extend(request.seen().map(|seen| (*index, *request, seen)));
    }
    reads.sort_by_key(|(_, _, seen)| (seen.log.len(), seen.keys.len()));
    for pair in reads.windows(2) {
        let [(first, _, less), (second, _, more)] = pair else {
            continue;
        };
        if !comes_from(less, more) {
            return vec![session.violation(Kind::Forked, [*first, *second])];
        }
    }
    // The state in which each mark is seen first, and the states in their order.
    let mut seen_in: HashMap<Mark, u64> = HashMap::new();
    let (mut events, mut state, mut last) = (Vec::new(), 0, None);
    for (index, request, contents) in &reads {
        if last != Some(*contents) {
            state += 1;
            let before = last.map_or((0, 0), |it: &Contents| (it.log.len(), it.keys.len()));
            let had = last;
            for mark in contents.log[before.0..].iter().chain(&contents.keys) {
                if had.is_none_or(|had| !had.keys.contains(mark)) {
                    seen_in.entry(*mark).or_insert(state);
                }
            }
            last = Some(contents);
        }
        events.push(read(*index, request, 2 * state));
    }
    for (index, request) in &session.requests {
        let Some(mark) = request.action.mark().filter(|_| request.may_count()) else {
            continue;
        };
        let seen = seen_in.get(&mark);
        events.push(Event {
            index: *index,
            request,
            layer: seen.map_or(u64::MAX, |state| 2 * state - 1),
            end: request.certain(),
            is_read: false,
            // What no read shows may have met the session's end.
            may_be_later: seen.is_none(),
        });
    }
    let mut found = Vec::new();
    for (first, second) in contradictions(&events, session.rules) {
        let kind = match (first.is_read, second.is_read) {
            (true, true) => Kind::WentBack,
            (true, false) => Kind::Phantom,
            // Its mark is missing there, which is told as such.
            (false, true) => continue,
            (false, false) if first.layer == u64::MAX => Kind::LostWrite,
            (false, false) => Kind::Reordered,
        };
        found.push(session.violation(kind, [first.index, second.index]));
    }
    found.extend(last.and_then(|last| log_against_time(session, last)));
    found
}

fn read(index: usize, request: &Request, layer: u64) -> Event<'_> {
    Event {
        index,
        request,
        layer,
        end: Some(request.end),
        is_read: true,
        may_be_later: false,
    }
}

/// Whether writes alone lead from the one to the other.
fn comes_from(less: &Contents, more: &Contents) -> bool {
    let mut keys = more.keys.iter();
    more.log.starts_with(&less.log) && less.keys.iter().all(|key| keys.any(|it| it == key))
}

/// Two marks of the log whose writes came the other way round.
fn log_against_time(session: &Session<'_>, contents: &Contents) -> Option<Violation> {
    let mut writes: HashMap<Mark, (usize, &Request)> = HashMap::new();
    for (index, request) in &session.requests {
        writes.extend(
            request
                .action
                .logged()
                .map(|mark| (mark, (*index, *request))),
        );
    }
    let mut latest: Option<(usize, &Request)> = None;
    for mark in &contents.log {
        let Some((index, write)) = writes.get(mark) else {
            continue;
        };
        if let (Some(end), Some((before, latest))) = (write.certain(), latest)
            && end < latest.start
        {
            return Some(session.violation(Kind::Reordered, [*index, before]));
        }
        if latest.is_none_or(|(_, latest)| latest.start < write.start) {
            latest = Some((*index, *write));
        }
    }
    None
}
