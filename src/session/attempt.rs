use std::sync::Arc;

use time::OffsetDateTime;

use super::SessionError;
use super::draft::Draft;
use super::limits::Limits;
use super::logged_in::LoggedIn;
use super::operation::Operation;
use super::state::{State, Stored};
use crate::record::{Secret, SessionId, SessionRecord, Token, Version};

/// One conditional write, and what it takes to try again over another request's.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) id: SessionId,
    /// What is to be written.
    pub(crate) record: Arc<SessionRecord>,
    /// What must be stored for that; `None`: nothing.
    pub(crate) expected: Option<Version>,
    /// The new secret, if the session is created or renewed.
    pub(crate) secret: Option<Secret>,
    /// The record as this request loaded it.
    loaded: Option<Arc<SessionRecord>>,
    operations: Vec<Operation>,
    /// Whether the operations were made over another record than the one that is stored.
    stale: bool,
}

/// What replaying an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replayed {
    /// All changes apply to the record as it is now.
    All,
    /// Another request renewed the session. Some changes apply, as if they had been made before; `dropped` did not.
    BeforeRenewal { dropped: usize },
    /// Another request renewed the session, and no change is left to write.
    Nothing,
    /// Another request renewed the session, and this one logs out: the session is to be deleted.
    LogOut,
}

impl Attempt {
    /// Takes the request's changes out of `state`, if any is worth a write.
    pub(super) fn begin(
        state: &mut State,
        now: OffsetDateTime,
        limits: &Limits,
    ) -> Result<Option<Self>, SessionError> {
        let loaded = state.stored.clone();
        let Some(changes) = state.changes.take_if(|changes| changes.matter(&loaded)) else {
            state.drop_what_does_not_matter();
            return Ok(None);
        };
        let renew = changes.operations.iter().any(Operation::renews);
        let identity = identify(loaded.as_ref(), renew, now, limits);
        let (id, secret, record) = match identity {
            Ok(identity) => identity,
            Err(error) => {
                state.changes = Some(changes);
                return Err(SessionError::Random(error.into()));
            }
        };
        let loaded = loaded.map(|stored| stored.record);
        let record = Arc::new(changes.draft.complete(record, &limits.timeouts));
        state.saving = Some(Stored {
            id,
            record: Arc::clone(&record),
        });
        Ok(Some(Self {
            id,
            record,
            expected: loaded.as_ref().map(|loaded| loaded.version),
            secret,
            loaded,
            operations: changes.operations,
            stale: changes.stale,
        }))
    }

    /// What this write logs in, if it does.
    pub(crate) fn logged_in(&self) -> Option<LoggedIn> {
        Some(LoggedIn {
            id: self.id,
            owner: self.record.owner.clone().filter(|_| self.logs_in())?,
            record: Arc::clone(&self.record),
            loaded: self.loaded.clone(),
        })
    }

    /// Gives the changes back, for another attempt.
    pub(super) fn take_operations(&mut self) -> Vec<Operation> {
        std::mem::take(&mut self.operations)
    }

    /// Whether this write gives the session to an owner.
    pub(crate) fn logs_in(&self) -> bool {
        self.operations.iter().any(Operation::is_log_in)
    }

    /// Whether this write makes the session nobody's.
    pub(crate) fn logs_out(&self) -> bool {
        self.operations.iter().any(Operation::is_log_out)
    }

    /// Whose session it was when this request loaded it.
    pub(crate) fn former_owner(&self) -> Option<&Arc<str>> {
        self.loaded.as_ref()?.owner.as_ref()
    }

    /// Whether the session's cookie is to outlive the browser.
    pub(crate) fn remembered(&self) -> bool {
        self.record.remember.is_some()
    }

    /// Whether this write creates the session.
    pub(crate) fn creates(&self) -> bool {
        self.loaded.is_none()
    }

    /// Makes the changes again where they were made over another record than the one that is stored.
    pub(super) fn refresh(
        &mut self,
        now: OffsetDateTime,
        limits: &Limits,
    ) -> Result<(), SessionError> {
        if self.stale {
            let loaded = self.loaded.clone();
            self.replay(loaded.as_deref(), now, limits)?;
        }
        Ok(())
    }

    /// Makes the changes again, over the record as it is now.
    pub(crate) fn replay(
        &mut self,
        current: Option<&SessionRecord>,
        now: OffsetDateTime,
        limits: &Limits,
    ) -> Result<Replayed, SessionError> {
        if let (Some(loaded), Some(current)) = (self.loaded.clone(), current)
            && loaded.digest != current.digest
        {
            return self.replay_before_renewal(&loaded, current, now, limits);
        }
        let mut draft = current.map(Draft::of).unwrap_or_default();
        let before = draft.values.size();
        for operation in &mut self.operations {
            operation.apply(&mut draft)?;
        }
        draft.check_size(limits.max_size, before)?;
        let mut record =
            current.map_or_else(|| self.record.without_values(), |current| current.next(now));
        if let Some(secret) = &self.secret {
            record.digest = secret.digest(&limits.scope);
        }
        self.write(draft.complete(record, &limits.timeouts), current);
        Ok(Replayed::All)
    }

    /// Makes those changes again that could have been made before another request renewed the session: a login then loses
    /// no parallel change, and who knew the old secret neither sees nor changes anything of the new owner's.
    fn replay_before_renewal(
        &mut self,
        loaded: &SessionRecord,
        current: &SessionRecord,
        now: OffsetDateTime,
        limits: &Limits,
    ) -> Result<Replayed, SessionError> {
        self.secret = None;
        if self.logs_out() {
            return Ok(Replayed::LogOut);
        }
        let mut draft = Draft::of(current);
        let mut dropped = self.operations.len();
        let owner = current.owner.as_ref();
        let is_own = loaded.owner.is_none() || loaded.owner.as_ref() == owner;
        let mut operations = self.operations.iter();
        // What one owner's request wrote never reaches another's session.
        if is_own && !operations.any(|operation| operation.is_log_in_of_another(owner)) {
            for operation in &mut self.operations {
                if operation.apply_late(&mut draft, &loaded.values, &current.values)? {
                    dropped -= 1;
                }
            }
        }
        if draft.values == current.values {
            return Ok(Replayed::Nothing);
        }
        draft.check_size(limits.max_size, current.values.size())?;
        let record = draft.complete(current.next(now), &limits.timeouts);
        self.write(record, Some(current));
        Ok(Replayed::BeforeRenewal { dropped })
    }

    fn write(&mut self, record: SessionRecord, current: Option<&SessionRecord>) {
        self.record = Arc::new(record);
        self.expected = current.map(|current| current.version);
        self.stale = false;
    }
}

/// The id to write under, the new secret where one is due, and the record to complete.
fn identify(
    loaded: Option<&Stored>,
    renew: bool,
    now: OffsetDateTime,
    limits: &Limits,
) -> Result<(SessionId, Option<Secret>, SessionRecord), getrandom::Error> {
    let Some(Stored { id, record }) = loaded else {
        let Token { id, secret } = Token::generate(now)?;
        let record = SessionRecord::new(secret.digest(&limits.scope), now, now);
        return Ok((id, Some(secret), record));
    };
    let mut record = record.next(now);
    let secret = renew.then(Secret::generate).transpose()?;
    if let Some(secret) = &secret {
        record.digest = secret.digest(&limits.scope);
    }
    Ok((*id, secret, record))
}
