//! How long the visitor stays logged in without another click, for a page that warns of the end.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum_bare_session::{Duration, PassiveSession, SessionData};

/// The seconds that are left; 0 for somebody who is not logged in. To ask is no activity: a page that is open and that
/// nobody looks at does not stay logged in.
pub(crate) async fn seconds(session: PassiveSession) -> impl IntoResponse {
    let left = session.idle_remaining().min(session.absolute_remaining());
    let left = left.filter(|_| session.owner().is_some());
    let seconds = left.unwrap_or(Duration::ZERO).whole_seconds();
    ([(CACHE_CONTROL, "no-store")], seconds.to_string())
}

/// The click on "Stay logged in": to open the session is activity.
pub(crate) async fn stay(_: SessionData) -> StatusCode {
    StatusCode::NO_CONTENT
}

pub(crate) async fn script() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/javascript"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, include_str!("left.js"))
}
