use axum::Router;
use axum::routing::get;
use axum_bare_session::{SessionData, add_session_middleware};

use crate::support::{Browser, Calls, Spy};

#[tokio::test]
async fn a_route_that_ignores_the_session_sends_no_header_and_calls_no_storage() {
    let storage = Spy::new();
    let app = Router::new().route("/", get(async || "hello"));
    let mut browser = Browser::new(add_session_middleware(app, storage.clone()));
    let reply = browser.get("/").await;
    assert_eq!(reply.body, "hello");
    assert!(!reply.headers.contains_key("set-cookie"));
    assert!(!reply.headers.contains_key("vary"));
    assert_eq!(storage.take_calls(), Calls::default());
}

#[tokio::test]
async fn a_visitor_whose_handler_only_reads_gets_no_record_and_no_cookie() {
    async fn read(session: SessionData) -> &'static str {
        assert!(session.is_new());
        "hello"
    }
    let storage = Spy::new();
    let app = Router::new().route("/", get(read));
    let mut browser = Browser::new(add_session_middleware(app, storage.clone()));
    let reply = browser.get("/").await;
    assert!(!reply.headers.contains_key("set-cookie"));
    assert_eq!(storage.take_calls(), Calls::default());
    assert!(storage.inner.is_empty());
}
