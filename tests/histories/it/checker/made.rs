//! Requests made by hand.

use history_tests::checker::{Kind, Rules, check};
use history_tests::history::{Action, Contents, Mark, Outcome, Read, Request};

/// A request that was acknowledged, with the session's first secret.
pub(super) fn request(start: u64, end: u64, action: Action) -> Request {
    Request {
        client: 0,
        process: 0,
        session: 0,
        secret: Some(0),
        start,
        end,
        action,
        outcome: Outcome::Acknowledged,
        read: Read::Nothing,
        wrote_at: None,
    }
}

pub(super) fn seen(log: &[Mark], keys: &[Mark]) -> Read {
    Read::Seen(Contents {
        log: log.to_vec(),
        keys: keys.to_vec(),
    })
}

/// A read of a session of which only the log counts.
pub(super) fn read(start: u64, end: u64, log: &[Mark]) -> Request {
    let read = seen(log, &[]);
    Request {
        read,
        ..request(start, end, Action::Read)
    }
}

pub(super) fn nobody(start: u64, end: u64) -> Request {
    let read = Read::Nobody;
    Request {
        read,
        ..request(start, end, Action::Read)
    }
}

pub(super) fn append(start: u64, end: u64, mark: Mark) -> Request {
    request(start, end, Action::Append(mark))
}

pub(super) fn unknown(request: Request) -> Request {
    let outcome = Outcome::Unknown;
    Request { outcome, ..request }
}

pub(super) fn failed(request: Request) -> Request {
    let outcome = Outcome::Failed;
    Request { outcome, ..request }
}

pub(super) fn at_process(process: u32, request: Request) -> Request {
    Request { process, ..request }
}

pub(super) fn with_secret(secret: u32, request: Request) -> Request {
    let secret = Some(secret);
    Request { secret, ..request }
}

pub(super) fn end(start: u64, end: u64) -> Request {
    request(start, end, Action::End)
}

/// The kinds of what is found, each once.
pub(super) fn kinds(history: &[Request], rules: &Rules) -> Vec<Kind> {
    let mut kinds: Vec<_> = check(history, rules).iter().map(|it| it.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

pub(super) fn found(history: &[Request]) -> Vec<Kind> {
    kinds(history, &Rules::default())
}
