use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid, Variant};

use super::Timestamp;

/// The public name of a session: a UUID version 7 (RFC 9562).
///
/// It is safe to log, to list and to send to a page, since it opens nothing: a cookie also carries a
/// secret of 256 random bits, which no storage ever sees (ASVS 5.0, 7.2.3). It never changes, not even when the
/// session is renewed. Whoever sees it can read from it when the session was created, to the millisecond: the first 48
/// bits are that time, so that ids sort by age and lie together in a table. What follows is random.
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

impl SessionId {
    /// Whether it names no session, but a register of an owner's sessions, which the middleware keeps beside them: a
    /// UUID version 8.
    pub(crate) fn is_register(&self) -> bool {
        self.0.get_version_num() == 8 && self.0.get_variant() == Variant::RFC4122
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

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;

    #[test]
    fn a_register_is_told_from_a_session_by_its_version() {
        let random = [0x88; 10];
        let session = SessionId::from_random(OffsetDateTime::UNIX_EPOCH.into(), &random);
        assert!(!session.is_register());
        for byte in [0, 0x88, 0xff] {
            let register = Builder::from_custom_bytes([byte; 16]).into_uuid();
            assert!(SessionId(register).is_register());
        }
        // What looks alike and is no UUID of the RFC.
        assert!(
            !SessionId(Uuid::from_bytes([
                0x88, 8, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0
            ]))
            .is_register()
        );
        assert!(!SessionId(Uuid::from_u128(8)).is_register());
    }
}
