use axum::Router;
use axum::extract::{FromRequestParts, Request};
use axum::http::header::{SET_COOKIE, VARY};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum_bare_session::{
    DefaultScope, MemorySessionStorage, SessionData, SessionError, Sessions,
    add_session_middleware, session_middleware,
};

use crate::support::{Browser, Spy, visitor_routes};

async fn visits(session: SessionData) -> Result<String, SessionError> {
    let visits = session.get::<u64>("visits")?.unwrap_or(0) + 1;
    session.insert("visits", visits)?;
    Ok(visits.to_string())
}

fn browser(routes: Router) -> Browser {
    Browser::new(add_session_middleware(routes, MemorySessionStorage::new()))
}

#[tokio::test]
async fn a_head_request_gets_the_session_and_its_cookie() {
    let mut browser = browser(Router::new().route("/", get(visits)));
    let reply = browser.send(Method::HEAD, "/", &[]).await;
    assert_eq!(reply.body, "");
    assert!(reply.set_cookie().is_some());
    assert_eq!(browser.get("/").await.body, "2");
}

#[tokio::test]
async fn the_request_after_a_redirect_sees_the_session() {
    async fn log_in(session: SessionData) -> Result<Redirect, SessionError> {
        session.log_in("ada")?;
        Ok(Redirect::to("/"))
    }
    async fn index(session: SessionData) -> String {
        session.owner().unwrap_or_default()
    }
    let routes = Router::new().route("/log_in", get(log_in));
    let mut browser = browser(routes.route("/", get(index)));
    let reply = browser.get("/log_in").await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    assert!(reply.set_cookie().is_some());
    let target = reply.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(browser.get(&target).await.body, "ada");
}

#[tokio::test]
async fn a_fallback_handler_has_a_session() {
    let mut browser = browser(Router::new().fallback(visits));
    assert_eq!(browser.get("/nowhere").await.body, "1");
    assert_eq!(browser.get("/elsewhere").await.body, "2");
}

#[tokio::test]
async fn a_404_of_a_fallback_that_writes_is_saved_and_sends_its_cookie() {
    async fn missing(session: SessionData) -> Result<impl IntoResponse, SessionError> {
        let visits = visits(session).await?;
        Ok((StatusCode::NOT_FOUND, visits))
    }
    let mut browser = browser(Router::new().fallback(missing));
    let reply = browser.get("/nowhere").await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert!(reply.set_cookie().is_some());
    assert_eq!(browser.get("/nowhere").await.body, "2");
}

#[tokio::test]
async fn a_path_or_method_that_no_route_has_costs_nothing_and_sends_no_header() {
    let storage = Spy::new();
    let routes = Router::new().route("/", get(visits));
    let mut browser = Browser::new(add_session_middleware(routes, storage.clone()));
    browser.get("/").await;
    storage.take_calls();
    let missing = browser.get("/nowhere").await;
    let unallowed = browser.post("/").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(unallowed.status, StatusCode::METHOD_NOT_ALLOWED);
    for reply in [missing, unallowed] {
        assert!(!reply.headers.contains_key(VARY));
        assert!(!reply.headers.contains_key(SET_COOKIE));
    }
    assert_eq!(storage.take_calls().total(), 0);
}

#[tokio::test]
async fn nested_and_merged_routers_share_the_session_of_the_router_around_them() {
    let routes = Router::new().route("/", get(visits));
    let nested = Router::new().nest("/a", routes.clone());
    let nested = nested.nest("/b", Router::new().nest("/c", routes));
    let merged = nested.merge(Router::new().route("/d", get(visits)));
    let mut browser = browser(merged);
    for (path, visits) in [("/a", "1"), ("/b/c", "2"), ("/d", "3")] {
        assert_eq!(browser.get(path).await.body, visits, "{path}");
    }
}

#[tokio::test]
async fn a_router_with_sessions_can_itself_be_nested_and_merged() {
    let inner = Router::new().route("/", get(visits));
    let inner = add_session_middleware(inner, MemorySessionStorage::new());
    let merged = Router::new()
        .nest("/app", inner.clone())
        .merge(inner)
        .route("/health", get(async || "well"));
    let mut browser = Browser::new(merged);
    assert_eq!(browser.get("/app").await.body, "1");
    assert_eq!(browser.get("/").await.body, "2");
    assert!(!browser.get("/health").await.headers.contains_key(VARY));
}

#[tokio::test]
async fn a_route_layer_gives_a_session_to_the_routes_before_it_only() {
    let sessions = Sessions::from(MemorySessionStorage::new());
    let routes = Router::new()
        .route("/", get(visits))
        .route_layer(from_fn_with_state(sessions, session_middleware))
        .route("/after", get(visits));
    let mut browser = Browser::new(routes);
    assert_eq!(browser.get("/").await.body, "1");
    let without = browser.get("/after").await;
    assert_eq!(without.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(browser.get("/nowhere").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_layer_outside_sees_the_cookie_and_may_change_the_response() {
    async fn outer(request: Request, next: Next) -> Response {
        let mut response = next.run(request).await;
        let sent = response.headers().get_all(SET_COOKIE).iter().count();
        let vary = response.headers().get_all(VARY).iter().count();
        let seen = format!("{sent} {vary}").parse().unwrap();
        response.headers_mut().insert("x-seen", seen);
        response
    }
    let app = add_session_middleware(
        Router::new().route("/", get(visits)),
        MemorySessionStorage::new(),
    );
    let mut browser = Browser::new(app.layer(from_fn(outer)));
    assert_eq!(browser.get("/").await.headers["x-seen"], "1 1");
    assert_eq!(browser.get("/").await.headers["x-seen"], "0 1");
}

#[tokio::test]
async fn a_layer_inside_shares_the_handlers_session_and_costs_no_second_load() {
    async fn inner(session: SessionData, request: Request, next: Next) -> Response {
        session.insert("layer", "was here").unwrap();
        let response = next.run(request).await;
        assert_eq!(session.get::<u64>("visits").unwrap(), Some(2));
        session.insert("after", true).unwrap();
        response
    }
    async fn handler(session: SessionData) -> Result<String, SessionError> {
        assert_eq!(session.get::<String>("layer")?.unwrap(), "was here");
        visits(session).await
    }
    async fn keys(session: SessionData) -> String {
        session.keys().join(" ")
    }
    let storage = Spy::new();
    let routes = Router::new()
        .route("/handler", get(handler))
        .layer(from_fn(inner))
        .route("/first", get(visits))
        .route("/keys", get(keys));
    let mut browser = Browser::new(add_session_middleware(routes, storage.clone()));
    browser.get("/first").await;
    storage.take_calls();
    assert_eq!(browser.get("/handler").await.body, "2");
    let calls = storage.take_calls();
    assert_eq!((calls.load, calls.save, calls.total()), (1, 1, 2));
    assert_eq!(browser.get("/keys").await.body, "after layer visits");
}

#[tokio::test]
async fn a_layer_inside_that_turns_a_visitor_away_still_has_its_session_saved() {
    async fn guard(session: Option<SessionData>, request: Request, next: Next) -> Response {
        let Some(session) = session.filter(|session| session.owner().is_some()) else {
            return StatusCode::UNAUTHORIZED.into_response();
        };
        session.insert("guarded", true).unwrap();
        next.run(request).await
    }
    let routes = Router::new()
        .route("/secret", get(visits))
        .route_layer(from_fn(guard))
        .merge(visitor_routes::<DefaultScope>());
    let mut browser = browser(routes);
    let refused = browser.get("/secret").await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.headers[VARY], "Cookie");
    assert_eq!(refused.set_cookie(), None);
    browser.get("/log_in/ada").await;
    assert_eq!(browser.get("/secret").await.body, "1");
}

#[tokio::test]
async fn an_extractor_of_the_applications_own_can_extract_the_session() {
    struct User(String);
    impl<S: Sync> FromRequestParts<S> for User {
        type Rejection = StatusCode;

        async fn from_request_parts(
            parts: &mut axum::http::request::Parts,
            state: &S,
        ) -> Result<Self, StatusCode> {
            let session = <SessionData as FromRequestParts<S>>::from_request_parts(parts, state);
            let session = session.await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
            session.owner().map(Self).ok_or(StatusCode::UNAUTHORIZED)
        }
    }
    let routes = visitor_routes::<DefaultScope>();
    let mut browser = browser(routes.route("/me", get(async |User(name)| name)));
    assert_eq!(browser.get("/me").await.status, StatusCode::UNAUTHORIZED);
    browser.get("/log_in/ada").await;
    assert_eq!(browser.get("/me").await.body, "ada");
}
