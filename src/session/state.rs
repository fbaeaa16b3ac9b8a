use std::sync::Arc;

use super::draft::Draft;
use super::operation::{Operation, Operations};
use crate::record::{Opens, SessionId, SessionRecord, Timestamp, Values};

/// A record as it is in the storage, as far as this request knows.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) id: SessionId,
    pub(crate) record: Arc<SessionRecord>,
}

impl Stored {
    /// The record as a touch left it.
    pub(crate) fn touched(&self, last_seen: Timestamp, expires_at: Timestamp) -> Self {
        let mut record = SessionRecord::clone(&self.record);
        record.last_seen = last_seen;
        record.expires_at = expires_at;
        Self {
            id: self.id,
            record: Arc::new(record),
        }
    }
}

/// Where one request's session stands.
pub(super) struct State {
    /// When the request opened the session; `None` before.
    pub(super) opened_at: Option<Timestamp>,
    /// Which secret of the stored record the browser is known to have; `None` where this request made its secret.
    pub(super) opened_by: Option<Opens>,
    pub(super) stored: Option<Stored>,
    /// What is on its way to the storage.
    pub(super) saving: Option<Stored>,
    /// The record that `destroy` gave up, until the storage has deleted it.
    pub(super) destroyed: Option<Stored>,
    /// Allocated at the first write.
    pub(super) changes: Option<Box<Changes>>,
    pub(super) phase: Phase,
    /// Whether the record was destroyed, revoked or renewed by another request, or expired: nothing more is saved over it.
    pub(super) ended: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The handler is at work.
    Open,
    /// The handler has returned, and what it changed is being saved.
    Committing,
    /// The response is on its way. What is written now needs a save of its own.
    Sent,
    /// A handler panicked with the session in its hands: nothing of it is saved.
    Panicked,
}

/// What a request has changed and not saved yet.
pub(super) struct Changes {
    pub(super) operations: Operations,
    /// What the operations make of the record: what the handler reads.
    pub(super) draft: Draft,
    /// Whether the draft was made over another record than the one that is stored.
    pub(super) stale: bool,
}

impl Changes {
    /// None yet, over a record.
    pub(super) fn of(record: Option<&SessionRecord>) -> Self {
        Self {
            operations: Operations::new(),
            draft: record.map(Draft::of).unwrap_or_default(),
            stale: false,
        }
    }

    /// Whether they make a difference to what is stored.
    pub(super) fn matter(&self, stored: &Option<Stored>) -> bool {
        let Some(Stored { record, .. }) = stored else {
            return self.stale || self.draft.is_worth_keeping();
        };
        let changes = |operation: &Operation| operation.changes(&record.values, &self.draft);
        self.stale || self.draft.describes_otherwise(record) || self.operations.iter().any(changes)
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
    pub(super) fn new() -> Self {
        Self {
            opened_at: None,
            opened_by: None,
            stored: None,
            saving: None,
            destroyed: None,
            changes: None,
            phase: Phase::Open,
            ended: false,
        }
    }

    /// The record that the handler's changes start from.
    pub(super) fn base(&self) -> Option<&Arc<SessionRecord>> {
        let stored = self.saving.as_ref().or(self.stored.as_ref());
        stored.map(|stored| &stored.record)
    }

    pub(super) fn values(&self) -> Option<&Values> {
        match &self.changes {
            Some(changes) => Some(&changes.draft.values),
            None => self.base().map(|record| &record.values),
        }
    }

    pub(super) fn changes(&mut self) -> &mut Changes {
        let changes = self.changes.take();
        let changes =
            changes.unwrap_or_else(|| Box::new(Changes::of(self.base().map(Arc::as_ref))));
        self.changes.insert(changes)
    }

    /// Drops changes that are worth no write. A visitor without a record may yet get one, which they then say something about.
    pub(super) fn drop_what_does_not_matter(&mut self) {
        let is_new = self.stored.is_none();
        self.changes.take_if(|changes| {
            changes
                .operations
                .retain(|operation| operation.is_attribute());
            !is_new || changes.operations.is_empty()
        });
    }

    /// Whether there are operations that no save has taken. Where there is no record, what is said about one is none by itself.
    pub(super) fn has_operations(&self) -> bool {
        let is_new = self.stored.is_none();
        let operations = self.changes.iter().flat_map(|changes| &changes.operations);
        operations
            .into_iter()
            .any(|operation| !is_new || !operation.is_attribute())
    }

    /// Whether something was written or destroyed that no save has taken.
    pub(super) fn is_unsaved(&self) -> bool {
        self.has_operations() || self.destroyed.is_some()
    }

    /// The session's id, or that of the one that was destroyed.
    pub(super) fn id(&self) -> Option<SessionId> {
        let stored = self.stored.as_ref().or(self.destroyed.as_ref());
        stored.map(|stored| stored.id)
    }

    /// Whether the handler has destroyed the record of that id, and the storage has not deleted it yet.
    pub(super) fn has_destroyed(&self, id: SessionId) -> bool {
        let destroyed = self.destroyed.as_ref();
        destroyed.is_some_and(|destroyed| destroyed.id == id)
    }

    /// Makes `stored` what the storage holds, under what was written since.
    pub(super) fn settle(&mut self, stored: Stored) {
        // Destroyed while the storage was at work: what was written since is another session's.
        if self.has_destroyed(stored.id) {
            return;
        }
        if let Some(changes) = &mut self.changes {
            changes.rebase(&stored.record);
        }
        let before = self.stored.as_ref().map(|before| before.record.digest);
        if self.opened_by.is_some() && before.is_some_and(|before| before != stored.record.digest) {
            // Another request has renewed the session.
            self.opened_by = Some(Opens::WithFormer);
        }
        self.saving = None;
        self.stored = Some(stored);
    }

    /// Nothing more is saved over the record of that id, and what was changed is dropped, unless the handler has destroyed it itself.
    pub(super) fn end(&mut self, id: SessionId) {
        if !self.has_destroyed(id) {
            self.ended = true;
            self.saving = None;
            self.changes = None;
        }
    }
}
