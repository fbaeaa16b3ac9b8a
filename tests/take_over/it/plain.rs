use axum_bare_session::Duration;
use tower_sessions_0_15::MemoryStore;
use tower_sessions_0_15::cookie::time::OffsetDateTime;

use crate::recipe::{OldCookie, OldSessions, Users};
use crate::support::{After, NEW, OLD, before, stored, user, visitor};

#[tokio::test]
async fn who_was_logged_in_stays_so_with_the_cart_and_the_old_session_ends() {
    let store = MemoryStore::default();
    let before = before(store.clone());
    let mut browser = user(&before).await;
    let old = browser.clone();
    let after = After::of(store.clone());

    let first = browser.get(&after.app, "/").await;
    assert_eq!(first.body, "user:42: apple");
    assert_ne!(browser.0[NEW], old.0[OLD]);
    assert_eq!(browser.names(), [NEW, OLD]);
    assert!(stored(&store, &old).await.is_some());

    // The new cookie has come back.
    let second = browser.post(&after.app, "/cart/pear").await;
    assert_eq!(second.status, 200);
    assert_eq!(browser.names(), [NEW]);
    let ends_at = stored(&store, &old).await.unwrap().expiry_date;
    assert!(ends_at <= OffsetDateTime::now_utc() + Duration::MINUTE);

    let third = browser.get(&after.app, "/").await;
    assert_eq!(third.body, "user:42: apple, pear");
    assert_eq!(third.set_cookies, [""; 0]);
    assert_eq!(after.sessions.list("user:42").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_visitor_keeps_the_cart_and_takes_it_along_into_a_log_in() {
    let store = MemoryStore::default();
    let mut browser = visitor(&before(store.clone())).await;
    let after = After::of(store);
    browser.post(&after.app, "/login/user:7").await;
    assert_eq!(browser.get(&after.app, "/").await.body, "user:7: apple");
    assert_eq!(browser.names(), [NEW]);
}

#[tokio::test]
async fn a_response_that_does_not_arrive_costs_nothing() {
    let store = MemoryStore::default();
    let mut browser = user(&before(store.clone())).await;
    let after = After::of(store);
    let lost = browser.clone().unanswered(&after.app, "GET", "/").await;
    assert_eq!(lost.status, 200);
    assert_eq!(browser.get(&after.app, "/").await.body, "user:42: apple");
}

#[tokio::test]
async fn a_log_out_as_the_first_request_ends_the_old_session_too() {
    for path in ["/logout", "/logout/cart", "/login/user:7"] {
        let store = MemoryStore::default();
        let mut browser = user(&before(store.clone())).await;
        let (old, after) = (browser.clone(), After::of(store.clone()));
        let reply = browser.post(&after.app, path).await;
        assert_eq!((reply.status.as_u16(), browser.names()), (200, vec![NEW]));
        assert_eq!(stored(&store, &old).await, None, "{path}");
        assert_eq!(old.clone().get(&after.app, "/").await.body, "nobody: ");
        assert!(after.sessions.list("user:42").await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_log_out_as_the_second_request_ends_it_at_once() {
    let store = MemoryStore::default();
    let mut browser = user(&before(store.clone())).await;
    let (old, after) = (browser.clone(), After::of(store.clone()));
    browser.get(&after.app, "/").await;
    browser.post(&after.app, "/logout").await;
    assert_eq!(stored(&store, &old).await, None);
    assert_eq!(old.clone().get(&after.app, "/").await.body, "nobody: ");
}

#[tokio::test]
async fn a_cart_that_the_first_request_empties_does_not_come_back() {
    let store = MemoryStore::default();
    let mut browser = visitor(&before(store.clone())).await;
    let after = After::of(store);
    browser.post(&after.app, "/empty").await;
    assert_eq!(browser.names(), [NEW]);
    assert_eq!(browser.get(&after.app, "/").await.body, "nobody: ");
}

#[tokio::test]
async fn a_handler_that_undoes_what_it_changed_logs_nobody_out() {
    let store = MemoryStore::default();
    let mut browser = user(&before(store.clone())).await;
    let after = After::of(store);
    let reply = browser.post(&after.app, "/changes-its-mind").await;
    assert_eq!(reply.status, 409);
    assert_eq!(browser.names(), [NEW, OLD]);
    assert_eq!(browser.get(&after.app, "/").await.body, "user:42: apple");
}

#[tokio::test]
async fn a_session_that_is_revoked_is_not_begun_again() {
    let store = MemoryStore::default();
    let mut browser = user(&before(store.clone())).await;
    let (old, after) = (browser.clone(), After::of(store.clone()));
    browser.get(&after.app, "/").await;
    assert_eq!(after.sessions.revoke_all("user:42").await.unwrap(), 1);
    assert_eq!(browser.get(&after.app, "/").await.body, "nobody: ");
    assert_eq!(stored(&store, &old).await, None);
}

#[tokio::test]
async fn who_is_taken_over_is_asked_for_the_password_where_a_fresh_log_in_is_needed() {
    let store = MemoryStore::default();
    let mut browser = user(&before(store.clone())).await;
    let after = After::of(store);
    assert_eq!(browser.get(&after.app, "/password").await.status, 403);
    assert_eq!(browser.get(&after.app, "/password").await.status, 403);
    browser.post(&after.app, "/login/user:42").await;
    assert_eq!(browser.get(&after.app, "/password").await.body, "fresh");
}

#[tokio::test]
async fn a_cookie_that_the_browser_kept_when_it_was_closed_is_followed_by_such_a_one() {
    for remember in [false, true] {
        let store = MemoryStore::default();
        let mut browser = user(&before(store.clone())).await;
        let after = After::with(OldSessions {
            store,
            cookie: OldCookie::Plain,
            users: Users { remember },
        });
        let reply = browser.get(&after.app, "/").await;
        let [cookie] = &reply.set_cookies[..] else {
            panic!("{:?}", reply.set_cookies)
        };
        // 30 days, less the hour by which the log-in is set back.
        let age = cookie
            .split("; ")
            .find_map(|it| it.strip_prefix("Max-Age="));
        let hours = age.map(|age| age.parse::<u64>().unwrap().div_ceil(3600));
        assert_eq!(hours, remember.then_some(30 * 24 - 1), "{cookie}");
    }
}
