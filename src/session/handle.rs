use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::error::SessionError;
use super::limits::Limits;
use super::session::Session;
use crate::record::Timestamp;

/// The future of a `save` or a `reload`.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, SessionError>> + Send + 'a>>;

/// What stands behind a [`SessionData`](super::SessionData): the session, and the way to its storage.
pub(crate) trait Handle: Send + Sync {
    fn session(&self) -> &Session;
    fn limits(&self) -> &Limits;
    fn now(&self) -> Timestamp;
    /// Saves what was changed since the last save.
    fn save(self: Arc<Self>) -> Answer<'static, ()>;
    /// Waits until the session has ended, or its secret is another one.
    fn ended(self: Arc<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>>;
    /// Reads the record again, and tells whether it is still there.
    fn reload(&self, how: Reload) -> Answer<'_, bool>;
}

/// Where a record is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reload {
    /// Where any request's is.
    AsLoaded,
    /// Past any memory of the storage's.
    PastMemory,
}
