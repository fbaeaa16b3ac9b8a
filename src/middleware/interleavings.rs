use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::COOKIE;
use axum::http::{HeaderValue, Request, StatusCode};
use axum::routing::get;
use shuttle::future::{block_on, spawn};
use shuttle::scheduler::RandomScheduler;
use shuttle::sync::Mutex;
use shuttle::{Config, Runner};
use tower::ServiceExt;

use super::add_session_middleware;
use crate::service::sessions::Sessions;
use crate::session::{SessionData, SessionError};
use crate::storage::MemorySessionStorage;

const RUNS: usize = 1_000;

fn check<F: Future<Output = ()>>(test: impl Fn() -> F + Send + Sync + 'static) {
    let mut config = Config::new();
    // A request goes deeper than the scheduler's 32 KiB.
    config.stack_size = 1 << 20;
    let runner = Runner::new(RandomScheduler::new(RUNS), config);
    runner.run(move || block_on(test()));
}

/// An application, and the cookie of a session that it has already.
async fn visited(routes: Router) -> (Router, Sessions, HeaderValue) {
    let sessions = Sessions::from(MemorySessionStorage::with_max_sessions(8));
    let created = sessions.create(|session| session.log_in("ann"));
    let cookie = created.await.unwrap().cookie().clone();
    let app = add_session_middleware(routes, sessions.clone());
    (app, sessions, cookie)
}

async fn ask(app: Router, path: &'static str, cookie: HeaderValue) -> StatusCode {
    let request = Request::get(path)
        .header(COOKIE, cookie)
        .body(Body::empty());
    app.oneshot(request.unwrap()).await.unwrap().status()
}

#[test]
fn what_a_save_has_promised_is_stored_whoever_else_saves_or_answers_meanwhile() {
    check(async || {
        let promised = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&promised);
        let write = get(async move |session: SessionData| {
            let tasks = ["a", "b"].map(|key| {
                let (session, noted) = (session.clone(), Arc::clone(&noted));
                spawn(async move {
                    session.insert(key, 1)?;
                    session.save().await?;
                    noted.lock().unwrap().push(key);
                    Ok::<_, SessionError>(())
                })
            });
            session.insert("c", 1)?;
            let [one, _] = tasks;
            let _ = one.await;
            Ok::<_, SessionError>(())
        });
        let (app, sessions, cookie) = visited(Router::new().route("/", write)).await;
        assert_eq!(ask(app, "/", cookie.clone()).await, StatusCode::OK);
        let promised = promised.lock().unwrap().clone();
        let stored = sessions.find_by_cookie(&cookie).await.unwrap().unwrap();
        for key in promised.into_iter().chain(["c"]) {
            assert_eq!(stored.get::<u8>(key).unwrap(), Some(1), "{key}");
        }
    });
}

#[test]
fn requests_at_once_count_exactly_and_a_log_out_is_final() {
    check(async || {
        let count = get(async |session: SessionData| {
            session.update("n", |n: Option<u32>| n.unwrap_or(0) + 1)?;
            Ok::<_, SessionError>(())
        });
        let log_out = get(async |session: SessionData| session.log_out());
        let routes = Router::new().route("/", count).route("/log_out", log_out);
        let (app, sessions, cookie) = visited(routes).await;
        let requests = |path| spawn(ask(app.clone(), path, cookie.clone()));
        let counted = [requests("/"), requests("/")];
        for reply in counted {
            assert_eq!(reply.await.unwrap(), StatusCode::OK);
        }
        let stored = sessions.find_by_cookie(&cookie).await.unwrap().unwrap();
        assert_eq!(stored.get::<u32>("n").unwrap(), Some(2));

        let late = requests("/");
        assert_eq!(requests("/log_out").await.unwrap(), StatusCode::OK);
        assert!(sessions.find_by_cookie(&cookie).await.unwrap().is_none());
        late.await.unwrap();
        assert!(sessions.find_by_cookie(&cookie).await.unwrap().is_none());
        assert!(sessions.list("ann").await.unwrap().is_empty());
    });
}
