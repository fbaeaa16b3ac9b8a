use time::Duration;

use crate::record::{Timeouts, saturate};
use crate::service::builder::SessionsBuilder;
use crate::service::suspected_theft::SuspectedTheft;

/// The limits. A duration may also be one of the standard library.
impl<S> SessionsBuilder<S> {
    /// How long a session may go without a request that opens it. By default 24 hours, or the absolute limit if that is
    /// shorter.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.idle_timeout(Duration::minutes(30)).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    #[doc(alias("with_expiry", "OnInactivity", "session_ttl", "visit_deadline"))]
    pub fn idle_timeout(mut self, idle: impl TryInto<Duration>) -> Self {
        self.settings.idle_timeout = Some(saturate(idle));
        self
    }

    /// How long a session may last from its creation, or from the latest log-in. By default 30 days.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.absolute_timeout(Duration::hours(12)).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    #[doc(alias = "login_deadline")]
    pub fn absolute_timeout(mut self, absolute: impl TryInto<Duration>) -> Self {
        self.settings.absolute_timeout = Some(saturate(absolute));
        self
    }

    /// Both limits at once, such as [`Timeouts::AAL2`].
    ///
    /// ```
    /// # use axum_bare_session::{MemorySessionStorage, Sessions, Timeouts};
    /// let sessions = Sessions::builder(MemorySessionStorage::new())
    ///     .timeouts(Timeouts::AAL2)
    ///     .build()?;
    /// # Ok::<(), axum_bare_session::ConfigError>(())
    /// ```
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.settings.policy.preset = Some(timeouts);
        self.idle_timeout(timeouts.idle)
            .absolute_timeout(timeouts.absolute)
    }

    /// How often at most a session that is only read is touched in the storage. By default a twentieth of the idle
    /// limit; a session may so be taken for idle that much too early. Five seconds is the most where the longest idle
    /// session ends at a [limit](Self::max_sessions_per_owner).
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.touch_interval(Duration::minutes(1)).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn touch_interval(mut self, interval: impl TryInto<Duration>) -> Self {
        self.settings.touch_interval = Some(saturate(interval));
        self
    }

    /// How long a call to the storage may take. By default 5 seconds; beyond, the response is a 503. Where the sessions
    /// of an owner are [limited](Self::max_sessions_per_owner), half a minute is the most: a log-in's place is kept for
    /// a minute.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.storage_timeout(Duration::seconds(1)).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn storage_timeout(mut self, timeout: impl TryInto<Duration>) -> Self {
        self.settings.storage_timeout = saturate(timeout);
        self
    }

    /// How late at most [`ended`](crate::SessionData::ended) notices an end that this process did not bring about: one
    /// by another process, or by a limit. By default 5 seconds, at least 100 milliseconds; to that comes what a call to
    /// the storage takes.
    ///
    /// As long as anybody waits, the storage is asked that often, once for a hundred sessions.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.ended_within(Duration::seconds(1)).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn ended_within(mut self, interval: impl TryInto<Duration>) -> Self {
        self.settings.ended_within = saturate(interval);
        self
    }

    /// How many bytes the keys and JSON texts of a session may take. By default 64 KiB; beyond, a write is an error.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.max_size(4096).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn max_size(mut self, bytes: usize) -> Self {
        self.settings.max_size = Some(bytes);
        self
    }
}

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
