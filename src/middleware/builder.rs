use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use axum_extra::extract::cookie::SameSite;
use time::{Duration, OffsetDateTime};

use super::ConfigError;
use super::cookie::{CookieConfig, CookieWriter};
use super::service::Service;
use super::sessions::Sessions;
use crate::record::Timeouts;
use crate::session::{DefaultScope, Limits};
use crate::storage::{ErasedStorage, SessionStorage};

/// A configuration of [`Sessions`], made by [`Sessions::builder`]. What browsers or reason would refuse, [`build`](Self::build) refuses.
#[must_use = "a configuration does nothing until it is built"]
pub struct SessionsBuilder<S = DefaultScope> {
    storage: Box<dyn ErasedStorage>,
    cookie: CookieConfig,
    idle_timeout: Option<Duration>,
    absolute_timeout: Option<Duration>,
    touch_interval: Option<Duration>,
    storage_timeout: Duration,
    max_size: Option<usize>,
    clock: Box<dyn Fn() -> OffsetDateTime + Send + Sync>,
    is_scoped: bool,
    scope: PhantomData<fn() -> S>,
}

impl Sessions {
    /// Begins a configuration with safe defaults; [`SessionsBuilder::scope`] names another scope.
    ///
    /// ```
    /// use axum_bare_session::{MemorySessionStorage, Sessions};
    ///
    /// let sessions = Sessions::builder(MemorySessionStorage::new())
    ///     .cookie_name("__Host-sid")
    ///     .build()?;
    /// # Ok::<(), axum_bare_session::ConfigError>(())
    /// ```
    pub fn builder(storage: impl SessionStorage) -> SessionsBuilder {
        SessionsBuilder::new(storage)
    }
}

/// All defaults.
impl<T: SessionStorage> From<T> for Sessions {
    fn from(storage: T) -> Self {
        SessionsBuilder::new(storage).finish()
    }
}

impl SessionsBuilder {
    fn new(storage: impl SessionStorage) -> Self {
        Self {
            storage: Box::new(storage),
            cookie: CookieConfig::default(),
            idle_timeout: None,
            absolute_timeout: None,
            touch_interval: None,
            storage_timeout: Duration::seconds(5),
            max_size: None,
            clock: Box::new(OffsetDateTime::now_utc),
            is_scoped: false,
            scope: PhantomData,
        }
    }
}

impl<S> SessionsBuilder<S> {
    /// The scope of these sessions, a type of the application's: its handlers extract `SessionData<Scope>`.
    ///
    /// Each scope of an application needs a cookie name of its own. Scopes may share a storage: a secret of one opens nothing in
    /// another, since outside the default scope its digest covers the cookie's name.
    ///
    /// ```
    /// # use axum_bare_session::{MemorySessionStorage, Sessions};
    /// struct Admin;
    ///
    /// let admins: Sessions<Admin> = Sessions::builder(MemorySessionStorage::new())
    ///     .scope::<Admin>()
    ///     .cookie_name("__Host-admin")
    ///     .build()?;
    /// # Ok::<(), axum_bare_session::ConfigError>(())
    /// ```
    pub fn scope<T>(self) -> SessionsBuilder<T> {
        SessionsBuilder {
            storage: self.storage,
            cookie: self.cookie,
            idle_timeout: self.idle_timeout,
            absolute_timeout: self.absolute_timeout,
            touch_interval: self.touch_interval,
            storage_timeout: self.storage_timeout,
            max_size: self.max_size,
            clock: self.clock,
            is_scoped: true,
            scope: PhantomData,
        }
    }

    /// The cookie's name. By default `__Host-id`; with a domain or another path `__Secure-id`; without `Secure` `id`.
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.cookie.name = Some(name.into());
        self
    }

    /// The path below which browsers send the cookie. By default `/`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.cookie.path = path.into();
        self
    }

    /// The domain whose subdomains get the cookie too. By default none: only the host that set it gets it.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.cookie.domain = Some(domain.into());
        self
    }

    /// Whether the cookie is sent over TLS and to `localhost` only. By default it is (ASVS 5.0, 3.3.1); `false` is for development, where a
    /// browser (Safari) does not take `http://localhost` for secure.
    pub fn secure(mut self, secure: bool) -> Self {
        self.cookie.secure = secure;
        self
    }

    /// Whether scripts are kept from the cookie. By default they are (ASVS 5.0, 3.3.4).
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.cookie.http_only = http_only;
        self
    }

    /// Which requests of other sites carry the cookie. By default `Lax`: a link to the application does.
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.cookie.same_site = same_site;
        self
    }

    /// Whether a browser keeps one cookie for each site that embeds the application (CHIPS). By default not.
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.cookie.partitioned = partitioned;
        self
    }

    /// Makes the cookie outlive the browser, for this long after each time the session's expiry moves; never longer than the session
    /// itself, nor than 400 days. By default it ends with the browser.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.cookie.max_age = Some(max_age);
        self
    }

    /// Makes the cookie outlive the browser, until this instant at most; never longer than the session itself, nor than 400 days.
    /// From that instant on, cookies end with the browser again.
    pub fn expires(mut self, expires: OffsetDateTime) -> Self {
        self.cookie.expires = Some(expires);
        self
    }

    /// How long a session may go without a request that opens it. By default 24 hours, or the absolute limit if that is
    /// shorter.
    pub fn idle_timeout(mut self, idle: Duration) -> Self {
        self.idle_timeout = Some(idle);
        self
    }

    /// How long a session may last from its creation, or from the latest log-in. By default 30 days.
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
    pub fn touch_interval(mut self, interval: Duration) -> Self {
        self.touch_interval = Some(interval);
        self
    }

    /// How long a call to the storage may take. By default 5 seconds; beyond, the response is a 503.
    pub fn storage_timeout(mut self, timeout: Duration) -> Self {
        self.storage_timeout = timeout;
        self
    }

    /// How many bytes the keys and JSON texts of a session may take. By default 64 KiB; beyond, a write is an error.
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

    /// Checks the configuration, and makes the service.
    ///
    /// # Errors
    ///
    /// If a browser would refuse the cookie, or a limit makes no sense.
    pub fn build(self) -> Result<Sessions<S>, ConfigError> {
        self.cookie.check()?;
        if self
            .cookie
            .expires
            .is_some_and(|expires| expires <= (self.clock)())
        {
            return Err(ConfigError::Expires);
        }
        let Timeouts { idle, absolute } = self.limits().timeouts;
        if idle < Duration::SECOND || absolute < Duration::SECOND {
            return Err(ConfigError::Timeout);
        }
        if idle > absolute {
            return Err(ConfigError::IdleLongerThanAbsolute);
        }
        if self
            .touch_interval
            .is_some_and(|interval| interval.is_negative() || interval >= idle)
        {
            return Err(ConfigError::TouchInterval);
        }
        if !self.storage_timeout.is_positive() {
            return Err(ConfigError::StorageTimeout);
        }
        Ok(self.finish())
    }

    fn finish(self) -> Sessions<S> {
        Sessions::from_service(Arc::new(Service {
            limits: Arc::new(self.limits()),
            storage: self.storage,
            storage_timeout: self.storage_timeout.unsigned_abs(),
            cookie: CookieWriter::new(&self.cookie),
            clock: self.clock,
        }))
    }

    fn limits(&self) -> Limits {
        let defaults = Timeouts::default();
        let absolute = self.absolute_timeout.unwrap_or(defaults.absolute);
        let idle = self.idle_timeout.unwrap_or(defaults.idle.min(absolute));
        let mut limits = Limits::new(Timeouts::new(idle, absolute));
        limits.touch_interval = self.touch_interval.unwrap_or(limits.touch_interval);
        limits.max_size = self.max_size.unwrap_or(limits.max_size);
        if self.is_scoped {
            self.cookie.name().clone_into(&mut limits.scope);
        }
        limits
    }
}

impl<S> fmt::Debug for SessionsBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionsBuilder")
            .field("cookie", &self.cookie)
            .field("limits", &self.limits())
            .finish_non_exhaustive()
    }
}
