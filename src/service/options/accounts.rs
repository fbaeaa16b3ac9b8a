use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use crate::service::builder::SessionsBuilder;
use crate::service::event::{SessionEvent, SessionEventKind};
use crate::service::session_limit::limit::{AtSessionLimit, SessionLimit};
use crate::transport::clear_site_data::ClearSiteData;
use crate::transport::cookie::{Signatures, SigningKey};

/// What concerns accounts and those who watch over them.
impl<S> SessionsBuilder<S> {
    /// Where events go, beside the log: a channel of tokio's. By default nowhere. For one of another kind there is
    /// [`on_event`](Self::on_event).
    ///
    /// A request never waits for it, and never fails for its sake: while the channel is full, events are dropped, which
    /// the log tells. Those of requests that open no session, which anybody can send, are dropped while half of it is
    /// full, and a suspected theft, which whoever has a session can repeat, while three quarters are: so they crowd out
    /// no log-in, and no theft is hidden by a flood of the others.
    ///
    /// ```
    /// use axum_bare_session::{MemorySessionStorage, SessionEventKind, Sessions};
    ///
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// let (sender, mut events) = tokio::sync::mpsc::channel(1024);
    /// let sessions = Sessions::builder(MemorySessionStorage::new())
    ///     .events(sender)
    ///     .build()?;
    /// let mails = tokio::spawn(async move {
    ///     while let Some(event) = events.recv().await {
    ///         if event.kind == SessionEventKind::LoggedIn {
    ///             // tell the owner by mail
    ///         }
    ///     }
    /// });
    /// # drop(sessions); mails.await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn events(self, events: Sender<SessionEvent>) -> Self {
        let most = events.max_capacity();
        self.on_event(move |event| {
            let id = event.id;
            // These can be caused as often as somebody likes: no log-in is dropped for them.
            let kept_free = match event.kind {
                SessionEventKind::SuspectedTheft => most / 4,
                kind if kind.is_refusal() => most / 2,
                _ => 0,
            };
            if kept_free > 0 && events.capacity() <= kept_free {
                tracing::debug!(session.id = %id, "event not sent: the rest of the application's channel is for others");
                return;
            }
            // A receiver that is gone has lost interest; one that is too slow is told so.
            if let Err(TrySendError::Full(_)) = events.try_send(event) {
                tracing::warn!(session.id = %id, "event not sent: the application's channel is full");
            }
        })
    }

    /// What is done with each event, beside the log: for a channel of one's own kind, or a counter.
    ///
    /// It is called on the request's way, which waits for it: pass the event on, and do the work elsewhere. A panic in
    /// it is logged, and fails no request. Called again, it adds another receiver.
    ///
    /// ```
    /// use axum_bare_session::{MemorySessionStorage, Sessions};
    ///
    /// let (sender, events) = std::sync::mpsc::channel();
    /// let sessions = Sessions::builder(MemorySessionStorage::new())
    ///     .on_event(move |event| drop(sender.send((event.kind, event.owner))))
    ///     .build()?;
    /// # Ok::<(), axum_bare_session::ConfigError>(())
    /// ```
    pub fn on_event(mut self, tell: impl Fn(SessionEvent) + Send + Sync + 'static) -> Self {
        self.settings.events.push(Box::new(tell));
        self
    }

    /// How many sessions an owner may have, and what becomes of a log-in at that limit (ASVS 5.0, 7.1.2). By default
    /// any number.
    ///
    /// The limit holds exactly, also for log-ins at the same time in several processes, whose clocks must be right to
    /// within half a minute. It costs three more calls to the storage a log-in, which keep a register of the owner's
    /// sessions in a record of its own, and one for each session that ends. With
    /// [`AtSessionLimit::EndLongestIdle`] sessions that are only read are touched every five seconds at least, however
    /// long the [`touch_interval`](Self::touch_interval) is, to tell who is idle. A log-in that is refused is
    /// [`SessionError::TooManySessions`](crate::SessionError::TooManySessions): a handler that wants to answer with a
    /// page of its own awaits
    /// [`save`](crate::SessionData::save) after `log_in`.
    ///
    /// ```
    /// use axum_bare_session::{AtSessionLimit, MemorySessionStorage, Sessions};
    ///
    /// let sessions = Sessions::builder(MemorySessionStorage::new())
    ///     .max_sessions_per_owner(3, AtSessionLimit::EndOldest)
    ///     .build()?;
    /// # Ok::<(), axum_bare_session::ConfigError>(())
    /// ```
    pub fn max_sessions_per_owner(mut self, max: usize, at_limit: AtSessionLimit) -> Self {
        self.settings.policy.session_limit = Some(SessionLimit { max, at_limit });
        self
    }

    /// Allows bearer sessions beside those in cookies, for apps, command lines and other services: their tokens begin
    /// with `prefix`, of 3 to 32 characters, by which scanners of leaked secrets know them. By default there are none.
    ///
    /// A request with `Authorization: Bearer` and such a token is theirs: its cookie is neither read nor set, and a
    /// token that opens nothing is a [`SessionRejection::InvalidToken`](crate::SessionRejection::InvalidToken), a 401.
    /// [`SessionData::bearer_token`](crate::SessionData::bearer_token) makes one. The secret of a cookie opens nothing
    /// as a token, nor the reverse.
    ///
    /// ```
    /// # use axum_bare_session::{MemorySessionStorage, Sessions};
    /// let sessions = Sessions::builder(MemorySessionStorage::new())
    ///     .bearer_tokens("shop_")
    ///     .build()?;
    /// # Ok::<(), axum_bare_session::ConfigError>(())
    /// ```
    pub fn bearer_tokens(mut self, prefix: impl Into<String>) -> Self {
        self.settings.policy.bearer_prefix = Some(prefix.into());
        self
    }

    /// What a browser is asked to forget when its owner logs out, by the header `Clear-Site-Data` (ASVS 5.0, 14.3.1).
    /// By default nothing.
    ///
    /// A handler that sets the header itself has the last word. Browsers heed it over TLS alone, and may take a second
    /// for [`Cache`](ClearSiteData::Cache).
    ///
    /// ```
    /// # use axum_bare_session::{MemorySessionStorage, Sessions};
    /// use axum_bare_session::ClearSiteData;
    ///
    /// let sessions = Sessions::builder(MemorySessionStorage::new())
    ///     .clear_site_data([ClearSiteData::Cache, ClearSiteData::Storage])
    ///     .build()?;
    /// # Ok::<(), axum_bare_session::ConfigError>(())
    /// ```
    pub fn clear_site_data(mut self, directives: impl IntoIterator<Item = ClearSiteData>) -> Self {
        self.settings.clear_site_data = directives.into_iter().collect();
        self
    }

    /// Signs the cookies with the first of these keys, and takes those that any of them signed. By default cookies are
    /// not signed, nor need they be: their secrets cannot be guessed. With keys, a forged cookie costs no call to the
    /// storage.
    ///
    /// To change keys, put the new one before the old ones; a session's cookie is signed anew at its next request.
    /// Without signatures from the beginning, switching them on logs everybody out, and so does dropping the key of a
    /// cookie.
    ///
    /// ```
    /// # use axum_bare_session::{MemorySessionStorage, Sessions};
    /// use axum_bare_session::SigningKey;
    ///
    /// # let [this_year, last_year] = [[1; 32], [2; 32]];
    /// let keys = [SigningKey::new(this_year)?, SigningKey::new(last_year)?];
    /// let sessions = Sessions::builder(MemorySessionStorage::new()).signing_keys(keys).build()?;
    /// # Ok::<(), axum_bare_session::ConfigError>(())
    /// ```
    #[doc(alias("with_signed", "with_key"))]
    pub fn signing_keys(mut self, keys: impl IntoIterator<Item = SigningKey>) -> Self {
        self.settings.policy.cookie.signatures = Some(Signatures::new(keys));
        self
    }
}
