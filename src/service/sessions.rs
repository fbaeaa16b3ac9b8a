use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::sync::Arc;

use super::policy::SessionPolicy;
use super::service::Service;
use super::session_info::SessionInfo;
use crate::record::{SessionId, SessionRecord};
use crate::session::{DefaultScope, SessionError};
use crate::storage::Owned;

/// The session service of an application: a storage, the limits and the cookie.
///
/// Cheap to clone; also an extractor. A storage alone makes one with all defaults; [`builder`](Sessions::builder) sets
/// the rest. Use it beside the middleware to list and end sessions from anywhere: an admin page, a job.
///
/// ```
/// use axum_bare_session::{Duration, MemorySessionStorage, Sessions};
///
/// let sessions = Sessions::builder(MemorySessionStorage::new())
///     .cookie_name("__Host-Http-shop")
///     .idle_timeout(Duration::minutes(30))
///     .absolute_timeout(Duration::hours(12))
///     .build()?;
/// # Ok::<(), axum_bare_session::ConfigError>(())
/// ```
pub struct Sessions<S = DefaultScope> {
    service: Arc<Service>,
    scope: PhantomData<fn() -> S>,
}

impl<S> Sessions<S> {
    pub(crate) fn from_service(service: Arc<Service>) -> Self {
        Self {
            service,
            scope: PhantomData,
        }
    }

    pub(crate) fn into_service(self) -> Arc<Service> {
        self.service
    }

    /// The rules under which these sessions live, to be printed (ASVS 5.0, 7.1.1).
    ///
    /// ```
    /// # use axum_bare_session::{MemorySessionStorage, Sessions};
    /// let sessions = Sessions::from(MemorySessionStorage::new());
    /// assert!(sessions.policy().to_string().contains("Idle timeout: 1d"));
    /// ```
    #[must_use]
    pub fn policy(&self) -> &SessionPolicy {
        &self.service.policy
    }

    /// The live sessions of `owner`, the last seen first (ASVS 5.0, 7.5.2).
    ///
    /// When one was last seen is true to within a [touch interval](crate::SessionsBuilder::touch_interval), by default
    /// a twentieth of the idle limit.
    ///
    /// ```
    /// # use axum_bare_session::{SessionError, Sessions};
    /// async fn devices(sessions: Sessions) -> Result<String, SessionError> {
    ///     let devices = sessions.list("user:42").await?;
    ///     Ok(format!("logged in {} times", devices.len()))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the storage fails.
    pub async fn list(&self, owner: impl Display) -> Result<Vec<SessionInfo>, SessionError> {
        let owner = self.owner_key(owner);
        let listed = self.service.list_live(&owner).await?.into_iter();
        let mut sessions: Vec<_> = listed
            .map(|(id, record)| self.service.info(id, record))
            .collect();
        sessions.sort_by_key(|session| std::cmp::Reverse(session.last_seen()));
        Ok(sessions)
    }

    /// The live session of an id, whoever its owner is; `None` if there is none. It is looked at, and so neither
    /// touched nor kept alive.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// async fn cart_of(sessions: Sessions, id: SessionId) -> Result<Vec<String>, SessionError> {
    ///     match sessions.find(id).await? {
    ///         Some(session) => Ok(session.get("cart")?.unwrap_or_default()),
    ///         None => Ok(Vec::new()),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the storage fails.
    pub async fn find(&self, id: SessionId) -> Result<Option<SessionInfo>, SessionError> {
        if id.is_register() {
            return Ok(None);
        }
        let (service, now) = (&self.service, self.service.now());
        let is_live = |record: &Arc<SessionRecord>| record.is_live(&service.limits.timeouts, now);
        let record = match service.load_readable(id).await? {
            Some(loaded) if !is_live(&loaded) => service.revalidate_readable(id, loaded).await?,
            loaded => loaded,
        };
        let found = record.filter(|it| is_live(it) && service.limits.is_of_scope(it));
        Ok(found.map(|record| service.info(id, record)))
    }

    /// Ends one session, for its next request and for those under way. That there is none is no error.
    ///
    /// Anybody's: for an administrator, or a job. An id that comes from a visitor's page belongs into
    /// [`revoke_owned`](Self::revoke_owned).
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// async fn end(sessions: Sessions, id: SessionId) -> Result<(), SessionError> {
    ///     sessions.revoke(id).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the storage fails.
    pub async fn revoke(&self, id: SessionId) -> Result<(), SessionError> {
        self.service.end(id).await
    }

    /// Ends one session if it is `owner`'s, and returns whether it was: for an id that a page sent (ASVS 5.0, 7.5.2).
    ///
    /// To end the visitor's own, [`log_out`](crate::SessionData::log_out) instead, which also removes the cookie.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// async fn end(sessions: Sessions, me: SessionData, id: SessionId) -> Result<bool, SessionError> {
    ///     match me.owner() {
    ///         Some(owner) => sessions.revoke_owned(&owner, id).await,
    ///         None => Ok(false),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the storage fails.
    pub async fn revoke_owned(
        &self,
        owner: impl Display,
        id: SessionId,
    ) -> Result<bool, SessionError> {
        Ok(self.revoke_which(owner, Owned::One(id)).await? > 0)
    }

    /// Ends all sessions of `owner` (ASVS 5.0, 7.4.2 and 7.4.5), and returns how many those were.
    ///
    /// ```
    /// # use axum_bare_session::{MemorySessionStorage, Sessions};
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let sessions = Sessions::from(MemorySessionStorage::new());
    /// assert_eq!(sessions.revoke_all("user:42").await?, 0);
    /// # Ok::<(), axum_bare_session::SessionError>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// If the storage fails; some may then have ended already.
    pub async fn revoke_all(&self, owner: impl Display) -> Result<u64, SessionError> {
        self.revoke_which(owner, Owned::All).await
    }

    /// Ends all sessions of `owner` but `keep` (ASVS 5.0, 7.4.3), and returns how many those were.
    ///
    /// A log-in with the old password that is under way meanwhile comes after it: only a
    /// [stamp](crate::SessionData::set_stamp) ends that one.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// async fn new_password(sessions: Sessions, me: SessionData) -> Result<(), SessionError> {
    ///     if let (Some(owner), Some(id)) = (me.owner(), me.id()) {
    ///         sessions.revoke_others(&owner, id).await?;
    ///     }
    ///     me.renew()
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the storage fails; some may then have ended already.
    pub async fn revoke_others(
        &self,
        owner: impl Display,
        keep: SessionId,
    ) -> Result<u64, SessionError> {
        self.revoke_which(owner, Owned::AllBut(keep)).await
    }

    /// Removes expired sessions from the storage, and returns how many those were. Expired ones open nothing even
    /// before.
    ///
    /// ```
    /// # use axum_bare_session::*;
    /// async fn clean_up(sessions: Sessions) {
    ///     let mut hours = tokio::time::interval(std::time::Duration::from_secs(3600));
    ///     loop {
    ///         hours.tick().await;
    ///         // A failure is logged, and the next hour tries again.
    ///         let _ = sessions.delete_expired().await;
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the storage fails.
    pub async fn delete_expired(&self) -> Result<u64, SessionError> {
        self.service.delete_expired().await
    }

    /// Ends an owner's sessions in one call, and tells each.
    async fn revoke_which(&self, owner: impl Display, which: Owned) -> Result<u64, SessionError> {
        let owner = self.owner_key(owner);
        let ended = self.service.end_owned(&owner, which).await?;
        Ok(ended.len() as u64)
    }

    /// How the storage knows an owner. What was given is not carried on: it may be none to send to another thread.
    fn owner_key(&self, owner: impl Display) -> Arc<str> {
        self.service.limits.owner_key(&owner.to_string())
    }
}

impl<S> Clone for Sessions<S> {
    fn clone(&self) -> Self {
        Self::from_service(Arc::clone(&self.service))
    }
}

impl<S> fmt::Debug for Sessions<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("cookie", &self.service.cookie)
            .field("timeouts", &self.service.limits.timeouts)
            .field("storage_timeout", &self.service.storage_timeout)
            .finish_non_exhaustive()
    }
}
