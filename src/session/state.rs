use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use super::SessionError;
use super::attempt::Attempt;
use super::draft::Draft;
use super::operation::Operation;
use crate::record::{SessionId, SessionRecord, Timeouts, Values};

/// One request's session: the record as it was loaded, and the request's changes beside it.
pub(crate) struct Session {
    state: Mutex<State>,
    pub(super) limits: Limits,
}

/// What bounds every session of a service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) timeouts: Timeouts,
    /// The bytes that the keys and values of a session may take.
    pub(crate) max_size: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeouts: Timeouts::default(),
            max_size: 64 * 1024,
        }
    }
}

/// A record as it is in the storage, as far as this request knows.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) id: SessionId,
    pub(crate) record: Arc<SessionRecord>,
}

impl Stored {
    /// The record as a touch left it.
    pub(crate) fn touched(&self, last_seen: OffsetDateTime, expires_at: OffsetDateTime) -> Self {
        let mut record = SessionRecord::clone(&self.record);
        record.last_seen = last_seen;
        record.expires_at = expires_at;
        Self {
            id: self.id,
            record: Arc::new(record),
        }
    }
}

pub(super) struct State {
    /// When the request opened the session.
    pub(super) now: OffsetDateTime,
    pub(super) stored: Option<Stored>,
    /// The record that is on its way to the storage.
    pub(super) saving: Option<Arc<SessionRecord>>,
    /// The record that `destroy` gave up, until the storage has deleted it.
    pub(super) destroyed: Option<Stored>,
    /// Allocated at the first write.
    pub(super) changes: Option<Box<Changes>>,
    pub(super) phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The handler is at work.
    Open,
    /// The response is on its way: what needs a cookie comes too late.
    Sent,
    /// A handler panicked with the session in its hands: nothing of it is saved.
    Panicked,
    /// The record was destroyed, revoked or renewed meanwhile, or expired: nothing more is saved.
    Ended,
}

pub(super) struct Changes {
    pub(super) operations: Vec<Operation>,
    /// What the operations make of the record: what the handler reads.
    pub(super) draft: Draft,
    /// Whether the draft was made over another record than the one that is stored.
    pub(super) stale: bool,
}

/// What is to be done to the storage next, for one session.
#[derive(Debug)]
pub(crate) enum Change {
    /// Nothing: there is no record, and none is worth creating.
    None,
    /// The record was only looked at.
    Read(Stored),
    /// The handler destroyed the record.
    Destroy(SessionId),
    /// A record is to be created or changed.
    Write(Attempt),
    /// The record expired while the handler was at work. `dropped` tells whether changes went with it.
    Expired { id: SessionId, dropped: bool },
}

impl Changes {
    /// Whether they make a difference to what is stored.
    pub(super) fn matter(&self, stored: &Option<Stored>) -> bool {
        let Some(Stored { record, .. }) = stored else {
            return self.draft.is_worth_keeping();
        };
        let changes = |operation: &Operation| operation.changes(&record.values, &self.draft);
        self.stale || self.draft.remember != record.remember || self.operations.iter().any(changes)
    }

    /// Puts the operations over another record. An update shows its former outcome until a save calls its closure again.
    fn rebase(&mut self, record: &SessionRecord) {
        let former = std::mem::replace(&mut self.draft, Draft::of(record));
        for operation in &mut self.operations {
            operation.preview(&mut self.draft, &former.values);
        }
        self.stale = true;
    }
}

impl State {
    /// The record that the handler's changes start from.
    pub(super) fn base(&self) -> Option<&Arc<SessionRecord>> {
        let stored = self.stored.as_ref().map(|stored| &stored.record);
        self.saving.as_ref().or(stored)
    }

    pub(super) fn values(&self) -> Option<&Values> {
        match &self.changes {
            Some(changes) => Some(&changes.draft.values),
            None => self.base().map(|record| &record.values),
        }
    }

    pub(super) fn changes(&mut self) -> &mut Changes {
        let base = self.base().cloned();
        self.changes.get_or_insert_with(|| {
            Box::new(Changes {
                operations: Vec::new(),
                draft: base.as_deref().map(Draft::of).unwrap_or_default(),
                stale: false,
            })
        })
    }

    /// Whether there are operations that no save has taken.
    pub(super) fn has_operations(&self) -> bool {
        let changes = self.changes.as_ref();
        changes.is_some_and(|changes| !changes.operations.is_empty())
    }

    /// Makes `stored` what the storage holds, under what was written since.
    pub(super) fn settle(&mut self, stored: Stored) {
        if let Some(changes) = &mut self.changes {
            changes.rebase(&stored.record);
        }
        self.saving = None;
        self.stored = Some(stored);
    }

    pub(super) fn next_change(
        &mut self,
        now: OffsetDateTime,
        limits: &Limits,
    ) -> Result<Change, SessionError> {
        // A save that was given up half-way leaves this behind.
        self.saving = None;
        match (self.phase, &self.destroyed, &self.stored) {
            (Phase::Panicked, ..) => Ok(Change::None),
            (_, Some(destroyed), _) => Ok(Change::Destroy(destroyed.id)),
            (Phase::Ended, ..) if self.has_operations() => Err(SessionError::Ended),
            (Phase::Ended, ..) => Ok(Change::None),
            (_, None, Some(stored)) if !stored.record.is_live(&limits.timeouts, now) => {
                let id = stored.id;
                let dropped = self.has_operations();
                self.end();
                Ok(Change::Expired { id, dropped })
            }
            (_, None, _) => Attempt::begin(self, now, limits),
        }
    }

    /// Nothing more of this session is saved.
    fn end(&mut self) {
        self.phase = Phase::Ended;
        self.saving = None;
        self.changes = None;
    }
}

impl Session {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            state: Mutex::new(State {
                now: OffsetDateTime::UNIX_EPOCH,
                stored: None,
                saving: None,
                destroyed: None,
                changes: None,
                phase: Phase::Open,
            }),
            limits,
        }
    }

    /// Begins the request's session with what the storage holds at `now`.
    pub(crate) fn open(&self, now: OffsetDateTime, stored: Option<Stored>) {
        let mut state = self.state();
        state.now = now;
        state.stored = stored;
    }

    /// Notes that no cookie can be sent from now on.
    pub(crate) fn response_sent(&self) {
        self.leave_open(Phase::Sent);
    }

    /// Notes that a handler panicked with the session in its hands.
    pub(crate) fn panicked(&self) {
        self.leave_open(Phase::Panicked);
    }

    /// Notes that the record is no more, and drops what was changed with it.
    pub(crate) fn end(&self) {
        self.state().end();
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

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // No code of the application's runs under this lock, so nothing half-done stands behind a poisoned one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave_open(&self, phase: Phase) {
        let mut state = self.state();
        if state.phase != Phase::Open {
            return;
        }
        state.phase = phase;
        if phase == Phase::Panicked && state.has_operations() {
            let id = state.stored.as_ref().map(|stored| stored.id);
            tracing::warn!(
                session.id = id.map(tracing::field::display),
                "changes dropped: a handler panicked with the session in its hands"
            );
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let state = self.state.get_mut();
        let state = state.unwrap_or_else(PoisonError::into_inner);
        if matches!(state.phase, Phase::Sent | Phase::Ended) && state.has_operations() {
            let id = state.stored.as_ref().map(|stored| stored.id);
            tracing::warn!(
                session.id = id.map(tracing::field::display),
                "changes that were made to the session after the response are lost: call `save` after them"
            );
        }
    }
}
