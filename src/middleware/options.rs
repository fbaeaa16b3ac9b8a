use axum_extra::extract::cookie::SameSite;
use time::{Duration, OffsetDateTime};

use super::builder::SessionsBuilder;
use crate::record::Timeouts;

/// The options.
impl<S> SessionsBuilder<S> {
    /// The cookie's name. By default `__Host-id`; with a domain or another path `__Secure-id`; without `Secure` `id`.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.cookie_name("__Host-sid").build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.cookie.name = Some(name.into());
        self
    }

    /// The path below which browsers send the cookie. By default `/`.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.path("/shop").build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.cookie.path = path.into();
        self
    }

    /// The domain whose subdomains get the cookie too. By default none: only the host that set it gets it.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.domain("example.com").build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.cookie.domain = Some(domain.into());
        self
    }

    /// Whether the cookie is sent over TLS and to `localhost` only. By default it is (ASVS 5.0, 3.3.1); `false` is for development, where a
    /// browser (Safari) does not take `http://localhost` for secure.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.secure(false).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn secure(mut self, secure: bool) -> Self {
        self.cookie.secure = secure;
        self
    }

    /// Whether scripts are kept from the cookie. By default they are (ASVS 5.0, 3.3.4).
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.http_only(true).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.cookie.http_only = http_only;
        self
    }

    /// Which requests of other sites carry the cookie. By default `Lax`: a link to the application does.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.same_site(SameSite::Strict).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.cookie.same_site = same_site;
        self
    }

    /// Whether a browser keeps one cookie for each site that embeds the application (CHIPS). By default not.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.same_site(SameSite::None).partitioned(true).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.cookie.partitioned = partitioned;
        self
    }

    /// Makes the cookie outlive the browser, for this long after each time the session's expiry moves; never longer than the session
    /// itself, nor than 400 days. By default it ends with the browser.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.max_age(Duration::days(7)).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.cookie.max_age = Some(max_age);
        self
    }

    /// Makes the cookie outlive the browser, until this instant at most; never longer than the session itself, nor than 400 days.
    /// From that instant on, cookies end with the browser again.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.expires(OffsetDateTime::now_utc() + Duration::days(7)).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn expires(mut self, expires: OffsetDateTime) -> Self {
        self.cookie.expires = Some(expires);
        self
    }

    /// How long a session may go without a request that opens it. By default 24 hours, or the absolute limit if that is
    /// shorter.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.idle_timeout(Duration::minutes(30)).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn idle_timeout(mut self, idle: Duration) -> Self {
        self.idle_timeout = Some(idle);
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
    pub fn absolute_timeout(mut self, absolute: Duration) -> Self {
        self.absolute_timeout = Some(absolute);
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
    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        self.idle_timeout(timeouts.idle)
            .absolute_timeout(timeouts.absolute)
    }

    /// How often at most a session that is only read is touched in the storage. By default a twentieth of the idle limit; a
    /// session may so be taken for idle that much too early.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.touch_interval(Duration::minutes(1)).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn touch_interval(mut self, interval: Duration) -> Self {
        self.touch_interval = Some(interval);
        self
    }

    /// How long a call to the storage may take. By default 5 seconds; beyond, the response is a 503.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.storage_timeout(Duration::seconds(1)).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn storage_timeout(mut self, timeout: Duration) -> Self {
        self.storage_timeout = timeout;
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
        self.max_size = Some(bytes);
        self
    }

    /// Where the time comes from: for tests, a clock that stands still or is moved by hand.
    ///
    /// ```
    /// # use axum_bare_session::{MemorySessionStorage, OffsetDateTime, Sessions};
    /// let sessions = Sessions::builder(MemorySessionStorage::new())
    ///     .clock(|| OffsetDateTime::UNIX_EPOCH)
    ///     .build()?;
    /// # Ok::<(), axum_bare_session::ConfigError>(())
    /// ```
    pub fn clock(mut self, clock: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }
}
