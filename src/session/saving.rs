use std::sync::Arc;

use super::attempt::Attempt;
use super::changes::Changes;
use super::error::SessionError;
use super::limits::Limits;
use super::operation::{Operation, Operations, log_out};
use super::session::Session;
use super::state::{Phase, State, Status};
use super::stored::Stored;
use crate::record::{SessionId, Timestamp};

/// What is to be done to the storage next, for one session.
pub(crate) enum Change {
    /// Nothing: there is no record, and none is worth creating.
    None,
    /// The record was only looked at.
    Read(Stored),
    /// The handler destroyed the record.
    Delete(Stored),
    /// A record is to be created or changed. `is_repeated` tells that it failed before, and that more may follow.
    Write { attempt: Attempt, is_repeated: bool },
}

impl Session {
    /// Decides what is to be done to the storage next.
    pub(crate) fn next_change(
        &self,
        now: Timestamp,
        limits: &Limits,
    ) -> Result<Change, SessionError> {
        let (decided, was_changed, id) = self.with(|state| {
            let was_changed = state.has_operations();
            (state.decide(now, limits), was_changed, state.any_id())
        });
        if was_changed && let Err(SessionError::Ended) = decided {
            let id = id.map(tracing::field::display);
            tracing::info!(session.id = id, "changes dropped: the session has ended");
        }
        decided
    }

    /// Notes that the storage has taken an attempt.
    pub(crate) fn saved(&self, attempt: &Attempt) {
        let held = attempt.made();
        self.with(|state| {
            if held.is_some() {
                state.held = held;
            }
            state.offers_binding |= attempt.any(Operation::offers_binding);
            state.logs_out |= attempt.logs_out().is_some();
            state.seen_before = None;
            state.settle(attempt.outcome());
        });
    }

    /// Keeps an attempt that failed, so that another save can try it again.
    pub(crate) fn failed(&self, attempt: Attempt) {
        self.with(|state| state.keep(Box::new(attempt)));
    }

    /// Notes that an attempt was refused, its changes with it.
    pub(crate) fn refused(&self) {
        self.with(|state| {
            state.saving = None;
            state.rebase();
        });
    }

    /// Notes that another request has given the session a secret that this one does not know. What it changed may yet
    /// be saved, as if it had come before.
    pub(crate) fn lose_secret(&self) {
        self.with(|state| state.held = None);
    }

    /// Notes that the session is another's from now on: all that this request could still change is saved.
    pub(crate) fn superseded(&self) {
        self.with(State::supersede);
    }

    /// Notes that the record is no more.
    pub(crate) fn ended(&self) {
        self.with(State::end);
    }

    /// Notes that the storage has deleted what the handler destroyed.
    pub(crate) fn deleted(&self, id: SessionId) {
        self.with(|state| state.deleted(id));
    }

    /// Notes that the storage has deleted the session, as this request wanted while another one renewed it.
    pub(crate) fn logged_out(&self, stored: &Stored) {
        self.with(|state| {
            state.end();
            state.logs_out |= stored.record.owner.is_some();
            state.deleted(stored.id);
        });
    }

    /// Replaces the record by what the storage holds now, under what was written since.
    pub(crate) fn refresh(&self, stored: Stored) {
        self.with(|state| {
            state.seen_before = None;
            state.settle(stored);
        });
    }

    /// Notes that a touch has moved the session's end, unless it was saved meanwhile.
    pub(crate) fn touched(&self, stored: Stored) {
        self.with(|state| {
            let known = state.status.live().map(|it| &it.record);
            let known = known.filter(|it| it.version == stored.record.version);
            if let Some(last_seen) = known.map(|it| it.last_seen) {
                state.seen_before.get_or_insert(last_seen);
                state.settle(stored);
            }
        });
    }

    /// Sends the session's cookie again, if the request knows its secret.
    pub(crate) fn send_again(&self) {
        self.with(|state| {
            if let Some(held) = &mut state.held {
                held.send_again();
            }
        });
    }
}

impl State {
    fn decide(&mut self, now: Timestamp, limits: &Limits) -> Result<Change, SessionError> {
        if self.phase == Phase::Failed {
            self.discard();
            return Err(SessionError::Ended);
        }
        if let Status::Superseded { .. } = self.status
            && let Some(changes) = &self.changes
            && log_out(&changes.operations)
        {
            self.destroy();
        }
        if let Some(doomed) = self.doomed() {
            return Ok(Change::Delete(doomed.clone()));
        }
        let error = match self.status {
            Status::Destroyed(_) | Status::Visitor | Status::Live(_) => {
                return self.decide_write(now, limits);
            }
            // The request came too late, or a log-in of its did.
            Status::Superseded { was_open, .. } if !was_open || self.any(Operation::renews) => {
                SessionError::Superseded
            }
            Status::Superseded { .. } | Status::Ended(_) => SessionError::Ended,
        };
        if !self.has_operations() {
            return Ok(Change::None);
        }
        self.discard();
        Err(error)
    }

    fn decide_write(&mut self, now: Timestamp, limits: &Limits) -> Result<Change, SessionError> {
        if let Some(mut failed) = self.failed.take() {
            if let Some(stored) = self.status.live() {
                failed.keep_touches(&stored.record, &limits.timeouts);
            }
            return Ok(Change::Write {
                attempt: *failed,
                is_repeated: true,
            });
        }
        let stored = self.status.live().cloned();
        let record = stored.as_ref().map(|stored| &stored.record);
        let matter = |changes: &Changes| changes.matter(record.map(Arc::as_ref));
        let changes = match self.changes.take() {
            Some(changes) if !matter(&changes) => {
                self.give_up_all_but_attributes(changes);
                None
            }
            changes => changes,
        };
        let upkeep = self.upkeep(now, limits);
        if changes.is_none() && upkeep.is_none() {
            return Ok(stored.map_or(Change::None, Change::Read));
        }
        let changes = changes.unwrap_or_else(|| Box::new(Changes::of(record.map(Arc::as_ref))));
        let (id, secret) = match self.identify(&changes, upkeep, now, &limits.random) {
            Ok(identity) => identity,
            Err(error) => {
                self.changes = Some(changes);
                return Err(SessionError::Random(error.into()));
            }
        };
        let attempt = Attempt::begin(id, record.cloned(), changes, secret, now, limits);
        self.saving = Some(attempt.outcome());
        Ok(Change::Write {
            attempt,
            is_repeated: false,
        })
    }

    /// Keeps what an attempt that failed has changed, for another save, unless it is given up.
    fn keep(&mut self, mut attempt: Box<Attempt>) {
        // Nobody would get the cookie.
        if self.phase == Phase::Abandoned && (attempt.creates() || attempt.any(Operation::renews)) {
            self.phase = Phase::Failed;
        }
        let is_given_up = self.phase == Phase::Failed
            || matches!(self.status, Status::Destroyed(_))
            || attempt.is_upkeep()
            || attempt.is_unknown();
        if attempt.creates() && self.status.live().is_some() {
            // It was destroyed while it was under way, and that was taken back.
            self.status = Status::Visitor;
        }
        if !is_given_up && attempt.is_unanswered() {
            self.saving = Some(attempt.outcome());
            self.failed = Some(attempt);
            return;
        }
        self.saving = None;
        if is_given_up {
            self.discarded.extend(attempt.take_operations());
            self.rebase();
        } else {
            // Nothing was written: it comes before what was changed since, in one write.
            self.changes = Some(attempt.into_changes(self.changes.take()));
        }
    }

    /// Of changes that are worth no write, keeps what a visitor without a record says about the one that they may yet
    /// get.
    fn give_up_all_but_attributes(&mut self, mut changes: Box<Changes>) {
        let all = std::mem::take(&mut changes.operations);
        if self.status.live().is_some() {
            self.discarded.extend(all);
            return;
        }
        let (kept, given_up) = all.into_iter().partition(Operation::is_attribute);
        changes.operations = kept;
        self.discarded.extend::<Operations>(given_up);
        self.changes = Some(changes).filter(|changes| !changes.operations.is_empty());
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;
    use crate::record::{Digest, SessionRecord};
    use crate::session::Opened;

    #[test]
    fn a_touch_that_answers_late_takes_back_nothing_that_was_saved_meanwhile() {
        let (then, now) = (Timestamp::MIN, Timestamp::MAX);
        let id = uuid::Uuid::from_bytes([1; 16]).into();
        let mut record = SessionRecord::new(Digest::from([1; 32]), then, then);
        let first = Stored {
            id,
            record: Arc::new(record.clone()),
        };
        record.version = record.version.next();
        let second = Stored {
            id,
            record: Arc::new(record),
        };
        let session = Session::default();
        session.open(then, Opened::Live(first.clone(), None, Vec::new()));
        session.refresh(second.clone());
        session.touched(first.touched(now, now));
        assert_eq!(session.live().unwrap().record, second.record);
        session.touched(second.touched(now, now));
        assert_eq!(session.live().unwrap().record.expires_at, now);
    }
}
