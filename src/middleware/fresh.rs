use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use time::{Duration, OffsetDateTime};

use super::extract::SessionRejection;
use crate::session::{DefaultScope, SessionData, SessionError};

/// How far another machine's clock may be ahead. A log-in further in the future is none to trust: this clock was set
/// back.
const MAX_CLOCK_SKEW: Duration = Duration::MINUTE;

/// A session whose owner logged in, or proved again who they are, less than `SECONDS` ago (ASVS 5.0, 7.5.1).
///
/// For what must not be done from an unlocked screen that somebody has left: a new password, a payment. It derefs to
/// [`SessionData`]. What rejects a request is a value, so that an application answers with a page of its own:
///
/// ```
/// use axum::response::{IntoResponse, Redirect, Response};
/// use axum_bare_session::{FreshSession, FreshSessionRejection};
///
/// async fn new_password(
///     session: Result<FreshSession<300>, FreshSessionRejection>,
/// ) -> Result<&'static str, Response> {
///     let session = session.map_err(|rejection| match rejection {
///         FreshSessionRejection::NotLoggedIn => Redirect::to("/login").into_response(),
///         FreshSessionRejection::NotFresh { .. } => Redirect::to("/password").into_response(),
///         other => other.into_response(),
///     })?;
///     session.renew().map_err(IntoResponse::into_response)?;
///     Ok("changed")
/// }
/// ```
///
/// The page that asks for the password again calls [`reauthenticated`](SessionData::reauthenticated).
#[derive(Clone, Debug)]
pub struct FreshSession<const SECONDS: u64, S = DefaultScope>(pub SessionData<S>);

/// Why a [`FreshSession`] could not be extracted.
///
/// As a response it is a 403 with an empty body, or what a [`SessionRejection`] is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FreshSessionRejection {
    /// The session has no owner.
    #[error("nobody is logged in")]
    NotLoggedIn,
    /// The owner logged in too long ago.
    #[error("the owner must prove again who they are")]
    NotFresh {
        /// When that was.
        authenticated_at: OffsetDateTime,
    },
    /// The session could not be extracted.
    #[error(transparent)]
    Session(#[from] SessionRejection),
}

impl<const SECONDS: u64, S> Deref for FreshSession<SECONDS, S> {
    type Target = SessionData<S>;

    fn deref(&self) -> &SessionData<S> {
        &self.0
    }
}

impl<const SECONDS: u64, S: 'static, T: Sync> FromRequestParts<T> for FreshSession<SECONDS, S> {
    type Rejection = FreshSessionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &T) -> Result<Self, Self::Rejection> {
        let session =
            <SessionData<S> as FromRequestParts<T>>::from_request_parts(parts, state).await?;
        let authenticated_at = session.owner().and(session.authenticated_at());
        let authenticated_at = authenticated_at.ok_or(FreshSessionRejection::NotLoggedIn)?;
        let max_age = Duration::seconds(i64::try_from(SECONDS).unwrap_or(i64::MAX));
        if is_fresh(authenticated_at, session.now().into(), max_age) {
            Ok(Self(session))
        } else {
            Err(FreshSessionRejection::NotFresh { authenticated_at })
        }
    }
}

impl IntoResponse for FreshSessionRejection {
    fn into_response(self) -> Response {
        match self {
            Self::NotLoggedIn => SessionError::NotLoggedIn.into_response(),
            Self::NotFresh { .. } => StatusCode::FORBIDDEN.into_response(),
            Self::Session(rejection) => rejection.into_response(),
        }
    }
}

/// Whether a log-in is less than `max_age` ago. Exactly so long ago it is not.
fn is_fresh(authenticated_at: OffsetDateTime, now: OffsetDateTime, max_age: Duration) -> bool {
    let age = now - authenticated_at;
    age < max_age && age >= -MAX_CLOCK_SKEW
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn is_fresh_after(age: Duration) -> bool {
        is_fresh(NOW - age, NOW, Duration::minutes(5))
    }

    #[test]
    fn a_log_in_is_fresh_until_exactly_its_greatest_age() {
        assert!(is_fresh_after(Duration::ZERO));
        assert!(is_fresh_after(Duration::minutes(5) - Duration::MICROSECOND));
        assert!(!is_fresh_after(Duration::minutes(5)));
    }

    #[test]
    fn a_clock_that_is_a_little_behind_is_no_reason_to_ask_and_one_that_jumped_back_is() {
        assert!(is_fresh_after(-Duration::seconds(30)));
        assert!(!is_fresh_after(-Duration::HOUR));
    }
}
