/// Why a configuration was refused.
///
/// ```
/// use axum_bare_session::{ConfigError, MemorySessionStorage, SameSite, Sessions};
///
/// let refused = Sessions::builder(MemorySessionStorage::new())
///     .secure(false)
///     .same_site(SameSite::None)
///     .build();
/// assert_eq!(refused.unwrap_err(), ConfigError::SameSiteNoneWithoutSecure);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A cookie's name is a token (RFC 9110), short enough to stand with its value in 4096 bytes.
    #[error("the cookie name is empty, too long, or holds a character that no token has")]
    CookieName,
    /// A path begins with a slash, and has at most 1024 bytes of ASCII without semicolons and control characters.
    #[error(
        "the cookie path does not begin with `/`, is too long, or holds a character that is no printable ASCII or a semicolon"
    )]
    Path,
    /// A domain is a host name, without scheme or port.
    #[error("the cookie domain is no host name")]
    Domain,
    /// Browsers drop a cookie with a name prefix and without `Secure`.
    #[error("a cookie whose name has a prefix needs `Secure`")]
    PrefixWithoutSecure,
    /// Browsers drop a `__Host-` cookie that has a domain or another path than `/`.
    #[error("a `__Host-` cookie has no domain and the path `/`")]
    HostPrefixWithDomainOrPath,
    /// Browsers drop an `__Http-` cookie without `HttpOnly`.
    #[error("an `__Http-` or `__Host-Http-` cookie needs `HttpOnly`")]
    HttpPrefixWithoutHttpOnly,
    /// Browsers drop a cookie with `SameSite=None` and without `Secure`.
    #[error("`SameSite=None` needs `Secure`")]
    SameSiteNoneWithoutSecure,
    /// Browsers drop a cookie with `Partitioned` and without `Secure`.
    #[error("`Partitioned` needs `Secure`")]
    PartitionedWithoutSecure,
    /// A cookie's `Max-Age` is at least a second.
    #[error("the cookie's max-age is less than a second")]
    MaxAge,
    /// A cookie that has expired would never reach a browser.
    #[error("the cookie's expiry is in the past")]
    Expires,
    /// A key that cookies are signed with has at least 32 bytes.
    #[error("a signing key has less than 32 bytes")]
    SigningKey,
    /// Cookies are to be signed, and there is no key.
    #[error("the list of signing keys is empty")]
    NoSigningKey,
    /// A limit is at least a second.
    #[error("the idle or the absolute timeout is less than a second")]
    Timeout,
    /// An idle limit beyond the absolute one would never come.
    #[error("the idle timeout is longer than the absolute one")]
    IdleLongerThanAbsolute,
    /// A session would expire before it is touched.
    #[error("the touch interval is negative, or not shorter than the idle timeout")]
    TouchInterval,
    /// An owner may have at least one session.
    #[error("the limit of an owner's sessions is zero")]
    SessionLimit,
    /// A secret is renewed at most every second.
    #[error("the renewal interval is less than a second")]
    RenewalInterval,
    /// A storage needs some time to answer.
    #[error("the storage timeout is zero or negative")]
    StorageTimeout,
}
