use axum_extra::extract::cookie::SameSite;
use time::{Duration, OffsetDateTime};

use crate::service::builder::SessionsBuilder;

/// The cookie.
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
        self.settings.cookie.name = Some(name.into());
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
        self.settings.cookie.path = path.into();
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
        self.settings.cookie.domain = Some(domain.into());
        self
    }

    /// Whether the cookie is sent over TLS and to `localhost` only. By default it is (ASVS 5.0, 3.3.1); `false` is for
    /// development, where a browser (Safari) does not take `http://localhost` for secure.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.secure(false).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn secure(mut self, secure: bool) -> Self {
        self.settings.cookie.secure = secure;
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
        self.settings.cookie.http_only = http_only;
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
        self.settings.cookie.same_site = same_site;
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
        self.settings.cookie.partitioned = partitioned;
        self
    }

    /// Makes the cookie outlive the browser, for this long after each time the session's expiry moves; never longer
    /// than the session itself, nor than 400 days. By default it ends with the browser.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// # let builder = Sessions::builder(MemorySessionStorage::new());
    /// let sessions = builder.max_age(Duration::days(7)).build()?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.settings.cookie.max_age = Some(max_age);
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
    pub fn expires(mut self, expires: OffsetDateTime) -> Self {
        self.settings.cookie.expires = Some(expires);
        self
    }
}
