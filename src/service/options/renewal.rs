use time::Duration;

use crate::record::saturate;
use crate::service::builder::SessionsBuilder;
use crate::service::suspected_theft::SuspectedTheft;

/// Renewal without being asked for.
impl<S> SessionsBuilder<S> {
    /// How old a secret may get before a request renews it by itself (OWASP: renewal timeout). By default as old as its
    /// session.
    ///
    /// The new secret is derived from the former one, and goes out with the response, which may get lost. So the former
    /// one opens the session too until the new one has come back, however late that is, and whoever comes with it is
    /// sent the same new one again. Once the new one was used, the former is accepted for a minute (or the interval, if
    /// that is shorter), for requests that were on their way. Used later it is a sign of theft:
    /// [`SessionEventKind::SuspectedTheft`](crate::SessionEventKind::SuspectedTheft) is told, and
    /// [`suspected_theft`](Self::suspected_theft) says what follows.
    ///
    /// This is for renewals that nobody asked for. At a log-in, a log-out and `renew` a fresh secret is drawn, and the
    /// former one is dead at once.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.renewal_interval(Duration::minutes(15)).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn renewal_interval(mut self, interval: impl TryInto<Duration>) -> Self {
        self.settings.policy.renewal_interval = Some(saturate(interval));
        self
    }

    /// What becomes of a session whose former secret is used after its successor. By default the request finds no
    /// session.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder
    ///     .renewal_interval(Duration::minutes(15))
    ///     .suspected_theft(SuspectedTheft::EndSession)
    ///     .build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn suspected_theft(mut self, consequence: SuspectedTheft) -> Self {
        self.settings.policy.suspected_theft = consequence;
        self
    }
}
