use std::fmt;

use axum_extra::extract::cookie::{Cookie, SameSite};
use time::{Duration, OffsetDateTime};

use super::{FormerCookie, Signatures};
use crate::record::Token;
use crate::transport::config_error::ConfigError;

/// RFC 6265bis, section 5.6: browsers ignore a cookie whose name and value are longer.
const MAX_NAME_AND_VALUE: usize = 4096;

/// RFC 6265bis, section 5.6: browsers ignore an attribute whose value is longer.
const MAX_ATTRIBUTE: usize = 1024;

/// The attributes of the session cookie, as the application chose them.
#[derive(Clone, Debug)]
pub(crate) struct CookieConfig {
    pub(crate) name: Option<String>,
    pub(crate) path: String,
    pub(crate) domain: Option<String>,
    pub(crate) secure: bool,
    pub(crate) http_only: bool,
    pub(crate) same_site: SameSite,
    pub(crate) partitioned: bool,
    pub(crate) max_age: Option<Duration>,
    pub(crate) expires: Option<OffsetDateTime>,
    /// `None`: cookies are not signed.
    pub(crate) signatures: Option<Signatures>,
    /// In which sessions were before.
    pub(crate) former: Vec<FormerCookie>,
}

impl Default for CookieConfig {
    fn default() -> Self {
        Self {
            name: None,
            path: "/".to_owned(),
            domain: None,
            secure: true,
            http_only: true,
            same_site: SameSite::Lax,
            partitioned: false,
            max_age: None,
            expires: None,
            signatures: None,
            former: Vec::new(),
        }
    }
}

impl CookieConfig {
    /// The chosen name, or the one with the strongest prefix that the attributes allow.
    pub(crate) fn name(&self) -> &str {
        match &self.name {
            Some(name) => name,
            // Not `id`, as other libraries' cookies without a prefix are called, on the same `localhost`.
            None if !self.secure => "sid",
            None if !self.is_host_only() => "__Secure-id",
            None if self.http_only => "__Host-Http-id",
            None => "__Host-id",
        }
    }

    /// The cookies in which sessions were before.
    pub(super) fn former(&self) -> impl Iterator<Item = Self> {
        self.former.iter().map(|former| Self {
            name: Some(former.name.clone()),
            domain: former.domain.clone(),
            path: former.path.clone(),
            former: Vec::new(),
            ..self.clone()
        })
    }

    /// Whether a browser keeps one of the two in place of the other.
    fn is_same_cookie(&self, other: &Self) -> bool {
        let domain = |config: &Self| {
            let domain = config.domain.as_deref();
            domain.map(|domain| domain.trim_start_matches('.').to_ascii_lowercase())
        };
        self.name() == other.name() && self.path == other.path && domain(self) == domain(other)
    }

    /// All attributes but those of time, from the first `;` on.
    pub(crate) fn attributes(&self) -> String {
        let mut cookie = Cookie::build(("", ""))
            .path(&*self.path)
            .secure(self.secure)
            .http_only(self.http_only)
            .same_site(self.same_site)
            .partitioned(self.partitioned);
        if let Some(domain) = &self.domain {
            cookie = cookie.domain(&**domain);
        }
        cookie.to_string().split_off("=".len())
    }

    /// Refuses what browsers would refuse, and what would end the attribute in the header.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let (name, path) = (self.name(), &self.path);
        if name.is_empty() || !name.bytes().all(is_token) {
            let name = name.to_owned();
            return Err(ConfigError::CookieName { name });
        }
        if self.signatures.as_ref().is_some_and(Signatures::is_empty) {
            return Err(ConfigError::NoSigningKey);
        }
        let signature = self.signatures.as_ref().map_or(0, Signatures::length);
        let (length, max) = (name.len(), MAX_NAME_AND_VALUE - Token::LENGTH - signature);
        if length > max {
            return Err(ConfigError::CookieNameTooLong { length, max });
        }
        let is_path = path.starts_with('/') && path.bytes().all(is_attribute);
        if !is_path || path.len() > MAX_ATTRIBUTE {
            return Err(ConfigError::Path { path: path.clone() });
        }
        match &self.domain {
            Some(domain) if !is_domain(domain) => {
                let domain = domain.clone();
                return Err(ConfigError::Domain { domain });
            }
            _ => {}
        }
        self.check_prefix(name)?;
        for former in self.former() {
            former.check()?;
            if former.is_same_cookie(self) {
                let name = name.to_owned();
                return Err(ConfigError::FormerCookieIsPresent { name });
            }
        }
        match self.same_site {
            SameSite::None if !self.secure => Err(ConfigError::SameSiteNoneWithoutSecure),
            _ if self.partitioned && !self.secure => Err(ConfigError::PartitionedWithoutSecure),
            SameSite::Lax | SameSite::Strict if self.partitioned => {
                let same_site = self.same_site;
                Err(ConfigError::PartitionedWithoutSameSiteNone { same_site })
            }
            _ => match self.max_age {
                Some(max_age) if max_age < Duration::SECOND => Err(ConfigError::MaxAge { max_age }),
                _ => Ok(()),
            },
        }
    }

    /// The rules of RFC 6265bis, section 4.1.3. Browsers compare prefixes without regard to case.
    fn check_prefix(&self, name: &str) -> Result<(), ConfigError> {
        let has = |prefix: &str| {
            let start = name.as_bytes().get(..prefix.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
        };
        let host = has("__Host-");
        let http = has("__Http-") || has("__Host-Http-");
        let owned = || name.to_owned();
        if (host || http || has("__Secure-")) && !self.secure {
            return Err(ConfigError::PrefixWithoutSecure { name: owned() });
        }
        if host && !self.is_host_only() {
            let (domain, path) = (self.domain.clone(), self.path.clone());
            let name = owned();
            return Err(ConfigError::HostPrefixWithDomainOrPath { name, domain, path });
        }
        if http && !self.http_only {
            return Err(ConfigError::HttpPrefixWithoutHttpOnly { name: owned() });
        }
        Ok(())
    }

    fn is_host_only(&self) -> bool {
        self.domain.is_none() && self.path == "/"
    }
}

/// As a policy tells it.
impl fmt::Display for CookieConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name(), self.attributes())?;
        if let Some(max_age) = self.max_age {
            write!(f, "; for {max_age}")?;
        }
        if let Some(expires) = self.expires {
            write!(f, "; until {expires}")?;
        }
        if self.max_age.is_none() && self.expires.is_none() {
            f.write_str("; until the browser closes, unless remembered")?;
        }
        match self.signatures.as_ref().map(Signatures::count) {
            Some(keys) => write!(f, "; signed (keys: {keys})"),
            None => f.write_str("; not signed"),
        }
    }
}

/// RFC 9110, section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// RFC 6265bis, section 4.1.1: any character but a control or a semicolon.
fn is_attribute(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7e) && byte != b';'
}

/// Browsers take underscores too, which no host's name has but those of some intranets.
fn is_domain(domain: &str) -> bool {
    if domain.len() > MAX_ATTRIBUTE {
        return false;
    }
    let domain = domain.strip_prefix('.').unwrap_or(domain);
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    domain.split('.').all(is_label)
}
