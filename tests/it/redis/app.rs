use axum::Router;
use axum::routing::get;
use axum_bare_session::{
    RedisSessionStorage, SessionData, SessionError, Sessions, SessionsBuilder,
    add_session_middleware,
};

use crate::support::Browser;

pub(super) fn app(storage: RedisSessionStorage) -> Router {
    app_with(Sessions::builder(storage))
}

pub(super) fn app_with(sessions: SessionsBuilder) -> Router {
    let router = Router::new()
        .route("/ignore", get(async || "nothing"))
        .route("/read", get(read))
        .route("/visit", get(visit))
        .route(
            "/log-in",
            get(async |session: SessionData| session.log_in("user:42")),
        )
        .route(
            "/log-out",
            get(async |session: SessionData| session.destroy()),
        );
    add_session_middleware(router, sessions.build().unwrap())
}

async fn read(session: SessionData) -> Result<String, SessionError> {
    let visits = session.get::<u64>("visits")?;
    Ok(visits.map_or("nobody".to_owned(), |visits| visits.to_string()))
}

async fn visit(session: SessionData) -> Result<(), SessionError> {
    tokio::task::yield_now().await;
    session.modify("visits", |visits: &mut u64| *visits += 1)
}

/// A browser with one visit.
pub(super) async fn visitor(app: &Router) -> Browser {
    let mut browser = Browser::new(app.clone());
    let reply = browser.get("/visit").await;
    assert_eq!(reply.status, 200);
    assert_eq!(browser.cookies.len(), 1);
    browser
}
