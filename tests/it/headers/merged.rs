use axum::Router;
use axum::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, SET_COOKIE, VARY};
use axum::response::AppendHeaders;
use axum::routing::get;
use axum_bare_session::{
    DefaultScope, Duration, MemorySessionStorage, SessionData, SessionError, Sessions,
    add_session_middleware,
};

use crate::support::{Browser, Reply, visitor_routes};

type Lines = AppendHeaders<Vec<(HeaderName, HeaderValue)>>;

fn lines(name: &HeaderName, lines: &'static [&'static [u8]]) -> Lines {
    let line = |line: &&'static [u8]| (name.clone(), HeaderValue::from_bytes(line).unwrap());
    AppendHeaders(lines.iter().map(line).collect())
}

/// What becomes of a handler's own lines of `name`, in a response that sends the session cookie.
async fn merged(name: HeaderName, own: &'static [&'static [u8]]) -> Vec<Vec<u8>> {
    let header = name.clone();
    let handler = async move |session: SessionData| {
        session.insert("n", 1)?;
        Ok::<_, SessionError>(lines(&header, own))
    };
    let app = Router::new().route("/", get(handler));
    let mut browser = Browser::new(add_session_middleware(app, MemorySessionStorage::new()));
    values(&browser.get("/").await, &name)
}

fn values(reply: &Reply, name: &HeaderName) -> Vec<Vec<u8>> {
    let lines = reply.headers.get_all(name).into_iter();
    lines.map(|line| line.as_bytes().to_vec()).collect()
}

fn text(reply: &Reply, name: &HeaderName) -> Vec<String> {
    let text = |line| String::from_utf8(line).unwrap();
    values(reply, name).into_iter().map(text).collect()
}

#[tokio::test]
async fn a_response_that_consulted_the_session_varies_by_cookie() {
    let routes = visitor_routes::<DefaultScope>();
    let mut browser = Browser::new(add_session_middleware(routes, MemorySessionStorage::new()));
    for path in ["/read", "/expires", "/log_out", "/count", "/read", "/renew"] {
        let reply = browser.get(path).await;
        assert_eq!(text(&reply, &VARY), ["Cookie"], "{path}");
    }
    let reply = browser.get("/ignore").await;
    assert_eq!(text(&reply, &VARY), [""; 0]);
}

#[tokio::test]
async fn a_response_that_sends_a_cookie_forbids_caching_and_one_to_a_session_forbids_sharing() {
    let routes = visitor_routes::<DefaultScope>();
    let mut browser = Browser::new(add_session_middleware(routes, MemorySessionStorage::new()));
    let steps = [
        ("/read", false),
        ("/ignore", false),
        ("/count", true),
        ("/count", false),
        ("/read", false),
        ("/renew", true),
        ("/log_in/ada", true),
        ("/log_out", true),
        ("/log_out", false),
    ];
    let mut has_session = false;
    for (path, sends) in steps {
        let reply = browser.get(path).await;
        assert_eq!(reply.headers.contains_key(SET_COOKIE), sends, "{path}");
        let expected: &[&str] = match path {
            _ if sends => &["no-store"],
            // Made for one visitor.
            "/count" | "/read" if has_session => &["private"],
            _ => &[],
        };
        has_session |= path == "/count";
        assert_eq!(text(&reply, &CACHE_CONTROL), expected, "{path}");
    }
}

#[tokio::test]
async fn a_touch_that_sends_the_cookie_again_forbids_caching() {
    let clock = crate::support::Clock::new();
    let sessions = Sessions::builder(MemorySessionStorage::new())
        .clock(clock.reader())
        .max_age(Duration::HOUR)
        .build()
        .unwrap();
    let app = add_session_middleware(visitor_routes::<DefaultScope>(), sessions);
    let mut browser = Browser::new(app);
    browser.get("/count").await;
    clock.advance(Duration::hours(2));
    let reply = browser.get("/read").await;
    assert!(reply.set_cookie().is_some());
    assert_eq!(text(&reply, &CACHE_CONTROL), ["no-store"]);
}

#[tokio::test]
async fn vary_is_merged_into_what_the_handler_set() {
    assert_eq!(merged(VARY, &[]).await, [b"Cookie"]);
    assert_eq!(merged(VARY, &[b"Accept"]).await, [b"Accept, Cookie"]);
    assert_eq!(
        merged(VARY, &[b"Accept", b"Accept-Encoding, Origin"]).await,
        [b"Accept, Accept-Encoding, Origin, Cookie"]
    );
    assert_eq!(merged(VARY, &[b"X-\xe9"]).await, [b"X-\xe9, Cookie"]);
    assert_eq!(merged(VARY, &[b"Cookie2"]).await, [b"Cookie2, Cookie"]);
}

#[tokio::test]
async fn a_vary_that_names_cookie_or_everything_stays_as_it_is() {
    let own: [&'static [&'static [u8]]; 7] = [
        &[b"*"],
        &[b"Cookie"],
        &[b"cookie"],
        &[b"COOKIE, Accept"],
        &[b"Accept,cookie"],
        &[b"Accept", b"Cookie"],
        &[b"Accept", b" * "],
    ];
    for own in own {
        let kept: Vec<_> = own.iter().map(|line| line.trim_ascii()).collect();
        let merged = merged(VARY, own).await;
        let merged: Vec<_> = merged.iter().map(|line| line.trim_ascii()).collect();
        assert_eq!(merged, kept);
    }
}

#[tokio::test]
async fn no_store_is_merged_into_what_the_handler_set() {
    assert_eq!(merged(CACHE_CONTROL, &[]).await, [b"no-store"]);
    assert_eq!(
        merged(CACHE_CONTROL, &[b"private, max-age=60"]).await,
        [b"private, max-age=60, no-store"]
    );
    assert_eq!(
        merged(CACHE_CONTROL, &[b"private", b"must-revalidate"]).await,
        [b"private, must-revalidate, no-store"]
    );
    let own: [&'static [&'static [u8]]; 3] =
        [&[b"no-store"], &[b"No-Store"], &[b"private,no-store"]];
    for own in own {
        assert_eq!(merged(CACHE_CONTROL, own).await, own);
    }
    assert_eq!(
        merged(CACHE_CONTROL, &[b"no-storey"]).await,
        [b"no-storey, no-store"]
    );
}

/// What caches are told of a session's page by a handler that says this by itself.
async fn caching(own: &'static [(&'static str, &'static str)], path: &str) -> [Vec<String>; 4] {
    let own = move || AppendHeaders(own.iter().copied());
    let page = get(async move |_: SessionData| own());
    let app = visitor_routes::<DefaultScope>().route("/page", page);
    let renews = async move |session: SessionData| session.renew().map(|()| own());
    let app = app.route("/renews", get(renews));
    let mut browser = Browser::new(add_session_middleware(app, MemorySessionStorage::new()));
    browser.get("/count").await;
    let reply = browser.get(path).await;
    [
        "cache-control",
        "cdn-cache-control",
        "surrogate-control",
        "x-cdn-cache-control",
    ]
    .map(|name| text(&reply, &HeaderName::from_static(name)))
}

#[tokio::test]
async fn what_a_handler_tells_some_caches_alone_forbids_them_to_keep_a_cookie() {
    let own = &[
        ("cdn-cache-control", "public"),
        ("surrogate-control", "max-age=60"),
        ("x-cdn-cache-control", "no-store"),
    ];
    let told = [
        "no-store",
        "public, no-store",
        "max-age=60, no-store",
        "no-store",
    ];
    assert_eq!(
        caching(own, "/renews").await,
        told.map(|told| [told.to_owned()])
    );
    // No cookie: a page of one visitor's, which the handler has allowed those caches to keep.
    let told = ["private", "public", "max-age=60", "no-store"];
    assert_eq!(
        caching(own, "/page").await,
        told.map(|told| [told.to_owned()])
    );
}

#[tokio::test]
async fn what_a_handler_says_about_caching_a_visitors_page_stands() {
    for own in ["public, max-age=60", "no-cache", ""] {
        let own: &'static [(&str, &str)] = Box::leak(Box::new([("cache-control", own)]));
        assert_eq!(caching(own, "/page").await[0], [own[0].1]);
    }
}

#[tokio::test]
async fn a_quoted_list_that_mentions_no_store_forbids_nothing() {
    let own: &[&[u8]] = &[b"private=\"x-a, no-store, x-b\""];
    let expected: &[&[u8]] = &[b"private=\"x-a, no-store, x-b\", no-store"];
    assert_eq!(merged(CACHE_CONTROL, own).await, expected);
    // RFC 9110, section 5.6.4: a backslash stands before a quote that ends nothing.
    let own: &[&[u8]] = &[br#"ext="\", no-store, \"""#];
    let expected: &[&[u8]] = &[br#"ext="\", no-store, \"", no-store"#];
    assert_eq!(merged(CACHE_CONTROL, own).await, expected);
    let own: &[&[u8]] = &[br#"ext="\\", no-store"#];
    assert_eq!(merged(CACHE_CONTROL, own).await, own);
}

#[tokio::test]
async fn the_handlers_other_headers_and_status_stay_as_they_are() {
    use axum::http::StatusCode;
    async fn teapot(session: SessionData) -> Result<(StatusCode, Lines), SessionError> {
        session.insert("n", 1)?;
        const OWN: HeaderName = HeaderName::from_static("x-own");
        Ok((StatusCode::IM_A_TEAPOT, lines(&OWN, &[b"\xe9", b"b"])))
    }
    let app = Router::new().route("/", get(teapot));
    let mut browser = Browser::new(add_session_middleware(app, MemorySessionStorage::new()));
    let reply = browser.get("/").await;
    assert_eq!(reply.status, StatusCode::IM_A_TEAPOT);
    let own = HeaderName::from_static("x-own");
    assert_eq!(values(&reply, &own), [&b"\xe9"[..], b"b"]);
}
