use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{Method, StatusCode};
use axum::routing::{any, get};
use axum::{Form, Router, extract::Query};
use axum_bare_session::{
    LoggedIn, LoggedInRejection, MemorySessionStorage, NextPath, SessionData, SessionError,
    Sessions, add_session_middleware, require_log_in, require_log_in_to,
};

use crate::support::{Browser, Log, Reply, Setup, visitor_routes};

#[derive(serde::Deserialize)]
struct Asked {
    #[serde(default)]
    next: NextPath,
}

fn routes() -> Router {
    let inside = Router::new().route("/", get("home")).route(
        "/{*path}",
        any(async |session: LoggedIn| session.owner().to_owned()),
    );
    let stale = async |_: LoggedIn| Err::<(), _>(LoggedInRejection::NotLoggedIn);
    let forbidden = async |session: LoggedIn| {
        session.insert("seen", true)?;
        Ok::<_, SessionError>(StatusCode::FORBIDDEN)
    };
    Router::new()
        .route("/home", any("home"))
        .route("/stale", any(stale))
        .route("/forbidden", get(forbidden))
        .nest("/in", inside)
        .route_layer(require_log_in("/login"))
        .route(
            "/login",
            get(async |Query(Asked { next })| next.or("none").to_owned())
                .post(async |Form(Asked { next })| next.or("none").to_owned()),
        )
}

fn location(reply: &Reply) -> &str {
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    reply.headers[LOCATION].to_str().unwrap()
}

#[tokio::test]
async fn who_is_not_logged_in_is_sent_to_the_log_in_page_which_reads_what_they_asked_for() {
    let setup = Setup::serving(routes());
    let mut visitor = setup.browser();
    for (asked, encoded) in [
        ("/home", "/home"),
        ("/home?a=1&b=%20c+d", "/home%3Fa%3D1%26b%3D%2520c%2Bd"),
        ("/home?", "/home%3F"),
        ("/home?f[]=1|2'", "/home%3Ff%5B%5D%3D1%7C2%27"),
        ("/in/a%2Fb/%2e%2e/c", "/in/a%252Fb/%252e%252e/c"),
    ] {
        let reply = visitor.get(asked).await;
        assert_eq!(location(&reply), format!("/login?next={encoded}"));
        assert_eq!(reply.body, "");
        assert!(reply.headers.get(SET_COOKIE).is_none());
        assert_eq!(visitor.get(location(&reply)).await.body, asked);
    }
    let reply = visitor.send(Method::HEAD, "/home", &[]).await;
    assert_eq!(location(&reply), "/login?next=/home");
    // No session, no owner.
    let mut visitor = setup.visitor().await;
    assert_eq!(location(&visitor.get("/home").await), "/login?next=/home");
}

#[tokio::test]
async fn what_cannot_be_asked_for_again_leaves_no_next() {
    let mut visitor = Setup::serving(routes()).browser();
    for method in [
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::OPTIONS,
    ] {
        let reply = visitor.send(method, "/home?a=1", &[]).await;
        assert_eq!(location(&reply), "/login");
    }
    let long = format!("/home?{}", "x".repeat(3_000));
    assert_eq!(location(&visitor.get(&long).await), "/login");
    assert_eq!(visitor.get("/login").await.body, "none");
}

#[tokio::test]
async fn a_path_that_a_browser_takes_for_another_host_is_not_handed_on() {
    let app = Router::new()
        .fallback("any")
        .layer(require_log_in("/login"));
    let app = add_session_middleware(app, MemorySessionStorage::new());
    let mut visitor = Browser::new(app);
    assert_eq!(location(&visitor.get("//evil.example/a").await), "/login");
    let mut visitor = Setup::serving(routes()).browser();
    for elsewhere in [
        "//evil.example",
        "%2F%2Fevil.example",
        "/%5Cevil.example",
        "/%09/evil.example",
        "https:%2F%2Fevil.example",
        "javascript:alert(1)",
        "%0A/home",
        "/home%00",
        "/h%C3%A9",
        "home",
        "",
    ] {
        let page = format!("/login?next={elsewhere}");
        assert_eq!(visitor.get(&page).await.body, "none", "{elsewhere}");
    }
    let page = visitor.get("/login?next=/%2509/evil.example").await;
    assert_eq!(page.body, "/%09/evil.example", "a path of this site");
}

#[tokio::test]
async fn who_is_logged_in_passes_and_the_session_is_loaded_once() {
    let setup = Setup::serving(routes());
    let mut browser = setup.user("user:1").await;
    assert_eq!(browser.get("/in/page").await.body, "user:1");
    assert_eq!(setup.storage.take_calls().total(), 1);
    assert_eq!(browser.get("/home").await.body, "home");
    browser.visit(|s| s.log_out_keeping(["x"])).await;
    assert_eq!(
        location(&browser.get("/in/page").await),
        "/login?next=/in/page"
    );
}

#[tokio::test]
async fn a_handler_that_fails_since_nobody_is_logged_in_is_answered_alike_and_no_other_is() {
    let setup = Setup::serving(routes());
    let mut browser = setup.user("user:1").await;
    assert_eq!(
        location(&browser.get("/stale?a").await),
        "/login?next=/stale%3Fa"
    );
    assert_eq!(location(&browser.post("/stale").await), "/login");
    assert_eq!(
        browser.get("/forbidden").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(browser.read::<bool>("seen").await, Some(true));
}

#[tokio::test]
async fn without_the_session_middleware_each_response_is_a_500_and_the_log_says_why() {
    let log = Log::new();
    let mut browser = Browser::new(routes());
    let reply = browser.get("/home").await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        log.text().contains("add_session_middleware"),
        "{}",
        log.text()
    );
}

#[tokio::test]
async fn a_scope_has_a_log_in_page_of_its_own() {
    struct Admin;
    let admins = Sessions::builder(MemorySessionStorage::new()).scope::<Admin>();
    let admins = admins.cookie_name("__Host-admin").build().unwrap();
    let routes = Router::new()
        .route(
            "/admin",
            get(async |session: LoggedIn<Admin>| session.owner().to_owned()),
        )
        .route_layer(require_log_in_to::<Admin>("/admin/login?lang=fr"))
        .route(
            "/admin/login",
            get(async |session: SessionData<Admin>| session.log_in("ada")),
        )
        .merge(visitor_routes::<axum_bare_session::DefaultScope>());
    let app = add_session_middleware(routes, MemorySessionStorage::new());
    let mut browser = Browser::new(add_session_middleware(app, admins));
    browser.get("/log_in/user").await;
    let reply = browser.get("/admin").await;
    assert_eq!(location(&reply), "/admin/login?lang=fr&next=/admin");
    browser.get(location(&reply)).await;
    assert_eq!(browser.get("/admin").await.body, "ada");
}

/// A page of the administrators' that shows what a customer sees.
#[tokio::test]
async fn who_is_missing_in_another_scope_is_not_sent_to_this_ones_page() {
    struct Admin;
    let admins = Sessions::builder(MemorySessionStorage::new()).scope::<Admin>();
    let admins = admins.cookie_name("__Host-admin").build().unwrap();
    let checked = async |_: LoggedIn<Admin>, customer: SessionData| {
        customer.check_stamp("two").await?;
        Ok::<_, SessionError>(())
    };
    let left = async |admin: SessionData<Admin>, _: LoggedIn| {
        admin.log_out();
        Err::<(), _>(LoggedInRejection::NotLoggedIn)
    };
    let routes = Router::new()
        .route(
            "/customer",
            get(async |_: LoggedIn<Admin>, _: LoggedIn| "shop"),
        )
        .route("/checked", get(checked))
        .route("/left", get(left))
        .route(
            "/stale",
            get(async || Err::<(), _>(LoggedInRejection::NotLoggedIn)),
        )
        .route_layer(require_log_in_to::<Admin>("/admin/login"))
        .route(
            "/log_in_stamped",
            get(async |session: SessionData| {
                session.log_in("user:1")?;
                session.set_stamp("one")
            }),
        )
        .nest("/admin", visitor_routes::<Admin>())
        .merge(visitor_routes::<axum_bare_session::DefaultScope>());
    let app = add_session_middleware(routes, MemorySessionStorage::new());
    let mut browser = Browser::new(add_session_middleware(app, admins));
    assert_eq!(
        location(&browser.get("/customer").await),
        "/admin/login?next=/customer"
    );
    browser.get("/admin/log_in/ada").await;
    assert_eq!(browser.get("/customer").await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get("/checked").await.status, StatusCode::FORBIDDEN);
    // Nobody is missing elsewhere.
    let stale = "/admin/login?next=/stale";
    assert_eq!(location(&browser.get("/stale").await), stale);
    browser.get("/log_in_stamped").await;
    assert_eq!(browser.get("/customer").await.body, "shop");
    assert_eq!(location(&browser.get("/stale").await), stale);
    assert_eq!(browser.get("/checked").await.status, StatusCode::FORBIDDEN);
    browser.get("/log_in/user:1").await;
    assert_eq!(
        location(&browser.get("/left").await),
        "/admin/login?next=/left"
    );
}

/// The middleware of one scope is within the log-in page's layer of another.
#[tokio::test]
async fn within_it_another_scope_keeps_its_cookie_and_is_not_answered_for() {
    struct Admin;
    let admins = Sessions::builder(MemorySessionStorage::new()).scope::<Admin>();
    let admins = admins.cookie_name("__Host-admin").build().unwrap();
    let left = async |admin: SessionData<Admin>, visitor: SessionData| {
        admin.log_out();
        visitor.insert("count", 7)?;
        Err::<(), _>(SessionError::NotLoggedIn)
    };
    let within = Router::new()
        .route("/left", get(left))
        .route("/customer", get(async |_: LoggedIn| "shop"))
        .merge(visitor_routes::<axum_bare_session::DefaultScope>());
    let within = add_session_middleware(within, MemorySessionStorage::new());
    let routes = within
        .route_layer(require_log_in_to::<Admin>("/admin/login"))
        .nest("/admin", visitor_routes::<Admin>());
    let mut browser = Browser::new(add_session_middleware(routes, admins));
    browser.get("/admin/log_in/ada").await;
    assert_eq!(browser.get("/customer").await.status, StatusCode::FORBIDDEN);
    let reply = browser.get("/left").await;
    assert_eq!(location(&reply), "/admin/login?next=/left");
    browser.get("/admin/log_in/ada").await;
    assert_eq!(browser.get("/read").await.body, "7");
}
