//! An application whose handlers wait between what they read and what they write.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use axum_bare_session::{SessionData, SessionError, SessionId, Sessions, add_session_middleware};
use tokio::sync::Semaphore;

use crate::support::Browser;

/// The application's routes, and the gate that `/slow` waits at.
pub(super) struct App {
    pub(super) browser: Browser,
    pub(super) gate: Arc<Gate>,
}

/// Where slow handlers wait until a test lets them on.
pub(super) struct Gate {
    pub(super) arrived: Semaphore,
    pub(super) open: Semaphore,
}

pub(super) fn app(sessions: impl Into<Sessions>) -> App {
    let gate = Arc::new(Gate {
        arrived: Semaphore::new(0),
        open: Semaphore::new(0),
    });
    let app = Router::new()
        .route("/ignore", get(async || "hello"))
        .route("/count", post(count))
        .route("/counted", get(counted))
        .route("/slow", post(slow))
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .with_state(Arc::clone(&gate));
    let browser = Browser::new(add_session_middleware(app, sessions));
    App { browser, gate }
}

async fn count(session: SessionData) -> Result<(), SessionError> {
    tokio::task::yield_now().await;
    session.update("count", |count: Option<u64>| count.unwrap_or(0) + 1)
}

async fn counted(session: SessionData) -> Result<String, SessionError> {
    Ok(session.get::<u64>("count")?.unwrap_or(0).to_string())
}

async fn slow(State(gate): State<Arc<Gate>>, session: SessionData) -> Result<(), SessionError> {
    gate.arrived.add_permits(1);
    let _open = gate.open.acquire().await;
    session.insert("slow", true)
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
