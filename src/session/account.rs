use std::fmt::Display;

use time::{Duration, OffsetDateTime};

use super::data::SessionData;
use super::error::SessionError;
use crate::record::saturate;

/// Whose session it is: logging in and out, and what an account's owner is shown.
impl<S> SessionData<S> {
    /// Who logged in, as given to [`log_in`](Self::log_in); `None` if nobody did.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// assert_eq!(session.owner(), None);
    /// session.log_in("user:42")?;
    /// assert_eq!(session.owner().as_deref(), Some("user:42"));
    /// # Ok::<(), SessionError>(())
    /// ```
    #[doc(alias = "user_id")]
    #[must_use]
    pub fn owner(&self) -> Option<String> {
        let owner = self.session().owner()?;
        Some(self.handle.limits().owner_of(&owner).as_ref().to_owned())
    }

    /// When the owner last logged in; `None` if nobody did. For a page that asks for a recent log-in (ASVS 5.0, 7.5.1):
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// fn is_fresh(session: &SessionData, now: OffsetDateTime) -> bool {
    ///     session.authenticated_at().is_some_and(|at| now - at < Duration::minutes(5))
    /// }
    /// ```
    #[must_use]
    pub fn authenticated_at(&self) -> Option<OffsetDateTime> {
        self.session().authenticated_at().map(Into::into)
    }

    /// Makes the session `owner`'s: renews it (ASVS 5.0, 7.2.4), starts both limits anew, and notes the time, all in
    /// one save.
    ///
    /// The values stay, a cart for example; but those of another owner, who was logged in until now, are dropped.
    /// `owner` is what tells one account of the application from all others for ever, a primary key for example: text,
    /// a number, a UUID, whatever displays so. A name that can be changed or given again is none.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// session.insert("cart", ["apple"])?;
    /// session.log_in("user:42")?;
    /// assert_eq!(session.owner().as_deref(), Some("user:42"));
    /// assert!(session.contains_key("cart"));
    ///
    /// session.log_in(42)?;
    /// assert_eq!(session.owner().as_deref(), Some("42"));
    /// # Ok::<(), SessionError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If `owner` is empty or longer than 255 bytes, if the session has ended, or the response has been sent. If
    /// another request logs in, logs out or renews the session first, nothing of this one is saved, and its response
    /// (or [`save`](Self::save)) is
    /// [`SessionError::Superseded`]: a client that tries again comes with the new cookie.
    #[doc(alias = "login")]
    pub fn log_in(&self, owner: impl Display) -> Result<(), SessionError> {
        let (owner, limits) = (owner.to_string(), self.handle.limits());
        self.session().log_in(&owner, Vec::new(), None, limits)
    }

    /// Logs in an owner who proved who they are at `authenticated_at`, and not just now: at a provider of single
    /// sign-on, which says when (`auth_time` in OpenID Connect), or in the session of another library that this one
    /// follows.
    ///
    /// The absolute limit and [`FreshSession`](crate::FreshSession) count from then: a log-in that is already older
    /// than that limit makes a session that has ended. A time that is yet to come counts as now.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// let auth_time = OffsetDateTime::now_utc() - Duration::HOUR;
    /// session.log_in_at("user:42", auth_time)?;
    /// assert!(session.authenticated_at() < Some(OffsetDateTime::now_utc() - Duration::minutes(59)));
    /// # Ok::<(), SessionError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`log_in`](Self::log_in).
    #[doc(alias = "auth_time")]
    pub fn log_in_at(
        &self,
        owner: impl Display,
        authenticated_at: OffsetDateTime,
    ) -> Result<(), SessionError> {
        let (owner, limits) = (owner.to_string(), self.handle.limits());
        let at = Some(authenticated_at.into());
        self.session().log_in(&owner, Vec::new(), at, limits)
    }

    /// Logs in, and keeps the values of `keys` also where another owner was logged in until now.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// session.log_in("user:42")?;
    /// session.insert("address", "1 Main Street")?;
    /// session.insert("language", "fr")?;
    /// session.log_in_keeping("user:7", ["language"])?;
    /// assert_eq!(session.keys(), ["language"]);
    /// # Ok::<(), SessionError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`log_in`](Self::log_in).
    pub fn log_in_keeping<K: AsRef<str>>(
        &self,
        owner: impl Display,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<(), SessionError> {
        let (owner, limits) = (owner.to_string(), self.handle.limits());
        self.session().log_in(&owner, names(keys), None, limits)
    }

    /// Notes that the owner has just proved who they are once more: renews the session, starts both limits anew, and
    /// notes the time (ASVS 5.0, 7.2.4; NIST SP 800-63B-4, section 5.2).
    ///
    /// For a page behind [`FreshSession`](crate::FreshSession), after the password was asked for again.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// assert!(session.reauthenticated().is_err()); // nobody is logged in
    /// session.log_in("user:42")?;
    /// session.reauthenticated()?;
    /// # Ok::<(), SessionError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If nobody is logged in, if the session has ended, or the response has been sent.
    pub fn reauthenticated(&self) -> Result<(), SessionError> {
        self.session().reauthenticated(self.handle.limits())
    }

    /// Logs out: ends the session, as [`destroy`](Self::destroy) does, for every request (ASVS 5.0, 7.4.1).
    ///
    /// This is the log-out to use, unless something is to outlive it: then [`log_out_keeping`](Self::log_out_keeping).
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// session.log_in("user:42")?;
    /// session.log_out();
    /// assert_eq!(session.owner(), None);
    /// # Ok::<(), SessionError>(())
    /// ```
    #[doc(alias("logout", "flush", "purge"))]
    pub fn log_out(&self) {
        self.session().destroy();
    }

    /// Logs out, and keeps the values of `keys` in what from then on is a visitor's session: a cart that outlives the
    /// log-out.
    ///
    /// It has no owner, no label and no other values, both its limits start anew, and a new secret opens it; its public
    /// id stays. All that is one save, so that what a parallel request puts into the cart is kept too. If another
    /// request logs in or renews the session first, this one ends it, and keeps nothing.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// session.log_in("user:42")?;
    /// session.insert("address", "1 Main Street")?;
    /// session.insert("cart", ["apple"])?;
    /// session.log_out_keeping(["cart"])?;
    /// assert_eq!(session.owner(), None);
    /// assert_eq!(session.keys(), ["cart"]);
    /// # Ok::<(), SessionError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the session has ended, or the response has been sent.
    pub fn log_out_keeping<K: AsRef<str>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<(), SessionError> {
        self.session().log_out_keeping(names(keys))
    }

    /// Keeps the session for `duration`, in whole seconds, after each visit, in place of the idle limit, also when the
    /// browser is closed.
    ///
    /// The absolute limit stays, and so a browser keeps the cookie until one of the two limits, 400 days at most (RFC
    /// 6265bis). It is kept through renewals and [`reauthenticated`](Self::reauthenticated), and undone by
    /// [`stop_remembering`](Self::stop_remembering) and by the next [`log_in`](Self::log_in) without it.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// session.log_in("user:42")?;
    /// session.remember(Duration::days(30))?;
    /// session.remember(std::time::Duration::from_secs(30 * 86_400))?; // the same
    /// # Ok::<(), SessionError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If `duration` is less than a second, if the session has ended, or the response has been sent.
    #[doc(alias("set_expiry", "set_longterm"))]
    pub fn remember(&self, duration: impl TryInto<Duration>) -> Result<(), SessionError> {
        self.session().remember(Some(saturate(duration)))
    }

    /// Takes [`remember`](Self::remember) back: the idle limit holds again, and the browser keeps the cookie no longer
    /// than it does by the configuration, by default until it is closed.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// session.log_in("user:42")?;
    /// session.remember(Duration::days(30))?;
    /// session.stop_remembering()?; // on a page of settings, without another log-in
    /// # Ok::<(), SessionError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the session has ended, or the response has been sent.
    pub fn stop_remembering(&self) -> Result<(), SessionError> {
        self.session().remember(None)
    }

    /// What the application calls this session in a list; `None` if it has not said.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// session.set_label("Firefox on Linux")?;
    /// assert_eq!(session.label().as_deref(), Some("Firefox on Linux"));
    /// # Ok::<(), SessionError>(())
    /// ```
    #[must_use]
    pub fn label(&self) -> Option<String> {
        self.session()
            .label()
            .map(|label| label.as_ref().to_owned())
    }

    /// Sets what the session is called in a [list](crate::Sessions::list) of its owner's: a device or a place, in at
    /// most 255 bytes.
    ///
    /// It stays until the log-out, or until another owner logs in. A visitor without values gets no record for a label
    /// alone. It may hold whatever a browser sent, so a page must escape it.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let session = SessionData::detached();
    /// session.log_in("user:42")?;
    /// session.set_label("Firefox on Linux")?;
    /// # Ok::<(), SessionError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If `label` is longer than 255 bytes, if the session has ended, or would need a cookie after the response.
    pub fn set_label(&self, label: impl AsRef<str>) -> Result<(), SessionError> {
        self.session().set_label(label.as_ref())
    }
}

fn names<K: AsRef<str>>(keys: impl IntoIterator<Item = K>) -> Vec<Box<str>> {
    keys.into_iter().map(|key| key.as_ref().into()).collect()
}
