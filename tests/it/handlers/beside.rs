//! What a panic in a handler does to what it does not hold, and to what it has not changed.

use std::sync::{Arc, Mutex};

use axum::routing::get;
use axum::{Extension, Router};
use axum_bare_session::SessionData;

use crate::support::{Log, Setup};

type Others = Arc<Mutex<Option<SessionData>>>;

async fn holding_anothers(session: SessionData, Extension(others): Extension<Others>) {
    let _others = others.lock().unwrap().take();
    session.insert("y", 1).unwrap();
    panic!("the test's handler panics");
}

#[tokio::test]
async fn a_panic_with_a_clone_of_anothers_session_changes_nothing_for_its_request() {
    let others = Others::default();
    let routes = Router::new()
        .route("/panics", get(holding_anothers))
        .layer(Extension(Arc::clone(&others)));
    let setup = Setup::serving(routes);
    let (mut browser, mut panicking) = (setup.visitor().await, setup.visitor().await);
    let visit = browser.begin().await;
    visit.session.insert("z", 1).unwrap();
    *others.lock().unwrap() = Some(visit.session.clone());
    let request = tokio::spawn(async move { panicking.get("/panics").await });
    assert!(request.await.unwrap_err().is_panic());
    let reply = visit.finish().await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (200, "done"));
    browser.keep(&reply);
    assert_eq!(browser.keys().await, ["x", "z"]);
}

#[tokio::test]
async fn only_a_panic_that_takes_changes_is_said_to() {
    let reading = get(async |session: SessionData| {
        assert_eq!(session.keys(), [""; 0], "the test's handler panics");
    });
    let writing = get(async |session: SessionData| {
        session.insert("y", 1).unwrap();
        assert_eq!(session.keys(), [""; 0], "the test's handler panics");
    });
    let routes = Router::new()
        .route("/reading", reading)
        .route("/writing", writing);
    let setup = Setup::serving(routes);
    for (path, is_said) in [("/reading", false), ("/writing", true)] {
        let log = Log::new();
        let mut browser = setup.visitor().await;
        let request = tokio::spawn(async move { browser.get(path).await });
        assert!(request.await.unwrap_err().is_panic());
        let said = log.text().contains("changes dropped: the handler panicked");
        assert_eq!(said, is_said, "{path}");
    }
}
