use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse};
use axum::routing::get;
use axum_bare_session::{
    DefaultScope, Duration, MemorySessionStorage, SameSite, SessionData, SessionError, Sessions,
    SessionsBuilder, add_session_middleware,
};

use super::{NAME, house};
use crate::support::{Browser, Log, SetCookie, attributes, token_bytes, visitor_routes};

type Configure = fn(SessionsBuilder) -> SessionsBuilder;

fn configured(configure: Configure) -> Browser {
    let builder = Sessions::builder(MemorySessionStorage::new());
    let routes = visitor_routes::<DefaultScope>();
    let sessions = configure(builder).build().unwrap();
    Browser::new(add_session_middleware(routes, sessions))
}

#[tokio::test]
async fn the_default_cookie_has_exactly_the_safe_attributes() {
    let (mut browser, _) = house();
    let cookie = browser.get("/count").await.set_cookie().unwrap();
    assert_eq!(cookie.name, "__Host-Http-id");
    let safe = ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"];
    assert_eq!(cookie.attributes, attributes(&safe));
}

#[tokio::test]
async fn a_value_is_64_characters_of_base64url() {
    let (mut browser, _) = house();
    let value = browser.get("/count").await.set_cookie().unwrap().value;
    assert_eq!(value.len(), 64);
    let is_ours = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    assert!(value.bytes().all(is_ours), "{value}");
    assert_eq!(token_bytes(&value).len(), 48);
}

#[tokio::test]
async fn a_renewal_keeps_the_id_and_changes_the_secret_and_two_sessions_share_neither() {
    let (mut browser, _) = house();
    let first = browser.get("/count").await.set_cookie().unwrap();
    let renewed = browser.get("/renew").await.set_cookie().unwrap();
    let logged_in = browser.get("/log_in/ada").await.set_cookie().unwrap();
    browser.cookies.clear();
    let other = browser.get("/count").await.set_cookie().unwrap();
    let [first, renewed, logged_in, other] =
        [first, renewed, logged_in, other].map(|cookie| token_bytes(&cookie.value));
    assert_eq!(first[..16], renewed[..16]);
    assert_eq!(first[..16], logged_in[..16]);
    assert_ne!(first[..16], other[..16]);
    let secrets = [&first[16..], &renewed[16..], &logged_in[16..], &other[16..]];
    for (at, one) in secrets.iter().enumerate() {
        assert!(secrets[at + 1..].iter().all(|two| one != two));
    }
}

/// Each option, with the name and the attributes that it makes.
const OPTIONS: &[(Configure, &str, &[&str])] = &[
    (
        |b| b.cookie_name("sid"),
        "sid",
        &["Path=/", "Secure", "HttpOnly", "SameSite=Lax"],
    ),
    (
        |b| b.path("/app"),
        "__Secure-id",
        &["Path=/app", "Secure", "HttpOnly", "SameSite=Lax"],
    ),
    (
        |b| b.domain("example.com"),
        "__Secure-id",
        &[
            "Domain=example.com",
            "Path=/",
            "Secure",
            "HttpOnly",
            "SameSite=Lax",
        ],
    ),
    (
        |b| b.secure(false),
        "sid",
        &["Path=/", "HttpOnly", "SameSite=Lax"],
    ),
    (
        |b| b.http_only(false),
        "__Host-id",
        &["Path=/", "Secure", "SameSite=Lax"],
    ),
    (
        |b| b.same_site(SameSite::Strict),
        "__Host-Http-id",
        &["Path=/", "Secure", "HttpOnly", "SameSite=Strict"],
    ),
    (
        |b| b.same_site(SameSite::None),
        "__Host-Http-id",
        &["Path=/", "Secure", "HttpOnly", "SameSite=None"],
    ),
    (
        |b| b.same_site(SameSite::None).partitioned(true),
        "__Host-Http-id",
        &[
            "Path=/",
            "Secure",
            "HttpOnly",
            "SameSite=None",
            "Partitioned",
        ],
    ),
    (
        |b| b.max_age(Duration::hours(1)),
        "__Host-Http-id",
        &[
            "Path=/",
            "Secure",
            "HttpOnly",
            "SameSite=Lax",
            "Max-Age=3600",
        ],
    ),
    (
        |b| {
            b.domain("example.com")
                .path("/app")
                .same_site(SameSite::None)
                .partitioned(true)
                .http_only(false)
        },
        "__Secure-id",
        &[
            "Domain=example.com",
            "Path=/app",
            "Secure",
            "SameSite=None",
            "Partitioned",
        ],
    ),
];

#[tokio::test]
async fn each_option_changes_its_own_attribute_and_no_other() {
    for (configure, name, expected) in OPTIONS {
        let mut browser = configured(*configure);
        let cookie = browser.get("/count").await.set_cookie().unwrap();
        assert_eq!(cookie.name, *name);
        assert_eq!(cookie.attributes, attributes(expected), "{name}");
    }
}

#[tokio::test]
async fn a_removal_repeats_all_attributes_and_empties_the_value() {
    for (configure, name, expected) in OPTIONS {
        let mut browser = configured(*configure);
        browser.get("/count").await;
        let removal = browser.get("/log_out").await.set_cookie().unwrap();
        assert_eq!((&*removal.name, &*removal.value), (*name, ""));
        let mut expected = attributes(expected);
        expected.remove("Max-Age=3600");
        expected.insert("Max-Age=0".to_owned());
        expected.insert("Expires=Thu, 01 Jan 1970 00:00:00 GMT".to_owned());
        assert_eq!(removal.attributes, expected, "{name}");
    }
}

#[tokio::test]
async fn the_host_header_gives_the_cookie_no_domain() {
    use axum::http::{Method, header::HOST};
    let (mut browser, _) = house();
    let host: (_, &[u8]) = (HOST, b"shop.example.com");
    let reply = browser.send(Method::GET, "/count", &[host]).await;
    assert_eq!(reply.set_cookie().unwrap().attribute("Domain"), None);
}

#[tokio::test]
async fn the_session_cookie_is_marked_sensitive_so_that_no_debug_output_shows_it() {
    let (mut browser, _) = house();
    for path in ["/count", "/renew", "/log_out"] {
        let reply = browser.get(path).await;
        assert!(reply.headers[SET_COOKIE].is_sensitive(), "{path}");
    }
}

#[tokio::test]
async fn a_handlers_own_cookie_of_our_name_is_replaced_and_all_others_keep_their_order() {
    async fn cookies(session: SessionData) -> Result<impl IntoResponse, SessionError> {
        session.insert("n", 1)?;
        let lines: [&[u8]; 9] = [
            b"a=1; Path=/",
            b"__Host-Http-id=planted; Path=/; Secure",
            b"b=\xe9; Path=/",
            b" __Host-Http-id =again",
            b"__host-id=kept",
            b"__Host-Http-id2=kept",
            b"a=1; Path=/",
            b"=__Host-Http-id=kept",
            b"__Host-Http-id; kept=as a value without a name",
        ];
        let lines = lines.map(|line| (SET_COOKIE, HeaderValue::from_bytes(line).unwrap()));
        Ok(AppendHeaders(lines))
    }
    let app = Router::new().route("/", get(cookies));
    let app = add_session_middleware(app, MemorySessionStorage::new());
    let reply = Browser::new(app).get_with_cookies("/", &[]).await;
    let lines: Vec<_> = reply.headers.get_all(SET_COOKIE).into_iter().collect();
    let (ours, others) = lines.split_last().unwrap();
    assert_eq!(
        others.iter().map(|v| v.as_bytes()).collect::<Vec<_>>(),
        [
            &b"a=1; Path=/"[..],
            b"b=\xe9; Path=/",
            b"__host-id=kept",
            b"__Host-Http-id2=kept",
            b"a=1; Path=/",
            b"=__Host-Http-id=kept",
            b"__Host-Http-id; kept=as a value without a name",
        ]
    );
    let ours = SetCookie::parse(ours.to_str().unwrap());
    assert_eq!((&*ours.name, ours.value.len()), (NAME, 64));
}

#[tokio::test]
async fn a_handlers_own_cookie_of_our_name_is_not_sent_either_where_the_session_sends_none() {
    const LINES: [&str; 3] = ["__Host-Http-id=own", "b=2", "__Host-Http-id=; Max-Age=0"];
    async fn cookies(_: SessionData) -> impl IntoResponse {
        AppendHeaders(LINES.map(|line| (SET_COOKIE, line)))
    }
    let without = get(async || AppendHeaders(LINES.map(|line| (SET_COOKIE, line))));
    let app = Router::new()
        .route("/", get(cookies))
        .route("/without", without);
    let mut browser = Browser::new(add_session_middleware(app, MemorySessionStorage::new()));
    for path in ["/", "/without"] {
        let log = Log::new();
        assert_eq!(browser.get(path).await.set_cookies(), ["b=2"], "{path}");
        let told = log.text();
        assert!(told.contains("WARN") && told.contains(NAME), "{told}");
    }
}

#[tokio::test]
async fn a_response_sends_one_cookie_of_our_name_whatever_the_handler_did() {
    async fn everything(session: SessionData) -> Result<(), SessionError> {
        session.insert("n", 1)?;
        session.save().await?;
        session.renew()?;
        session.save().await?;
        session.destroy();
        session.save().await?;
        session.insert("n", 2)?;
        session.log_in("ada")?;
        session.remember(Duration::days(1))
    }
    let app = Router::new().route("/all", get(everything));
    let app = app.merge(visitor_routes::<DefaultScope>());
    let mut browser = Browser::new(add_session_middleware(app, MemorySessionStorage::new()));
    for _ in 0..2 {
        let cookie = browser.get("/all").await.set_cookie().unwrap();
        assert_eq!((&*cookie.name, cookie.value.len()), (NAME, 64));
        assert_eq!(browser.get("/read").await.body, "0");
    }
}

#[tokio::test]
async fn a_read_under_an_unknown_cookie_neither_sets_nor_removes_one() {
    let (browser, _) = house();
    let unknown = format!("{NAME}={}", "A".repeat(64));
    for path in ["/read", "/log_out", "/expires", "/renew"] {
        let reply = browser.get_with_cookies(path, &[unknown.as_bytes()]).await;
        assert_eq!(reply.set_cookie(), None, "{path}");
    }
}
