//! Values: what can be stored under which key, as which type, and how much of it.

mod exact;
mod keys;
mod many;
mod mismatch;
mod mismatch_rare;
mod modify;
mod numbers;
mod size;
mod stored;
mod types;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use axum_bare_session::{
    MemorySessionStorage, SessionData, SessionError, Sessions, add_session_middleware,
};

use crate::support::Browser;

/// Runs `write` in one request and `read` in the next, of one visitor and over a storage.
async fn across_requests<W, R>(write: W, read: R)
where
    W: Fn(&SessionData) -> Result<(), SessionError> + Send + Sync + 'static,
    R: Fn(&SessionData) -> Result<(), SessionError> + Send + Sync + 'static,
{
    let (write, read) = (Arc::new(write), Arc::new(read));
    let write = async move |session: SessionData| write(&session);
    let read = async move |session: SessionData| read(&session).map(|()| "read");
    let routes = Router::new()
        .route("/write", get(write))
        .route("/read", get(read));
    let mut browser = Browser::new(add_session_middleware(routes, MemorySessionStorage::new()));
    browser.get("/write").await;
    assert_eq!(browser.get("/read").await.body, "read");
}

/// Calls `handler` once with an empty session whose values may take `max_size` bytes.
async fn bounded<F, T>(max_size: usize, handler: F)
where
    F: Fn(SessionData) -> T + Clone + Send + Sync + 'static,
    T: Future<Output = Result<(), SessionError>> + Send,
{
    let sessions = Sessions::builder(MemorySessionStorage::new()).max_size(max_size);
    let handler = async move |session: SessionData| handler(session).await.map(|()| "done");
    let routes = Router::new().route("/", get(handler));
    let app = add_session_middleware(routes, sessions.build().unwrap());
    assert_eq!(Browser::new(app).get("/").await.body, "done");
}
