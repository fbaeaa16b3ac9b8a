use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use axum_bare_session::{
    RedisSessionStorage, SessionData, SessionError, Sessions, SessionsBuilder,
    add_session_middleware,
};
use futures_util::future::join_all;
use tokio::sync::{Barrier, Semaphore};

use crate::support::Browser;

/// What the slow handlers wait for.
#[derive(Clone)]
pub(super) struct Gates {
    /// Gets a permit from each slow request that has loaded its session.
    pub(super) loaded: Arc<Semaphore>,
    /// Takes a permit for each slow request that may go on.
    pub(super) go_on: Arc<Semaphore>,
}

pub(super) fn app(storage: RedisSessionStorage) -> Router {
    app_with(Sessions::builder(storage)).0
}

pub(super) fn app_with(sessions: SessionsBuilder) -> (Router, Gates) {
    let gates = Gates {
        loaded: Arc::new(Semaphore::new(0)),
        go_on: Arc::new(Semaphore::new(0)),
    };
    let all_loaded = Arc::new(Barrier::new(100));
    let slow = gates.clone();
    let router = Router::new()
        .route("/ignore", get(async || "nothing"))
        .route("/read", get(read))
        .route("/visit", get(visit))
        .route(
            "/visit-with-99-others",
            get(async move |session: SessionData| {
                all_loaded.wait().await;
                visit(session).await
            }),
        )
        .route(
            "/slow",
            get(async move |session: SessionData| {
                slow.loaded.add_permits(1);
                slow.go_on.acquire().await.unwrap().forget();
                session.insert("slow", true)
            }),
        )
        .route(
            "/log-in",
            get(async |session: SessionData| session.log_in("user:42")),
        )
        .route(
            "/log-out",
            get(async |session: SessionData| session.destroy()),
        );
    let router = add_session_middleware(router, sessions.build().unwrap());
    (router, gates)
}

async fn read(session: SessionData) -> Result<String, SessionError> {
    let visits = session.get::<u64>("visits")?;
    Ok(visits.map_or("nobody".to_owned(), |visits| visits.to_string()))
}

async fn visit(session: SessionData) -> Result<(), SessionError> {
    tokio::task::yield_now().await;
    session.update("visits", |visits: Option<u64>| visits.unwrap_or(0) + 1)
}

/// A browser with one visit.
pub(super) async fn visitor(app: &Router) -> Browser {
    let mut browser = Browser::new(app.clone());
    let reply = browser.get("/visit").await;
    assert_eq!(reply.status, 200);
    assert_eq!(browser.cookies.len(), 1);
    browser
}

/// Sends 100 requests of one browser at once, each of which counts a visit after all have loaded the session.
pub(super) async fn visit_100_times_at_once(browser: &Browser) {
    let requests = (0..100).map(|_| {
        let mut browser = browser.clone();
        tokio::spawn(async move { browser.get("/visit-with-99-others").await.status })
    });
    for status in join_all(requests).await {
        assert_eq!(status.unwrap(), 200);
    }
}

/// Logs out, `times` over, while a slow request has loaded the session and writes later. Returns how many sessions came back.
pub(super) async fn log_out_against_a_slow_writer(
    app: &Router,
    gates: &Gates,
    times: usize,
) -> usize {
    let mut revived = 0;
    for _ in 0..times {
        let browser = visitor(app).await;
        let mut slow = browser.clone();
        let slow = tokio::spawn(async move { slow.get("/slow").await });
        gates.loaded.acquire().await.unwrap().forget();
        let mut leaving = browser.clone();
        assert_eq!(leaving.get("/log-out").await.status, 200);
        assert_eq!(leaving.cookies.len(), 0);
        gates.go_on.add_permits(1);
        let reply = slow.await.unwrap();
        let is_back = browser.clone().get("/read").await.body != "nobody";
        if is_back || !reply.set_cookies().is_empty() {
            revived += 1;
        }
    }
    revived
}
