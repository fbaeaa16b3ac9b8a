use std::sync::Arc;

use smallvec::SmallVec;

use super::attempt::Attempt;
use super::changes::Changes;
use super::held::Held;
use super::operation::Operation;
use super::stored::Stored;
use crate::record::{Digest, SessionId, SessionRecord, Timestamp, Transport, Values};

/// Whose session a request has.
#[derive(Debug, Default)]
pub(super) enum Status {
    /// None: what is written makes one.
    #[default]
    Visitor,
    /// This one.
    Live(Stored),
    /// What it had, the handler has destroyed. The storage is yet to hear of it; what is written meanwhile makes
    /// another session.
    Destroyed(Box<Self>),
    /// One to which another request has given a secret that this one does not know. All that can be done is to end it.
    Superseded {
        stored: Stored,
        /// Whether this request opened it before that, and may go on reading what it saw.
        was_open: bool,
    },
    /// One that has ended meanwhile: what this request saw can be read, and nothing is saved any more.
    Ended(Stored),
}

/// How far the request is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// The handler is at work.
    #[default]
    Handling,
    /// The handler has returned, and what it changed is being saved.
    Responding,
    /// The response is on its way. What is written now needs a save of its own, and no cookie.
    Sent,
    /// The client has hung up: the same, but nobody was promised anything.
    Abandoned,
    /// The handler has panicked, or the response says that nothing was saved: nothing is saved any more.
    Failed,
}

/// One request's session: its status, what is being saved, and what is changed beside it.
#[derive(Default)]
pub(super) struct State {
    /// When the request opened the session; `None` before. Idleness is judged then, and only then.
    pub(super) opened_at: Option<Timestamp>,
    /// When the session was last opened before, where this request has touched it since.
    pub(super) seen_before: Option<Timestamp>,
    /// How the secret came that the request brought.
    pub(super) came_by: Transport,
    /// Whether the response offers the browser to bind the session to its device.
    pub(super) offers_binding: bool,
    /// Whether the request is activity of the visitor's, and no mere look. What changes something is.
    pub(super) is_active: bool,
    /// The sessions whose secrets the request brought in the cookie of today.
    pub(super) brought: SmallVec<[SessionId; 1]>,
    pub(super) status: Status,
    /// Other live sessions whose secrets the request brought: several in cookies of one name, of which it therefore has
    /// none, or those of former cookies.
    pub(super) others: Vec<Stored>,
    /// Whether they are to end: with a log-in or a log-out.
    pub(super) ends_others: bool,
    /// The secret that the request brought or made.
    pub(super) held: Option<Held>,
    /// Whether the request has ended a session whose secret it brought.
    pub(super) removed: bool,
    /// The stamp that the handler has found to be the account's by now.
    pub(super) confirmed_stamp: Option<Digest>,
    /// Whether it logs an owner out.
    pub(super) logs_out: bool,
    /// What is on its way to the storage.
    pub(super) saving: Option<Stored>,
    /// The write by which it was, where that has failed: it comes before all changes.
    pub(super) failed: Option<Box<Attempt>>,
    /// Allocated at the first write.
    pub(super) changes: Option<Box<Changes>>,
    pub(super) phase: Phase,
    /// What was given up, until it is dropped where no lock is held.
    pub(super) discarded: Vec<Operation>,
}

impl Status {
    /// The record that the request may read.
    pub(super) fn readable(&self) -> Option<&Stored> {
        match self {
            Self::Live(stored) | Self::Ended(stored) => Some(stored),
            Self::Superseded { stored, was_open } => Some(stored).filter(|_| *was_open),
            Self::Visitor | Self::Destroyed(_) => None,
        }
    }

    pub(super) fn live(&self) -> Option<&Stored> {
        match self {
            Self::Live(stored) => Some(stored),
            _ => None,
        }
    }

    /// The record, whatever the request may do with it.
    pub(super) fn stored(&self) -> Option<&Stored> {
        match self {
            Self::Live(stored) | Self::Superseded { stored, .. } | Self::Ended(stored) => {
                Some(stored)
            }
            Self::Visitor | Self::Destroyed(_) => None,
        }
    }
}

impl State {
    /// When the request opened the session.
    pub(super) fn begun(&self) -> Timestamp {
        self.opened_at.unwrap_or(Timestamp::MIN)
    }

    /// The record that the handler's changes start from.
    pub(super) fn base(&self) -> Option<&Arc<SessionRecord>> {
        let base = self.saving.as_ref().or(self.status.readable());
        base.map(|stored| &stored.record)
    }

    /// What the handler reads of the session; its times are those of the base.
    pub(super) fn record(&self) -> Option<&SessionRecord> {
        match &self.changes {
            Some(changes) => Some(&changes.draft.record),
            None => self.base().map(Arc::as_ref),
        }
    }

    pub(super) fn values(&self) -> Option<&Values> {
        self.record().map(|record| &record.values)
    }

    pub(super) fn changes(&mut self) -> &mut Changes {
        self.is_active = true;
        let changes = self.changes.take();
        let changes =
            changes.unwrap_or_else(|| Box::new(Changes::of(self.base().map(Arc::as_ref))));
        self.changes.insert(changes)
    }

    /// The one door for change: what is written is kept for a replay, and read from the draft.
    pub(super) fn write(&mut self, mut operation: Operation) {
        let changes = self.changes();
        // Only an update's closure can fail, and its outcome is in the draft already.
        let _ = operation.apply(&mut changes.draft);
        let overwritten = changes.push(operation);
        self.discarded.extend(overwritten);
    }

    /// Whether there are operations that no save has taken. Where there is no record, what is said about one is none by
    /// itself.
    pub(super) fn has_operations(&self) -> bool {
        let changes = self.changes.as_ref();
        let counts: fn(&Operation) -> bool = match self.status {
            Status::Visitor | Status::Destroyed(_) => |operation| !operation.is_attribute(),
            _ => |_| true,
        };
        self.failed.is_some() || changes.is_some_and(|changes| changes.any(counts))
    }

    /// Whether one of the changes that no save has taken is such.
    pub(super) fn any(&self, is_such: fn(&Operation) -> bool) -> bool {
        let failed = self.failed.as_ref();
        let changes = self.changes.as_ref();
        failed.is_some_and(|failed| failed.any(is_such))
            || changes.is_some_and(|changes| changes.any(is_such))
    }

    /// What is to be deleted next.
    pub(super) fn doomed(&self) -> Option<&Stored> {
        match &self.status {
            Status::Destroyed(former) => former.stored(),
            _ => self.others.first().filter(|_| self.ends_others),
        }
    }

    /// Whether something was written or destroyed that no save has taken.
    pub(super) fn is_unsaved(&self) -> bool {
        self.has_operations() || self.doomed().is_some()
    }

    /// Gives up whatever was changed and not saved.
    pub(super) fn discard(&mut self) {
        if let Some(mut failed) = self.failed.take() {
            self.saving = None;
            self.discarded.extend(failed.take_operations());
        }
        if let Some(changes) = self.changes.take() {
            self.discarded.extend(changes.operations);
        }
    }

    /// Ends what the request has. What is written from now on is another session's.
    pub(super) fn destroy(&mut self) {
        self.is_active = true;
        let has_owner = |stored: &Stored| stored.record.owner.is_some();
        self.logs_out |= self.status.stored().is_some_and(has_owner);
        self.logs_out |= self.others.iter().any(has_owner);
        // A record that is on its way to the storage is deleted as soon as it has arrived; one that may be there, though
        // its creation had no answer, like those of others.
        let mut saving = self.saving.take();
        if self.failed.as_ref().is_some_and(|failed| failed.creates()) {
            self.others.extend(saving.take());
        }
        self.discard();
        let status = std::mem::take(&mut self.status);
        self.status = match (status, saving) {
            (Status::Ended(_), _) | (Status::Visitor, None) => Status::Visitor,
            (Status::Visitor, Some(created)) => Status::Destroyed(Box::new(Status::Live(created))),
            (destroyed @ Status::Destroyed(_), _) => destroyed,
            (status, _) => Status::Destroyed(Box::new(status)),
        };
        self.ends_others = true;
    }

    /// Takes back what was changed since the last save, and what was destroyed.
    pub(super) fn revert(&mut self) {
        if let Status::Destroyed(former) = &mut self.status {
            self.status = std::mem::take(former);
            self.logs_out = false;
        }
        self.ends_others = false;
        self.discard();
    }

    /// Makes `stored` what the storage holds, under what was written since.
    pub(super) fn settle(&mut self, stored: Stored) {
        // Destroyed while the storage was at work: what was written since is another session's.
        if let Status::Destroyed(former) = &mut self.status {
            **former = Status::Live(stored);
            return;
        }
        let known = self.status.live();
        // A touch moves no more than times.
        let is_known = known.is_some_and(|known| known.record.version == stored.record.version);
        self.status = Status::Live(stored);
        // What has failed comes before what was written since.
        let was_saving = self.failed.is_some() || self.saving.take().is_some();
        if was_saving || !is_known {
            self.rebase();
        }
    }

    /// Puts what was changed over the record that it starts from now.
    pub(super) fn rebase(&mut self) {
        let base = self.base().cloned();
        if let Some(changes) = &mut self.changes {
            changes.rebase(base.as_deref());
        }
    }

    /// The session is another's from now on: its secret is one that this request does not know.
    pub(super) fn supersede(&mut self) {
        self.saving = None;
        let status = std::mem::take(&mut self.status);
        self.status = match status {
            Status::Live(stored) => Status::Superseded {
                stored,
                was_open: true,
            },
            status => status,
        };
    }

    /// The session has ended: nothing more is saved over it. What was changed is dropped by the next save, which says
    /// so.
    pub(super) fn end(&mut self) {
        self.saving = None;
        let status = std::mem::take(&mut self.status);
        self.status = match status {
            Status::Live(stored) => Status::Ended(stored),
            status => status,
        };
    }

    /// Notes that the storage holds no more what was destroyed.
    pub(super) fn deleted(&mut self, id: SessionId) {
        self.removed |= self.brought.contains(&id);
        if matches!(self.status, Status::Destroyed(_))
            && self.doomed().is_some_and(|it| it.id == id)
        {
            self.status = Status::Visitor;
        }
        self.others.retain(|other| other.id != id);
    }
}
