use std::sync::Arc;

use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use super::service::Service;
use crate::record::{SessionId, SessionRecord, Timestamp, Transport};
use crate::session::{KeyFor, SessionData, SessionError, parse};

/// One live session, as [`Sessions::list`](crate::Sessions::list) or [`find`](crate::Sessions::find) tells it. It opens
/// nothing.
///
/// ```
/// use axum_bare_session::{SessionError, Sessions};
///
/// async fn devices(sessions: Sessions) -> Result<String, SessionError> {
///     let mut page = String::new();
///     for session in sessions.list("user:42").await? {
///         let device: Option<String> = session.get("device")?;
///         let device = device.unwrap_or_else(|| "unknown".to_owned());
///         page += &format!("{} {device}, last seen {}\n", session.id(), session.last_seen());
///     }
///     Ok(page)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct SessionInfo {
    id: SessionId,
    owner: Option<Arc<str>>,
    expires_at: Timestamp,
    record: Arc<SessionRecord>,
}

impl Service {
    pub(crate) fn info(&self, id: SessionId, record: Arc<SessionRecord>) -> SessionInfo {
        let owner = record.owner.as_ref();
        let owner = owner.map(|key| self.limits.owner_of(key));
        // As it was stored, and under the limits of today.
        let limit = record.limit(&self.limits.timeouts, record.last_seen);
        let expires_at = record.expires_at.min(limit);
        SessionInfo {
            id,
            owner,
            expires_at,
            record,
        }
    }
}

impl SessionInfo {
    /// The session's public id.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// Whose session it is, as given to [`log_in`](crate::SessionData::log_in); `None` if nobody is logged in.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// When the session was created.
    #[must_use]
    pub fn created_at(&self) -> OffsetDateTime {
        self.record.created_at.into()
    }

    /// When the session was last opened, to within a touch interval.
    #[must_use]
    pub fn last_seen(&self) -> OffsetDateTime {
        self.record.last_seen.into()
    }

    /// When the session ends if nobody opens it again.
    #[must_use]
    pub fn expires_at(&self) -> OffsetDateTime {
        self.expires_at.into()
    }

    /// When the owner last logged in.
    #[must_use]
    pub fn authenticated_at(&self) -> Option<OffsetDateTime> {
        self.record.authenticated_at.map(Into::into)
    }

    /// How its secret travels.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.record.transport()
    }

    /// When it was bound to the device of its browser; `None` if it is not
    /// ([`device_bound`](crate::SessionsBuilder::device_bound)).
    #[cfg(feature = "device-bound")]
    #[must_use]
    pub fn bound_at(&self) -> Option<OffsetDateTime> {
        self.record.bound_at().map(Into::into)
    }

    /// What the application called the session, by [`set_label`](crate::SessionData::set_label). It may hold markup: a
    /// page must escape it.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.record.label().map(|label| &**label)
    }

    /// Whether it is the session that `session` holds: the visitor's own, in a list.
    #[must_use]
    pub fn is_current<S>(&self, session: &SessionData<S>) -> bool {
        session.id() == Some(self.id)
    }

    /// The value of `key`, or `None` if the session has no such key.
    ///
    /// # Errors
    ///
    /// If the value is not a `T`.
    pub fn get<T: DeserializeOwned>(&self, key: impl KeyFor<T>) -> Result<Option<T>, SessionError> {
        let json = self.record.values.get(key.as_ref());
        json.map(|json| parse(key.as_ref(), json.as_bytes()))
            .transpose()
    }
}
