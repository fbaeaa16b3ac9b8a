use axum_extra::extract::cookie::SameSite;
use time::{Duration, OffsetDateTime};

use crate::record::saturate;
use crate::service::builder::SessionsBuilder;
use crate::transport::cookie::FormerCookie;

/// The cookie.
impl<S> SessionsBuilder<S> {
    /// The cookie's name. By default `__Host-Http-id`, which no other host and no script can plant; without `HttpOnly`
    /// `__Host-id`, with a domain or another path `__Secure-id`, without `Secure` `sid`. (RFC 6265bis, section 4.1.3;
    /// browsers that do not know `__Host-Http-` take it for `__Host-`.)
    ///
    /// A running application that gets another name keeps its visitors by [`former_cookie`](Self::former_cookie).
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.cookie_name("__Host-sid").build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    #[doc(alias("with_name", "with_session_name"))]
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.settings.policy.cookie.name = Some(name.into());
        self
    }

    /// A cookie in which sessions of this application were before it got another name, domain or path. By default there
    /// is none.
    ///
    /// It opens its session as before; the next response moves the session to the present cookie, and removes the
    /// former one. Of one that has the same name, a request does not tell which of the two it is, so that is moved when
    /// the session is next changed or touched. Once all sessions of that time have ended (after the absolute limit),
    /// the call can go. May be called several times.
    ///
    /// The cookie of another [scope](Self::scope) cannot be renamed, but get another domain or path.
    ///
    /// ```
    /// # use axum_bare_session::{FormerCookie, MemorySessionStorage, Sessions};
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder
    ///     .cookie_name("__Secure-shop")
    ///     .domain("example.com")
    ///     .former_cookie(FormerCookie::new("__Host-Http-id"))
    ///     .build()?;
    /// # Ok::<(), axum_bare_session::ConfigError>(())
    /// ```
    pub fn former_cookie(mut self, cookie: FormerCookie) -> Self {
        self.settings.policy.cookie.former.push(cookie);
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
        self.settings.policy.cookie.path = path.into();
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
        self.settings.policy.cookie.domain = Some(domain.into());
        self
    }

    /// Whether the cookie is sent over TLS and to `localhost` only. By default it is (ASVS 5.0, 3.3.1); `false` is for
    /// development: on a phone or in a container that is reached over plain HTTP, and in Safari, which does not take
    /// `http://localhost` for secure. [`build`](Self::build) then warns in the log, since anybody on the way can read
    /// such a cookie.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.secure(false).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn secure(mut self, secure: bool) -> Self {
        self.settings.policy.cookie.secure = secure;
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
        self.settings.policy.cookie.http_only = http_only;
        self
    }

    /// Which requests of other sites carry the cookie. By default `Lax`: a link to the application does.
    ///
    /// With `Strict` a visitor who follows a link from elsewhere brings no session, and what that page writes begins a
    /// new one over theirs: they are logged out. See [`guide::csrf`](crate::guide::csrf).
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.same_site(SameSite::Strict).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.settings.policy.cookie.same_site = same_site;
        self
    }

    /// Whether a browser keeps one cookie for each site that embeds the application (CHIPS). By default not. It needs
    /// `SameSite=None`.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.same_site(SameSite::None).partitioned(true).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.settings.policy.cookie.partitioned = partitioned;
        self
    }

    /// Makes the cookie outlive the browser, for this long after a visit, to within a tenth of it; never longer than
    /// the session itself, nor than 400 days. By default it ends with the browser.
    ///
    /// A session that is only read is touched as often as its cookie is to be sent again: at most ten times in this
    /// time. Where there is an [`expires`](Self::expires) too, the earlier end counts.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.max_age(Duration::days(7)).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    #[doc(alias("with_expiry", "OnInactivity", "with_max_age", "session_ttl"))]
    pub fn max_age(mut self, max_age: impl TryInto<Duration>) -> Self {
        self.settings.policy.cookie.max_age = Some(saturate(max_age));
        self
    }

    /// Makes the cookie outlive the browser, until this instant at most; never longer than the session itself, nor than
    /// 400 days. From that instant on, cookies end with the browser again.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.expires(OffsetDateTime::now_utc() + Duration::days(7)).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    #[doc(alias = "AtDateTime")]
    pub fn expires(mut self, expires: OffsetDateTime) -> Self {
        self.settings.policy.cookie.expires = Some(expires);
        self
    }
}
