use std::sync::Arc;

use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{Duration, SessionData, SessionError};

use crate::support::{Backend, Browser, Setup, Work, on_each_storage};

async fn owner(browser: &Browser) -> Option<String> {
    let visit = browser.begin().await;
    let owner = visit.session.owner();
    visit.finish().await;
    owner
}

/// A browser of `user:1` with the keys `address`, `language` and `x`.
async fn user_with_values<S: SessionStorage + Clone>(setup: &Setup<S>) -> Browser {
    let mut browser = setup.user("user:1").await;
    let insert = |session: &SessionData| {
        session.insert("address", "1 Main Street")?;
        session.insert("language", "fr")
    };
    browser.visit(insert).await;
    browser
}

async fn another_owner_gets_only_the_values_that_are_to_be_kept<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = user_with_values(&setup).await;
    let log_in = |s: &SessionData| s.log_in_keeping("user:2", ["language", "no such key"]);
    browser.visit(log_in).await;
    assert_eq!(browser.keys().await, ["language"]);
    assert_eq!(browser.read::<String>("language").await.unwrap(), "fr");
    assert_eq!(owner(&browser).await.as_deref(), Some("user:2"));
}

async fn the_same_owner_keeps_all_values<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = user_with_values(&setup).await;
    browser.visit(|s| s.log_in_keeping("user:1", [""; 0])).await;
    assert_eq!(browser.keys().await, ["address", "language", "x"]);
    browser.visit(|s| s.log_in("user:1")).await;
    assert_eq!(browser.keys().await, ["address", "language", "x"]);
}

async fn values_to_be_kept_are_those_that_a_parallel_request_saved_first<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = user_with_values(&setup).await;
    let (log_in, writer) = (browser.begin().await, browser.begin().await);
    let keep = ["language", "cart"];
    log_in.session.log_in_keeping("user:2", keep).unwrap();
    writer.session.insert("cart", ["apple"]).unwrap();
    writer.session.insert("language", "de").unwrap();
    writer.finish().await;
    browser.keep(&log_in.finish().await);
    assert_eq!(browser.keys().await, ["cart", "language"]);
    assert_eq!(browser.read::<String>("language").await.unwrap(), "de");
}

async fn proving_again_who_one_is_renews_and_starts_both_limits_anew<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = setup.user("user:1").await;
    let old = browser.clone();
    for _ in 0..29 {
        setup.clock.advance(Duration::hours(23));
        browser.visit(|s| s.insert("y", 1)).await;
    }
    let reply = browser.visit(SessionData::reauthenticated).await;
    assert!(reply.new_cookie().is_some());
    assert!(!old.is_known().await, "the old secret is dead");
    for _ in 0..2 {
        setup.clock.advance(Duration::hours(23));
        browser.visit(|s| s.insert("y", 1)).await;
    }
    let visit = browser.begin().await;
    assert_eq!(visit.session.owner().as_deref(), Some("user:1"));
    let since = setup.clock.now() - visit.session.authenticated_at().unwrap();
    assert_eq!(since, Duration::hours(46));
    visit.finish().await;
}

async fn nobody_proves_again_who_they_are_before_they_have_logged_in<B: Backend>() {
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    let refused = visit.session.reauthenticated();
    assert!(matches!(refused, Err(SessionError::NotLoggedIn)));
    visit.session.log_in("user:1").unwrap();
    visit.session.reauthenticated().unwrap();
    visit.session.log_out();
    let refused = visit.session.reauthenticated();
    assert!(matches!(refused, Err(SessionError::NotLoggedIn)));
}

async fn an_owner_has_1_to_255_bytes<B: Backend>() {
    let setup = B::setup().await;
    let visit = setup.browser().begin().await;
    for length in [0, 256, 100_000] {
        let refused = visit.session.log_in("é".repeat(length / 2));
        let Err(SessionError::InvalidOwner { length: told, .. }) = refused else {
            panic!("{length}: {refused:?}");
        };
        assert_eq!(told, length);
    }
    visit.session.log_in("o".repeat(255)).unwrap();
    visit.finish().await;
    let listed = setup.sessions.list(&"o".repeat(255)).await.unwrap();
    assert_eq!(listed.len(), 1);
}

async fn an_owner_is_whatever_displays<B: Backend>() {
    let setup = B::setup().await;
    let uuid = uuid::Uuid::from_u128(42);
    let logs: [Work; 5] = [
        |s| s.log_in(42),
        |s| s.log_in(uuid::Uuid::from_u128(42)),
        |s| s.log_in(String::from("ada")),
        |s| s.log_in(Arc::<str>::from("ada")),
        |s| s.log_in_keeping(format_args!("user:{}", 42), ["x"]),
    ];
    for (log_in, expected) in logs.into_iter().zip([
        "42",
        "00000000-0000-0000-0000-00000000002a",
        "ada",
        "ada",
        "user:42",
    ]) {
        let mut browser = setup.visitor().await;
        browser.visit(log_in).await;
        assert_eq!(owner(&browser).await.as_deref(), Some(expected));
    }
    assert_eq!(setup.sessions.list(uuid).await.unwrap().len(), 1);
    assert_eq!(setup.sessions.revoke_all(42_u8).await.unwrap(), 1);
    assert_eq!(setup.sessions.revoke_all("ada").await.unwrap(), 2);
}

on_each_storage! {
    an_owner_is_whatever_displays
    another_owner_gets_only_the_values_that_are_to_be_kept
    the_same_owner_keeps_all_values
    values_to_be_kept_are_those_that_a_parallel_request_saved_first
    proving_again_who_one_is_renews_and_starts_both_limits_anew
    nobody_proves_again_who_they_are_before_they_have_logged_in
    an_owner_has_1_to_255_bytes
}
