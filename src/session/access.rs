use std::sync::Arc;

use time::Duration;

use super::SessionError;
use super::limits::Limits;
use super::operation::{LogIn, LogOut, Operation, Update};
use super::request::Session;
use super::state::{Phase, State};
use crate::record::{Entry, SessionId, Text, Timestamp, Values};

/// The bytes of the longest owner: what an index of any SQL engine takes.
const MAX_OWNER_LENGTH: usize = 255;
/// The bytes of the longest label.
const MAX_LABEL_LENGTH: usize = 255;

/// What `SessionData` reads and writes.
impl Session {
    pub(super) fn json(&self, key: &str) -> Option<Text> {
        let state = self.state();
        state.values()?.share(key)
    }

    pub(super) fn keys(&self) -> Vec<String> {
        let state = self.state();
        let keys = state.values().into_iter().flat_map(Values::iter);
        keys.map(|(key, _)| key.to_owned()).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.state().values().map_or(0, Values::len)
    }

    pub(super) fn id(&self) -> Option<SessionId> {
        Some(self.state().stored.as_ref()?.id)
    }

    pub(super) fn owner(&self) -> Option<Arc<str>> {
        let state = self.state();
        match &state.changes {
            Some(changes) => changes.draft.owner.clone(),
            None => state.base()?.owner.clone(),
        }
    }

    pub(super) fn authenticated_at(&self) -> Option<Timestamp> {
        let state = self.state();
        match &state.changes {
            Some(changes) => changes.draft.authenticated_at,
            None => state.base()?.authenticated_at,
        }
    }

    pub(super) fn expires_at(&self) -> Option<Timestamp> {
        Some(self.state().base()?.expires_at)
    }

    pub(super) fn set(&self, entry: Entry, limits: &Limits) -> Result<(), SessionError> {
        let mut state = self.state();
        state.check_open()?;
        state.check_size(&entry, limits.max_size)?;
        state.write(Operation::Set(entry));
        Ok(())
    }

    /// Sets the outcome of an update closure, if `before` still is what it was given; else gives the closure back.
    pub(super) fn set_updated<T, F>(
        &self,
        before: Option<&[u8]>,
        after: &Entry,
        mut update: F,
        limits: &Limits,
    ) -> Result<Option<F>, SessionError>
    where
        F: FnMut(Option<&[u8]>) -> Result<(Entry, T), SessionError> + Send + 'static,
    {
        let mut state = self.state();
        state.check_open()?;
        let values = state.values();
        if values.and_then(|values| values.bytes(after.key())) != before {
            return Ok(Some(update));
        }
        state.check_size(after, limits.max_size)?;
        let key = after.key().into();
        let update: Update = Box::new(move |json| Ok(update(json)?.0));
        state.changes().draft.values.set(after);
        state
            .changes()
            .operations
            .push(Operation::Update(key, update));
        Ok(None)
    }

    pub(super) fn remove(&self, key: &str) -> bool {
        let mut state = self.state();
        let values = state.values();
        let is_there = values.is_some_and(|values| values.bytes(key).is_some());
        if is_there {
            state.write(Operation::Remove(key.into()));
        }
        is_there
    }

    pub(super) fn take(&self, taken: Entry) {
        self.state().write(Operation::Take(taken));
    }

    pub(super) fn clear(&self) {
        let mut state = self.state();
        if state.values().is_some_and(|values| !values.is_empty()) {
            state.write(Operation::Clear);
        }
    }

    pub(super) fn renew(&self) -> Result<(), SessionError> {
        let mut state = self.state();
        state.check_cookie()?;
        state.write(Operation::Renew);
        Ok(())
    }

    pub(super) fn log_in(&self, owner: &str, keep: Vec<Box<str>>) -> Result<(), SessionError> {
        let length = owner.len();
        if length == 0 || length > MAX_OWNER_LENGTH {
            return Err(SessionError::InvalidOwner { length });
        }
        let mut state = self.state();
        state.check_cookie()?;
        let (owner, at) = (owner.into(), state.begun());
        state.write(Operation::LogIn(LogIn { owner, at, keep }));
        Ok(())
    }

    pub(super) fn reauthenticated(&self) -> Result<(), SessionError> {
        let owner = self.owner().ok_or(SessionError::NotLoggedIn)?;
        self.log_in(&owner, Vec::new())
    }

    pub(super) fn log_out_keeping(&self, keep: Vec<Box<str>>) -> Result<(), SessionError> {
        let mut state = self.state();
        state.check_cookie()?;
        let at = state.begun();
        state.write(Operation::LogOut(LogOut { at, keep }));
        Ok(())
    }

    pub(super) fn label(&self) -> Option<Arc<str>> {
        let state = self.state();
        match &state.changes {
            Some(changes) => changes.draft.label.clone(),
            None => state.base()?.label().cloned(),
        }
    }

    pub(super) fn set_label(&self, label: &str) -> Result<(), SessionError> {
        let length = label.len();
        if length > MAX_LABEL_LENGTH {
            return Err(SessionError::InvalidLabel { length });
        }
        let mut state = self.state();
        state.check_open()?;
        state.write(Operation::Label(label.into()));
        Ok(())
    }

    pub(super) fn remember(&self, duration: Duration) -> Result<(), SessionError> {
        if duration < Duration::SECOND {
            return Err(SessionError::InvalidDuration);
        }
        // The seconds that the stored form keeps.
        let duration = Duration::seconds(duration.whole_seconds());
        let mut state = self.state();
        state.check_cookie()?;
        state.write(Operation::Remember(duration));
        Ok(())
    }

    pub(super) fn destroy(&self) {
        let mut state = self.state();
        state.changes = None;
        // What comes now is a new session, also where this one has ended already.
        state.ended = false;
        // A record that is on its way to the storage is destroyed as soon as it has arrived.
        let (stored, saving) = (state.stored.take(), state.saving.take());
        if let Some(stored) = saving.or(stored) {
            state.destroyed = Some(stored);
        }
    }

    pub(super) fn revert(&self) {
        let mut state = self.state();
        let destroyed = state.destroyed.take();
        state.stored = destroyed.or(state.stored.take());
        state.changes = None;
    }
}

impl State {
    /// The one door for change: what is written is kept for a replay, and read from the draft.
    fn write(&mut self, mut operation: Operation) {
        let changes = self.changes();
        changes
            .operations
            .retain(|earlier| !earlier.is_overwritten_by(&operation));
        // Only an update's closure can fail.
        let _ = operation.apply(&mut changes.draft);
        changes.operations.push(operation);
    }

    /// When the request opened the session.
    fn begun(&self) -> Timestamp {
        self.opened_at.unwrap_or(Timestamp::MIN)
    }

    fn check_open(&self) -> Result<(), SessionError> {
        if self.ended {
            return Err(SessionError::Ended);
        }
        match (self.phase, &self.stored) {
            (Phase::Committing | Phase::Sent, None) => Err(SessionError::ResponseSent),
            _ => Ok(()),
        }
    }

    fn check_cookie(&self) -> Result<(), SessionError> {
        match self.phase {
            _ if self.ended => Err(SessionError::Ended),
            Phase::Committing | Phase::Sent => Err(SessionError::ResponseSent),
            Phase::Open | Phase::Panicked => Ok(()),
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
