use std::fmt;
use std::sync::Arc;

use super::data::SessionData;
use super::error::SessionError;
use super::handle::Reload;
use crate::record::SessionId;

/// The session's life: its id, how long it lasts, when it ends.
impl<S> SessionData<S> {
    /// The session's public id, safe to log; `None` until the session is first saved.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let session = SessionData::detached();
    /// assert_eq!(session.id(), None);
    /// session.insert("cart", ["apple"])?;
    /// session.save().await?;
    /// assert!(session.id().is_some());
    /// # Ok::<(), SessionError>(()) }).unwrap();
    /// ```
    #[doc(alias = "get_session_id")]
    #[must_use]
    pub fn id(&self) -> Option<SessionId> {
        self.session().id()
    }

    /// Whether the session has never been saved: the visitor's first, or one that follows a destroyed one.
    ///
    /// ```
    /// # use axum_bare_session::SessionData;
    /// async fn greet(session: SessionData) -> &'static str {
    ///     if session.is_new() { "welcome" } else { "welcome back" }
    /// }
    /// ```
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.id().is_none()
    }

    /// Waits until the session ends, or is no longer this visitor's: by a log-out, a revocation, a limit, or since a
    /// log-in or [`renew`](Self::renew) has given it another secret. For sockets and streams, which outlive their
    /// request.
    ///
    /// What this process does is noticed at once, all else
    /// [within some seconds](crate::SessionsBuilder::ended_within), by one look at the storage for all that are waited
    /// for. To wait is no activity: a socket keeps no session alive. A storage that is down ends none.
    ///
    /// What counts is the session as it is now, so await it after the log-in is saved. Where there is none, it has
    /// ended.
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use axum::response::Sse;
    /// use axum::response::sse::Event;
    /// use axum_bare_session::SessionData;
    /// use futures_util::{Stream, StreamExt, stream::repeat_with};
    ///
    /// async fn prices(session: SessionData) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    ///     let prices = repeat_with(|| Ok(Event::default().data("42")));
    ///     Sse::new(prices.take_until(session.ended()))
    /// }
    /// ```
    pub fn ended(&self) -> impl Future<Output = ()> + Send + use<S> {
        Arc::clone(&self.handle).ended()
    }

    /// Removes all keys. Id and owner stay; to log out, [`destroy`](Self::destroy) the session.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// session.insert("cart", ["apple"])?;
    /// session.clear();
    /// assert!(session.is_empty());
    /// # Ok::<(), SessionError>(())
    /// ```
    pub fn clear(&self) {
        self.session().clear();
    }

    /// Undoes everything that this request changed since it began, or since the last [`save`](Self::save).
    ///
    /// Whatever status a handler returns, its changes are saved. This is for one that changes its mind.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// session.insert("cart", ["apple"])?;
    /// session.revert();
    /// assert!(session.is_empty());
    /// # Ok::<(), SessionError>(())
    /// ```
    pub fn revert(&self) {
        self.session().revert();
    }

    /// Gives the session a new secret, so that nobody who knew the old one gets in (OWASP: renew the session id after
    /// any privilege level change).
    ///
    /// Id, values and limits stay. [`log_in`](Self::log_in) renews by itself. If another request renews the session
    /// first, this one is answered with [`SessionError::Superseded`], and nothing of it is saved.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// async fn second_factor(session: SessionData) -> Result<(), SessionError> {
    ///     session.renew()?;
    ///     session.insert("second_factor", true)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the session has ended, or the response has been sent.
    #[doc(alias("cycle_id", "regenerate", "rotate"))]
    pub fn renew(&self) -> Result<(), SessionError> {
        self.session().renew()
    }

    /// Ends the session: its record is deleted, for every request, and the cookie with it.
    ///
    /// [`log_out`](Self::log_out) is the same under the name that a log-out has; this one is for a visitor's session,
    /// such as an order that was placed or given up. To keep a cart beyond a log-out, there is
    /// [`log_out_keeping`](Self::log_out_keeping); to keep the session and empty it, [`clear`](Self::clear).
    ///
    /// What is written afterwards makes a new session, with another id and secret: log out, then leave a flash message.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// async fn log_out(session: SessionData) -> Result<(), SessionError> {
    ///     session.destroy();
    ///     session.insert("flash", "You are logged out.")
    /// }
    /// ```
    #[doc(alias("flush", "purge", "delete", "invalidate"))]
    pub fn destroy(&self) {
        self.session().destroy();
    }

    /// Saves now what was changed since the last save, instead of after the handler.
    ///
    /// Needed only for what is written after the handler returned: from a stream, a socket or a spawned task. It runs
    /// in a task of its own, and so to its end, also where nobody waits for it any more. After the response it is a visit
    /// of its own, and loads the session first: others may have changed it since, kept it alive, or ended it.
    ///
    /// Of a session that was not changed it only moves the expiry, at most once in each touch interval (a twentieth of
    /// the idle limit), as a request that reads does: a stream that calls it now and then keeps its session alive, up
    /// to the absolute limit. A visitor who has no session, and for whom nothing was written, gets none. Neither is an
    /// error; nor is it one that the session has ended, if there is nothing to save: [`reload`](Self::reload) tells.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// async fn start(session: SessionData) -> Result<(), SessionError> {
    ///     session.insert("job", "running")?; // saved with the response
    ///     tokio::spawn(async move {
    ///         session.insert("job", "done")?;
    ///         session.save().await
    ///     });
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the storage fails, if parallel requests changed the session too often, if it has ended, or if this request
    /// logs in or renews it and another one did so first. Where the storage has failed, the changes are still there, to
    /// be saved again with what comes next: a write whose answer was lost is recognized, and not made twice. Only where
    /// others have written since, a minute and more later, is it not known any more whether it was made: its changes
    /// are dropped then, and the error is a [`SessionError::Conflict`]. Dropped is also what a session would have got
    /// that has [`Ended`](SessionError::Ended) or was [`Superseded`](SessionError::Superseded), and with
    /// [`TooManySessions`](SessionError::TooManySessions) what was changed beside the log-in. What no save takes, as an update whose closure fails over
    /// what another request has stored, [`revert`](Self::revert) gives up.
    #[doc(alias("force_database_update", "commit"))]
    pub async fn save(&self) -> Result<(), SessionError> {
        Arc::clone(&self.handle).save().await
    }

    /// Loads the session again, with what other requests saved meanwhile, and returns whether it is still there.
    ///
    /// For long-lived streams and sockets: `false` means that the visitor logged out, was revoked, logged in anew, or
    /// that the session expired. What was written and not saved yet stays.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// async fn watch(session: SessionData) -> Result<(), SessionError> {
    ///     while session.reload().await? {
    ///         // Send what is new, then wait.
    /// #       tokio::task::yield_now().await;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the storage fails.
    #[doc(alias("load", "refresh"))]
    pub async fn reload(&self) -> Result<bool, SessionError> {
        self.handle.reload(Reload::AsLoaded).await
    }
}

impl<S> Clone for SessionData<S> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.handle))
    }
}

/// A layer inside the session middleware may catch a panic before that hears of it.
impl<S> Drop for SessionData<S> {
    fn drop(&mut self) {
        if self.session().is_lost_in_a_panic() {
            self.session().fail();
        }
    }
}

/// Shows the public id and the keys, never a value.
impl<S> fmt::Debug for SessionData<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionData")
            .field("id", &self.id())
            .field("keys", &self.keys())
            .finish_non_exhaustive()
    }
}
