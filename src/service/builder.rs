use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use time::Duration;

use super::advice::Advice;
use super::event::Tell;
use super::policy::SessionPolicy;
use super::queue::Queues;
use super::service::Service;
use super::session_limit::RESERVED_FOR;
use super::session_limit::limit::AtSessionLimit;
use super::sessions::Sessions;
use super::watches::Watches;
use crate::record::{Random, Timeouts, Timestamp};
use crate::session::{DefaultScope, Limits};
use crate::storage::{ErasedStorage, SessionStorage};
use crate::transport::bearer::is_bearer_prefix;
use crate::transport::clear_site_data::ClearSiteData;
use crate::transport::config_error::ConfigError;
use crate::transport::cookie::{CookieWriter, FormerCookie};
#[cfg(feature = "device-bound")]
use crate::transport::device_bound::Endpoints;

/// How often at most a session is touched where the longest idle one is to be told from the others.
const PRECISE_TOUCH_INTERVAL: Duration = Duration::seconds(5);

/// How often at most a storage is asked for sessions whose end somebody waits for.
const MIN_ENDED_WITHIN: Duration = Duration::milliseconds(100);

/// A configuration of [`Sessions`], made by [`Sessions::builder`]. What browsers or reason would refuse,
/// [`build`](Self::build) refuses.
#[doc(alias("SessionConfig", "SessionManagerLayer"))]
#[must_use = "a configuration does nothing until it is built"]
pub struct SessionsBuilder<S = DefaultScope> {
    pub(crate) settings: Settings,
    scope: PhantomData<fn() -> S>,
}

/// What the application has chosen, whatever the scope.
pub(crate) struct Settings {
    storage: Box<dyn ErasedStorage>,
    /// What is told of it: but for the timeouts, which are worked out at the end.
    pub(crate) policy: SessionPolicy,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) absolute_timeout: Option<Duration>,
    pub(crate) touch_interval: Option<Duration>,
    pub(crate) storage_timeout: Duration,
    pub(crate) ended_within: Duration,
    pub(crate) max_size: Option<usize>,
    pub(crate) clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    pub(crate) insecure_seed: Option<u64>,
    pub(crate) events: Vec<Tell>,
    pub(crate) clear_site_data: Vec<ClearSiteData>,
    /// `None` also where the feature is off.
    pub(crate) device_bound: Option<String>,
    is_scoped: bool,
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
        let settings = Settings {
            storage: Box::new(storage),
            policy: SessionPolicy::new(),
            idle_timeout: None,
            absolute_timeout: None,
            touch_interval: None,
            storage_timeout: Duration::seconds(5),
            ended_within: Duration::seconds(5),
            max_size: None,
            clock: Box::new(Timestamp::now),
            insecure_seed: None,
            events: Vec::new(),
            clear_site_data: Vec::new(),
            device_bound: None,
            is_scoped: false,
        };
        Self {
            settings,
            scope: PhantomData,
        }
    }
}

impl<S> SessionsBuilder<S> {
    /// The scope of these sessions, a type of the application's: its handlers extract `SessionData<Scope>`.
    ///
    /// Each scope of an application needs a cookie name of its own. Scopes may share a storage: a secret of one opens
    /// nothing in another, since outside the default scope its digest covers the cookie's name.
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
    pub fn scope<T>(mut self) -> SessionsBuilder<T> {
        self.settings.is_scoped = true;
        SessionsBuilder {
            settings: self.settings,
            scope: PhantomData,
        }
    }

    /// Checks the configuration, and makes the service.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// let sessions = Sessions::builder(MemorySessionStorage::new()).build()?;
    /// let app: axum::Router = add_session_middleware(axum::Router::new(), sessions.clone());
    /// # Ok::<(), ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a browser would refuse the cookie, or a limit makes no sense.
    pub fn build(self) -> Result<Sessions<S>, ConfigError> {
        self.settings.check()?;
        if self.settings.insecure_seed.is_some() {
            tracing::warn!(
                "the secrets of these sessions follow from a seed: they are for tests alone"
            );
        }
        if !self.settings.policy.cookie.secure {
            tracing::warn!(
                "the cookie of these sessions goes without `Secure`, and anybody on the way can read it: \
                 `secure(false)` is for development alone"
            );
        }
        Ok(self.finish())
    }

    /// The sessions, whatever the settings are.
    pub(crate) fn finish(self) -> Sessions<S> {
        Sessions::from_service(Arc::new(self.settings.into_service()))
    }
}

impl Settings {
    fn check(&self) -> Result<(), ConfigError> {
        self.check_cookie()?;
        #[cfg(feature = "device-bound")]
        self.check_device_bound()?;
        let Timeouts { idle, absolute } = self.limits().timeouts;
        if idle < Duration::SECOND || absolute < Duration::SECOND {
            return Err(ConfigError::Timeout { idle, absolute });
        }
        if idle > absolute {
            return Err(ConfigError::IdleLongerThanAbsolute { idle, absolute });
        }
        match (self.touch_interval, self.policy.renewal_interval) {
            (Some(interval), _) if interval.is_negative() || interval >= idle => {
                return Err(ConfigError::TouchInterval { interval, idle });
            }
            (_, Some(interval)) if interval < Duration::SECOND => {
                return Err(ConfigError::RenewalInterval { interval });
            }
            _ => {}
        }
        if !self.storage_timeout.is_positive() {
            let timeout = self.storage_timeout;
            return Err(ConfigError::StorageTimeout { timeout });
        }
        if self.ended_within < MIN_ENDED_WITHIN {
            let interval = self.ended_within;
            return Err(ConfigError::EndedWithin { interval });
        }
        if self
            .policy
            .session_limit
            .is_some_and(|limit| limit.max == 0)
        {
            return Err(ConfigError::SessionLimit);
        }
        let prefix = self.policy.bearer_prefix.as_ref();
        if let Some(prefix) = prefix.filter(|prefix| !is_bearer_prefix(prefix)) {
            let prefix = prefix.clone();
            return Err(ConfigError::BearerPrefix { prefix });
        }
        if self.max_size == Some(0) {
            return Err(ConfigError::MaxSize);
        }
        match self.storage.in_memory() {
            Some(memory) if memory.holds_nothing() => Err(ConfigError::MemoryBound),
            _ => Ok(()),
        }
    }

    fn check_cookie(&self) -> Result<(), ConfigError> {
        self.policy.cookie.check()?;
        if self.is_scoped && self.policy.cookie.name.is_none() {
            return Err(ConfigError::ScopeWithoutCookieName);
        }
        let mut former = self.policy.cookie.former.iter().map(FormerCookie::name);
        if let Some(name) = former.find(|name| self.is_scoped && *name != self.policy.cookie.name())
        {
            let name = name.to_owned();
            return Err(ConfigError::FormerNameOfScope { name });
        }
        match (self.policy.cookie.expires, (self.clock)()) {
            (Some(expires), now) if Timestamp::from(expires) <= now => Err(ConfigError::Expires {
                expires,
                now: now.into(),
            }),
            _ => Ok(()),
        }
    }

    fn into_service(self) -> Service {
        let limits = self.limits();
        let policy = SessionPolicy {
            timeouts: limits.timeouts,
            #[cfg(feature = "device-bound")]
            device_bound: self.device_bound.is_some(),
            ..self.policy
        };
        Service {
            limits,
            storage: self.storage,
            storage_timeout: match policy.session_limit {
                Some(_) => self.storage_timeout.min(RESERVED_FOR / 2).unsigned_abs(),
                None => self.storage_timeout.unsigned_abs(),
            },
            cookie: CookieWriter::new(&policy.cookie),
            clock: self.clock,
            events: self.events,
            queues: Queues::default(),
            watches: Watches::default(),
            watch_interval: self.ended_within.unsigned_abs(),
            clear_site_data: self.clear_site_data,
            advice: Advice::default(),
            #[cfg(feature = "device-bound")]
            endpoints: self.device_bound.as_deref().and_then(Endpoints::below),
            policy,
        }
    }

    fn limits(&self) -> Limits {
        let defaults = Timeouts::default();
        let absolute = self.absolute_timeout.unwrap_or(defaults.absolute);
        let idle = self.idle_timeout.unwrap_or(defaults.idle.min(absolute));
        let mut limits = Limits::new(Timeouts::new(idle, absolute));
        limits.touch_interval = self.touch_interval.unwrap_or(limits.touch_interval);
        limits.marks = self.storage.in_memory().is_none();
        if self
            .policy
            .session_limit
            .is_some_and(|limit| limit.at_limit == AtSessionLimit::EndLongestIdle)
        {
            limits.touch_interval = limits.touch_interval.min(PRECISE_TOUCH_INTERVAL);
        }
        limits.cookie_age = self.policy.cookie.max_age;
        limits.renewal_interval = self.policy.renewal_interval;
        limits.binds_devices = self.device_bound.is_some();
        limits.bearer_prefix = self.policy.bearer_prefix.as_deref().map(Into::into);
        limits.random = self.insecure_seed.map(Random::insecure).unwrap_or_default();
        limits.max_size = self.max_size.unwrap_or(limits.max_size);
        if self.is_scoped {
            limits.scope = self.policy.cookie.name().to_owned();
        }
        limits
    }
}

impl<S> fmt::Debug for SessionsBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionsBuilder")
            .field("cookie", &self.settings.policy.cookie)
            .field("limits", &self.settings.limits())
            .finish_non_exhaustive()
    }
}
