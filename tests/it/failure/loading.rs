use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::FromRequestParts;
use axum::http::header::VARY;
use axum::http::request::Parts;
use axum::routing::get;
use axum::{Extension, Router};
use axum_bare_session::{SessionData, SessionRejection};

use crate::support::{Browser, Call, Clock, Fault, Log, Setup, Spy};

type Runs = Arc<AtomicUsize>;

async fn plain(Extension(runs): Extension<Runs>, session: SessionData) -> String {
    runs.fetch_add(1, Ordering::Relaxed);
    session.insert("visited", true).unwrap();
    format!("new: {}", session.is_new())
}

async fn optional(Extension(runs): Extension<Runs>, session: Option<SessionData>) -> String {
    runs.fetch_add(1, Ordering::Relaxed);
    format!("new: {}", session.is_none())
}

async fn fallible(session: Result<SessionData, SessionRejection>) -> &'static str {
    match session {
        Ok(_) => "session",
        Err(_) => "without a session",
    }
}

fn setup() -> (Setup, Runs) {
    let runs = Runs::default();
    let routes = Router::new()
        .route("/plain", get(plain))
        .route("/optional", get(optional))
        .route("/fallible", get(fallible))
        .layer(Extension(Arc::clone(&runs)));
    (Setup::serving(routes), runs)
}

async fn assert_unavailable(browser: &mut Browser, path: &str) {
    let cookies = browser.cookies.clone();
    let reply = browser.get(path).await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (503, ""));
    assert_eq!(reply.headers["retry-after"], "1");
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert_eq!(browser.cookies, cookies);
}

#[tokio::test]
async fn a_storage_that_is_down_at_the_load_is_a_503_and_no_handler_runs() {
    let (setup, runs) = setup();
    let mut browser = setup.visitor().await;
    setup.storage.fault(Call::Load, Fault::Fail);
    for path in ["/plain", "/optional"] {
        assert_unavailable(&mut browser, path).await;
    }
    assert_eq!(runs.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn nobody_is_made_anonymous_by_a_storage_that_was_down() {
    let (setup, _) = setup();
    let mut browser = setup.user("user:42").await;
    setup.storage.fault(Call::Load, Fault::Fail);
    assert_unavailable(&mut browser, "/plain").await;
    setup.storage.heal();
    assert_eq!(browser.get("/plain").await.body, "new: false");
    let owner = browser.begin().await.session.owner();
    assert_eq!(owner.as_deref(), Some("user:42"));
}

#[tokio::test]
async fn a_storage_that_is_down_harms_no_request_that_does_not_need_it() {
    let (setup, runs) = setup();
    for call in [Call::Load, Call::Touch, Call::Delete] {
        setup.storage.fault(call, Fault::Fail);
    }
    let mut stranger = setup.browser();
    assert_eq!(stranger.get("/optional").await.body, "new: true");
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_handler_that_copes_with_the_rejection_answers_and_leaves_the_cookie() {
    let (setup, _) = setup();
    let mut browser = setup.visitor().await;
    setup.storage.fault(Call::Load, Fault::Fail);
    let reply = browser.get("/fallible").await;
    assert_eq!(reply.body, "without a session");
    assert_eq!(reply.set_cookies(), [""; 0]);
    // No cache hands what was said to one visitor to others.
    assert_eq!(reply.headers[VARY], "Cookie");
    setup.storage.heal();
    assert!(browser.is_known().await);
}

#[tokio::test]
async fn what_could_not_be_loaded_for_one_extractor_is_loaded_for_the_next() {
    struct Healed;
    impl<S: Send + Sync> FromRequestParts<S> for Healed {
        type Rejection = ();
        async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ()> {
            parts.extensions.get::<Spy>().unwrap().heal();
            Ok(Self)
        }
    }
    type Loaded = Result<SessionData, SessionRejection>;
    let again = async |first: Loaded, _: Healed, next: SessionData| {
        assert!(first.is_err());
        next.keys().join(" ")
    };
    let spy = Spy::new();
    let routes = Router::new().route("/again", get(again));
    let routes = routes.layer(Extension(spy.clone()));
    let setup = Setup::over(spy, Clock::new(), routes, |builder| builder);
    let mut browser = setup.visitor().await;
    setup.storage.fault(Call::Load, Fault::Fail);
    assert_eq!(browser.get("/again").await.body, "x");
}

#[tokio::test]
async fn the_log_names_the_cause_of_a_failed_load_and_the_client_is_not_told() {
    let log = Log::new();
    let (setup, _) = setup();
    let mut browser = setup.visitor().await;
    setup.storage.fault(Call::Load, Fault::Fail);
    let reply = browser.get("/plain").await;
    assert!(log.text().contains("the test's storage is down"));
    assert!(!format!("{reply:?}").contains("storage"));
}
