//! What a browser is asked to forget at a log-out.

use axum::Router;
use axum::http::HeaderName;
use axum::http::header::HeaderMap;
use axum::routing::get;
use axum_bare_session::{
    AtSessionLimit, ClearSiteData, DefaultScope, MemorySessionStorage, SessionData, Sessions,
    SessionsBuilder, add_session_middleware,
};

use crate::support::{Browser, Call, Fault, Setup, visitor_routes};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

fn browser(directives: &[ClearSiteData]) -> Browser {
    let keeping = get(async |session: SessionData| session.log_out_keeping(["count"]));
    let changed_mind = get(async |session: SessionData| {
        session.log_out();
        session.revert();
    });
    let own = get(async |session: SessionData| {
        session.log_out();
        [(CLEAR_SITE_DATA, "\"storage\"")]
    });
    let another = get(async |session: SessionData| {
        session.log_out();
        session.log_in("bob")
    });
    let failing = get(async |session: SessionData| {
        session.log_out();
        session.insert("large", "x".repeat(100_000))
    });
    let routes = Router::new()
        .route("/keeping", keeping)
        .route("/changed_mind", changed_mind)
        .route("/own", own)
        .route("/another", another)
        .route("/failing", failing)
        .merge(visitor_routes::<DefaultScope>());
    let clear = |builder: SessionsBuilder| builder.clear_site_data(directives.iter().copied());
    let sessions = clear(Sessions::builder(MemorySessionStorage::new())).build();
    Browser::new(add_session_middleware(routes, sessions.unwrap()))
}

fn told(headers: &HeaderMap) -> Option<&str> {
    headers.get(CLEAR_SITE_DATA).map(|it| it.to_str().unwrap())
}

/// What the response of `path` says to somebody who is logged in.
async fn log_out(directives: &[ClearSiteData], path: &str) -> Option<String> {
    let mut browser = browser(directives);
    let reply = browser.get("/log_in/ada").await;
    assert_eq!(told(&reply.headers), None);
    told(&browser.get(path).await.headers).map(str::to_owned)
}

#[tokio::test]
async fn a_log_out_names_the_directives_that_the_application_chose() {
    use ClearSiteData::{Cache, ClientHints, Cookies, ExecutionContexts, Storage};
    let all = [Cache, ClientHints, Cookies, ExecutionContexts, Storage];
    let named = r#""cache", "clientHints", "cookies", "executionContexts", "storage""#;
    assert_eq!(log_out(&all, "/log_out").await.as_deref(), Some(named));
    let some = log_out(&[Storage, Cache], "/log_out").await;
    assert_eq!(some.as_deref(), Some(r#""storage", "cache""#));
    assert_eq!(log_out(&[], "/log_out").await, None);
}

#[tokio::test]
async fn who_has_a_session_after_the_log_out_keeps_its_cookie() {
    use ClearSiteData::{Cookies, Storage};
    for path in ["/keeping", "/another"] {
        let named = log_out(&[Cookies, Storage], path).await;
        assert_eq!(named.as_deref(), Some(r#""storage""#), "{path}");
        assert_eq!(log_out(&[Cookies], path).await, None, "{path}");
    }
}

#[tokio::test]
async fn nothing_but_an_owners_log_out_asks_for_it() {
    let directives = [ClearSiteData::Storage];
    for path in ["/read", "/renew", "/log_in/bob", "/changed_mind", "/ignore"] {
        assert_eq!(log_out(&directives, path).await, None, "{path}");
    }
    // A visitor whom nobody knows has nothing to hide from the next one.
    let mut browser = browser(&directives);
    browser.get("/count").await;
    assert_eq!(told(&browser.get("/log_out").await.headers), None);
    assert_eq!(told(&browser.get("/log_out").await.headers), None);
}

#[tokio::test]
async fn a_log_out_that_is_refused_with_the_log_in_after_it_asks_for_nothing() {
    let setup = Setup::configured(|builder| {
        builder
            .clear_site_data([ClearSiteData::Storage])
            .max_sessions_per_owner(1, AtSessionLimit::RefuseLogIn)
    });
    setup.user("bob").await;
    let visit = setup.user("ada").await.begin().await;
    visit.session.log_out_keeping(["x"]).unwrap();
    visit.session.log_in("bob").unwrap();
    visit.session.save().await.unwrap_err();
    assert_eq!(visit.session.owner().as_deref(), Some("ada"));
    assert_eq!(told(&visit.finish().await.headers), None);
}

#[tokio::test]
async fn a_log_out_that_is_saved_cannot_be_taken_back() {
    let setup = Setup::configured(|builder| builder.clear_site_data([ClearSiteData::Storage]));
    let visit = setup.user("ada").await.begin().await;
    visit.session.log_out_keeping(["x"]).unwrap();
    visit.session.save().await.unwrap();
    visit.session.revert();
    assert_eq!(visit.session.owner(), None);
    let reply = visit.finish().await;
    assert_eq!(told(&reply.headers), Some(r#""storage""#));
}

#[tokio::test]
async fn a_handler_that_says_it_itself_has_the_last_word() {
    let own = log_out(&[ClearSiteData::Cache], "/own").await;
    assert_eq!(own.as_deref(), Some(r#""storage""#));
}

/// An error of the handler's is a response as any other: what it did before stands.
#[tokio::test]
async fn a_handler_that_fails_after_the_log_out_has_logged_out() {
    let mut browser = browser(&[ClearSiteData::Cache]);
    browser.get("/log_in/ada").await;
    let reply = browser.get("/failing").await;
    assert_eq!(reply.status, 500);
    assert_eq!(told(&reply.headers), Some(r#""cache""#));
    assert_eq!(browser.get("/read").await.body, "none");
}

/// The response says that nothing was done, and the sessions are still there.
#[tokio::test]
async fn a_log_out_that_is_not_saved_asks_for_nothing() {
    let setup = Setup::configured(|builder| builder.clear_site_data([ClearSiteData::Storage]));
    let (one, two) = (setup.user("ada").await, setup.user("bob").await);
    let cookie = |browser: &Browser| browser.cookie().unwrap();
    let both = format!("{}; {}", cookie(&one), cookie(&two));
    for cookies in [cookie(&one), both] {
        let visit = setup.browser().begin_with_cookie(&cookies).await;
        visit.session.log_out();
        setup.storage.fault(Call::Delete, Fault::Fail);
        let reply = visit.finish().await;
        setup.storage.heal();
        assert_eq!((reply.status.as_u16(), told(&reply.headers)), (503, None));
    }
    assert!(one.is_known().await && two.is_known().await);
}
