use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{HeaderName, SET_COOKIE, VARY};
use axum::routing::get;
use axum_bare_session::{
    DefaultScope, Duration, FreshSession, MemorySessionStorage, SessionData, SessionError,
    Sessions, add_session_middleware,
};

use crate::support::{Browser, Call, Calls, Clock, Fault, Log, Spy, visitor_routes};

/// The scope of a second session.
enum Admin {}

const VISITOR: &str = "__Host-Http-id";
const ADMIN: &str = "__Host-admin";

fn admins(storage: Spy) -> Sessions<Admin> {
    let builder = Sessions::builder(storage).scope::<Admin>();
    builder.cookie_name(ADMIN).build().unwrap()
}

/// The visitor's routes at `/`, those of the admin at `/admin`, each with a storage of its own.
fn two_scopes() -> (Browser, Spy, Spy) {
    let (visitors, admin) = (Spy::new(), Spy::new());
    let routes = visitor_routes::<DefaultScope>().nest("/admin", visitor_routes::<Admin>());
    let app = add_session_middleware(routes, visitors.clone());
    let app = add_session_middleware(app, admins(admin.clone()));
    (Browser::new(app), visitors, admin)
}

#[tokio::test]
async fn each_scope_has_its_own_cookie_values_and_storage() {
    let (mut browser, visitors, admin) = two_scopes();
    browser.get("/count").await;
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), [VISITOR]);
    assert_eq!((visitors.inner.len(), admin.inner.len()), (1, 0));
    assert_eq!(browser.get("/admin/read").await.body, "none");

    browser.get("/admin/count").await;
    assert_eq!(browser.get("/admin/count").await.body, "2");
    assert_eq!(browser.get("/read").await.body, "1");
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), [VISITOR, ADMIN]);
    assert_eq!((visitors.inner.len(), admin.inner.len()), (1, 1));
}

#[tokio::test]
async fn a_scope_that_no_handler_asks_for_costs_nothing() {
    let (mut browser, visitors, admin) = two_scopes();
    browser.get("/count").await;
    browser.get("/admin/count").await;
    visitors.take_calls();
    admin.take_calls();
    browser.get("/read").await;
    assert_eq!(visitors.take_calls().total(), 1);
    assert_eq!(admin.take_calls(), Calls::default());
}

#[tokio::test]
async fn logging_out_of_one_scope_leaves_the_other() {
    let (mut browser, ..) = two_scopes();
    browser.get("/count").await;
    browser.get("/admin/log_in/root").await;
    browser.get("/admin/log_out").await;
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), [VISITOR]);
    assert_eq!(browser.get("/admin/read").await.body, "none");
    assert_eq!(browser.get("/read").await.body, "1");
}

#[tokio::test]
async fn one_handler_may_change_both_sessions_and_send_both_cookies() {
    async fn both(visitor: SessionData, admin: SessionData<Admin>) -> Result<(), SessionError> {
        visitor.insert("count", 10)?;
        admin.insert("count", 20)
    }
    let routes = visitor_routes::<DefaultScope>().nest("/admin", visitor_routes::<Admin>());
    let app = add_session_middleware(routes.route("/both", get(both)), Spy::new());
    let mut browser = Browser::new(add_session_middleware(app, admins(Spy::new())));
    let reply = browser.get("/both").await;
    assert_eq!(reply.set_cookies().len(), 2);
    assert_eq!(reply.headers.get_all(VARY).iter().count(), 1);
    assert_eq!(reply.headers[VARY], "Cookie");
    assert_eq!(reply.headers["cache-control"], "no-store");
    assert_eq!(browser.get("/read").await.body, "10");
    assert_eq!(browser.get("/admin/read").await.body, "20");
}

/// The page to which a provider of single sign-on sends back: it ends the trip in one session, and logs in to another.
#[tokio::test]
async fn what_one_scope_has_stored_keeps_its_cookie_where_the_save_of_another_fails() {
    type Answer = Result<[(HeaderName, &'static str); 1], SessionError>;
    async fn log_in(visitor: SessionData, admin: SessionData<Admin>) -> Answer {
        visitor.log_in("user:1")?;
        admin.insert("count", 20)?;
        Ok([(SET_COOKIE, "handlers=1")])
    }
    async fn log_out(visitor: SessionData, admin: SessionData<Admin>) -> Answer {
        visitor.log_out();
        admin.insert("count", 30)?;
        Ok([(SET_COOKIE, "handlers=2")])
    }
    let admin = Spy::new();
    let routes = visitor_routes::<DefaultScope>()
        .route("/both/in", get(log_in))
        .route("/both/out", get(log_out));
    let app = add_session_middleware(routes, Spy::new());
    let mut browser = Browser::new(add_session_middleware(app, admins(admin.clone())));
    admin.fault(Call::Save, Fault::Fail);
    let reply = browser.get("/both/in").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), [VISITOR]);
    assert_eq!(reply.headers["cache-control"], "no-store");
    assert_eq!(reply.headers[VARY], "Cookie");
    assert_eq!(browser.get("/read").await.body, "0");

    let reply = browser.get("/both/out").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn an_optional_session_of_a_scope_is_none_until_that_scope_has_one() {
    async fn who(admin: Option<SessionData<Admin>>, visitor: Option<SessionData>) -> String {
        format!("{} {}", admin.is_some(), visitor.is_some())
    }
    let routes = visitor_routes::<DefaultScope>().nest("/admin", visitor_routes::<Admin>());
    let app = add_session_middleware(routes.route("/who", get(who)), Spy::new());
    let mut browser = Browser::new(add_session_middleware(app, admins(Spy::new())));
    assert_eq!(browser.get("/who").await.body, "false false");
    browser.get("/count").await;
    assert_eq!(browser.get("/who").await.body, "false true");
    browser.get("/admin/count").await;
    assert_eq!(browser.get("/who").await.body, "true true");
}

#[tokio::test]
async fn each_scope_has_its_own_limits() {
    let clock = Clock::new();
    let visitors = Sessions::builder(Spy::new()).clock(clock.reader());
    let admins = Sessions::builder(Spy::new())
        .clock(clock.reader())
        .scope::<Admin>()
        .cookie_name(ADMIN)
        .idle_timeout(Duration::minutes(15));
    let routes = visitor_routes::<DefaultScope>().nest("/admin", visitor_routes::<Admin>());
    let app = add_session_middleware(routes, visitors.build().unwrap());
    let app = add_session_middleware(app, admins.build().unwrap());
    let mut browser = Browser::new(app);
    browser.get("/count").await;
    browser.get("/admin/count").await;
    clock.advance(Duration::minutes(15));
    assert_eq!(browser.get("/admin/read").await.body, "none");
    assert_eq!(browser.get("/read").await.body, "1");
}

#[tokio::test]
async fn the_sessions_extractor_gives_the_service_of_its_own_scope() {
    async fn kick(sessions: Sessions<Admin>, visitors: Sessions) -> Result<String, SessionError> {
        let admins = sessions.revoke_all("root").await?;
        let visitors = visitors.list("root").await?.len();
        Ok(format!("{admins} {visitors}"))
    }
    let routes = visitor_routes::<DefaultScope>().nest("/admin", visitor_routes::<Admin>());
    let app = add_session_middleware(routes.route("/kick", get(kick)), Spy::new());
    let mut browser = Browser::new(add_session_middleware(app, admins(Spy::new())));
    browser.get("/log_in/root").await;
    browser.get("/admin/log_in/root").await;
    assert_eq!(browser.get("/kick").await.body, "1 1");
    assert_eq!(browser.get("/admin/read").await.body, "none");
    assert_eq!(browser.get("/read").await.body, "0");
}

#[tokio::test]
async fn a_cookie_of_one_scope_opens_nothing_in_another_with_a_storage_of_its_own() {
    let (mut browser, ..) = two_scopes();
    browser.get("/log_in/root").await;
    let moved = format!("{ADMIN}={}", browser.cookies[VISITOR]);
    let reply = browser
        .get_with_cookies("/admin/read", &[moved.as_bytes()])
        .await;
    assert_eq!(reply.body, "none");
}

#[tokio::test]
async fn a_cookie_of_one_scope_opens_nothing_in_another_that_shares_its_storage() {
    let shared = Spy::new();
    let routes = visitor_routes::<DefaultScope>().nest("/admin", visitor_routes::<Admin>());
    let app = add_session_middleware(routes, shared.clone());
    let mut browser = Browser::new(add_session_middleware(app, admins(shared)));
    browser.get("/log_in/root").await;
    let moved = format!("{ADMIN}={}", browser.cookies[VISITOR]);
    let reply = browser
        .get_with_cookies("/admin/read", &[moved.as_bytes()])
        .await;
    assert_eq!(reply.body, "none");
}

#[tokio::test]
async fn two_middlewares_of_one_scope_on_one_route_neither_load_nor_commit_twice() {
    let (inner, outer) = (Spy::new(), Spy::new());
    let app = add_session_middleware(visitor_routes::<DefaultScope>(), inner.clone());
    let mut browser = Browser::new(add_session_middleware(app, outer.clone()));
    let counted = |load, save, delete| Calls {
        load,
        save,
        delete,
        ..Calls::default()
    };
    let steps = [
        ("/read", Calls::default()),
        ("/count", counted(0, 1, 0)),
        ("/read", counted(1, 0, 0)),
        ("/count", counted(1, 1, 0)),
        ("/renew", counted(1, 1, 0)),
        ("/log_out", counted(1, 0, 1)),
    ];
    for (path, calls) in steps {
        let reply = browser.get(path).await;
        assert_eq!(outer.take_calls(), calls, "{path}");
        assert!(reply.set_cookies().len() <= 1, "{path}");
        let vary: Vec<_> = reply.headers.get_all(VARY).iter().collect();
        assert_eq!(vary, ["Cookie"], "{path}");
    }
    assert_eq!(inner.take_calls(), Calls::default());
}

#[tokio::test]
async fn nested_routers_each_with_the_middleware_share_one_session() {
    let storage = Spy::new();
    let inner = add_session_middleware(visitor_routes::<DefaultScope>(), storage.clone());
    let middle = visitor_routes::<DefaultScope>().nest("/inner", inner);
    let middle = add_session_middleware(middle, storage.clone());
    let app = Router::new().nest("/outer", middle);
    let mut browser = Browser::new(add_session_middleware(app, storage.clone()));
    browser.get("/outer/count").await;
    assert_eq!(browser.get("/outer/inner/count").await.body, "2");
    assert_eq!(browser.get("/outer/count").await.body, "3");
    let calls = storage.take_calls();
    assert_eq!((calls.load, calls.save, calls.total()), (2, 3, 5));
    assert_eq!(storage.inner.len(), 1);
}

#[tokio::test]
async fn an_extractor_without_its_middleware_is_a_500_whose_body_and_log_name_the_remedy() {
    let bare = visitor_routes::<DefaultScope>()
        .nest("/admin", visitor_routes::<Admin>())
        .route("/sessions", get(async |_: Sessions<Admin>| "unreachable"))
        .route(
            "/fresh",
            get(async |_: FreshSession<300, Admin>| "unreachable"),
        );
    let visitors_only = add_session_middleware(bare.clone(), MemorySessionStorage::new());
    for (app, path) in [
        (bare.clone(), "/count"),
        (bare, "/read"),
        (visitors_only.clone(), "/admin/count"),
        (visitors_only.clone(), "/admin/read"),
        (visitors_only.clone(), "/fresh"),
        (visitors_only, "/sessions"),
    ] {
        let log = Log::new();
        let reply = Browser::new(app).get(path).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        let remedy = "call `add_session_middleware` on the router, after its routes are added";
        assert_eq!(
            reply.body,
            format!("no session middleware: {remedy}"),
            "{path}"
        );
        assert!(!reply.headers.contains_key("retry-after"));
        let text = log.text();
        let line = text.lines().find(|line| line.contains("ERROR")).unwrap();
        assert!(line.contains(remedy), "{line}");
    }
}
