use std::sync::Arc;

use super::SessionError;
use super::attempt::Attempt;
use super::limits::Limits;
use super::request::Session;
use super::state::{Phase, State, Stored};
use crate::record::Timestamp;

/// What is to be done to the storage next, for one session.
#[derive(Debug)]
pub(crate) enum Change {
    /// Nothing: there is no record, and none is worth creating.
    None,
    /// The record was only looked at.
    Read(Stored),
    /// The handler destroyed the record.
    Destroy(Stored),
    /// A record is to be created or changed.
    Write(Attempt),
    /// The record expired while the handler was at work. `dropped` tells whether changes went with it.
    Expired { stored: Stored, dropped: bool },
}

impl Session {
    /// Decides what is to be done to the storage next.
    pub(crate) fn next_change(
        &self,
        now: Timestamp,
        limits: &Limits,
    ) -> Result<Change, SessionError> {
        let mut change = self.state().decide(now, limits)?;
        // Closures of the application's run here, not under the lock.
        if let Change::Write(attempt) = &mut change
            && let Err(error) = attempt.refresh(now, limits)
        {
            self.failed(attempt);
            return Err(error);
        }
        Ok(change)
    }

    /// Notes that the storage has taken an attempt.
    pub(crate) fn saved(&self, attempt: &Attempt) {
        let mut state = self.state();
        if attempt.secret().is_some() {
            state.opened_by = None;
        }
        state.settle(Stored {
            id: attempt.id,
            record: Arc::clone(&attempt.record),
        });
    }

    /// Notes that an attempt was decided against, its changes with it, and that the storage holds `stored`.
    pub(crate) fn withdrawn(&self, stored: Option<Stored>) {
        let mut state = self.state();
        match stored {
            Some(stored) => state.settle(stored),
            None => {
                state.saving = None;
                state.stored = None;
                if let Some(changes) = &mut state.changes {
                    changes.stale = true;
                }
            }
        }
    }

    /// Takes back the changes of an attempt that failed, so that another save can try them again.
    pub(crate) fn failed(&self, attempt: &mut Attempt) {
        let mut state = self.state();
        if state.has_destroyed(attempt.id) {
            return;
        }
        if attempt.is_upkeep() && state.changes.is_none() {
            state.saving = None;
            return;
        }
        // The draft of what was written since was made over the record that was on its way.
        let changes = state.changes();
        let later = std::mem::replace(&mut changes.operations, attempt.take_operations());
        changes.operations.extend(later);
        changes.stale = true;
        state.saving = None;
    }
}

impl State {
    fn decide(&mut self, now: Timestamp, limits: &Limits) -> Result<Change, SessionError> {
        if self.phase == Phase::Panicked {
            return Ok(Change::None);
        }
        if let Some(destroyed) = &self.destroyed {
            return Ok(Change::Destroy(destroyed.clone()));
        }
        if self.ended {
            let dropped = self.changes.take();
            return dropped.map_or(Ok(Change::None), |_| Err(SessionError::Ended));
        }
        if let Some(stored) = &self.stored
            && !stored.record.is_live(&limits.timeouts, now)
        {
            let (stored, dropped) = (stored.clone(), self.has_operations());
            self.end(stored.id);
            return Ok(Change::Expired { stored, dropped });
        }
        let attempt = Attempt::begin(self, now, limits)?;
        let looked_at = || self.stored.clone().map_or(Change::None, Change::Read);
        Ok(attempt.map_or_else(looked_at, Change::Write))
    }
}
