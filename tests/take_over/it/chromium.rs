use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use axum_bare_session::{MemorySessionStorage, SessionData, add_session_middleware};
use browser_tests::{App, Browser};
use serde_json::json;
use tokio::sync::Barrier;
use tower_sessions_0_15::{MemoryStore, Session, SessionManagerLayer};

use crate::recipe::{OldCookie, OldSessions, Users, take_over};
use crate::support::{NEW, OLD};

/// How many requests a browser sends at once.
const TABS: usize = 4;

/// The names of the cookies that a browser sends.
async fn names(headers: HeaderMap) -> String {
    let cookies = headers.get(COOKIE).map(|it| it.to_str().unwrap());
    let cookies = cookies.unwrap_or_default().split("; ");
    let mut names: Vec<_> = cookies.map(|it| it.split('=').next().unwrap()).collect();
    names.sort_unstable();
    names.join(" ")
}

/// The applications before and after the switch, on one host: cookies do not tell ports apart.
async fn switched() -> (App, App) {
    let store = MemoryStore::default();
    let log_in = async |session: Session| session.insert("user_id", 42).await.unwrap();
    let before = Router::new()
        .route("/login", get(log_in))
        .layer(SessionManagerLayer::new(store.clone()));
    let old = OldSessions {
        store,
        cookie: OldCookie::Plain,
        users: Users { remember: false },
    };
    let me = async |session: SessionData| session.owner().unwrap_or_default();
    let all_there = Arc::new(Barrier::new(TABS));
    let together = async move |session: SessionData| {
        all_there.wait().await;
        session.owner().unwrap_or_default()
    };
    let after = Router::new()
        .route("/", get(me))
        .route("/together", get(together))
        .layer(from_fn_with_state(old, take_over))
        .route("/cookies", get(names))
        .route("/favicon.ico", get("")); // which a browser asks for by itself
    let after = add_session_middleware(after, MemorySessionStorage::new());
    (App::serve(before).await, App::serve(after).await)
}

#[tokio::test]
async fn chromium_is_logged_in_through_the_switch_and_gives_the_old_cookie_up() {
    let (before, after) = switched().await;
    let browser = Browser::start().await;

    browser.goto(&before.url("/login")).await;
    browser.goto(&after.url("/cookies")).await;
    assert_eq!(browser.text().await, OLD);
    browser.goto(&after.url("/")).await;
    assert_eq!(browser.text().await, "user:42");
    browser.goto(&after.url("/")).await;
    assert_eq!(browser.text().await, "user:42");
    browser.goto(&after.url("/cookies")).await;
    assert_eq!(browser.text().await, NEW);
    browser.goto(&after.url("/")).await;
    assert_eq!(browser.text().await, "user:42");
}

#[tokio::test]
async fn chromiums_first_requests_at_once_are_all_logged_in_and_so_is_every_later_one() {
    let (before, after) = switched().await;
    let browser = Browser::start().await;
    browser.goto(&before.url("/login")).await;
    browser.goto(&after.url("/cookies")).await;
    let fetches = format!(
        "const fetches = Array.from({{ length: {TABS} }}, (_, n) => fetch('/together?' + n));
        const replies = await Promise.all(fetches);
        return await Promise.all(replies.map(reply => reply.text()));"
    );
    let owners = browser
        .run(&format!("return (async () => {{ {fetches} }})()"))
        .await;
    assert_eq!(owners, json!(["user:42", "user:42", "user:42", "user:42"]));
    for _ in 0..2 {
        browser.goto(&after.url("/")).await;
        assert_eq!(browser.text().await, "user:42");
    }
    browser.goto(&after.url("/cookies")).await;
    assert_eq!(browser.text().await, NEW);
}
