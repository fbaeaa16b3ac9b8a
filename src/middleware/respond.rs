use std::error::Error;

use axum::Extension;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tracing::dispatcher;
use tracing::subscriber::NoSubscriber;

use super::extract::SessionRejection;
use crate::session::SessionError;
use crate::storage::{StorageError, StorageErrorKind};

/// How long a client is asked to wait, in seconds, before it tries again.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// Marks a response that a log-in page may take the place of.
#[derive(Clone, Copy)]
pub(super) struct NobodyIsLoggedIn;
/// What a response says where nobody could read in a log what it is about.
const NOT_LOGGED: &str = "the session failed, and no subscriber of `tracing` is there to log why: install one in `main`, \
    such as `tracing_subscriber::fmt::init()`";

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
            // To try again helps nobody: the application has to be mended.
            Self::Storage(source) if is_not_migrated(&*source) => {
                (StatusCode::INTERNAL_SERVER_ERROR, source.to_string()).into_response()
            }
            Self::Storage(_) | Self::Conflict | Self::Superseded => {
                let retry_after = [(RETRY_AFTER, RETRY_AFTER_SECONDS)];
                (StatusCode::SERVICE_UNAVAILABLE, retry_after, advice()).into_response()
            }
            Self::TooManySessions { .. } | Self::Ended => StatusCode::CONFLICT.into_response(),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, advice()).into_response(),
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
                (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
            }
        }
    }
}

fn is_not_migrated(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    let error = error.downcast_ref::<StorageError>();
    error.is_some_and(|error| error.kind() == StorageErrorKind::NotMigrated)
}

/// The body: none, where there is a log to look into.
fn advice() -> Response {
    let is_logged = dispatcher::get_default(|dispatch| !dispatch.is::<NoSubscriber>());
    if is_logged {
        ().into_response()
    } else {
        NOT_LOGGED.into_response()
    }
}
