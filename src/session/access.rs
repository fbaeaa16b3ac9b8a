use std::sync::Arc;

use time::Duration;

use super::error::SessionError;
use super::limits::Limits;
use super::operation::{LogIn, LogOut, Operation, Stamp};
use super::session::Session;
use super::state::{Phase, State, Status};
use crate::record::{Binding, Entry, Stamps, Timestamp, Transport, Values};

/// The bytes of the longest label.
const MAX_LABEL_LENGTH: usize = 255;

/// What `SessionData` writes.
impl Session {
    /// Writes what `make` says.
    fn write(
        &self,
        make: impl FnOnce(&mut State) -> Result<Operation, SessionError>,
    ) -> Result<(), SessionError> {
        self.with(|state| {
            let operation = make(state)?;
            state.write(operation);
            Ok(())
        })
    }

    pub(super) fn set(&self, entry: Entry, limits: &Limits) -> Result<(), SessionError> {
        self.write(|state| {
            state.check_open()?;
            state.check_size(&entry, limits.max_size)?;
            Ok(Operation::Set(entry))
        })
    }

    /// Sets the outcome of an update closure, if `before` still is what it was given; else gives the closure back.
    pub(super) fn set_updated<T, F>(
        &self,
        before: Option<&[u8]>,
        after: &Entry,
        update: F,
        limits: &Limits,
    ) -> Result<Option<F>, SessionError>
    where
        F: FnMut(Option<&[u8]>) -> Result<(Entry, T), SessionError> + Send + 'static,
    {
        let mut update = Some(update);
        self.with(|state| {
            state.check_open()?;
            let values = state.values();
            if values.and_then(|values| values.bytes(after.key())) != before {
                return Ok(());
            }
            state.check_size(after, limits.max_size)?;
            if let Some(mut update) = update.take() {
                let update = Box::new(move |json: Option<&[u8]>| Ok(update(json)?.0));
                let changes = state.changes();
                changes.draft.record.values.set(after);
                let overwritten = changes.push(Operation::Update(after.key().into(), update));
                state.discarded.extend(overwritten);
            }
            Ok(())
        })?;
        Ok(update)
    }

    pub(super) fn remove(&self, key: &str) -> bool {
        self.with(|state| {
            let was_there = state
                .values()
                .and_then(|values| values.bytes(key))
                .is_some();
            if was_there {
                state.write(Operation::Remove(key.into()));
            }
            was_there
        })
    }

    pub(super) fn take(&self, taken: Entry) {
        self.with(|state| state.write(Operation::Take(taken)));
    }

    pub(super) fn clear(&self) {
        // Also where it is empty: what a request wrote that came before may still be on its way.
        self.with(|state| {
            if state.values().is_some() {
                state.write(Operation::Clear);
            }
        });
    }

    pub(super) fn log_in(
        &self,
        owner: &str,
        keep: Vec<Box<str>>,
        authenticated_at: Option<Timestamp>,
        limits: &Limits,
    ) -> Result<(), SessionError> {
        let owner = limits.checked_owner_key(owner)?;
        self.log_in_as(owner, keep, authenticated_at, false, limits)
    }

    pub(super) fn reauthenticated(&self, limits: &Limits) -> Result<(), SessionError> {
        let owner = self.owner().ok_or(SessionError::NotLoggedIn)?;
        self.log_in_as(owner, Vec::new(), None, true, limits)
    }

    fn log_in_as(
        &self,
        owner: Arc<str>,
        keep: Vec<Box<str>>,
        authenticated_at: Option<Timestamp>,
        is_again: bool,
        limits: &Limits,
    ) -> Result<(), SessionError> {
        let key = limits.binding_key()?;
        self.renew_by(|now| {
            Operation::LogIn(LogIn {
                owner,
                at: authenticated_at.map_or(now, |at| at.min(now)),
                keep,
                is_again,
                offer: key.map(|key| Binding::offer(key, now).into()),
            })
        })
    }

    pub(super) fn renew(&self) -> Result<(), SessionError> {
        self.renew_by(|_| Operation::Renew)
    }

    pub(super) fn set_stamp(&self, stamp: &[u8]) -> Result<(), SessionError> {
        self.owner().ok_or(SessionError::NotLoggedIn)?;
        let stamp = Stamps::digest(stamp);
        let confirmed = self.with(|state| state.confirmed_stamp);
        self.renew_by(|_| Operation::Stamp(Stamp { stamp, confirmed }))
    }

    pub(super) fn log_out_keeping(&self, keep: Vec<Box<str>>) -> Result<(), SessionError> {
        self.renew_by(|at| Operation::LogOut(LogOut { at, keep }))
    }

    /// Writes an operation that needs a new secret, made of when the request opened the session.
    pub(super) fn renew_by(
        &self,
        operation: impl FnOnce(Timestamp) -> Operation,
    ) -> Result<(), SessionError> {
        self.write(|state| {
            let operation = operation(state.begun());
            // Logging out is possible for whoever once knew the secret.
            if !(operation.is_log_out() && matches!(state.status, Status::Superseded { .. })) {
                state.check_cookie()?;
            }
            // A log-in or a log-out ends every session whose secret the request brought, where those are several.
            state.ends_others |= operation.is_log_in() || operation.is_log_out();
            Ok(operation)
        })
    }

    pub(super) fn set_label(&self, label: &str) -> Result<(), SessionError> {
        let length = label.len();
        if length > MAX_LABEL_LENGTH {
            return Err(SessionError::InvalidLabel { length });
        }
        self.write(|state| {
            state.check_open()?;
            Ok(Operation::Label(label.into()))
        })
    }

    pub(super) fn remember(&self, duration: Option<Duration>) -> Result<(), SessionError> {
        if duration.is_some_and(|duration| duration < Duration::SECOND) {
            return Err(SessionError::InvalidDuration);
        }
        // The seconds that the stored form keeps.
        let duration = duration.map(|duration| Duration::seconds(duration.whole_seconds()));
        self.write(|state| {
            state.check_cookie()?;
            Ok(Operation::Remember(duration))
        })
    }

    pub(super) fn destroy(&self) {
        self.with(State::destroy);
    }

    pub(super) fn revert(&self) {
        self.with(State::revert);
    }
}

impl State {
    /// Whether something may be written that needs a cookie only where there is no session yet.
    fn check_open(&self) -> Result<(), SessionError> {
        match &self.status {
            Status::Live(_) if self.phase != Phase::Failed => Ok(()),
            // The session is on its way to the storage, and its cookie goes out with the response.
            Status::Visitor | Status::Destroyed(_)
                if self.phase == Phase::Responding && self.is_being_created() =>
            {
                Ok(())
            }
            _ => self.check_cookie(),
        }
    }

    fn is_being_created(&self) -> bool {
        let changes = self.changes.as_ref();
        self.saving.is_some() || changes.is_some_and(|changes| changes.draft.is_worth_keeping())
    }

    /// Whether something may be written that needs a cookie.
    fn check_cookie(&self) -> Result<(), SessionError> {
        match (self.phase, &self.status) {
            (Phase::Failed, _) | (_, Status::Ended(_)) => Err(SessionError::Ended),
            (_, Status::Superseded { was_open: true, .. }) => Err(SessionError::Ended),
            (_, Status::Superseded { .. }) => Err(SessionError::Superseded),
            (Phase::Responding | Phase::Sent | Phase::Abandoned, _) => {
                Err(SessionError::ResponseSent)
            }
            // What it made would be another session's, and in a cookie.
            (Phase::Handling, Status::Visitor | Status::Destroyed(_))
                if self.came_by == Transport::Bearer =>
            {
                Err(SessionError::Ended)
            }
            (Phase::Handling, _) => Ok(()),
        }
    }

    fn check_size(&self, entry: &Entry, limit: usize) -> Result<(), SessionError> {
        let values = self.values();
        let before = values.map_or(0, Values::size);
        let former = values.and_then(|values| values.bytes(entry.key()));
        let former = former.map_or(0, |json| entry.key().len() + json.len());
        let size = before - former + entry.size();
        if size > limit && size > before {
            return Err(SessionError::TooLarge { size, limit });
        }
        Ok(())
    }
}
