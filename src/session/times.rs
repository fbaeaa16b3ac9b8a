use time::{Duration, OffsetDateTime};

use super::data::SessionData;

/// The session's times.
impl<S> SessionData<S> {
    /// When the session ends if nobody opens it again, as this request leaves it: for a countdown. `None` until the
    /// session is first saved.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let session = SessionData::detached();
    /// session.insert("cart", ["apple"])?;
    /// assert_eq!(session.expires_at(), None);
    /// session.save().await?;
    /// assert!(session.expires_at() > Some(OffsetDateTime::now_utc()));
    /// # Ok::<(), SessionError>(()) }).unwrap();
    /// ```
    #[doc(alias("expiry_date", "expiry_age"))]
    #[must_use]
    pub fn expires_at(&self) -> Option<OffsetDateTime> {
        let [idle, absolute] = self.session().ends(self.handle.limits())?;
        Some(idle.min(absolute).into())
    }

    /// How long the session may still be idle, as this request leaves it: what is left of the idle limit, or of what
    /// [`remember`](Self::remember) put in its place. `None` until the session is first saved.
    ///
    /// It ends earlier where [`absolute_remaining`](Self::absolute_remaining) is less. Opening a session is activity,
    /// so that at the beginning of a request all of the limit is left; but for a
    /// [`PassiveSession`](crate::PassiveSession).
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let session = SessionData::detached();
    /// session.insert("cart", ["apple"])?;
    /// session.save().await?;
    /// let idle = session.idle_remaining().unwrap();
    /// assert!(idle > Duration::hours(23) && idle <= Duration::hours(24));
    /// # Ok::<(), SessionError>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn idle_remaining(&self) -> Option<Duration> {
        let [idle, _] = self.session().ends(self.handle.limits())?;
        Some((idle - self.handle.now()).max(Duration::ZERO))
    }

    /// How long the session lasts at most, however often it is opened: what is left of the absolute limit, which begins
    /// with the session, and anew with each log-in. `None` until the session is first saved.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let session = SessionData::detached();
    /// session.insert("cart", ["apple"])?;
    /// session.save().await?;
    /// let absolute = session.absolute_remaining().unwrap();
    /// assert!(absolute > Duration::days(29) && absolute <= Duration::days(30));
    /// # Ok::<(), SessionError>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn absolute_remaining(&self) -> Option<Duration> {
        let [_, absolute] = self.session().ends(self.handle.limits())?;
        Some((absolute - self.handle.now()).max(Duration::ZERO))
    }

    /// When the session was created; `None` until it is first saved. A
    /// [`log_out_keeping`](Self::log_out_keeping) begins it anew.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let session = SessionData::detached();
    /// session.insert("cart", ["apple"])?;
    /// assert_eq!(session.created_at(), None);
    /// session.save().await?;
    /// assert!(session.created_at() <= Some(OffsetDateTime::now_utc()));
    /// # Ok::<(), SessionError>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn created_at(&self) -> Option<OffsetDateTime> {
        self.session().created_at().map(Into::into)
    }

    /// When the session was last opened before this request, to within a touch interval; of one that this request has
    /// saved, when it was. `None` until the session is first saved.
    ///
    /// ```
    /// # use axum_bare_session::SessionData;
    /// async fn greet(session: SessionData) -> String {
    ///     match session.last_seen() {
    ///         Some(last_seen) => format!("You were last here at {last_seen}."),
    ///         None => "Welcome.".to_owned(),
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn last_seen(&self) -> Option<OffsetDateTime> {
        self.session().last_seen().map(Into::into)
    }
}
