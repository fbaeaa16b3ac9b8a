use time::Duration;

use crate::record::{Timeouts, saturate};
use crate::service::builder::SessionsBuilder;

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
