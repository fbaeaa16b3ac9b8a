//! What is known of a schedule when it is over: the invariants read nothing else.

use std::sync::Arc;

use axum::http::StatusCode;
use axum_bare_session::storage::SessionRecord;
use axum_bare_session::{OffsetDateTime, SessionId};

use super::browser::{Cookie, Said};
use super::ledger::{Change, Ledger};
use super::plan::{Over, Plan, Planned};
use super::program::{Done, HANDLER_FAILED, Notes, Op};

pub(super) struct Run {
    pub(super) plan: Plan,
    pub(super) over: Over,
    pub(super) requests: Vec<Request>,
    pub(super) ledger: Ledger,
    pub(super) calls: Vec<Called>,
    /// The time at the end of each step.
    pub(super) times: Vec<OffsetDateTime>,
    /// Whether any call to the storage failed.
    pub(super) had_faults: bool,
    /// What was found while the schedule ran.
    pub(super) found: Vec<Violation>,
    pub(super) steps: Vec<String>,
    pub(super) log: String,
}

/// A call to the storage that was applied.
pub(super) struct Called {
    pub(super) caller: Option<usize>,
    pub(super) id: Option<SessionId>,
    pub(super) applied_at: usize,
}

#[derive(Debug)]
pub(super) struct Request {
    pub(super) number: usize,
    pub(super) brought: Vec<Cookie>,
    pub(super) started_at: usize,
    pub(super) notes: Notes,
    pub(super) end: End,
    pub(super) ended_at: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Answered {
        status: StatusCode,
        said: Said,
    },
    HungUp,
    Panicked,
    Hangs,
    /// What is no request from a browser: whether it succeeded.
    Revoked(bool),
}

/// A rule that was not kept.
#[derive(Clone, Debug)]
pub(super) struct Violation {
    pub(super) rule: &'static str,
    pub(super) what: String,
}

impl Violation {
    pub(super) fn new(rule: &'static str, what: impl Into<String>) -> Self {
        let what = what.into();
        Self { rule, what }
    }
}

impl Request {
    pub(super) fn said(&self) -> &Said {
        match &self.end {
            End::Answered { said, .. } => said,
            _ => &Said::Nothing,
        }
    }

    /// Whether the response says that the session's changes are stored.
    ///
    /// What the handler itself failed in is no answer about them.
    pub(super) fn is_promised(&self) -> bool {
        let promises = |status: StatusCode| status.is_success() || status == HANDLER_FAILED;
        matches!(self.end, End::Answered { status, .. } if promises(status))
    }

    /// The operations that were made without an error, and not dropped by a save that told so.
    pub(super) fn made(&self) -> impl DoubleEndedIterator<Item = (usize, Op)> {
        let done = self.notes.done.iter().enumerate();
        let drops = |done: &Done| {
            done.failed
                .as_ref()
                .is_some_and(|error| drops(done.op, error))
        };
        let dropped = self.notes.done.iter().rposition(drops);
        done.skip(dropped.map_or(0, |last| last + 1))
            .filter(|(_, done)| done.failed.is_none())
            .map(|(index, done)| (index, done.op))
    }

    pub(super) fn opened(&self) -> Option<SessionId> {
        self.notes.opened.as_ref()?.id
    }

    /// The step in which the handler got its session.
    pub(super) fn opened_at(&self) -> usize {
        let opened = self.notes.opened.as_ref();
        opened.map_or(self.ended_at, |opened| opened.at)
    }
}

/// Whether a save that failed so leaves nothing for another one. What the storage failed at is tried again.
fn drops(op: Op, error: &str) -> bool {
    let is_save = matches!(op, Op::Save | Op::TrySave);
    is_save && !error.starts_with("Storage") && !error.starts_with("Conflict")
}

impl Run {
    pub(super) fn visits(&self) -> impl Iterator<Item = &Request> {
        let is_visit = |request: &&Request| {
            let planned = self.plan.request(request.number);
            matches!(planned, Some(Planned::Visit { .. }))
        };
        self.requests.iter().filter(is_visit)
    }

    pub(super) fn request(&self, number: usize) -> Option<&Request> {
        self.requests
            .iter()
            .find(|request| request.number == number)
    }

    /// Whether `test` holds for an operation that whoever made a change had made before.
    ///
    /// Where that is not known, it may have been anybody.
    pub(super) fn changed_by(&self, change: &Change, test: impl Fn(Op) -> bool) -> bool {
        let may_have = |request: &&Request| change.caller.is_none_or(|n| n == request.number);
        let mut requests = self.requests.iter().filter(may_have);
        // What an answer of the storage lets a handler do comes after that answer.
        let is_before = |done: &&Done| done.at < change.at && done.failed.is_none();
        requests.any(|request| {
            let mut done = request.notes.done.iter().filter(is_before);
            done.any(|done| test(done.op))
        })
    }

    /// Whether the record was away at some moment after `from` began and before `to` ended.
    pub(super) fn was_absent(&self, id: SessionId, from: usize, to: usize) -> bool {
        let mut during = self.ledger.during(id, from, to);
        during.any(|record| record.is_none())
    }

    /// The changes of a record by others than `number`, after step `from` and until `to`.
    pub(super) fn changes_by_others(
        &self,
        number: usize,
        id: SessionId,
        from: usize,
        to: usize,
    ) -> impl Iterator<Item = &Change> {
        let changes = self.ledger.changes.iter();
        changes.filter(move |change| {
            change.id == id && change.at > from && change.at <= to && change.caller != Some(number)
        })
    }

    /// Whether a change gave the session another secret since somebody logged in, logged out, or asked for it.
    pub(super) fn is_renewal(&self, change: &Change) -> bool {
        let (Some(before), Some(after)) = (&change.before, &change.after) else {
            return false;
        };
        before.digest != after.digest && self.changed_by(change, Op::renews)
    }

    /// The earliest moment that a request may have seen of a record if it looked in step `step`.
    pub(super) fn seen_from(&self, id: SessionId, step: usize) -> usize {
        match self.over {
            Over::Memory => step,
            Over::Cached => self.ledger.remembered(id, step),
            // The cache of the other node may be behind by as much as it may: the schedule's time stands.
            Over::Nodes => self.ledger.created(id).unwrap_or(step),
        }
    }

    /// The records that are stored in the end.
    pub(super) fn left(&self) -> impl Iterator<Item = (SessionId, &Arc<SessionRecord>)> {
        let stored = self.ledger.stored.iter();
        stored.filter_map(|(id, record)| Some((*id, record.as_ref()?)))
    }
}
