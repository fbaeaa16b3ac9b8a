//! The session does not stick: the log says why, once.

use axum::Router;
use axum::http::Method;
use axum::http::header::{HOST, ORIGIN, REFERER};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use axum_bare_session::{
    DefaultScope, MemorySessionStorage, SessionData, Sessions, SessionsBuilder,
    add_session_middleware, session_middleware,
};

use crate::support::{Browser, Log, visitor_routes};

fn browser(configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder) -> Browser {
    let sessions = configure(Sessions::builder(MemorySessionStorage::new())).build();
    let routes = visitor_routes::<DefaultScope>();
    Browser::new(add_session_middleware(routes, sessions.unwrap()))
}

/// How often the log tells that the session does not stick, after two requests of a browser without cookies.
async fn told(
    configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder,
    headers: [&str; 2],
) -> usize {
    let browser = browser(configure);
    let log = Log::new();
    for path in ["/count", "/read"] {
        let headers = [
            (HOST, headers[0].as_bytes()),
            (ORIGIN, headers[1].as_bytes()),
        ];
        browser.clone().send(Method::GET, path, &headers).await;
    }
    log.text().matches("the session does not stick").count()
}

#[tokio::test]
async fn a_secure_cookie_over_plain_http_from_another_machine_is_told_once() {
    let phone = ["192.168.1.5:3000", "http://192.168.1.5:3000"];
    assert_eq!(told(|b| b, phone).await, 1);
    assert_eq!(told(|b| b.secure(false), phone).await, 0);
    assert_eq!(
        told(|b| b, ["localhost:3000", "http://localhost:3000"]).await,
        0
    );
    assert_eq!(told(|b| b, ["example.com", "https://example.com"]).await, 0);
}

#[tokio::test]
async fn the_message_says_what_to_do() {
    let mut browser = browser(|b| b);
    let log = Log::new();
    let headers: [(_, &[u8]); 2] = [
        (HOST, b"shop.example:3000"),
        (REFERER, b"http://shop.example:3000/cart?secret=1"),
    ];
    browser.send(Method::GET, "/read", &headers).await;
    let text = log.text();
    assert!(text.contains("WARN"), "{text}");
    assert!(text.contains("http://shop.example:3000"), "{text}");
    assert!(text.contains("secure(false)"), "{text}");
    assert!(!text.contains("secret=1"), "{text}");
}

#[tokio::test]
async fn a_domain_that_does_not_fit_the_host_is_told_once() {
    let domain = |b: SessionsBuilder| b.domain("example.com");
    assert_eq!(told(domain, ["localhost:3000", "null"]).await, 1);
    assert_eq!(told(domain, ["shop.example.com", "null"]).await, 0);
}

#[tokio::test]
async fn who_has_a_cookie_has_kept_it() {
    let mut browser = browser(|b| b);
    browser.get("/count").await;
    let log = Log::new();
    let headers: [(_, &[u8]); 2] = [(HOST, b"a.example"), (ORIGIN, b"http://a.example")];
    browser.send(Method::GET, "/read", &headers).await;
    assert!(!log.text().contains("does not stick"));
}

#[tokio::test]
async fn a_middleware_within_another_one_of_its_scope_is_told_once() {
    let nested = |inner: Sessions, outer: Sessions| {
        let page = get(async |session: SessionData| session.insert("n", 1));
        let layer = from_fn_with_state(inner, session_middleware::<DefaultScope>);
        let app = Router::new().route("/", page).route_layer(layer);
        Browser::new(add_session_middleware(app, outer))
    };
    let count = async |mut browser: Browser| {
        let log = Log::new();
        for _ in 0..3 {
            assert_eq!(browser.get("/").await.status, 200);
        }
        log.text().matches("session middleware ignored").count()
    };
    let sessions = || Sessions::from(MemorySessionStorage::new());
    assert_eq!(count(nested(sessions(), sessions())).await, 1);
    // The same one twice does no harm.
    let same = sessions();
    assert_eq!(count(nested(same.clone(), same)).await, 0);
}
