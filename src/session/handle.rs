use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use time::OffsetDateTime;

use super::SessionError;
use super::limits::Limits;
use super::request::Session;
use super::saving::Change;
use super::state::Stored;
use crate::record::Timeouts;

/// The future of a `save` or a `reload`.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, SessionError>> + Send + 'a>>;

/// What stands behind a [`SessionData`](super::SessionData): the session, and the way to its storage.
pub(crate) trait Handle: Send + Sync {
    fn session(&self) -> &Session;
    /// Saves what was changed since the last save.
    fn save(&self) -> Answer<'_, ()>;
    /// Reads the record again, and tells whether it is still there.
    fn reload(&self) -> Answer<'_, bool>;
}

/// A session without storage: a save keeps the record in the session itself.
pub(super) struct Detached(Session);

impl Detached {
    pub(super) fn new() -> Self {
        let session = Session::new(Arc::new(Limits::new(Timeouts::default())));
        session.open(OffsetDateTime::now_utc(), None);
        Self(session)
    }

    fn save_now(&self) -> Result<(), SessionError> {
        loop {
            match self.0.next_change(OffsetDateTime::now_utc())? {
                Change::Destroy(_) => self.0.deleted(),
                Change::Write(attempt) => self.0.saved(&attempt),
                Change::Expired { dropped: true, .. } => return Err(SessionError::Ended),
                Change::None | Change::Read(Stored { .. }) | Change::Expired { .. } => {
                    return Ok(());
                }
            }
        }
    }
}

impl Handle for Detached {
    fn session(&self) -> &Session {
        &self.0
    }

    fn save(&self) -> Answer<'_, ()> {
        Box::pin(ready(self.save_now()))
    }

    fn reload(&self) -> Answer<'_, bool> {
        Box::pin(ready(Ok(self.0.stored().is_some())))
    }
}
