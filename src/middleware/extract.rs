use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;

use super::slot::{Attached, NoActivity};
use crate::service::sessions::Sessions;
use crate::session::{SessionData, SessionError};

/// Why a session could not be extracted.
///
/// As a response it is a 500, a 503 if the storage is down, or a 401 for a bearer token that opens nothing (RFC 6750).
/// What is wrong with the application, such as a missing middleware, is told in the body as well as in the log; all
/// else in the log alone.
///
/// ```
/// use axum_bare_session::{SessionData, SessionRejection};
///
/// async fn page(session: Result<SessionData, SessionRejection>) -> &'static str {
///     match session {
///         Ok(session) if session.owner().is_some() => "your page",
///         Ok(_) => "please log in",
///         Err(_) => "sorry, come back in a minute",
///     }
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionRejection {
    /// No session middleware of this scope is attached to the route.
    #[error(
        "no session middleware: call `add_session_middleware` on the router, after its routes are added"
    )]
    MissingMiddleware,
    /// The request brought a bearer token that opens nothing, or none that is well-formed.
    #[error("the bearer token opens no session")]
    InvalidToken,
    /// The session could not be loaded.
    #[error(transparent)]
    Failed(#[from] SessionError),
}

impl SessionData {
    /// The request's session, for an extractor of the application's own.
    ///
    /// The same as axum's [`FromRequestParts`], but for one thing: the scope need not be named.
    ///
    /// ```
    /// use axum::{extract::FromRequestParts, http::request::Parts};
    /// use axum_bare_session::{SessionData, SessionRejection};
    ///
    /// struct User(Option<String>);
    ///
    /// impl<T: Sync> FromRequestParts<T> for User {
    ///     type Rejection = SessionRejection;
    ///
    ///     async fn from_request_parts(parts: &mut Parts, state: &T) -> Result<Self, Self::Rejection> {
    ///         let session = SessionData::from_request_parts(parts, state).await?;
    ///         Ok(Self(session.owner()))
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If no session middleware is attached to the route, or the session cannot be loaded.
    pub async fn from_request_parts<T: Sync>(
        parts: &mut Parts,
        _: &T,
    ) -> Result<Self, SessionRejection> {
        extract(parts, true).await
    }
}

/// Loads the request's session, once a request. A visitor without one gets an empty one.
impl<S: 'static, T: Sync> FromRequestParts<T> for SessionData<S> {
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Self, Self::Rejection> {
        extract(parts, true).await
    }
}

/// `None` if the request carries no live session. (A field of that type in a `derive(FromRequestParts)` is axum's own:
/// there it is `Some` of an empty session. Ask [`is_new`](SessionData::is_new) instead.)
impl<S: 'static, T: Sync> OptionalFromRequestParts<T> for SessionData<S> {
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Option<Self>, Self::Rejection> {
        match extract::<S>(parts, true).await {
            Ok(session) => Ok((!session.is_new()).then_some(session)),
            Err(SessionRejection::InvalidToken) => Ok(None),
            Err(rejection) => Err(rejection),
        }
    }
}

/// The service that the session middleware of this scope was given; in a test, the one in the request's extensions.
impl<S: 'static, T: Sync> FromRequestParts<T> for Sessions<S> {
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Self, Self::Rejection> {
        if let Some(sessions) = parts.extensions.get::<Self>() {
            return Ok(sessions.clone());
        }
        let attached = parts.extensions.get::<Attached>();
        let slot = attached.and_then(Attached::slot_of::<S>);
        let slot = slot.ok_or(SessionRejection::MissingMiddleware)?;
        Ok(Self::from_service(Arc::clone(&slot.service)))
    }
}

/// `is_active` tells whether that is activity of the visitor's.
pub(super) async fn extract<S: 'static>(
    parts: &Parts,
    is_active: bool,
) -> Result<SessionData<S>, SessionRejection> {
    // A test's detached session.
    if let Some(detached) = parts.extensions.get::<SessionData<S>>() {
        return Ok(detached.clone());
    }
    let attached = parts.extensions.get::<Attached>();
    let slot = attached.and_then(Attached::slot_of::<S>);
    let slot = slot.ok_or(SessionRejection::MissingMiddleware)?;
    let is_active = is_active && parts.extensions.get::<NoActivity>().is_none();
    slot.open(&parts.headers, is_active).await?;
    if slot.service.limits.bearer_prefix.is_some() && slot.session.is_token_refused() {
        return Err(SessionRejection::InvalidToken);
    }
    Ok(SessionData::new(Arc::clone(slot) as Arc<_>))
}
