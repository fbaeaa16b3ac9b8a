use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum_bare_session::{SessionData, add_session_middleware};
use futures_util::FutureExt;
use tower_http::catch_panic::CatchPanicLayer;

use crate::support::{Browser, Setup, Spy};

fn write(session: &SessionData) {
    session.insert("y", 1).unwrap();
    session.log_in("user:42").unwrap();
}

async fn plain(session: SessionData) {
    write(&session);
    panic!("the test's handler panics");
}

async fn after_destroying(session: SessionData) {
    session.destroy();
    session.insert("flash", "bye").unwrap();
    panic!("the test's handler panics");
}

async fn inside_an_inner_future(session: SessionData) {
    async fn inner(session: SessionData) {
        write(&session);
        tokio::task::yield_now().await;
        panic!("the test's handler panics");
    }
    let boxed: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(inner(session));
    boxed.await;
}

async fn after_an_inner_future(session: SessionData) {
    async fn inner(session: SessionData) {
        write(&session);
    }
    inner(session).await;
    panic!("the test's handler panics");
}

async fn inside_a_task(session: SessionData) {
    let task = tokio::spawn(async move {
        write(&session);
        panic!("the test's handler panics");
    });
    task.await.unwrap();
}

async fn visit(session: SessionData) {
    session.insert("x", 1).unwrap();
}

async fn keys(session: SessionData) -> String {
    session.keys().join(" ")
}

fn routes() -> Router {
    Router::new()
        .route("/visit", get(visit))
        .route("/keys", get(keys))
        .route("/plain", get(plain))
        .route("/destroy", get(after_destroying))
        .route("/inside", get(inside_an_inner_future))
        .route("/task", get(inside_a_task))
        .route("/after", get(after_an_inner_future))
}

/// The response is made by a layer, as a 500 of its own.
fn caught(_: Box<dyn Any + Send>) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, "caught").into_response()
}

async fn assert_leaves_nothing(app: Router, storage: &Spy, path: &str) {
    let mut stranger = Browser::new(app);
    let mut known = stranger.clone();
    known.get("/visit").await;
    for browser in [&mut known, &mut stranger] {
        let before = browser.cookies.clone();
        storage.take_calls();
        let reply = browser.get(path).await;
        assert_eq!((reply.status.as_u16(), &*reply.body), (500, "caught"));
        assert_eq!(reply.set_cookies(), [""; 0], "{path}");
        assert_eq!(browser.cookies, before, "{path}");
        let calls = storage.take_calls();
        assert_eq!(calls.total(), calls.load, "{path}");
    }
    assert_eq!(known.get("/keys").await.body, "x", "{path}");
    assert_eq!(storage.inner.len(), 1, "{path}");
}

const PATHS: [&str; 4] = ["/plain", "/destroy", "/inside", "/task"];

#[tokio::test]
async fn a_handler_that_panics_leaves_nothing() {
    for path in PATHS {
        let setup = Setup::serving(routes());
        let browser = setup.visitor().await;
        let mut panicking = browser.clone();
        let request = tokio::spawn(async move { panicking.get(path).await });
        assert!(request.await.unwrap_err().is_panic());
        let calls = setup.storage.take_calls();
        assert_eq!(calls.total(), calls.load, "{path}");
        assert_eq!(browser.keys().await, ["x"], "{path}");
        assert_eq!(setup.storage.inner.len(), 1, "{path}");
    }
}

#[tokio::test]
async fn a_panic_that_is_caught_outside_the_session_middleware_leaves_nothing() {
    for path in PATHS.into_iter().chain(["/after"]) {
        let storage = Spy::new();
        let app = add_session_middleware(routes(), storage.clone());
        let app = app.layer(CatchPanicLayer::custom(caught));
        assert_leaves_nothing(app, &storage, path).await;
    }
}

#[tokio::test]
async fn a_panic_that_is_caught_inside_the_session_middleware_leaves_nothing() {
    // A task of its own is not the handler, and what it wrote before it panicked stands.
    for path in PATHS.into_iter().filter(|path| *path != "/task") {
        let storage = Spy::new();
        let app = routes().layer(CatchPanicLayer::custom(caught));
        let app = add_session_middleware(app, storage.clone());
        assert_leaves_nothing(app, &storage, path).await;
    }
}

async fn beside_a_task_that_panics(session: SessionData) -> &'static str {
    let task = tokio::spawn({
        let session = session.clone();
        async move {
            write(&session);
            panic!("the test's task panics");
        }
    });
    assert!(task.await.is_err());
    let thread = std::thread::spawn({
        let session = session.clone();
        move || {
            session.insert("z", 1).unwrap();
            panic!("the test's thread panics");
        }
    });
    assert!(thread.join().is_err());
    "done"
}

#[tokio::test]
async fn a_task_or_a_thread_that_panics_with_a_clone_changes_nothing_for_the_request() {
    let routes = Router::new().route("/beside", get(beside_a_task_that_panics));
    let setup = Setup::serving(routes);
    let mut browser = setup.visitor().await;
    let reply = browser.get("/beside").await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (200, "done"));
    assert_eq!(browser.keys().await, ["x", "y", "z"]);
    let visit = browser.begin().await;
    assert_eq!(visit.session.owner().as_deref(), Some("user:42"));
    visit.finish().await;
}

#[tokio::test]
async fn a_panic_of_an_update_closure_in_the_replay_leaves_the_others_changes_alone() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let (other, visit) = (browser.begin().await, browser.begin().await);
    other.session.insert("x", 10).unwrap();
    other.finish().await;
    let fragile = |x: Option<u64>| {
        assert_eq!(x, Some(1), "the test's closure panics");
        2
    };
    visit.session.update("x", fragile).unwrap();
    let reply = visit.begin_commit("done");
    assert!(reply.await.unwrap_err().is_panic());
    assert_eq!(browser.read("x").await, Some(10));
}

#[tokio::test]
async fn a_panic_of_an_update_closure_in_the_save_of_a_task_loses_no_change() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let (other, visit) = (browser.begin().await, browser.begin().await);
    other.session.insert("x", 10).unwrap();
    other.finish().await;
    visit.session.insert("y", 1).unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let fragile = move |x: Option<u64>| {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        assert_ne!(call, 1, "the test's closure panics");
        x.unwrap_or(0) + 1
    };
    visit.session.update("x", fragile).unwrap();
    let clone = visit.session.clone();
    let save = tokio::spawn(async move { clone.save().await });
    assert!(save.await.unwrap_err().is_panic());
    assert_eq!(visit.session.keys(), ["x", "y"]);
    assert_eq!(visit.finish().await.status, 200);
    assert_eq!(browser.keys().await, ["x", "y"]);
    assert_eq!(browser.read("x").await, Some(11));
}

#[tokio::test]
async fn after_a_panic_in_the_commit_nothing_is_saved() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let (other, visit) = (browser.begin().await, browser.begin().await);
    other.session.insert("x", 10).unwrap();
    other.finish().await;
    let fragile = |x: Option<u64>| {
        assert_eq!(x, Some(1), "the test's closure panics");
        2
    };
    visit.session.update("x", fragile).unwrap();
    let survivor = visit.session.clone();
    assert!(visit.begin_commit("done").await.unwrap_err().is_panic());
    survivor.insert("late", 1).unwrap_err();
    survivor.save().await.unwrap_err();
    assert_eq!(browser.keys().await, ["x"]);
}

/// A handler that catches its own panic, and says that all is well.
async fn catching(session: SessionData, work: fn(&SessionData)) -> &'static str {
    let inner = session.clone();
    let caught = AssertUnwindSafe(async move {
        work(&inner);
        panic!("the test's handler panics");
    });
    assert!(caught.catch_unwind().await.is_err());
    "fine"
}

#[tokio::test]
async fn what_a_panic_has_taken_is_no_success_also_where_the_handler_catches_it() {
    let then_destroying = get(async |session: SessionData| {
        let body = catching(session.clone(), write).await;
        session.destroy();
        body
    });
    let routes = Router::new()
        .route(
            "/catching",
            get(async |s: SessionData| catching(s, write).await),
        )
        .route("/destroying", then_destroying)
        .route(
            "/labelling",
            get(async |s: SessionData| catching(s, |s| s.set_label("phone").unwrap()).await),
        )
        .route(
            "/reading",
            get(async |s: SessionData| catching(s, |_| {}).await),
        );
    let setup = Setup::serving(routes);
    let mut browser = setup.visitor().await;
    for path in ["/catching", "/destroying", "/labelling"] {
        let reply = browser.get(path).await;
        assert_eq!((reply.status.as_u16(), &*reply.body), (409, ""), "{path}");
        assert_eq!(browser.keys().await, ["x"], "{path}");
    }
    let reply = browser.get("/reading").await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (200, "fine"));
}

#[tokio::test]
async fn the_session_works_in_the_request_after_a_panic() {
    let setup = Setup::serving(routes());
    let browser = setup.visitor().await;
    let mut panicking = browser.clone();
    let request = tokio::spawn(async move { panicking.get("/plain").await });
    assert!(request.await.is_err());
    let mut browser = browser;
    browser.visit(|session| session.insert("z", 1)).await;
    assert_eq!(browser.keys().await, ["x", "z"]);
}
