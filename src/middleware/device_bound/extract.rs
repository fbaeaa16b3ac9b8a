use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use crate::middleware::extract::SessionRejection;
use crate::middleware::slot::{Attached, Slot};
use crate::record::BoundCookie;
use crate::session::{DefaultScope, SessionData};

/// A session that is bound to a device, of a browser that has proved in the last ten minutes to have that device's key
/// ([`device_bound`](crate::SessionsBuilder::device_bound)).
///
/// For what only those may do whose cookies are worth nothing to a thief. It derefs to [`SessionData`]. Everybody else
/// is rejected, those too whose browser cannot bind sessions, so it belongs where there is another way:
///
/// ```
/// use axum::response::{IntoResponse, Redirect, Response};
/// use axum_bare_session::{DeviceBoundSession, DeviceBoundSessionRejection};
///
/// async fn keys(
///     session: Result<DeviceBoundSession, DeviceBoundSessionRejection>,
/// ) -> Result<&'static str, Response> {
///     let _session = session.map_err(|rejection| match rejection {
///         DeviceBoundSessionRejection::NotBound => Redirect::to("/password").into_response(),
///         other => other.into_response(),
///     })?;
///     Ok("the keys")
/// }
/// ```
#[derive(Clone, Debug)]
pub struct DeviceBoundSession<S = DefaultScope>(pub SessionData<S>);

/// Why a [`DeviceBoundSession`] could not be extracted.
///
/// As a response it is a 403 with an empty body, or what a [`SessionRejection`] is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceBoundSessionRejection {
    /// The session is not bound, or the request brought no proof.
    #[error("the session is not bound to a device")]
    NotBound,
    /// The session could not be extracted.
    #[error(transparent)]
    Session(#[from] SessionRejection),
}

impl<S> Deref for DeviceBoundSession<S> {
    type Target = SessionData<S>;

    fn deref(&self) -> &SessionData<S> {
        &self.0
    }
}

impl<S: 'static, T: Sync> FromRequestParts<T> for DeviceBoundSession<S> {
    type Rejection = DeviceBoundSessionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &T) -> Result<Self, Self::Rejection> {
        let session =
            <SessionData<S> as FromRequestParts<T>>::from_request_parts(parts, state).await?;
        let attached = parts.extensions.get::<Attached>();
        match attached.and_then(Attached::slot_of::<S>) {
            Some(slot) if slot.is_proven(parts) => Ok(Self(session)),
            _ => Err(DeviceBoundSessionRejection::NotBound),
        }
    }
}

impl Slot {
    /// Whether the request brought a bound cookie of its session's: within the grace of a new binding it needs none to
    /// open it.
    fn is_proven(&self, parts: &Parts) -> bool {
        let (service, session) = (&self.service, &self.session);
        let Some(stored) = session.live() else {
            return false;
        };
        let binding = stored.record.binding().filter(|it| it.device().is_some());
        binding.is_some_and(|binding| {
            let worth = service
                .cookie
                .check_bound(&parts.headers, binding, service.now());
            worth == BoundCookie::Valid
        })
    }
}

impl IntoResponse for DeviceBoundSessionRejection {
    fn into_response(self) -> Response {
        match self {
            Self::NotBound => StatusCode::FORBIDDEN.into_response(),
            Self::Session(rejection) => rejection.into_response(),
        }
    }
}
