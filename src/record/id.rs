use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use super::Timestamp;

/// The public name of a session: a UUID version 7 (RFC 9562).
///
/// It is safe to log, to list and to send to a page, since it opens nothing: a cookie also carries a
/// secret of 256 random bits, which no storage ever sees (ASVS 5.0, 7.2.3). It never changes, not even when the
/// session is renewed.
///
/// ```
/// use axum_bare_session::SessionId;
///
/// let id: SessionId = "01932c07-209c-7401-8fbc-d1a5e5f8c9ab".parse()?;
/// assert_eq!(id.to_string(), "01932c07-209c-7401-8fbc-d1a5e5f8c9ab");
/// # Ok::<(), axum_bare_session::ParseSessionIdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(Uuid);

/// The text is not a UUID, so it is not a [`SessionId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a session id")]
pub struct ParseSessionIdError;

impl SessionId {
    /// Builds the id of a session that was created at `now`, from ten random bytes.
    pub(crate) fn from_random(now: Timestamp, random: &[u8; 10]) -> Self {
        let millis = now.as_micros() / 1_000;
        let millis = u64::try_from(millis).unwrap_or(0);
        Self(Builder::from_unix_timestamp_millis(millis, random).into_uuid())
    }

    /// The sixteen bytes of the UUID, for a storage with binary keys.
    ///
    /// ```
    /// use axum_bare_session::SessionId;
    /// use uuid::Uuid;
    ///
    /// let id = SessionId::from(Uuid::from_bytes([7; 16]));
    /// assert_eq!(id.as_bytes(), &[7; 16]);
    /// ```
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl From<Uuid> for SessionId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl From<SessionId> for Uuid {
    fn from(id: SessionId) -> Self {
        id.0
    }
}

impl FromStr for SessionId {
    type Err = ParseSessionIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text)
            .map(Self)
            .map_err(|_| ParseSessionIdError)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({})", self.0)
    }
}
