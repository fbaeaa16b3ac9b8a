use std::sync::{Mutex, MutexGuard, PoisonError};

use super::limits::Limits;
use super::operation::Operation;
use super::state::{Phase, State, Stored};
use crate::record::{Opens, SessionId, Timestamp};

/// One request's session: the record as it was loaded, and the request's changes beside it.
pub(crate) struct Session {
    state: Mutex<State>,
}

/// What the middleware has to do for a session whose handler has returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Concluded {
    /// Nothing: no handler asked for the session.
    Ignored,
    /// It was only looked at, and that not for the first time in a while.
    Unchanged,
    /// The storage is to hear of it.
    Due,
}

impl Session {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State::new()),
        }
    }

    /// Begins the request's session with what the storage holds at `now`, unless another extractor did so meanwhile.
    pub(crate) fn open(&self, now: Timestamp, opened: Option<(Stored, Opens)>) -> bool {
        let mut state = self.state();
        if state.opened_at.is_some() {
            return false;
        }
        state.opened_at = Some(now);
        let (stored, opened_by) = opened.unzip();
        state.stored = stored;
        state.opened_by = opened_by;
        true
    }

    /// Whether an extractor has asked for the session.
    pub(crate) fn is_open(&self) -> bool {
        self.state().opened_at.is_some()
    }

    /// Notes that the handler has returned, so that no cookie can be asked for from now on.
    pub(crate) fn conclude(&self, limits: &Limits) -> Concluded {
        let mut state = self.state();
        let concluded = match (state.opened_at, &state.stored) {
            (None, _) => Concluded::Ignored,
            // A clone's save may be under way: the response waits for it, since it may bring a cookie.
            _ if state.changes.is_some() || state.saving.is_some() => Concluded::Due,
            _ if state.destroyed.is_some() => Concluded::Due,
            (Some(now), _) if state.upkeep(now, limits).is_some() => Concluded::Due,
            (Some(now), Some(Stored { record, .. })) if limits.is_touch_due(record, now) => {
                Concluded::Due
            }
            _ => Concluded::Unchanged,
        };
        if state.phase == Phase::Open {
            state.phase = match concluded {
                Concluded::Due => Phase::Committing,
                Concluded::Ignored | Concluded::Unchanged => Phase::Sent,
            };
        }
        concluded
    }

    /// Notes that what the handler changed is saved.
    pub(crate) fn committed(&self) {
        let mut state = self.state();
        if state.phase == Phase::Committing {
            state.phase = Phase::Sent;
        }
    }

    /// Notes that a handler panicked with the session in its hands.
    pub(crate) fn panicked(&self) {
        let mut state = self.state();
        if state.phase != Phase::Open {
            return;
        }
        state.phase = Phase::Panicked;
        if state.is_unsaved() {
            tracing::warn!(
                session.id = state.id().map(tracing::field::display),
                "changes dropped: a handler panicked with the session in its hands"
            );
        }
    }

    /// Notes that the record of that id is no more, and drops what was changed with it.
    pub(crate) fn end(&self, id: SessionId) {
        self.state().end(id);
    }

    /// Drops whatever was changed or destroyed: the response says that nothing was saved.
    pub(crate) fn give_up(&self) {
        let mut state = self.state();
        state.ended = true;
        state.saving = None;
        state.destroyed = None;
        state.changes = None;
    }

    /// Notes that the record of that id is no more. What was changed is dropped by the next save, which says so.
    pub(crate) fn lost(&self, id: SessionId) {
        let mut state = self.state();
        if !state.has_destroyed(id) {
            state.ended = true;
        }
    }

    /// Notes that the storage has deleted what the handler destroyed.
    pub(crate) fn deleted(&self) {
        self.state().destroyed = None;
    }

    /// Replaces the record by what the storage holds now, under what was written since.
    pub(crate) fn refresh(&self, stored: Stored) {
        self.state().settle(stored);
    }

    pub(crate) fn stored(&self) -> Option<Stored> {
        self.state().stored.clone()
    }

    pub(crate) fn is_destroyed(&self) -> bool {
        self.state().destroyed.is_some()
    }

    /// Whether another request has given the session a new secret, and so answers with its cookie.
    pub(crate) fn is_renewed_by_another(&self) -> bool {
        self.state().opened_by == Some(Opens::WithFormer)
    }

    /// Whether a log-in is waiting to be saved.
    pub(crate) fn logs_in(&self) -> bool {
        let state = self.state();
        let mut operations = state.changes.iter().flat_map(|changes| &changes.operations);
        operations.any(Operation::is_log_in)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // No code of the application's runs under this lock, so nothing half-done stands behind a poisoned one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let state = self.state.get_mut();
        let state = state.unwrap_or_else(PoisonError::into_inner);
        // Where the client hung up during the handler or the commit, nobody was promised anything.
        if state.phase == Phase::Sent && state.is_unsaved() {
            tracing::warn!(
                session.id = state.id().map(tracing::field::display),
                "changes that were made to the session after the response are lost: call `save` after them"
            );
        }
    }
}
