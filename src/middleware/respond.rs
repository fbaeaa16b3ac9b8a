use std::error::Error;

use axum::Extension;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::extract::SessionRejection;
use crate::session::SessionError;

/// How long a client is asked to wait, in seconds, before it tries again.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// Marks a response that a log-in page may take the place of.
#[derive(Clone, Copy)]
pub(super) struct NobodyIsLoggedIn;

impl IntoResponse for SessionError {
    fn into_response(self) -> Response {
        if let Self::NotLoggedIn = self {
            return (StatusCode::FORBIDDEN, Extension(NobodyIsLoggedIn)).into_response();
        }
        // An error of the storage has been logged with the session's id.
        if !matches!(self, Self::Storage(_)) {
            tracing::error!(error = &self as &dyn Error, "session error");
        }
        match self {
            Self::Storage(_) | Self::Conflict | Self::Superseded => {
                let retry_after = [(RETRY_AFTER, RETRY_AFTER_SECONDS)];
                (StatusCode::SERVICE_UNAVAILABLE, retry_after).into_response()
            }
            Self::TooManySessions { .. } | Self::Ended => StatusCode::CONFLICT.into_response(),
            _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

impl IntoResponse for SessionRejection {
    fn into_response(self) -> Response {
        match self {
            Self::Failed(error) => error.into_response(),
            // RFC 6750, section 3.1.
            Self::InvalidToken => {
                let challenge = r#"Bearer error="invalid_token""#;
                (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, challenge)]).into_response()
            }
            Self::MissingMiddleware => {
                tracing::error!(error = &self as &dyn Error, "session error");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}
