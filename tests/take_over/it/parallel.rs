use axum_bare_session::Duration;
use tokio::task::JoinSet;
use tower_sessions_0_15::cookie::time::OffsetDateTime;
use tower_sessions_0_15::{MemoryStore, SessionStore};

use crate::support::{After, CROWD, NEW, OLD, before, stored, user};

#[tokio::test]
async fn first_requests_at_once_are_all_logged_in_and_so_is_the_next_with_whichever_cookie() {
    let store = MemoryStore::default();
    let browser = user(&before(store.clone())).await;
    let after = After::of(store.clone());
    let mut requests = JoinSet::new();
    for _ in 0..CROWD {
        let (browser, app) = (browser.clone(), after.app.clone());
        requests.spawn(async move { browser.unanswered(&app, "GET", "/together").await });
    }
    let replies = requests.join_all().await;
    assert_eq!(replies.len(), CROWD);
    for reply in &replies {
        assert_eq!(reply.body, "user:42: apple");
        let mut browser = browser.clone();
        browser.keep(reply);
        assert_eq!(browser.get(&after.app, "/").await.body, "user:42: apple");
        assert_eq!(browser.names(), [NEW]);
        assert_eq!(browser.get(&after.app, "/").await.body, "user:42: apple");
    }
    // Each has one of its own, of which a browser keeps one.
    let sessions = after.sessions.list("user:42").await.unwrap();
    assert_eq!(sessions.len(), CROWD);
}

#[tokio::test]
async fn a_request_that_was_under_way_is_logged_in_for_a_minute_more_and_not_after_that() {
    let store = MemoryStore::default();
    let mut browser = user(&before(store.clone())).await;
    let (late, after) = (browser.clone(), After::of(store.clone()));
    browser.get(&after.app, "/").await;
    let with_both = browser.clone();
    browser.get(&after.app, "/").await;

    let reply = late.clone().get(&after.app, "/").await;
    assert_eq!(reply.body, "user:42: apple");
    browser.keep(&reply);
    assert_eq!(browser.get(&after.app, "/").await.body, "user:42: apple");

    // Nothing prolongs the minute.
    let mut old = stored(&store, &late).await.unwrap();
    old.expiry_date = OffsetDateTime::now_utc() + Duration::SECOND;
    store.save(&old).await.unwrap();
    with_both.clone().get(&after.app, "/").await;
    assert_eq!(stored(&store, &late).await.as_ref(), Some(&old));
    old.expiry_date = OffsetDateTime::now_utc();
    store.save(&old).await.unwrap();
    let reply = late.clone().get(&after.app, "/").await;
    assert_eq!(reply.body, "nobody: ");
    // Nor does it replace the new cookie.
    let removal = format!("{OLD}=; Path=/; Max-Age=0");
    assert!(
        reply.set_cookies[0].starts_with(&removal),
        "{:?}",
        reply.set_cookies
    );
    assert_eq!(reply.set_cookies.len(), 1);
}
