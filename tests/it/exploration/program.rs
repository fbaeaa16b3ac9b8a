//! What the handler of a request does: a short list of operations, and notes of how each went.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use axum::Extension;
use axum::http::StatusCode;
use axum_bare_session::{SessionData, SessionError, SessionId};
use tokio::sync::Notify;

use super::storage::Shared;

/// The key of a list with an entry for each update that counted: a counter that tells them apart.
pub(super) const COUNT: &str = "count";
/// What a handler answers that met an error itself, to tell its answer from the middleware's.
pub(super) const HANDLER_FAILED: StatusCode = StatusCode::IM_A_TEAPOT;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Read,
    Insert(&'static str),
    Update,
    Remove(&'static str),
    Take(&'static str),
    Clear,
    LogIn(&'static str),
    Renew,
    LogOut,
    LogOutKeeping(&'static str),
    /// The handler saves, and gives up if that fails.
    Save,
    /// The handler saves, and goes on if that fails.
    TrySave,
    Reload,
}

impl Op {
    /// Whether it gives the session another secret because of what the visitor may do from then on.
    pub(super) const fn renews(self) -> bool {
        matches!(self, Self::LogIn(_) | Self::Renew | Self::LogOutKeeping(_))
    }

    /// Whether it may take what is under `key` away.
    pub(super) fn may_remove(self, key: &str) -> bool {
        match self {
            Self::Insert(other) | Self::Remove(other) | Self::Take(other) => other == key,
            Self::LogOutKeeping(kept) => kept != key,
            Self::Clear | Self::LogIn(_) | Self::LogOut => true,
            _ => false,
        }
    }
}

/// A request's program, and what came of it.
pub(super) struct Visit {
    pub(super) number: usize,
    pub(super) ops: Vec<Op>,
    pub(super) shared: Arc<Shared>,
    /// Holds the handler once it has its session, so that others may come before its operations.
    pub(super) gate: Notify,
    pub(super) notes: Mutex<Notes>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    pub(super) opened: Option<Opened>,
    /// Whether the gate was opened.
    pub(super) went_on: bool,
    pub(super) done: Vec<Done>,
    /// The step in which the handler returned.
    pub(super) returned_at: Option<usize>,
}

/// The session as the handler got it.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    pub(super) at: usize,
    pub(super) id: Option<SessionId>,
    pub(super) values: BTreeMap<String, String>,
}

/// An operation that was made.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) op: Op,
    pub(super) at: usize,
    pub(super) failed: Option<String>,
    /// What a take found.
    pub(super) found: Option<u64>,
}

/// The value that only this operation of this request writes.
pub(super) const fn value_of(request: usize, index: usize) -> u64 {
    (request * 10 + index) as u64
}

/// The request that wrote a value.
pub(super) const fn author_of(value: u64) -> usize {
    value as usize / 10
}

pub(super) async fn handle(
    Extension(visit): Extension<Arc<Visit>>,
    session: SessionData,
) -> StatusCode {
    visit.open(&session);
    visit.gate.notified().await;
    let mut status = StatusCode::OK;
    for (index, op) in visit.ops.iter().enumerate() {
        let outcome = perform(op, value_of(visit.number, index), &session).await;
        let failed = outcome.as_ref().err().map(|error| format!("{error:?}"));
        let stops = failed.is_some() && *op != Op::TrySave;
        visit.notes.lock().unwrap().done.push(Done {
            op: *op,
            at: visit.step(),
            failed,
            found: outcome.ok().flatten(),
        });
        if stops {
            status = HANDLER_FAILED;
            break;
        }
    }
    visit.notes.lock().unwrap().returned_at = Some(visit.step());
    status
}

async fn perform(op: &Op, value: u64, session: &SessionData) -> Result<Option<u64>, SessionError> {
    match *op {
        Op::Read => session.get::<Vec<u64>>(COUNT).map(|_| None),
        Op::Insert(key) => session.insert(key, value).map(|()| None),
        Op::Update => session
            .update(COUNT, move |counted: Option<Vec<u64>>| {
                let mut counted = counted.unwrap_or_default();
                counted.push(value);
                counted
            })
            .map(|_| None),
        Op::Remove(key) => {
            session.remove(key);
            Ok(None)
        }
        Op::Take(key) => session.take::<u64>(key),
        Op::Clear => {
            session.clear();
            Ok(None)
        }
        Op::LogIn(owner) => session.log_in(owner).map(|()| None),
        Op::Renew => session.renew().map(|()| None),
        Op::LogOut => {
            session.log_out();
            Ok(None)
        }
        Op::LogOutKeeping(key) => session.log_out_keeping([key]).map(|()| None),
        Op::Save | Op::TrySave => session.save().await.map(|()| None),
        Op::Reload => session.reload().await.map(|_| None),
    }
}

impl Visit {
    fn step(&self) -> usize {
        self.shared.step.load(Ordering::Relaxed)
    }

    fn open(&self, session: &SessionData) {
        let value = |key: &String| session.get::<serde_json::Value>(key).unwrap();
        let pairs = session.keys().into_iter();
        let values = pairs.filter_map(|key| Some((value(&key)?.to_string(), key)));
        self.notes.lock().unwrap().opened = Some(Opened {
            at: self.step(),
            id: session.id(),
            values: values.map(|(json, key)| (key, json)).collect(),
        });
    }
}
