use std::ops::Deref;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use super::extract::SessionRejection;
use crate::session::{DefaultScope, SessionData, SessionError};

/// A session that somebody is logged in to.
///
/// It derefs to [`SessionData`]. An application's own extractor loads its user by it, once a request, and checks the
/// [stamp](SessionData::check_stamp):
///
/// ```
/// use axum::{RequestPartsExt, extract::FromRequestParts, http::request::Parts};
/// use axum_bare_session::{LoggedIn, LoggedInRejection};
///
/// #[derive(Clone)]
/// struct User {
///     password_hash: String,
/// }
///
/// impl<T: Sync> FromRequestParts<T> for User {
///     type Rejection = LoggedInRejection;
///
///     async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Self, Self::Rejection> {
///         if let Some(user) = parts.extensions.get::<Self>() {
///             return Ok(user.clone());
///         }
///         let session = parts.extract::<LoggedIn>().await?;
///         let user = load_user(session.owner()).await;
///         session.check_stamp(&user.password_hash).await?;
///         parts.extensions.insert(user.clone());
///         Ok(user)
///     }
/// }
/// # async fn load_user(id: &str) -> User { User { password_hash: id.into() } }
/// ```
#[derive(Clone, Debug)]
pub struct LoggedIn<S = DefaultScope> {
    session: SessionData<S>,
    owner: String,
}

/// Why a [`LoggedIn`] could not be extracted.
///
/// As a response it is a 403 with an empty body, or what a [`SessionRejection`] is. Not a 401: that would have to name
/// a scheme of HTTP authentication (RFC 9110, 15.5.2), and a cookie is none. Behind
/// [`require_log_in`](crate::require_log_in) it is a redirect to the log-in page.
///
/// ```
/// use axum::response::{IntoResponse, Redirect, Response};
/// use axum_bare_session::{LoggedIn, LoggedInRejection};
///
/// async fn page(session: Result<LoggedIn, LoggedInRejection>) -> Result<String, Response> {
///     let session = session.map_err(|rejection| match rejection {
///         LoggedInRejection::NotLoggedIn => Redirect::to("/login").into_response(),
///         other => other.into_response(),
///     })?;
///     Ok(format!("hello, {}", session.owner()))
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoggedInRejection {
    /// The session has no owner.
    #[error("nobody is logged in")]
    NotLoggedIn,
    /// The session could not be extracted.
    #[error(transparent)]
    Session(#[from] SessionRejection),
}

impl<S> LoggedIn<S> {
    /// Who was logged in when the session was extracted, as given to [`log_in`](SessionData::log_in).
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }
}

impl<S> Deref for LoggedIn<S> {
    type Target = SessionData<S>;

    fn deref(&self) -> &SessionData<S> {
        &self.session
    }
}

impl<S: 'static, T: Sync> FromRequestParts<T> for LoggedIn<S> {
    type Rejection = LoggedInRejection;

    async fn from_request_parts(parts: &mut Parts, state: &T) -> Result<Self, Self::Rejection> {
        let session =
            <SessionData<S> as FromRequestParts<T>>::from_request_parts(parts, state).await?;
        let owner = session.owner().ok_or(LoggedInRejection::NotLoggedIn)?;
        Ok(Self { session, owner })
    }
}

/// `None` if nobody is logged in: for a page that visitors see too. (A field of that type in a
/// `derive(FromRequestParts)` is axum's own: there it is `None` also where the storage is down.)
impl<S: 'static, T: Sync> OptionalFromRequestParts<T> for LoggedIn<S> {
    type Rejection = LoggedInRejection;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &T,
    ) -> Result<Option<Self>, Self::Rejection> {
        match <Self as FromRequestParts<T>>::from_request_parts(parts, state).await {
            Err(LoggedInRejection::NotLoggedIn) => Ok(None),
            extracted => extracted.map(Some),
        }
    }
}

/// What a [check](SessionData::check_stamp) says, in an extractor of the application's own.
impl From<SessionError> for LoggedInRejection {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::NotLoggedIn => Self::NotLoggedIn,
            other => Self::Session(other.into()),
        }
    }
}

impl IntoResponse for LoggedInRejection {
    fn into_response(self) -> Response {
        match self {
            Self::NotLoggedIn => SessionError::NotLoggedIn.into_response(),
            Self::Session(rejection) => rejection.into_response(),
        }
    }
}
