use super::{Token, redacted};

/// How the secret of a session travels. It is the session's own, and fixed when its secret is made.
///
/// ```
/// use axum_bare_session::{SessionData, Transport};
///
/// let session = SessionData::detached();
/// assert_eq!(session.transport(), Transport::Cookie);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// In a cookie that no script reads.
    #[default]
    Cookie,
    /// In the header `Authorization: Bearer` (RFC 6750): for apps, command lines and other services.
    Bearer,
}

impl Transport {
    /// As it stands in the stored form; a cookie goes without saying.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Cookie => None,
            Self::Bearer => Some("bearer"),
        }
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        (name == "bearer").then_some(Self::Bearer)
    }
}

/// The secret of a [bearer session](crate::SessionData::bearer_token), to be told to its client once, and to nobody
/// else.
///
/// `Debug` shows nothing of it.
#[derive(Clone)]
pub struct BearerToken(String);

impl BearerToken {
    pub(crate) fn new(prefix: &str, token: &Token) -> Self {
        let mut text = prefix.as_bytes().to_vec();
        token.write_cookie_value(&mut text);
        // A prefix and base64url are ASCII.
        Self(String::from_utf8(text).unwrap_or_default())
    }

    /// What the client sends after `Authorization: Bearer`: the prefix and 64 characters of base64url.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

redacted!(BearerToken);
