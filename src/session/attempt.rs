use std::sync::Arc;

use super::changes::Changes;
use super::draft::Draft;
use super::error::SessionError;
use super::held::Held;
use super::limits::Limits;
use super::next_record::next_record;
use super::operation::{Operation, Operations, log_out};
use super::outcome::{Outcome, Written};
use super::secret_change::SecretChange;
use super::stored::Stored;
use crate::record::{Secret, SessionId, SessionRecord, Timeouts, Timestamp, Token, Version};

/// One conditional write, and what it takes to try again over another request's.
pub(crate) struct Attempt {
    pub(crate) id: SessionId,
    /// What is to be written.
    pub(crate) record: Arc<SessionRecord>,
    /// The record as this request opened it.
    opened: Option<Arc<SessionRecord>>,
    /// The record that the operations were made over, which is to be stored for the write.
    base: Option<Arc<SessionRecord>>,
    /// The operations. What they come to is in the record.
    changes: Box<Changes>,
    secret: SecretChange,
    /// What became of it, where it was sent and had no answer.
    outcome: Outcome,
    /// How many of the operations do not apply, where the write comes too late for another request's renewal.
    dropped: Option<usize>,
}

impl Attempt {
    /// A write of `changes` over `base`, the record that the request has, or of a new one.
    pub(super) fn begin(
        id: SessionId,
        base: Option<Arc<SessionRecord>>,
        mut changes: Box<Changes>,
        secret: SecretChange,
        now: Timestamp,
        limits: &Limits,
    ) -> Self {
        let draft = std::mem::replace(&mut changes.draft, Draft::of(None));
        Self {
            id,
            record: next_record(base.as_deref(), draft, &secret, now, limits),
            opened: base.clone(),
            base,
            changes,
            secret,
            outcome: Outcome::NotWritten,
            dropped: None,
        }
    }

    /// The record as it is once the write is made.
    pub(super) fn outcome(&self) -> Stored {
        Stored {
            id: self.id,
            record: Arc::clone(&self.record),
        }
    }

    /// Whether one of the changes is such.
    pub(super) fn any(&self, is_such: fn(&Operation) -> bool) -> bool {
        self.changes.any(is_such)
    }

    /// The version that must be stored for the write; `None`: nothing must. A creation whose answer was lost is written
    /// over itself alone: whoever saw it may have ended it.
    pub(crate) fn expected(&self) -> Option<Version> {
        let base = self.base.as_ref();
        let base = base.or_else(|| self.is_unanswered().then_some(&self.record));
        base.map(|base| base.version)
    }

    /// Notes what is known of a write that has no answer.
    pub(crate) fn unsaved(&mut self, outcome: Outcome) {
        if outcome != Outcome::NotWritten {
            self.outcome = outcome;
        }
    }

    /// Notes that a write which had no answer was not made.
    pub(crate) fn was_not_made(&mut self) {
        self.outcome = Outcome::NotWritten;
    }

    /// Whether an answer to this very write was lost before.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.outcome != Outcome::NotWritten
    }

    /// How many changes do not apply, where another request renewed the session first: all others are written as if
    /// they had been made before that. It is so also where the write was made already, and its answer lost.
    pub(crate) fn dropped(&self) -> Option<usize> {
        self.dropped
    }

    /// Draws another id and another secret, since the id is taken.
    pub(crate) fn draw_again(
        &mut self,
        now: Timestamp,
        limits: &Limits,
    ) -> Result<(), SessionError> {
        let Token { id, secret } = Token::generate(now, &limits.random)
            .map_err(|error| SessionError::Random(error.into()))?;
        (self.id, self.secret) = (id, SecretChange::Create(secret));
        self.was_not_made();
        self.apply(now, limits)
    }

    /// Whether nobody can ever know if the write was made.
    pub(super) fn is_unknown(&self) -> bool {
        self.outcome == Outcome::Unknown
    }

    /// Sent again as it is, it takes back no touch that came since.
    pub(super) fn keep_touches(&mut self, current: &SessionRecord, timeouts: &Timeouts) {
        if self.expected() == Some(current.version) && current.last_seen > self.record.last_seen {
            let record = Arc::make_mut(&mut self.record);
            record.last_seen = current.last_seen;
            record.expires_at = record.limit(timeouts, current.last_seen);
        }
    }

    /// Gives the changes back, for another attempt, with those that were made over them since.
    pub(super) fn into_changes(self, since: Option<Box<Changes>>) -> Box<Changes> {
        let mut changes = self.changes;
        match since {
            Some(since) => {
                changes.operations.extend(since.operations);
                changes.draft = since.draft;
            }
            None => changes.draft = Draft::of(Some(&self.record)),
        }
        changes.stale = true;
        changes
    }

    /// Gives the operations back.
    pub(super) fn take_operations(&mut self) -> Operations {
        std::mem::take(&mut self.changes.operations)
    }

    /// The secret that this write has given the session, if it has.
    pub(super) fn made(&self) -> Option<Held> {
        let (secret, digest) = (self.secret()?.clone(), self.record.digest);
        Some(match self.secret {
            SecretChange::Derive(..) => Held::derived(secret, digest),
            _ => Held::drawn(secret, digest),
        })
    }

    /// The new secret, if the session is created or renewed.
    pub(crate) fn secret(&self) -> Option<&Secret> {
        self.secret.secret()
    }

    /// Whether nothing was changed that anybody asked for.
    pub(crate) fn is_upkeep(&self) -> bool {
        self.changes.operations.is_empty() && self.secret.is_upkeep()
    }

    /// Whom this write gives the session to, if it does.
    pub(crate) fn logs_in(&self) -> Option<&Arc<str>> {
        let owner = self.record.owner.as_ref();
        owner.filter(|_| self.any(Operation::is_log_in))
    }

    /// The record as it was before this write, if that logs its owner out.
    pub(crate) fn logs_out(&self) -> Option<&SessionRecord> {
        let former = self.left_by_its_owner();
        former.filter(|_| self.any(Operation::is_log_out))
    }

    /// The record as it was before this write, if the session had an owner then who has it no more.
    pub(crate) fn left_by_its_owner(&self) -> Option<&SessionRecord> {
        let base = self.base.as_deref()?;
        (base.owner.is_some() && base.owner != self.record.owner).then_some(base)
    }

    /// Whether the session is remembered, or has been until now, so that its cookie is to be sent again.
    pub(crate) fn is_or_was_remembered(&self) -> bool {
        let base = self.base.as_ref();
        self.record.remember().is_some() || base.is_some_and(|base| base.remember().is_some())
    }

    /// Whether this write creates the session.
    pub(crate) fn creates(&self) -> bool {
        self.base.is_none()
    }

    /// Makes the changes again where they were made over another record than the base. A write whose answer was lost
    /// stays as it is.
    pub(crate) fn refresh(&mut self, now: Timestamp, limits: &Limits) -> Result<(), SessionError> {
        if self.changes.stale && !self.is_unanswered() {
            self.apply(now, limits)?;
        }
        Ok(())
    }

    /// Makes the changes again, over the record as it is now, for another try; or tells what the write comes to without
    /// one.
    pub(crate) fn replay(
        &mut self,
        current: &Arc<SessionRecord>,
        now: Timestamp,
        limits: &Limits,
    ) -> Result<Option<Written>, SessionError> {
        self.changes.stale = true;
        if let Some(opened) = self.opened.clone() {
            if opened.renewals != current.renewals {
                return self.replay_before_renewal(&opened, current, now, limits);
            }
            let is_due = opened.digest == current.digest
                && opened.awaits_successor() == current.awaits_successor();
            if self.secret.is_upkeep() && !is_due {
                self.secret = SecretChange::Keep;
                if self.changes.operations.is_empty() {
                    return Ok(Some(Written::AlreadyDone(Arc::clone(current))));
                }
            }
        }
        self.base = Some(Arc::clone(current));
        self.apply(now, limits)?;
        Ok(None)
    }

    fn write(&mut self, draft: Draft, now: Timestamp, limits: &Limits) {
        self.record = next_record(self.base.as_deref(), draft, &self.secret, now, limits);
        self.changes.stale = false;
    }

    /// Makes the changes over the base.
    fn apply(&mut self, now: Timestamp, limits: &Limits) -> Result<(), SessionError> {
        let mut draft = Draft::of(self.base.as_deref());
        let before = draft.record.values.size();
        for operation in &mut self.changes.operations {
            operation.apply(&mut draft)?;
        }
        draft.check_size(limits.max_size, before)?;
        self.write(draft, now, limits);
        Ok(())
    }

    /// Makes those changes again that could have been made before another request renewed the session: a log-in then
    /// loses no parallel change, and who knew the old secret neither sees nor changes anything of the new owner's.
    fn replay_before_renewal(
        &mut self,
        opened: &SessionRecord,
        current: &Arc<SessionRecord>,
        now: Timestamp,
        limits: &Limits,
    ) -> Result<Option<Written>, SessionError> {
        self.secret = SecretChange::Keep;
        if log_out(&self.changes.operations) {
            return Ok(Some(Written::LogOut(Arc::clone(current))));
        }
        if self.any(Operation::renews) {
            return Err(SessionError::Superseded);
        }
        let mut dropped = self.changes.operations.len();
        let mut draft = Draft::of(Some(current));
        // What was given up takes with it what was written before.
        if opened.generation == current.generation {
            for operation in &mut self.changes.operations {
                if operation.apply_late(&mut draft, opened, current)? {
                    dropped -= 1;
                }
            }
        }
        self.dropped = Some(dropped);
        if draft.record.values == current.values && draft.record.label() == current.label() {
            return Ok(Some(Written::BeforeRenewal {
                complete: dropped == 0,
            }));
        }
        draft.check_size(limits.max_size, current.values.size())?;
        self.base = Some(Arc::clone(current));
        self.write(draft, now, limits);
        Ok(None)
    }
}
