use std::sync::Arc;

use super::SessionError;
use super::draft::Draft;
use super::limits::Limits;
use super::logged_in::LoggedIn;
use super::operation::{Operation, Operations};
use super::secret_change::SecretChange;
use super::state::{Changes, State, Stored};
use super::upkeep::Upkeep;
use crate::record::{Digest, Secret, SessionId, SessionRecord, Timestamp, Token, Version};

/// One conditional write, and what it takes to try again over another request's.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) id: SessionId,
    /// What is to be written.
    pub(crate) record: Arc<SessionRecord>,
    secret: SecretChange,
    /// The record as this request loaded it.
    loaded: Option<Arc<SessionRecord>>,
    /// What another request left there since, if the operations were made again over that.
    current: Option<Arc<SessionRecord>>,
    operations: Operations,
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
    /// Another request renewed the session, and no change is left to write; `dropped` is how many there were.
    Nothing { dropped: usize },
    /// Another request renewed the session, and this one logs out: the session is to be deleted.
    LogOut,
    /// Another request has done what was due, and there was nothing else to do.
    AlreadyDone,
}

impl Attempt {
    /// Takes the request's changes out of `state`, if any is worth a write.
    pub(super) fn begin(
        state: &mut State,
        now: Timestamp,
        limits: &Limits,
    ) -> Result<Option<Self>, SessionError> {
        let loaded = state.stored.clone();
        let renews = |changes: &Changes| changes.operations.iter().any(Operation::renews);
        let renews = state.changes.as_deref().is_some_and(renews);
        let upkeep = state.upkeep(now, limits).filter(|_| !renews);
        let changes = state.changes.take_if(|changes| changes.matter(&loaded));
        if changes.is_none() {
            state.drop_what_does_not_matter();
            if upkeep.is_none() {
                return Ok(None);
            }
        }
        let (id, secret) = match identify(loaded.as_ref(), renews, upkeep, now) {
            Ok(identity) => identity,
            Err(error) => {
                state.changes = changes.or(state.changes.take());
                return Err(SessionError::Random(error.into()));
            }
        };
        let loaded = loaded.map(|stored| stored.record);
        let changes = changes.unwrap_or_else(|| Box::new(Changes::of(loaded.as_deref())));
        let mut record = match &loaded {
            Some(loaded) => loaded.next(now),
            None => SessionRecord::new(Digest::from([0; 32]), now, now),
        };
        secret.apply(&mut record, now, limits);
        changes.draft.complete(&mut record, &limits.timeouts);
        let record = Arc::new(record);
        state.saving = Some(Stored {
            id,
            record: Arc::clone(&record),
        });
        Ok(Some(Self {
            id,
            record,
            secret,
            loaded,
            current: None,
            operations: changes.operations,
            stale: changes.stale,
        }))
    }

    /// The version that must be stored for the write; `None`: nothing must.
    pub(crate) fn expected(&self) -> Option<Version> {
        self.base().map(|base| base.version)
    }

    /// The record that the operations were made over.
    fn base(&self) -> Option<&Arc<SessionRecord>> {
        self.current.as_ref().or(self.loaded.as_ref())
    }

    /// What this write logs in, if it does.
    pub(crate) fn logged_in(&self) -> Option<LoggedIn> {
        Some(LoggedIn {
            id: self.id,
            owner: self.record.owner.clone().filter(|_| self.logs_in())?,
            record: Arc::clone(&self.record),
            former: self.base().cloned(),
        })
    }

    /// Gives the changes back, for another attempt.
    pub(super) fn take_operations(&mut self) -> Operations {
        std::mem::take(&mut self.operations)
    }

    /// The new secret, if the session is created or renewed.
    pub(crate) fn secret(&self) -> Option<&Secret> {
        self.secret.secret()
    }

    /// Whether nothing was changed that anybody asked for.
    pub(crate) fn is_upkeep(&self) -> bool {
        self.operations.is_empty() && self.secret.is_upkeep()
    }

    /// Whether another request has renewed the session since this one loaded it, and so answers with its cookie.
    pub(crate) fn is_renewed_by_another(&self) -> bool {
        let loaded = self.loaded.as_ref();
        self.secret().is_none() && loaded.is_some_and(|loaded| loaded.digest != self.record.digest)
    }

    /// Whether this write gives the session to an owner.
    pub(crate) fn logs_in(&self) -> bool {
        self.record.owner.is_some() && self.operations.iter().any(Operation::is_log_in)
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
        self.record.remember().is_some()
    }

    /// Whether this write creates the session.
    pub(crate) fn creates(&self) -> bool {
        self.loaded.is_none()
    }

    /// Makes the changes again where they were made over another record than the one that is stored.
    pub(super) fn refresh(&mut self, now: Timestamp, limits: &Limits) -> Result<(), SessionError> {
        if self.stale {
            let loaded = self.loaded.clone();
            self.replay(loaded.as_ref(), now, limits)?;
        }
        Ok(())
    }

    /// Makes the changes again, over the record as it is now.
    pub(crate) fn replay(
        &mut self,
        current: Option<&Arc<SessionRecord>>,
        now: Timestamp,
        limits: &Limits,
    ) -> Result<Replayed, SessionError> {
        if let (Some(loaded), Some(current)) = (self.loaded.clone(), current) {
            if loaded.renewals != current.renewals {
                return self.replay_before_renewal(&loaded, current, now, limits);
            }
            let is_due = loaded.digest == current.digest
                && (loaded.awaits_successor() == current.awaits_successor());
            if self.secret.is_upkeep() && !is_due {
                self.secret = SecretChange::Keep;
                if self.operations.is_empty() {
                    return Ok(Replayed::AlreadyDone);
                }
            }
        }
        let mut draft = current
            .map(|current| Draft::of(current))
            .unwrap_or_default();
        let before = draft.values.size();
        for operation in &mut self.operations {
            operation.apply(&mut draft)?;
        }
        draft.check_size(limits.max_size, before)?;
        let mut record =
            current.map_or_else(|| self.record.without_values(), |current| current.next(now));
        self.secret.apply(&mut record, now, limits);
        draft.complete(&mut record, &limits.timeouts);
        self.write(record, current);
        Ok(Replayed::All)
    }

    /// Makes those changes again that could have been made before another request renewed the session: a login then loses
    /// no parallel change, and who knew the old secret neither sees nor changes anything of the new owner's.
    fn replay_before_renewal(
        &mut self,
        loaded: &SessionRecord,
        current: &Arc<SessionRecord>,
        now: Timestamp,
        limits: &Limits,
    ) -> Result<Replayed, SessionError> {
        self.secret = SecretChange::Keep;
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
            return Ok(Replayed::Nothing { dropped });
        }
        draft.check_size(limits.max_size, current.values.size())?;
        let mut record = current.next(now);
        draft.complete(&mut record, &limits.timeouts);
        self.write(record, Some(current));
        Ok(Replayed::BeforeRenewal { dropped })
    }

    fn write(&mut self, record: SessionRecord, current: Option<&Arc<SessionRecord>>) {
        self.record = Arc::new(record);
        self.current = current.cloned();
        self.stale = false;
    }
}

/// The id to write under, and what becomes of the secret.
fn identify(
    loaded: Option<&Stored>,
    renews: bool,
    upkeep: Option<Upkeep>,
    now: Timestamp,
) -> Result<(SessionId, SecretChange), getrandom::Error> {
    let Some(Stored { id, .. }) = loaded else {
        let Token { id, secret } = Token::generate(now)?;
        return Ok((id, SecretChange::Create(secret)));
    };
    let secret = if renews {
        SecretChange::Renew(Secret::generate()?)
    } else {
        SecretChange::of_upkeep(upkeep)?
    };
    Ok((*id, secret))
}
