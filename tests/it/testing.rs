use axum::Router;
use axum::body::Body;
use axum::extract::Extension;
use axum::http::header::VARY;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use axum_bare_session::{
    DefaultScope, Duration, FreshSession, MemorySessionStorage, OffsetDateTime, SessionData,
    SessionError, Sessions, add_session_middleware,
};
use tower::ServiceExt;

use crate::support::{Browser, Log, Spy, visitor_routes};

async fn add(session: SessionData) -> Result<String, SessionError> {
    let count = session.update("count", |count: Option<u64>| count.unwrap_or(0) + 1)?;
    Ok(count.to_string())
}

#[tokio::test]
async fn a_handler_can_be_called_with_a_detached_session() {
    let session = SessionData::detached();
    assert_eq!(add(session.clone()).await.unwrap(), "1");
    assert_eq!(add(session.clone()).await.unwrap(), "2");
    assert_eq!(session.get::<u64>("count").unwrap(), Some(2));
    assert!(session.is_new());
}

#[tokio::test]
async fn a_detached_session_in_the_extensions_is_what_extractors_find() {
    let session: SessionData = SessionData::detached();
    let routes: Router = visitor_routes::<DefaultScope>();
    let app = routes.layer(Extension(session.clone()));
    let mut browser = Browser::new(app);
    assert_eq!(browser.get("/count").await.body, "1");
    assert_eq!(browser.get("/count").await.body, "2");
    assert_eq!(session.get::<u64>("count").unwrap(), Some(2));
    assert_eq!(browser.get("/log_in/ada").await.status, StatusCode::OK);
    assert_eq!(session.owner().as_deref(), Some("ada"));
}

#[tokio::test]
async fn a_detached_session_in_one_requests_extensions_is_that_requests() {
    let session: SessionData = SessionData::detached();
    let app: Router = Router::new().route("/", get(add));
    let mut request = Request::new(Body::empty());
    request.extensions_mut().insert(session.clone());
    let response = app.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(session.len(), 1);
}

#[tokio::test]
async fn a_detached_session_is_optional_as_any_other() {
    let session: SessionData = SessionData::detached();
    let app = visitor_routes::<DefaultScope>().layer(Extension(session.clone()));
    let mut browser = Browser::new(app);
    assert_eq!(browser.get("/read").await.body, "none");
    session.insert("count", 7).unwrap();
    session.save().await.unwrap();
    assert_eq!(browser.get("/read").await.body, "7");
}

#[tokio::test]
async fn a_detached_session_belongs_to_its_scope() {
    enum Admin {}
    let session = SessionData::detached_in::<Admin>();
    let routes = visitor_routes::<Admin>().nest("/visitor", visitor_routes::<DefaultScope>());
    let mut browser = Browser::new(routes.layer(Extension(session.clone())));
    assert_eq!(browser.get("/count").await.body, "1");
    let without = browser.get("/visitor/count").await;
    assert_eq!(without.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn a_detached_session_counts_under_the_middleware_too() {
    let inside: SessionData = SessionData::detached();
    let outside: SessionData = SessionData::detached();
    for (detached, is_inside) in [(inside, true), (outside, false)] {
        let storage = Spy::new();
        let extension = Extension(detached.clone());
        let mut app = visitor_routes::<DefaultScope>();
        if is_inside {
            app = app.layer(extension.clone());
        }
        app = add_session_middleware(app, storage.clone());
        if !is_inside {
            app = app.layer(extension);
        }
        let mut browser = Browser::new(app);
        let reply = browser.get("/count").await;
        assert_eq!(reply.body, "1");
        assert!(reply.headers.get(VARY).is_none());
        assert_eq!(browser.get("/count").await.body, "2");
        assert_eq!(detached.get::<u64>("count").unwrap(), Some(2));
        assert!(browser.cookies.is_empty());
        assert_eq!(storage.take_calls().total(), 0);
    }
}

#[tokio::test]
async fn a_detached_log_in_is_fresh_by_the_time_it_was_made_at() {
    let clock = crate::support::Clock::new();
    let sessions = Sessions::builder(MemorySessionStorage::new()).clock(clock.reader());
    let session: SessionData = SessionData::detached();
    session.log_in("ada").unwrap();
    let fresh = async |_: FreshSession<300>| "fresh";
    let app = Router::new().route("/", get(fresh));
    let app = add_session_middleware(app, sessions.build().unwrap());
    let mut browser = Browser::new(app.layer(Extension(session)));
    assert_eq!(browser.get("/").await.body, "fresh");
}

#[tokio::test]
async fn a_handler_that_takes_sessions_works_with_those_in_the_extensions() {
    async fn devices(sessions: Sessions, me: SessionData) -> Result<String, SessionError> {
        let devices = sessions.list(me.owner().unwrap()).await?;
        Ok(devices.len().to_string())
    }
    let session: SessionData = SessionData::detached();
    session.log_in("ada").unwrap();
    let sessions = Sessions::from(MemorySessionStorage::new());
    for owner in ["ada", "ada", "bob"] {
        sessions.create(|it| it.log_in(owner)).await.unwrap();
    }
    let app = Router::new().route("/", get(devices));
    let with_middleware = add_session_middleware(app.clone(), MemorySessionStorage::new());
    for app in [app, with_middleware] {
        let app = app.layer(Extension(session.clone()));
        let mut browser = Browser::new(app.layer(Extension(sessions.clone())));
        assert_eq!(browser.get("/").await.body, "2");
    }
}

#[tokio::test]
async fn two_detached_sessions_share_nothing_and_clones_everything() {
    let one: SessionData = SessionData::detached();
    let two: SessionData = SessionData::detached();
    one.insert("n", 1).unwrap();
    assert!(two.is_empty());
    assert!(one.clone().contains_key("n"));
    one.clone().remove("n");
    assert!(one.is_empty());
}

#[tokio::test]
async fn a_detached_session_can_be_saved_renewed_reloaded_and_destroyed() {
    let session: SessionData = SessionData::detached();
    assert_eq!((session.id(), session.expires_at()), (None, None));
    assert!(!session.reload().await.unwrap());
    session.insert("n", 1).unwrap();
    session.save().await.unwrap();
    let id = session.id();
    assert!(id.is_some() && !session.is_new());
    assert!(session.expires_at() > Some(OffsetDateTime::now_utc()));
    assert!(session.reload().await.unwrap());

    session.renew().unwrap();
    session.insert("n", 2).unwrap();
    session.save().await.unwrap();
    assert_eq!(session.id(), id);

    session.insert("n", 3).unwrap();
    session.revert();
    assert_eq!(session.get::<u64>("n").unwrap(), Some(2));

    session.destroy();
    assert!(session.is_new() && session.is_empty());
    session.save().await.unwrap();
    assert!(!session.reload().await.unwrap());
    session.insert("flash", "bye").unwrap();
    session.save().await.unwrap();
    assert!(session.id().is_some() && session.id() != id);
}

#[tokio::test]
async fn a_detached_session_logs_in_and_out() {
    let session: SessionData = SessionData::detached();
    session.insert("cart", ["apple"]).unwrap();
    session.log_in("ada").unwrap();
    assert_eq!(session.owner().as_deref(), Some("ada"));
    assert!(session.authenticated_at() <= Some(OffsetDateTime::now_utc()));
    session.remember(Duration::days(7)).unwrap();
    session.save().await.unwrap();
    assert!(session.expires_at() > Some(OffsetDateTime::now_utc() + Duration::days(6)));
    session.log_in("bob").unwrap();
    assert!(session.is_empty(), "another owner's values");
    session.destroy();
    assert_eq!(session.owner(), None);
}

#[test]
fn a_detached_session_needs_no_runtime_and_warns_of_nothing_when_dropped() {
    let log = Log::new();
    let session: SessionData = SessionData::detached();
    session.insert("n", 1).unwrap();
    drop(session);
    assert_eq!(log.text(), "");
}

#[tokio::test]
async fn a_clock_moved_by_hand_lets_a_test_see_a_session_expire() {
    let clock = crate::support::Clock::new();
    let sessions = Sessions::builder(MemorySessionStorage::new())
        .clock(clock.reader())
        .build()
        .unwrap();
    let app = add_session_middleware(visitor_routes::<DefaultScope>(), sessions);
    let mut browser = Browser::new(app);
    browser.get("/count").await;
    clock.advance(Duration::days(1));
    assert_eq!(browser.get("/read").await.body, "none");
}
