use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use axum_bare_session::{
    DefaultScope, SessionData, SessionError, SessionId, Sessions, add_session_middleware,
};
use tokio::sync::Barrier;
use tower_http::catch_panic::CatchPanicLayer;

use crate::support::{Browser, Clock, Spy, id_of, visitor_routes};

/// What no one may see of what the handlers store.
pub(super) const CARD: &str = "4111-1111-1111-1111";
pub(super) const PASSWORD: &str = "correct horse battery staple";
pub(super) const HASH: &str = "$argon2id$v=19$m=19456";

/// The visitor's routes and some that store secrets, panic, wait and err.
pub(super) struct House {
    pub(super) storage: Spy,
    pub(super) clock: Clock,
    pub(super) sessions: Sessions,
    pub(super) browser: Browser,
    /// `/slow` waits here twice, with changes in its hands.
    pub(super) barrier: Arc<Barrier>,
}

impl House {
    pub(super) fn new() -> Self {
        let (storage, clock) = (Spy::new(), Clock::new());
        let builder = Sessions::builder(storage.clone()).clock(clock.reader());
        let sessions = builder.build().unwrap();
        let barrier = Arc::new(Barrier::new(2));
        let wait = Arc::clone(&barrier);
        let slow = async move |session: SessionData| {
            session.insert("slow", CARD)?;
            session.update("count", |count: Option<u64>| count.unwrap_or(0) + 1)?;
            wait.wait().await;
            wait.wait().await;
            Ok::<_, SessionError>(format!("{session:?}"))
        };
        let routes = visitor_routes::<DefaultScope>()
            .merge(secret_routes())
            .route("/slow", get(slow))
            .layer(CatchPanicLayer::new());
        let browser = Browser::new(add_session_middleware(routes, sessions.clone()));
        Self {
            storage,
            clock,
            sessions,
            browser,
            barrier,
        }
    }

    pub(super) fn cookie(&self) -> &str {
        &self.browser.cookies["__Host-Http-id"]
    }

    pub(super) fn id(&self) -> SessionId {
        id_of(self.cookie())
    }
}

fn secret_routes() -> Router {
    Router::new()
        .route("/store", get(store))
        .route("/debug", get(debug))
        .route("/stamp", get(stamp))
        .route("/wrong_type", get(wrong_type))
        .route("/too_large", get(too_large))
        .route("/panic", get(panic))
        .route("/write_late", get(write_late))
}

async fn store(session: SessionData) -> Result<(), SessionError> {
    session.insert("card", CARD)?;
    session.insert("login", [PASSWORD])
}

async fn debug(session: SessionData) -> Result<String, SessionError> {
    session.insert("again", CARD)?;
    Ok(format!("{session:?} {session:#?}"))
}

async fn stamp(session: SessionData) -> Result<String, SessionError> {
    session.set_stamp(HASH)?;
    session.check_stamp(HASH).await?;
    Ok(format!("{session:?} {session:#?}"))
}

async fn wrong_type(session: SessionData) -> Result<(), SessionError> {
    session.get::<u64>("card").map(drop)
}

async fn too_large(session: SessionData) -> Result<(), SessionError> {
    session.insert("large", CARD.repeat(10_000))
}

async fn panic(session: SessionData) {
    session.insert("card", PASSWORD).unwrap();
    panic!("the handler's own panic");
}

/// Writes once more when the response is gone, and forgets to save.
async fn write_late(session: SessionData) {
    tokio::spawn(async move {
        tokio::task::yield_now().await;
        while session.insert("late", CARD).is_ok() && session.len() < 2 {
            tokio::task::yield_now().await;
        }
    });
}
