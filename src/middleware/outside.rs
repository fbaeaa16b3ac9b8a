use std::sync::Arc;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

use super::commit::commit;
use super::slot::Slot;
use super::undisturbed::undisturbed;
use crate::record::SessionId;
use crate::service::session_info::SessionInfo;
use crate::service::sessions::Sessions;
use crate::session::{Opened, Outgoing, SessionData, SessionError, Stored};

/// A session that [`Sessions::create`] made, with the cookie that opens it.
///
/// ```
/// # use axum_bare_session::{MemorySessionStorage, SessionError, Sessions};
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let sessions = Sessions::from(MemorySessionStorage::new());
/// let ada = sessions.create(|session| session.log_in("ada")).await?;
/// assert!(ada.cookie().as_bytes().starts_with(b"__Host-Http-id="));
/// assert_eq!(sessions.list("ada").await?[0].id(), ada.id());
/// # Ok::<(), SessionError>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct CreatedSession {
    id: SessionId,
    cookie: HeaderValue,
}

impl CreatedSession {
    /// The session's public id.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// The value of the header `Cookie` with which a request brings the session: its cookie's name and value. It holds
    /// the session's secret, and so its `Debug` shows nothing.
    #[must_use]
    pub fn cookie(&self) -> &HeaderValue {
        &self.cookie
    }
}

/// Sessions without a request: for the test of a whole application, or a job that acts for somebody.
impl<S: 'static> Sessions<S> {
    /// Creates the session of a new visitor, saved with what `write` writes into it, and returns its cookie.
    ///
    /// It is a session as any other: it has its limits, counts among its owner's, and is told as an event.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::Request, http::header::COOKIE, routing::get};
    /// use axum_bare_session::*;
    /// use tower::ServiceExt;
    ///
    /// async fn pay(session: SessionData) -> Result<(), SessionError> {
    ///     session.take::<Vec<String>>("cart").map(drop)
    /// }
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let sessions = Sessions::from(MemorySessionStorage::new());
    /// let app = add_session_middleware(Router::new().route("/pay", get(pay)), sessions.clone());
    ///
    /// let ada = sessions.create(|session| {
    ///     session.log_in("ada")?;
    ///     session.insert("cart", ["apple"])
    /// }).await?;
    /// let request = Request::get("/pay").header(COOKIE, ada.cookie()).body(Body::empty())?;
    /// assert!(app.oneshot(request).await?.status().is_success());
    /// let session = sessions.find(ada.id()).await?.unwrap();
    /// assert_eq!(session.get::<Vec<String>>("cart")?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// That of `write`; [`SessionError::Empty`] if it writes no value and logs nobody in; else as
    /// [`save`](SessionData::save).
    pub async fn create(
        &self,
        write: impl FnOnce(&SessionData<S>) -> Result<(), SessionError>,
    ) -> Result<CreatedSession, SessionError> {
        let slot = Arc::new(Slot::new(self.clone().into_service()));
        let (service, session) = (&slot.service, &slot.session);
        session.open(service.now(), Opened::Nothing);
        write(&SessionData::new(Arc::clone(&slot) as Arc<_>))?;
        session.conclude(&service.limits);
        undisturbed(&slot, Box::pin(commit(Arc::clone(&slot)))).await?;
        let Outgoing::Set(token, _) = session.outgoing() else {
            return Err(SessionError::Empty);
        };
        let cookie = service.cookie.pair(&token).ok_or(SessionError::Empty)?;
        Ok(CreatedSession {
            id: token.id,
            cookie,
        })
    }

    /// The live session that a header `Cookie` or `Set-Cookie` of this value opens, `None` if it opens none. It is
    /// looked at, and so neither touched nor kept alive.
    ///
    /// ```
    /// # use axum_bare_session::{MemorySessionStorage, SessionError, Sessions};
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let sessions = Sessions::from(MemorySessionStorage::new());
    /// let ada = sessions.create(|session| session.log_in("ada")).await?;
    /// let session = sessions.find_by_cookie(ada.cookie()).await?.unwrap();
    /// assert_eq!(session.owner(), Some("ada"));
    /// # Ok::<(), SessionError>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// If the storage fails.
    pub async fn find_by_cookie(
        &self,
        cookie: impl AsRef<[u8]>,
    ) -> Result<Option<SessionInfo>, SessionError> {
        let Ok(cookie) = HeaderValue::from_bytes(cookie.as_ref()) else {
            return Ok(None);
        };
        let headers = HeaderMap::from_iter([(COOKIE, cookie)]);
        let slot = Slot::new(self.clone().into_service());
        slot.open(&headers, false).await?;
        let live = slot.session.live();
        Ok(live.map(|Stored { id, record }| slot.service.info(id, record)))
    }
}
