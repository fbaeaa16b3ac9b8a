use std::fmt;

use axum_extra::extract::cookie::{Cookie, SameSite};
use time::{Duration, OffsetDateTime};

use super::Signatures;
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
        }
    }
}

impl CookieConfig {
    /// The chosen name, or the one with the strongest prefix that the attributes allow.
    pub(crate) fn name(&self) -> &str {
        match &self.name {
            Some(name) => name,
            None if !self.secure => "id",
            None if self.is_host_only() => "__Host-id",
            None => "__Secure-id",
        }
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
        let name = self.name();
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(ConfigError::CookieName);
        }
        let signature = self.signatures.as_ref().map_or(0, Signatures::length);
        if name.len() + Token::LENGTH + signature > MAX_NAME_AND_VALUE {
            return Err(ConfigError::CookieName);
        }
        if self.signatures.as_ref().is_some_and(Signatures::is_empty) {
            return Err(ConfigError::NoSigningKey);
        }
        let is_path = self.path.starts_with('/') && self.path.bytes().all(is_attribute);
        if !is_path || self.path.len() > MAX_ATTRIBUTE {
            return Err(ConfigError::Path);
        }
        if self
            .domain
            .as_deref()
            .is_some_and(|domain| !is_domain(domain))
        {
            return Err(ConfigError::Domain);
        }
        self.check_prefix(name)?;
        if self.same_site == SameSite::None && !self.secure {
            return Err(ConfigError::SameSiteNoneWithoutSecure);
        }
        if self.partitioned && !self.secure {
            return Err(ConfigError::PartitionedWithoutSecure);
        }
        if self
            .max_age
            .is_some_and(|max_age| max_age < Duration::SECOND)
        {
            return Err(ConfigError::MaxAge);
        }
        Ok(())
    }

    /// The rules of RFC 6265bis, section 4.1.3. Browsers compare prefixes without regard to case.
    fn check_prefix(&self, name: &str) -> Result<(), ConfigError> {
        let has = |prefix: &str| {
            let start = name.as_bytes().get(..prefix.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
        };
        let host = has("__Host-");
        let http = has("__Http-") || has("__Host-Http-");
        if (host || http || has("__Secure-")) && !self.secure {
            return Err(ConfigError::PrefixWithoutSecure);
        }
        if host && !self.is_host_only() {
            return Err(ConfigError::HostPrefixWithDomainOrPath);
        }
        if http && !self.http_only {
            return Err(ConfigError::HttpPrefixWithoutHttpOnly);
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
        match (self.max_age, self.expires) {
            (Some(max_age), _) => write!(f, "; for {max_age}")?,
            (None, Some(expires)) => write!(f, "; until {expires}")?,
            (None, None) => f.write_str("; until the browser closes, unless remembered")?,
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
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    domain.split('.').all(is_label)
}
