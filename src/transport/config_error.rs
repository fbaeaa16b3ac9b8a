use std::fmt;

use axum_extra::extract::cookie::SameSite;
use time::{Duration, OffsetDateTime};

/// Why a configuration was refused. Its text tells the value, and what would be right.
///
/// ```
/// use axum_bare_session::{ConfigError, MemorySessionStorage, Sessions};
///
/// let refused = Sessions::builder(MemorySessionStorage::new())
///     .cookie_name("my session")
///     .build();
/// let error = refused.unwrap_err();
/// assert!(error.to_string().contains(r#""my session""#));
/// assert_eq!(error, ConfigError::CookieName { name: "my session".into() });
/// // As `unwrap` prints it, and a `main` that returns it.
/// assert_eq!(format!("{error:?}"), format!("ConfigError({error})"));
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A cookie's name is a token (RFC 9110, section 5.6.2).
    #[error(
        "the cookie name {name:?} is none: it takes one or more letters, digits, and !#$%&'*+-.^_`|~"
    )]
    CookieName {
        /// The refused one.
        name: String,
    },
    /// Browsers drop a cookie whose name and value are longer than 4096 bytes (RFC 6265bis, section 5.6).
    #[error(
        "the cookie name has {length} bytes: beside the session's secret there is room for {max}"
    )]
    CookieNameTooLong {
        /// The bytes of the refused one.
        length: usize,
        /// The bytes that it may have.
        max: usize,
    },
    /// Each scope of an application has a cookie of its own.
    #[error("a scope has no cookie name: give it one of its own by `cookie_name`")]
    ScopeWithoutCookieName,
    /// Browsers ignore another path (RFC 6265bis, section 5.6).
    #[error(
        "the cookie path {path:?} is none: it begins with `/`, and has at most 1024 printable ASCII characters \
         without `;`"
    )]
    Path {
        /// The refused one.
        path: String,
    },
    /// A domain is a host name.
    #[error(
        "the cookie domain {domain:?} is no host name: that is labels of letters, digits, `-` and `_` with dots between \
         them, without scheme, port or path, and in ASCII (`xn--` for other letters)"
    )]
    Domain {
        /// The refused one.
        domain: String,
    },
    /// Browsers drop a cookie with a name prefix and without `Secure`.
    #[error(
        "the cookie name {name:?} has a prefix that needs `Secure`: choose another name, or `secure(true)`"
    )]
    PrefixWithoutSecure {
        /// The cookie's name.
        name: String,
    },
    /// Browsers drop a `__Host-` cookie that has a domain or another path than `/`.
    #[error(
        "the cookie name {name:?} allows no domain and no path but `/`, and there are {domain:?} and {path:?}: \
         `__Secure-` does"
    )]
    HostPrefixWithDomainOrPath {
        /// The cookie's name.
        name: String,
        /// Its domain, if it has one.
        domain: Option<String>,
        /// Its path.
        path: String,
    },
    /// Browsers drop an `__Http-` cookie without `HttpOnly`.
    #[error("the cookie name {name:?} needs `HttpOnly`: choose another name, or `http_only(true)`")]
    HttpPrefixWithoutHttpOnly {
        /// The cookie's name.
        name: String,
    },
    /// Browsers drop a cookie with `SameSite=None` and without `Secure`.
    #[error("`SameSite=None` needs `Secure`, and `secure(false)` was called")]
    SameSiteNoneWithoutSecure,
    /// Browsers drop a cookie with `Partitioned` and without `Secure`.
    #[error("`Partitioned` needs `Secure`, and `secure(false)` was called")]
    PartitionedWithoutSecure,
    /// A partitioned cookie is for pages within other sites' pages, to which only `SameSite=None` is sent.
    #[error(
        "`Partitioned` is of no use with `SameSite={same_site}`: it needs `same_site(SameSite::None)`"
    )]
    PartitionedWithoutSameSiteNone {
        /// What was chosen.
        same_site: SameSite,
    },
    /// A cookie's `Max-Age` is at least a second.
    #[error("the cookie's max-age of {max_age} is less than a second")]
    MaxAge {
        /// The refused one.
        max_age: Duration,
    },
    /// A cookie that has expired would never reach a browser.
    #[error("the cookie's expiry {expires} has passed: it is {now}")]
    Expires {
        /// The refused one.
        expires: OffsetDateTime,
        /// When that was.
        now: OffsetDateTime,
    },
    /// What is set is not removed at the same time.
    #[error("the former cookie {name:?} has the name, the domain and the path of the present one")]
    FormerCookieIsPresent {
        /// The name of both.
        name: String,
    },
    /// The secrets of another scope's sessions are bound to the name of its cookie.
    #[error("the cookie of a scope cannot be renamed: {name:?} is no former name of this one's")]
    FormerNameOfScope {
        /// The former name.
        name: String,
    },
    /// A key that cookies are signed with has at least 32 bytes.
    #[error("a signing key has {length} bytes, and needs at least 32")]
    SigningKey {
        /// The bytes of the refused one.
        length: usize,
    },
    /// Cookies are to be signed, and there is no key.
    #[error("the list of signing keys is empty: without `signing_keys` cookies are not signed")]
    NoSigningKey,
    /// A limit is at least a second.
    #[error(
        "of the idle timeout of {idle} and the absolute one of {absolute}, one is less than a second"
    )]
    Timeout {
        /// The idle limit.
        idle: Duration,
        /// The absolute limit.
        absolute: Duration,
    },
    /// An idle limit beyond the absolute one would never come.
    #[error("the idle timeout of {idle} is longer than the absolute one of {absolute}")]
    IdleLongerThanAbsolute {
        /// The idle limit.
        idle: Duration,
        /// The absolute limit.
        absolute: Duration,
    },
    /// A session would expire before it is touched.
    #[error(
        "the touch interval of {interval} is negative, or not shorter than the idle timeout of {idle}"
    )]
    TouchInterval {
        /// The refused one.
        interval: Duration,
        /// The idle limit.
        idle: Duration,
    },
    /// Bearer tokens begin with something by which scanners of leaked secrets know them.
    #[error("the prefix {prefix:?} of bearer tokens has not 3 to 32 letters, digits, and -._~+/")]
    BearerPrefix {
        /// The refused one.
        prefix: String,
    },
    /// Where sessions are bound, browsers must find the endpoints, and bring them the session's cookie.
    #[cfg(feature = "device-bound")]
    #[error(
        "the path {path:?} of `device_bound` does not begin with the cookie's, or has other characters than letters, \
         digits and /-._~"
    )]
    DeviceBoundPath {
        /// The refused one.
        path: String,
    },
    /// Browsers bind no other cookies to a device.
    #[cfg(feature = "device-bound")]
    #[error("`device_bound` needs a cookie with `Secure`, without a domain, and not partitioned")]
    DeviceBoundCookie,
    /// The storage is asked at most ten times a second whether sessions have ended.
    #[error("`ended_within` is {interval}, and at least 100ms")]
    EndedWithin {
        /// The refused one.
        interval: Duration,
    },
    /// A session holds something.
    #[error(
        "a session may have 0 bytes, so that nothing could be stored: `max_size` wants at least 1"
    )]
    MaxSize,
    /// A storage holds something.
    #[error("the storage in memory may hold 0 sessions or bytes, so that none could be stored")]
    MemoryBound,
    /// An owner may have at least one session.
    #[error(
        "an owner may have 0 sessions, so that nobody could log in: `max_sessions_per_owner` wants at least 1"
    )]
    SessionLimit,
    /// A secret is renewed at most every second.
    #[error("the renewal interval of {interval} is less than a second")]
    RenewalInterval {
        /// The refused one.
        interval: Duration,
    },
    /// A storage needs some time to answer.
    #[error("the storage timeout of {timeout} is zero or negative")]
    StorageTimeout {
        /// The refused one.
        timeout: Duration,
    },
}

/// The text: `unwrap` prints nothing else, nor does a `main` that returns this error.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConfigError({self})")
    }
}
