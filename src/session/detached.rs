use std::future::{pending, ready};
use std::pin::Pin;
use std::sync::Arc;

use time::OffsetDateTime;

use super::data::SessionData;
use super::error::SessionError;
use super::handle::{Answer, Handle, Reload};
use super::limits::Limits;
use super::saving::Change;
use super::session::{Opened, Session};
use crate::record::{Timeouts, Timestamp};

impl SessionData {
    /// A new session that no middleware saves, for the unit test of a handler.
    ///
    /// Call the handler with a clone, and read from the session what it stored. Put into a request's extensions, it is
    /// what the extractors find, whether a session middleware is attached or not.
    ///
    /// ```
    /// use axum_bare_session::{Key, SessionData, SessionError};
    ///
    /// const CART: Key<Vec<String>> = Key::new("cart");
    ///
    /// async fn add(session: SessionData, item: String) -> Result<(), SessionError> {
    ///     session.modify(CART, move |cart| cart.push(item))
    /// }
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let session = SessionData::detached();
    /// add(session.clone(), "apple".to_owned()).await?;
    /// assert_eq!(session.get(CART)?, Some(vec!["apple".to_owned()]));
    /// # Ok::<(), SessionError>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn detached() -> Self {
        Self::detached_in()
    }

    /// A new session of another scope that no middleware saves.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// struct Admin;
    ///
    /// let session = SessionData::detached_in::<Admin>();
    /// session.log_in("ada")?;
    /// # Ok::<(), SessionError>(())
    /// ```
    #[must_use]
    pub fn detached_in<S>() -> SessionData<S> {
        SessionData::new(Arc::new(Detached::new()))
    }
}

/// A session without storage: a save keeps the record in the session itself.
struct Detached {
    session: Session,
    limits: Limits,
}

impl Detached {
    fn new() -> Self {
        let session = Session::default();
        session.open(now(), Opened::Nothing);
        let mut limits = Limits::new(Timeouts::default());
        limits.bearer_prefix = Some("".into());
        Self { session, limits }
    }

    fn save_now(&self) -> Result<(), SessionError> {
        loop {
            let now = now();
            match self.session.next_change(now, &self.limits)? {
                Change::Delete(stored) => self.session.deleted(stored.id),
                Change::Write { mut attempt, .. } => match attempt.refresh(now, &self.limits) {
                    Ok(()) => self.session.saved(&attempt),
                    Err(error) => {
                        self.session.failed(attempt);
                        return Err(error);
                    }
                },
                Change::None | Change::Read(_) => return Ok(()),
            }
        }
    }
}

fn now() -> Timestamp {
    OffsetDateTime::now_utc().into()
}

impl Handle for Detached {
    fn session(&self) -> &Session {
        &self.session
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn now(&self) -> Timestamp {
        now()
    }

    fn save(self: Arc<Self>) -> Answer<'static, ()> {
        Box::pin(ready(self.save_now()))
    }

    /// Nobody but the test ends it.
    fn ended(self: Arc<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        match self.session.live() {
            Some(_) => Box::pin(pending()),
            None => Box::pin(ready(())),
        }
    }

    fn reload(&self, _: Reload) -> Answer<'_, bool> {
        Box::pin(ready(Ok(self.session.live().is_some())))
    }
}
