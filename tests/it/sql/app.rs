//! An application whose handlers wait between what they read and what they write.

use axum::Router;
use axum::routing::{get, post};
use axum_bare_session::{SessionData, SessionError, SessionId, Sessions, add_session_middleware};

use super::full::noise;
use crate::support::Browser;

/// A browser without cookies, before the application.
pub(super) fn app(sessions: impl Into<Sessions>) -> Browser {
    let app = Router::new()
        .route("/ignore", get(async || "hello"))
        .route("/count", post(count))
        .route("/counted", get(counted))
        .route("/large", post(large))
        .route("/login", post(log_in))
        .route("/logout", post(log_out));
    Browser::new(add_session_middleware(app, sessions))
}

async fn count(session: SessionData) -> Result<(), SessionError> {
    tokio::task::yield_now().await;
    session.modify("count", |count: &mut u64| *count += 1)
}

async fn counted(session: SessionData) -> Result<String, SessionError> {
    Ok(session.get::<u64>("count")?.unwrap_or(0).to_string())
}

async fn large(session: SessionData) -> Result<(), SessionError> {
    session.insert("large", noise(60_000))
}

async fn log_in(session: SessionData) -> Result<(), SessionError> {
    session.log_in("user:42")
}

async fn log_out(session: SessionData) {
    session.destroy();
}

/// The id that a cookie begins with.
pub(super) fn id(cookie: &str) -> SessionId {
    use base64::Engine;
    let value = cookie.split_once('=').unwrap().1;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(value);
    uuid::Uuid::from_slice(&bytes.unwrap()[..16])
        .unwrap()
        .into()
}
